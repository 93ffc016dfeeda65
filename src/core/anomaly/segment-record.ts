import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { decodeRgb, readImageFile } from '../data/decode.js';
import { fullWindow } from '../data/intensity-window.js';
import { readMask } from '../data/mask.js';
import { pathToOpen } from '../data/paths.js';
import { DataError } from '../errors.js';
import { writeFileAtomically } from '../files/atomic.js';
import { outputFailure } from '../files/file-errors.js';
import type { ScoreRecord, SegmentRecord } from '../records/schemas.js';
import { type ScoreMap, scoreMap } from '../records/score-map.js';
import { maskPng } from './mask-png.js';
import { overlayPng } from './overlay.js';
import { type Segmentation, segmentMap } from './regions.js';

export interface SegmentOptions {
  /** On the raw map; the record's own when absent. */
  mapThreshold?: number | undefined;
  /** Smallest region kept, in map pixels. */
  minArea: number;
  /** Folder for predicted masks. */
  masks?: string | undefined;
  /** Whether masks have the size of the original image rather than of the map. */
  fullSize: boolean;
  /** Folder for overlays. */
  overlays?: string | undefined;
}

/**
 * Thresholds the map of a score record: mask, regions and, where asked for, pictures.
 *
 * @throws DataError when the map is broken or no threshold is known; InputMissingError when an overlay's image is gone
 */
export async function segmentRecord(record: ScoreRecord, options: SegmentOptions): Promise<SegmentRecord> {
  const threshold = options.mapThreshold ?? record.map_threshold;
  if (threshold === undefined) {
    throw new DataError(`${record.path}: the record has no map_threshold; give one with --map-threshold`);
  }
  const map = await scoreMap(record);
  const found = segmentMap(map.data, map.width, map.height, threshold, { minArea: options.minArea });
  return {
    ...record,
    type: 'segment',
    map_threshold: threshold,
    regions: found.regions,
    area: found.area,
    ...(options.masks && {
      prediction: await writeMask(record, found, map, options.masks, options.fullSize),
    }),
    ...(options.overlays && { overlay: await writeOverlay(record, map, found, threshold, options.overlays) }),
  };
}

async function writeMask(
  record: ScoreRecord,
  { mask }: Segmentation,
  { width, height }: ScoreMap,
  folder: string,
  fullSize: boolean,
): Promise<string> {
  const size =
    fullSize && record.image_size ? { width: record.image_size[0], height: record.image_size[1] } : undefined;
  return writePicture(folder, pictureName(record, 'mask'), await maskPng(mask, { width, height }, size));
}

async function writeOverlay(
  record: ScoreRecord,
  { width, height, data: map }: ScoreMap,
  { mask }: Segmentation,
  mapThreshold: number,
  folder: string,
): Promise<string> {
  // Records of earlier versions lack the window; their images kept the high byte.
  const reading = { path: record.path, window: record.window ?? fullWindow };
  const image = await decodeRgb(await readImageFile(pathToOpen(record)), reading);
  const truth = record.mask && (await readMask(record.mask, { width, height })).data;
  const { verdict, score, raw_score: rawScore, limits, defect } = record;
  const threshold = limits === 'none' ? undefined : record.threshold;
  const caption = { class: record.class, verdict, score, rawScore, threshold, truth: defect };
  const picture = await overlayPng({
    image,
    map,
    mapWidth: width,
    mapHeight: height,
    mapThreshold,
    mask,
    truth: truth || undefined,
    caption,
  });
  return writePicture(folder, pictureName(record, 'overlay'), picture);
}

/** `class/name-<hash of the path>-kind.png`: readable, unique, and never outside the folder whatever the record says. */
function pictureName(record: ScoreRecord, kind: string): string {
  const safe = (text: string) =>
    text
      .replace(/[^\p{L}\p{N}._-]+/gu, '_')
      .replace(/^\.+/, '_')
      .slice(0, 80) || '_';
  const name = basename(record.path, extname(record.path));
  const hash = createHash('sha256')
    .update(record.path_b64 ?? record.path)
    .digest('hex')
    .slice(0, 8);
  return join(safe(record.class), `${safe(name)}-${hash}-${kind}.png`);
}

async function writePicture(folder: string, name: string, picture: Buffer): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true }).catch((error) => {
    throw outputFailure(dirname(path), error);
  });
  await writeFileAtomically(path, picture);
  return path;
}
