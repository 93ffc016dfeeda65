import { beforeAll, expect, test } from 'vitest';
import { examples, title } from './collect.js';
import { hasProgram, Workshop } from './workshop.js';

/** Beginnings of what is not run, and why; examples.test.ts checks these like all others. */
const notRun: [beginning: string, reason: string][] = [
  ['apt-get install', 'installs a package of the system; scripts/ci-engines.sh does the same without'],
  ['mambaad extract data/ --split train --encoder wide_resnet50_2', 'trains 80 million parameters'],
];

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.open();
});

const runnable = examples().filter(
  ({ script }) => !notRun.some(([beginning]) => script.startsWith(beginning)),
);
const cases = runnable.map((example) => [title(example), example] as const);

test.for(cases)('%s', async ([, example], context) => {
  const { script } = example;
  const usesJq = /\bjq\b/.test(script);
  if (usesJq && !hasProgram('jq')) context.skip('jq is not installed');
  const { exitCode, stdout, stderr } = await workshop.run(example);
  const mayRefuse = /--gate|--fail-on|--max-drop|mambaad retrain/.test(script);
  expect(mayRefuse ? [0, 3] : [0], stderr).toContain(exitCode);
  // A filter that lets the end record through prints a line of nothing.
  if (usesJq) expect(stdout).not.toMatch(/^(null|[[{]("\w+":)?null(,("\w+":)?null)*[\]}])$/m);
});

test('what is not run is still there', () => {
  const scripts = examples().map(({ script }) => script);
  for (const [beginning] of notRun) {
    expect(scripts.filter((script) => script.startsWith(beginning))).toHaveLength(1);
  }
});
