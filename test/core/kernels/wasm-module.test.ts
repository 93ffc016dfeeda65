import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { hasRelaxedSimd, kernelModule } from '../../../src/core/kernels/wasm-module.js';

const nodeMajor = Number(process.versions.node.split('.')[0]);

afterEach(() => {
  delete process.env.MAMBAAD_RELAXED_SIMD;
});

test('fused multiply-add is used on every supported Node, unless the environment says otherwise', () => {
  const plain = kernelModule('selective-scan', { relaxed: false });
  expect(hasRelaxedSimd()).toBe(true);
  const relaxed = kernelModule('selective-scan', { relaxed: true });
  expect(relaxed).not.toBe(plain);
  expect(kernelModule('selective-scan')).toBe(relaxed);
  process.env.MAMBAAD_RELAXED_SIMD = '0';
  expect(hasRelaxedSimd()).toBe(false);
  expect(kernelModule('selective-scan')).toBe(plain);
});

test('both builds export the same kernels', () => {
  const names = (relaxed: boolean) =>
    WebAssembly.Module.exports(kernelModule('selective-scan', { relaxed })).map(({ name }) => name);
  hasRelaxedSimd(); // on Node 20 this switches relaxed SIMD on
  expect(names(true)).toEqual(names(false));
});

test('kernels import a memory and nothing else, and bring no data of their own', () => {
  const imports = WebAssembly.Module.imports(kernelModule('selective-scan', { relaxed: false }));
  expect(imports).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
});

test('the relaxed build gives the output of the plain one to float32 accuracy', () => {
  // Node 20 has relaxed SIMD behind a flag; Node 22 dropped the flag along with the need for it.
  const flags = nodeMajor < 22 ? ['--experimental-wasm-relaxed-simd'] : [];
  const script = fileURLToPath(new URL('relaxed-scan.mjs', import.meta.url));
  const { nmse, relaxedDiffers } = JSON.parse(
    execFileSync(process.execPath, [...flags, script], { encoding: 'utf8' }),
  );
  expect(nmse).toBeLessThan(1e-11);
  expect(relaxedDiffers).toBe(true);
});
