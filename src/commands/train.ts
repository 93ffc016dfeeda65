import * as Flags from '@oclif/core/flags';
import { threadsFor } from '../cli/compute-flags.js';
import { formatDuration, parseDuration } from '../cli/duration.js';
import { PipeCommand } from '../cli/pipe-command.js';
import { parseConfig, parseNumber, trainFlags } from '../cli/train-flags.js';
import type { FeatureRecord } from '../core/records/schemas.js';
import type { FeatureCollection } from '../core/training/feature-collection.js';
import type { TrainDetectorOptions, TrainingEvent } from '../core/training/train-detector.js';

type Flagged = Awaited<ReturnType<Train['parseFlags']>>;

export default class Train extends PipeCommand {
  static override summary = 'Train one detector for all classes on the features of good parts.';
  static override description =
    'Reads feature records until the end, trains, calibrates thresholds on images kept out of training, and publishes the model folder in one step. Ctrl-C or a kill loses at most --checkpoint-every: run the same line with --resume.';
  static override examples = [
    'mambaad extract data/ --split train | mambaad train --out models/line1',
    'mambaad extract data/ --split train | mambaad train --out models/line1 --budget 30m --resume',
    'mambaad extract data/ --split train | mambaad train --out models/paper --preset paper --epochs 100 --schedule step',
    'mambaad extract data/ --split train | mambaad train --out models/quick --budget 2m | jq -c "select(.type==\\"epoch\\")|{epoch,loss}"',
  ];
  static override flags = {
    out: Flags.string({
      required: true,
      summary: 'Model folder; an earlier model there is replaced when the new one is ready.',
    }),
    resume: Flags.boolean({ summary: 'Go on from the checkpoint beside --out, if there is one.' }),
    ...trainFlags,
  };

  async run(): Promise<void> {
    const flags = await this.parseFlags();
    const { openEngine } = await import('../core/runtime/engine.js');
    const { FeatureCollection } = await import('../core/training/feature-collection.js');
    const { SpoolFile } = await import('../core/training/spool-file.js');
    const { trainDetector } = await import('../core/training/train-detector.js');
    const options = await this.options(flags);
    const engine = await openEngine(flags.engine);
    const threads = threadsFor(engine, flags.threads);
    const spool = new SpoolFile(flags.out);
    try {
      const collection = new FeatureCollection(spool);
      await this.collect(collection);
      this.notice(
        `training ${flags.family} (${flags.preset}) on ${engine.name}, ${Math.max(1, threads)} thread(s)`,
      );
      const run = trainDetector(collection, { ...options, engine: engine.name, threads });
      for await (const event of run) await this.report(event, flags.out);
    } finally {
      await spool.remove();
    }
    await this.finish();
  }

  private async parseFlags() {
    return (await this.parse(Train)).flags;
  }

  private async options(flags: Flagged): Promise<Omit<TrainDetectorOptions, 'engine' | 'threads'>> {
    const bounded = flags.epochs !== undefined || flags.steps !== undefined;
    return {
      out: flags.out,
      family: flags.family,
      preset: flags.preset,
      overrides: parseConfig(flags.config),
      epochs: flags.epochs ?? null,
      steps: flags.steps ?? null,
      budgetSeconds: bounded ? null : parseDuration(flags.budget ?? '10m'),
      batch: flags.batch,
      shard: flags.shard,
      rate: flags.lr === undefined ? null : parseNumber('lr', flags.lr, 1e-9, 10),
      schedule: flags.schedule,
      seed: flags.seed,
      heldOut: parseNumber('held-out', flags['held-out'], 0, 0.9),
      calibration: {
        targetFpr: parseNumber('target-fpr', flags['target-fpr'], 1e-9, 0.999),
        ...(flags['review-fpr'] && {
          reviewFpr: parseNumber('review-fpr', flags['review-fpr'], 1e-9, 0.999),
        }),
      },
      resume: flags.resume,
      checkpointSeconds: parseDuration(flags['checkpoint-every']),
      origin: { mambaad: this.config.version, node: process.version, created: new Date().toISOString() },
      signal: this.signal,
    };
  }

  private async collect(collection: FeatureCollection): Promise<void> {
    const progress = this.progress(undefined, 'reading features');
    for await (const { record, line } of this.records(['features'])) {
      await collection.add(record as FeatureRecord).catch((error) => this.refuse(error, { record, line }));
      progress.advance();
    }
    progress.done();
    if (collection.anomalies > 0)
      this.caution(
        `left out ${collection.anomalies} images labelled as anomalies: training takes good parts only`,
      );
  }

  private bar: ReturnType<PipeCommand['progress']> | null = null;
  private shown = 0;
  private epochStart = { step: 0, seconds: 0, loss: 0 };
  private trainingImages = 0;

  private async report(event: TrainingEvent, out: string): Promise<void> {
    if (event.kind === 'images') {
      this.trainingImages = event.images;
      this.detail(`${event.images} images, ${event.heldOut} held out`);
    } else if (event.kind === 'start') {
      if (event.parameters !== null) this.detail(`${(event.parameters / 1e6).toFixed(2)} M parameters`);
      this.bar = this.progress(1000, 'training');
    } else if (event.kind === 'fitting') {
      this.advance(event.progress.done, event.progress.doing);
    } else if (event.kind === 'step') {
      await this.reportStep(event.step);
    } else if (event.kind === 'calibrating') {
      this.bar?.done();
      this.detail(`calibrating on ${event.images} good images`);
    } else {
      await this.reportModel(event, out);
    }
  }

  private async reportStep(step: Extract<TrainingEvent, { kind: 'step' }>['step']): Promise<void> {
    this.advance(step.progress, `step ${step.step}, loss ${step.loss.toFixed(4)}`);
    this.epochStart.loss += step.loss;
    if (!step.endsEpoch) return;
    const steps = step.step - this.epochStart.step;
    const seconds = step.elapsedSeconds - this.epochStart.seconds;
    await this.write({
      v: 1,
      type: 'epoch',
      epoch: step.epoch,
      step: step.step,
      loss: this.epochStart.loss / steps,
      lr: step.rate,
      images_per_second: this.trainingImages / seconds,
      elapsed_s: step.elapsedSeconds,
    });
    this.epochStart = { step: step.step, seconds: step.elapsedSeconds, loss: 0 };
  }

  private advance(share: number, detail: string): void {
    const permille = Math.min(1000, Math.floor(1000 * share));
    this.bar?.advance(permille - this.shown, detail);
    this.shown = permille;
  }

  private async reportModel(
    event: Extract<TrainingEvent, { kind: 'published' }>,
    out: string,
  ): Promise<void> {
    const { manifest, parameters, steps, seconds, loss } = event;
    await this.write({
      v: 1,
      type: 'model',
      path: out,
      model: manifest.model,
      family: manifest.family,
      preset: manifest.preset,
      parameters,
      classes: manifest.classes,
      images: this.trainingImages,
      steps,
      seconds,
      loss,
    });
    this.notice(
      `published ${out} (model ${manifest.model}): ${steps > 0 ? `${steps} steps` : 'fitted'} in ${formatDuration(seconds)}, loss ${loss.toFixed(4)}`,
    );
  }
}
