import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Calibrator } from '../../../src/core/anomaly/calibration.js';
import { PixelTail } from '../../../src/core/anomaly/pixel-tail.js';
import { rateBound, tailLimit } from '../../../src/core/anomaly/tail-limit.js';
import { uncalibrated } from '../../../src/core/anomaly/uncalibrated.js';
import {
  calibratedScore,
  checkOverrides,
  limitsOf,
  verdictOf,
  withOverrides,
} from '../../../src/core/anomaly/verdict.js';
import { createRandom } from '../../../src/core/nn/random.js';

// Laws of scores with their exact upper tails, light to heavy.
const laws = {
  uniform: { draw: (u: number) => u, above: (t: number) => Math.min(1, Math.max(0, 1 - t)) },
  exponential: { draw: (u: number) => -Math.log(1 - u), above: (t: number) => Math.min(1, Math.exp(-t)) },
  gumbel: {
    draw: (u: number) => -Math.log(-Math.log(Math.max(u, 1e-12))),
    above: (t: number) => 1 - Math.exp(-Math.exp(-t)),
  },
  pareto: { draw: (u: number) => (1 - u) ** -0.5, above: (t: number) => Math.min(1, t ** -2) },
};

describe('the bound on the false-positive rate', () => {
  test.each(Object.entries(laws))(
    'holds in at least 94 %% of 1000 samples of 20 to 2000 %s scores',
    (_, law) => {
      const random = createRandom(7);
      let held = 0;
      for (let run = 0; run < 1000; run++) {
        const n = Math.round(20 * 100 ** random.uniform());
        const scores = Array.from({ length: n }, () => law.draw(random.uniform()));
        const { limit, fprBound } = tailLimit(scores, 0.01, 0.95);
        if (law.above(limit) <= fprBound) held++;
      }
      expect(held).toBeGreaterThanOrEqual(940);
    },
  );

  test('is at most the target wherever the method is the order statistic, which starts at 299 scores for 1 %', () => {
    const scores = (n: number) => Array.from({ length: n }, (_, i) => i);
    expect(tailLimit(scores(298), 0.01, 0.95).method).toBe('gumbel-tail');
    expect(tailLimit(scores(299), 0.01, 0.95)).toMatchObject({ method: 'order-statistic', limit: 298 });
    const large = tailLimit(scores(2000), 0.01, 0.95);
    expect(large.limit).toBeLessThan(1999);
    expect(large.fprBound).toBeLessThanOrEqual(0.01);
  });

  test('with no score above the limit is 1 − 0.05^(1/n)', () => {
    for (const n of [1, 20, 500]) expect(rateBound(0, n, 0.95)).toBeCloseTo(1 - 0.05 ** (1 / n), 10);
    expect(rateBound(5, 5, 0.95)).toBe(1);
  });
});

test('the fitted tail meets the target on average where scores are maxima', () => {
  const random = createRandom(3);
  let rate = 0;
  for (let run = 0; run < 400; run++) {
    const scores = Array.from({ length: 40 }, () => laws.gumbel.draw(random.uniform()));
    rate += laws.gumbel.above(tailLimit(scores, 0.01, 0.95).limit) / 400;
  }
  expect(rate).toBeGreaterThan(0.004);
  expect(rate).toBeLessThan(0.016);
});

function calibrated(options = {}) {
  const calibrator = new Calibrator(options);
  const random = createRandom(1);
  for (let i = 0; i < 400; i++) calibrator.add('bolt', 1 + 0.1 * random.normal());
  for (let i = 0; i < 30; i++) calibrator.add('nut', 5 + 0.1 * random.normal());
  return calibrator.finish();
}

describe('a calibration', () => {
  test('has limits for each class and pooled ones for classes never seen', () => {
    const calibration = calibrated();
    expect(limitsOf(calibration, 'bolt')).toMatchObject({ n: 400, method: 'order-statistic' });
    expect(limitsOf(calibration, 'nut')).toMatchObject({ n: 30, method: 'gumbel-tail' });
    expect(limitsOf(calibration, 'washer')).toEqual({ ...calibration.pooled, source: 'pooled' });
    expect(calibration.pooled.n).toBe(430);
    for (const name of ['__proto__', 'constructor', 'toString', 'pooled', 'mean', 'all', ''])
      expect(limitsOf(calibration, name).source).toBe('pooled');
  });

  test('finds the limits of a class in either spelling of its name', () => {
    const calibrator = new Calibrator();
    calibrator.add('Pru\u0308fling', 1);
    calibrator.add('Pr\u00fcfling', 2);
    const calibration = calibrator.finish();
    expect(calibration.classes).toMatchObject([{ class: 'Pr\u00fcfling', limits: { n: 2 } }]);
    expect(limitsOf(calibration, 'Pru\u0308fling').source).toBe('class');
    // A model of an earlier version may hold the name as the file system had it.
    const old = { ...calibration, classes: [{ ...calibration.classes[0]!, class: 'Pru\u0308fling' }] };
    expect(limitsOf(old, 'Pr\u00fcfling').source).toBe('class');
  });

  test('of other classes calls a part bad, never good', () => {
    const limits = limitsOf(calibrated({ reviewFpr: 0.05 }), 'washer');
    expect(verdictOf(limits.threshold + 1, limits)).toBe('ng');
    expect(verdictOf((limits.review + limits.threshold) / 2, limits)).toBe('unknown');
    expect(verdictOf(-1, limits)).toBe('unknown');
  });

  test('that is none gives no verdict, unless a threshold is given', () => {
    const limits = limitsOf(uncalibrated(2), 'bolt');
    expect(limits.source).toBe('none');
    for (const score of [0, 1, 2, 1e9]) expect(verdictOf(score, limits)).toBe('unknown');
    const given = withOverrides(limits, { threshold: 1 });
    expect([0, 1, 2].map((score) => verdictOf(score, given))).toEqual(['ok', 'ok', 'ng']);
    expect(withOverrides(limits, { mapThreshold: 1 }).source).toBe('none');
  });

  test('refuses a review limit above a threshold before the first picture, naming the class', () => {
    const calibration = calibrated();
    expect(() => checkOverrides(calibration, { review: 3 })).toThrow(/--review 3 .* of class "bolt"/);
    expect(() => checkOverrides(calibration, { review: 3, threshold: 4 })).not.toThrow();
    expect(() => checkOverrides(calibration, { review: 0.5 })).not.toThrow();
    expect(() => checkOverrides(uncalibrated(2), { review: 1 })).toThrow('give --threshold as well');
  });

  test('survives JSON unchanged', () => {
    const calibration = calibrated({ reviewFpr: 0.05 });
    expect(JSON.parse(JSON.stringify(calibration))).toEqual(calibration);
  });

  test('calls a score exactly at the threshold ok, and gives it 0.5', () => {
    const limits = limitsOf(calibrated(), 'bolt');
    expect(verdictOf(limits.threshold, limits)).toBe('ok');
    expect(verdictOf(limits.threshold * (1 + Number.EPSILON), limits)).toBe('ng');
    expect(calibratedScore(limits.threshold, limits)).toBe(0.5);
    expect(calibratedScore(limits.quantiles[10]!, limits)).toBeCloseTo(0.25, 12);
  });

  test('with a review rate has a band below the threshold', () => {
    const limits = limitsOf(calibrated({ reviewFpr: 0.05 }), 'bolt');
    expect(limits.review).toBeLessThan(limits.threshold);
    expect(verdictOf((limits.review + limits.threshold) / 2, limits)).toBe('review');
    expect(verdictOf(limits.review, limits)).toBe('ok');
  });

  test('gives calibrated scores in 0…1 that rise with the raw score', () => {
    const limits = limitsOf(calibrated(), 'nut');
    const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true });
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((raw) => calibratedScore(raw, limits));
        return low! <= high! && low! >= 0 && high! <= 1;
      }),
    );
  });

  test('of one image, or of equal scores, still rises', () => {
    const calibrator = new Calibrator();
    calibrator.add('bolt', 0.2);
    const { pooled } = calibrator.finish();
    expect(pooled).toMatchObject({ n: 1, threshold: 0.2 });
    expect(calibratedScore(0.3, pooled)).toBeGreaterThan(calibratedScore(0.25, pooled));
  });

  test('refuses to be made from nothing, from NaN and from impossible rates', () => {
    expect(() => new Calibrator().finish()).toThrow('no good images');
    expect(() => new Calibrator().add('bolt', Number.NaN)).toThrow('NaN');
    expect(() => new Calibrator({ targetFpr: 1.5 })).toThrow('targetFpr is 1.5');
    expect(() => new Calibrator({ targetFpr: 0.1, reviewFpr: 0.05 })).toThrow('review rate');
  });

  test('gives way to limits set by hand', () => {
    const limits = limitsOf(calibrated({ reviewFpr: 0.05 }), 'bolt');
    expect(withOverrides(limits, { threshold: 2 })).toMatchObject({ threshold: 2, review: 2 });
    expect(withOverrides(limits, { threshold: 2, review: 1.5 })).toMatchObject({ threshold: 2, review: 1.5 });
    expect(() => withOverrides(limits, { threshold: 2, review: 3 })).toThrow(
      '--review 3 lies above the threshold 2',
    );
  });
});

test('the map threshold leaves at most the asked fraction of pixels above, and hardly fewer', () => {
  const random = createRandom(5);
  const map = Float32Array.from({ length: 200_000 }, () => random.normal());
  const tail = new PixelTail();
  tail.add(map.subarray(0, 100_000));
  const other = new PixelTail();
  other.add(map.subarray(100_000));
  tail.merge(other);
  for (const fraction of [0.5, 0.01, 0.001]) {
    const threshold = tail.exceededBy(fraction)!;
    const above = map.filter((value) => value > threshold).length / map.length;
    expect(above).toBeLessThanOrEqual(fraction);
    expect(above).toBeGreaterThan(fraction * 0.93);
  }
  expect(new PixelTail().exceededBy(0.1)).toBeUndefined();
});
