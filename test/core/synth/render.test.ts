import { expect, test } from 'vitest';
import { catalogue } from '../../../src/core/synth/parts/catalogue.js';

const size = 256;
const defects = catalogue.flatMap((part) => part.defects.map((defect) => [part.name, defect] as const));

function render(name: string, seed: readonly number[], defect?: string) {
  return catalogue.find((part) => part.name === name)!.photograph(seed, size, defect);
}

function difference(a: Uint8Array, b: Uint8Array, pixel: number): number {
  return Math.max(...[0, 1, 2].map((channel) => Math.abs(a[3 * pixel + channel]! - b[3 * pixel + channel]!)));
}

test('there are at least three kinds of parts and five kinds of defects', () => {
  expect(catalogue.length).toBeGreaterThanOrEqual(3);
  expect(new Set(defects.map(([, defect]) => defect)).size).toBeGreaterThanOrEqual(5);
});

test.each(defects)('%s with %s: the mask covers what changed, and little else', (name, defect) => {
  const good = render(name, [3, 1]).pixels;
  const { pixels, mask } = render(name, [3, 1], defect);
  let masked = 0;
  let unexplained = 0;
  let missed = 0;
  for (let i = 0; i < size * size; i++) {
    const changed = difference(good, pixels, i);
    if (mask![i]! > 0) {
      masked++;
      if (changed < 3) unexplained++;
    } else if (changed >= 10) missed++;
  }
  expect(missed).toBe(0);
  expect(unexplained / masked).toBeLessThan(0.35);
  expect(masked / (size * size)).toBeGreaterThanOrEqual(0.008);
  expect(masked / (size * size)).toBeLessThanOrEqual(0.08);
});

test.each(catalogue.map((part) => part.name))(
  '%s: good parts vary, yet a defect is not told by mean brightness',
  (name) => {
    const mean = (pixels: Uint8Array) => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
    const part = catalogue.find((p) => p.name === name)!;
    const normals = Array.from({ length: 10 }, (_, k) => mean(render(name, [4, k]).pixels));
    const lowest = Math.min(...normals);
    const highest = Math.max(...normals);
    expect(highest - lowest).toBeGreaterThan(2);
    const anomalies = part.defects.map((defect, k) => mean(render(name, [5, k], defect).pixels));
    const within = anomalies.filter((m) => m >= lowest - 2 && m <= highest + 2);
    expect(within.length).toBeGreaterThanOrEqual(Math.ceil(0.6 * anomalies.length));
  },
);

test('a part rendered at another size is the same part', () => {
  for (const part of catalogue) {
    const large = part.photograph([6, 0], 256).pixels;
    const half = part.photograph([6, 0], 128).pixels;
    let sum = 0;
    for (let y = 0; y < 128; y++) {
      for (let x = 0; x < 128; x++) {
        const i = 3 * (2 * y * 256 + 2 * x) + 1;
        const average = (large[i]! + large[i + 3]! + large[i + 768]! + large[i + 771]!) / 4;
        sum += Math.abs(average - half[3 * (y * 128 + x) + 1]!);
      }
    }
    expect(sum / (128 * 128), part.name).toBeLessThan(14);
  }
});
