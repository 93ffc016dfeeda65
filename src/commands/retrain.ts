import { join } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { checkReports } from '../cli/check-reports.js';
import { stepSizes, threadsFor } from '../cli/compute-flags.js';
import { parseRate } from '../cli/numbers.js';
import type { Decided, RetrainReport } from '../cli/retrain-report.js';
import { trainFlags, trainingOptions } from '../cli/train-flags.js';
import { TrainingCommand } from '../cli/training-command.js';
import type { Prepared, RetrainOptions } from '../core/training/retrain.js';

type Settings = ReturnType<typeof trainingOptions>;
type Flagged = Awaited<ReturnType<Retrain['parseFlags']>>;

export default class Retrain extends TrainingCommand {
  static override summary =
    'Train a candidate, hold it against the model in use, publish it only when it is no worse.';
  static override description =
    'For cron: reads feature records as train does, under a lock (75 when another one runs). The candidate and the model that --store points to are measured on the labelled feature records of --test; when every gate holds and no metric falls by more than --max-drop, the candidate becomes the current model in one step. Otherwise the old one stays, and the exit code is 3. Score with --model STORE to follow the current model.';
  static override examples = [
    "mambaad extract data/ --split train | mambaad retrain --store models/ --test test.ndjson --gate 'image.auroc>=0.97'",
    'mambaad extract data/ --split test > test.ndjson',
    'mambaad extract data/ --split train | mambaad retrain --store models/ --test test.ndjson --budget 30m --keep 10 --prometheus /var/lib/node_exporter/mambaad.prom',
    'mambaad extract photos/ | mambaad score --model models/ | jq -c "select(.path)|{path,verdict,model}"',
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

  async run(): Promise<void> {
    const flags = await this.parseFlags();
    const { RetrainReport } = await import('../cli/retrain-report.js');
    const { lockStore } = await import('../core/models/model-store.js');
    const { prepareRetraining } = await import('../core/training/retrain.js');
    const talk = {
      write: this.write.bind(this),
      detail: this.detail.bind(this),
      caution: this.caution.bind(this),
      progress: this.progress.bind(this),
      show: this.show.bind(this),
      paint: this.paint,
    };
    const report = new RetrainReport(talk, this.training);
    const options = await this.options(flags, report);
    const settings = await this.checked(flags);
    this.outliveReader();
    const lock = await lockStore(flags.store);
    try {
      const prepared = await prepareRetraining(flags.store, flags.test, this.signal);
      const { absentClass } = await import('../core/metrics/gates.js');
      // Told before the training: the mean row is the only one that is no class of the test set.
      const absent = absentClass(options.gates, [
        ...prepared.facts.classes.map((name) => ({ class: name })),
        { class: 'mean', mean_of: prepared.facts.classes.length },
      ]);
      if (absent) throw absent;
      const decided = await this.retrain(flags, settings, options, prepared, report);
      await report.tell(decided);
      await report.writeFiles(decided, flags);
      await this.finish();
      this.notice(report.conclude(decided));
    } finally {
      await lock.release();
    }
  }

  private async parseFlags() {
    return (await this.parse(Retrain)).flags;
  }

  /** What can be known to be wrong before anything is read. */
  private async checked(flags: Flagged): Promise<Settings> {
    const settings = trainingOptions(flags);
    const { checkedConfig } = await import('../core/models/check-config.js');
    checkedConfig(settings);
    const { checkOutputFolder } = await import('../core/files/check-output.js');
    await checkOutputFolder(flags.store, '--store');
    const { report, prometheus } = flags;
    await checkReports({
      ...(report !== undefined && { report }),
      ...(prometheus !== undefined && { prometheus }),
    });
    return settings;
  }

  private async options(flags: Flagged, report: RetrainReport): Promise<Omit<RetrainOptions, 'training'>> {
    const { parseGate } = await import('../core/metrics/gates.js');
    return {
      store: flags.store,
      test: flags.test,
      gates: (flags.gate ?? []).map(parseGate),
      maxDrop: parseRate('max-drop', flags['max-drop'], { example: '0.01 or 1%' }),
      protocol: flags.protocol,
      keep: flags.keep,
      ...(flags.report && { curvePoints: 200 }),
      onScore: (role, record) => report.takeScore(role, record),
    };
  }

  private async retrain(
    flags: Flagged,
    settings: Settings,
    options: Omit<RetrainOptions, 'training'>,
    { facts, current }: Prepared,
    report: RetrainReport,
  ): Promise<Decided> {
    const { openEngine } = await import('../core/runtime/engine.js');
    const { retrain } = await import('../core/training/retrain.js');
    const engine = await openEngine(flags.engine);
    const origin = {
      mambaad: this.config.version,
      node: process.version,
      created: new Date().toISOString(),
      ...(current && { replaces: current.manifest.model }),
    };
    const threads = threadsFor(engine, flags.threads);
    const sizes = stepSizes(engine, flags);
    const training = { ...settings, ...sizes, engine: engine.name, threads, origin, signal: this.signal };
    return this.withFeatures(join(flags.store, 'features'), async (collection) => {
      for await (const event of retrain(collection, { facts, current }, { ...options, training })) {
        if (event.kind === 'decided') return event;
        await report.take(event);
      }
      throw new Error('a retraining ended without a decision');
    });
  }
}
