import type { FeatureRecord } from '../core/records/schemas.js';
import type { FeatureCollection } from '../core/training/feature-collection.js';
import { PipeCommand } from './pipe-command.js';
import { TrainingReport } from './training-report.js';

/** What `train` and `retrain` share: features of good parts come in on stdin, and a training run is told. */
export abstract class TrainingCommand extends PipeCommand {
  protected readonly training = new TrainingReport({
    write: (record) => this.write(record),
    detail: (text) => this.detail(text),
    caution: (text) => this.caution(text),
    progress: (total, label) => this.progress(total, label),
  });

  /** Reads stdin to its end and works on what came; inline features lie in a file beside `place` meanwhile. */
  protected async withFeatures<R>(
    place: string,
    work: (collection: FeatureCollection) => Promise<R>,
  ): Promise<R> {
    const { FeatureCollection } = await import('../core/training/feature-collection.js');
    const { SpoolFile } = await import('../core/training/spool-file.js');
    const spool = new SpoolFile(place);
    try {
      const collection = new FeatureCollection(spool);
      await this.collect(collection);
      return await work(collection);
    } finally {
      await spool.remove();
    }
  }

  private async collect(collection: FeatureCollection): Promise<void> {
    const progress = this.progress(undefined, 'reading features');
    for await (const { record, line } of this.records(['features'])) {
      progress.advance();
      await this.take(record as FeatureRecord, collection).catch((error) =>
        this.refuse(error, { record, line }),
      );
    }
    progress.done();
    this.sayRepeats('only the first is trained on');
    const { anomalies, unlabelled } = collection;
    if (anomalies > 0)
      this.caution(`left out ${anomalies} images labelled as anomalies: training takes good parts only`);
    if (unlabelled > 0)
      this.caution(
        `${unlabelled} images have no label and are taken as good parts; mambaad extract --split train says which are`,
      );
  }

  private async take(record: FeatureRecord, collection: FeatureCollection): Promise<void> {
    // The same picture at another size is no repetition but a mistake.
    collection.check(record);
    if (!this.repeats.note(record)) await collection.add(record);
  }
}
