import { UsageError } from '../errors.js';
import type { MetricRecord } from '../records/schemas.js';
import { EXTRA_NAMES, isMetricName, METRIC_NAMES, type MetricName, metricOf } from './metric-names.js';

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
  /** Product class; "mean" by default. */
  class: string;
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
    class: name?.trim() ?? 'mean',
    metric,
    comparison: comparison as Gate['comparison'],
    bound: parseBound(text, bound!),
  };
}

function unknownMetric(text: string, metric: string): UsageError {
  const known = [...METRIC_NAMES, ...EXTRA_NAMES.map((name) => `extra.${name}`)].join(', ');
  return new UsageError(`gate "${text}": no metric "${metric}"; there are ${known}.`);
}

function parseBound(text: string, bound: string): number {
  const value = Number(bound);
  if (!Number.isFinite(value)) throw new UsageError(`gate "${text}": "${bound}" is not a number.`);
  if (value > 1 || value < 0) {
    const hint = value > 1 && value <= 100 ? ` Did you mean ${value / 100}?` : '';
    throw new UsageError(`gate "${text}": metrics run from 0 to 1.${hint}`);
  }
  return value;
}

/**
 * Holds metric records (classes and mean) against gates, in order. An undefined metric fails its gate. Throws UsageError
 * for a class that no record has.
 */
export function checkGates(gates: readonly Gate[], records: readonly MetricRecord[]): GateResult[] {
  return gates.map((gate) => {
    const record = findRecord(records, gate);
    const value = metricOf(record, gate.metric);
    const passed = value !== null && comparisons[gate.comparison](value, gate.bound);
    const found = value === null ? undefinedText(record) : `${shown(value, gate.bound)}`;
    return {
      passed,
      gate: gate.text,
      class: gate.class,
      metric: gate.metric,
      value,
      message: `${gate.text} ${passed ? 'holds' : 'missed'}: ${found}`,
    };
  });
}

function findRecord(records: readonly MetricRecord[], { text, class: name }: Gate): MetricRecord {
  // The mean comes last, so that a product class that is called "mean" does not hide it.
  const record = records.findLast((candidate) => candidate.class === name);
  if (record) return record;
  const known = records.map((candidate) => candidate.class).join(', ') || 'none';
  throw new UsageError(`gate "${text}": no class "${name}" among the results; there are ${known}.`);
}

function undefinedText({ reasons }: MetricRecord): string {
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
