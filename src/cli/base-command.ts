import { Command } from '@oclif/core/command';
import type { Input, OutputArgs, OutputFlags, ParserOutput } from '@oclif/core/parser';
import { RecordWriter } from '../core/records/record-writer.js';
import type { AnyRecord, EndRecord } from '../core/records/schemas.js';
import { ExitCode } from './exit-codes.js';
import { talkFlags } from './flags.js';
import { letSignalsKill, outliveReader, signal } from './lifetime.js';
import { type Progress, type ProgressMode, startProgress } from './progress.js';
import { nameCommand, speaker } from './report-error.js';
import { escapeControls, type Paint, paintFor } from './term.js';

type FlagMap = OutputFlags<Record<string, never>>;

/**
 * What every command shares: records to stdout, everything said to people to stderr, progress, and the signal that
 * says the run is over. Commands throw the errors of core/errors.ts; bin/run.js turns them into a line and a code.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = talkFlags;

  /** Aborts on Ctrl-C, kill, and when the reader of stdout has gone. Pass it to core, check it between steps. */
  protected readonly signal = signal;

  protected readonly writer = new RecordWriter(process.stdout, signal);

  /** Whether the stream of records has begun, so that a failure must be told on it as well. */
  protected streaming = false;

  /** Records that could not be used; more than none ends in exit code 4. */
  protected skipped = 0;

  private talk = { quiet: false, verbose: false, progress: 'auto' as ProgressMode };
  private current: Progress | undefined;

  /** Colours for stderr; the identity where they are off. */
  protected get paint(): Paint {
    return paintFor(process.stderr);
  }

  protected override async init(): Promise<void> {
    await super.init();
    nameCommand(this.id);
  }

  protected override async parse<F extends OutputFlags<F>, B extends OutputFlags<B>, A extends OutputArgs<A>>(
    options?: Input<F, B, A>,
    argv?: string[],
  ): Promise<ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    const { quiet, verbose, progress } = parsed.flags as FlagMap & Partial<typeof this.talk>;
    this.talk = { quiet: quiet ?? false, verbose: verbose ?? false, progress: progress ?? 'auto' };
    return parsed;
  }

  /** Writes one record to stdout; resolves when the reader has room for more. */
  protected async write(record: AnyRecord): Promise<void> {
    this.streaming = true;
    await this.writer.write(record);
  }

  /** Writes the `end` record: call it once, when all records are out and before a gate may fail. */
  protected async finish(counts: Partial<Pick<EndRecord, 'in' | 'out' | 'skipped'>> = {}): Promise<void> {
    this.current?.done();
    this.current = undefined;
    const full = { in: 0, out: this.writer.written, skipped: this.skipped, ...counts };
    await this.writer.end((this.id ?? '').replaceAll(':', ' '), full);
    this.streaming = false;
    if (full.skipped === 0) return;
    this.caution(`${full.skipped} of the input's records or lines were skipped`);
    process.exitCode = ExitCode.skipped;
  }

  /** For runs that end in a verdict or in files: a reader of stdout that leaves does not end them. */
  protected outliveReader(): void {
    outliveReader(() => this.writer.discard());
  }

  /** Wrap what computes on this thread for long: Ctrl-C then works at once instead of afterwards. See `letSignalsKill`. */
  protected blocking<T>(work: () => T | Promise<T>): Promise<T> {
    return letSignalsKill(work);
  }

  /** Shows how far a long step has come; the previous step's progress, if any, is completed. */
  protected progress(total: number | undefined, label: string): Progress {
    this.current?.done();
    const { progress: mode, quiet } = this.talk;
    const command = (this.id ?? '').replaceAll(':', ' ');
    this.current = startProgress({ mode, quiet, command, label, total, stream: process.stderr });
    return this.current;
  }

  /** One line for people, unless --quiet. */
  protected notice(text: string): void {
    if (!this.talk.quiet) this.say(text);
  }

  /** Says, where onnxruntime would do the work that begins and is not here, that it takes longer and what helps. */
  protected async noticeSlowness(): Promise<void> {
    const { findOnnxRuntime } = await import('../core/runtime/onnxruntime.js');
    const found = findOnnxRuntime();
    if ('reason' in found) this.notice(`this takes several times as long as it could: ${found.reason}`);
  }

  /** One line for people under --verbose. */
  protected detail(text: string): void {
    if (this.talk.verbose) this.say(this.paint.dim(escapeControls(text)), true);
  }

  /** One line about something odd that did not stop the work. */
  protected caution(text: string): void {
    const said = `${this.paint.yellow(`${speaker()}: warning:`)} ${escapeControls(text)}`;
    if (!this.talk.quiet) this.say(said, true);
  }

  /** A block for people, such as a table: printed as it is, unless --quiet. */
  protected show(block: string): void {
    this.current?.clear();
    if (!this.talk.quiet) process.stderr.write(block.endsWith('\n') ? block : `${block}\n`);
  }

  /** oclif prints several lines with a bullet; we print one. */
  override warn(input: Error | string): Error | string {
    this.caution(input instanceof Error ? input.message : input);
    return input;
  }

  /** Tells the readers of the stream too: an `error` record in place of the `end` record. */
  protected override async catch(error: Error): Promise<void> {
    this.current?.abandon();
    if (this.streaming && !this.signal.aborted) {
      const record = { v: 1 as const, type: 'error', message: error.message, code: error.name };
      await this.writer.write(record).catch(() => {});
    }
    if (!this.signal.aborted) await this.writer.flush().catch(() => {});
    throw error;
  }

  private say(text: string, isSafe = false): void {
    this.current?.clear();
    process.stderr.write(`${isSafe ? text : escapeControls(text)}\n`);
  }
}
