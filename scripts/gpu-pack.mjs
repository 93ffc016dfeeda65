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
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const mostBytes = 64 * 1024 * 1024;

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
  for (const folder of ['core', 'packages']) {
    cpSync(join(root, 'dist', folder), join(stage, 'dist', folder), { recursive: true });
  }
  writeFileSync(join(stage, 'package.json'), '{"type":"module"}\n');
  copyDawn(stage);
  const loader = vulkanLoader();
  if (loader) cpSync(loader, join(stage, 'lib', 'libvulkan.so.1'), { dereference: true });
  else console.error('no libvulkan.so.1 here to pack: the GPU machine must have one');
}

function copyDawn(stage) {
  const from = join(root, 'node_modules', 'webgpu');
  for (const path of ['package.json', 'index.js', 'dist/linux-x64']) {
    cpSync(join(from, path), join(stage, 'node_modules', 'webgpu', path), { recursive: true });
  }
}

function vulkanLoader() {
  const device = process.env.MAMBAAD_SWIFTSHADER ?? '/usr/lib/chromium/vk_swiftshader_icd.json';
  const candidates = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', join(dirname(device), 'libvulkan.so.1')];
  return candidates.find((path) => existsSync(path));
}
