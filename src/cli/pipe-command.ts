import type { Input, OutputArgs, OutputFlags, ParserOutput } from '@oclif/core/parser';
import { inOrder } from '../core/data/in-order.js';
import { DataError, MambaadError, UsageError } from '../core/errors.js';
import type { JsonObject } from '../core/records/parse-line.js';
import { PassedOn } from '../core/records/passed-on.js';
import { newTally, type RecordOf, readRecords } from '../core/records/read-records.js';
import { Repeats } from '../core/records/repeats.js';
import type { AnyRecord, EndRecord, RecordType } from '../core/records/schemas.js';
import { BaseCommand } from './base-command.js';
import { inputFlags, talkFlags } from './flags.js';

export interface InputRecord<K extends RecordType> {
  record: RecordOf<K>;
  line: number;
}

export interface ReadingOptions {
  /** Makes a record of a line that is not JSON, e.g. of an image path. */
  bareLine?: (bytes: Buffer, line: number) => JsonObject;
}

export interface PipingOptions {
  /** Records worked on at a time; 1 unless told. */
  inFlight?: number;
  /** Called when a record has been dealt with. */
  onDone?: () => void;
}

interface Failed {
  record: { path?: unknown };
  line?: number;
}

type Outcome<K extends RecordType> =
  | { result: AnyRecord }
  | { input: InputRecord<K>; error: unknown }
  | PassedOn;

type Work<K extends RecordType> = (record: RecordOf<K>) => Promise<AnyRecord>;

/**
 * A stage of a pipe: reads records on stdin, writes records to stdout.
 *
 *     await this.pipe(['image', 'features'], (record) => scorer.score(record), { inFlight: 4 });
 *     await this.finish();
 */
export abstract class PipeCommand extends BaseCommand {
  static override baseFlags = { ...talkFlags, ...inputFlags };

  /** What came in so far. */
  protected readonly tally = newTally();

  /** Records that came more than once, where a command looks for them. */
  protected readonly repeats = new Repeats();

  private input = {
    'on-bad-line': 'fail' as 'fail' | 'skip',
    'on-error': 'fail' as 'fail' | 'skip',
    'require-end': false,
  };

  protected override async parse<F extends OutputFlags<F>, B extends OutputFlags<B>, A extends OutputArgs<A>>(
    options?: Input<F, B, A>,
    argv?: string[],
  ): Promise<ParserOutput<F, B, A>> {
    const parsed = await super.parse(options, argv);
    this.input = { ...this.input, ...(parsed.flags as unknown as Partial<typeof this.input>) };
    return parsed;
  }

  /**
   * The records of the given types on stdin, validated. All others go through to stdout untouched, at once, except `end`,
   * which every stage writes anew.
   * @throws UsageError when stdin is a terminal, after showing how to use the command
   * @throws DataError at a malformed line (unless skipped), and at a cut stream under --require-end
   */
  protected async *records<K extends RecordType>(
    types: readonly K[],
    options: ReadingOptions = {},
  ): AsyncGenerator<InputRecord<K>> {
    for await (const received of this.recordsInPlace(types, options)) {
      if (received instanceof PassedOn) await this.writer.forward(received.text);
      else yield received;
    }
  }

  /** The same, with the other records in their places: whoever works on several at a time writes them when it comes to them. */
  protected async *recordsInPlace<K extends RecordType>(
    types: readonly K[],
    { bareLine }: ReadingOptions = {},
  ): AsyncGenerator<InputRecord<K> | PassedOn> {
    if (process.stdin.isTTY) await this.explainPipe();
    this.streaming = true;
    const { tally, signal } = this;
    let bare = 0;
    const ofLine = (bytes: Buffer, line: number) => {
      bare += 1;
      return bareLine!(bytes, line);
    };
    const onSkip = (error: DataError) => {
      this.skipped += 1;
      this.caution(`skipped ${error.message}`);
    };
    const onBadLine = this.input['on-bad-line'];
    const options = { types, onBadLine, onSkip, bareLine: bareLine && ofLine, tally, signal };
    for await (const received of readRecords(process.stdin, options)) {
      yield received.wanted ? received : new PassedOn(received.text);
    }
    if (bare === 0) this.checkEnd();
  }

  /**
   * Sends every record of the given types through `work` and writes what comes out, in their order; other records keep
   * their places between them. A failing record ends the run, or under --on-error skip becomes an `error` record.
   */
  protected async pipe<K extends RecordType>(
    types: readonly K[],
    work: Work<K>,
    { inFlight = 1, onDone, ...reading }: PipingOptions & ReadingOptions = {},
  ): Promise<void> {
    const attempt = async (input: InputRecord<K> | PassedOn): Promise<Outcome<K>> => {
      if (input instanceof PassedOn) return input;
      try {
        return { result: await work(input.record) };
      } catch (error) {
        return { input, error };
      }
    };
    for await (const outcome of inOrder(this.recordsInPlace(types, reading), attempt, inFlight)) {
      if (outcome instanceof PassedOn) {
        await this.writer.forward(outcome.text);
        continue;
      }
      if ('result' in outcome) {
        // A result may turn out to be unwritable (NaN).
        const of = { record: { path: outcome.result.path } };
        await this.write(outcome.result).catch((error) => this.refuse(error, of));
      } else {
        await this.refuse(outcome.error, outcome.input as Failed);
      }
      onDone?.();
      await yieldToSignals();
    }
  }

  /** Writes an `error` record for a record that cannot be used, under --on-error skip; throws otherwise. */
  protected async refuse(error: unknown, of: Failed): Promise<void> {
    const mayGoOn =
      this.input['on-error'] === 'skip' && error instanceof MambaadError && !this.signal.aborted;
    if (!mayGoOn) throw error;
    this.skipped += 1;
    const path = typeof of.record.path === 'string' ? { path: of.record.path } : {};
    const line = of.line === undefined ? {} : { line: of.line };
    await this.write({ v: 1, type: 'error', message: error.message, code: error.name, ...path, ...line });
  }

  /** Says once at the end that records came more than once, and what that did. */
  protected sayRepeats(consequence: string): void {
    const said = this.repeats.said(consequence);
    if (said !== undefined) this.caution(said);
  }

  protected override finish(counts: Partial<Pick<EndRecord, 'in' | 'out' | 'skipped'>> = {}): Promise<void> {
    return super.finish({ in: this.tally.records, ...counts });
  }

  private checkEnd(): void {
    const { ended, miscounted } = this.tally;
    const cut = miscounted.find(({ counted, came }) => came > counted);
    if (cut) {
      this.isCut(
        `line ${cut.line}: this end record counts ${cut.counted} records, and ${cut.came} came before it: one of several joined streams may have been cut`,
      );
    }
    if (!ended)
      this.isCut('the input stopped without an end record: the program before this one may have died');
    const lost = miscounted.find(({ counted, came }) => came < counted);
    if (lost && this.input['require-end']) {
      this.caution(
        `line ${lost.line}: this end record counts ${lost.counted} records, and ${lost.came} came before it: the others were filtered out, or lost`,
      );
    }
  }

  /** @throws DataError under --require-end */
  private isCut(complaint: string): void {
    if (this.input['require-end']) throw new DataError(complaint);
    this.caution(complaint);
  }

  private async explainPipe(): Promise<never> {
    const { Help } = await import('@oclif/core/help');
    const help = new Help(this.config, { ...this.config.pjson.oclif.helpOptions, sendToStderr: true });
    await help.showHelp((this.id ?? '').split(':'));
    throw new UsageError('reads records from a pipe, and stdin is a terminal');
  }
}

/** Lets Ctrl-C and a closed pipe be noticed between two records that compute without a pause. */
function yieldToSignals(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
