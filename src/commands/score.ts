import * as Flags from '@oclif/core/flags';
import { threadsFlag, threadsFor } from '../cli/compute-flags.js';
import { failOnFlags, VerdictGate } from '../cli/fail-on.js';
import { engineFlag } from '../cli/flags.js';
import { PipeCommand } from '../cli/pipe-command.js';
import { parseNumber } from '../cli/train-flags.js';
import type { Encoder } from '../core/models/encoders/encoder.js';
import type { LoadedModel } from '../core/models/model-folder.js';
import type { FeatureRecord, ImageRecord } from '../core/records/schemas.js';
import type { RecordScorer } from '../core/scoring/record-scorer.js';

export default class Score extends PipeCommand {
  static override summary = 'Score images against a trained model: one record in, one score record out.';
  static override description =
    'Takes feature records, or image records (then the encoder runs here). Scores leave while later images are still being read; the order stays.';
  static override examples = [
    'mambaad extract photos/ | mambaad score --model models/line1 | jq -c "select(.verdict!=\\"ok\\")|.path"',
    'mambaad extract data/ --split test | mambaad score --model models/line1 | mambaad segment --overlays out/ | mambaad metrics',
    'mambaad extract photos/ | mambaad score --model models/line1 --fail-on anomaly > /dev/null || mail -s "defects" qa@example.com',
    'mambaad extract photos/ | mambaad score --model models/line1 --threshold 0.31 --maps maps/',
  ];
  static override flags = {
    model: Flags.string({ required: true, summary: 'Model folder.' }),
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

  private encoder: Encoder | undefined;

  async run(): Promise<void> {
    const { flags } = await this.parse(Score);
    const gate = new VerdictGate(flags);
    const limit = (name: 'threshold' | 'review' | 'map-threshold') =>
      flags[name] === undefined ? undefined : parseNumber(name, flags[name], -1e9, 1e9);
    const { openEngine } = await import('../core/runtime/engine.js');
    const { findOnnxRuntime } = await import('../core/runtime/onnxruntime.js');
    const { openModel } = await import('../core/models/model-folder.js');
    const { assembleScoringCrew } = await import('../core/scoring/crew.js');
    const { RecordScorer } = await import('../core/scoring/record-scorer.js');
    const model = await openModel(flags.model);
    const engine = await openEngine(flags.engine);
    const native = flags.engine === 'auto' && engine.name === 'wasm' && 'ort' in findOnnxRuntime();
    const threads = threadsFor(engine, flags.threads);
    this.detail(
      `scoring on ${native ? 'onnxruntime with our scan' : engine.name}, ${Math.max(1, threads)} thread(s)`,
    );
    const means = { threads, engine: engine.name, native };
    const crew = await assembleScoringCrew(means, model.manifest, model.block);
    const overrides = {
      threshold: limit('threshold'),
      review: limit('review'),
      mapThreshold: limit('map-threshold'),
    };
    const scorer = new RecordScorer(model.manifest, crew, { overrides, maps: flags.maps });
    const progress = this.progress(undefined, 'scoring');
    try {
      await this.pipe(['image', 'features'], (batch) => this.scoreBatch(batch, scorer, model, gate), {
        batch: 2 * crew.size,
        onDone: (count) => progress.advance(count),
      });
    } finally {
      await crew.close();
      this.encoder?.dispose();
      engine.close();
    }
    await this.finish();
    gate.decide();
  }

  private async scoreBatch(
    batch: (ImageRecord | FeatureRecord)[],
    scorer: RecordScorer,
    model: LoadedModel,
    gate: VerdictGate,
  ) {
    const features = await this.withFeatures(batch, model);
    const scores = await Promise.all(features.map((record) => scorer.score(record)));
    for (const { verdict } of scores) gate.count(verdict);
    return scores;
  }

  /** Runs the encoder for those records that have no features yet. */
  private async withFeatures(
    batch: (ImageRecord | FeatureRecord)[],
    { manifest }: LoadedModel,
  ): Promise<FeatureRecord[]> {
    const isImage = (record: ImageRecord | FeatureRecord): record is ImageRecord => record.type === 'image';
    const images = batch.filter(isImage);
    if (images.length === 0) return batch as FeatureRecord[];
    const { extractFeatures } = await import('../core/data/extract.js');
    const { openModelEncoder } = await import('../core/models/encoders/model-encoder.js');
    this.encoder ??= await openModelEncoder(manifest);
    const source = (async function* () {
      yield* images;
    })();
    const extracted: FeatureRecord[] = [];
    for await (const record of extractFeatures(source, this.encoder, { inline: true, signal: this.signal }))
      extracted.push(record);
    return batch.map((record) => (isImage(record) ? extracted.shift()! : record));
  }
}
