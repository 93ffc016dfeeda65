// Start-up is mostly the reading of oclif's two hundred files. Puts the parts of oclif that we import into a few files
// under oclif/ of the compiled program (the folder named on the command line) and points its imports there.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const program = process.argv[2];
const entries = join(program, 'oclif-entries');
const imported = /(?<=(?:from |import\()')@oclif\/core\/(\w+)(?=')/g;

const sources = readdirSync(program, { recursive: true })
  .filter((path) => path.endsWith('.js'))
  .map((path) => ({ path: join(program, path), text: readFileSync(join(program, path), 'utf8') }))
  .filter(({ text }) => text.match(imported));
const parts = [
  ...new Set(sources.flatMap(({ text }) => [...text.matchAll(imported)].map(([, part]) => part))),
];

mkdirSync(entries);
for (const part of parts) writeFileSync(join(entries, `${part}.js`), entry(`@oclif/core/${part}`));
const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  // Only looked for, when a plugin is written in TypeScript.
  external: ['typescript', 'ts-node'],
  input: Object.fromEntries(parts.map((part) => [part, join(entries, `${part}.js`)])),
  // oclif's optional imports are its own affair.
  onLog: (level, log, handle) => level === 'warn' || handle(level, log),
});
await bundle.write({ dir: join(program, 'oclif'), format: 'esm', entryFileNames: '[name].js' });
rmSync(entries, { recursive: true });

for (const { path, text } of sources) {
  const toOclif = relative(dirname(path), join(program, 'oclif')).split(sep).join('/');
  writeFileSync(
    path,
    text.replace(imported, (_, part) => `${toOclif}/${part}.js`),
  );
}

/** oclif is CommonJS; its names are spelt out so that they can be imported one by one. */
function entry(specifier) {
  const names = Object.keys(require(specifier)).filter(
    (name) => /^[A-Za-z_]\w*$/.test(name) && name !== 'default',
  );
  const lines = names.map((name, i) => `const part${i} = whole.${name};\nexport { part${i} as ${name} };`);
  return `import whole from '${specifier}';\n${lines.join('\n')}\n`;
}
