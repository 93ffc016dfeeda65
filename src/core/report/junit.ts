import { escapeMarkup } from './escape.js';
import { figure } from './figures.js';
import {
  classesOf,
  isFailure,
  outcome,
  type ReportData,
  type ReportGate,
  type ReportImage,
} from './report-data.js';

interface Suite {
  readonly name: string;
  readonly cases: readonly string[];
  readonly failures: number;
  readonly skipped: number;
  readonly errors: number;
  readonly seconds: number;
}

/**
 * JUnit XML as CI systems read it: a suite per class with a case per image, and a suite of the gates. A case fails when
 * the verdict is wrong (label known) or the part is bad (no label); parts for review are skipped, and one without a
 * verdict is an error: it was not tested.
 */
export function junitXml(data: ReportData): string {
  const suites = classesOf(data.images).map((name) =>
    imageSuite(
      name,
      data.images.filter((image) => image.class === name),
    ),
  );
  if (data.gates?.length) suites.push(gateSuite(data.gates));
  const sum = (key: 'failures' | 'skipped' | 'errors' | 'seconds') =>
    suites.reduce((total, suite) => total + suite[key], 0);
  const tests = suites.reduce((total, suite) => total + suite.cases.length, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${counts(data.title, { tests, failures: sum('failures'), skipped: sum('skipped'), errors: sum('errors') }, sum('seconds'))}>`,
    ...suites.flatMap((s) => [
      `  <testsuite${counts(s.name, { tests: s.cases.length, failures: s.failures, skipped: s.skipped, errors: s.errors }, s.seconds)}>`,
      ...s.cases,
      '  </testsuite>',
    ]),
    '</testsuites>\n',
  ].join('\n');
}

function imageSuite(name: string, images: readonly ReportImage[]): Suite {
  return {
    name,
    cases: images.map(imageCase),
    failures: images.filter(isFailure).length,
    skipped: images.filter((image) => outcome(image) === 'review').length,
    errors: images.filter((image) => outcome(image) === 'unknown').length,
    seconds: images.reduce((total, image) => total + (image.ms ?? 0) / 1000, 0),
  };
}

function imageCase(image: ReportImage): string {
  const head = `    <testcase${attribute('classname', image.class)}${attribute('name', image.path)}${attribute('time', seconds((image.ms ?? 0) / 1000))}`;
  const what = outcome(image).replace('_', ' ');
  if (what === 'review')
    return `${head}><skipped${attribute('message', `for review, ${scores(image)}`)}/></testcase>`;
  if (what === 'unknown') {
    const message = `no verdict, the model has no limits for class "${image.class}", ${scores(image)}`;
    return `${head}><error type="unknown"${attribute('message', message)}/></testcase>`;
  }
  if (!isFailure(image)) return `${head}/>`;
  const truth = image.label ? `, labelled ${image.label}${image.defect ? ` (${image.defect})` : ''}` : '';
  const overlay = typeof image.overlayPng === 'string' ? `\noverlay: ${image.overlayPng}` : '';
  const body = `${scores(image)}, verdict ${image.verdict}${truth}`;
  // The line break is ours; everything around it is escaped line by line.
  const text = (body + overlay).split('\n').map(escapeMarkup).join('\n');
  return `${head}><failure${attribute('type', what)}${attribute('message', `${what}: ${body}`)}>${text}</failure></testcase>`;
}

function gateSuite(gates: readonly ReportGate[]): Suite {
  const cases = gates.map((gate) => {
    const head = `    <testcase classname="gates"${attribute('name', gate.text)}`;
    if (gate.ok) return `${head}/>`;
    return `${head}><failure type="gate"${attribute('message', `measured ${figure(gate.value)}`)}/></testcase>`;
  });
  return {
    name: 'gates',
    cases,
    failures: gates.filter((gate) => !gate.ok).length,
    skipped: 0,
    errors: 0,
    seconds: 0,
  };
}

function counts(name: string, numbers: Record<string, number>, time: number): string {
  const rest = Object.entries(numbers).map(([key, value]) => attribute(key, `${value}`));
  return [attribute('name', name), ...rest, attribute('time', seconds(time))].join('');
}

function scores(image: ReportImage): string {
  return `score ${image.score.toFixed(3)} (threshold 0.5), raw ${image.raw_score.toPrecision(4)}`;
}

function seconds(value: number): string {
  return value.toFixed(3);
}

function attribute(name: string, value: string): string {
  return ` ${name}="${escapeMarkup(value)}"`;
}
