import type { Tensor, Tensor1D } from '@tensorflow/tfjs';
import type { ParameterBlock, Slot } from '../nn/parameter-block.js';
import { inScope } from '../runtime/scope.js';
import { tf } from '../runtime/tf.js';
import { type AdamWOptions, isDecayed, type Moments } from './adamw.js';
import type { SlotGradient } from './gradients.js';

/** Rows have a multiple of this length, so that sums over them keep a whole GPU at work. */
const lane = 4096;

/**
 * Everything trainable of a block on the current engine's device, in one row, with its moments and gradient: AdamW is
 * then a dozen operations, not a dozen for every one of hundreds of tensors.
 */
export class DeviceParameters {
  private readonly trainable: readonly Slot[];
  private readonly padding: number;
  /** 1 where weights decay. */
  private readonly decayed: Tensor;
  private values: Tensor;
  private first: Tensor;
  private second: Tensor;
  private gradient: Tensor | undefined;

  constructor(
    private readonly block: ParameterBlock,
    moments: Moments,
  ) {
    this.trainable = block.slots.filter((slot) => slot.spec.trainable);
    this.padding = lane - (block.trainableSize % lane);
    this.values = this.upload(block.values);
    this.first = this.upload(moments.first);
    this.second = this.upload(moments.second);
    const ones = new Float32Array(block.values.length);
    for (const slot of this.trainable) {
      if (isDecayed(slot.spec)) ones.fill(1, slot.offset, slot.offset + slot.size);
    }
    this.decayed = this.upload(ones);
  }

  /** The block's tensors by full name, for the caller to free; running statistics come from the host. */
  tensors(): Map<string, Tensor> {
    const sizes = [...this.trainable.map(({ size }) => size), this.padding];
    const parts = tf.split(this.values as Tensor1D, sizes);
    const tensors = new Map<string, Tensor>();
    for (const slot of this.block.slots) {
      const own = slot.spec.trainable ? parts.shift()! : tf.tensor1d(this.block.view(slot).slice());
      tensors.set(slot.spec.name, own.reshape([...slot.shape]));
    }
    return tensors;
  }

  forgetGradient(): void {
    this.gradient?.dispose();
    this.gradient = undefined;
  }

  /** Adds `weight ·` the gradient of a shard. */
  addGradient(shard: readonly SlotGradient[], weight: number): void {
    this.gradient = this.replace(this.gradient, () => {
      const parts = shard.map(({ slot, gradient }) => gradient?.flatten() ?? tf.zeros([slot.size]));
      const row = tf.mul(tf.concat([...parts, tf.zeros([this.padding])] as Tensor1D[]), weight);
      return this.gradient ? tf.add(this.gradient, row) : row;
    });
  }

  squaredNorm(): number {
    return inScope(() => {
      const rows = tf.square(this.gradient!).reshape([-1, lane]);
      return tf.sum(tf.sum(rows, 1)).dataSync()[0]!;
    });
  }

  /** `adamwStep` on all of it. */
  update(
    { betas: [beta1, beta2], eps, weightDecay, decay }: AdamWOptions,
    { step, rate, gradientScale }: { step: number; rate: number; gradientScale: number },
  ): void {
    const gradient = this.gradient!;
    this.first = this.replace(this.first, () =>
      tf.add(tf.mul(this.first, beta1), tf.mul(gradient, (1 - beta1) * gradientScale)),
    );
    this.second = this.replace(this.second, () =>
      tf.add(tf.mul(this.second, beta2), tf.mul(tf.square(gradient), (1 - beta2) * gradientScale ** 2)),
    );
    const [correction1, correction2] = [1 - beta1 ** step, Math.sqrt(1 - beta2 ** step)];
    this.values = this.replace(this.values, () => {
      const root = tf.add(tf.mul(tf.sqrt(this.second), 1 / correction2), eps);
      const change = tf.mul(tf.div(this.first, root), rate / correction1);
      const shrink = tf.mul(
        decay === 'all' ? this.values : tf.mul(this.values, this.decayed),
        rate * weightDecay,
      );
      return tf.sub(this.values, tf.add(change, shrink));
    });
  }

  /** Copies parameters and moments to the host. */
  read({ first, second }: Moments): void {
    this.download(this.values, this.block.values);
    this.download(this.first, first);
    this.download(this.second, second);
  }

  dispose(): void {
    this.forgetGradient();
    tf.dispose([this.values, this.first, this.second, this.decayed]);
  }

  private upload(host: Float32Array): Tensor {
    const row = new Float32Array(this.block.trainableSize + this.padding);
    let at = 0;
    for (const { offset, size } of this.trainable) {
      row.set(host.subarray(offset, offset + size), at);
      at += size;
    }
    return tf.keep(tf.tensor1d(row));
  }

  private download(row: Tensor, host: Float32Array): void {
    const values = row.dataSync() as Float32Array;
    let at = 0;
    for (const { offset, size } of this.trainable) {
      host.set(values.subarray(at, at + size), offset);
      at += size;
    }
  }

  /** Puts a new tensor in the place of an old one, which is freed. */
  private replace(old: Tensor | undefined, make: () => Tensor): Tensor {
    const made = tf.keep(tf.tidy(make));
    old?.dispose();
    return made;
  }
}
