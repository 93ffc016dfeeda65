import { DataError } from '../../errors.js';
import type { DetectorDescription } from '../model-folder.js';
import type { Encoder } from './encoder.js';
import type { FrozenEncoder } from './frozen-encoder.js';
import { type EncoderOptions, loadFrozenEncoder, openEncoder } from './open-encoder.js';

type Describing = Pick<DetectorDescription, 'encoder' | 'features' | 'input_size'>;

/** Opens the encoder that a model was trained on. Errors as `openEncoder`; DataError when its weights have changed. */
export async function openModelEncoder(description: Describing): Promise<Encoder> {
  const encoder = await openEncoder(description.encoder.name, optionsOf(description));
  checkHash(encoder, description);
  return encoder;
}

/** The same without an engine, for an export. */
export async function loadModelEncoder(description: Describing): Promise<FrozenEncoder> {
  const encoder = await loadFrozenEncoder(description.encoder.name, optionsOf(description));
  checkHash(encoder, description);
  return encoder;
}

function optionsOf({ features, input_size }: Describing): EncoderOptions {
  return { channels: features.map((shape) => shape[2]!), inputSize: input_size };
}

function checkHash({ hash }: { hash: string }, { encoder }: Describing): void {
  if (hash === encoder.hash) return;
  throw new DataError(
    `encoder ${encoder.name}: the weights here (${hash.slice(0, 16)}) are not those that the model was trained on (${encoder.hash.slice(0, 16)}); import those, or train again`,
  );
}
