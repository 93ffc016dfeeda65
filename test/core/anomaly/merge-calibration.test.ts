import { describe, expect, test } from 'vitest';
import { type CalibrationOptions, Calibrator } from '../../../src/core/anomaly/calibration.js';
import { classesNotIn, mergeCalibration } from '../../../src/core/anomaly/merge-calibration.js';
import { uncalibrated } from '../../../src/core/anomaly/uncalibrated.js';

function calibration(scores: Record<string, number[]>, options: CalibrationOptions = {}) {
  const calibrator = new Calibrator(options);
  for (const [name, list] of Object.entries(scores)) for (const score of list) calibrator.add(name, score);
  return calibrator.finish();
}

describe('new limits of some classes', () => {
  const before = calibration({ bolt: [1, 2, 3], nut: [5, 6] });

  test('leave those of the others, and the pooled ones, what they were', () => {
    const now = calibration({ nut: [7, 8, 9] });
    const merged = mergeCalibration(before, now);
    expect(merged).toMatchObject({ kept: ['bolt'], pooledKept: true });
    const { classes, pooled } = merged.calibration;
    expect(classes.map((entry) => entry.class)).toEqual(['bolt', 'nut']);
    expect(classes[0]).toEqual(before.classes[0]);
    expect(classes[1]).toEqual(now.classes[0]);
    expect(pooled).toEqual(before.pooled);
  });

  test('add classes that had none', () => {
    const { calibration: merged, kept } = mergeCalibration(before, calibration({ gear: [4] }));
    expect(merged.classes.map((entry) => entry.class)).toEqual(['bolt', 'nut', 'gear']);
    expect(kept).toEqual(['bolt', 'nut']);
  });

  test('of all classes, and more, take the pooled ones along', () => {
    const now = calibration({ bolt: [4], nut: [5], gear: [6] });
    const merged = mergeCalibration(before, now);
    expect(merged).toMatchObject({ kept: [], pooledKept: false });
    expect(merged.calibration).toEqual(now);
  });

  test('are all there is in a model that had none', () => {
    const now = calibration({ bolt: [4] });
    expect(mergeCalibration(uncalibrated(6), now).calibration).toEqual(now);
  });

  test('for another rate leave with the others what those were set for, until they are set anew', () => {
    const now = calibration({ nut: [7] }, { targetFpr: 0.002 });
    const { classes, pooled, targetFpr } = mergeCalibration(before, now).calibration;
    expect(targetFpr).toBe(0.002);
    expect([classes[0]!.limits.asked?.targetFpr, pooled.asked?.targetFpr]).toEqual([0.01, 0.01]);
    expect(classes[1]!.limits.asked).toBeUndefined();
    const again = mergeCalibration(mergeCalibration(before, now).calibration, calibration({ nut: [7] }));
    expect(again.calibration.classes[0]!.limits).toEqual(before.classes[0]!.limits);
  });

  test('meet their class in either spelling of its name', () => {
    const old = calibration({ 'Pr\u00fcfling': [1] });
    old.classes[0]!.class = 'Pru\u0308fling';
    const now = calibration({ 'Pr\u00fcfling': [2] });
    expect(mergeCalibration(old, now)).toMatchObject({ kept: [], calibration: { classes: now.classes } });
    expect(classesNotIn(old, now)).toEqual([]);
  });

  test.each(['__proto__', 'constructor', 'pooled', 'mean'])('may be of a class called %s', (name) => {
    const named = () =>
      calibration(
        Object.fromEntries([
          [name, [1, 2]],
          ['nut', [3]],
        ]),
      );
    expect(classesNotIn(named(), calibration({ nut: [1] }))).toEqual([name]);
    expect(mergeCalibration(named(), calibration({ nut: [1] })).calibration.classes[0]!.class).toBe(name);
  });
});
