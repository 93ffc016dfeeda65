import type { ParameterSpec } from '../nn/parameter.js';
import type { ParameterBlock, Slot } from '../nn/parameter-block.js';

export interface AdamWOptions {
  betas: readonly [number, number];
  eps: number;
  weightDecay: number;
  /** Which tensors decay: the published grouping (default), or every one. */
  decay?: 'published' | 'all';
}

/** First and second moments, laid out like the parameters. */
export interface Moments {
  first: Float32Array;
  second: Float32Array;
}

/**
 * Whether the published optimiser grouping decays a tensor: more than one axis on disk and not named `*.bias`
 * (docs/algorithms.md 1.9: A_logs and dt_projs_bias decay, Ds does not).
 */
export function isDecayed({ name, shape }: ParameterSpec): boolean {
  return shape.length > 1 && !name.endsWith('.bias');
}

/** A stretch of one parameter that one thread updates. */
export interface Stretch {
  slot: Slot;
  from: number;
  to: number;
}

/** Cuts the trainable parameters into `parts` nearly equal shares. */
export function shareParameters(block: ParameterBlock, parts: number): Stretch[][] {
  const shares: Stretch[][] = Array.from({ length: parts }, () => []);
  const perPart = Math.ceil(block.trainableSize / parts);
  let taken = 0;
  for (const slot of block.slots) {
    if (!slot.spec.trainable) continue;
    let from = slot.offset;
    const end = slot.offset + slot.size;
    while (from < end) {
      const part = Math.min(parts - 1, Math.floor(taken / perPart));
      const to = Math.min(end, from + perPart * (part + 1) - taken);
      shares[part]!.push({ slot, from, to });
      taken += to - from;
      from = to;
    }
  }
  return shares;
}

/**
 * One AdamW step with decoupled weight decay (Loshchilov and Hutter 2019) on a stretch of the parameters.
 *
 * @param step counts from 1
 * @param gradientScale multiplies the gradients: clipping
 */
export function adamwStep(
  values: Float32Array,
  gradients: Float32Array,
  { first, second }: Moments,
  { slot, from, to }: Stretch,
  { betas: [beta1, beta2], eps, weightDecay, decay }: AdamWOptions,
  { step, rate, gradientScale }: { step: number; rate: number; gradientScale: number },
): void {
  const keep = decay === 'all' || isDecayed(slot.spec) ? 1 - rate * weightDecay : 1;
  const correction1 = 1 - beta1 ** step;
  const correction2 = Math.sqrt(1 - beta2 ** step);
  for (let i = from; i < to; i++) {
    const gradient = gradients[i]! * gradientScale;
    const m = beta1 * first[i]! + (1 - beta1) * gradient;
    const v = beta2 * second[i]! + (1 - beta2) * gradient * gradient;
    first[i] = m;
    second[i] = v;
    values[i] = values[i]! * keep - (rate / correction1) * (m / (Math.sqrt(v) / correction2 + eps));
  }
}
