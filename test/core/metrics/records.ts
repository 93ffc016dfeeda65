import type { MetricRecord } from '../../../src/core/records/schemas.js';

/** A metric record in which every number is `value` unless told otherwise. */
export function metricRecord(
  className: string,
  value: number | null,
  more: Partial<MetricRecord> = {},
): MetricRecord {
  return {
    v: 1,
    type: 'metric',
    class: className,
    ...(className === 'mean' && { mean_of: 2 }),
    protocol: 'exact',
    images: 10,
    anomalies: 4,
    image: { auroc: value, ap: value, f1max: value },
    pixel: { auroc: value, ap: value, f1max: value, aupro: value },
    mad: value,
    extra: { iou_max: value },
    ...more,
  };
}
