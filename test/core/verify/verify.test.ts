import { describe, expect, test } from 'vitest';
import { fixturePath } from '../../fixtures.js';
import { run } from '../../process.js';
import { expectAgreement, quick, slow } from './fixture-kinds.js';

// What is left out here is in verify.long.test.ts: rd4ad on wasm, and on cpu all that is slow.
const { 'rd4ad.safetensors': _, ...quickOnWasm } = { ...quick, ...slow };

describe('on the wasm engine', () => {
  test.each(Object.entries(quickOnWasm))('%s agrees with the reference implementation', (file, kind) =>
    expectAgreement('wasm', file, kind),
  );
});

describe('on the cpu engine', () => {
  test.each(Object.entries(quick))('%s agrees with the reference implementation', (file, kind) =>
    expectAgreement('cpu', file, kind),
  );
});

test('a fixture whose weights are not on this machine is skipped, and the others are checked', async () => {
  const paths = ['encoder-resnet50-keras.safetensors', 'scan-orders.json'].map(fixturePath);
  const { exitCode, lines, stderr } = await run(['verify', ...paths], {
    env: { MAMBAAD_HOME: '/nonexistent' },
  });
  expect(exitCode).toBe(4);
  expect(stderr).toMatch(/encoder-resnet50-keras.*mambaad weights pull resnet50-keras/);
  expect(stderr).toMatch(/1 fixtures verified/);
  expect(lines.filter((line) => line.includes('"check"')).length).toBeGreaterThan(0);
});
