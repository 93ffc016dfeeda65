import { expect } from 'vitest';
import { type EngineName, openEngine } from '../../../src/core/runtime/engine.js';
import { verifyFixtures } from '../../../src/core/verify/verify.js';
import { fixturePath } from '../../fixtures.js';

/** Fixtures that every engine runs within seconds, and what `verify` must recognise them as. */
export const quick = {
  'scan-orders.json': 'scan-orders',
  'selective-scan.safetensors': 'selective-scan',
  'ss2d-hilbert-8.safetensors': 'ss2d',
  'ss2d-zigzag-4.safetensors': 'ss2d',
  'ss2d-pyramid.safetensors': 'ss2d',
  'lss-hilbert-8.safetensors': 'lss',
  'patch-expand.safetensors': 'patch-expand',
  'uniad-decoder.safetensors': 'uniad',
  'anomaly-map.safetensors': 'anomaly-map',
  'metrics.safetensors': 'metrics',
  'metrics-ties.safetensors': 'metrics',
  'resize-pillow.safetensors': 'resize',
  'encoder-resnet34.safetensors': 'encoder-resnet34',
};

/** Those that plain JavaScript takes many seconds for. */
export const slow = {
  'mff.safetensors': 'feature-fusion',
  'decoder-mambaad.safetensors': 'decoder',
  'decoder-pyramid.safetensors': 'decoder',
  'train-3-steps.safetensors': 'train-steps',
  'rd4ad.safetensors': 'rd4ad',
};

/** That a fixture is recognised, and every quantity in it agrees with the reference implementation. */
export async function expectAgreement(engine: EngineName, file: string, kind: string): Promise<void> {
  await openEngine(engine);
  for await (const verification of verifyFixtures([fixturePath(file)])) {
    expect(verification.kind).toBe(kind);
    expect(verification.checks.length).toBeGreaterThan(0);
    expect(verification.checks.filter((check) => !check.ok)).toEqual([]);
  }
}
