import { engineShape, toEngine } from '../../nn/layout.js';
import type { ParameterSpec } from '../../nn/parameter.js';
import type { HostTensor } from '../../tensor.js';
import type { EncoderNetwork, NormalisedConv } from './encoder-network.js';

/** A convolution that has swallowed its normalisation, in engine layout. */
export interface FoldedConv {
  weight: HostTensor;
  /** `[O]`. */
  bias: HostTensor;
  /** Names of the checkpoint's tensors that went into it. */
  used: string[];
}

/**
 * `γ (conv(x) + b − μ) / √(σ² + ε) + β` as one convolution with a bias. Float64: the products of a deep network's
 * folded weights would otherwise drift from the unfolded ones.
 */
export function foldNormalisation(
  { names, parameters }: EncoderNetwork,
  { conv, norm, eps, leadingZeros }: NormalisedConv,
  tensors: ReadonlyMap<string, HostTensor>,
): FoldedConv {
  const used = [
    `${conv}${names.weight}`,
    ...[names.gamma, names.beta, names.mean, names.variance].map((suffix) => norm + suffix),
  ];
  const [kernel, gamma, beta, mean, variance] = used.map((name) => tensors.get(name)!.data) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const ownBias = tensors.get(`${conv}${names.bias}`);
  if (ownBias) used.push(`${conv}${names.bias}`);
  const gain = Float64Array.from(gamma, (g, o) => g / Math.sqrt(variance[o]! + eps));
  const spec = parameters.find(({ name }) => name === used[0])!;
  const weight = toEngine(spec, kernel).map((v, i) => v * gain[i % gain.length]!);
  const bias = beta.map((b, o) => b + ((ownBias?.data[o] ?? 0) - mean[o]!) * gain[o]!);
  return { weight: placed(spec, weight, leadingZeros), bias: { shape: [bias.length], data: bias }, used };
}

function placed(spec: ParameterSpec, data: Float32Array, leadingZeros = false): HostTensor {
  const shape = engineShape(spec);
  return leadingZeros ? withLeadingZeros({ shape, data }) : { shape, data };
}

/** A kernel `[k,k,·,·]` with a row and a column of zeros before it. */
function withLeadingZeros({ shape, data }: HostTensor): HostTensor {
  const [height, width, ...rest] = shape as [number, number, number, number];
  const cell = rest[0] * rest[1];
  const grown = new Float32Array((height + 1) * (width + 1) * cell);
  for (let row = 0; row < height; row++) {
    const line = data.subarray(row * width * cell, (row + 1) * width * cell);
    grown.set(line, ((row + 1) * (width + 1) + 1) * cell);
  }
  return { shape: [height + 1, width + 1, ...rest], data: grown };
}
