import { isUncalibrated } from '../core/anomaly/uncalibrated.js';
import { firstFew } from '../core/first-few.js';
import { nameForm } from '../core/records/name-form.js';
import type { ScoreRecord } from '../core/records/schemas.js';
import type { ScoringManifest } from '../core/scoring/record-scorer.js';

const listed = 12;

/** Says once of every class what its verdicts are worth, where the model does not know it or has no limits for it. */
export class ClassNotices {
  private readonly seen = new Set<string>();
  private readonly known: ReadonlySet<string>;
  private readonly hasLimits: boolean;

  constructor(
    { classes, calibration }: Pick<ScoringManifest, 'classes' | 'calibration'>,
    private readonly say: (text: string) => void,
  ) {
    this.known = new Set([...classes, ...calibration.classes.map((entry) => entry.class)].map(nameForm));
    this.hasLimits = !isUncalibrated(calibration);
    if (!this.hasLimits) {
      say(
        'the model has no limits, so the verdict of every picture without --threshold is "unknown": set them with mambaad calibrate',
      );
    }
  }

  take({ class: name, limits }: Pick<ScoreRecord, 'class' | 'limits'>): void {
    if (this.seen.has(name)) return;
    this.seen.add(name);
    const verdicts = verdictsBy(limits);
    if (!this.known.has(name) && this.known.size > 0) {
      this.say(
        `class "${name}" is unknown to the model, which knows ${this.list()}${verdicts}; if these are parts of one of them, give extract --class NAME`,
      );
    } else if (limits === 'pooled' || (limits === 'none' && this.hasLimits)) {
      this.say(
        `class "${name}" has no limits of its own in the model${verdicts}; set some with mambaad calibrate`,
      );
    }
  }

  private list(): string {
    return firstFew(
      [...this.known].sort().map((name) => `"${name}"`),
      listed,
    );
  }
}

function verdictsBy(limits: ScoreRecord['limits']): string {
  if (limits === 'pooled')
    return ': above the limit of all classes together its parts are "ng", else "unknown"';
  return limits === 'none' ? ': its parts are "unknown"' : '';
}
