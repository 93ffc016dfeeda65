import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { compareWithBaseline, readBaseline } from '../../../src/core/metrics/baseline.js';
import { absentClass, checkGates, parseGate } from '../../../src/core/metrics/gates.js';
import { metricRecord } from './records.js';

const records = [
  metricRecord('bottle', 0.9),
  metricRecord('cap:tab', 0.7),
  metricRecord('mean', 0.8, { mean_of: 2 }),
];

function outcome(text: string): boolean {
  return checkGates([parseGate(text)], records)[0]!.passed;
}

describe('a gate', () => {
  test('speaks of the mean unless it names a class, which may hold colons', () => {
    expect(parseGate('image.auroc>=0.97')).toMatchObject({
      class: null,
      metric: 'image.auroc',
      comparison: '>=',
      bound: 0.97,
    });
    expect(parseGate(' bottle : pixel.aupro > .9 ')).toMatchObject({ class: 'bottle', bound: 0.9 });
    expect(parseGate('cap:tab:mad<=1')).toMatchObject({ class: 'cap:tab', metric: 'mad' });
  });

  test.each([
    ['mad>=0.8', true],
    ['mad>0.8', false],
    ['mad<=0.8', true],
    ['mad<0.8', false],
    ['mad==0.8', true],
    ['mad!=0.8', false],
    ['bottle:pixel.aupro>0.85', true],
    ['cap:tab:image.f1max>=0.75', false],
    ['extra.iou_max<1', true],
  ])('%s: %s', (text, passed) => expect(outcome(text)).toBe(passed));

  test('that fails says what was found, with digits enough to see that it is short', () => {
    const [result] = checkGates([parseGate('mad>=0.8')], [metricRecord('mean', 0.7999999)]);
    expect(result).toMatchObject({ passed: false, value: 0.7999999 });
    expect(result!.message).toBe('mad>=0.8 missed: 0.7999999');
  });

  test('on an undefined metric fails and gives the reason', () => {
    const record = metricRecord('mean', null, { reasons: ['no anomalous image'] });
    const [result] = checkGates([parseGate('image.auroc<1')], [record]);
    expect(result).toMatchObject({ passed: false, value: null });
    expect(result!.message).toContain('undefined: no anomalous image');
  });

  test.each([
    ['image.auroc', 'expected METRIC>=NUMBER'],
    ['', 'expected METRIC>=NUMBER'],
    ['image.auc>=0.9', 'no metric "image.auc"; there are image.auroc, image.ap'],
    ['constructor>=0.9', 'no metric "constructor"'],
    ['mad>=97', 'metrics run from 0 to 1. Did you mean 0.97?'],
    ['mad>=-1', 'metrics run from 0 to 1.'],
    ['mad>=high', '"high" is not a number'],
  ])('"%s" is refused with a hint', (text, message) => expect(() => parseGate(text)).toThrow(message));

  test('for a class that was not measured is refused with the classes there are', () => {
    const gates = [parseGate('botle:mad>0')];
    expect(checkGates(gates, records)[0]).toMatchObject({ passed: false, value: null });
    expect(absentClass(gates, records)!.message).toBe(
      'gate "botle:mad>0": no class "botle" among the results; there are bottle, cap:tab, mean; did you mean "bottle"?',
    );
    expect(absentClass([parseGate('bottle:mad>0'), parseGate('mad>0')], records)).toBeUndefined();
  });

  test('of a metric that is misspelt says which one is near', () => {
    expect(() => parseGate('imge.auroc>=0.9')).toThrow('did you mean "image.auroc"?');
  });

  test('takes a percentage for a bound, and no other spelling of a number', () => {
    expect(parseGate('image.auroc>=97%').bound).toBe(0.97);
    for (const bound of ['0x1', '1,0', 'Infinity', '%', '1e999', '101%', 'NaN'])
      expect(() => parseGate(`mad>=${bound}`), bound).toThrow(`gate "mad>=${bound}"`);
  });

  test('without a class speaks of the mean also where a class is called mean; with it, of that class', () => {
    const clash = [metricRecord('mean', 0.9, { mean_of: undefined }), metricRecord('mean', 0.5)];
    const values = ['mad>0', 'mean:mad>0'].map((text) => checkGates([parseGate(text)], clash)[0]!.value);
    expect(values).toEqual([0.5, 0.9]);
    expect(checkGates([parseGate('mean:mad>0')], records)[0]!.value).toBe(0.8);
  });

  test.each(['__proto__', 'constructor', 'toString', 'all', 'pooled', 'hasOwnProperty'])(
    'finds a class called %s',
    (name) => {
      const all = [metricRecord(name, 0.9), metricRecord('mean', 0.5)];
      expect(checkGates([parseGate(`${name}:mad>=0.9`)], all)[0]).toMatchObject({ passed: true, value: 0.9 });
      expect(compareWithBaseline(all, all, 0).every(({ passed }) => passed)).toBe(true);
      expect(absentClass([parseGate(`${name}:mad>0`)], [metricRecord('mean', 0.5)])).toBeDefined();
    },
  );

  test('finds a class whose name is written in another normal form', () => {
    const all = [metricRecord('Pr\u00fcfling', 0.9), metricRecord('mean', 0.9)];
    expect(checkGates([parseGate('Pru\u0308fling:mad>=0.9')], all)[0]!.passed).toBe(true);
  });
});

describe('a baseline', () => {
  test('holds a class called mean against that class, and the mean against the mean', () => {
    const rows = (own: number, mean: number) => [
      metricRecord('mean', own, { mean_of: undefined }),
      metricRecord('nut', 0.1),
      metricRecord('mean', mean),
    ];
    const results = compareWithBaseline(rows(1, 0.5), rows(1, 0.5), 0);
    expect(results.every(({ passed }) => passed)).toBe(true);
    const fell = compareWithBaseline(rows(0.9, 0.5), rows(1, 0.5), 0.01).filter(({ passed }) => !passed);
    expect(fell[0]!.message).toBe('class mean:image.auroc was 1.0000, is 0.9000, −0.1000 (may fall by 0.01)');
    expect(compareWithBaseline([metricRecord('mean', 1)], rows(1, 1), 0)[0]).toMatchObject({ passed: false });
  });

  test('knows a class again whose name comes in another normal form', () => {
    const [before, now] = ['Pru\u0308fling', 'Pr\u00fcfling'].map((name) => [metricRecord(name, 0.9)]);
    expect(compareWithBaseline(now!, before!, 0).every(({ passed }) => passed)).toBe(true);
  });

  test('allows a drop of exactly the allowance and nothing more', () => {
    const before = [metricRecord('mean', 0.9)];
    const passed = (value: number) =>
      compareWithBaseline([metricRecord('mean', value)], before, 0.01).every((result) => result.passed);
    expect([0.95, 0.9, 0.89, 0.8899].map(passed)).toEqual([true, true, true, false]);
  });

  test('fails for a metric that is undefined now and for a class that is gone, not for new classes', () => {
    const before = [metricRecord('bottle', 0.9), metricRecord('cap', 0.9)];
    const now = [metricRecord('bottle', null), metricRecord('new', 0.1)];
    const failed = compareWithBaseline(now, before, 1).filter((result) => !result.passed);
    expect(failed).toHaveLength(9);
    expect(failed[0]!.message).toBe('bottle:image.auroc was 0.9000, is undefined now (may fall by 1)');
    expect(failed[8]!.message).toContain('class "cap"');
  });

  test('of another protocol is refused', () => {
    const before = [metricRecord('mean', 0.9, { protocol: 'ader' })];
    expect(() => compareWithBaseline([metricRecord('mean', 0.9)], before, 0)).toThrow('protocol "ader"');
  });

  test('is read from a file in which other records stand too', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mambaad-baseline-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const write = async (name: string, lines: unknown[]) => {
      const path = join(folder, name);
      await writeFile(
        path,
        lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
      );
      return path;
    };
    const good = await write('good', [metricRecord('bottle', 0.9), '', { v: 1, type: 'end' }]);
    expect(await readBaseline(good)).toEqual([metricRecord('bottle', 0.9)]);
    await expect(readBaseline(join(folder, 'absent'))).rejects.toThrow('does not exist');
    await expect(readBaseline(await write('empty', [{ type: 'end' }]))).rejects.toThrow(
      'holds no metric records',
    );
    await expect(readBaseline(await write('torn', ['{"v":1']))).rejects.toThrow(
      'torn:1: expected a JSON object',
    );
    await expect(readBaseline(await write('odd', [{ type: 'metric', v: 1 }]))).rejects.toThrow(
      'odd:1: not a metric',
    );
  });
});
