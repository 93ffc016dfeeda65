import { DataError } from '../../errors.js';
import { shown } from '../../files/file-errors.js';

export interface Row {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  readonly cells: ReadonlyMap<string, string>;
}

interface RawRow {
  readonly line: number;
  readonly cells: string[];
}

/**
 * Rows of a table with a header line, RFC 4180 as spreadsheets write it: quoted cells may hold separators, line breaks and
 * doubled quotes; spaces around a cell belong to nobody, those inside quotes to the cell; lines end with LF, CR LF or CR.
 * The separator is that of a first line "sep=;", or whichever of comma, semicolon, tab and bar the header has most of.
 * Rows without anything in them are skipped, and so are empty cells beyond the header.
 *
 * @throws DataError naming the line of an open quote, a column that is there twice, or a row with too few or too many cells
 */
export function* parseCsv(text: string, path: string): Generator<Row> {
  const body = text.replace(/^\uFEFF/, '');
  const told = /^"?sep=(\\t|[^\r\n"]?)"?[;,\t]*(?:\r\n|\n|\r|$)/i.exec(body);
  const start = told?.[0].length ?? 0;
  const separator = told ? told[1]!.replace('\\t', '\t') || ',' : separatorOf(/\S.*/.exec(body)?.[0] ?? '');
  let header: string[] | undefined;
  for (const { line, cells } of splitRows(body, start, separator, path)) {
    if (cells.every((cell) => cell === '')) continue;
    if (header) yield { line, cells: named(cells, header, `${path}:${line}`) };
    else header = headerOf(cells, `${path}:${line}`);
  }
}

function headerOf(cells: readonly string[], source: string): string[] {
  const names = cells.map((cell) => cell.trim().toLowerCase());
  const header = names.slice(0, names.findLastIndex((name) => name !== '') + 1);
  const twice = header.find((name, i) => name !== '' && header.indexOf(name) < i);
  if (twice !== undefined)
    throw new DataError(`${shown(source)}: the column ${shown(twice)} is there twice.`);
  return header;
}

function named(cells: readonly string[], header: readonly string[], source: string): Map<string, string> {
  const last = cells.findLastIndex((cell) => cell !== '');
  if (cells.length < header.length || last >= header.length) {
    throw new DataError(
      `${shown(source)}: ${cells.length} cells, the header has ${header.length}; each row needs as many.`,
    );
  }
  const unnamed = header.findIndex((name, i) => name === '' && cells[i] !== '');
  if (unnamed >= 0) {
    throw new DataError(
      `${shown(source)}: cell ${unnamed + 1} is under no name; give its column one in the header.`,
    );
  }
  return new Map(header.flatMap((name, i) => (name === '' ? [] : [[name, cells[i]!] as const])));
}

function separatorOf(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((candidate) => [bare.split(candidate).length, candidate] as const);
  return counts.reduce((best, next) => (next[0] > best[0] ? next : best))[1];
}

function* splitRows(text: string, from: number, separator: string, path: string): Generator<RawRow> {
  let line = from > 0 ? 2 : 1;
  let [start, cell, quoted, cells] = [line, '', undefined as string | undefined, [] as string[]];
  const endCell = () => {
    if (quoted !== undefined && cell.trim() !== '')
      throw new DataError(`${shown(path)}:${line}: ${shown(cell.trim())} behind a closing quote.`);
    cells.push(quoted ?? cell.trim());
    [cell, quoted] = ['', undefined];
  };
  for (let at = from; at < text.length; at++) {
    const c = text[at]!;
    if (c === '"' && cell.trim() === '' && quoted === undefined) {
      const end = closingQuote(text, at);
      if (end < 0) throw new DataError(`${shown(path)}:${line}: a quote is never closed.`);
      quoted = text.slice(at + 1, end).replaceAll('""', '"');
      line += quoted.split(/\r\n|\n|\r/).length - 1;
      [cell, at] = ['', end];
    } else if (c === separator) endCell();
    else if (c === '\n' || c === '\r') {
      if (c === '\r' && text[at + 1] === '\n') at++;
      endCell();
      yield { line: start, cells };
      [cells, line] = [[], line + 1];
      start = line;
    } else cell += c;
  }
  if (cell.trim() !== '' || quoted !== undefined || cells.length > 0) {
    endCell();
    yield { line: start, cells };
  }
}

function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return -1;
}
