import * as Flags from '@oclif/core/flags';
import { ClassNotices } from '../cli/class-notices.js';
import { threadsFlag, threadsFor } from '../cli/compute-flags.js';
import { failOnFlags, VerdictGate } from '../cli/fail-on.js';
import { engineFlag } from '../cli/flags.js';
import { parseNumber } from '../cli/numbers.js';
import { PipeCommand } from '../cli/pipe-command.js';
import { UsageError } from '../core/errors.js';
import type { FeatureRecord, ImageRecord } from '../core/records/schemas.js';
import type { EngineChoice } from '../core/runtime/engine.js';
import type { Scorer, ScorerOptions } from '../core/scoring/open-scorer.js';
import type { ScoringManifest } from '../core/scoring/record-scorer.js';

interface ScoreFlags {
  model: string;
  maps?: string | undefined;
  threshold?: string | undefined;
  review?: string | undefined;
  'map-threshold'?: string | undefined;
  engine: EngineChoice;
  threads?: number | undefined;
}

// Records read and pictures encoded while the detector works.
const readAhead = 2;

export default class Score extends PipeCommand {
  static override summary = 'Score images against a trained model: one record in, one score record out.';
  static override description =
    'Takes feature records, or image records (then the encoder runs here). Scores leave while later images are still being read; the order stays. An exported .onnx file with preprocessing inside takes image records only, and needs nothing else.';
  static override examples = [
    'mambaad extract photos/ | mambaad score --model models/line1 | jq -r "select(.path and .verdict!=\\"ok\\")|.path"',
    'mambaad extract data/ --split test | mambaad score --model models/line1 | mambaad segment --overlays out/ | mambaad metrics',
    'mambaad extract photos/ | mambaad score --model models/line1 --fail-on anomaly > /dev/null || mail -s "defects" qa@example.com',
    'mambaad extract photos/ | mambaad score --model models/line1 --threshold 0.31 --maps maps/',
    'mambaad extract photos/ --list | mambaad score --model line1.onnx',
  ];
  static override flags = {
    model: Flags.string({ required: true, summary: 'Model folder, or an .onnx file that export wrote.' }),
    maps: Flags.string({ summary: 'Write anomaly maps as .npy files here instead of into the records.' }),
    threshold: Flags.string({
      summary: 'Raw score above which an image is defective, in place of the calibrated one.',
    }),
    review: Flags.string({ summary: 'Raw score above which an image goes to review.' }),
    'map-threshold': Flags.string({ summary: 'Raw map value above which a pixel is defective.' }),
    engine: engineFlag,
    threads: threadsFlag,
    ...failOnFlags,
  };

  /** What is to be said of classes without limits; there from when the model is open. */
  private classes: ClassNotices | undefined;

  async run(): Promise<void> {
    const { flags } = await this.parse(Score);
    const gate = new VerdictGate(flags);
    const options = this.options(flags);
    if (flags.maps !== undefined) {
      const { checkOutputFolder } = await import('../core/files/check-output.js');
      await checkOutputFolder(flags.maps, '--maps');
    }
    const { isModelFile } = await import('../core/scoring/exported-model.js');
    const scorer = (await isModelFile(flags.model))
      ? await this.openFile(flags, options)
      : await this.openFolder(flags, options);
    if (gate.isSet) this.outliveReader();
    const progress = this.progress(undefined, 'scoring');
    const score = async (record: ImageRecord | FeatureRecord) => {
      this.repeats.note(record);
      const scored = await scorer.score(record);
      gate.count(scored);
      this.classes?.take(scored);
      return scored;
    };
    try {
      await this.pipe(['image', 'features'], score, {
        inFlight: scorer.size + readAhead,
        onDone: () => progress.advance(1),
      });
    } finally {
      await scorer.close();
    }
    this.sayRepeats('each is scored as often as it came');
    await this.finish();
    gate.decide();
  }

  private async openFolder(flags: ScoreFlags, options: ScorerOptions): Promise<Scorer> {
    const { openEngine } = await import('../core/runtime/engine.js');
    const { findOnnxRuntime } = await import('../core/runtime/onnxruntime.js');
    const { openModel } = await import('../core/models/model-folder.js');
    const { openFolderScorer } = await import('../core/scoring/open-scorer.js');
    const model = await openModel(flags.model);
    await this.checkCalibration(model.manifest, options);
    const engine = await openEngine(flags.engine);
    const native = flags.engine === 'auto' && engine.name === 'wasm' && 'ort' in findOnnxRuntime();
    if (flags.engine === 'auto' && engine.name === 'wasm') await this.noticeSlowness();
    const threads = threadsFor(engine, flags.threads);
    const means = native ? 'onnxruntime with our scan' : engine.name;
    this.detail(`scoring on ${means}, ${Math.max(1, threads)} thread(s)`);
    const scorer = await openFolderScorer(model, { threads, engine: engine.name, native }, options);
    const close = () => scorer.close().finally(() => engine.close());
    return { ...scorer, close };
  }

  private async openFile(flags: ScoreFlags, options: ScorerOptions): Promise<Scorer> {
    if (flags.engine !== 'auto') {
      throw new UsageError(
        `--engine ${flags.engine}: an exported file runs on onnxruntime; leave the flag out`,
      );
    }
    const { readExportedModel } = await import('../core/scoring/exported-model.js');
    const { openFileScorer } = await import('../core/scoring/open-scorer.js');
    const threads = threadsFor({ name: 'cpu' }, flags.threads);
    this.detail(`scoring ${flags.model} on onnxruntime, ${threads} thread(s)`);
    const model = await readExportedModel(flags.model);
    await this.checkCalibration(model.manifest, options);
    return openFileScorer(model, threads, options);
  }

  private doubted = false;

  /** Says the first doubt: what holds for one image will hold for its fellows. */
  private readonly once = (text: string): void => {
    if (!this.doubted) this.caution(text);
    this.doubted = true;
  };

  private async checkCalibration(manifest: ScoringManifest, { overrides }: ScorerOptions): Promise<void> {
    const { checkOverrides } = await import('../core/anomaly/verdict.js');
    checkOverrides(manifest.calibration, overrides);
    this.classes = new ClassNotices(manifest, (text) => this.caution(text));
  }

  private options(flags: ScoreFlags): ScorerOptions {
    const limit = (name: 'threshold' | 'review' | 'map-threshold') =>
      flags[name] === undefined ? undefined : parseNumber(name, flags[name], -1e9, 1e9);
    const overrides = {
      threshold: limit('threshold'),
      review: limit('review'),
      mapThreshold: limit('map-threshold'),
    };
    if (overrides.review !== undefined && overrides.threshold !== undefined)
      if (overrides.review > overrides.threshold)
        throw new UsageError(
          `--review ${flags.review} lies above --threshold ${flags.threshold}: the band is review … threshold`,
        );
    return { overrides, maps: flags.maps, signal: this.signal, onDoubt: this.once };
  }
}
