import { beforeAll, describe, expect, test } from 'vitest';
import { readSafetensors } from '../../../../src/core/files/safetensors.js';
import { fixturePath } from '../../../fixtures.js';
import { backends, nmse, useBackend } from '../backend.js';
import { runScan } from './scan-case.js';

const K = 4;
const B = 2;
const D = 6;
const N = 16;
const L = 96;

describe.each(backends)('the published scan on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('gives the output and all gradients of the fixture, direction by direction', async () => {
    const fixture = await scanFixture();
    const sizes = { batch: B, length: L, channels: D, states: N, directions: 1, segment: L };
    for (let k = 0; k < K; k++) {
      const arrays = {
        u: fixture.channelsLast('u', k),
        delta: fixture.channelsLast('delta', k),
        b: fixture.statesLast('B', k),
        c: fixture.statesLast('C', k),
        a: fixture.rows('A', k),
        d: fixture.rows('D', k),
        deltaBias: fixture.rows('delta_bias', k),
        order: Int32Array.from({ length: L }, (_, t) => t),
      };
      const { y, grads } = runScan({ sizes, arrays, dy: fixture.channelsLast('dy', k) });
      const expected = {
        u: fixture.channelsLast('du', k),
        delta: fixture.channelsLast('ddelta', k),
        b: fixture.statesLast('dB', k),
        c: fixture.statesLast('dC', k),
        a: fixture.rows('dA', k),
        d: fixture.rows('dD', k),
        deltaBias: fixture.rows('ddelta_bias', k),
      };
      expect(nmse(y, fixture.channelsLast('y', k)), 'y').toBeLessThan(1e-9);
      for (const [name, want] of Object.entries(expected)) {
        expect(nmse(grads[name as keyof typeof expected], want), name).toBeLessThan(1e-9);
      }
    }
  });
});

/** The fixture keeps channels and states before the pixels; the scan wants them last. */
async function scanFixture() {
  const { tensors } = await readSafetensors(fixturePath('selective-scan.safetensors'));
  const values = (name: string) => tensors.get(name)!.data as Float32Array;
  /** Rows `[k·size, (k+1)·size)` of `[B, K·size, L]`, as `[B, L, size]`. */
  const transposed = (name: string, k: number, size: number) => {
    const out = new Float32Array(B * L * size);
    for (let i = 0; i < out.length; i++) {
      const row = Math.floor(i / (L * size)) * K * size + k * size + (i % size);
      out[i] = values(name)[row * L + (Math.floor(i / size) % L)]!;
    }
    return out;
  };
  return {
    channelsLast: (name: string, k: number) => transposed(name, k, D),
    statesLast: (name: string, k: number) => transposed(name, k, N),
    rows: (name: string, k: number) =>
      values(name).slice((k * values(name).length) / K, ((k + 1) * values(name).length) / K),
  };
}
