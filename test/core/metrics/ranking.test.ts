import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankingMetrics } from '../../../src/core/metrics/ranking.js';

/** The definitions, word for word: every pair for AUROC, every distinct score as a threshold for AP and F1. */
function byDefinition(scores: readonly number[], labels: readonly boolean[]) {
  const positives = scores.filter((_, i) => labels[i]);
  const negatives = scores.filter((_, i) => !labels[i]);
  if (positives.length === 0) return { auroc: null, ap: null, f1max: null };
  let won = 0;
  for (const p of positives) for (const n of negatives) won += p > n ? 1 : p === n ? 0.5 : 0;
  let [ap, f1max, recallBefore] = [0, 0, 0];
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    const tp = positives.filter((score) => score >= threshold).length;
    const fp = negatives.filter((score) => score >= threshold).length;
    const [precision, recall] = [tp / (tp + fp), tp / positives.length];
    ap += (recall - recallBefore) * precision;
    recallBefore = recall;
    if (tp > 0) f1max = Math.max(f1max, (2 * precision * recall) / (precision + recall));
  }
  const pairs = positives.length * negatives.length;
  return { auroc: pairs === 0 ? null : won / pairs, ap, f1max };
}

function ours(scores: readonly number[], labels: readonly boolean[]) {
  const pick = (wanted: boolean) => Float64Array.from(scores.filter((_, i) => labels[i] === wanted)).sort();
  return rankingMetrics(pick(true), pick(false));
}

function expectEqual(scores: readonly number[], labels: readonly boolean[]) {
  const expected = byDefinition(scores, labels);
  const actual = ours(scores, labels);
  for (const name of ['auroc', 'ap', 'f1max'] as const) {
    if (expected[name] === null) expect(actual[name]).toBeNull();
    else expect(Math.abs(actual[name]! - expected[name])).toBeLessThan(1e-12);
  }
}

describe('ranking metrics', () => {
  test('equal their definitions on all 1024 labellings of ten scores, with ties and without', () => {
    const samples = [
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      [0, 0, 1, 1, 1, 2, 3, 3, 3, 3],
      [5, 5, 5, 5, 5, 5, 5, 5, 5, 5],
      [-1, -0.5, -0.5, 0, 0, 0.25, 1e-30, 1e30, 1e30, 7],
    ];
    for (const scores of samples) {
      for (let pattern = 0; pattern < 1024; pattern++) {
        expectEqual(
          scores,
          scores.map((_, i) => ((pattern >> i) & 1) === 1),
        );
      }
    }
  });

  test('equal their definitions on random samples', () => {
    const item = fc.tuple(fc.integer({ min: -5, max: 5 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 60 }), (items) => {
        expectEqual(
          items.map(([score]) => score),
          items.map(([, label]) => label),
        );
      }),
    );
  });

  test('do not change when a rising function is applied to the scores', () => {
    const item = fc.tuple(fc.double({ min: -20, max: 20, noNaN: true }), fc.boolean());
    fc.assert(
      fc.property(fc.array(item, { minLength: 2, maxLength: 40 }), (items) => {
        const labels = items.map(([, label]) => label);
        // Rounded first: the function must not merge neighbours that only the last bits tell apart.
        const scores = items.map(([score]) => Math.round(score * 100) / 100);
        const { f1maxAt: _, ...before } = ours(scores, labels);
        const moved = scores.map((score) => Math.exp(score / 5));
        expect(ours(moved, labels)).toMatchObject(before);
      }),
    );
  });

  test('name the highest threshold with the largest F1', () => {
    expect(ours([1, 2, 3, 4], [false, false, true, true])).toMatchObject({ f1max: 1, f1maxAt: 3 });
  });
});
