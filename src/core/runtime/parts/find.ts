import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MambaadError } from '../../errors.js';
import { dataFolder } from '../../weights/data-folder.js';
import { folderOf, type NativePart } from './catalogue.js';

/** A part that is there. */
export interface FoundPart {
  readonly version: string;
  /** The file to load. */
  readonly entry: string;
}

/** Parts that came inside this product's package (scripts/vendor-onnxruntime.mjs). */
const vendored = fileURLToPath(new URL('../../../../vendor/', import.meta.url));

/**
 * Looks for a part where it may be: inside this package, in the data folder (`doctor --fix`), as an npm package that
 * somebody installed.
 *
 * @returns the part, or why it is not there
 */
export function findPart(part: NativePart): FoundPart | { readonly reason: string } {
  const { platform, arch } = process;
  if (!part.platforms.includes(`${platform}-${arch}`)) {
    return { reason: `${part.package} has nothing for ${platform}-${arch}` };
  }
  const installed = installedVersion(part);
  const roots = [join(vendored, folderOf(part)), fetchedFolder(part), installed?.folder];
  for (const root of roots) {
    const entry = root && join(root, part.entry(platform, arch));
    const files = root ? part.files(platform, arch) : [];
    if (entry && files.every((file) => existsSync(join(root, file)))) return { version: part.version, entry };
  }
  return {
    reason: installed
      ? `the package ${part.package} is here in another version; "mambaad doctor --fix ${part.name}" fetches ${part.version}`
      : `it is not installed; "mambaad doctor --fix ${part.name}" fetches it`,
  };
}

/** Where a fetched part lies; undefined for a user without any folder. */
export function fetchedFolder(part: NativePart): string | undefined {
  try {
    return join(dataFolder(), 'parts', folderOf(part));
  } catch (error) {
    if (error instanceof MambaadError) return undefined;
    throw error;
  }
}

/** The package where `require` finds it; without the folder when its version is another one. */
function installedVersion(part: NativePart): { readonly folder?: string } | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${part.package}/package.json`);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    return version === part.version ? { folder: dirname(manifest) } : {};
  } catch {
    return undefined;
  }
}
