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
  const otherEncoder = got.encoder.hash !== wanted.encoder.hash;
  const shapesDiffer = shapesOf(got) !== shapesOf(wanted);
  if (!otherEncoder && !shapesDiffer) return undefined;
  const otherName = got.encoder.name !== wanted.encoder.name;
  const otherSize = String(got.input_size) !== String(wanted.input_size);
  const otherChannels = channelsOf(got).join() !== channelsOf(wanted).join();
  // Maps of the same encoder, size and channels differ only where somebody else made them.
  const unexplained = shapesDiffer && !otherEncoder && !otherSize && !otherChannels;
  const flags = [
    ...(otherEncoder && otherName ? [`--encoder ${wanted.encoder.name}`] : []),
    ...(otherSize ? [sizeFlag(wanted.input_size)] : []),
    ...(otherChannels ? [`--channels ${channelsOf(wanted).join(',')}`] : []),
  ];
  const say = (kind: FeatureKind) =>
    [
      otherEncoder ? `${kind.encoder.name} (${kind.encoder.hash.slice(0, 16)})` : kind.encoder.name,
      ...(otherSize ? [`at ${kind.input_size.join('×')} pixels`] : []),
      ...(otherChannels ? [`with ${channelsOf(kind).join('/')} channels`] : []),
      ...(unexplained ? [shapesOf(kind)] : []),
    ].join(' ');
  const otherWeights = otherEncoder && !otherName;
  const advice =
    flags.length > 0
      ? `extract with ${flags.join(' ')}${otherWeights ? ' and the same weights of the encoder' : ''}`
      : otherWeights
        ? 'extract with the same weights of the encoder, or train again'
        : 'extract again';
  return { got: say(got), wanted: say(wanted), advice };
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
