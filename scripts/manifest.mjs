// Writes oclif.manifest.json, from which help and flags are read without loading a command; --check only compares.
// The package `oclif` does the same with 221 packages more.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core';
import { settings } from '@oclif/core/settings';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const file = join(root, 'oclif.manifest.json');

settings.enableAutoTranspile = false;
const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true });
await plugin.load();

const wanted = `${JSON.stringify(sorted(plugin.manifest), undefined, 1)}\n`;
if (!process.argv.includes('--check')) {
  writeFileSync(file, wanted);
} else if (readIfThere(file) !== wanted) {
  process.stderr.write('oclif.manifest.json is not current: run `npm run build && npm run manifest`\n');
  process.exitCode = 1;
}

/** Commands in the order of their names: the order in which a folder is read differs between machines. */
function sorted({ version, commands }) {
  const names = Object.keys(commands).sort();
  return { commands: Object.fromEntries(names.map((name) => [name, commands[name]])), version };
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
