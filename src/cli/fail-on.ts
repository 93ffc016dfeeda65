import * as Flags from '@oclif/core/flags';
import { GateFailed } from '../core/errors.js';
import type { ScoreRecord } from '../core/records/schemas.js';
import { parseRate } from './numbers.js';

/** When a run over parts counts as failed (exit code 3). */
export const failOnFlags = {
  'fail-on': Flags.option({
    options: ['anomaly', 'review', 'never'] as const,
    default: 'never' as const,
    summary: 'Exit 3 when a part is defective or has no verdict, or also when one needs review.',
    helpGroup: 'GATE',
  })(),
  'max-anomalies': Flags.integer({
    min: 0,
    summary: 'Exit 3 when more parts than this are defective; one without a verdict counts as well.',
    helpGroup: 'GATE',
  }),
  'max-anomaly-rate': Flags.string({
    summary: 'Exit 3 when a larger share of the parts than this is defective: 0.05 or 5%.',
    helpGroup: 'GATE',
  }),
};

interface FailOn {
  'fail-on': 'anomaly' | 'review' | 'never';
  'max-anomalies'?: number | undefined;
  'max-anomaly-rate'?: string | undefined;
}

/** Counts verdicts and says at the end whether the run passes. */
export class VerdictGate {
  private readonly counts = { ok: 0, review: 0, ng: 0, unknown: 0 };
  /** Parts without a verdict, by class. */
  private readonly unknown = new Map<string, number>();
  private readonly maxRate: number | undefined;

  /** @throws UsageError when the rate is none */
  constructor(private readonly flags: FailOn) {
    const rate = flags['max-anomaly-rate'];
    this.maxRate = rate === undefined ? undefined : parseRate('max-anomaly-rate', rate);
  }

  /** Whether the run can fail at all. */
  get isSet(): boolean {
    const { 'fail-on': failOn, 'max-anomalies': most } = this.flags;
    return failOn !== 'never' || most !== undefined || this.maxRate !== undefined;
  }

  count({ verdict, class: name }: Pick<ScoreRecord, 'verdict' | 'class'>): void {
    this.counts[verdict]++;
    if (verdict === 'unknown') this.unknown.set(name, (this.unknown.get(name) ?? 0) + 1);
  }

  /** @throws GateFailed when the flags say so; a part without a verdict may be defective, and no part proves nothing */
  decide(): void {
    if (!this.isSet) return;
    const { ng, review, unknown, ok } = this.counts;
    const total = ng + review + unknown + ok;
    if (total === 0) throw new GateFailed('no part was scored, so none is known to be good');
    const { 'fail-on': failOn, 'max-anomalies': most, 'max-anomaly-rate': rate } = this.flags;
    const suspects = ng + unknown;
    const found = `${ng} of ${total} parts are defective`;
    const unjudged = unknown > 0 ? `, ${this.unjudged()}` : '';
    if (failOn !== 'never' && (suspects > 0 || (failOn === 'review' && review > 0)))
      throw new GateFailed(`${found}, ${review} need review${unjudged}`);
    if (most !== undefined && suspects > most)
      throw new GateFailed(`${found}${unjudged}; --max-anomalies is ${most}`);
    if (this.maxRate !== undefined && suspects / total > this.maxRate) {
      const share = ((100 * ng) / total).toFixed(1);
      throw new GateFailed(`${found} (${share} %)${unjudged}; --max-anomaly-rate is ${rate}`);
    }
  }

  private unjudged(): string {
    const classes = [...this.unknown].map(([name, count]) => `${count} of class "${name}"`).join(', ');
    return `${this.counts.unknown} have no verdict because the model has no limits for them (${classes})`;
  }
}
