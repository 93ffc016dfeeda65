// Compiles every src/core/kernels/**/wasm.as.ts to .wasm files beside the compiled JavaScript, plain and relaxed SIMD:
// in dist/, or in the folder that is named on the command line.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const kernels = join(root, 'src', 'core', 'kernels');
const output = resolve(process.argv[2] ?? join(root, 'dist'));

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
const simd = ['--enable', 'simd'];
const relaxed = [...simd, '--enable', 'relaxed-simd', '--use', 'RELAXED=1'];
const shared = ['--enable', 'threads', '--sharedMemory', '--maximumMemory', '65536'];
const variants = [
  { suffix: '.wasm', flags: simd },
  { suffix: '.relaxed.wasm', flags: relaxed },
];
// A module that imports a memory must say whether threads share it.
const sharedVariants = [
  { suffix: '.shared.wasm', flags: [...simd, ...shared] },
  { suffix: '.shared.relaxed.wasm', flags: [...relaxed, ...shared] },
];
const threadedRooms = ['selective-scan'];

for (const source of readdirSync(kernels, { recursive: true })) {
  if (!source.endsWith('wasm.as.ts')) continue;
  const target = join(output, 'core', 'kernels', source.replace(/\.as\.ts$/, ''));
  mkdirSync(dirname(target), { recursive: true });
  const wanted = threadedRooms.includes(dirname(source)) ? [...variants, ...sharedVariants] : variants;
  for (const variant of wanted) await compile(join(kernels, source), target, variant);
}

// In this process and one after the other: the compiler is slower to start than to run.
async function compile(source, target, { suffix, flags }) {
  const out = target + suffix;
  const args = [source, ...common, ...flags, '-o', out].map((arg) =>
    arg.startsWith(root) ? relative(root, arg) : arg,
  );
  const { error, stderr } = await asc.main([...args, '--baseDir', root]);
  process.stderr.write(stderr.toString());
  if (error) throw error;
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
