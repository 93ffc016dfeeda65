import type { EncoderNetwork } from '../../../../src/core/models/encoders/encoder-network.js';
import { type HostTensor, sizeOf } from '../../../../src/core/tensor.js';

/** Weights by the formula of the encoder fixtures' metadata: a sine of the element's and the tensor's index. */
export function formulaWeights({ parameters }: EncoderNetwork): Map<string, HostTensor> {
  const sorted = [...parameters].sort((a, b) => (a.name < b.name ? -1 : 1));
  return new Map(
    sorted.map(({ name, shape }, t) => {
      const scale = 1.4 * Math.sqrt(2 / sizeOf(shape.slice(1)));
      const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
        const s = Math.sin(12.9898 * (i + 1) + 78.233 * (t + 1));
        if (name.endsWith('running_var')) return 1 + 0.5 * Math.abs(s);
        if (shape.length > 1) return scale * s;
        return name.endsWith('.weight') ? 1 + 0.1 * s : 0.1 * s;
      });
      return [name, { shape, data }];
    }),
  );
}

/** Squared error relative to the squared truth. */
export function nmse(values: ArrayLike<number>, truth: ArrayLike<number>): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < truth.length; i++) {
    error += (values[i]! - truth[i]!) ** 2;
    power += truth[i]! ** 2;
  }
  return error / power;
}
