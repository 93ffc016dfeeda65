import type { EncoderNetwork } from '../../../../src/core/models/encoders/encoder-network.js';
import type { HostTensor } from '../../../../src/core/tensor.js';
import { formulaWeights as weightsOf } from '../../../../src/core/verify/formula-weights.js';

/** A network's weights by the formula of the encoder fixtures. */
export function formulaWeights({ parameters }: EncoderNetwork): Map<string, HostTensor> {
  return weightsOf(parameters);
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
