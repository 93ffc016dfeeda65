import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScoreRecord } from '../../src/core/records/schemas.js';
import { resolveFloats } from '../../src/core/records/tensor-ref.js';
import { run } from '../process.js';
import { tinyFlags, tinyRecords, trainTiny } from '../tiny.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'top-share-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Of three images that no model has seen: one that set a limit lies on it, and rounding decides its verdict. */
const unseen = tinyRecords(3, {}, 100);

async function scores(model: string, args: readonly string[] = [], input = unseen): Promise<ScoreRecord[]> {
  const { lines, stderr } = await run(['score', '-q', '--model', model, ...args], { input });
  expect(stderr).toBe('');
  return lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'score');
}

/** Mean of the highest hundredth of a record's map. */
async function highestMean({ map }: ScoreRecord): Promise<number> {
  const pixels = (await resolveFloats(map!, '/')).toSorted((a, b) => b - a);
  const count = Math.floor(pixels.length / 100);
  return pixels.subarray(0, count).reduce((sum, value) => sum + value, 0) / count;
}

describe('a model trained with --top-share 0.01', () => {
  test.each([
    ['mambaad', tinyFlags()],
    ['memory-bank', ['--config', 'coreset=20']],
  ])('%s scores by the mean of the highest pixels', async (family, flags) => {
    const model = join(folder, family);
    const train = ['train', '-q', '--out', model, '--family', family, '--top-share', '0.01'];
    const { exitCode, stderr } = await run([...train, ...flags], { input: tinyRecords(8) });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'))).toMatchObject({ top_share: 0.01 });
    for (const engine of ['auto', 'wasm', 'cpu']) {
      for (const record of await scores(model, ['--engine', engine])) {
        expect(Math.abs(record.raw_score / (await highestMean(record)) - 1)).toBeLessThan(1e-5);
      }
    }
  });

  test('scores the same when it is exported', async () => {
    const file = join(folder, 'mambaad.onnx');
    const exported = [
      'export',
      '-q',
      '--model',
      join(folder, 'mambaad'),
      '--out',
      file,
      '--without-preprocess',
    ];
    expect(await run([...exported, '--format', 'onnx'])).toMatchObject({ exitCode: 0, stderr: '' });
    const [ours, theirs] = [await scores(join(folder, 'mambaad')), await scores(file)];
    theirs.forEach((record, i) => {
      expect(Math.abs(record.raw_score - ours[i]!.raw_score)).toBeLessThan(1e-6);
      expect(record.verdict).toBe(ours[i]!.verdict);
    });
    expect(theirs).toHaveLength(3);
  });

  test('is what --top-share makes of one that was trained without, as calibrate does', async () => {
    const [plain, trained] = [join(folder, 'plain'), join(folder, 'mambaad')];
    expect(await trainTiny(plain)).toMatchObject({ exitCode: 0 });
    const good = await run(['score', '-q', '--model', plain], { input: tinyRecords(8) });
    const calibrate = ['calibrate', '-q', '--model', plain, '--top-share', '0.01'];
    expect(await run(calibrate, { input: good.stdout })).toMatchObject({ exitCode: 0, stderr: '' });
    const [converted, direct] = [await scores(plain), await scores(trained)];
    expect(converted.map(({ raw_score }) => raw_score)).toEqual(direct.map(({ raw_score }) => raw_score));
    // Its limits are those of eight such scores: none of the eight is above by more than rounding.
    for (const { raw_score, threshold } of await scores(plain, [], tinyRecords(8))) {
      expect(raw_score).toBeLessThan(threshold * (1 + 1e-6));
    }
  });

  test.each(['0', '1.5', 'x'])('is not trained with a share of %s', async (share) => {
    const { exitCode, stderr } = await trainTiny(join(folder, 'none'), ['--top-share', share]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(
      /^mambaad train: --top-share .*: expected a rate from .* to 1 or a percentage, .*\n$/,
    );
  });
});
