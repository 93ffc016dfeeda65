import { isMean } from '../metrics/metric-names.js';
import type { MetricRecord } from '../records/schemas.js';

/** The seven metrics and their mean, in the order of published tables. */
export const metricColumns: readonly {
  heading: string;
  level: 'image' | 'pixel' | '';
  of(m: MetricRecord): number | null;
}[] = [
  { heading: 'AUROC', level: 'image', of: (m) => m.image.auroc },
  { heading: 'AP', level: 'image', of: (m) => m.image.ap },
  { heading: 'F1-max', level: 'image', of: (m) => m.image.f1max },
  { heading: 'AUROC', level: 'pixel', of: (m) => m.pixel?.auroc ?? null },
  { heading: 'AP', level: 'pixel', of: (m) => m.pixel?.ap ?? null },
  { heading: 'F1-max', level: 'pixel', of: (m) => m.pixel?.f1max ?? null },
  { heading: 'AU-PRO', level: 'pixel', of: (m) => m.pixel?.aupro ?? null },
  { heading: 'mAD', level: '', of: (m) => m.mad },
];

/** Three decimals, or a dash for what is not defined. */
export function figure(value: number | null): string {
  return value === null || !Number.isFinite(value) ? '–' : value.toFixed(3);
}

/** Classes by name, the mean last. */
export function sortedMetrics(metrics: readonly MetricRecord[]): MetricRecord[] {
  const rank = (m: MetricRecord) => (isMean(m) ? 1 : 0);
  return [...metrics].sort(
    (a, b) => rank(a) - rank(b) || (a.class < b.class ? -1 : a.class > b.class ? 1 : 0),
  );
}
