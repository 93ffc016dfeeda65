import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Calibration } from '../anomaly/calibration.js';
import { DataError, InputMissingError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { publishDirectory, readPublished, stagingFolder } from '../files/publish-directory.js';
import { readRegular, readRegularText } from '../files/regular-file.js';
import { float32Tensor, formatSafetensors, parseSafetensors, toFloat32 } from '../files/safetensors.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { sizeOf } from '../tensor.js';
import { canonicalNames } from './mambaad/checkpoint-names.js';
import { parseManifest, sealed } from './manifest-file.js';
import { followPointer } from './model-store.js';
import { familyNamed } from './registry.js';

const manifestName = 'model.json';
const weightsName = 'weights.safetensors';
/** Bytes: the limits of a hundred thousand classes. */
const manifestLimit = 1 << 26;

/** What shapes a detector: with the weights, all that its scores depend on. */
export interface DetectorDescription {
  family: string;
  preset: string;
  config: unknown;
  encoder: { name: string; hash: string };
  /** Width and height given to the encoder. */
  input_size: [number, number];
  /** Values of 16-bit images that became black and white; absent: trained on 8-bit images. */
  window?: [number, number];
  /** `[H,W,C]` of the encoder's maps, fine to coarse. */
  features: number[][];
  /** Divisor of each scale's features. */
  feature_scale: number[];
  /** Side of the anomaly map. */
  map_size: number;
  /** Share of the map's highest pixels whose mean is the image score; absent: the publication's score. */
  top_share?: number;
}

/** `model.json`. */
export interface ModelManifest extends DetectorDescription {
  format: 'mambaad-model';
  version: 1;
  /** Hash of weights and description, 16 hex digits: every score names it. */
  model: string;
  /** Of everything else in the file, see `sealOf`; absent in models of before there was one. */
  sha256?: string;
  classes: string[];
  calibration: Calibration;
  provenance: Record<string, unknown>;
}

export interface LoadedModel {
  /** The folder that was read: what a store's pointer named at that moment. */
  folder: string;
  manifest: ModelManifest;
  block: ParameterBlock;
}

/**
 * Publishes a model folder: it appears whole or not at all, and replaces an earlier one in one step.
 *
 * @throws OutputError, IoError when the folder cannot be written
 */
export async function publishModel(
  folder: string,
  block: ParameterBlock,
  description: DetectorDescription,
  rest: Pick<ModelManifest, 'classes' | 'calibration' | 'provenance'>,
): Promise<ModelManifest> {
  const weights = formatWeights(block);
  const described = describe(description);
  const model = modelHash(weights, described);
  const manifest = sealed({ format: 'mambaad-model', version: 1, model, ...described, ...rest });
  const staging = await stagingFolder(folder);
  try {
    await writeFileAtomically(join(staging, weightsName), weights);
    await writeFileAtomically(join(staging, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    await publishDirectory(staging, folder, manifestName);
  } catch (error) {
    // On a full disk the room is needed, and the process may live on.
    await rm(staging, { recursive: true, force: true });
    throw error;
  }
  return manifest;
}

/**
 * Opens a model folder, or the current model of a store.
 *
 * @throws InputMissingError when there is none; DataError when a file is broken or the two do not belong together
 */
export async function openModel(path: string): Promise<LoadedModel> {
  for (;;) {
    const folder = await followPointer(path);
    try {
      return await openFolder(folder);
    } catch (error) {
      // A store that moved on may have removed the model that its pointer named a moment ago.
      if ((await followPointer(path)) === folder) throw error;
    }
  }
}

function openFolder(folder: string): Promise<LoadedModel> {
  return readPublished(folder, async (place) => {
    const manifest = await readManifest(place, folder);
    const path = join(folder, weightsName);
    const bytes = await readRegular(join(place, weightsName), { expected: 'weights', name: path }).catch(
      (error) => {
        if (error instanceof DataError) throw error;
        throw new DataError(
          `${path}: cannot be read; the model folder is incomplete, train or copy it again`,
        );
      },
    );
    const { tensors } = parseSafetensors(bytes, path);
    const block = emptyBlock(manifest, bytes.byteLength, path);
    const floats = [...tensors].map(
      ([name, tensor]) => [name, { shape: tensor.shape, data: toFloat32(tensor) }] as const,
    );
    block.load(canonicalNames(new Map(floats)), path);
    if (modelHash(bytes, describe(manifest)) !== manifest.model) {
      throw new DataError(
        `${folder}: weights.safetensors is not the file that model.json was written with; copy or train the model again`,
      );
    }
    return { folder, manifest, block };
  });
}

/**
 * The memory of a model's parameters.
 *
 * @param bytes of the file that holds them: a config that wants more is refused before memory is taken
 */
export function emptyBlock(
  { family, config, features }: Pick<ModelManifest, 'family' | 'config' | 'features'>,
  bytes: number,
  path: string,
): ParameterBlock {
  const channels = features.map((shape) => shape[2]!);
  const specs = familyNamed(family).parameters(config, channels);
  const numbers = specs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  if (numbers <= bytes) return new ParameterBlock(specs);
  throw new DataError(
    `${path}: ${bytes} bytes, the model's config wants ${numbers} numbers; the file belongs to another model or preset`,
  );
}

async function readManifest(place: string, folder: string): Promise<ModelManifest> {
  const path = join(folder, manifestName);
  const options = { expected: 'a model description', limit: manifestLimit, name: path };
  const text = await readRegularText(join(place, manifestName), options).catch((error) => {
    if (!(error instanceof InputMissingError)) throw error;
    throw new InputMissingError(
      `${folder}: no model here (model.json is missing); train one with mambaad train --out ${folder}`,
    );
  });
  return parseManifest(text, path);
}

/** The weights file's bytes: the published tensor names and layouts. */
export function formatWeights(block: ParameterBlock): Uint8Array {
  const tensors = [...block.toDisk()].map(
    ([name, { shape, data }]) => [name, float32Tensor(shape, data)] as const,
  );
  return formatSafetensors(new Map(tensors), { format: 'pt' });
}

function modelHash(weights: Uint8Array, description: DetectorDescription): string {
  return createHash('sha256').update(weights).update(JSON.stringify(description)).digest('hex').slice(0, 16);
}

function describe(description: DetectorDescription): DetectorDescription {
  const { family, preset, config, encoder, input_size, features, feature_scale, map_size } = description;
  const { top_share, window } = description;
  return {
    ...{ family, preset, config, encoder, input_size, features, feature_scale, map_size },
    // Absent rather than undefined: the hash of models without them stays what it was.
    ...(top_share !== undefined && { top_share }),
    ...(window !== undefined && { window }),
  };
}
