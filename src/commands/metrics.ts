import * as Flags from '@oclif/core/flags';
import { checkReports } from '../cli/check-reports.js';
import { MaskDoubts } from '../cli/mask-doubts.js';
import { isAnyReport, reportData, reportFlags, reportImage, writeReports } from '../cli/metric-reports.js';
import { parseRate } from '../cli/numbers.js';
import { PipeCommand } from '../cli/pipe-command.js';
import { GateFailed } from '../core/errors.js';
import type { Evaluation, Evaluator } from '../core/metrics/evaluate.js';
import type { GateResult } from '../core/metrics/gates.js';
import type { ModelManifest } from '../core/models/model-folder.js';
import type { MetricRecord, ScoreRecord, SegmentRecord } from '../core/records/schemas.js';
import type { ReportImage } from '../core/report/report-data.js';

type Scored = ScoreRecord | SegmentRecord;

export default class Metrics extends PipeCommand {
  static override summary =
    'Measure scored images against their labels and masks; pass or fail a quality gate.';
  static override description =
    'The seven metrics of the field for every class and their mean: image AUROC, AP and F1-max, pixel AUROC, AP, F1-max and AU-PRO. Exit code 3 when a gate or a baseline is missed.';
  static override examples = [
    "mambaad extract data/ --split test | mambaad score --model models/line1 | mambaad metrics --gate 'image.auroc>=0.97'",
    "mambaad metrics --gate 'bottle:pixel.aupro>0.9' --gate 'mad>=0.8' --report out/report.html < scores.ndjson",
    'mambaad metrics --baseline last-night.ndjson --max-drop 0.01 < scores.ndjson > tonight.ndjson',
    'mambaad metrics --protocol ader < scores.ndjson | mlr --ijsonl --opprint flatten then cut -f class,image.auroc,pixel.aupro',
  ];
  static override flags = {
    gate: Flags.string({
      multiple: true,
      summary: 'Condition on a metric, such as image.auroc>=0.97 or bottle:pixel.aupro>0.9.',
    }),
    protocol: Flags.option({
      options: ['exact', 'ader', 'mvtec'] as const,
      default: 'exact' as const,
      summary:
        "exact: every score is a threshold; ader: the binned definitions behind the published tables; mvtec: the data set's own AU-PRO.",
    })(),
    baseline: Flags.string({ summary: 'Metric records of an earlier run to hold these against.' }),
    'max-drop': Flags.string({ default: '0.01', summary: 'How far a metric may fall below the baseline.' }),
    compare: Flags.string({
      summary: 'Published results to print beside these: paper:mambaad, ader:rd@visa, ader-300e:uniad …',
    }),
    bootstrap: Flags.boolean({ summary: 'Add 95 % bootstrap intervals of the image metrics.' }),
    model: Flags.string({ summary: 'Model folder, for the facts in the report.' }),
    ...reportFlags,
  };

  private readonly doubts = new MaskDoubts();

  async run(): Promise<void> {
    const { flags } = await this.parse(Metrics);
    const { absentClass, checkGates, parseGate } = await import('../core/metrics/gates.js');
    const { Evaluator } = await import('../core/metrics/evaluate.js');
    const gates = (flags.gate ?? []).map(parseGate);
    const maxDrop = parseRate('max-drop', flags['max-drop'], { example: '0.01 or 1%' });
    const reporting = isAnyReport(flags);
    await checkReports(flags);
    const manifest = await this.manifest(flags.model);
    const baseline = await this.baseline(flags.baseline, flags.protocol);
    if (flags.compare !== undefined) await this.checkReference(flags.compare);
    if (gates.length > 0 || baseline || reporting) this.outliveReader();
    const evaluator = new Evaluator({ protocol: flags.protocol, ...(reporting && { curvePoints: 200 }) });
    const images: ReportImage[] = [];
    const progress = this.progress(undefined, 'reading scores');
    for await (const { record, line } of this.records(['score', 'segment'])) {
      await this.take(record as Scored, evaluator).catch((error) => this.refuse(error, { record, line }));
      if (reporting) images.push(reportImage(record as Scored));
      progress.advance();
    }
    progress.done();
    for (const line of this.doubts.lines()) this.caution(line);
    const evaluation = evaluator.finish();
    const records = await this.withIntervals(evaluation, flags.bootstrap);
    for (const record of records) await this.write(record);
    const results = checkGates(gates, records);
    if (baseline) {
      const { compareWithBaseline } = await import('../core/metrics/baseline.js');
      results.push(...compareWithBaseline(records, baseline, maxDrop));
    }
    await this.announce(records, results);
    this.sayRepeats('each is counted as often as it came');
    if (reporting) {
      await writeReports(reportData(flags.title, evaluation, results, images, manifest), flags);
      if (flags.report) this.notice(`report written to ${flags.report}`);
    }
    if (flags.compare) {
      const { compareWithPublished, formatComparison } = await import('../core/metrics/published/compare.js');
      this.show(formatComparison(compareWithPublished(records, flags.compare)));
    }
    await this.finish();
    const absent = absentClass(gates, records);
    if (absent) throw absent;
    decide(results);
  }

  private async take(record: Scored, evaluator: Evaluator): Promise<void> {
    const { scoredImage } = await import('../core/metrics/scored-record.js');
    const image = await scoredImage(record);
    evaluator.add({ ...image, isRepeat: this.repeats.note(record) });
    if (image.maskDoubt && record.mask) this.doubts.add(image.maskDoubt, record.mask);
  }

  private async manifest(model: string | undefined): Promise<ModelManifest | undefined> {
    if (model === undefined) return undefined;
    const { openModel } = await import('../core/models/model-folder.js');
    return (await openModel(model)).manifest;
  }

  private async baseline(
    path: string | undefined,
    protocol: MetricRecord['protocol'],
  ): Promise<MetricRecord[] | undefined> {
    if (path === undefined) return undefined;
    const { checkProtocol, readBaseline } = await import('../core/metrics/baseline.js');
    const baseline = await readBaseline(path);
    checkProtocol(baseline, protocol);
    return baseline;
  }

  private async checkReference(reference: string): Promise<void> {
    const { checkReference } = await import('../core/metrics/published/published.js');
    checkReference(reference);
  }

  private async withIntervals(evaluation: Evaluation, wanted: boolean): Promise<MetricRecord[]> {
    if (!wanted) return [...evaluation.classes.map(({ record }) => record), evaluation.mean];
    const { withIntervals } = await import('../core/metrics/bootstrap.js');
    return withIntervals(evaluation);
  }

  private async announce(records: MetricRecord[], results: readonly GateResult[]): Promise<void> {
    const { formatTable } = await import('../core/metrics/table.js');
    this.show(formatTable(records));
    for (const { passed, message } of results) {
      this.show(`${passed ? this.paint.green('pass') : this.paint.red('FAIL')} ${message}`);
    }
  }
}

function decide(results: readonly GateResult[]): void {
  const failed = results.filter(({ passed }) => !passed);
  if (failed.length === 0) return;
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
  throw new GateFailed(`${failed[0]!.message}${more}`);
}
