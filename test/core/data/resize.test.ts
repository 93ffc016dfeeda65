import { describe, expect, test } from 'vitest';
import { type Pixels, resizeBilinear } from '../../../src/core/data/resize.js';
import { readSafetensors, type SafetensorsFile } from '../../../src/core/files/safetensors.js';
import { fixturePath } from '../../fixtures.js';

const pixels = (file: SafetensorsFile, name: string): Pixels => {
  const { shape, data } = file.tensors.get(name)!;
  return { height: shape[0]!, width: shape[1]!, channels: shape[2] ?? 1, data: data as Uint8Array };
};

describe('resizing is Pillow-bilinear to the byte', async () => {
  const file = await readSafetensors(fixturePath('resize-pillow.safetensors'));
  const cases = [...file.tensors.keys()].filter((name) => /\bin\b/.test(name));
  test.each(cases)('%s', (name) => {
    const wanted = pixels(file, name.replace(/\bin\b/, 'out'));
    const got = resizeBilinear(pixels(file, name), wanted.width, wanted.height);
    expect({ ...got, data: undefined }).toEqual({ ...wanted, data: undefined });
    expect(Buffer.compare(got.data, wanted.data)).toBe(0);
  });
  test('with images and a mask among the cases', () => expect(cases.length).toBe(5));
});

test('an image keeps its bytes at its own size, and a flat one its colour at any size', () => {
  const flat: Pixels = { width: 31, height: 17, channels: 3, data: new Uint8Array(31 * 17 * 3).fill(201) };
  expect(resizeBilinear(flat, 31, 17)).toBe(flat);
  for (const [w, h] of [
    [1, 1],
    [7, 200],
    [256, 256],
    [31, 5],
    [64, 17],
  ] as const) {
    const out = resizeBilinear(flat, w, h);
    expect(out.data.length).toBe(w * h * 3);
    expect(out.data.every((v) => v === 201)).toBe(true);
  }
});

test('one channel and three equal channels give the same numbers', () => {
  const grey = Uint8Array.from({ length: 40 * 30 }, (_, i) => (i * 2654435761) >>> 24);
  const rgb = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => grey[Math.floor(i / 3)]!);
  const one = resizeBilinear({ width: 40, height: 30, channels: 1, data: grey }, 23, 64).data;
  const three = resizeBilinear({ width: 40, height: 30, channels: 3, data: rgb }, 23, 64).data;
  expect([...three].every((v, i) => v === one[Math.floor(i / 3)])).toBe(true);
});
