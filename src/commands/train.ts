import * as Flags from '@oclif/core/flags';
import { stepSizes, threadsFor } from '../cli/compute-flags.js';
import { formatDuration } from '../cli/duration.js';
import { trainFlags, trainingOptions } from '../cli/train-flags.js';
import { TrainingCommand } from '../cli/training-command.js';
import type { Published } from '../cli/training-report.js';

// With four the false alarms are only known to be below 53 %.
const fewForLimits = 5;

export default class Train extends TrainingCommand {
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
    const { flags } = await this.parse(Train);
    const settings = { ...trainingOptions(flags), out: flags.out, resume: flags.resume };
    const { checkResume, checkTraining } = await import('../core/training/check-training.js');
    await checkTraining(settings);
    const { openEngine } = await import('../core/runtime/engine.js');
    const { trainDetector } = await import('../core/training/train-detector.js');
    const engine = await openEngine(flags.engine);
    const threads = threadsFor(engine, flags.threads);
    const task = { ...settings, ...stepSizes(engine, flags) };
    await checkResume(task);
    const options = {
      ...task,
      engine: engine.name,
      threads,
      origin: { mambaad: this.config.version, node: process.version, created: new Date().toISOString() },
      signal: this.signal,
    };
    await this.withFeatures(flags.out, async (collection) => {
      this.notice(
        `training ${flags.family} (${flags.preset}) on ${engine.name}, ${Math.max(1, threads)} thread(s)`,
      );
      for await (const event of trainDetector(collection, options)) {
        if (event.kind === 'published') await this.announce(event, flags.out);
        else await this.training.take(event);
      }
    });
    await this.finish();
  }

  private async announce(published: Published, out: string): Promise<void> {
    await this.write(this.training.modelRecord(published, out));
    const { manifest, steps, seconds, loss } = published;
    const few = manifest.calibration.classes.filter(({ limits }) => limits.n < fewForLimits);
    if (few.length > 0) {
      const names = few.map((entry) => `"${entry.class}" (${entry.limits.n})`).join(', ');
      this.caution(
        `the limits of ${names} rest on few held-out images, so hardly anything is sure of their false alarms: keep more back with --held-out, or give 20 or more other good parts to mambaad calibrate`,
      );
    }
    const made = steps > 0 ? `${steps} steps` : 'fitted';
    this.notice(
      `published ${out} (model ${manifest.model}): ${made} in ${formatDuration(seconds)}, loss ${loss.toFixed(4)}`,
    );
  }
}
