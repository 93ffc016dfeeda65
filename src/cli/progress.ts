import { createRequire } from 'node:module';
import type { SingleBar } from 'cli-progress';
import { canRedraw, escapeControls } from './term.js';

export type ProgressMode = 'auto' | 'plain' | 'ndjson' | 'none';

/** How far a long step has come, for people or for a wrapping program. */
export interface Progress {
  /** Some more is done; the note (`loss 0.123`) stands behind the figures. */
  advance(by?: number, note?: string): void;
  /** The number of things to do became known, or changed. */
  expect(total: number): void;
  /** Takes the bar off the line so that a message can be printed. */
  clear(): void;
  /** The step is complete; only the first call counts. */
  done(): void;
  /** The step has failed: nothing more is shown. */
  abandon(): void;
}

export interface ProgressOptions {
  mode: ProgressMode;
  quiet: boolean;
  command: string;
  label: string;
  total?: number;
  stream: NodeJS.WritableStream & { isTTY?: boolean };
  now?: () => number;
}

const silent: Progress = { advance() {}, expect() {}, clear() {}, done() {}, abandon() {} };

/** Chooses the kind of progress: a bar on a terminal, a line now and then elsewhere. */
export function startProgress(options: ProgressOptions): Progress {
  const { mode, quiet, stream } = options;
  if (mode === 'ndjson') return new Recorded(options);
  if (mode === 'none' || quiet) return silent;
  return mode === 'auto' && canRedraw(stream) ? new Bar(options) : new Lines(options);
}

/** Count, clock and estimate, shared by all kinds. */
class Count {
  done = 0;
  total: number | undefined;
  note = '';
  private readonly now: () => number;
  private readonly begun: number;

  constructor({ total, now = () => performance.now() }: ProgressOptions) {
    this.total = total;
    this.now = now;
    this.begun = now();
  }

  elapsed(): number {
    return (this.now() - this.begun) / 1000;
  }

  perSecond(): number {
    return this.done / Math.max(this.elapsed(), 1e-3);
  }

  /** Seconds left at the pace so far. */
  left(): number | undefined {
    if (!this.total || this.done === 0) return undefined;
    return (Math.max(this.total - this.done, 0) * this.elapsed()) / this.done;
  }

  text(): string {
    const of = this.total
      ? `${this.done}/${this.total} (${Math.floor((100 * this.done) / this.total)} %)`
      : `${this.done}`;
    const left = this.left();
    const parts = [of, `${pace(this.perSecond())}/s`];
    if (left !== undefined && this.done < this.total!) parts.push(`${duration(left)} left`);
    if (this.note) parts.push(escapeControls(this.note));
    return parts.join(', ');
  }
}

const EVERY_S = 10;
const AT_MOST_EVERY_S = 1;

/** One plain line every ten seconds or ten per cent, for logs. */
class Lines implements Progress {
  private readonly count: Count;
  private lastAt = 0;
  private lastTenth = 0;
  private lastDone = 0;

  constructor(private readonly options: ProgressOptions) {
    this.count = new Count(options);
    this.options.stream.write(`${options.label} …\n`);
  }

  advance(by = 1, note?: string): void {
    this.count.done += by;
    if (note !== undefined) this.count.note = note;
    const since = this.count.elapsed() - this.lastAt;
    const tenth = this.count.total ? Math.floor((10 * this.count.done) / this.count.total) : 0;
    if (since >= EVERY_S || (tenth > this.lastTenth && since >= AT_MOST_EVERY_S)) this.print(tenth);
  }

  expect(total: number): void {
    this.count.total = total;
  }

  clear(): void {}

  done(): void {
    if (this.count.done > this.lastDone) this.print(10);
  }

  abandon(): void {}

  private print(tenth: number): void {
    this.lastAt = this.count.elapsed();
    this.lastTenth = tenth;
    this.lastDone = this.count.done;
    this.options.stream.write(`${this.options.label}: ${this.count.text()}\n`);
  }
}

/** A bar that is redrawn in place. */
class Bar implements Progress {
  private readonly count: Count;
  private readonly bar: SingleBar;

  constructor(private readonly options: ProgressOptions) {
    // Loaded here: only terminals pay for it.
    const { SingleBar } = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');
    this.count = new Count(options);
    const shape = options.total === undefined ? '{label} {text}' : '{label} {bar} {text}';
    const settings = { format: shape, stream: options.stream, clearOnComplete: true };
    this.bar = new SingleBar({ ...settings, barsize: 24, barCompleteChar: '█', barIncompleteChar: '░' });
    this.bar.start(options.total ?? 0, 0, { label: options.label, text: '' });
  }

  advance(by = 1, note?: string): void {
    this.count.done += by;
    if (note !== undefined) this.count.note = note;
    this.bar.update(this.count.done, { text: this.count.text() });
  }

  expect(total: number): void {
    this.count.total = total;
    this.bar.setTotal(total);
  }

  clear(): void {
    this.options.stream.write('\r\u001b[K');
  }

  abandon(): void {
    this.bar.stop();
  }

  done(): void {
    if (!this.bar.isActive) return;
    this.bar.stop();
    if (this.count.done > 0) this.options.stream.write(`${this.options.label}: ${this.count.text()}\n`);
  }
}

/** Progress records for a wrapping program, at most one a second. */
class Recorded implements Progress {
  private readonly count: Count;
  private lastAt = 0;
  private ended = false;

  constructor(private readonly options: ProgressOptions) {
    this.count = new Count(options);
    this.emit('begin');
  }

  advance(by = 1, note?: string): void {
    this.count.done += by;
    if (note !== undefined) this.count.note = note;
    if (this.count.elapsed() - this.lastAt >= AT_MOST_EVERY_S) this.emit('continue');
  }

  expect(total: number): void {
    this.count.total = total;
  }

  clear(): void {}

  done(): void {
    if (!this.ended) this.emit('end');
    this.ended = true;
  }

  abandon(): void {
    this.ended = true;
  }

  private emit(state: 'begin' | 'continue' | 'end'): void {
    const { command, label, stream } = this.options;
    const { done, total, note } = this.count;
    this.lastAt = this.count.elapsed();
    const figures = { done, total, elapsed_s: rounded(this.lastAt), left_s: rounded(this.count.left()) };
    const record = { v: 1, type: 'progress', command, label, state, ...figures, note: note || undefined };
    stream.write(`${JSON.stringify(record)}\n`);
  }
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 1000) / 1000;
}

function pace(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(2);
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
