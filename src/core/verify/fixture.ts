import { basename, extname } from 'node:path';
import { DataError } from '../errors.js';
import { readRegularText } from '../files/regular-file.js';
import { readSafetensors, type StoredTensor, toFloat32 } from '../files/safetensors.js';
import { largest } from './check.js';

const jsonFile = { expected: 'the JSON of a fixture', limit: 1 << 28 };

/** A parity golden: tensors, what its metadata says about them, and a JSON companion where there is one. */
export class Fixture {
  private constructor(
    readonly path: string,
    readonly metadata: Readonly<Record<string, string>>,
    readonly tensors: ReadonlyMap<string, StoredTensor>,
    readonly json: unknown,
  ) {}

  /** @throws DataError, InputMissingError for files that cannot be read */
  static async open(path: string): Promise<Fixture> {
    if (extname(path) === '.json') {
      return new Fixture(path, {}, new Map(), parseJson(path, await readRegularText(path, jsonFile)));
    }
    const { metadata, tensors } = await readSafetensors(path);
    const companion = path.replace(/\.safetensors$/, '.json');
    const json = await readRegularText(companion, jsonFile).catch(() => null);
    return new Fixture(path, metadata, tensors, json === null ? null : parseJson(companion, json));
  }

  get name(): string {
    return basename(this.path, extname(this.path));
  }

  has(...names: string[]): boolean {
    return names.every((name) => this.tensors.has(name));
  }

  tensor(name: string): StoredTensor {
    const tensor = this.tensors.get(name);
    if (!tensor) throw new DataError(`${this.path}: tensor ${name} is missing; the fixture is incomplete`);
    return tensor;
  }

  floats(name: string): Float32Array {
    return toFloat32(this.tensor(name));
  }

  /** Largest absolute value of all golden gradients. */
  get gradientScale(): number {
    return Math.max(0, ...[...this.group('grad').values()].map(({ data }) => largest(data)));
  }

  /** A list of numbers in the metadata, such as "64,32,16,8". */
  numbers(key: string): number[] {
    const text = this.metadata[key];
    if (text === undefined)
      throw new DataError(`${this.path}: metadata "${key}" is missing; the fixture is incomplete`);
    return text.split(',').map(Number);
  }

  /** `prefix.*` tensors without their prefix. */
  group(prefix: string): Map<string, { shape: readonly number[]; data: Float32Array }> {
    const entries = [...this.tensors].filter(([name]) => name.startsWith(`${prefix}.`));
    return new Map(
      entries.map(([name, tensor]) => [
        name.slice(prefix.length + 1),
        { shape: tensor.shape, data: toFloat32(tensor) },
      ]),
    );
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DataError(`${path}: not JSON (${(error as Error).message})`);
  }
}
