import { ConfigError } from '../errors.js';
import { didYouMean } from '../nearest-name.js';
import type { DescribedFamily } from './family.js';
import { mambaad } from './mambaad/detector.js';
import { memoryBankDescription } from './memory-bank/description.js';
import { pyramidMamba } from './pyramid-mamba/detector.js';
import { rd4ad } from './rd4ad/detector.js';
import { uniad } from './uniad/detector.js';

/** The families of the registry as they can be listed without loading TensorFlow.js. */
export const describedFamilies = [
  mambaad,
  pyramidMamba,
  rd4ad,
  uniad,
  memoryBankDescription,
] as unknown as readonly DescribedFamily<unknown>[];

/** @throws ConfigError naming the families there are. */
export function findFamily<F extends { readonly name: string }>(families: readonly F[], name: string): F {
  const family = families.find((candidate) => candidate.name === name);
  if (family) return family;
  const names = families.map((candidate) => candidate.name).join(', ');
  throw new ConfigError(
    `unknown model "${name}": choose one of ${names}${didYouMean(
      name,
      families.map((family) => family.name),
    )}`,
  );
}
