import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InputMissingError, IoError, OutputError, UsageError } from '../errors.js';
import { readRegularText } from '../files/regular-file.js';
import type { ImageRecord } from '../records/schemas.js';
import { catalogue } from './parts/catalogue.js';
import type { Part } from './render.js';

export interface SynthesisOptions {
  /** Folder to write into; created when missing. */
  readonly out: string;
  readonly seed: number;
  /** Good images per class for training. */
  readonly trainPerClass: number;
  /** Test images per class: two in five are good, the rest is shared evenly among the class's defects. */
  readonly testPerClass: number;
  /** Side of the images, pixels. */
  readonly size: number;
  /** Names of classes; all of them when absent. */
  readonly classes?: readonly string[];
}

interface Shot {
  readonly part: Part;
  readonly split: 'train' | 'test';
  readonly defect: string | undefined;
  /** Counts within its folder: the file name. */
  readonly index: number;
  /** Names the picture within the class: no two share a specimen. */
  readonly seed: readonly number[];
}

const manifestName = 'synth.json';
const encodersInFlight = 3; // sharp compresses on its own threads while the next picture is rendered

/** The names that `classes` may hold. */
export function synthesisClasses(): string[] {
  return catalogue.map((part) => part.name);
}

/**
 * Renders a labelled data set in the MVTec layout, `<out>/<class>/{train/good,test/good,test/<defect>,ground_truth/<defect>}`,
 * and yields the record of each image once it is on disk, in a fixed order. The same options write the same bytes.
 * Throws UsageError for impossible options, OutputError where `out` holds something else, IoError when writing fails.
 */
export async function* synthesise(
  options: SynthesisOptions,
  onProgress?: (done: number, total: number) => void,
): AsyncGenerator<ImageRecord> {
  check(options);
  const shots = chosenParts(options.classes).flatMap((part) => plan(part, options));
  await claim(options);
  const pending: Promise<ImageRecord>[] = [];
  let done = 0;
  const next = async (): Promise<ImageRecord> => {
    const record = await pending.shift()!;
    onProgress?.(++done, shots.length);
    return record;
  };
  try {
    for (const shot of shots) {
      pending.push(take(shot, options));
      if (pending.length > encodersInFlight) yield await next();
    }
    while (pending.length > 0) yield await next();
  } finally {
    await Promise.allSettled(pending); // a reader that stops early leaves no half-written file behind
  }
}

/** Everything that will be written for one class, in order. */
function plan(part: Part, options: SynthesisOptions): Shot[] {
  const kind = catalogue.indexOf(part);
  const shots: Shot[] = [];
  for (let index = 0; index < options.trainPerClass; index++) {
    shots.push({ part, split: 'train', defect: undefined, index, seed: [options.seed, kind, 0, index] });
  }
  const good = Math.ceil(options.testPerClass * 0.4);
  for (let index = 0; index < good; index++) {
    shots.push({ part, split: 'test', defect: undefined, index, seed: [options.seed, kind, 1, index] });
  }
  const bad = options.testPerClass - good;
  part.defects.forEach((defect, which) => {
    const count = Math.floor((bad + part.defects.length - 1 - which) / part.defects.length);
    for (let index = 0; index < count; index++) {
      shots.push({ part, split: 'test', defect, index, seed: [options.seed, kind, 2 + which, index] });
    }
  });
  return shots;
}

async function take(shot: Shot, options: SynthesisOptions): Promise<ImageRecord> {
  const { part, split, defect } = shot;
  const photograph = part.photograph(shot.seed, options.size, defect);
  const root = join(options.out, part.name);
  const name = String(shot.index).padStart(3, '0');
  const path = join(root, split, defect ?? 'good', `${name}.png`);
  await writePng(path, photograph.pixels, options.size, 3);
  const record: ImageRecord = {
    v: 1,
    type: 'image',
    path,
    class: part.name,
    split,
    label: defect ? 'anomaly' : 'normal',
    defect: defect ?? 'good',
  };
  if (!defect || !photograph.mask) return record;
  const mask = join(root, 'ground_truth', defect, `${name}_mask.png`);
  await writePng(mask, photograph.mask, options.size, 1);
  return { ...record, mask };
}

async function writePng(path: string, pixels: Uint8Array, size: number, channels: 1 | 3): Promise<void> {
  const { default: sharp } = await import('sharp');
  const png = sharp(pixels, { raw: { width: size, height: size, channels } }).png({
    compressionLevel: 4, // half the time of the default for 3 % more bytes: noise does not compress
    adaptiveFiltering: false,
  });
  if (channels === 1) png.toColourspace('b-w');
  const bytes = await png.toBuffer();
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.part`, bytes);
    await rename(`${path}.part`, path);
  } catch (error) {
    throw new IoError(`${path}: cannot be written (${(error as Error).message}).`);
  }
}

function check(options: SynthesisOptions): void {
  const whole = (name: string, value: number, least: number, most: number) => {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new UsageError(`${name} is ${value}, a whole number from ${least} to ${most} was expected.`);
    }
  };
  whole('seed', options.seed, 0, 0xffffffff);
  whole('trainPerClass', options.trainPerClass, 0, 100_000);
  whole('testPerClass', options.testPerClass, 0, 100_000);
  whole('size', options.size, 64, 2048);
}

function chosenParts(classes: readonly string[] | undefined): Part[] {
  for (const name of classes ?? []) {
    if (!synthesisClasses().includes(name)) {
      throw new UsageError(
        `Class "${name}" cannot be rendered; choose from ${synthesisClasses().join(', ')}.`,
      );
    }
  }
  return catalogue.filter((part) => !classes || classes.includes(part.name));
}

/** Marks the folder as this data set, so that two sets are never mixed in one folder. */
async function claim(options: SynthesisOptions): Promise<void> {
  const { seed, trainPerClass, testPerClass, size } = options;
  const classes = chosenParts(options.classes).map((part) => part.name);
  const manifest = `${JSON.stringify({ seed, trainPerClass, testPerClass, size, classes })}\n`;
  const file = join(options.out, manifestName);
  const present = await readRegularText(file, { limit: 1 << 20 }).catch((error: unknown) =>
    error instanceof InputMissingError ? undefined : '',
  );
  if (present === manifest) return;
  const other = present !== undefined || (await anyExists(classes.map((name) => join(options.out, name))));
  if (other) {
    throw new OutputError(
      `${options.out}: holds another data set; choose an empty folder, or remove this one.`,
    );
  }
  try {
    await mkdir(options.out, { recursive: true });
    await writeFile(file, manifest);
  } catch (error) {
    throw new OutputError(`${options.out}: cannot be created (${(error as Error).message}).`);
  }
}

async function anyExists(paths: readonly string[]): Promise<boolean> {
  for (const path of paths) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return true;
  }
  return false;
}
