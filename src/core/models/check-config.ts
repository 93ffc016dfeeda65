import { ConfigError } from '../errors.js';
import { engineShape } from '../nn/layout.js';
import { NamedWeights } from '../nn/named-weights.js';
import { CountOps } from '../ops/count-ops.js';
import { describedFamilies, findFamily } from './described-families.js';
import type { DescribedFamily } from './family.js';
import { presetConfig } from './preset-config.js';

/** Which detector is wanted. */
export interface ConfigChoice {
  family: string;
  preset: string;
  /** Changes to the preset's config. */
  overrides: Readonly<Record<string, unknown>>;
}

/**
 * The config that a choice amounts to, tried out on maps of a plausible size before there are any features: the network
 * is walked through without computing anything.
 *
 * @throws ConfigError for an unknown family, preset or key, and for values that make no network
 */
export function checkedConfig({ family: name, preset, overrides }: ConfigChoice): unknown {
  const family = findFamily(describedFamilies, name);
  const config = presetConfig(family, preset, overrides);
  if (Object.keys(overrides).length === 0) return config;
  const shapes = plausibleShapes(family, config);
  try {
    family.accept?.(config, shapes);
    walk(family, config, shapes);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw noNetwork(name, overrides, error instanceof Error ? error.message : String(error));
  }
  return config;
}

/** `[H,W,C]` of maps that the config could be made for, fine to coarse. */
function plausibleShapes(family: DescribedFamily<unknown>, config: unknown): number[][] {
  // A fitted detector takes the maps it wants of however many an encoder gives.
  const own = 'cost' in family ? [16, 32, 64, 128, 256] : [64, 128, 256];
  const channels = family.teacherChannels(config) ?? own;
  // UniAD's config names the side of the coarsest map; the others take any.
  const { side } = config as { side?: unknown };
  const coarsest = typeof side === 'number' ? side : 8;
  return channels.map((count, scale) => {
    const wide = coarsest * 2 ** (channels.length - 1 - scale);
    return [wide, wide, count];
  });
}

function walk(family: DescribedFamily<unknown>, config: unknown, shapes: readonly number[][]): void {
  if ('cost' in family) return;
  const specs = family.parameters(
    config,
    shapes.map((shape) => shape[2]!),
  );
  const odd = specs.find(({ shape }) => !shape.every((size) => Number.isInteger(size) && size > 0));
  if (odd) throw new RangeError(`its tensor ${odd.name} would be [${odd.shape}]`);
  const weights = new Map(specs.map((spec) => [spec.name, engineShape(spec) as readonly number[]]));
  const features = shapes.map((shape): readonly number[] => [1, ...shape]);
  family.reconstruct(new CountOps(), new NamedWeights(weights), features, config);
}

function noNetwork(family: string, overrides: Readonly<Record<string, unknown>>, why: string): ConfigError {
  const given = Object.entries(overrides).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return new ConfigError(`--config ${given.join(' ')}: makes no ${family} network (${why.split('\n')[0]})`);
}
