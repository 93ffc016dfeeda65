import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { webgpuDriver } from '../../../src/core/runtime/webgpu.js';
import { useSoftwareGpu } from '../../software-gpu.js';

const unavailable = useSoftwareGpu();
if (unavailable) console.warn(`the WebGPU engine is not tested: ${unavailable}`);

describe.skipIf(unavailable)('the WebGPU engine on a software adapter', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine('webgpu');
  });
  afterAll(() => engine?.close());

  test('is found, recognised as software, and opens by name', async () => {
    expect(await webgpuDriver.examine()).toMatchObject({ found: true, kind: 'software' });
    expect(engine).toMatchObject({ name: 'webgpu', backend: 'webgpu', kind: 'software' });
    expect(engine.device).toMatch(/swiftshader/i);
  });

  test('results can be read synchronously, whatever their type', async () => {
    const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    expect([...tf.matMul(x, x).dataSync()]).toEqual([7, 10, 15, 22]);
    expect([...tf.greater(x, 2).dataSync()]).toEqual([0, 0, 1, 1]);
    expect([...tf.argMax(x, 1).dataSync()]).toEqual([1, 1]);
    expect([...(await tf.square(x).data())]).toEqual([1, 4, 9, 16]);
  });

  test('a thousand synchronous reads leave device memory as it was', () => {
    const read = () => tf.tidy(() => tf.tensor1d([1, 2, 3]).add(1).dataSync());
    read();
    const before = tf.memory();
    for (let i = 0; i < 1000; i++) read();
    expect(tf.memory()).toEqual(before);
  });

  test('setImmediate serves everybody else as before', async () => {
    const order: string[] = [];
    const bound = order.push.bind(order, 'bound');
    setImmediate(bound);
    tf.tensor1d([1]).add(1).dataSync();
    order.push('read');
    await promisify(setImmediate)();
    expect(order).toEqual(['read', 'bound']);
  });

  test('can be closed and opened again, and other engines in between', async () => {
    engine.close();
    expect((await openEngine('cpu')).backend).toBe('cpu');
    engine = await openEngine('webgpu');
    expect([...tf.square(tf.tensor1d([3])).dataSync()]).toEqual([9]);
  });
});
