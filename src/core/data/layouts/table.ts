import { Buffer } from 'node:buffer';
import { stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { DataError } from '../../errors.js';
import { confined } from '../../files/confined.js';
import { shown } from '../../files/file-errors.js';
import type { ImageRecord } from '../../records/schemas.js';
import { parseCsv } from './csv.js';
import { imageRecord } from './image-record.js';
import { type Layout, type LayoutOptions, wantsClass } from './layout.js';
import { labelOfPath } from './path-label.js';
import { Reading } from './reading.js';
import { readTableText } from './table-text.js';
import { labelOf, labelOfDefect, splitOf } from './table-words.js';

// What the tables of the common data sets call their columns.
const columns = {
  path: ['path', 'image_path', 'img_path', 'image', 'file', 'filename'],
  class: ['class', 'cls_name', 'object', 'category'],
  split: ['split', 'phase', 'subset'],
  label: ['label', 'anomaly'],
  defect: ['defect', 'anomaly_class', 'specie_name', 'defect_type'],
  mask: ['mask', 'mask_path'],
} as const;
const knownColumns: ReadonlySet<string> = new Set([
  ...Object.values(columns).flat(),
  'v',
  'type',
  'path_b64',
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
  const text = await readTableText(path);
  const rows = tableKind(path) === 'ndjson' ? ndjsonRows(text, path) : csvRows(text, path);
  const reading = new Reading(options);
  const lines = new Map<string, number>();
  for (const { line, fields } of rows) {
    const record = await recordOf(fields, `${path}:${line}`, base, options);
    const first = lines.get(record.path);
    if (first === undefined) lines.set(record.path, line);
    else
      reading.report({ kind: 'duplicate', path: record.path, note: `listed in lines ${first} and ${line}` });
    if (options.split && record.split !== options.split) continue;
    if (!wantsClass(options, record.class)) continue;
    if (options.split === 'train' && record.label !== 'normal') {
      reading.leaveOut(
        record.path,
        record.label ? `defective: ${record.defect ?? 'by its label'}` : unlabelledWithMask,
      );
    } else yield record;
  }
  reading.finish();
}

const unlabelledWithMask = 'it has a mask and no label';

interface Fields {
  readonly line: number;
  readonly fields: ReadonlyMap<string, unknown>;
}

function* csvRows(text: string, path: string): Generator<Fields> {
  for (const { line, cells } of parseCsv(text, path)) {
    yield {
      line,
      fields: new Map([...cells].flatMap(([name, cell]) => (cell === '' ? [] : [[columnOf(name), cell]]))),
    };
  }
}

/** "Image Path" is image_path; columns that are not ours keep their names. */
function columnOf(name: string): string {
  const joined = name.replace(/[\s-]+/g, '_');
  return knownColumns.has(joined) ? joined : name;
}

function* ndjsonRows(text: string, path: string): Generator<Fields> {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  for (const [i, line] of lines.entries()) {
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
  const textOf = (names: readonly string[]) => {
    const value = names.map((name) => fields.get(name)).find((found) => found !== undefined);
    return value === undefined ? undefined : String(value);
  };
  const path = textOf(columns.path);
  if (path === undefined)
    throw new DataError(`${shown(source)}: no image path; expected a column path or image.`);
  const split = splitOf(textOf(columns.split), source) ?? chosen;
  const [defect, mask] = [textOf(columns.defect), textOf(columns.mask)];
  const known = labelOf(textOf(columns.label), source) ?? labelOfDefect(defect);
  const label =
    known ?? (split === 'train' && mask === undefined ? unlessItsFolderDenies(path, source) : undefined);
  const record = imageRecord(Buffer.from(await confined(base, path, source, allowOutside)), {
    class: textOf(columns.class) ?? className ?? 'default',
    split,
    label,
    defect: defect ?? (label === 'normal' ? 'good' : undefined),
    mask: mask === undefined ? undefined : await confined(base, mask, source, allowOutside),
  });
  const further = [...fields].filter(([name]) => !knownColumns.has(name));
  return { ...Object.fromEntries(further), ...record };
}

/** A row of the training split without a label is normal by that; not so when it lies in a folder of defective parts. */
function unlessItsFolderDenies(path: string, source: string): 'normal' {
  const { label, doubt } = labelOfPath(path.replaceAll('\\', '/'));
  if (label === 'normal') return label;
  throw new DataError(
    `${shown(source)}: ${shown(path)} is to be trained on, has no label, and by its folder is not good (${doubt}); give the table a column label.`,
  );
}

function tableKind(path: string): 'csv' | 'ndjson' | undefined {
  const ending = extname(path).toLowerCase();
  if (ending === '.csv' || ending === '.tsv') return 'csv';
  return ending === '.ndjson' || ending === '.jsonl' ? 'ndjson' : undefined;
}
