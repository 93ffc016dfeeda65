// Builds the native part of @tensorflow/tfjs-node-gpu against the libtensorflow inside a Python wheel, for machines on
// which its own installer fails: no storage.googleapis.com, Node >= 23, or a CUDA newer than its libtensorflow 2.9.
//
//   node scripts/build-tensorflow.mjs FOLDER [--wheel FILE.whl | --pip tensorflow-cpu==2.21.0]
//
// FOLDER is then what MAMBAAD_TFJS_NODE should name; it can be copied to another machine of the same kind.
import { execFileSync } from 'node:child_process';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createInflateRaw } from 'node:zlib';

const packageName = '@tensorflow/tfjs-node-gpu';
const packageVersion = '4.22.0';
const napiVersion = 8; // the highest that the package looks for
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { wheel: { type: 'string' }, pip: { type: 'string', default: 'tensorflow-cpu' } },
});
if (positionals.length !== 1) {
  console.error('usage: node scripts/build-tensorflow.mjs FOLDER [--wheel FILE.whl | --pip REQUIREMENT]');
  process.exit(2);
}
const folder = resolve(positionals[0]);
const binding = join(folder, 'node_modules', packageName);

installPackage();
await unpackWheel(options.wheel ?? downloadWheel());
compile();
console.log(`MAMBAAD_TFJS_NODE=${folder}`);

/** The package without its installer, and the headers of Node's stable ABI. */
function installPackage() {
  mkdirSync(folder, { recursive: true });
  const wanted = [`${packageName}@${packageVersion}`, 'node-api-headers@1.9.0'];
  const quiet = ['--no-audit', '--no-fund', '--loglevel', 'error', '--ignore-scripts'];
  run('npm', ['install', '--prefix', folder, ...quiet, ...wanted]);
}

function downloadWheel() {
  const to = join(folder, 'wheel');
  run('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', to, options.pip]);
  const [name] = readdirSync(to).filter((file) => file.endsWith('.whl'));
  return join(to, name);
}

/** Takes the two libraries and the C headers out of the wheel. */
async function unpackWheel(wheel) {
  const deps = join(binding, 'deps');
  for (const entry of await zipEntries(wheel)) {
    const target = targetOf(entry.name);
    if (target) await extract(wheel, entry, join(deps, target));
  }
}

function targetOf(name) {
  const library = libraries.find((file) => name === `tensorflow/${file}`);
  if (library) return join('lib', library);
  return /^tensorflow\/include\/(tensorflow\/(c|core\/platform|tsl)|tsl|xla\/(c|tsl))\/.*\.h$/.test(name)
    ? name.slice('tensorflow/'.length)
    : null;
}

function compile() {
  const output = join(binding, 'lib', `napi-v${napiVersion}`, 'tfjs_binding.node');
  mkdirSync(dirname(output), { recursive: true });
  const deps = join(binding, 'deps');
  const compiler = process.env.CXX ?? 'g++';
  run(compiler, [
    ...['-std=c++17', '-O2', '-shared', '-fPIC', '-w', `-DNAPI_VERSION=${napiVersion}`],
    ...['-I', join(folder, 'node_modules', 'node-api-headers', 'include')],
    ...['-I', join(deps, 'include')],
    join(binding, 'binding', 'tfjs_backend.cc'),
    join(binding, 'binding', 'tfjs_binding.cc'),
    ...['-L', join(deps, 'lib'), ...libraries.map((file) => `-l:${file}`)],
    ...['-Wl,-rpath,$ORIGIN/../../deps/lib', '-o', `${output}.part`],
  ]);
  renameSync(`${output}.part`, output);
}

function run(command, args) {
  execFileSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Entries of a zip file's central directory (APPNOTE 4.3.12). Wheels stay below the sizes that need zip64. */
async function zipEntries(path) {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const tail = await readAt(file, Math.max(0, size - 65_557), Math.min(size, 65_557));
    const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    if (end < 0) throw new Error(`${path}: not a zip file`);
    const directory = await readAt(file, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    const entries = [];
    for (let at = 0; at < directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
      const [nameLength, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field));
      entries.push({
        name: directory.toString('utf8', at + 46, at + 46 + nameLength),
        stored: directory.readUInt16LE(at + 10) === 0,
        size: directory.readUInt32LE(at + 20),
        header: directory.readUInt32LE(at + 42),
      });
      at += 46 + nameLength + extra + comment;
    }
    return entries;
  } finally {
    await file.close();
  }
}

async function extract(path, { stored, size, header }, target) {
  const file = await open(path);
  const local = await readAt(file, header, 30);
  await file.close();
  const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  mkdirSync(dirname(target), { recursive: true });
  if (size === 0) return createWriteStream(target).end();
  const source = createReadStream(path, { start, end: start + size - 1 });
  const steps = stored ? [source] : [source, createInflateRaw()];
  await pipeline(...steps, createWriteStream(target));
}

async function readAt(file, position, length) {
  const buffer = Buffer.alloc(length);
  await file.read(buffer, 0, length, position);
  return buffer;
}
