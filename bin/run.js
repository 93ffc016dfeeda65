#!/usr/bin/env node
import { existsSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Nothing heavy above the command itself: --help must answer at once, and every stage of a pipe pays for start-up.
// In a folder that bears our name: Node's own would look like somebody else's.
const compiled = join(tmpdir(), `mambaad-compiled-${process.getuid?.() ?? 'user'}`);
module.enableCompileCache?.(process.env.NODE_COMPILE_CACHE || compiled);

const root = fileURLToPath(new URL('..', import.meta.url));
const entry = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(entry)) {
  const { main } = await import(entry.href);
  main({ root, argv: process.argv.slice(2), exit: process.exit });
} else {
  process.stderr.write('mambaad: not built yet; run `npm run build` first\n');
  process.exitCode = 1;
}
