import { engineShape } from '../nn/layout.js';
import { NamedWeights } from '../nn/named-weights.js';
import type { ParameterSpec } from '../nn/parameter.js';
import { CountOps, type Operations } from '../ops/count-ops.js';
import { sizeOf } from '../tensor.js';
import type { EncoderNetwork } from './encoders/encoder-network.js';
import { encoderNetwork, encoderNetworks } from './encoders/networks.js';
import type { DescribedFamily } from './family.js';

type Shape = readonly number[];

/** Trained numbers, and operations for one image at the encoder's input size. */
export interface Cost {
  parameters: number;
  operations: Operations;
}

/** What a detector costs together with the encoder in front of it. */
export interface DetectorCost {
  encoder: Cost & { name: string };
  /** Null where the training data decides. */
  detector: Cost | null;
}

/** What goes before the detector, where it is not what the config is made for. */
export interface EncoderChoice {
  /** Default: the one whose maps the config takes as they are, else the publication's, projected. */
  encoder?: string | undefined;
  /** Channels that the maps are projected to for a config that takes any; default: the encoder's own. */
  channels?: readonly number[] | undefined;
  /** Width and height of the images; default: the encoder's own. */
  inputSize?: readonly [number, number] | undefined;
}

/**
 * Counts a detector and its encoder; null where the encoder's maps cannot be projected to what the config wants.
 *
 * @throws UsageError for an unknown encoder
 */
export function detectorCost<Config>(
  family: DescribedFamily<Config>,
  config: Config,
  { encoder, channels, inputSize }: EncoderChoice = {},
): DetectorCost | null {
  const wanted = family.teacherChannels(config) ?? channels ?? null;
  const network = encoder === undefined ? fittingEncoder(family, wanted) : encoderNetwork(encoder);
  if (wanted !== null && !isProjectable(network, wanted)) return null;
  const { cost, shapes } = encoderCost(network, wanted, inputSize ?? network.inputSize);
  return { encoder: { name: network.name, ...cost }, detector: familyCost(family, config, shapes) };
}

function fittingEncoder(
  { encoder }: { encoder: string },
  channels: readonly number[] | null,
): EncoderNetwork {
  const own = encoderNetwork(encoder);
  if (channels === null || own.channels.join() === channels.join()) return own;
  return encoderNetworks.find((network) => network.channels.join() === channels.join()) ?? own;
}

function isProjectable({ channels }: EncoderNetwork, wanted: readonly number[]): boolean {
  return channels.length === wanted.length && wanted.every((count, scale) => count <= channels[scale]!);
}

/** @param channels after a projection; null for none */
function encoderCost(
  network: EncoderNetwork,
  channels: readonly number[] | null,
  [width, height]: readonly [number, number],
): { cost: Cost; shapes: Shape[] } {
  const weights = shapesOf(network.parameters);
  const normalised = new Set<Shape>();
  for (const { conv } of network.convolutions) {
    const weight = weights.get(`${conv}${network.names.weight}`)!;
    normalised.add(weight);
    weights.set(`${conv}.weight`, weight).set(`${conv}.bias`, [weight[3]!]);
  }
  const ops = new CountOps(normalised);
  const maps = network.features<Shape>(ops, new NamedWeights(weights), [1, height, width, 3]);
  const projected = maps.map((map, scale) => {
    const [inner, outer] = [map[3]!, channels?.[scale] ?? map[3]!];
    return inner === outer ? map : ops.conv2d(map, [1, 1, inner, outer]);
  });
  return {
    cost: { parameters: trainable(network.parameters), operations: ops.operations },
    shapes: projected.map((map) => map.slice(1)),
  };
}

function familyCost<Config>(
  family: DescribedFamily<Config>,
  config: Config,
  shapes: readonly Shape[],
): Cost | null {
  if ('cost' in family) {
    const cost = family.cost(config, shapes);
    return (
      cost && { parameters: cost.parameters, operations: { products: cost.products, norms: 0, scans: 0 } }
    );
  }
  const channels = shapes.map((shape) => shape[2]!);
  const specs = family.parameters(config, channels);
  const ops = new CountOps();
  const features = shapes.map((shape) => [1, ...shape]);
  family.reconstruct<Shape>(ops, new NamedWeights(shapesOf(specs)), features, config);
  return { parameters: trainable(specs), operations: ops.operations };
}

function shapesOf(specs: readonly ParameterSpec[]): Map<string, Shape> {
  return new Map(specs.map((spec) => [spec.name, engineShape(spec)]));
}

function trainable(specs: readonly ParameterSpec[]): number {
  return specs.reduce((sum, spec) => sum + (spec.trainable ? sizeOf(spec.shape) : 0), 0);
}
