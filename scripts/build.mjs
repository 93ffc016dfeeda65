// Compiles TypeScript to dist/ and the AssemblyScript kernels to dist/**/*.wasm.
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = (name) => join(root, 'node_modules', '.bin', name);

// An installed package arrives with dist/ built and without the compilers: nothing to do there.
if (!existsSync(bin('tsc'))) process.exit(0);

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(bin('tsc'), ['-p', join(root, 'tsconfig.json')], { stdio: 'inherit' });
await import('./build-wasm.mjs');
