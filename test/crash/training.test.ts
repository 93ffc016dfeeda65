import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSafetensors, toFloat32 } from '../../src/core/files/safetensors.js';
import { createRandom } from '../../src/core/nn/random.js';
import { mambaad } from '../process.js';
import { tinyFlags, tinyRecords, trainTiny, weightsHash } from '../tiny.js';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'training-'));
  out = join(folder, 'model');
});
afterEach(() => rmSync(folder, { recursive: true }));

const checkpoint = () => `${out}.checkpoint.safetensors`;

/**
 * Starts a training run and kills it without warning so long after its checkpoint first appeared; true when it was not
 * through by then.
 */
async function killed(args: readonly string[], afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [mambaad, 'train', '-q', '--out', out, ...tinyFlags(args)]);
  const ended = new Promise<boolean>((resolve) =>
    child.once('exit', (_, signal) => resolve(signal === 'SIGKILL')),
  );
  child.stdout.resume();
  child.stdin.end(tinyRecords(8));
  while (!existsSync(checkpoint()) && child.exitCode === null) await sleep(5);
  await sleep(afterMs);
  child.kill('SIGKILL');
  return ended;
}

describe('a training run that is killed without warning', () => {
  test.each([
    ['wasm', 1],
    ['wasm', 2],
    ['cpu', 1],
  ])(
    'goes on with --resume to the very weights of an unbroken run (%s, %i thread)',
    async (engine, threads) => {
      const steps = engine === 'cpu' ? '3' : '12';
      const args = ['--engine', engine, '--threads', String(threads), '--steps', steps];
      const whole = join(folder, 'whole');
      expect(await trainTiny(whole, args)).toMatchObject({ exitCode: 0 });
      const random = createRandom(threads);
      let kills = 0;
      while (kills < 4) {
        if (await killed([...args, '--checkpoint-every', '0.001', '--resume'], 400 * random.uniform()))
          kills++;
        if (!existsSync(out)) {
          expect(existsSync(checkpoint())).toBe(true);
          continue;
        }
        // It was through before it could be killed: good when others were killed before it, else once more.
        if (kills > 0) break;
        rmSync(out, { recursive: true });
      }
      const { exitCode, stderr } = await trainTiny(out, [...args, '--resume']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(weightsHash(out)).toBe(weightsHash(whole));
      expect(lossOf(out)).toEqual(lossOf(whole));
      // Nothing is left of the killed ones either: the next publication clears away after the dead.
      expect(readdirSync(folder).sort()).toEqual(['model', 'whole']);
    },
  );

  test('goes on with another number of threads, to the same weights', async () => {
    const whole = join(folder, 'whole');
    const args = ['--batch', '5', '--shard', '2', '--steps', '12'];
    expect(await trainTiny(whole, [...args, '--threads', '2'])).toMatchObject({ exitCode: 0 });
    await killed([...args, '--threads', '1', '--checkpoint-every', '0.001'], 100);
    expect(await trainTiny(out, [...args, '--threads', '3', '--resume'])).toMatchObject({ exitCode: 0 });
    expect(weightsHash(out)).toBe(weightsHash(whole));
  });

  test('is not continued with other settings', async () => {
    const args = ['--threads', '1', '--steps', '1000000', '--checkpoint-every', '0.001'];
    expect(await killed(args, 0)).toBe(true);
    const { exitCode, stderr } = await trainTiny(out, ['--steps', '600', '--resume']);
    expect(exitCode).toBe(65);
    expect(stderr).toMatch(/^mambaad train: .*the checkpoint was made with other settings.*\n$/);
  });
});

const lossOf = (model: string) =>
  JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')).provenance.loss as unknown;

describe('Ctrl-C in train', () => {
  test.each([0, 1, 2, 3, 4, 5])(
    'at a random moment (%i) ends with 130 what would go on for hours, and leaves nothing',
    async (i) => {
      const signalAfterMs = 2500 * createRandom(77 + i).uniform();
      const run = await interrupted(['--steps', '1000000'], signalAfterMs);
      expect(run.stderr).toBe('');
      expect(run.exitCode).toBe(130);
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  test('while a model is being replaced leaves the old one whole', async () => {
    expect((await trainTiny(out)).exitCode).toBe(0);
    const before = weightsHash(out);
    // Two steps: the signal meets calibration and publishing as well.
    for (const ms of [900, 1300, 1700]) {
      await interrupted(['--steps', '2', '--seed', '7'], ms);
      const names = readdirSync(folder).filter((name) => !name.includes('checkpoint'));
      expect(names).toEqual(['model']);
      expect(readdirSync(out).sort()).toEqual(['model.json', 'weights.safetensors']);
      const manifest = JSON.parse(readFileSync(join(out, 'model.json'), 'utf8'));
      expect(manifest.provenance.settings.seed === 7 || weightsHash(out) === before).toBe(true);
    }
  });
});

/** A run that gets SIGINT so long after its start. */
async function interrupted(args: readonly string[], afterMs: number) {
  const child = spawn(process.execPath, [mambaad, 'train', '-q', '--out', out, ...tinyFlags(args)]);
  child.stdout.resume();
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) =>
    child.once('close', (code, signal) => resolve(signal === 'SIGINT' ? 130 : code)),
  );
  child.stdin.on('error', () => {});
  child.stdin.end(tinyRecords(8));
  await sleep(afterMs);
  child.kill('SIGINT');
  return { exitCode: await ended, stderr };
}

describe('threads', () => {
  test('do not change what is learnt: weights and losses agree to 1e-5 after three steps', async () => {
    const models = [];
    for (const threads of [1, 2, 3]) {
      const model = join(folder, `t${threads}`);
      const args = ['--threads', `${threads}`, '--steps', '3', '--batch', '4', '--shard', '1'];
      expect((await trainTiny(model, args)).exitCode).toBe(0);
      const { tensors } = await readSafetensors(join(model, 'weights.safetensors'));
      models.push({ tensors, losses: lossOf(model) as { step: number; loss: number }[] });
    }
    const [one, ...others] = models;
    for (const { tensors, losses } of others) {
      for (const [i, { loss }] of losses.entries()) {
        expect(Math.abs(loss / one!.losses[i]!.loss - 1)).toBeLessThanOrEqual(1e-5);
      }
      for (const [name, tensor] of one!.tensors) {
        const [a, b] = [toFloat32(tensor), toFloat32(tensors.get(name)!)];
        const worst = a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
        expect(worst, name).toBeLessThanOrEqual(1e-5);
      }
    }
  });
});
