import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installGoldenEncoder } from '../golden-encoder.js';
import { shell } from '../process.js';

/**
 * Black-box cases, one folder each: `cmd` is a shell script in which `mambaad` is the product, run in an empty folder
 * with $CASE the case's folder and $INPUTS the shared inputs; `expout`, `experr` and `expcode` are what must come of it
 * (empty and 0 when absent). A ResNet-34 whose weights are a formula is installed: `extract` works without a network.
 * UPDATE_CASES=1 writes them from what came: read the diff before you commit it.
 */
const here = fileURLToPath(new URL('.', import.meta.url));
const cases = readdirSync(here, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() && entry.name !== 'inputs' ? entry.name : [],
);

const expected = (name: string, file: string, absent = '') => {
  const path = join(here, name, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : absent;
};

const home = mkdtempSync(join(tmpdir(), 'case-home-'));
beforeAll(() => installGoldenEncoder(home));
afterAll(() => rmSync(home, { recursive: true }));

// Two at a time: most of them wait for one process after the other.
test.concurrent.each(cases)('%s', async (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'case-'));
  const script = `mambaad() { $PROGRAM "$@"; }\n${readFileSync(join(here, name, 'cmd'), 'utf8')}`;
  const own = {
    HOME: folder,
    XDG_CACHE_HOME: folder,
    MAMBAAD_CACHE: join(folder, '.cache'),
    MAMBAAD_HOME: home,
  };
  const env = { ...own, CASE: join(here, name), INPUTS: join(here, 'inputs') };
  const { stdout, stderr, exitCode } = await shell(script, { cwd: folder, env });
  rmSync(folder, { recursive: true });
  if (process.env.UPDATE_CASES) {
    const seen = { expout: stdout, experr: stderr, expcode: exitCode === 0 ? '' : `${exitCode}\n` };
    for (const [file, text] of Object.entries(seen)) {
      rmSync(join(here, name, file), { force: true });
      if (text) writeFileSync(join(here, name, file), text);
    }
  }
  expect(stdout).toBe(expected(name, 'expout'));
  expect(stderr).toBe(expected(name, 'experr'));
  expect(`${exitCode}\n`).toBe(expected(name, 'expcode', '0\n'));
});
