import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { join, parse, resolve } from 'node:path';
import { cacheFolder } from '../../cache-folder.js';
import { UsageError } from '../../errors.js';
import { writeFileAtomically } from '../../files/atomic.js';
import { confined } from '../../files/confined.js';
import { ownFolderFailure } from '../../home-folder.js';
import type { ImageRecord } from '../../records/schemas.js';
import { type AnnotatedImage, readAnnotations } from './coco-annotations.js';
import { imageRecord } from './image-record.js';
import { type Layout, type LayoutOptions, wantsClass } from './layout.js';
import { draw } from './segmentation.js';

const classesPerFold = 20;

/**
 * COCO-AD: COCO 2017 in four splits. In split s the classes 20s … 20s+19 (in order of their ids) are anomalies.
 * Training images are those of train2017 without any, test images all annotated ones of val2017, with the union of
 * their anomalous regions as mask. All are of the one class "coco". Images without annotations belong to neither
 * (docs/protocol.md 2).
 */
export const cocoAd: Layout = {
  name: 'coco-ad',
  expected: 'annotations/instances_{train,val}2017.json, train2017/ and val2017/',
  recognises: async (root) => isFile(annotations(root, 'val')),
  async *records(root, options) {
    const name = options.className ?? 'coco';
    if (!wantsClass(options, name)) return;
    if (options.split !== 'test') yield* trainImages(root, name, options);
    if (options.split !== 'train') yield* testImages(root, name, options);
  },
};

async function* trainImages(root: string, name: string, options: LayoutOptions): AsyncGenerator<ImageRecord> {
  const { images, categories } = await readAnnotations(annotations(root, 'train'), { shapes: false });
  const anomalous = anomalousCategories(categories, options);
  for (const { file, regions } of images) {
    if (regions.some(({ category }) => anomalous.has(category))) continue;
    const path = await imagePath(root, 'train', file, options);
    yield imageRecord(path, { class: name, split: 'train', label: 'normal', defect: 'good' });
  }
}

async function* testImages(root: string, name: string, options: LayoutOptions): AsyncGenerator<ImageRecord> {
  const { images, categories } = await readAnnotations(annotations(root, 'val'), { shapes: true });
  const anomalous = anomalousCategories(categories, options);
  const folder = await maskFolder(root, options);
  for (const image of images) {
    const path = await imagePath(root, 'val', image.file, options);
    const marked = { ...image, regions: image.regions.filter(({ category }) => anomalous.has(category)) };
    const truth =
      marked.regions.length === 0
        ? ({ label: 'normal', defect: 'good' } as const)
        : ({ label: 'anomaly', defect: 'anomalous-class', mask: await drawnMask(folder, marked) } as const);
    yield imageRecord(path, { class: name, split: 'test', ...truth });
  }
}

function anomalousCategories(ids: readonly number[], { fold = 0 }: LayoutOptions): Set<number> {
  const folds = Math.ceil(ids.length / classesPerFold);
  if (!Number.isInteger(fold) || fold < 0 || fold >= folds) {
    throw new UsageError(`COCO-AD split ${fold}: expected 0 to ${folds - 1}.`);
  }
  return new Set(ids.slice(fold * classesPerFold, (fold + 1) * classesPerFold));
}

/** The PNG of an image's anomalous regions, drawn once: equal annotations give equal masks. */
async function drawnMask(folder: string, { file, width, height, regions }: AnnotatedImage): Promise<string> {
  const path = join(folder, `${parse(file).name}.png`);
  if (await isFile(path)) return path;
  const canvas = { width, height, data: new Uint8Array(width * height) };
  for (const { shape } of regions) if (shape) draw(canvas, shape);
  const { default: sharp } = await import('sharp');
  const image = sharp(canvas.data, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
  await writeFileAtomically(path, await image.png().toBuffer());
  return path;
}

async function maskFolder(root: string, { derivedFolder, fold = 0 }: LayoutOptions): Promise<string> {
  const home = createHash('sha256').update(resolve(root)).digest('hex').slice(0, 12);
  const folder = join(derivedFolder ?? join(cacheFolder(), 'masks'), `coco-ad-${fold}-${home}`);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw ownFolderFailure(folder, error, 'set MAMBAAD_CACHE');
  });
  return folder;
}

async function imagePath(
  root: string,
  part: 'train' | 'val',
  file: string,
  { allowOutside }: LayoutOptions,
): Promise<Buffer> {
  return Buffer.from(await confined(join(root, `${part}2017`), file, annotations(root, part), allowOutside));
}

function annotations(root: string, part: 'train' | 'val'): string {
  return join(root, 'annotations', `instances_${part}2017.json`);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}
