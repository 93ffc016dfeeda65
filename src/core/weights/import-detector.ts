import { basename } from 'node:path';
import { uncalibrated } from '../anomaly/uncalibrated.js';
import { UsageError } from '../errors.js';
import { readSafetensors, type StoredTensor, toFloat32 } from '../files/safetensors.js';
import type { MambaConfig } from '../models/mambaad/config.js';
import { detectorTensors, modelPart, teacherTensors } from '../models/mambaad/read-checkpoint.js';
import { coarsestSide, testScanOrders } from '../models/mambaad/scan-self-test.js';
import { parseManifest } from '../models/manifest-file.js';
import { emptyBlock, type ModelManifest, publishModel } from '../models/model-folder.js';
import { presetConfig } from '../models/preset-config.js';
import { familyNamed } from '../models/registry.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { checkpointEncoder } from './checkpoint-encoder.js';
import { dataFolder } from './data-folder.js';

/** The families that published checkpoints are of. */
export const checkpointFamilies = ['mambaad', 'pyramid-mamba'] as const;

export interface DetectorImportOptions {
  /** Found out from the tensors when absent. */
  family?: (typeof checkpointFamilies)[number] | undefined;
  preset?: string | undefined;
  overrides?: Readonly<Record<string, unknown>> | undefined;
  /** The one of the publication when absent. */
  encoder?: string | undefined;
  /** Side of the images; what the checkpoint's scan orders tell, else 256, when absent. */
  size?: number | undefined;
  /** Data folder with the encoders' weights. */
  dir?: string | undefined;
}

export interface ImportedDetector {
  manifest: ModelManifest;
  /** Scan orders of a published checkpoint that were compared with ours; null for an export of ours. */
  scansCompared: number | null;
  /** Whether the checkpoint's own teacher was put into the data folder. */
  encoderStored: boolean;
}

/**
 * Makes a model folder of a detector's checkpoint in safetensors: an official MambaAD or Pyramid-Mamba one under the
 * published names (docs/algorithms.md 1.7; then features are taken as they are, and the model is uncalibrated), or what
 * our own safetensors export wrote (then it is the model that it was).
 *
 * @throws DataError when the tensors are not the config's, the scan orders disagree or the file is no safetensors
 * @throws UnavailableError when the encoder's weights are neither in the checkpoint nor on this machine
 * @throws ConfigError for a preset or config that the family does not have; OutputError, IoError
 */
export async function importDetector(
  file: string,
  out: string,
  options: DetectorImportOptions = {},
): Promise<ImportedDetector> {
  const { tensors, metadata } = await readSafetensors(file);
  if (metadata.mambaad !== undefined) return importOwn(file, out, tensors, metadata.mambaad, options);
  const { size, dir = dataFolder() } = options;
  const name = options.family ?? (hasPyramid(tensors) ? 'pyramid-mamba' : 'mambaad');
  const family = familyNamed(name);
  const preset = options.preset ?? 'paper';
  const config = presetConfig(family, preset, options.overrides) as MambaConfig;
  const channels = family.teacherChannels(config)!;
  const specs = family.parameters(config, channels);
  const part = modelPart(tensors, specs);
  const block = new ParameterBlock(specs);
  block.load(detectorTensors(part, specs, file), file);
  const scansCompared = testScanOrders(part, config, file);
  const side = size ?? 32 * (coarsestSide(part) ?? 8);
  const teacher = teacherTensors(part);
  const encoder = await checkpointEncoder(teacher, {
    name: options.encoder ?? family.encoder,
    ...{ channels, side, dir, file },
  });
  const description = {
    family: name,
    preset,
    config,
    encoder: { name: encoder.name, hash: encoder.hash },
    input_size: [side, side] as [number, number],
    features: encoder.outputs,
    feature_scale: channels.map(() => 1),
    map_size: side,
  };
  const provenance = { imported: basename(file) };
  // Each scale adds 1 − cos to the map: 2 at most.
  const calibration = uncalibrated(2 * channels.length);
  const manifest = await publishModel(out, block, description, { classes: [], calibration, provenance });
  return { manifest, scansCompared, encoderStored: encoder.stored };
}

/** Our own export: its metadata is the description. */
async function importOwn(
  file: string,
  out: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  description: string,
  { family, preset, overrides, encoder, size }: DetectorImportOptions,
): Promise<ImportedDetector> {
  if (
    [family, preset, encoder, size].some((told) => told !== undefined) ||
    Object.keys(overrides ?? {}).length
  ) {
    throw new UsageError(
      `${file}: an export of ours, which says itself what it is; leave out --family, --preset, --config, --encoder and --size`,
    );
  }
  const manifest = await parseManifest(description, `${file}, the description in its metadata`);
  const bytes = [...tensors.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
  const block = emptyBlock(manifest, bytes, file);
  const floats = [...tensors].map(
    ([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }] as const,
  );
  block.load(new Map(floats), file);
  const { classes, calibration, provenance } = manifest;
  const published = await publishModel(out, block, manifest, { classes, calibration, provenance });
  return { manifest: published, scansCompared: null, encoderStored: false };
}

/** Only Pyramid-Mamba has orders for halves and quarters of a map. */
function hasPyramid(tensors: ReadonlyMap<string, unknown>): boolean {
  return [...tensors.keys()].some((name) => /\.scans\.index_flat(_inv)?[12]$/.test(name));
}
