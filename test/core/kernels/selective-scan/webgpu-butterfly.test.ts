import { expect, test } from 'vitest';
import { butterfly } from '../../../../src/core/kernels/selective-scan/webgpu-butterfly.js';

/** Executes the statements for a whole subgroup in lock step: `table[lane][i]` is value i of a lane. */
function simulate(table: number[][], size: number): (number | undefined)[] {
  const names = table[0]!.map((_, i) => `v${i}`);
  const { lines, results, offset, writes } = butterfly(names, size);
  const lanes: Record<string, number>[] = table.map((values, sub) => ({
    sub,
    ...Object.fromEntries(values.map((value, i) => [`v${i}`, value])),
  }));
  const evaluate = (expression: string, lane: number): number => {
    const js = expression.replace(/(\d)u\b/g, '$1');
    const scope = lanes[lane]!;
    const select = (no: number, yes: number, condition: boolean) => (condition ? yes : no);
    // The partner evaluates the same expression: that is what a shuffle means.
    const shuffled = /subgroupShuffleXor\((.*), (\d+)\)$/.exec(js);
    const own = shuffled ? js.slice(0, shuffled.index) : js;
    const plain = (text: string, at: number) =>
      Function('select', ...Object.keys(lanes[at]!), `return ${text}`)(select, ...Object.values(lanes[at]!));
    if (!shuffled) return plain(own, lane);
    return plain(own.replace(/\+ $/, ''), lane) + plain(shuffled[1]!, scope.sub! ^ Number(shuffled[2]));
  };
  for (const line of lines) {
    const [, name, expression] = /^let (\w+) = (.*);$/.exec(line)!;
    const values = lanes.map((_, lane) => evaluate(expression!, lane));
    for (const [lane, scope] of lanes.entries()) scope[name!] = values[lane]!;
  }
  const sums: (number | undefined)[] = names.map(() => undefined);
  for (const [lane, scope] of lanes.entries()) {
    if (!evaluate(writes, lane)) continue;
    for (const [i, name] of results.entries()) {
      const at = evaluate(offset, lane) + i;
      expect(sums[at], `sum ${at} is written once`).toBeUndefined();
      sums[at] = scope[name]!;
    }
  }
  return sums;
}

test.each([
  [32, 32],
  [32, 4],
  [8, 32],
  [6, 8],
  [2, 16],
  [32, 1],
])('%i values over a subgroup of %i: every sum comes out once, in its place', (values, size) => {
  const table = Array.from({ length: size }, (_, lane) =>
    Array.from({ length: values }, (_, i) => (lane + 1) * 100 + i * i),
  );
  const expected = table[0]!.map((_, i) => table.reduce((sum, row) => sum + row[i]!, 0));
  expect(simulate(table, size)).toEqual(expected);
});

test('as many values as threads cost one shuffle less than there are values', () => {
  const { lines } = butterfly(
    Array.from({ length: 32 }, (_, i) => `v${i}`),
    32,
  );
  expect(lines.filter((line) => line.includes('subgroupShuffleXor'))).toHaveLength(31);
});
