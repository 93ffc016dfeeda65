import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixturePath } from '../fixtures.js';
import { run } from '../process.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'interrupted-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const commands: [string, () => string[]][] = [
  [
    'verify',
    () => [
      '-q',
      '--engine',
      'cpu',
      fixturePath('ss2d-hilbert-8.safetensors'),
      // More than any machine computes before the signal.
      ...Array.from({ length: 50 }, () => fixturePath('decoder-mambaad.safetensors')),
    ],
  ],
  ['synth', () => ['-q', '--out', join(folder, 'parts'), '--train', '20000', '--test', '200']],
];

describe.each(commands)('%s', (command, args) => {
  test.each([
    ['SIGINT', 130, 700],
    ['SIGINT', 130, 1900],
    ['SIGTERM', 143, 1200],
  ] as const)(
    'is ended by %s (%i, after %i ms) without waiting for its computation',
    async (signal, code, ms) => {
      const result = await run([command, ...args()], { killAfterMs: ms, killWith: signal });
      // What computes on the main thread is ended by the signal itself; a shell shows the same number.
      expect(result.killedBy === signal ? code : result.exitCode).toBe(code);
      expect(result.stderr).toBe('');
      const left = readdirSync(folder, { recursive: true }).map(String);
      expect(left.filter((name) => name.includes('mambaad-tmp'))).toEqual([]);
    },
  );
});
