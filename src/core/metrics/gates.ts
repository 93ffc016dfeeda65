import { UsageError } from '../errors.js';
import { didYouMean } from '../nearest-name.js';
import { nameForm } from '../records/name-form.js';
import type { MetricRecord } from '../records/schemas.js';
import {
  EXTRA_NAMES,
  isMean,
  isMetricName,
  METRIC_NAMES,
  type MetricName,
  metricOf,
} from './metric-names.js';

const comparisons = {
  '>=': (value: number, bound: number) => value >= bound,
  '<=': (value: number, bound: number) => value <= bound,
  '>': (value: number, bound: number) => value > bound,
  '<': (value: number, bound: number) => value < bound,
  '==': (value: number, bound: number) => value === bound,
  '!=': (value: number, bound: number) => value !== bound,
};

/** A condition that metrics must meet, such as `bottle:pixel.aupro>0.9`. */
export interface Gate {
  /** As the user wrote it. */
  text: string;
  /** Product class; null is the mean over classes. */
  class: string | null;
  metric: MetricName;
  comparison: keyof typeof comparisons;
  bound: number;
}

/** What became of one gate, or of one metric held against a baseline. */
export interface GateResult {
  passed: boolean;
  /** The condition. */
  gate: string;
  class: string;
  metric: string;
  /** What was measured; null where the metric is undefined or the class absent. */
  value: number | null;
  /** One line for a person. */
  message: string;
}

/**
 * Reads `[class:]metric⋈number` with ⋈ one of `>= <= > < == !=`, e.g. `image.auroc>=0.97`, `bottle:pixel.aupro>0.9`,
 * `mad>=0.85`. Without a class it speaks of the mean over classes. Throws UsageError.
 */
export function parseGate(text: string): Gate {
  // The class is all before the last colon that a metric name follows: class names may hold colons.
  const match =
    /^\s*(?:(?<name>.+):)?\s*(?<metric>[\w.]+)\s*(?<comparison>>=|<=|==|!=|>|<)\s*(?<bound>\S+)\s*$/su.exec(
      text,
    );
  if (!match) {
    throw new UsageError(
      `gate "${text}": expected METRIC>=NUMBER or CLASS:METRIC>=NUMBER, e.g. image.auroc>=0.97.`,
    );
  }
  const { name, metric, comparison, bound } = match.groups as Record<string, string>;
  if (!isMetricName(metric!)) throw unknownMetric(text, metric!);
  return {
    text: text.trim(),
    class: name === undefined ? null : nameForm(name.trim()),
    metric,
    comparison: comparison as Gate['comparison'],
    bound: parseBound(text, bound!),
  };
}

function unknownMetric(text: string, metric: string): UsageError {
  const known = [...METRIC_NAMES, ...EXTRA_NAMES.map((name) => `extra.${name}`)];
  return new UsageError(
    `gate "${text}": no metric "${metric}"; there are ${known.join(', ')}${didYouMean(metric, known)}`,
  );
}

function parseBound(text: string, bound: string): number {
  const [, number = bound, percent] = /^(.*?)(%)?$/su.exec(bound) ?? [];
  const value = Number(number) / (percent ? 100 : 1);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(number) || !Number.isFinite(value))
    throw new UsageError(`gate "${text}": "${bound}" is not a number.`);
  if (value > 1 || value < 0) {
    const hint = !percent && value > 1 && value <= 100 ? ` Did you mean ${value / 100}?` : '';
    throw new UsageError(`gate "${text}": metrics run from 0 to 1.${hint}`);
  }
  return value;
}

/**
 * Holds metric records (classes and mean) against gates, in order. An undefined metric fails its gate, and so does a
 * class that no record has: see `absentClass`.
 */
export function checkGates(gates: readonly Gate[], records: readonly MetricRecord[]): GateResult[] {
  return gates.map((gate) => {
    const record = findRecord(records, gate);
    const value = record ? metricOf(record, gate.metric) : null;
    const passed = value !== null && comparisons[gate.comparison](value, gate.bound);
    const found = value === null ? undefinedText(record) : `${shown(value, gate.bound)}`;
    return {
      passed,
      gate: gate.text,
      class: gate.class ?? 'mean',
      metric: gate.metric,
      value,
      message: `${gate.text} ${passed ? 'holds' : 'missed'}: ${found}`,
    };
  });
}

/** What to throw when a gate speaks of a class that is not among the classes measured: a slip rather than a verdict. */
export function absentClass(
  gates: readonly Gate[],
  measured: readonly MeasuredClass[],
): UsageError | undefined {
  const absent = gates.find((gate) => !findRecord(measured, gate));
  if (!absent) return undefined;
  const names = measured.map((one) => one.class);
  const known = names.join(', ') || 'none';
  return new UsageError(
    `gate "${absent.text}": no class "${absent.class}" among the results; there are ${known}${didYouMean(absent.class ?? '', names)}`,
  );
}

type MeasuredClass = Pick<MetricRecord, 'class' | 'mean_of'>;

/** "mean:" is the mean over classes, unless a product class is called that. */
function findRecord<R extends MeasuredClass>(records: readonly R[], { class: name }: Gate): R | undefined {
  const own = name === null ? undefined : records.find((one) => one.class === name && !isMean(one));
  return own ?? (name === null || name === 'mean' ? records.find(isMean) : undefined);
}

function undefinedText(record: MetricRecord | undefined): string {
  if (!record) return 'there is no such class among the results';
  const { reasons } = record;
  const because = Array.isArray(reasons) && reasons.length > 0 ? `: ${reasons.join('; ')}` : '';
  return `undefined${because}`;
}

/** Four digits, or as many as it takes to show on which side of the bound the value lies. */
function shown(value: number, bound: number): string {
  for (let digits = 4; digits < 17; digits++) {
    const text = value.toFixed(digits);
    if (Number(text) !== bound || value === bound) return text;
  }
  return String(value);
}
