import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom } from '../src/core/nn/random.js';
import { inlineTensor } from '../src/core/records/tensor-ref.js';
import { type Run, type RunOptions, run } from './process.js';

/** A network and features so small that a training run takes seconds, and no encoder is needed. */
export const tinyShapes = [
  [16, 16, 8],
  [8, 8, 16],
  [4, 4, 32],
];
const tinyConfig = ['dims=[64,32,16,8]', 'depths=[1,1,1,1]', 'directions=2'];
const tinyDefaults: Record<string, string> = {
  '--batch': '2',
  '--shard': '1',
  '--engine': 'wasm',
  '--threads': '1',
  '--steps': '2',
};
export const tinyEncoder = { name: 'tiny', hash: 'c0ffee00c0ffee00' };

type Fields = Record<string, unknown>;

/** A feature record with inline maps, always the same for the same number; anomalies carry a bump in a corner. */
export function tinyRecord(index: number, fields: Fields = {}): Fields {
  const random = createRandom(1000 + index);
  const features = tinyShapes.map((shape) => {
    const [height, width, channels] = shape as [number, number, number];
    const values = Float32Array.from({ length: height * width * channels }, () => random.normal());
    if (fields.label === 'anomaly') values.fill(9, 0, (values.length * 3) / 16);
    return inlineTensor(values, shape);
  });
  const path = `part-${String(index).padStart(4, '0')}.png`;
  return {
    v: 1,
    type: 'features',
    path,
    class: index % 2 ? 'bolt' : 'nut',
    image_hash: createHash('sha256').update(path).digest('hex'),
    image_size: [64, 64],
    input_size: [64, 64],
    encoder: tinyEncoder,
    features,
    ...fields,
  };
}

/** Records as NDJSON with the `end` record that every stage writes. */
export function ndjson(records: readonly Fields[]): string {
  const end = { v: 1, type: 'end', command: 'test', in: 0, out: records.length, skipped: 0 };
  return [...records, end].map((record) => `${JSON.stringify(record)}\n`).join('');
}

export function tinyRecords(count: number, fields: Fields = {}, from = 0): string {
  return ndjson(Array.from({ length: count }, (_, i) => tinyRecord(from + i, fields)));
}

/** Flags of a tiny training run of two steps; `args` go before the defaults. */
export function tinyFlags(args: readonly string[] = []): string[] {
  const isBounded = args.includes('--epochs') || args.includes('--budget');
  const rest = Object.entries(tinyDefaults).filter(
    ([flag]) => !args.includes(flag) && !(isBounded && flag === '--steps'),
  );
  return [...tinyConfig.flatMap((pair) => ['--config', pair]), ...rest.flat(), ...args];
}

/** Trains a tiny model of eight images in a process of its own. */
export function trainTiny(out: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Run> {
  const input = options.input ?? tinyRecords(8);
  return run(['train', '-q', '--out', out, ...tinyFlags(args)], { ...options, input });
}

export function weightsHash(model: string): string {
  return createHash('sha256')
    .update(readFileSync(join(model, 'weights.safetensors')))
    .digest('hex');
}

/** Everything in a folder that is not meant to be seen. */
export function hiddenNames(folder: string): string[] {
  return readdirSync(folder).filter((name) => name.startsWith('.'));
}
