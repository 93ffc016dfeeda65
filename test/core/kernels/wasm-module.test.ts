import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { hasRelaxedSimd, kernelModule } from '../../../src/core/kernels/wasm-module.js';

const nodeMajor = Number(process.versions.node.split('.')[0]);

test('relaxed SIMD is found from Node 22 on, and not before', () => {
  expect(hasRelaxedSimd()).toBe(nodeMajor >= 22);
});

test('the variant follows what the runtime has, and plain SIMD runs everywhere', () => {
  const exportsOf = (module: WebAssembly.Module) =>
    WebAssembly.Module.exports(module).map(({ name }) => name);
  const plain = kernelModule('selective-scan', { relaxed: false });
  expect(exportsOf(kernelModule('selective-scan'))).toEqual(exportsOf(plain));
  expect(kernelModule('selective-scan') === plain).toBe(!hasRelaxedSimd());
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
