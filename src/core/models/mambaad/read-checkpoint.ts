import { DataError } from '../../errors.js';
import { type StoredTensor, toFloat32 } from '../../files/safetensors.js';
import type { ParameterSpec } from '../../nn/parameter.js';
import type { HostTensor } from '../../tensor.js';
import { canonicalNames } from './checkpoint-names.js';

/** What trainers put before the names: a parallel wrapper, the file's own nesting, or both. */
const prefixes = ['', 'module.', 'net.', 'net.module.', 'model.', 'state_dict.', 'model_state_dict.'];

/** The frozen teacher's tensors; they are an encoder's, not the detector's. */
const teacher = 'net_t.';

/**
 * The part of a checkpoint that is a model: names without the prefix under which most of the model's are found, and
 * nothing from outside it.
 *
 * @param specs the tensors that the model wants
 */
export function modelPart(
  tensors: ReadonlyMap<string, StoredTensor>,
  specs: readonly ParameterSpec[],
): Map<string, StoredTensor> {
  const names = new Set(specs.map(({ name }) => name));
  const parts = prefixes.map((prefix) => withoutPrefix(tensors, prefix));
  const found = parts.map(
    (part) => [...canonicalNames(part).keys()].filter((name) => names.has(name)).length,
  );
  return parts[found.indexOf(Math.max(...found))]!;
}

/**
 * The detector's tensors under the names of its specs, checked.
 *
 * @param part as `modelPart` gives it
 * @throws DataError that names, in one line, what is missing, misshapen and unknown
 */
export function detectorTensors(
  part: ReadonlyMap<string, StoredTensor>,
  specs: readonly ParameterSpec[],
  source: string,
): Map<string, HostTensor> {
  const own = canonicalNames(new Map([...part].filter(([name]) => !name.startsWith(teacher))));
  const problems = differences(own, specs);
  if (problems.length > 0) {
    throw new DataError(
      `${source}: not the tensors of this model: ${problems.join('; ')}. Another --family, --preset or --config may be the one it was trained with`,
    );
  }
  return new Map([...own].map(([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }]));
}

/** The teacher's tensors without their prefix; empty for a checkpoint without them. */
export function teacherTensors(part: ReadonlyMap<string, StoredTensor>): Map<string, StoredTensor> {
  return withoutPrefix(part, teacher);
}

function differences(tensors: ReadonlyMap<string, StoredTensor>, specs: readonly ParameterSpec[]): string[] {
  const wanted = new Map(specs.map(({ name, shape }) => [name, shape]));
  const missing = [...wanted.keys()].filter((name) => !tensors.has(name));
  const surplus = [...tensors.keys()].filter((name) => !wanted.has(name));
  const misshapen = [...tensors]
    .filter(([name, { shape }]) => wanted.has(name) && wanted.get(name)!.join() !== shape.join())
    .map(([name, { shape }]) => `${name} [${shape}] instead of [${wanted.get(name)}]`);
  return [
    ...told(missing, 'missing'),
    ...told(misshapen, 'of another shape'),
    ...told(surplus, 'unknown to it'),
  ];
}

function told(names: readonly string[], what: string): string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 3).join(', ');
  return [`${names.length} ${what} (${shown}${names.length > 3 ? ', …' : ''})`];
}

function withoutPrefix(
  tensors: ReadonlyMap<string, StoredTensor>,
  prefix: string,
): Map<string, StoredTensor> {
  const own = [...tensors].filter(([name]) => name.startsWith(prefix));
  return new Map(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
