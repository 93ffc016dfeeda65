import { fullWindow, type IntensityWindow, sameWindow, windowText } from '../data/intensity-window.js';
import { DataError } from '../errors.js';

/** What of a record says how its image was read. */
interface ReadImage {
  readonly path: string;
  /** Of 16-bit images. */
  readonly window?: IntensityWindow | undefined;
}

/**
 * Whether an image was read as a model's training images were.
 *
 * @param wanted the model's window; undefined for a model of 8-bit images
 * @param onDoubt told of an 8-bit image for a model of 16-bit ones, which may be right
 * @throws DataError for a 16-bit image read through another window than the model's
 */
export function checkWindow(
  { path, window }: ReadImage,
  wanted: IntensityWindow | undefined,
  onDoubt?: (text: string) => void,
): void {
  if (sameWindow(window, wanted)) return;
  if (!window) {
    onDoubt?.(
      `${path}: not a 16-bit image, as those were that the model was trained on (window ${windowText(wanted!)}); its grey values may mean something else`,
    );
    return;
  }
  // All 16 bits are the same picture as 8, only finer.
  if (!wanted && sameWindow(window, fullWindow)) return;
  const advice = wanted
    ? `the model's training images in ${windowText(wanted)}; extract with --window ${windowText(wanted)}`
    : 'and the model was trained on 8-bit images; convert it to 8 bits as those were, or train on 16-bit images';
  throw new DataError(
    `${path}: a 16-bit image read in the intensity window ${windowText(window)}, ${advice}`,
  );
}

/** What to do about a 16-bit image when the model's window is unknown: it has learned from 8-bit images. */
export const trainedOnEightBits =
  'the model was trained on 8-bit images: convert it to 8 bits as those were, or train on 16-bit images';
