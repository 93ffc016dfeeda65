import { rm, stat } from 'node:fs/promises';
import { DataError } from '../errors.js';
import { float32Tensor, readSafetensors, toFloat32, writeSafetensors } from '../files/safetensors.js';
import type { SharedState } from './share.js';

/** Where a run stands; with the tensors, everything that is needed to go on. */
export interface RunState {
  /** Identifies data, network and settings: a checkpoint only continues the run that it came from. */
  fingerprint: string;
  step: number;
  elapsedSeconds: number;
  losses: { step: number; loss: number }[];
}

/** The file beside a model folder that an unfinished run continues from. */
export function checkpointPath(modelFolder: string): string {
  return `${modelFolder.replace(/\/+$/, '')}.checkpoint.safetensors`;
}

/** Writes parameters, moments and state in one atomic file. */
export async function saveCheckpoint(
  path: string,
  run: RunState,
  { values, moments }: SharedState,
): Promise<void> {
  const tensor = (data: Float32Array) => float32Tensor([data.length], data);
  const tensors = { values: tensor(values), first: tensor(moments.first), second: tensor(moments.second) };
  await writeSafetensors(path, tensors, { run: JSON.stringify(run) });
}

/**
 * Fills the shared state from a checkpoint; null when there is none.
 *
 * @throws DataError when the file belongs to other data or settings
 */
export async function loadCheckpoint(
  path: string,
  fingerprint: string,
  state: SharedState,
): Promise<RunState | null> {
  if (!(await stat(path).catch(() => null))) return null;
  const { metadata, tensors } = await readSafetensors(path);
  const run = JSON.parse(metadata.run ?? '{}') as Partial<RunState>;
  if (run.fingerprint !== fingerprint) {
    throw new DataError(
      `${path}: the checkpoint belongs to other data or settings; give the same ones, or remove it to start afresh`,
    );
  }
  for (const [name, target] of [
    ['values', state.values],
    ['first', state.moments.first],
    ['second', state.moments.second],
  ] as const) {
    const stored = tensors.get(name);
    if (stored?.shape[0] !== target.length)
      throw new DataError(`${path}: tensor ${name} does not fit; remove the file to start afresh`);
    target.set(toFloat32(stored));
  }
  return run as RunState;
}

export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
}
