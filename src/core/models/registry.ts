import { ConfigError } from '../errors.js';
import { findFamily } from './described-families.js';
import { type DetectorFamily, type Family, isFitted } from './family.js';
import { mambaad } from './mambaad/detector.js';
import { memoryBank } from './memory-bank/detector.js';
import { pyramidMamba } from './pyramid-mamba/detector.js';
import { rd4ad } from './rd4ad/detector.js';
import { uniad } from './uniad/detector.js';

// Each family has a config type of its own; the registry hands them out by name, and a config only ever goes back to
// the family that it came from.
const families = [mambaad, pyramidMamba, rd4ad, uniad, memoryBank] as unknown as Family<unknown>[];

/** @throws ConfigError naming the families there are. */
export function familyNamed(name: string): Family<unknown> {
  return findFamily(families, name);
}

/**
 * A family with a network: one that gradients can train and that can be written down as a graph.
 *
 * @throws ConfigError for a family that is fitted, and for unknown ones
 */
export function trainedFamily(name: string): DetectorFamily<unknown> {
  const family = familyNamed(name);
  if (!isFitted(family)) return family;
  const others = families.filter((candidate) => !isFitted(candidate)).map((candidate) => candidate.name);
  throw new ConfigError(`${name} has no network: this needs one of ${others.join(', ')}`);
}

export function familyNames(): string[] {
  return families.map((family) => family.name);
}
