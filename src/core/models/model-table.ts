import type { ListedModel } from './list-models.js';

const header = ['family', 'preset', 'encoder', 'params M', 'GMAC', 'scan GFLOP', 'published M', 'GMAC'];
const textColumns = 3;

/** The list as a table for people; a star leads to the notes below. */
export function modelTable(models: readonly ListedModel[]): string {
  const rows = models.map(cells);
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (i < textColumns ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return `${[line(header), rule, ...rows.map(line), ...notes(models)].join('\n')}\n`;
}

function cells({ family, preset, encoder, parameters, gmac, scanGflop, published }: ListedModel): string[] {
  const star = published?.note ? '*' : ' ';
  return [
    family,
    preset,
    encoder,
    parameters ? (parameters.total / 1e6).toFixed(2) : 'by the data',
    gmac?.total.toFixed(2) ?? '–',
    scanGflop ? scanGflop.toFixed(2) : '–',
    `${published?.parameters ?? '–'}${star}`,
    String(published?.gmac ?? '–'),
  ];
}

function notes(models: readonly ListedModel[]): string[] {
  return models.flatMap(({ family, preset, published }) =>
    published?.note ? [`* ${family} ${preset}: ${published.note}`] : [],
  );
}
