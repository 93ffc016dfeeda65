import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Writes the licences of all packages whose modules went into a bundle, each with its text, into one file. */
export function writeLicences(file, modules) {
  const folders = new Set(modules.filter((path) => path.includes('node_modules')).map(packageFolder));
  const entries = [...folders].map(entry).sort();
  const head = 'These packages, or parts of them, are in the files of this folder.\n';
  writeFileSync(file, [head, ...new Set(entries)].join(`\n${'='.repeat(100)}\n\n`));
}

/** A nested package.json may only say how modules are to be read; the package's own has a version. */
function packageFolder(path) {
  let folder = dirname(path);
  while (!existsSync(join(folder, 'package.json')) || !manifest(folder).version) folder = dirname(folder);
  return folder;
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function entry(folder) {
  const { name, version, license, author, repository } = manifest(folder);
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  const origin = typeof repository === 'string' ? repository : repository?.url;
  const by = typeof author === 'string' ? author : author?.name;
  const facts = [`${name} ${version}`, license && `Licence: ${license}`, by && `By: ${by}`, origin];
  return [
    facts.filter(Boolean).join('\n'),
    ...texts.map((file) => readFileSync(join(folder, file), 'utf8')),
  ].join('\n\n');
}
