// Compiles every src/core/kernels/**/wasm.as.ts to .wasm files beside the compiled JavaScript: plain and relaxed SIMD.
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const kernels = join(root, 'src', 'core', 'kernels');
const asc = join(root, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
const run = promisify(execFile);

// No runtime, no abort, and no static data: the memory that such a module is given belongs to TensorFlow.js.
const common = [
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--importMemory',
  '--initialMemory',
  '1',
  '--use',
  'abort=',
];
const variants = [
  { suffix: '.wasm', flags: ['--enable', 'simd'] },
  { suffix: '.relaxed.wasm', flags: ['--enable', 'simd', '--enable', 'relaxed-simd', '--use', 'RELAXED=1'] },
];

for (const source of readdirSync(kernels, { recursive: true })) {
  if (!source.endsWith('wasm.as.ts')) continue;
  const target = join(root, 'dist', 'core', 'kernels', source.replace(/\.as\.ts$/, ''));
  mkdirSync(dirname(target), { recursive: true });
  await Promise.all(variants.map((variant) => compile(join(kernels, source), target, variant)));
}

async function compile(source, target, { suffix, flags }) {
  const out = target.replace(/$/, suffix);
  const { stderr } = await run(
    process.execPath,
    [asc, relative(root, source), ...common, ...flags, '-o', out],
    {
      cwd: root,
    },
  );
  process.stderr.write(stderr);
  refuseStaticData(out);
}

/** Static data would overwrite the tensors of the memory that the module is instantiated on. */
function refuseStaticData(file) {
  const bytes = readFileSync(file);
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++];
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      size |= (bytes[at] & 0x7f) << shift;
      if (bytes[at++] < 0x80) break;
    }
    if (id === 11) throw new Error(`${relative(root, file)} has static data; kernels must do without.`);
    at += size;
  }
}
