import { stat } from 'node:fs/promises';
import { DataError } from '../errors.js';
import { detectorNames } from '../export/onnx/detector-graph.js';
import { decodeModel, type GraphProto, type ModelProto } from '../export/onnx/messages.js';
import { shown } from '../files/file-errors.js';
import { readRegular } from '../files/regular-file.js';
import type { ScoringManifest } from './record-scorer.js';

/** A finished ONNX file of ours, with what its metadata says of it. */
export interface ExportedModel {
  path: string;
  bytes: Uint8Array;
  /** RGB bytes, or the encoder's maps (exported without preprocessing). */
  takes: 'images' | 'features';
  manifest: ScoringManifest;
}

/** Whether a `--model` is a file rather than a model folder. */
export async function isModelFile(path: string): Promise<boolean> {
  if ((await stat(path).catch(() => null))?.isFile()) return true;
  return path.endsWith('.onnx') && (await stat(path).catch(() => null)) === null;
}

/**
 * Reads an ONNX file that `mambaad export` wrote.
 *
 * @throws InputMissingError; DataError when it is no ONNX file, or another program's
 */
export async function readExportedModel(path: string): Promise<ExportedModel> {
  const bytes = await readRegular(path, { expected: 'a model folder or an exported .onnx file' });
  const { graph, metadataProps } = decoded(bytes, path);
  const metadata = new Map(metadataProps.map(({ key, value }) => [key, value]));
  const takes = graph.input[0]?.name === detectorNames.images ? 'images' : 'features';
  const manifest = await manifestOf(metadata, takes === 'images' ? [] : inputShapes(graph), path);
  if (manifest) return { path, bytes, takes, manifest };
  throw new DataError(
    `${shown(path)}: an ONNX file without our metadata (model, classes, calibration); score takes a model folder or a file that mambaad export --format onnx wrote`,
  );
}

function decoded(bytes: Uint8Array, path: string): ModelProto {
  try {
    const model = decodeModel(bytes);
    if (model.graph) return model;
  } catch {
    // Told below, together with bytes that happen to decode.
  }
  throw new DataError(
    `${shown(path)}: neither a model folder nor an ONNX file; score takes what mambaad train or mambaad export --format onnx wrote`,
  );
}

/** `[H,W,C]` of each input, in the order of the scales. */
function inputShapes({ input }: GraphProto): number[][] {
  return input.map(({ type }) =>
    type.tensorType.shape.dim.slice(1).map((dim) => ('dimValue' in dim ? dim.dimValue : -1)),
  );
}

/**
 * What the metadata says, checked like a model.json; undefined where it is not ours.
 *
 * @throws DataError naming the part that is out of its range
 */
async function manifestOf(
  metadata: ReadonlyMap<string, string>,
  features: number[][],
  path: string,
): Promise<ScoringManifest | undefined> {
  const ours = ['model', 'encoder', 'input_size', 'map_size', 'calibration'];
  if (!ours.every((key) => metadata.has(key))) return undefined;
  const { scoringManifest } = await import('../models/manifest-schema.js');
  const value: unknown = {
    ...Object.fromEntries(
      ours.map((key) => [key, key === 'model' ? metadata.get(key) : json(metadata, key)]),
    ),
    ...(metadata.has('window') && { window: json(metadata, 'window') }),
    classes: metadata.has('trained_classes') ? json(metadata, 'trained_classes') : [],
  };
  const checked = scoringManifest.safeParse(value);
  // The schema has seen every field of the type.
  if (checked.success) return { ...(value as ScoringManifest), features };
  const [issue] = checked.error.issues;
  throw new DataError(
    `${shown(path)}: its metadata is damaged (${shown(issue!.path.join('.'))}: ${shown(issue!.message)}); export the model again`,
  );
}

function json(metadata: ReadonlyMap<string, string>, key: string): unknown {
  try {
    return JSON.parse(metadata.get(key)!);
  } catch {
    return undefined;
  }
}
