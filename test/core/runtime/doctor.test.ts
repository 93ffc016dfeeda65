import { afterEach, expect, test, vi } from 'vitest';
import { examine, examineMachine } from '../../../src/core/runtime/doctor.js';
import { drivers } from '../../../src/core/runtime/engine.js';
import { run } from '../../process.js';

afterEach(() => {
  vi.restoreAllMocks();
});

test('every engine is reported, one is chosen, and each of the others carries a reason', async () => {
  const reports = await examine();
  expect(reports.map((report) => report.engine)).toEqual(['tensorflow', 'webgpu', 'wasm', 'cpu']);
  expect(reports.filter((report) => report.chosen)).toHaveLength(1);
  for (const report of reports) {
    if (!report.chosen) expect(report.whyNot, report.engine).toMatch(/\w/);
  }
});

test('a software adapter is reported as found, with the reason why it is not used', async () => {
  const swiftshader = { found: true, kind: 'software', device: 'SwiftShader', facts: {} } as const;
  vi.spyOn(drivers.webgpu, 'examine').mockResolvedValue(swiftshader);
  const report = (await examine()).find(({ engine }) => engine === 'webgpu');
  expect(report).toMatchObject({ found: true, chosen: false, whyNot: 'SwiftShader is a software adapter' });
});

test('an engine that fails its self-test is reported as found and passed over', async () => {
  const reports = await examine({
    tamper: (name) => (name === 'cpu' ? undefined : (values) => values.fill(Number.NaN)),
  });
  expect(reports.find(({ engine }) => engine === 'wasm')).toMatchObject({
    found: true,
    chosen: false,
    whyNot: expect.stringMatching(/failed its self-test/),
  });
  expect(reports.find(({ engine }) => engine === 'cpu')).toMatchObject({ chosen: true });
});

test('the machine is described with its Node, processor, memory and onnxruntime', () => {
  const machine = examineMachine('/nowhere/weights');
  expect(machine.node).toBe(process.version);
  expect(machine.cpu.cores).toBeGreaterThan(0);
  expect(machine.cpu.wasmSimd).toBe(true);
  expect(machine.memoryBytes).toBeGreaterThan(machine.freeMemoryBytes);
  expect(machine.onnxruntime).toEqual({
    version: expect.stringMatching(/^\d+\.\d+/),
    path: expect.stringMatching(/onnxruntime_binding\.node$/),
  });
  expect(machine.weights).toEqual({ folder: '/nowhere/weights', files: [] });
});

test('the engine that is taken tells how its self-test went and how long it took', async () => {
  const { lines, stderr } = await run(['doctor']);
  const { facts } = lines.map((line) => JSON.parse(line)).find(({ chosen }) => chosen);
  expect(facts.selfTestError).toBeLessThan(1e-6);
  expect(facts.selfTestMs).toBeGreaterThanOrEqual(0);
  expect(stderr).toContain(`self-test passed in ${facts.selfTestMs} ms`);
});
