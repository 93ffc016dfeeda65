import { DataError, UsageError } from '../errors.js';
import { readGivenText } from '../files/given-file.js';
import { nameForm } from '../records/name-form.js';
import type { MetricRecord } from '../records/schemas.js';
import type { GateResult } from './gates.js';
import { isMean, METRIC_NAMES, metricOf } from './metric-names.js';

/**
 * Holds metrics against earlier ones: every metric that the baseline defines, of every class and of the mean,
 * may fall by at most `maxDrop` (absolute). A metric that has become undefined fails, and so does a class that is gone;
 * new classes pass. Throws UsageError when the two were measured by different protocols.
 */
export function compareWithBaseline(
  records: readonly MetricRecord[],
  baseline: readonly MetricRecord[],
  maxDrop: number,
): GateResult[] {
  return baseline.flatMap((before) => {
    const name = nameForm(before.class);
    const now = records.find((one) => nameForm(one.class) === name && isMean(one) === isMean(before));
    if (!now) return [missingClass(before.class)];
    checkProtocol([before], now.protocol);
    return METRIC_NAMES.flatMap((metric) => {
      const old = metricOf(before, metric);
      const row = isMean(before) || name !== 'mean' ? name : 'class mean';
      return old === null ? [] : [compareMetric(metric, metricOf(now, metric), old, maxDrop, name, row)];
    });
  });
}

/** @throws UsageError when a baseline was measured by another protocol */
export function checkProtocol(
  baseline: readonly Pick<MetricRecord, 'protocol'>[],
  protocol: MetricRecord['protocol'],
): void {
  const other = baseline.find((record) => record.protocol !== protocol)?.protocol;
  if (other === undefined) return;
  throw new UsageError(
    `baseline: measured by protocol "${other}", these results by "${protocol}"; use the same --protocol.`,
  );
}

function missingClass(name: string): GateResult {
  return {
    passed: false,
    gate: `${name} is measured`,
    class: name,
    metric: 'mad',
    value: null,
    message: `class "${name}" is in the baseline and not among these results`,
  };
}

function compareMetric(
  metric: string,
  value: number | null,
  old: number,
  maxDrop: number,
  of: string,
  row: string,
): GateResult {
  // A drop of exactly the allowance passes although 0.9 − 0.89 is not quite 0.01 in floating point.
  const passed = value !== null && old - value <= maxDrop + 1e-12;
  const change = value === null ? 'undefined now' : `${value.toFixed(4)}, ${signed(value - old)}`;
  return {
    passed,
    gate: `${row}:${metric} may fall by ${maxDrop}`,
    class: of,
    metric,
    value,
    message: `${row}:${metric} was ${old.toFixed(4)}, is ${change}${passed ? '' : ` (may fall by ${maxDrop})`}`,
  };
}

function signed(change: number): string {
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(4)}`;
}

/**
 * The metric records of an NDJSON file that an earlier `metrics` wrote; other records are passed over.
 * Throws InputMissingError and DataError.
 */
export async function readBaseline(path: string): Promise<MetricRecord[]> {
  const expected = 'the output of an earlier "mambaad metrics"';
  const text = await readGivenText(path, { expected, limit: 1 << 28 });
  // Only here, because zod takes its time to load.
  const { MetricRecord } = await import('../records/schemas.js');
  const records: MetricRecord[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const value = parseLine(line, `${path}:${i + 1}`);
    if (value.type !== 'metric') continue;
    const checked = MetricRecord.safeParse(value);
    if (!checked.success) {
      const [issue] = checked.error.issues;
      throw new DataError(
        `${path}:${i + 1}: not a metric record: ${issue!.path.join('.')} ${issue!.message}.`,
      );
    }
    records.push(checked.data);
  }
  if (records.length === 0) {
    throw new DataError(
      `baseline ${path}: holds no metric records; pass the output of an earlier "mambaad metrics".`,
    );
  }
  return records;
}

function parseLine(line: string, where: string): { type?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Falls through to the same complaint as a line that is JSON but no object.
  }
  throw new DataError(`${where}: expected a JSON object on each line of a baseline.`);
}
