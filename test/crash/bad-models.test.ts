import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  float32Tensor,
  formatSafetensors,
  parseSafetensors,
  type StoredTensor,
} from '../../src/core/files/safetensors.js';
import { run } from '../process.js';
import { tinyRecords, trainTiny } from '../tiny.js';

let folder: string;
let good: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bad-models-'));
  good = join(folder, 'good');
  expect((await trainTiny(good)).stderr).toBe('');
});
afterAll(() => rmSync(folder, { recursive: true }));

const weights = (model: string) => join(model, 'weights.safetensors');
const manifest = (model: string) => join(model, 'model.json');

/** A copy of the good model to be spoilt. */
function spoilt(spoil: (model: string) => void): string {
  const model = join(folder, 'spoilt');
  rmSync(model, { recursive: true, force: true });
  cpSync(good, model, { recursive: true });
  spoil(model);
  return model;
}

function changeTensors(change: (tensors: Map<string, StoredTensor>) => void) {
  return (model: string) => {
    const { tensors, metadata } = parseSafetensors(readFileSync(weights(model)));
    change(tensors);
    writeFileSync(weights(model), formatSafetensors(tensors, metadata));
  };
}

function changeManifest(change: (description: Record<string, unknown>) => void) {
  return (model: string) => {
    const description = JSON.parse(readFileSync(manifest(model), 'utf8'));
    change(description);
    writeFileSync(manifest(model), JSON.stringify(description));
  };
}

const name = 'net_s.layers_up.0.blocks.0.finalconv11.weight';
const cases: [string, (model: string) => void, number, RegExp][] = [
  ['a tensor is missing', changeTensors((tensors) => tensors.delete(name)), 65, /tensor \S+ is missing/],
  [
    'a tensor is of another model',
    changeTensors((tensors) => tensors.set('head.weight', float32Tensor([1], new Float32Array(1)))),
    65,
    /tensor head\.weight is unknown to this model/,
  ],
  [
    'a tensor has another shape',
    changeTensors((tensors) => tensors.set(name, float32Tensor([2, 3], new Float32Array(6)))),
    65,
    /finalconv11\.weight is \[2,3\], the model's config wants \[/,
  ],
  [
    'one bit of the weights is another one',
    (model) => {
      const bytes = readFileSync(weights(model));
      bytes[bytes.length - 5]! ^= 1;
      writeFileSync(weights(model), bytes);
    },
    65,
    /weights\.safetensors is not the file that model\.json was written with/,
  ],
  ['the weights are cut off', (model) => truncateSync(weights(model), 4000), 65, /weights\.safetensors: /],
  ['the weights are empty', (model) => truncateSync(weights(model), 0), 65, /weights\.safetensors: /],
  ['the weights are gone', (model) => rmSync(weights(model)), 65, /weights\.safetensors: cannot be read/],
  [
    'the weights are a PyTorch archive',
    (model) => writeFileSync(weights(model), Buffer.from('504b0304140000080800', 'hex')),
    65,
    /a PyTorch or zip archive, expected safetensors; convert it once/,
  ],
  [
    'the weights are a pickle',
    (model) => writeFileSync(weights(model), Buffer.from('80027d710028580100000061', 'hex')),
    65,
    /a Python pickle, expected safetensors; convert it once/,
  ],
  ['model.json is gone', (model) => rmSync(manifest(model)), 66, /no model here \(model\.json is missing\)/],
  [
    'model.json is cut off',
    (model) => truncateSync(manifest(model), 100),
    65,
    /model\.json: not a model desc/,
  ],
  ['model.json is empty', (model) => truncateSync(manifest(model), 0), 65, /model\.json: not a model desc/],
  ['model.json is something else', (model) => writeFileSync(manifest(model), '[1]'), 65, /not a model desc/],
  [
    'model.json lacks a part',
    changeManifest((description) => {
      delete description.calibration;
    }),
    65,
    /model\.json: not a model description/,
  ],
  [
    'the limits were changed by hand',
    changeManifest((description) => {
      (description.calibration as { pooled: { threshold: number } }).pooled.threshold = 1;
    }),
    65,
    /model\.json: has been changed since it was written/,
  ],
  [
    'the config was changed by hand, the hash with it',
    changeManifest((description) => {
      description.config = { ...(description.config as object), dims: [64, 32, 16, 4] };
      delete description.sha256;
    }),
    65,
    /the model's config wants/,
  ],
  [
    'the divisors of the features were changed by hand, the hash with them',
    changeManifest((description) => {
      description.feature_scale = [1, 1, 1];
      delete description.sha256;
    }),
    65,
    /is not the file that model\.json was written with/,
  ],
  [
    'model.json is a pipe',
    (model) => {
      rmSync(manifest(model));
      execFileSync('mkfifo', [manifest(model)]);
    },
    65,
    /model\.json: a pipe, not a regular file/,
  ],
  [
    'the family is unknown',
    changeManifest((description) => {
      description.family = 'patchcore';
      delete description.sha256;
    }),
    78,
    /unknown model "patchcore": choose one of mambaad/,
  ],
];

describe('a model is refused on one line when', () => {
  test.each(cases)('%s', async (_, spoil, exitCode, message) => {
    const model = spoilt(spoil);
    const scored = await run(['score', '-q', '--model', model], { input: tinyRecords(1) });
    expect(scored.exitCode, scored.stderr).toBe(exitCode);
    expect(scored.stderr).toMatch(message);
    expect(scored.stderr).toMatch(/^mambaad score: [^\n]+\n$/);
    expect(scored.stdout).toBe('');
  });
});

test.each(['score', 'export', 'calibrate', 'metrics'])('%s refuses a tampered model', async (command) => {
  const model = spoilt((at) => truncateSync(weights(at), 4000));
  const extra: Record<string, string[]> = {
    export: ['--out', join(folder, 'x.safetensors')],
    metrics: ['--report', join(folder, 'x.html')],
  };
  const result = await run([command, '-q', '--model', model, ...(extra[command] ?? [])]);
  expect(result.exitCode, result.stderr).toBe(65);
  expect(result.stderr).toMatch(new RegExp(`^mambaad ${command}: [^\n]*weights\\.safetensors: [^\n]+\n$`));
});

describe('weights import', () => {
  test.each([
    [
      'a PyTorch archive',
      Buffer.from('504b0304140000080800', 'hex'),
      /a PyTorch or zip archive.*convert it once/,
    ],
    ['a pickle', Buffer.from('80027d710028580100000061', 'hex'), /a Python pickle.*convert it once/],
    ['an empty file', Buffer.alloc(0), /x\.pt: /],
    [
      'tensors of no known encoder',
      Buffer.from(formatSafetensors(new Map(), {})),
      /tensors are those of none of the enc/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    const file = join(folder, 'x.pt');
    writeFileSync(file, bytes);
    const result = await run(['weights', 'import', file, '-q'], { env: { MAMBAAD_HOME: folder } });
    expect(result.exitCode, result.stderr).toBe(65);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(/^mambaad weights import: [^\n]+\n$/);
  });
});
