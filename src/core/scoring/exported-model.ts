import { stat } from 'node:fs/promises';
import type { Calibration } from '../anomaly/calibration.js';
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
  const manifest = manifestOf(metadata, takes === 'images' ? [] : inputShapes(graph));
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

function manifestOf(
  metadata: ReadonlyMap<string, string>,
  features: number[][],
): ScoringManifest | undefined {
  try {
    const json = (key: string) => JSON.parse(metadata.get(key)!) as unknown;
    const window = metadata.has('window') ? (json('window') as [number, number]) : undefined;
    const encoder = json('encoder') as ScoringManifest['encoder'];
    const calibration = json('calibration') as Calibration;
    const manifest = {
      model: metadata.get('model')!,
      encoder: { name: encoder.name, hash: encoder.hash },
      input_size: json('input_size') as [number, number],
      ...(window && { window }),
      map_size: json('map_size') as number,
      features,
      classes: (metadata.has('trained_classes') ? json('trained_classes') : []) as string[],
      calibration,
    };
    const isOurs =
      typeof manifest.model === 'string' &&
      Number.isInteger(manifest.map_size) &&
      manifest.input_size.every(Number.isInteger) &&
      (window === undefined || (window.length === 2 && window.every(Number.isInteger))) &&
      Number.isFinite(calibration.pooled.threshold) &&
      Array.isArray(calibration.classes) &&
      Array.isArray(manifest.classes);
    return isOurs ? manifest : undefined;
  } catch {
    return undefined;
  }
}
