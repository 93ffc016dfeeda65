import { describe, expect, test } from 'vitest';
import { bootstrapImages, withIntervals } from '../../../src/core/metrics/bootstrap.js';
import { evaluate } from '../../../src/core/metrics/evaluate.js';
import { rankingMetrics } from '../../../src/core/metrics/ranking.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { MetricRecord } from '../../../src/core/records/schemas.js';

function scores(random: ReturnType<typeof createRandom>, count: number, shift: number) {
  const draw = (by: number) => Float64Array.from({ length: count }, () => random.normal() + by).sort();
  return { scores: { normals: draw(0), anomalies: draw(shift) } };
}

describe('bootstrap intervals', () => {
  test('cover the true AUROC about as often as they say', () => {
    const random = createRandom(4);
    const truth = 0.7602; // P(N(1,1) > N(0,1)) = Φ(1/√2)
    let covered = 0;
    for (let run = 0; run < 200; run++) {
      const { classes } = bootstrapImages([scores(random, 40, 1)], { resamples: 300, seed: run });
      const [low, high] = classes[0]!.auroc!;
      if (low <= truth && truth <= high) covered++;
    }
    expect(covered).toBeGreaterThan(180);
    expect(covered).toBeLessThanOrEqual(200);
  });

  test('hold the measured value, shrink with more images, and narrow for the mean of classes', () => {
    const random = createRandom(9);
    const few = scores(random, 20, 1);
    const many = scores(random, 500, 1);
    const width = (interval: [number, number] | null) => interval![1] - interval![0];
    const { classes, mean } = bootstrapImages([few, many, scores(random, 20, 1)]);
    const measured = rankingMetrics(few.scores.anomalies, few.scores.normals).auroc!;
    expect(classes[0]!.auroc![0]).toBeLessThan(measured);
    expect(classes[0]!.auroc![1]).toBeGreaterThan(measured);
    expect(width(classes[1]!.auroc)).toBeLessThan(width(classes[0]!.auroc) / 2);
    expect(width(mean.auroc)).toBeLessThan(width(classes[0]!.auroc));
  });

  test('are the same for the same seed and undefined where the metric is', () => {
    const sample = scores(createRandom(1), 15, 1);
    expect(bootstrapImages([sample], { seed: 3 })).toEqual(bootstrapImages([sample], { seed: 3 }));
    expect(bootstrapImages([sample], { seed: 3 })).not.toEqual(bootstrapImages([sample], { seed: 4 }));
    const none = { scores: { normals: Float64Array.of(1), anomalies: new Float64Array(0) } };
    expect(bootstrapImages([none]).classes[0]).toEqual({ auroc: null, ap: null, f1max: null });
  });

  test('travel in valid metric records', async () => {
    const images = [1, 2, 3, 4].map((score) => ({
      class: 'part',
      path: `${score}.png`,
      score,
      label: score % 2 === 0 ? ('anomaly' as const) : ('normal' as const),
    }));
    const records = withIntervals(await evaluate(images, { protocol: 'exact' }), { resamples: 50 });
    expect(records).toHaveLength(2);
    for (const record of records) {
      expect(MetricRecord.parse(record)).toMatchObject({
        confidence_interval: { level: 0.95, resamples: 50 },
      });
    }
  });
});
