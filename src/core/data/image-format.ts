import { DataError } from '../errors.js';
import { shown } from '../files/file-errors.js';

export type ImageFormat = 'jpeg' | 'png' | 'tiff' | 'webp' | 'gif' | 'bmp';

/** File name endings that are taken for images when a folder is read, in lower case. */
export const imageExtensions: ReadonlySet<string> = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.jfi',
  '.jif',
  '.pjpeg',
  '.pjp',
  '.apng',
  '.dib',
  '.bmp',
  '.webp',
  '.tif',
  '.tiff',
  '.gif',
]);

const magic: [ImageFormat, RegExp][] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG\r\n/],
  ['tiff', /^(II[*+]|MM.[*+])/s],
  ['webp', /^RIFF.{4}WEBP/s],
  ['gif', /^GIF8[79]a/],
  ['bmp', /^BM/],
];

/**
 * The format of an image by its content, whatever its name says.
 *
 * @throws DataError for empty files and anything else, SVG among it: drawing one can read other files
 */
export function imageFormat(bytes: Uint8Array, path: string): ImageFormat {
  if (bytes.byteLength === 0) throw new DataError(`${shown(path)}: empty file (0 bytes), expected an image.`);
  const head = Buffer.from(bytes.subarray(0, 512)).toString('latin1');
  const found = magic.find(([, pattern]) => pattern.test(head));
  if (found) return found[0];
  if (/<svg[\s>]/i.test(head)) {
    throw new DataError(`${shown(path)}: SVG drawings are not read; convert it to PNG first.`);
  }
  throw new DataError(
    `${shown(path)}: not an image that can be read; expected JPEG, PNG, TIFF, WebP, GIF or BMP.`,
  );
}
