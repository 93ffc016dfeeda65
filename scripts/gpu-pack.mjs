// Packs what a GPU machine without network needs to run the bench: Node, Dawn, the built library and TensorFlow.js.
//
//   node scripts/gpu-pack.mjs FOLDER         (after the build; Linux x64)
//   … carry FOLDER to the machine …
//   sh FOLDER/run.sh [arguments of bench/gpu-scan.mjs]
//
// FOLDER stays below 64 MiB: one archive, and a script that unpacks and runs it.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const mostBytes = 64 * 1024 * 1024;

/** What the engines load; the rest of TensorFlow.js' dependencies are for its command line and old browsers. */
const packages = [
  ...[
    'tfjs',
    'tfjs-core',
    'tfjs-backend-cpu',
    'tfjs-backend-webgl',
    'tfjs-converter',
    'tfjs-data',
    'tfjs-layers',
  ]
    .concat(['tfjs-backend-wasm', 'tfjs-backend-webgpu'])
    .map((name) => `@tensorflow/${name}`),
  ...['webgpu', 'long', 'seedrandom', 'node-fetch', 'whatwg-url', 'tr46', 'webidl-conversions'],
  ...['string_decoder', 'safe-buffer'],
];

const run = `#!/bin/sh
# Unpacks the bench beside this file, once, and runs it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
to=\${TMPDIR:-/tmp}/mambaad-gpu-$(cksum <"$here/pack.tar.gz" | cut -d' ' -f1)
if [ ! -f "$to/complete" ]; then
  mkdir -p "$to"
  tar -xzf "$here/pack.tar.gz" -C "$to"
  touch "$to/complete"
fi
if [ -z "\${VK_DRIVER_FILES:-}" ]; then
  for folder in /etc/vulkan /usr/share/vulkan /usr/local/nvidia/share/vulkan; do
    [ -f "$folder/icd.d/nvidia_icd.json" ] && export VK_DRIVER_FILES="$folder/icd.d/nvidia_icd.json" && break
  done
fi
# The machine's own Vulkan loader first; ours where it has none.
ldconfig -p 2>/dev/null | grep -q 'libvulkan\\.so\\.1' || export LD_LIBRARY_PATH="$to/lib:\${LD_LIBRARY_PATH:-}"
export XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/tmp}
exec "$to/node" --max-old-space-size=8192 "$to/bench/gpu-scan.mjs" "$@"
`;

if (process.argv.length !== 3) {
  console.error('usage: node scripts/gpu-pack.mjs FOLDER');
  process.exit(2);
}
const folder = resolve(process.argv[2]);
const stage = mkdtempSync(join(tmpdir(), 'gpu-pack-'));
try {
  fill(stage);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-czf', join(folder, 'pack.tar.gz'), '-C', stage, '.']);
} finally {
  rmSync(stage, { recursive: true });
}
writeFileSync(join(folder, 'run.sh'), run);
chmodSync(join(folder, 'run.sh'), 0o755);
const { size } = statSync(join(folder, 'pack.tar.gz'));
console.log(`${folder}: ${(size / 1024 / 1024).toFixed(1)} MiB; run it with: sh ${join(folder, 'run.sh')}`);
if (size > mostBytes) throw new Error('the pack is larger than 64 MiB');

function fill(stage) {
  cpSync(process.execPath, join(stage, 'node'));
  cpSync(join(root, 'bench', 'gpu-scan.mjs'), join(stage, 'bench', 'gpu-scan.mjs'));
  cpSync(join(root, 'dist', 'core'), join(stage, 'dist', 'core'), {
    recursive: true,
    filter: (path) => !/\.(d\.ts|map)$/.test(path),
  });
  writeFileSync(join(stage, 'package.json'), '{"type":"module"}\n');
  for (const name of packages) copyPackage(name, stage);
  const loader = vulkanLoader();
  if (loader) cpSync(loader, join(stage, 'lib', 'libvulkan.so.1'), { dereference: true });
  else console.error('no libvulkan.so.1 here to pack: the GPU machine must have one');
}

/** Of the large packages only what is loaded on Linux x64; the small ones whole. */
function copyPackage(name, stage) {
  const from = join(root, 'node_modules', name);
  const copy = (path) =>
    cpSync(join(from, path), join(stage, 'node_modules', name, path), { recursive: true });
  if (name === 'webgpu') {
    for (const path of ['package.json', 'index.js', 'dist/linux-x64']) copy(path);
  } else if (name.startsWith('@tensorflow/')) {
    const { main } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
    const wasm = readdirSync(join(from, 'dist')).filter((file) => file.endsWith('.wasm'));
    for (const path of ['package.json', main, ...wasm.map((file) => join('dist', file))]) copy(path);
  } else {
    copy('.');
  }
}

function vulkanLoader() {
  const device = process.env.MAMBAAD_SWIFTSHADER ?? '/usr/lib/chromium/vk_swiftshader_icd.json';
  const candidates = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', join(dirname(device), 'libvulkan.so.1')];
  return candidates.find((path) => existsSync(path));
}
