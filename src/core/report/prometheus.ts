import { open, rename, rm } from 'node:fs/promises';
import { outputFailure } from '../files/file-errors.js';
import { isMean } from '../metrics/metric-names.js';
import { visibleText } from './escape.js';
import { metricColumns } from './figures.js';
import { classesOf, outcome, type ReportData } from './report-data.js';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** One run in the Prometheus text format, for node-exporter's textfile collector. No timestamps: it refuses them. */
export function prometheusText(data: ReportData, finished = new Date(data.created)): string {
  return families(data, finished)
    .filter((family) => family.samples.length > 0)
    .map((family) => {
      const lines = family.samples.map(
        (sample) => `${family.name}${labels(sample.labels)} ${number(sample.value)}`,
      );
      return `# HELP ${family.name} ${family.help}\n# TYPE ${family.name} ${family.type}\n${lines.join('\n')}\n`;
    })
    .join('');
}

/** Writes the text beside its place and renames it there, so that no scrape sees half a file. Throws OutputError, IoError. */
export async function writePrometheus(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`; // the collector reads *.prom only
  try {
    const file = await open(temporary, 'w', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw outputFailure(path, error);
  }
}

function families(data: ReportData, finished: Date): Family[] {
  const { model } = data;
  const gates = (data.gates ?? []).map((gate) => ({ labels: { gate: gate.text }, value: gate.ok ? 1 : 0 }));
  const seconds = model?.seconds === undefined ? [] : [{ labels: {}, value: model.seconds }];
  const info = model
    ? [{ labels: { sha256: model.hash, preset: model.preset, encoder: model.encoder }, value: 1 }]
    : [];
  return [
    gauge('last_success_timestamp_seconds', 'When the run finished, Unix time.', [
      { labels: {}, value: finished.getTime() / 1000 },
    ]),
    counter(
      'images_total',
      'Images scored in the run.',
      countBy(data, () => true),
    ),
    counter(
      'anomalies_total',
      'Images with the verdict ng.',
      countBy(data, (image) => image.verdict === 'ng'),
    ),
    counter(
      'reviews_total',
      'Images with the verdict review.',
      countBy(data, (image) => outcome(image) === 'review'),
    ),
    counter(
      'unknowns_total',
      'Images without a verdict: their class has no limits.',
      countBy(data, (image) => outcome(image) === 'unknown'),
    ),
    gauge('score_quantile', 'Quantiles of the calibrated score.', quantiles(data)),
    gauge('metric', 'Detection metrics against the labels.', metricSamples(data)),
    gauge('gate_passed', 'Whether a quality gate passed.', gates),
    gauge('train_seconds', 'Training time of the model.', seconds),
    gauge('model_info', 'The model that scored.', info),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `mambaad_${name}`, type: 'gauge', help, samples };
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return { name: `mambaad_${name}`, type: 'counter', help, samples };
}

function countBy(data: ReportData, which: (image: ReportData['images'][number]) => boolean): Sample[] {
  return classesOf(data.images).map((name) => ({
    labels: { class: name },
    value: data.images.filter((image) => image.class === name && which(image)).length,
  }));
}

function quantiles(data: ReportData): Sample[] {
  return classesOf(data.images).flatMap((name) => {
    const scores = data.images.filter((image) => image.class === name).map((image) => image.score);
    const sorted = Float64Array.from(scores).sort();
    return [0.5, 0.9, 0.99].map((q) => ({
      labels: { class: name, quantile: `${q}` },
      value: sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)]!, // nearest rank
    }));
  });
}

function metricSamples(data: ReportData): Sample[] {
  const clash = data.metrics.some((metric) => metric.class === 'mean' && !isMean(metric));
  return data.metrics.flatMap((metric) => {
    // Two series of the same labels would spoil the scrape.
    const mean: Record<string, string> = clash && isMean(metric) ? { mean_of: `${metric.mean_of}` } : {};
    return metricColumns.flatMap((column) => {
      const value = column.of(metric);
      const name = column.heading.toLowerCase().replace('-', '');
      return value === null
        ? []
        : [{ labels: { class: metric.class, ...mean, level: column.level || 'all', name }, value }];
    });
  });
}

function labels(pairs: Readonly<Record<string, string>>): string {
  const list = Object.entries(pairs).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return list.length === 0 ? '' : `{${list.join(',')}}`;
}

function escapeLabel(value: string): string {
  return visibleText(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? `${value}` : value > 0 ? '+Inf' : '-Inf';
}
