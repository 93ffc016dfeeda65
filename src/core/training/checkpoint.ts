import { rm, stat } from 'node:fs/promises';
import { DataError } from '../errors.js';
import { makeFolderOf } from '../files/check-output.js';
import {
  float32Tensor,
  openSafetensors,
  readSafetensors,
  toFloat32,
  writeSafetensors,
} from '../files/safetensors.js';
import type { SharedState } from './share.js';

/** Where a run stands; with the tensors, everything that is needed to go on. */
export interface RunState {
  /** Identifies data, network and settings: a checkpoint only continues the run that it came from. */
  fingerprint: string;
  step: number;
  elapsedSeconds: number;
  losses: { step: number; loss: number }[];
  /** What the command line asked for: known before the data are, which the fingerprint is not. */
  asked?: Record<string, unknown> | undefined;
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
  await makeFolderOf(path);
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
  const run = runOf(metadata, path);
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

/**
 * Finds out, before the data are read, whether a run that goes on from a checkpoint asks for what it was asked for.
 *
 * @throws DataError naming the settings that differ, or for a file that is no checkpoint
 */
export async function checkResumption(path: string, asked: Record<string, unknown>): Promise<void> {
  if (!(await stat(path).catch(() => null))) return;
  const file = await openSafetensors(path);
  await file.close();
  const before = runOf(file.metadata, path).asked ?? {};
  const told = (value: unknown) => JSON.stringify(value ?? null);
  // A run may be bounded in another way and come to the same: then the fingerprint decides, once the data are there.
  const isOpen = (name: string) => before[name] === null || (asked[name] ?? null) === null;
  const other = Object.keys(before).filter(
    (name) => !isOpen(name) && told(before[name]) !== told(asked[name]),
  );
  if (other.length === 0) return;
  const was = other
    .map((name) => {
      const values = `${name} ${told(before[name])}, now ${told(asked[name])}`;
      return values.length > 80 ? `another ${name}` : values;
    })
    .join('; ');
  throw new DataError(
    `${path}: the checkpoint was made with other settings (${was}); give the same ones, or remove it to start afresh`,
  );
}

/** What a checkpoint says of its run; nothing, where another program wrote the file. */
function runOf(metadata: Readonly<Record<string, string>>, path: string): Partial<RunState> {
  try {
    return JSON.parse(metadata.run ?? '{}') as Partial<RunState>;
  } catch {
    throw new DataError(`${path}: the checkpoint's description is damaged; remove the file to start afresh`);
  }
}

export async function removeCheckpoint(path: string): Promise<void> {
  await rm(path, { force: true });
}
