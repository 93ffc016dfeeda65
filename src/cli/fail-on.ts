import * as Flags from '@oclif/core/flags';
import { GateFailed } from '../core/errors.js';
import type { ScoreRecord } from '../core/records/schemas.js';

/** When a run over parts counts as failed (exit code 3). */
export const failOnFlags = {
  'fail-on': Flags.option({
    options: ['anomaly', 'review', 'never'] as const,
    default: 'never' as const,
    summary: 'Exit 3 when a part is defective, or also when one needs review.',
    helpGroup: 'GATE',
  })(),
  'max-anomalies': Flags.integer({
    min: 0,
    summary: 'Exit 3 when more parts than this are defective.',
    helpGroup: 'GATE',
  }),
  'max-anomaly-rate': Flags.string({
    summary: 'Exit 3 when a larger share of the parts than this is defective.',
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
  private readonly counts = { ok: 0, review: 0, ng: 0 };

  constructor(private readonly flags: FailOn) {}

  count(verdict: ScoreRecord['verdict']): void {
    this.counts[verdict]++;
  }

  /** @throws GateFailed when the flags say so */
  decide(): void {
    const { ng, review, ok } = this.counts;
    const total = ng + review + ok;
    const { 'fail-on': failOn, 'max-anomalies': most, 'max-anomaly-rate': rate } = this.flags;
    const suspicious = failOn === 'review' ? ng + review : failOn === 'anomaly' ? ng : 0;
    if (suspicious > 0) throw new GateFailed(`${ng} of ${total} parts are defective, ${review} need review`);
    if (most !== undefined && ng > most)
      throw new GateFailed(`${ng} of ${total} parts are defective, --max-anomalies is ${most}`);
    if (rate !== undefined && total > 0 && ng / total > Number(rate)) {
      throw new GateFailed(
        `${ng} of ${total} parts are defective (${((100 * ng) / total).toFixed(1)} %), --max-anomaly-rate is ${rate}`,
      );
    }
  }
}
