import { describe, expect, test } from 'vitest';
import type { WasmBackend } from '../../../src/core/kernels/wasm-heap.js';
import { trainedFamily } from '../../../src/core/models/registry.js';
import { ParameterBlock } from '../../../src/core/nn/parameter-block.js';
import { createRandom } from '../../../src/core/nn/random.js';
import { openEngine } from '../../../src/core/runtime/engine.js';
import { tf } from '../../../src/core/runtime/tf.js';
import { Detector } from '../../../src/core/scoring/detector.js';
import { accumulateGradients } from '../../../src/core/training/gradients.js';

const shapes = [
  [16, 16, 8],
  [8, 8, 16],
  [4, 4, 32],
];
const mamba = { dims: [64, 32, 16, 8], depths: [1, 1, 1, 1], directions: 2, dropPath: 0.5 };
const families: Record<string, object> = {
  mambaad: mamba,
  'pyramid-mamba': mamba,
  rd4ad: { channels: null, depths: [1, 1, 1] },
  uniad: { hidden: 16, heads: 2, feedForward: 32, side: 4, encoderLayers: 1, decoderLayers: 1 },
};

function setUp(name: string) {
  const family = trainedFamily(name);
  const config = { ...(family.presets.small as object), ...families[name] };
  const random = createRandom(5);
  const block = new ParameterBlock(family.parameters(config, [8, 16, 32]));
  block.initialise(random);
  const images = (count: number) =>
    shapes.map((shape) =>
      Float32Array.from({ length: count * shape.reduce((a, b) => a * b) }, () => random.normal()),
    );
  return { family, config, block, images };
}

/** What the engine holds: tensors, their bytes, and the heap that WebAssembly took from the system. */
function held() {
  const { numTensors, numBytes, numDataBuffers } = tf.memory();
  const { wasm } = tf.backend() as unknown as WasmBackend;
  return { numTensors, numBytes, numDataBuffers, heap: wasm.asm.memory.buffer.byteLength };
}

function afterTurns(turn: (n: number) => void): ReturnType<typeof held>[] {
  const seen = [];
  for (let n = 1; n <= 5; n++) {
    turn(n);
    if (n === 2 || n === 5) seen.push(held());
  }
  return seen;
}

describe.each(Object.keys(families))('%s on wasm', (name) => {
  test('holds as much memory after the fifth training step as after the second', async () => {
    await openEngine('wasm');
    const { family, config, block, images } = setUp(name);
    const gradients = new Float32Array(block.values.length);
    const [second, fifth] = afterTurns((n) => {
      const batch = { features: images(2), shapes, images: 2, seed: n };
      const { loss } = accumulateGradients(family, config, block, batch, 1, gradients);
      expect(loss).toBeGreaterThan(0);
    });
    expect(fifth).toEqual(second);
  });

  test('holds as much memory after the fifth scored image as after the second, and after the second detector as after the first', async () => {
    await openEngine('wasm');
    const { config, block, images } = setUp(name);
    const description = {
      family: name,
      config,
      features: shapes,
      feature_scale: [1, 2, 0.5],
      map_size: 32,
    };
    const afterDetector = () => {
      const detector = new Detector(description, block);
      const [second, fifth] = afterTurns(() => {
        expect(detector.score(images(1)).rawScore).toBeGreaterThan(0);
      });
      expect(fifth).toEqual(second);
      detector.dispose();
      return held();
    };
    // Visiting orders stay on the engine for the next detector.
    const first = afterDetector();
    expect(afterDetector()).toEqual(first);
  });
});
