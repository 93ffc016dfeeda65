import { Buffer } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { DataError } from '../../errors.js';
import { confined } from '../../files/confined.js';
import { shown } from '../../files/file-errors.js';
import { readGivenText } from '../../files/given-file.js';
import type { ImageRecord } from '../../records/schemas.js';
import { parseCsv } from './csv.js';
import { imageRecord } from './image-record.js';
import type { Layout, LayoutOptions, Split } from './layout.js';

/** Bytes: millions of rows, and well below the longest string that JavaScript can hold. */
const tableLimit = 1 << 28;

// What the tables of the common data sets call their columns.
const columns = {
  path: ['path', 'image_path', 'img_path', 'image', 'file', 'filename'],
  class: ['class', 'cls_name', 'object', 'category'],
  split: ['split', 'phase', 'subset'],
  label: ['label', 'anomaly'],
  defect: ['defect', 'anomaly_class', 'specie_name', 'defect_type'],
  mask: ['mask', 'mask_path'],
} as const;
const known: ReadonlySet<string> = new Set([...Object.values(columns).flat(), 'v', 'type', 'path_b64']);

const normalWords = new Set(['normal', 'good', 'ok', '0', 'false']);
const anomalyWords = new Set([
  'anomaly',
  'anomalous',
  'abnormal',
  'bad',
  'defect',
  'defective',
  'ng',
  '1',
  'true',
]);

/**
 * A .csv, .tsv, .ndjson or .jsonl file with one image a row: a path relative to the table, and as far as known class,
 * split, label, defect and mask. Further columns travel in the records. Order is the table's.
 */
export const table: Layout = {
  name: 'table',
  expected: 'rows with a column path (or image) and, as far as known, class, split, label, defect, mask',
  recognises: async (root) =>
    tableKind(root) !== undefined && (await stat(root).catch(() => undefined))?.isFile() === true,
  records: (root, options) => tableRecords(root, dirname(root), options),
};

/**
 * Image records of a table's rows.
 *
 * @param base the folder that its paths are relative to
 * @throws DataError naming the line, InputMissingError
 */
export async function* tableRecords(
  path: string,
  base: string,
  options: LayoutOptions,
): AsyncGenerator<ImageRecord> {
  const text = await readGivenText(path, { expected: 'a .csv or .ndjson table', limit: tableLimit });
  const rows = tableKind(path) === 'ndjson' ? ndjsonRows(text, path) : csvRows(text, path);
  for (const { line, fields } of rows) {
    const record = await recordOf(fields, `${path}:${line}`, base, options);
    if (options.split && record.split !== options.split) continue;
    if (options.classes && !options.classes.has(record.class)) continue;
    yield record;
  }
}

interface Fields {
  readonly line: number;
  readonly fields: ReadonlyMap<string, unknown>;
}

function* csvRows(text: string, path: string): Generator<Fields> {
  for (const { line, cells } of parseCsv(text, path)) {
    yield { line, fields: new Map([...cells].filter(([, cell]) => cell !== '')) };
  }
}

function* ndjsonRows(text: string, path: string): Generator<Fields> {
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    const row = parseObject(line);
    if (!row) throw new DataError(`${shown(path)}:${i + 1}: not a JSON object; expected one image a line.`);
    if ((row.type ?? 'image') === 'end') continue;
    if ((row.type ?? 'image') !== 'image') {
      throw new DataError(
        `${shown(path)}:${i + 1}: a record of type ${shown(String(row.type))}, expected image.`,
      );
    }
    yield {
      line: i + 1,
      fields: new Map(Object.entries(row).filter(([, value]) => value !== null && value !== '')),
    };
  }
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

async function recordOf(
  fields: ReadonlyMap<string, unknown>,
  source: string,
  base: string,
  { className, split: chosen, allowOutside }: LayoutOptions,
): Promise<ImageRecord> {
  const of = (names: readonly string[]) =>
    names.map((name) => fields.get(name)).find((value) => value !== undefined);
  const textOf = (names: readonly string[]) => {
    const value = of(names);
    return value === undefined ? undefined : String(value);
  };
  const path = textOf(columns.path);
  if (path === undefined)
    throw new DataError(`${shown(source)}: no image path; expected a column path or image.`);
  const split = splitOf(textOf(columns.split), source) ?? chosen;
  const label = labelOf(textOf(columns.label), source) ?? (split === 'train' ? 'normal' : undefined);
  const mask = textOf(columns.mask);
  const record = imageRecord(Buffer.from(await confined(base, path, source, allowOutside)), {
    class: textOf(columns.class) ?? className ?? 'default',
    split,
    label,
    defect: textOf(columns.defect) ?? (label === 'normal' ? 'good' : undefined),
    mask: mask === undefined ? undefined : await confined(base, mask, source, allowOutside),
  });
  const further = [...fields].filter(([name]) => !known.has(name));
  return { ...Object.fromEntries(further), ...record };
}

function splitOf(word: string | undefined, source: string): Split | undefined {
  if (word === undefined) return undefined;
  const lower = word.toLowerCase();
  if (lower === 'train' || lower === 'training') return 'train';
  if (lower === 'test' || lower === 'testing') return 'test';
  throw new DataError(`${shown(source)}: split ${shown(word)} is not known; expected train or test.`);
}

function labelOf(word: string | undefined, source: string): ImageRecord['label'] {
  if (word === undefined) return undefined;
  const lower = word.toLowerCase();
  if (normalWords.has(lower)) return 'normal';
  if (anomalyWords.has(lower)) return 'anomaly';
  throw new DataError(`${shown(source)}: label ${shown(word)} is not known; expected normal or anomaly.`);
}

function tableKind(path: string): 'csv' | 'ndjson' | undefined {
  const ending = extname(path).toLowerCase();
  if (ending === '.csv' || ending === '.tsv') return 'csv';
  return ending === '.ndjson' || ending === '.jsonl' ? 'ndjson' : undefined;
}
