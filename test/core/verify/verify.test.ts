import { describe, expect, test } from 'vitest';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { verifyFixtures } from '../../../src/core/verify/verify.js';
import { fixturePath } from '../../fixtures.js';
import { run } from '../../process.js';

const kindOf = {
  'scan-orders.json': 'scan-orders',
  'selective-scan.safetensors': 'selective-scan',
  'ss2d-hilbert-8.safetensors': 'ss2d',
  'ss2d-zigzag-4.safetensors': 'ss2d',
  'ss2d-pyramid.safetensors': 'ss2d',
  'lss-hilbert-8.safetensors': 'lss',
  'patch-expand.safetensors': 'patch-expand',
  'mff.safetensors': 'feature-fusion',
  'decoder-mambaad.safetensors': 'decoder',
  'decoder-pyramid.safetensors': 'decoder',
  'train-3-steps.safetensors': 'train-steps',
  'rd4ad.safetensors': 'rd4ad',
  'uniad-decoder.safetensors': 'uniad',
  'anomaly-map.safetensors': 'anomaly-map',
  'metrics.safetensors': 'metrics',
  'metrics-ties.safetensors': 'metrics',
  'resize-pillow.safetensors': 'resize',
  'encoder-resnet34.safetensors': 'encoder-resnet34',
};

describe.each(['cpu', 'wasm'] as const)('on the %s engine', (engine) => {
  test.each(Object.entries(kindOf))('%s agrees with the reference implementation', async (file, kind) => {
    await openEngine(engine);
    for await (const verification of verifyFixtures([fixturePath(file)])) {
      expect(verification.kind).toBe(kind);
      expect(verification.checks.length).toBeGreaterThan(0);
      expect(verification.checks.filter((check) => !check.ok)).toEqual([]);
    }
  });
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
