import { createHash } from 'node:crypto';
import { DataError } from '../../errors.js';
import { engineShape, toEngine } from '../../nn/layout.js';
import { NamedWeights } from '../../nn/named-weights.js';
import { createRandom } from '../../nn/random.js';
import type { Ops } from '../../ops/ops.js';
import type { HostTensor } from '../../tensor.js';
import type { EncoderNetwork } from './encoder-network.js';
import { foldNormalisation } from './folding.js';
import { semiOrthogonal } from './projection.js';

/** Numbers behind the projection of `openEncoder`, unless it is told others. */
export const defaultProjection = { seed: 20_240_401, channels: [64, 128, 256] };

export interface ProjectionOptions {
  /** Channels of each scale after the projection; null for none. */
  channels: readonly number[] | null;
  seed: number;
}

/** A network with its weights, ready for any interpreter of `Ops`. */
export interface FrozenEncoder {
  readonly network: EncoderNetwork;
  /** sha256 of everything that decides the numbers: weights, preprocessing, input size, projection. */
  readonly hash: string;
  /** `[H,W,C]` of each scale. */
  readonly outputs: number[][];
  /** In engine layout, normalisations folded, projections under `projection.<scale>.weight`. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
}

/**
 * Folds the weights and adds the projection.
 *
 * @param tensors of the published checkpoint, on-disk layout
 * @param source what errors call them
 * @throws DataError when a tensor is missing or misshapen, or the projection does not fit the network
 */
export function freezeEncoder(
  network: EncoderNetwork,
  tensors: ReadonlyMap<string, HostTensor>,
  projection: ProjectionOptions,
  source: string,
): FrozenEncoder {
  checkTensors(network, tensors, source);
  const engine = engineTensors(network, tensors);
  const channels = projectedChannels(network, projection);
  channels.forEach((to, scale) => {
    const from = network.channels[scale]!;
    if (from === to) return;
    // One stream a scale: adding a scale leaves the others as they were.
    const data = semiOrthogonal(from, to, createRandom(projection.seed + scale));
    engine.set(`projection.${scale}.weight`, { shape: [1, 1, from, to], data });
  });
  const [width, height] = network.inputSize;
  return {
    network,
    hash: hashOf(network, tensors, channels, projection.seed),
    outputs: channels.map((c, i) => [height / network.strides[i]!, width / network.strides[i]!, c]),
    tensors: engine,
  };
}

/** The encoder's maps, fine to coarse `[B,h,w,C]`, of RGB pixels 0…255 `[B,H,W,3]`. */
export function encoderMaps<T>(
  ops: Ops<T>,
  encoder: Pick<FrozenEncoder, 'network'>,
  tensors: ReadonlyMap<string, T>,
  pixels: T,
): T[] {
  const { network } = encoder;
  const maps = network.features(ops, new NamedWeights(tensors), network.preprocess(ops, pixels));
  return maps.map((map, scale) => {
    const projection = tensors.get(`projection.${scale}.weight`);
    return projection === undefined ? map : ops.conv2d(map, projection);
  });
}

/** The encoder's tensors as constants of an interpreter. */
export function encoderConstants<T>(ops: Ops<T>, { tensors }: FrozenEncoder): Map<string, T> {
  return new Map([...tensors].map(([name, { data, shape }]) => [name, ops.constant(data, shape)]));
}

/** The names of the network's tensors are all there, with the shapes it wants. */
export function checkTensors(
  network: EncoderNetwork,
  tensors: ReadonlyMap<string, Pick<HostTensor, 'shape'>>,
  source: string,
): void {
  for (const { name, shape } of network.parameters) {
    const tensor = tensors.get(name);
    if (!tensor)
      throw new DataError(`${source}: tensor ${name} is missing; these are no ${network.name} weights`);
    if (tensor.shape.join() !== shape.join()) {
      throw new DataError(
        `${source}: tensor ${name} is [${tensor.shape}], ${network.name} wants [${shape}]; the file belongs to another network`,
      );
    }
  }
}

function projectedChannels(network: EncoderNetwork, { channels }: ProjectionOptions): number[] {
  if (channels === null) return [...network.channels];
  const fits =
    channels.length === network.channels.length && channels.every((c, i) => c <= network.channels[i]!);
  if (!fits) {
    throw new DataError(
      `encoder ${network.name} has maps of ${network.channels} channels, which cannot be projected to ${channels}`,
    );
  }
  return [...channels];
}

function engineTensors(
  network: EncoderNetwork,
  tensors: ReadonlyMap<string, HostTensor>,
): Map<string, HostTensor> {
  const engine = new Map<string, HostTensor>();
  const folded = new Set<string>();
  for (const layer of network.convolutions) {
    const { weight, bias, used } = foldNormalisation(network, layer, tensors);
    engine.set(`${layer.conv}.weight`, weight);
    engine.set(`${layer.conv}.bias`, bias);
    for (const name of used) folded.add(name);
  }
  for (const spec of network.parameters) {
    if (folded.has(spec.name)) continue;
    engine.set(spec.name, { shape: engineShape(spec), data: toEngine(spec, tensors.get(spec.name)!.data) });
  }
  return engine;
}

function hashOf(
  network: EncoderNetwork,
  tensors: ReadonlyMap<string, HostTensor>,
  channels: readonly number[],
  seed: number,
): string {
  const projected = channels.some((c, i) => c !== network.channels[i]);
  const hash = createHash('sha256');
  const { name, preprocessing, inputSize } = network;
  hash.update(
    JSON.stringify({ name, preprocessing, inputSize, projection: projected ? { seed, channels } : null }),
  );
  for (const spec of network.parameters) {
    const { data } = tensors.get(spec.name)!;
    hash.update(spec.name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}
