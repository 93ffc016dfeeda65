import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { installGoldenEncoder } from '../golden-encoder.js';
import { shell } from '../process.js';

const parts = fileURLToPath(new URL('../cases/inputs/parts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'no-network-'));
const data = join(folder, 'data', 'mambaad');
beforeAll(() => installGoldenEncoder(data));

const works = (command: string, ...args: string[]) => spawnSync(command, args).status === 0;
const strace = works('strace', '-V');
// A network namespace of its own has no network at all; only some machines let everybody have one.
const unshare = works('unshare', '-rn', 'true');
if (!strace) console.warn('no-network: strace is not there, so look-ups are not looked for');
if (!unshare) console.warn('no-network: unshare -rn does not work here, so the network is left in place');

/** Everything a user does with the product, each stage under a wrapper of its own. */
const work = `
run extract ${parts} --split train --size 64 -q | run train --out model --steps 1 -q >train.out &&
run extract ${parts} --split test --size 64 -q | run score --model model -q >score.out &&
run export --model model --format onnx --out model.onnx --check ${parts}/disc/test --check-images 2 -q >export.out &&
run extract ${parts} --split test --list -q | run score --model model.onnx -q >exported.out`;

/** A home and a temporary folder in which nothing is yet. */
function freshPlaces(name: string): { env: NodeJS.ProcessEnv; cwd: string; foreign: () => string[] } {
  const [home, temporary, cwd] = ['home', 'tmp', 'work'].map((kind) => join(folder, `${name}-${kind}`)) as [
    string,
    string,
    string,
  ];
  for (const made of [home, temporary, cwd]) mkdirSync(made);
  const env = {
    HOME: home,
    TMPDIR: temporary,
    MAMBAAD_HOME: data,
    MAMBAAD_CACHE: undefined,
    XDG_CACHE_HOME: undefined,
    XDG_DATA_HOME: undefined,
  };
  const foreign = () =>
    [home, temporary].flatMap((place) => foreignFiles(place).map((path) => relative(folder, path)));
  return { env, cwd, foreign };
}

/** Files outside folders that bear the product's name. */
function foreignFiles(place: string): string[] {
  const entries = readdirSync(place, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return files.filter(
    (path) =>
      !relative(place, path)
        .split('/')
        .some((part) => /^mambaad(-|$)/.test(part)),
  );
}

test("extract, train, score and export work without a network and leave nothing outside the product's own folders", async () => {
  const { env, cwd, foreign } = freshPlaces('pipe');
  const watched = strace ? 'strace -f -qq -e trace=connect,sendto -o "$PWD/calls.$1.$$" ' : '';
  const script = `set -e\nrun() { ${watched}$PROGRAM "$@"; }\n${work}`;
  const alone = unshare ? `unshare -rn sh -c '${script}'` : script;
  const { exitCode, stderr } = await shell(alone, { cwd, env });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(readFileSync(join(cwd, 'exported.out'), 'utf8')).toContain('"verdict"');
  expect(foreign()).toEqual([]);
  for (const calls of readdirSync(cwd).filter((name) => name.startsWith('calls.'))) {
    expect(readFileSync(join(cwd, calls), 'utf8'), calls).not.toMatch(/AF_INET/);
  }
});

test.skipIf(!strace)(
  'nothing is looked up however long a session lives, also in threads (needs strace)',
  async () => {
    const { env, cwd, foreign } = freshPlaces('long');
    // The runtime's events used to go out some ten seconds after the first session.
    const script = `
    $PROGRAM extract ${parts} --split train --size 64 -q | $PROGRAM train --out model --steps 1 -q >/dev/null
    { $PROGRAM extract ${parts} --split test --size 64 -q; sleep 16; } |
      strace -f -qq -e trace=connect,sendto -o score.calls $PROGRAM score --model model --threads 4 -q >/dev/null &
    { echo ${parts}/disc/train/good/0.png; sleep 16; } |
      strace -f -qq -e trace=connect,sendto -o extract.calls $PROGRAM extract --size 64 -q
    wait`;
    const { exitCode, stdout } = await shell(script, { cwd, env });
    expect(exitCode).toBe(0);
    expect(stdout).toContain('"type":"features"');
    for (const calls of ['score.calls', 'extract.calls']) {
      expect(readFileSync(join(cwd, calls), 'utf8')).not.toMatch(/AF_INET/);
    }
    expect(foreign()).toEqual([]);
  },
);
