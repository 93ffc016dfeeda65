// Glossary: P candidate patches · C numbers in a patch · D dimensions of the projection

import type { Tensor } from '@tensorflow/tfjs';
import type { Random } from '../../nn/random.js';
import { tf } from '../../runtime/tf.js';
import type { FeatureSource, FitProgress, Fitted } from '../family.js';
import type { MemoryBankConfig } from './config.js';
import { type Coreset, farthestPoints } from './coreset.js';
import { patchGrid, patchWidth } from './patch-shape.js';
import { patchFeatures } from './patches.js';

/** Patches to choose from, and the same in the projection. */
interface Candidates {
  /** `[P,C]` */
  patches: Float32Array;
  /** `[P,D]` */
  projected: Float32Array;
}

/** Draws patches evenly over the images and keeps a coreset of them. */
export async function* fitBank(
  source: FeatureSource,
  config: MemoryBankConfig,
  random: Random,
): AsyncGenerator<FitProgress, Fitted<MemoryBankConfig>> {
  const [height, width] = patchGrid(source.shapes, config);
  const total = source.images * height * width;
  const wanted = Math.max(1, Math.round(config.coreset < 1 ? config.coreset * total : config.coreset));
  const pool = Math.min(total, Math.max(wanted, config.candidates));
  const { patches, projected } = yield* draw(source, config, pool, random);
  const { chosen, error } = yield* choose(projected, config.projection, wanted, random);
  const size = patches.length / pool;
  const bank = new Float32Array(chosen.length * size);
  chosen.forEach((row, i) => {
    bank.set(patches.subarray(row * size, (row + 1) * size), i * size);
  });
  return { config: { ...config, rows: chosen.length }, tensors: new Map([['bank', bank]]), error };
}

async function* draw(
  source: FeatureSource,
  config: MemoryBankConfig,
  pool: number,
  random: Random,
): AsyncGenerator<FitProgress, Candidates> {
  const size = patchWidth(
    source.shapes.map((shape) => shape[2]!),
    config,
  );
  const patches = new Float32Array(pool * size);
  const projected = new Float32Array(pool * config.projection);
  const projection = randomProjection(size, config.projection, random);
  let filled = 0;
  for (let image = 0; image < source.images; image++) {
    // Shares that differ by one at most and sum to the pool.
    const until = Math.floor(((image + 1) * pool) / source.images);
    const part = sample(source.read(image), config, until - filled, projection, random);
    patches.set(part.patches, filled * size);
    projected.set(part.projected, filled * config.projection);
    filled = until;
    yield { done: (0.5 * (image + 1)) / source.images, doing: `patches of ${image + 1} images` };
  }
  projection.dispose();
  return { patches, projected };
}

/** Some of the patches of one image, whose maps it disposes of. */
function sample(
  features: Tensor[],
  config: MemoryBankConfig,
  count: number,
  projection: Tensor,
  random: Random,
): Candidates {
  const result = tf.tidy(() => {
    const all = patchFeatures(features, config);
    const indices = tf.tensor1d(drawn(all.shape[0]!, count, random), 'int32');
    const patches = tf.gather(all, indices);
    return {
      patches: patches.dataSync().slice() as Float32Array,
      projected: tf.matMul(patches, projection).dataSync().slice() as Float32Array,
    };
  });
  tf.dispose(features);
  return result;
}

/** `count` different ones of the numbers below `total`. */
function drawn(total: number, count: number, random: Random): Int32Array {
  const numbers = Int32Array.from({ length: total }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + random.integer(total - i);
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers.slice(0, count);
}

/** Gaussian entries of variance 1/D, which keep distances on average (Johnson and Lindenstrauss 1984). `[C,D]`. */
function randomProjection(size: number, dimensions: number, random: Random): Tensor {
  const scale = 1 / Math.sqrt(dimensions);
  return tf.tensor(
    Float32Array.from({ length: size * dimensions }, () => scale * random.normal()),
    [size, dimensions],
  );
}

async function* choose(
  projected: Float32Array,
  dimensions: number,
  count: number,
  random: Random,
): AsyncGenerator<FitProgress, Coreset> {
  const search = farthestPoints(projected, dimensions, count, random);
  let turn = search.next();
  for (; !turn.done; turn = search.next()) {
    const chosen = Math.round(turn.value * count);
    yield { done: 0.5 + 0.5 * turn.value, doing: `chosen ${chosen} of ${count} patches` };
  }
  return turn.value;
}
