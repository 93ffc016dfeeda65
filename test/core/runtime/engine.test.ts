import { afterEach, describe, expect, test, vi } from 'vitest';
import { UnavailableError } from '../../../src/core/errors.js';
import { drivers, openEngine } from '../../../src/core/runtime/engine.js';
import type { EngineName, Finding } from '../../../src/core/runtime/engine-driver.js';
import { tf } from '../../../src/core/runtime/tf.js';

afterEach(() => {
  vi.restoreAllMocks();
});

/** The machine as we say it is: only the named engines, each with what its driver would report. */
function machineWith(findings: Partial<Record<EngineName, Finding>>): void {
  for (const [name, finding] of Object.entries(findings)) {
    vi.spyOn(drivers[name as EngineName], 'examine').mockResolvedValue(finding);
  }
}

const absent: Finding = { found: false, reason: 'not on this machine' };
const falsify = (values: Float32Array) => {
  values[0] = values[0]! + 10;
};

describe('auto', () => {
  test('takes wasm where there is neither CUDA nor a GPU, and says why the others were passed over', async () => {
    machineWith({ tensorflow: absent, webgpu: absent });
    const engine = await openEngine('auto');
    expect(engine).toMatchObject({ name: 'wasm', backend: 'wasm', kind: 'cpu' });
    expect(engine.passedOver).toEqual([
      { engine: 'tensorflow', reason: 'not on this machine' },
      { engine: 'webgpu', reason: 'not on this machine' },
    ]);
    expect(tf.getBackend()).toBe('wasm');
  });

  test('never takes a software adapter', async () => {
    machineWith({
      tensorflow: absent,
      webgpu: { found: true, kind: 'software', device: 'SwiftShader', facts: {} },
    });
    const engine = await openEngine('auto');
    expect(engine.name).toBe('wasm');
    expect(engine.passedOver).toContainEqual({
      engine: 'webgpu',
      reason: 'SwiftShader is a software adapter',
    });
  });

  test('falls back, with the reason, from an engine that computes wrongly', async () => {
    machineWith({ tensorflow: absent, webgpu: absent });
    const engine = await openEngine('auto', { tamper: (name) => (name === 'wasm' ? falsify : undefined) });
    expect(engine.name).toBe('cpu');
    expect(engine.passedOver.at(-1)).toMatchObject({
      engine: 'wasm',
      reason: expect.stringMatching(/failed its self-test/),
    });
  });

  test('says what was tried when nothing works', async () => {
    machineWith({ tensorflow: absent, webgpu: absent });
    const opening = openEngine('auto', { tamper: () => falsify });
    await expect(opening).rejects.toThrow(/no engine works.*wasm: .*self-test.*cpu: .*self-test/);
  });
});

describe('an engine asked for by name', () => {
  test.each(['wasm', 'cpu'] as const)('%s becomes current and passes its self-test', async (name) => {
    const engine = await openEngine(name);
    expect(engine).toMatchObject({ name, backend: name, passedOver: [] });
    expect(engine.facts.selfTestError).toBeLessThan(1e-6);
    expect(tf.getBackend()).toBe(name);
  });

  test('that computes wrongly is refused', async () => {
    const opening = openEngine('wasm', { tamper: () => falsify });
    await expect(opening).rejects.toThrow(UnavailableError);
    await expect(opening).rejects.toThrow(/engine wasm failed its self-test/);
  });

  test('that is absent is refused with the reason and the way to learn more', async () => {
    machineWith({ webgpu: absent });
    await expect(openEngine('webgpu')).rejects.toThrow(/engine webgpu: not on this machine.*mambaad doctor/);
  });

  test('leaves no tensors behind', async () => {
    await openEngine('wasm');
    const before = tf.memory().numTensors;
    await openEngine('wasm');
    expect(tf.memory().numTensors).toBe(before);
  });
});
