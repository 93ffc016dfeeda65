// Puts the parts of other packages that we use into a few files under packages/ of the compiled program (the folder named
// on the command line) and points its imports there. Start-up is mostly the reading of small files: oclif has two hundred;
// and an installed product carries the parts of TensorFlow.js that it uses instead of all, with their command lines.
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { writeLicences } from './licences.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const program = process.argv[2];
const to = join(program, 'packages');

/** What our modules import, as ES modules. */
const imported =
  /(?<=(?:from |import\()')(@oclif\/core\/\w+|d3-scale(?:-chromatic)?|tar|onnxruntime-common|zod)(?=')/g;

/** What they require, with the source of the bundle that stands in for it. */
const required = {
  '@tensorflow/tfjs': `
    import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
    import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
    import { KernelBackend as Base, version_core } from '@tensorflow/tfjs-core';
    export * from '@tensorflow/tfjs-core';
    export * from '@tensorflow/tfjs-converter';
    export * from '@tensorflow/tfjs-backend-cpu';
    // tfjs-node is compiled to ES5, which calls the class that it extends as a function.
    export function KernelBackend() { return Reflect.construct(Base, [], this.constructor); }
    KernelBackend.prototype = Base.prototype;
    // What it asks the union package for when it loads, for layers, which are not here.
    export const version = { 'tfjs-core': version_core };
    export class CustomCallback {}
    export function registerCallbackConstructor() {}`,
  '@tensorflow/tfjs-backend-wasm': `export * from '@tensorflow/tfjs-backend-wasm';`,
  '@tensorflow/tfjs-backend-webgpu': `export * from '@tensorflow/tfjs-backend-webgpu';`,
  'protobufjs/light.js': `
    import protobuf from 'protobufjs/light.js';
    import Long from 'long';
    // protobufjs looks for it at run time.
    protobuf.util.Long = Long;
    protobuf.configure();
    module.exports = protobuf;`,
};

const sources = readdirSync(program, { recursive: true })
  .filter((path) => path.endsWith('.js'))
  .map((path) => ({ path: join(program, path), text: readFileSync(join(program, path), 'utf8') }));
const specifiers = new Set(sources.flatMap(({ text }) => text.match(imported) ?? []));
const asModules = Object.fromEntries([...specifiers].map((specifier) => [specifier, reexported(specifier)]));

const modules = await bundle('esm', asModules, '.js');
const scripts = await bundle('cjs', required, '.cjs');
copyWasm(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')));
writeLicences(join(to, 'LICENCES.txt'), [...modules, ...scripts]);
for (const { path, text } of sources) {
  const place = relative(dirname(path), to).split(sep).join('/');
  const changed = text
    .replace(imported, (specifier) => `${place}/${fileOf(specifier)}.js`)
    .replace(/(?<=require(?:\.resolve)?\(')[^']+(?=')/g, (specifier) =>
      specifier in required ? `${place}/${fileOf(specifier)}.cjs` : specifier,
    );
  if (changed !== text) writeFileSync(path, changed);
}

/** @returns the modules that went in */
async function bundle(format, entries, ending) {
  const folder = join(program, 'entries');
  mkdirSync(folder);
  for (const [specifier, text] of Object.entries(entries)) {
    writeFileSync(join(folder, `${fileOf(specifier)}.js`), text);
  }
  const input = Object.fromEntries(
    Object.keys(entries).map((specifier) => [fileOf(specifier), join(folder, `${fileOf(specifier)}.js`)]),
  );
  const made = await rolldown({
    cwd: root,
    platform: 'node',
    resolve: { mainFields: ['module', 'main'] },
    // Only looked for: a plugin's TypeScript, and what fetches where Node's own fetch is not.
    external: ['typescript', 'ts-node', 'node-fetch'],
    input,
    // Optional imports and circles of these packages are their own affair.
    onLog: (level, log, handle) => level === 'warn' || handle(level, log),
  });
  const names = { entryFileNames: `[name]${ending}`, chunkFileNames: `[name]-[hash]${ending}` };
  const { output } = await made.write({
    dir: to,
    format,
    ...names,
    minify: { compress: false, mangle: false },
  });
  rmSync(folder, { recursive: true });
  return output.flatMap((chunk) => chunk.moduleIds ?? []);
}

function fileOf(specifier) {
  return specifier.replace(/^@/, '').replace(/\.js$/, '').replaceAll('/', '-');
}

/** The names of a CommonJS package are spelt out so that they can be imported one by one. */
function reexported(specifier) {
  if (!specifier.startsWith('@oclif/')) return `export * from '${specifier}';\n`;
  const names = Object.keys(require(specifier)).filter(
    (name) => /^[A-Za-z_]\w*$/.test(name) && name !== 'default',
  );
  const lines = names.map((name, i) => `const part${i} = whole.${name};\nexport { part${i} as ${name} };`);
  return `import whole from '${specifier}';\n${lines.join('\n')}\n`;
}

/** The backend finds its binaries beside its own file. */
function copyWasm(from) {
  for (const name of readdirSync(from))
    if (name.endsWith('.wasm')) copyFileSync(join(from, name), join(to, name));
}
