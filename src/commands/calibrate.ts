import * as Flags from '@oclif/core/flags';
import { PipeCommand } from '../cli/pipe-command.js';
import { calibrationRates, parseTopShare } from '../cli/train-flags.js';
import type { Calibration } from '../core/anomaly/calibration.js';
import { topShareOf } from '../core/anomaly/top-share.js';
import { DataError } from '../core/errors.js';
import type { ModelManifest } from '../core/models/model-folder.js';
import { nameForm } from '../core/records/name-form.js';
import type { ScoreRecord } from '../core/records/schemas.js';

export default class Calibrate extends PipeCommand {
  static override summary = 'Set the thresholds of a model from score records of good parts.';
  static override description =
    'Use it when the line has changed or more good parts have come in: the network stays, its limits move. The model folder is replaced in one step.';
  static override examples = [
    'mambaad extract lot7/ --split train | mambaad score --model models/line1 | mambaad calibrate --model models/line1',
    'mambaad calibrate --model models/line1 --target-fpr 0.002 < good-scores.ndjson',
    'mambaad calibrate --model models/line1 --top-share 0.01 < good-scores.ndjson',
    'mambaad calibrate --model models/line1 --review-fpr 0.05 --dry-run < good-scores.ndjson | jq ".limits // empty"',
  ];
  static override flags = {
    model: Flags.string({ required: true, summary: 'Model folder.' }),
    'target-fpr': Flags.string({
      default: '0.01',
      summary: 'Share of good parts that may be called defective.',
    }),
    'review-fpr': Flags.string({
      summary: 'Share of good parts that may be sent to review; larger than --target-fpr.',
    }),
    'top-share': Flags.string({
      summary:
        "From now on score an image by the mean of this share of its map's highest pixels, such as 0.01; see train.",
    }),
    'dry-run': Flags.boolean({ summary: 'Say the limits and leave the model as it is.' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Calibrate);
    const rates = calibrationRates(flags);
    const topShare = parseTopShare(flags['top-share']);
    const { Calibrator } = await import('../core/anomaly/calibration.js');
    const { checkPublication } = await import('../core/files/publish-directory.js');
    const { openModel, publishModel } = await import('../core/models/model-folder.js');
    const { folder, manifest, block } = await openModel(flags.model);
    if (!flags['dry-run']) await checkPublication(folder, '--model');
    this.outliveReader();
    const calibrator = new Calibrator(rates);
    for await (const { record, line } of this.records(['score'])) {
      await this.take(record, calibrator, manifest.model, topShare).catch((error) =>
        this.refuse(error, { record, line }),
      );
    }
    this.sayRepeats('only the first counts, because the others say nothing new of how good parts score');
    const found = calibrator.finish();
    const calibration = await this.merge(manifest, found, topShare);
    for (const { class: name, limits } of found.classes) {
      await this.write({ v: 1, type: 'calibration', model: manifest.model, class: name, limits });
      this.show(
        `${name}: threshold ${limits.threshold.toPrecision(4)} from ${limits.n} good parts (${limits.method}); at most ${(100 * limits.fprBound).toFixed(1)} % false alarms`,
      );
    }
    if (!flags['dry-run']) {
      const { provenance } = manifest;
      // An imported checkpoint does not know its classes.
      const known = calibration.classes.map((entry) => entry.class);
      const classes = manifest.classes.length > 0 ? manifest.classes : known;
      const description = { ...manifest, ...(topShare !== undefined && { top_share: topShare }) };
      await publishModel(folder, block, description, { classes, provenance, calibration });
    }
    await this.finish();
  }

  /** The model's limits with those that were found; classes that no score came in of keep theirs. */
  private async merge(
    { calibration, top_share, classes }: ModelManifest,
    found: Calibration,
    topShare: number | undefined,
  ): Promise<Calibration> {
    const { classesNotIn, mergeCalibration } = await import('../core/anomaly/merge-calibration.js');
    const missing = classesNotIn(calibration, found);
    if (missing.length > 0 && topShare !== undefined && topShare !== top_share) {
      throw new DataError(
        `--top-share ${topShare} changes the score of every class, and no good parts of ${named(missing)} came in; give scores of all classes, ${named([...missing, ...found.classes.map((entry) => entry.class)])}`,
      );
    }
    const untrained = found.classes
      .map((entry) => entry.class)
      .filter((name) => !classes.map(nameForm).includes(name));
    if (classes.length > 0 && untrained.length > 0)
      this.caution(
        `the model was not trained on ${named(untrained)}: look at a few maps before you trust it`,
      );
    const { calibration: merged, kept, pooledKept } = mergeCalibration(calibration, found);
    if (kept.length > 0) {
      const pooled = pooledKept ? ', and so do those of all classes together' : '';
      this.notice(`the limits of ${named(kept)} stay what they were${pooled}: no score came in of them`);
    }
    return merged;
  }

  private async take(
    record: ScoreRecord,
    calibrator: { add(name: string, score: number, map?: Float32Array): void },
    model: string,
    topShare: number | undefined,
  ): Promise<void> {
    if (record.model !== model) {
      throw new DataError(
        `${record.path}: scored by model ${record.model}, this one is ${model}; score the parts again`,
      );
    }
    if (record.label === 'anomaly') {
      throw new DataError(`${record.path}: labelled as an anomaly; calibrate on good parts only`);
    }
    if (this.repeats.note(record)) return;
    const { scoreMap } = await import('../core/records/score-map.js');
    const { data: map } = await scoreMap(record);
    calibrator.add(record.class, topShare === undefined ? record.raw_score : topShareOf(map, topShare), map);
  }
}

function named(classes: readonly string[]): string {
  return classes.map((name) => `"${name}"`).join(', ');
}
