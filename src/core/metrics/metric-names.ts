import type { MetricRecord } from '../records/schemas.js';

/** The seven metrics and their mean, as users write them. */
export const METRIC_NAMES = [
  'image.auroc',
  'image.ap',
  'image.f1max',
  'pixel.auroc',
  'pixel.ap',
  'pixel.f1max',
  'pixel.aupro',
  'mad',
] as const;

export type MetricName = (typeof METRIC_NAMES)[number] | `extra.${string}`;

/** Extra numbers that lie in 0…1 and exist per class and for the mean. */
export const EXTRA_NAMES = ['iou_max', 'f1_range', 'acc_range', 'iou_range'] as const;

/** Whether a record is the mean over the classes, and not a class that happens to be called "mean". */
export function isMean({ class: name, mean_of }: Pick<MetricRecord, 'class' | 'mean_of'>): boolean {
  return mean_of !== undefined && name === 'mean';
}

/** Whether a name is one that users may ask for. */
export function isMetricName(name: string): name is MetricName {
  return (
    (METRIC_NAMES as readonly string[]).includes(name) ||
    EXTRA_NAMES.some((extra) => name === `extra.${extra}`)
  );
}

/** The number behind a name; null where the record does not define it. */
export function metricOf(record: MetricRecord, name: MetricName): number | null {
  if (name === 'mad') return record.mad;
  const [level, metric] = name.split('.') as [string, string];
  if (level === 'extra') return record.extra?.[metric] ?? null;
  const numbers: Record<string, number | null> | null = level === 'image' ? record.image : record.pixel;
  return numbers?.[metric] ?? null;
}
