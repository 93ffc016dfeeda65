import { Buffer } from 'node:buffer';
import { DataError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';
import { listElements } from './json-elements.js';
import type { Segmentation } from './segmentation.js';

export interface AnnotatedImage {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly regions: { readonly category: number; readonly shape?: Segmentation }[];
}

export interface Annotations {
  /** Images with at least one annotation, bytewise by file name. */
  readonly images: AnnotatedImage[];
  /** Ids of all categories, ascending. */
  readonly categories: number[];
}

/**
 * Reads a COCO instances file piece by piece.
 *
 * @param options shapes false leaves the outlines out, for the 450 MB of the training set
 * @throws DataError for entries without the expected fields, InputMissingError
 */
export async function readAnnotations(path: string, { shapes }: { shapes: boolean }): Promise<Annotations> {
  const images = new Map<number, AnnotatedImage>();
  const regions = new Map<number, AnnotatedImage['regions']>();
  const categories: number[] = [];
  for await (const { key, value } of listElements(path)) {
    const entry = value as Record<string, unknown>;
    if (key === 'images') images.set(number(entry, 'id', path), imageOf(entry, path));
    else if (key === 'categories') categories.push(number(entry, 'id', path));
    else if (key === 'annotations') {
      const image = number(entry, 'image_id', path);
      const category = number(entry, 'category_id', path);
      const own = regions.get(image) ?? [];
      if (own.length === 0) regions.set(image, own);
      own.push(shapes ? { category, shape: shapeOf(entry, path) } : { category });
    }
  }
  const annotated = [...images].flatMap(([id, image]) => {
    const own = regions.get(id);
    return own ? [{ ...image, regions: own }] : [];
  });
  annotated.sort((a, b) => Buffer.compare(Buffer.from(a.file), Buffer.from(b.file)));
  return { images: annotated, categories: categories.sort((a, b) => a - b) };
}

function imageOf(entry: Record<string, unknown>, path: string): AnnotatedImage {
  const { file_name: file } = entry;
  if (typeof file !== 'string') throw new DataError(`${shown(path)}: an image without file_name.`);
  const [width, height] = [number(entry, 'width', path), number(entry, 'height', path)];
  // The canvas of a mask is allocated by these.
  if (!(width > 0 && height > 0 && width * height <= 64_000_000)) {
    throw new DataError(`${shown(path)}: image ${shown(file)} is said to be ${width}×${height}.`);
  }
  return { file, width, height, regions: [] };
}

function shapeOf(entry: Record<string, unknown>, path: string): Segmentation {
  const shape = entry.segmentation as Segmentation | undefined;
  const polygons = Array.isArray(shape) && shape.every((polygon) => Array.isArray(polygon));
  const runs = !Array.isArray(shape) && (Array.isArray(shape?.counts) || typeof shape?.counts === 'string');
  if (polygons || (runs && Array.isArray(shape?.size))) return shape as Segmentation;
  throw new DataError(
    `${shown(path)}: annotation ${String(entry.id)} has no segmentation of polygons or run lengths.`,
  );
}

function number(entry: Record<string, unknown>, field: string, path: string): number {
  const value = entry[field];
  if (typeof value === 'number') return value;
  throw new DataError(`${shown(path)}: an entry without the number ${field}; expected COCO instances.`);
}
