import { isUtf8 } from 'node:buffer';
import { DataError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';
import { readGiven } from '../../files/given-file.js';

/** Bytes: millions of rows, and well below the longest string that JavaScript can hold. */
const tableLimit = 1 << 28;

/**
 * The text of a table in UTF-8 or UTF-16 (which spreadsheets call Unicode text), with or without a byte order mark.
 *
 * @throws DataError for another encoding, naming the line, and for what is no text; InputMissingError
 */
export async function readTableText(path: string): Promise<string> {
  const bytes = await readGiven(path, { expected: 'a .csv or .ndjson table', limit: tableLimit });
  const encoding = encodingOf(bytes);
  if (encoding === 'utf-8' && !isUtf8(bytes)) throw notUtf8(bytes, path);
  if (encoding !== 'utf-8' && bytes.length % 2 === 1)
    throw new DataError(`${shown(path)}: UTF-16 with half a character at its end; the file is cut off.`);
  const text = new TextDecoder(encoding).decode(bytes);
  const zero = text.indexOf('\0');
  if (zero < 0) return text;
  throw new DataError(`${shown(path)}:${lineAt(text, zero)}: a zero byte; expected a table of text.`);
}

/** By the byte order mark, or by where the zero bytes of plain letters are: tables hold many. */
function encodingOf(bytes: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const zeros: [even: number, odd: number] = [0, 0];
  const head = bytes.subarray(0, 1024);
  for (const [i, byte] of head.entries()) if (byte === 0) zeros[i % 2 === 0 ? 0 : 1]++;
  const many = head.length / 4;
  if (zeros[1] > many && zeros[0] === 0) return 'utf-16le';
  return zeros[0] > many && zeros[1] === 0 ? 'utf-16be' : 'utf-8';
}

function notUtf8(bytes: Buffer, path: string): DataError {
  let [line, from] = [1, 0];
  for (let at = bytes.indexOf(0x0a); at >= 0; at = bytes.indexOf(0x0a, from)) {
    if (!isUtf8(bytes.subarray(from, at))) break;
    [line, from] = [line + 1, at + 1];
  }
  return new DataError(
    `${shown(path)}:${line}: neither UTF-8 nor UTF-16, probably an old Windows or Mac encoding; save the table as UTF-8.`,
  );
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split(/\r\n|\n|\r/).length;
}
