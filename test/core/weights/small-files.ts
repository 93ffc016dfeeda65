import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { formatSafetensors, type StoredTensor } from '../../../src/core/files/safetensors.js';
import type { EncoderNetwork } from '../../../src/core/models/encoders/encoder-network.js';
import { sizeOf } from '../../../src/core/tensor.js';

/** An empty folder that is gone after the test. */
export async function scratchFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mambaad-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A checkpoint of the network whose every tensor holds its own index. */
export function checkpoint(network: EncoderNetwork, prefix = ''): Uint8Array {
  const tensors = network.parameters.map(({ name, shape }, i): [string, StoredTensor] => [
    prefix + name,
    { dtype: 'F32', shape, data: new Float32Array(sizeOf(shape)).fill(i) },
  ]);
  const extra: [string, StoredTensor] = [
    `${prefix}fc.bias`,
    { dtype: 'F32', shape: [2], data: new Float32Array(2) },
  ];
  return formatSafetensors(new Map([...tensors, extra]));
}

/** A folder that `npm pack` takes for a package with a layers model of the network, in three shards. */
export async function layersPackage(folder: string, network: EncoderNetwork): Promise<string> {
  const weights = network.parameters.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }));
  const all = Buffer.concat(
    weights.map(({ shape }, i) => Buffer.from(new Float32Array(sizeOf(shape)).fill(i).buffer)),
  );
  const cuts = [0, 1_000_003, 2_000_000, all.byteLength];
  const paths = ['a.bin', 'b.bin', 'c.bin'];
  const root = join(folder, 'package-source');
  await mkdir(join(root, 'Model'), { recursive: true });
  await writeFile(join(root, 'package.json'), JSON.stringify({ name: 'layers-of-a-test', version: '1.0.0' }));
  await writeFile(
    join(root, 'Model', 'model.json'),
    JSON.stringify({ weightsManifest: [{ paths, weights }] }),
  );
  for (const [i, path] of paths.entries()) {
    await writeFile(join(root, 'Model', path), all.subarray(cuts[i], cuts[i + 1]));
  }
  return root;
}
