// Every kind of detector on the same features, under the same budget, through the product's own commands: one table as
// Markdown and as a page.
// Usage: npm run bench:models -- [DATA] [--minutes 28] [--families a,b] [--row "FAMILY train flags"]... [--out FILE.md]
//        [--work DIR] [--encoder NAME] [--protocol exact|ader|mvtec]
// Without DATA it takes the folder that MAMBAAD_DATA names.
// Rows that are finished in the work folder are not made again, and one that was interrupted goes on from its last
// checkpoint: rows can be run one at a time, and the table holds all that were made under the same budget so far.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describedFamilies } from '../dist/core/models/described-families.js';
import { features, modelRow } from './models-row.mjs';
import { htmlTable, markdownTable } from './models-table.mjs';
import { machine } from './timing.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const all = describedFamilies.map(({ name }) => name).join(',');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '28' },
    families: { type: 'string' },
    row: { type: 'string', multiple: true, default: [] },
    out: { type: 'string', default: join(here, 'results', 'models.md') },
    work: { type: 'string', default: join(here, '..', '.cache', 'bench-models') },
    encoder: { type: 'string' },
    protocol: { type: 'string', default: 'exact' },
  },
});
const data = positionals[0] ?? process.env.MAMBAAD_DATA;
const minutes = Number(values.minutes);
if (!data || !(minutes > 0) || !values.out.endsWith('.md')) {
  throw new Error(
    'usage: npm run bench:models -- DATA [--minutes M] [--families a,b] [--row "FAMILY flags"]... [--out FILE.md] [--work DIR]; MAMBAAD_DATA may name DATA',
  );
}

const { protocol } = values;
const work = resolve(values.work);
// Rows of one's own, without --families, are all that is run.
const families = (values.families ?? (values.row.length > 0 ? '' : all)).split(',').filter(Boolean);
const wanted = [...families, ...values.row].map((text) => text.split(/\s+/).filter(Boolean));
const encoder = values.encoder === undefined ? [] : ['--encoder', values.encoder];

const sets = await features(resolve(data), work, encoder);
for (const words of wanted) {
  await modelRow(words, sets, { work, minutes, protocol });
  report();
}

/** Writes the table of all rows there are, so that a run that is cut short leaves one. */
function report() {
  const command = `npm run bench:models -- ${process.argv.slice(2).map(quoted).join(' ')}`;
  const bench = {
    machine: machine(),
    data: positionals[0] ?? '$MAMBAAD_DATA',
    sets,
    minutes,
    protocol,
    rows: finishedRows(),
    command,
  };
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, markdownTable(bench));
  writeFileSync(values.out.replace(/\.md$/, '.html'), htmlTable(bench));
}

function finishedRows() {
  const rows = join(work, 'rows');
  return readdirSync(rows)
    .map((folder) => join(rows, folder, `row-${protocol}.json`))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')))
    .filter((row) => row.features === sets.key && row.minutes === minutes);
}

function quoted(word) {
  return /^[\w./,=:@+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

process.stdout.write(readFileSync(values.out, 'utf8'));
