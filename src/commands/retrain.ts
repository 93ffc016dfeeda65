import { join } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { threadsFor } from '../cli/compute-flags.js';
import { reportData, reportImage, writeReports } from '../cli/metric-reports.js';
import { parseNumber, trainFlags, trainingOptions } from '../cli/train-flags.js';
import { TrainingCommand } from '../cli/training-command.js';
import type { Published } from '../cli/training-report.js';
import { GateFailed } from '../core/errors.js';
import type { ReportImage } from '../core/report/report-data.js';
import type { Judged, Prepared, RetrainEvent, RetrainOptions, Role } from '../core/training/retrain.js';

type Flagged = Awaited<ReturnType<Retrain['parseFlags']>>;
type Decided = Extract<RetrainEvent, { kind: 'decided' }>;

export default class Retrain extends TrainingCommand {
  static override summary =
    'Train a candidate, hold it against the model in use, publish it only when it is no worse.';
  static override description =
    'For cron: reads feature records as train does, under a lock (75 when another one runs). The candidate and the model that --store points to are measured on the labelled feature records of --test; when every gate holds and no metric falls by more than --max-drop, the candidate becomes the current model in one step. Otherwise the old one stays, and the exit code is 3. Score with --model STORE to follow the current model.';
  static override examples = [
    "mambaad extract data/ --split train | mambaad retrain --store models/ --test test.ndjson --gate 'image.auroc>=0.97'",
    'mambaad extract data/ --split test > test.ndjson',
    'mambaad extract data/ --split train | mambaad retrain --store models/ --test test.ndjson --budget 30m --keep 10 --prometheus /var/lib/node_exporter/mambaad.prom',
    'mambaad extract photos/ | mambaad score --model models/ | jq -c "{path,verdict,model}"',
  ];
  static override flags = {
    store: Flags.string({
      required: true,
      summary: 'Folder of models: one folder a model, and the file CURRENT that names the one in use.',
    }),
    test: Flags.string({
      required: true,
      summary: 'NDJSON file of labelled feature records, good and defective, to judge models by.',
    }),
    gate: Flags.string({
      multiple: true,
      summary: 'Condition on a metric of the candidate, such as image.auroc>=0.97 or bottle:pixel.aupro>0.9.',
    }),
    'max-drop': Flags.string({
      default: '0.01',
      summary: "How far a metric may fall below the current model's.",
    }),
    keep: Flags.integer({
      min: 1,
      default: 5,
      summary: 'Models that stay in the store, the current one counted.',
    }),
    protocol: Flags.option({
      options: ['exact', 'ader', 'mvtec'] as const,
      default: 'exact' as const,
      summary: 'How the metrics are defined; see mambaad metrics.',
    })(),
    report: Flags.string({ summary: 'Write one HTML page about the candidate here.', helpGroup: 'REPORT' }),
    prometheus: Flags.string({
      summary: 'Write a Prometheus text file about the model then in use here.',
      helpGroup: 'REPORT',
    }),
    ...trainFlags,
  };

  private readonly judged = new Map<Role, Judged>();
  private readonly images: Record<Role, ReportImage[]> = { current: [], candidate: [] };
  private trained: Published | undefined;
  private scoring: ReturnType<TrainingCommand['progress']> | undefined;

  async run(): Promise<void> {
    const flags = await this.parseFlags();
    const { lockStore } = await import('../core/models/model-store.js');
    const options = await this.options(flags);
    const lock = await lockStore(flags.store);
    try {
      const { prepareRetraining } = await import('../core/training/retrain.js');
      const prepared = await prepareRetraining(flags.store, flags.test, this.signal);
      const decided = await this.retrain(flags, options, prepared);
      await this.tell(decided);
      await this.reports(flags, decided);
      await this.finish();
      this.conclude(decided);
    } finally {
      await lock.release();
    }
  }

  private async parseFlags() {
    return (await this.parse(Retrain)).flags;
  }

  private async options(flags: Flagged): Promise<Omit<RetrainOptions, 'training'>> {
    const { parseGate } = await import('../core/metrics/gates.js');
    const isReporting = Boolean(flags.report || flags.prometheus);
    return {
      store: flags.store,
      test: flags.test,
      gates: (flags.gate ?? []).map(parseGate),
      maxDrop: parseNumber('max-drop', flags['max-drop'], 0, 1),
      protocol: flags.protocol,
      keep: flags.keep,
      ...(flags.report && { curvePoints: 200 }),
      onScore: (role, record) => {
        this.scoring?.advance();
        if (isReporting) this.images[role].push(reportImage(record));
      },
    };
  }

  private async retrain(
    flags: Flagged,
    options: Omit<RetrainOptions, 'training'>,
    prepared: Prepared,
  ): Promise<Decided> {
    const { openEngine } = await import('../core/runtime/engine.js');
    const { retrain } = await import('../core/training/retrain.js');
    const engine = await openEngine(flags.engine);
    const origin = {
      mambaad: this.config.version,
      node: process.version,
      created: new Date().toISOString(),
      ...(prepared.current && { replaces: prepared.current.manifest.model }),
    };
    const training = {
      ...trainingOptions(flags),
      engine: engine.name,
      threads: threadsFor(engine, flags.threads),
      origin,
      signal: this.signal,
    };
    const decided = await this.withFeatures(join(flags.store, 'features'), async (collection) => {
      for await (const event of retrain(collection, prepared, { ...options, training })) {
        if (event.kind === 'decided') return event;
        await this.take(event);
      }
      throw new Error('a retraining ended without a decision');
    });
    engine.close();
    return decided;
  }

  private async take(event: Exclude<RetrainEvent, Decided>): Promise<void> {
    if (event.kind === 'trained') {
      this.trained = event.training;
    } else if (event.kind === 'judging') {
      this.scoring = this.progress(event.images, `scoring the test set with the ${event.role} model`);
    } else if (event.kind === 'judged') {
      await this.takeJudged(event.judged);
    } else {
      await this.training.take(event);
    }
  }

  private async takeJudged(judged: Judged): Promise<void> {
    const { role, manifest } = judged;
    this.scoring?.done();
    this.judged.set(role, judged);
    const records = metricRecords(judged);
    for (const record of records) await this.write({ ...record, model: manifest.model, role });
    const { formatTable } = await import('../core/metrics/table.js');
    this.show(`${role} model ${manifest.model}\n${formatTable(records)}`);
  }

  private async tell({ results, published, path }: Decided): Promise<void> {
    const current = this.judged.get('current')?.manifest.model;
    for (const { gate, class: name, metric, value, passed, message } of results) {
      await this.write({ v: 1, type: 'gate', gate, class: name, metric, value, passed, message });
      this.show(`${passed ? this.paint.green('pass') : this.paint.red('FAIL')} ${message}`);
    }
    const replaced = current === undefined ? {} : { replaces: current };
    await this.write({ ...this.training.modelRecord(this.trained!, path), published, ...replaced });
  }

  /** The page is about the candidate, published or not; what is scraped is about the model that parts now meet. */
  private async reports(flags: Flagged, { results, published }: Decided): Promise<void> {
    const about = (role: Role) => {
      const { evaluation, manifest } = this.judged.get(role)!;
      return reportData(`mambaad retrain: ${role}`, evaluation, results, this.images[role], manifest);
    };
    const { report, prometheus } = flags;
    const none = { github: false, title: '' };
    if (report) await writeReports(about('candidate'), { ...none, report });
    const inUse = published || !this.judged.has('current') ? 'candidate' : 'current';
    if (prometheus) await writeReports(about(inUse), { ...none, prometheus });
  }

  /** @throws GateFailed when the candidate was refused */
  private conclude({ results, published, path }: Decided): void {
    const { model } = this.trained!.manifest;
    if (published) {
      this.notice(`published ${path}: model ${model} is in use now`);
      return;
    }
    const failed = results.filter(({ passed }) => !passed);
    const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : '';
    const current = this.judged.get('current')?.manifest.model;
    const stays = current === undefined ? 'there is no model in use yet' : `model ${current} stays in use`;
    throw new GateFailed(
      `candidate ${model} refused: ${failed[0]!.message}${more}; ${stays}, the candidate lies in ${path}`,
    );
  }
}

function metricRecords({ evaluation }: Judged) {
  return [...evaluation.classes.map(({ record }) => record), evaluation.mean];
}
