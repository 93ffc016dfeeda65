import { ConfigError } from '../errors.js';
import type { DetectorFamily } from './family.js';
import { mambaad } from './mambaad/detector.js';

// Each family has a config type of its own; the registry hands them out by name, and a config only ever goes back to
// the family that it came from.
const families = [mambaad] as unknown as DetectorFamily<unknown>[];

/** @throws ConfigError naming the families there are. */
export function familyNamed(name: string): DetectorFamily<unknown> {
  const family = families.find((candidate) => candidate.name === name);
  if (!family) throw new ConfigError(`unknown model "${name}": choose one of ${familyNames().join(', ')}`);
  return family;
}

export function familyNames(): string[] {
  return families.map((family) => family.name);
}
