// Compiles TypeScript to dist/ and the AssemblyScript kernels to dist/**/*.wasm.
import { execFileSync } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);

// An installed package arrives with dist/ built and without the compilers: nothing to do there.
if (!existsSync(bin('tsc'))) process.exit(0);

// Other processes may be running what is in dist/, and a build that fails must leave it: made beside it, then swapped.
const dist = join(root, 'dist');
const fresh = join(root, `.dist-${process.pid}`);
const old = join(root, `.dist-${process.pid}-old`);
process.once('exit', () => {
  for (const folder of [fresh, old]) rmSync(folder, { recursive: true, force: true });
});
execFileSync(bin('tsc'), ['-p', join(root, 'tsconfig.json'), '--outDir', fresh], { stdio: 'inherit' });
for (const step of ['build-wasm.mjs', 'bundle-packages.mjs']) {
  execFileSync(process.execPath, [join(root, 'scripts', step), fresh], { stdio: 'inherit' });
}
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
