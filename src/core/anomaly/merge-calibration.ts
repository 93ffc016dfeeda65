import { nameForm } from '../records/name-form.js';
import type { Calibration, CalibrationRates, ClassCalibration } from './calibration.js';

/** A calibration into which new limits of some classes were taken. */
export interface MergedCalibration {
  calibration: Calibration;
  /** Classes whose limits stay what they were. */
  kept: string[];
  /** Whether the pooled limits stay too: they cannot be found anew without the scores of all classes. */
  pooledKept: boolean;
}

/**
 * Takes new limits into a model's calibration. Classes that no new score came in of keep what they have; then the
 * pooled limits stay as well, unless there were none, because they are of the scores of all classes together.
 */
export function mergeCalibration(before: Calibration, now: Calibration): MergedCalibration {
  const fresh = new Map(now.classes.map((entry) => [nameForm(entry.class), entry]));
  const names = new Set([...before.classes, ...now.classes].map((entry) => nameForm(entry.class)));
  const kept = classesNotIn(before, now);
  const classes = [...names].map((name) => {
    const old = before.classes.find((entry) => nameForm(entry.class) === name);
    return fresh.get(name) ?? { class: name, limits: asked(old!.limits, before, now) };
  });
  const pooledKept = kept.length > 0 && before.pooled.method !== 'none';
  const pooled = pooledKept ? asked(before.pooled, before, now) : now.pooled;
  return { calibration: { ...now, classes, pooled }, kept, pooledKept };
}

/** Classes with limits in one calibration that the other one has none of. */
export function classesNotIn(before: Calibration, now: Calibration): string[] {
  const fresh = new Set(now.classes.map((entry) => nameForm(entry.class)));
  const limited = before.classes.filter(({ limits }) => limits.method !== 'none');
  return limited.map((entry) => nameForm(entry.class)).filter((name) => !fresh.has(name));
}

/** Limits that were set for other rates than those that the calibration now names say so themselves. */
function asked(limits: ClassCalibration, before: Calibration, now: Calibration): ClassCalibration {
  const { asked: own = ratesOf(before), ...rest } = limits;
  return JSON.stringify(own) === JSON.stringify(ratesOf(now)) ? rest : { ...rest, asked: own };
}

function ratesOf({ targetFpr, reviewFpr, pixelFpr, confidence }: CalibrationRates): CalibrationRates {
  return { targetFpr, reviewFpr, pixelFpr, confidence };
}
