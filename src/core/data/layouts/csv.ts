import { DataError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';

export interface Row {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

/**
 * Rows of a table with a header line, RFC 4180: quoted cells may hold separators, line breaks and doubled quotes. The
 * separator is whichever of comma, semicolon and tab the header has most of. Blank lines are skipped.
 *
 * @throws DataError naming the line of an open quote or a row with too many cells
 */
export function* parseCsv(text: string, path: string): Generator<Row> {
  const body = text.replace(/^\uFEFF/, '');
  const separator = separatorOf(body.slice(0, (body.search(/[\r\n]/) + 1 || body.length + 1) - 1));
  let header: string[] | undefined;
  for (const { line, cells } of splitRows(body, separator, path)) {
    if (cells.length === 1 && cells[0] === '') continue;
    if (!header) {
      header = cells.map((cell) => cell.trim().toLowerCase());
      continue;
    }
    if (cells.length > header.length) {
      throw new DataError(`${shown(path)}:${line}: ${cells.length} cells, the header has ${header.length}.`);
    }
    yield { line, cells: new Map(cells.map((cell, i) => [header![i]!, cell])) };
  }
}

function separatorOf(header: string): string {
  const counts = [',', ';', '\t'].map((candidate) => [header.split(candidate).length, candidate] as const);
  return counts.reduce((best, next) => (next[0] > best[0] ? next : best))[1];
}

function* splitRows(
  text: string,
  separator: string,
  path: string,
): Generator<{ line: number; cells: string[] }> {
  let [line, start, cell] = [1, 1, ''];
  let cells: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const c = text[at]!;
    if (c === '"' && cell === '') {
      const end = closingQuote(text, at);
      if (end < 0) throw new DataError(`${shown(path)}:${line}: a quote is never closed.`);
      cell = text.slice(at + 1, end).replaceAll('""', '"');
      line += cell.split('\n').length - 1;
      at = end;
    } else if (c === separator) {
      cells.push(cell);
      cell = '';
    } else if (c === '\n') {
      cells.push(cell.replace(/\r$/, ''));
      yield { line: start, cells };
      [cells, cell, line] = [[], '', line + 1];
      start = line;
    } else cell += c;
  }
  if (cell !== '' || cells.length > 0) yield { line: start, cells: [...cells, cell.replace(/\r$/, '')] };
}

function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}
