import { DataError } from '../../errors.js';
import { inputFailure, shown } from '../../files/file-errors.js';
import { openRegular } from '../../files/regular-file.js';

const [quote, backslash, open, close, openList, closeList] = [...Buffer.from('"\\{}[]')] as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/**
 * The objects in the top-level lists of a JSON object, one at a time: COCO's training annotations (450 MB) are read
 * without holding them.
 *
 * @yields the key of the list and the parsed object
 * @throws DataError when the file is not such JSON or cut off, InputMissingError
 */
export async function* listElements(path: string): AsyncGenerator<{ key: string; value: unknown }> {
  const scanner = new ElementScanner(path);
  const file = await openRegular(path, 'a JSON file');
  const chunks = file.createReadStream({ highWaterMark: 1 << 20 });
  try {
    for await (const chunk of chunks) yield* scanner.scan(chunk as Buffer);
  } catch (error) {
    throw error instanceof DataError ? error : inputFailure(path, error, 'a JSON file');
  }
  scanner.finish();
}

/** Follows depth and strings byte by byte; keeps only the bytes of the element or key it is in. */
class ElementScanner {
  private depth = 0;
  private inString = false;
  private escaped = false;
  private key = '';
  private kept: Buffer[] = [];

  constructor(private readonly path: string) {}

  *scan(chunk: Buffer): Generator<{ key: string; value: unknown }> {
    let from = this.kept.length > 0 ? 0 : -1; // where the kept bytes of this chunk begin
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.inString) {
        if (this.escaped) this.escaped = false;
        else if (byte === backslash) this.escaped = true;
        else if (byte === quote) {
          this.inString = false;
          if (this.depth === 1) {
            this.key = String(this.parsed(chunk.subarray(from, at + 1)));
            from = -1;
          }
        }
      } else if (byte === quote) {
        this.inString = true;
        if (this.depth === 1) from = at;
      } else if (byte === open || byte === openList) {
        if (this.depth === 2 && byte === open) from = at;
        this.depth++;
      } else if (byte === close || byte === closeList) {
        this.depth--;
        if (this.depth === 2 && from >= 0) {
          yield { key: this.key, value: this.parsed(chunk.subarray(from, at + 1)) };
          from = -1;
        }
      }
    }
    if (from >= 0) this.kept.push(chunk.subarray(from));
  }

  finish(): void {
    if (this.depth !== 0 || this.inString)
      throw new DataError(`${shown(this.path)}: cut off; expected a JSON object of lists.`);
  }

  private parsed(last: Buffer): unknown {
    const bytes = this.kept.length > 0 ? Buffer.concat([...this.kept, last]) : last;
    this.kept = [];
    try {
      return JSON.parse(bytes.toString('utf8'));
    } catch {
      throw new DataError(
        `${shown(this.path)}: not JSON near ${shown(bytes.toString('utf8').slice(0, 40))}.`,
      );
    }
  }
}
