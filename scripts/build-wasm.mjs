// Compiles every src/core/kernels/**/*.as.ts to a .wasm beside the compiled JavaScript: plain SIMD and relaxed SIMD.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const kernels = join(root, 'src', 'core', 'kernels');
const asc = join(root, 'node_modules', '.bin', 'asc');

const sources = readdirSync(kernels, { recursive: true }).filter((file) => file.endsWith('.as.ts'));
for (const source of sources) {
  const out = join(root, 'dist', 'core', 'kernels', source.replace(/\.as\.ts$/, ''));
  mkdirSync(dirname(out), { recursive: true });
  const common = [
    relative(root, join(kernels, source)),
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--initialMemory',
    '1',
    '--enable',
    'simd',
  ];
  execFileSync(asc, [...common, '-o', `${out}.wasm`], { cwd: root, stdio: 'inherit' });
  execFileSync(
    asc,
    [...common, '--enable', 'relaxed-simd', '--use', 'RELAXED=1', '-o', `${out}.relaxed.wasm`],
    { cwd: root, stdio: 'inherit' },
  );
}
