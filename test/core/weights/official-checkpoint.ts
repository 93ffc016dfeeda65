import {
  float32Tensor,
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from '../../../src/core/files/safetensors.js';
import { resnet34 } from '../../../src/core/models/encoders/residual-network.js';
import { bottleneckSpecs } from '../../../src/core/models/mambaad/bottleneck.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { curve, type ScanType } from '../../../src/core/scan/curves.js';
import { fixturePath } from '../../fixtures.js';
import { formulaWeights } from '../models/encoders/golden-weights.js';

/** Config of the decoder fixtures, as `--config` takes it. */
export const fixtureConfig = { dims: [64, 32, 16, 8], depths: [3, 4, 6, 3] };

export interface CheckpointOptions {
  /** Scan whose orders the checkpoint carries; none when null. */
  scan: ScanType | null;
  /** ADer's names of the k=7 branch, and its dead k=3 branch. */
  ader?: boolean;
  prefix?: string;
  /** Whether the teacher is inside. */
  teacher?: boolean;
  change?(tensors: Map<string, StoredTensor>): void;
}

/** A checkpoint under the official names, whose decoder is that of a fixture. */
export async function officialCheckpoint(
  path: string,
  fixture: 'decoder-mambaad' | 'decoder-pyramid',
  { scan, ader = false, prefix = '', teacher = false, change }: CheckpointOptions,
): Promise<string> {
  const tensors = new Map<string, StoredTensor>();
  const { tensors: golden } = await readSafetensors(fixturePath(`${fixture}.safetensors`));
  for (const [name, tensor] of golden) {
    if (name.startsWith('param.')) tensors.set(name.replace('param.', 'net_s.'), tensor);
  }
  for (const { name, shape, init } of bottleneckSpecs([8, 16, 32], 64)) {
    const size = shape.reduce((a, b) => a * b, 1);
    tensors.set(`mff_oce.${name}`, float32Tensor(shape, init(size, createRandom(1))));
  }
  const counter: StoredTensor = { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) };
  tensors.set('mff_oce.bn1.num_batches_tracked', counter);
  if (scan !== null) addOrders(tensors, scan, fixture === 'decoder-pyramid');
  if (ader) asAder(tensors);
  if (teacher) {
    for (const [name, { shape, data }] of formulaWeights(resnet34)) {
      tensors.set(`net_t.${name}`, float32Tensor(shape, data));
    }
  }
  change?.(tensors);
  await writeSafetensors(path, new Map([...tensors].map(([name, tensor]) => [prefix + name, tensor])));
  return path;
}

function addOrders(tensors: Map<string, StoredTensor>, scan: ScanType, pyramid: boolean): void {
  const integers = (values: Int32Array): StoredTensor => ({
    dtype: 'I64',
    shape: [1, 1, values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  for (const name of [...tensors.keys()].filter((key) => key.endsWith('.A_logs'))) {
    const block = name.slice(0, -'.A_logs'.length);
    const side = 8 * 2 ** Number(/layers_up\.(\d)/.exec(name)![1]);
    const add = (suffix: string, n: number) => {
      const walk = curve(scan, n);
      const inverse = new Int32Array(walk.length);
      walk.forEach((pixel, t) => {
        inverse[pixel] = t;
      });
      tensors.set(`${block}.scans.index_flat${suffix}`, integers(walk));
      tensors.set(`${block}.scans.index_flat_inv${suffix}`, integers(inverse));
    };
    add('', side);
    if (pyramid) add('1', side / 2);
    if (pyramid) add('2', side / 4);
  }
}

function asAder(tensors: Map<string, StoredTensor>): void {
  for (const [name, tensor] of [...tensors]) {
    if (name.endsWith('conv77.0.weight')) {
      const [channels] = tensor.shape as [number];
      const dead = float32Tensor([channels, 1, 3, 3], new Float32Array(channels * 9));
      tensors.set(name.replace('conv77', 'conv33'), dead);
    }
    if (!/conv1[ab]7\.0/.test(name)) continue;
    tensors.delete(name);
    tensors.set(name.replace(/(conv1[ab])7/, '$13'), tensor);
  }
}
