import { nameForm } from '../records/name-form.js';
import type { MetricRecord } from '../records/schemas.js';
import { type AccumulatorOptions, ClassAccumulator, type ClassEvaluation } from './class-accumulator.js';
import type { ScoredImage } from './scored-image.js';

/** Metrics of every class, sorted by name, and their mean. */
export interface Evaluation {
  classes: ClassEvaluation[];
  /** Class "mean", with `mean_of` classes: the arithmetic mean of the classes' numbers, never of pooled images. */
  mean: MetricRecord;
}

/** Sorts scored images into classes as they arrive and evaluates all classes at the end. */
export class Evaluator {
  private readonly classes = new Map<string, ClassAccumulator>();

  constructor(private readonly options: AccumulatorOptions) {}

  /** Throws DataError for an image that cannot be evaluated; the evaluation stays usable without it. */
  add(image: ScoredImage): void {
    const name = nameForm(image.class);
    let accumulator = this.classes.get(name);
    if (!accumulator) {
      accumulator = new ClassAccumulator(name, this.options);
      this.classes.set(name, accumulator);
    }
    accumulator.add(image);
  }

  /** Class by class, each released before the next, so that the peak is the sorting of one class. */
  finish(): Evaluation {
    const classes: ClassEvaluation[] = [];
    for (const name of [...this.classes.keys()].sort()) {
      classes.push(this.classes.get(name)!.finish());
      this.classes.delete(name);
    }
    return {
      classes,
      mean: meanRecord(
        classes.map(({ record }) => record),
        this.options,
      ),
    };
  }
}

/** Evaluates scored images in one go. */
export async function evaluate(
  images: Iterable<ScoredImage> | AsyncIterable<ScoredImage>,
  options: AccumulatorOptions,
): Promise<Evaluation> {
  const evaluator = new Evaluator(options);
  for await (const image of images) evaluator.add(image);
  return evaluator.finish();
}

/** Mean over the classes in which a number is defined; the reasons name the numbers that some class lacks. */
function meanRecord(records: readonly MetricRecord[], { protocol }: AccumulatorOptions): MetricRecord {
  const reasons: string[] = [];
  const over = (name: string, pick: (record: MetricRecord) => number | null | undefined): number | null => {
    const values = records.map(pick).filter((value) => typeof value === 'number');
    if (values.length > 0 && values.length < records.length) {
      reasons.push(`${name}: mean over ${values.length} of ${records.length} classes`);
    }
    return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  const image = {
    auroc: over('image.auroc', (record) => record.image.auroc),
    ap: over('image.ap', (record) => record.image.ap),
    f1max: over('image.f1max', (record) => record.image.f1max),
  };
  const pixel = records.some((record) => record.pixel) && {
    auroc: over('pixel.auroc', (record) => record.pixel?.auroc),
    ap: over('pixel.ap', (record) => record.pixel?.ap),
    f1max: over('pixel.f1max', (record) => record.pixel?.f1max),
    aupro: over('pixel.aupro', (record) => record.pixel?.aupro),
  };
  return {
    v: 1,
    type: 'metric',
    class: 'mean',
    mean_of: records.length,
    protocol,
    images: total(records, (record) => record.images),
    anomalies: total(records, (record) => record.anomalies),
    image,
    pixel: pixel || null,
    mad: over('mad', (record) => record.mad),
    extra: meanExtra(records),
    ...(reasons.length > 0 && { reasons }),
  };
}

function total(records: readonly MetricRecord[], pick: (record: MetricRecord) => number): number {
  return records.reduce((sum, record) => sum + pick(record), 0);
}

/** Counts and thresholds have no mean over classes; the rest averages where it is defined. */
function meanExtra(records: readonly MetricRecord[]): Record<string, number | null> {
  const names = new Set(records.flatMap((record) => Object.keys(record.extra ?? {})));
  const entries = [...names]
    .filter((name) => name !== 'regions' && !name.endsWith('_threshold'))
    .map((name): [string, number | null] => {
      const values = records
        .map((record) => record.extra?.[name])
        .filter((value) => typeof value === 'number');
      return [name, values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length];
    });
  return Object.fromEntries(entries);
}
