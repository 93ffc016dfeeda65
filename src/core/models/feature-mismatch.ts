import type { DetectorDescription } from './model-folder.js';

/** What features are of, as far as it decides whether a detector can take them. */
export type FeatureKind = Pick<DetectorDescription, 'encoder' | 'features' | 'input_size'>;

/** How features differ from those that are wanted, and the flags of `extract` that make them alike. */
export interface FeatureMismatch {
  got: string;
  wanted: string;
  advice: string;
}

/** What is wrong with features, naming only what differs; undefined when they fit. */
export function featureMismatch(got: FeatureKind, wanted: FeatureKind): FeatureMismatch | undefined {
  const otherHash = got.encoder.hash !== wanted.encoder.hash;
  const otherShapes = shapesOf(got) !== shapesOf(wanted);
  if (!otherHash && !otherShapes) return undefined;
  const name = got.encoder.name !== wanted.encoder.name;
  const size = String(got.input_size) !== String(wanted.input_size);
  const channels = channelsOf(got).join() !== channelsOf(wanted).join();
  // An encoder's hash covers size and projection: its weights are only at fault where nothing else is.
  const weights = otherHash && !name && !size && !channels;
  const shapes = otherShapes && !name && !size && !channels;
  const say = (kind: FeatureKind) =>
    [
      kind.encoder.name,
      ...(weights ? [`(${kind.encoder.hash.slice(0, 16)})`] : []),
      ...(size ? [`at ${kind.input_size.join('×')} pixels`] : []),
      ...(channels ? [`with ${channelsOf(kind).join('/')} channels`] : []),
      ...(shapes ? [shapesOf(kind)] : []),
    ].join(' ');
  const flags = [
    ...(name ? [`--encoder ${wanted.encoder.name}`] : []),
    ...(size ? [sizeFlag(wanted.input_size)] : []),
    // Another encoder has other channels by itself, where it is not projected.
    ...(channels && !name ? [`--channels ${channelsOf(wanted).join(',')}`] : []),
  ];
  return { got: say(got), wanted: say(wanted), advice: adviceOf(flags, weights) };
}

function adviceOf(flags: readonly string[], weights: boolean): string {
  if (flags.length > 0) return `extract with ${flags.join(' ')}`;
  return weights ? 'extract with the same weights of the encoder, or train again' : 'extract again';
}

function sizeFlag([width, height]: readonly [number, number]): string {
  return width === height ? `--size ${width}` : `images at ${width}×${height} pixels`;
}

function channelsOf({ features }: FeatureKind): number[] {
  return features.map((shape) => shape.at(-1)!);
}

function shapesOf({ features }: FeatureKind): string {
  return features.map((shape) => `[${shape}]`).join(' ');
}
