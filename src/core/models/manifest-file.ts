import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';
import { duplicateKey } from '../files/json-keys.js';
import { configFault } from './config-fault.js';
import { sealOf } from './manifest-seal.js';
import type { ModelManifest } from './model-folder.js';
import { familyNamed } from './registry.js';

/** A description with the hash of its content. */
export function sealed(manifest: ModelManifest): ModelManifest {
  const { format, version, model, ...rest } = manifest;
  return { format, version, model, sha256: sealOf(manifest), ...rest };
}

/**
 * Reads the text of a `model.json` and trusts nothing in it: it must have the hash that it names (models of before
 * there was one name none), every part in its range, and a config that its family knows.
 *
 * @param path for messages
 * @throws DataError naming the part at fault; ConfigError for a family that this version does not have
 */
export async function parseManifest(text: string, path: string): Promise<ModelManifest> {
  const refuse = (what: string) =>
    new DataError(
      `${shown(path)}: not a model description that this version reads (${shown(what)}); copy or train the model again`,
    );
  const value = parsed(text, refuse);
  // Only here, because zod takes its time to load.
  const { modelManifest } = await import('./manifest-schema.js');
  const checked = modelManifest.safeParse(value);
  if (!checked.success) {
    const [issue] = checked.error.issues;
    throw refuse([issue!.path.join('.'), issue!.message].filter(Boolean).join(': '));
  }
  // The schema has seen every field of the type; what it lets pass beside them is passed on.
  const manifest = value as ModelManifest;
  if (manifest.sha256 !== undefined && manifest.sha256 !== sealOf(manifest)) {
    throw new DataError(
      `${shown(path)}: has been changed since it was written (its sha256 is another one); copy or train the model again, and set limits with mambaad calibrate`,
    );
  }
  const fault = configFault(familyNamed(manifest.family), manifest.config);
  if (fault !== undefined) throw refuse(`config: ${fault}`);
  return manifest;
}

function parsed(text: string, refuse: (what: string) => DataError): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text, (key, inner: unknown) => {
      // Copying such a key would change what every object inherits, or hide a second value behind the first.
      if (key === '__proto__') throw new SyntaxError('a key is called __proto__');
      return inner;
    });
  } catch (error) {
    throw refuse((error as Error).message);
  }
  const twice = duplicateKey(text);
  if (twice !== undefined) throw refuse(`${twice} is named twice`);
  return value;
}
