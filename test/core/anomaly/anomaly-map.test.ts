import { beforeAll, describe, expect, test } from 'vitest';
import { anomalyMap, imageScore } from '../../../src/core/anomaly/anomaly-map.js';
import { referenceMap } from '../../../src/core/anomaly/reference-map.js';
import { enlargeAndSmooth } from '../../../src/core/anomaly/smoothing.js';
import { readSafetensors } from '../../../src/core/files/safetensors.js';
import { TfOps } from '../../../src/core/ops/tf-ops.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { fixturePath } from '../../fixtures.js';

const { tensors } = await readSafetensors(fixturePath('anomaly-map.safetensors'));
const golden = tensors.get('map')!.data as Float32Array;
const scores = tensors.get('image_score_max')!.data as Float32Array;

/** Scale i of the teacher or student, `[B,h,w,C]`. */
function features(side: 'teacher' | 'student', scale: number) {
  const { shape, data } = tensors.get(`${side}.${scale}`)!;
  const [batch, channels, height, width] = shape as [number, number, number, number];
  const area = height * width;
  const channelsLast = Float32Array.from({ length: data.length }, (_, i) => {
    const [channel, place] = [i % channels, Math.floor(i / channels)];
    return Number(data[Math.floor(place / area) * channels * area + channel * area + (place % area)]);
  });
  return { shape: [batch, height, width, channels], data: channelsLast };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a, (value, i) => Math.abs(value - b[i]!)).reduce((x, y) => Math.max(x, y), 0);
}

describe('the anomaly map', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu');
  });

  test('in float64 equals the published computation', () => {
    const firstImage = (side: 'teacher' | 'student') =>
      [0, 1, 2].map((scale) => {
        const { shape, data } = features(side, scale);
        return { shape: shape.slice(1), data: data.subarray(0, data.length / shape[0]!) };
      });
    const map = referenceMap(firstImage('teacher'), firstImage('student'));
    expect(largestDifference(map, golden)).toBeLessThan(1e-7);
    expect(Math.max(...map)).toBeCloseTo(scores[0]!, 6);
  });

  test('on an engine equals the published computation, image scores too', () => {
    const ops = new TfOps();
    const tensorsOf = (side: 'teacher' | 'student') =>
      [0, 1, 2].map((scale) => {
        const { shape, data } = features(side, scale);
        return ops.constant(data, shape);
      });
    const map = anomalyMap(ops, tensorsOf('teacher'), tensorsOf('student'));
    expect(map.shape).toEqual([2, 256, 256]);
    expect(largestDifference(map.dataSync().subarray(0, 256 * 256), golden)).toBeLessThan(1e-6);
    expect(largestDifference(imageScore(ops, map).dataSync(), scores)).toBeLessThan(1e-6);
  });

  test('of identical features is zero, of opposite features two thirds', () => {
    const ones = { shape: [4, 4, 3], data: new Float32Array(48).fill(1) };
    const opposite = { shape: [4, 4, 3], data: new Float32Array(48).fill(-1) };
    expect(largestDifference(referenceMap([ones], [ones], 8), new Float64Array(64))).toBeLessThan(1e-12);
    // Distance 2 on each of three scales, divided by nine.
    const map = referenceMap([ones, ones, ones], [opposite, opposite, opposite], 8);
    expect(largestDifference(map, new Float64Array(64).fill(2 / 3))).toBeLessThan(1e-12);
  });

  test('of features that are all zero is one over the number of scales, not NaN', () => {
    const zeros = { shape: [2, 2, 3], data: new Float32Array(12) };
    const map = referenceMap([zeros], [zeros], 4);
    expect(largestDifference(map, new Float64Array(16).fill(1))).toBeLessThan(1e-12);
  });
});

describe('enlarging and smoothing', () => {
  test.each([[1], [2], [7], [16], [64]])('keeps a constant constant, from %i samples', (from) => {
    const matrix = enlargeAndSmooth(from, 256);
    for (let row = 0; row < 256; row++) {
      const sum = matrix.subarray(row * from, (row + 1) * from).reduce((a, b) => a + b, 0);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  test('is symmetric under reversal', () => {
    const matrix = enlargeAndSmooth(16, 256);
    for (let i = 0; i < matrix.length; i++) expect(matrix[matrix.length - 1 - i]).toBeCloseTo(matrix[i]!, 12);
  });
});
