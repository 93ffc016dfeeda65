import type { Encoder } from '../../../src/core/models/encoders/encoder.js';

export interface CountingEncoder extends Encoder {
  /** Sizes of the batches so far. */
  readonly batches: number[];
}

/** An encoder whose first scale is the picture in 4×4 cells of mean colour, and whose second is the overall mean. */
export function meanEncoder(hash = 'e'.repeat(64), pause = 0): CountingEncoder {
  const side = 16;
  const batches: number[] = [];
  let running = false;
  return {
    name: 'mean',
    hash,
    inputSize: [side, side],
    preprocessing: 'pillow-bilinear-16',
    outputs: [
      [4, 4, 3],
      [1, 1, 3],
    ],
    batches,
    async encode(images, batch) {
      if (running) throw new Error('encode was called while it ran');
      running = true;
      batches.push(batch);
      await new Promise((done) => setTimeout(done, pause));
      running = false;
      return [pooled(images, batch, side, 4), pooled(images, batch, side, 1)];
    },
    dispose() {},
  };
}

function pooled(images: Uint8Array, batch: number, side: number, cells: number): Float32Array {
  const out = new Float32Array(batch * cells * cells * 3);
  const size = side / cells;
  for (let i = 0; i < images.length; i++) {
    const pixel = Math.floor(i / 3);
    const [x, y, b] = [pixel % side, Math.floor(pixel / side) % side, Math.floor(pixel / side / side)];
    const cell = (b * cells + Math.floor(y / size)) * cells + Math.floor(x / size);
    out[cell * 3 + (i % 3)]! += images[i]! / size / size;
  }
  return out;
}
