import { existsSync, readdirSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import util from 'node:util';
import { tfFile } from './tf.js';

const require = createRequire(import.meta.url);
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** A folder of `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node` whose native part is built. */
export interface TensorflowBinding {
  readonly folder: string;
  readonly version: string;
}

/**
 * Looks for a usable binding: `MAMBAAD_TFJS_NODE` (a package folder, or a folder `npm install --prefix` wrote), else
 * an installed package.
 *
 * @returns the binding, or the reason why there is none
 */
export function findBinding(): TensorflowBinding | string {
  const named = process.env.MAMBAAD_TFJS_NODE;
  const folders = named ? namedFolders(named) : installedFolders();
  const folder = folders.find(isPackage);
  if (!folder) {
    return named
      ? `MAMBAAD_TFJS_NODE names ${named}, which holds no ${packages[0]}`
      : `the optional package ${packages[0]} is not installed; "npm install ${packages[0]}@4.22.0" beside mambaad may bring it (docs/engines.md)`;
  }
  if (!nativePart(folder))
    return `${folder} has no built lib/napi-v*/tfjs_binding.node (see docs/engines.md)`;
  return { folder, version: manifest(folder).version };
}

/** Loads the binding into this process's TensorFlow.js, which makes `tensorflow` a registered backend. */
export function loadBinding({ folder }: TensorflowBinding): void {
  restoreRemovedUtilities();
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // its start-up remarks would clutter stderr
  withOwnTensorflowJs(() => require(folder));
}

function namedFolders(named: string): string[] {
  return [resolve(named), ...packages.map((name) => resolve(named, 'node_modules', name))];
}

function installedFolders(): string[] {
  return packages.flatMap((name) => {
    try {
      return [dirname(require.resolve(`${name}/package.json`))];
    } catch {
      return [];
    }
  });
}

/** `npm install --prefix` leaves a package.json of its own in the folder it fills. */
function isPackage(folder: string): boolean {
  return existsSync(join(folder, 'package.json')) && packages.some((name) => name === manifest(folder).name);
}

function manifest(folder: string): { name?: string; version: string } {
  return require(join(folder, 'package.json')) as { name?: string; version: string };
}

function nativePart(folder: string): boolean {
  const lib = join(folder, 'lib');
  if (!existsSync(lib)) return false;
  return readdirSync(lib).some((version) => existsSync(join(lib, version, 'tfjs_binding.node')));
}

/** tfjs-node 4.22 calls functions of `node:util` that Node 23 removed (tensorflow/tfjs#8425, never released). */
function restoreRemovedUtilities(): void {
  const removed = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
    isString: (value: unknown) => typeof value === 'string',
  };
  for (const [name, check] of Object.entries(removed)) {
    if (!(name in util))
      Object.defineProperty(util, name, { value: check, configurable: true, writable: true });
  }
}

type Resolve = (request: string, ...rest: unknown[]) => string;

/** A binding built elsewhere brings its own copy of TensorFlow.js; the backend must register with ours. */
function withOwnTensorflowJs(load: () => void): void {
  const loader = Module as unknown as { _resolveFilename: Resolve };
  const original = loader._resolveFilename;
  loader._resolveFilename = function (this: unknown, request, ...rest) {
    if (/^@tensorflow\/tfjs(-core)?$/.test(request)) return tfFile;
    return original.call(this, request, ...rest);
  };
  try {
    load();
  } finally {
    loader._resolveFilename = original;
  }
}
