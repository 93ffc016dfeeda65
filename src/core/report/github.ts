import { escapeMarkdown, visibleText } from './escape.js';
import { figure } from './figures.js';
import { gatesMarkdown, metricsMarkdown } from './markdown.js';
import { outcome, type ReportData, type ReportImage, worstImages } from './report-data.js';

const shown = 10; // GitHub shows ten annotations of a kind per step and drops the rest
const summaryLimit = 1024 * 1024; // bytes of $GITHUB_STEP_SUMMARY
const summaryRows = 100;

/** Workflow commands, a line each: failed gates and the worst images first, ten errors and ten warnings at most. */
export function githubAnnotations(data: ReportData): string {
  const gates = (data.gates ?? []).filter((gate) => !gate.ok);
  const errors = [
    ...gates.map((gate) =>
      command('error', { title: 'Gate failed' }, `${gate.text}: measured ${figure(gate.value)}`),
    ),
    ...worstImages(data.images).map((image) => imageCommand('error', image)),
  ];
  const warnings = data.images
    .filter((image) => ['review', 'unknown'].includes(outcome(image)))
    // What nobody has judged comes before what somebody is to look at.
    .sort((a, b) => Number(b.verdict === 'unknown') - Number(a.verdict === 'unknown') || b.score - a.score)
    .map((image) => imageCommand('warning', image));
  return [...errors.slice(0, shown), ...warnings.slice(0, shown)].map((line) => `${line}\n`).join('');
}

/** Markdown for $GITHUB_STEP_SUMMARY: gates, the metric table and the failures, within GitHub's limit of 1 MiB. */
export function githubSummary(data: ReportData): string {
  const worst = worstImages(data.images);
  const sections = [`## ${escapeMarkdown(data.title)}\n`];
  if (data.gates?.length) sections.push(gatesMarkdown(data.gates));
  if (data.metrics.length > 0) sections.push(metricsMarkdown(data.metrics));
  const unjudged = data.images.filter((image) => outcome(image) === 'unknown').length;
  const without = unjudged > 0 ? `, ${unjudged} without a verdict` : '';
  sections.push(`${data.images.length} images, ${worst.length} failures${without}.\n`);
  let text = sections.join('\n');
  for (const image of worst.slice(0, summaryRows)) {
    const row = `- ${describe(image)} ${escapeMarkdown(image.path)}, score ${image.score.toFixed(3)}\n`;
    if (Buffer.byteLength(text) + Buffer.byteLength(row) > summaryLimit - 64) break;
    text += row;
  }
  return worst.length > summaryRows ? `${text}- … and ${worst.length - summaryRows} more\n` : text;
}

function imageCommand(kind: 'error' | 'warning', image: ReportImage): string {
  const message = `${image.path}: score ${image.score.toFixed(3)}, verdict ${image.verdict}`;
  return command(kind, { file: image.path, title: `${describe(image)}: ${image.class}` }, message);
}

function describe(image: ReportImage): string {
  const names = {
    miss: 'Missed',
    false_alarm: 'False alarm',
    alarm: 'Anomaly',
    review: 'Review',
    unknown: 'No verdict',
    find: 'Found',
    pass: 'Passed',
  };
  return names[outcome(image)];
}

function command(kind: string, properties: Record<string, string>, message: string): string {
  const list = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(value)}`);
  return `::${kind} ${list.join(',')}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return visibleText(text).replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
