import * as Flags from '@oclif/core/flags';
import type { IntensityWindow } from '../core/data/intensity-window.js';
import { UsageError } from '../core/errors.js';
import { firstFew } from '../core/first-few.js';
import type { ImageRecord } from '../core/records/schemas.js';
import { type LayoutFlags, layoutOptions } from './layout-flags.js';

export const windowFlag = Flags.string({
  summary:
    'Values of 16-bit images that become black and white, such as 0,4095 [default: found in the data set; a list on stdin needs it]',
});

/** @throws UsageError for anything but two whole numbers in order, 0 to 65535 */
export function parseWindow(text: string | undefined): IntensityWindow | undefined {
  if (text === undefined) return undefined;
  const [lowest, highest] = /^\d{1,5}\s*,\s*\d{1,5}$/.test(text) ? text.split(',').map(Number) : [];
  if (lowest !== undefined && highest !== undefined && lowest < highest && highest <= 65535)
    return [lowest, highest];
  throw new UsageError(
    `--window ${text}: expected the lowest and the highest value, 0 to 65535, such as 0,4095`,
  );
}

/**
 * All images that decide about the window: both splits and all classes of folders and files count, so that training and
 * test images, which are extracted one after the other, are read alike.
 */
export async function* imagesIn(
  paths: readonly string[],
  flags: LayoutFlags,
  more: readonly ImageRecord[],
): AsyncGenerator<ImageRecord> {
  const { readDataset } = await import('../core/data/layouts/read-dataset.js');
  const { split: _, classes: __, views: ___, ...all } = layoutOptions(flags);
  for (const path of paths) yield* readDataset(path, flags.layout, all);
  yield* more;
}

/** What is said of images that lie on their side by their EXIF block. */
export function turnedText(paths: readonly string[]): string {
  return `${firstFew([...paths].sort(), 3)}: the EXIF orientation is ignored, as it was for the published encoders; turn the pictures upright (with their masks) if they come from differently held cameras`;
}
