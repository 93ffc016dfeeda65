// Before packing: puts onnxruntime's libraries for Linux into vendor/, out of the development dependency onnxruntime-node,
// with their licences. As a dependency of an installed product that package would bring all platforms (288 MB) and an
// installer that asks a host of its own and fails without it. Other platforms: mambaad doctor --fix.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const built = join(root, 'dist', 'core', 'runtime', 'parts', 'catalogue.js');
if (!existsSync(built))
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { stdio: 'inherit' });
const { folderOf, nativeParts } = await import(pathToFileURL(built).href);
const part = nativeParts.onnxruntime;
const manifest = createRequire(import.meta.url).resolve(`${part.package}/package.json`);
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
if (version !== part.version) {
  throw new Error(
    `${part.package} is here in version ${version}, the catalogue of parts names ${part.version}`,
  );
}

const vendor = join(root, 'vendor');
const to = join(vendor, folderOf(part));
rmSync(vendor, { recursive: true, force: true });
for (const arch of ['x64', 'arm64']) {
  for (const file of part.files('linux', arch)) {
    const from = join(dirname(manifest), file);
    if (!existsSync(from)) throw new Error(`${from} is not there`);
    cpSync(from, join(to, file), { recursive: true, dereference: true });
  }
}
cpSync(join(root, 'scripts', 'notices', 'onnxruntime'), to, { recursive: true });
