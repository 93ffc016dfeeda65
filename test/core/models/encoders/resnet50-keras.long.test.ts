import { beforeAll, expect, test } from 'vitest';
import { readSafetensors, type StoredTensor, toFloat32 } from '../../../../src/core/files/safetensors.js';
import type { Encoder } from '../../../../src/core/models/encoders/encoder.js';
import { openEncoder } from '../../../../src/core/models/encoders/open-encoder.js';
import { openEngine } from '../../../../src/core/runtime/engine.js';
import { fixturePath } from '../../../fixtures.js';
import { nmse } from './golden-weights.js';
import { kerasWeightsFolder } from './real-weights.js';

let weightsDir: string;
let golden: Map<string, StoredTensor>;
let image: Uint8Array;

beforeAll(async () => {
  await openEngine('wasm');
  weightsDir = await kerasWeightsFolder();
  golden = (await readSafetensors(fixturePath('encoder-resnet50-keras.safetensors'))).tensors;
  image = golden.get('image')!.data as Uint8Array;
});

const engines = ['onnxruntime', 'tfjs'] as const;

test.each(engines)('Keras ResNet-50 on %s gives the reference maps', async (engine) => {
  const encoder = await openEncoder('resnet50-keras', { engine, weightsDir, channels: null });
  const maps = await encoder.encode(image, 1);
  encoder.outputs.forEach((shape, i) => {
    const truth = toFloat32(golden.get(`layer${i + 1}`)!);
    expect(nmse(everyFourth(maps[i]!, shape), truth)).toBeLessThan(1e-10);
    const means = toFloat32(golden.get(`layer${i + 1}.channel_mean`)!);
    expect(nmse(channelMeans(maps[i]!, shape), means)).toBeLessThan(1e-10);
  });
  encoder.dispose();
});

test('both engines give the same projected maps, picture by picture, under the same hash', async () => {
  const pictures = new Uint8Array([...image, ...image.map((v) => 255 - v)]);
  const results = [];
  for (const engine of engines) {
    const encoder = await openEncoder(undefined, { engine, weightsDir });
    results.push({ encoder, maps: await encoder.encode(pictures, 2), first: await encoder.encode(image, 1) });
  }
  const [onnx, eager] = results as [Result, Result];
  expect(onnx.encoder).toMatchObject({ name: 'resnet50-keras', hash: eager.encoder.hash });
  expect(onnx.encoder.outputs).toEqual([
    [64, 64, 64],
    [32, 32, 128],
    [16, 16, 256],
  ]);
  onnx.maps.forEach((map, i) => {
    expect(nmse(map, eager.maps[i]!)).toBeLessThan(1e-10);
    expect(nmse(map.subarray(0, map.length / 2), onnx.first[i]!)).toBeLessThan(1e-12);
  });
  for (const { encoder } of results) encoder.dispose();
});

test('the hash tells projections apart', async () => {
  const hash = async (options: object) => {
    const encoder = await openEncoder('resnet50-keras', { weightsDir, ...options });
    encoder.dispose();
    return encoder.hash;
  };
  const hashes = [await hash({}), await hash({ projectionSeed: 1 }), await hash({ channels: null })];
  expect(new Set(hashes).size).toBe(3);
});

test('an encoder without weights names the command that fetches them', async () => {
  await expect(openEncoder('resnet34', { weightsDir: '/nowhere' })).rejects.toThrow(
    'mambaad weights pull resnet34',
  );
  await expect(openEncoder(undefined, { weightsDir: '/nowhere' })).rejects.toThrow('mambaad weights pull');
});

interface Result {
  encoder: Encoder;
  maps: Float32Array[];
  first: Float32Array[];
}

/** Every fourth row and column of `[H,W,C]`, as CHW: how the fixture keeps maps. */
function everyFourth(map: Float32Array, [height, width, channels]: number[]): number[] {
  const values: number[] = [];
  for (let c = 0; c < channels!; c++) {
    for (let y = 0; y < height!; y += 4) {
      for (let x = 0; x < width!; x += 4) values.push(map[(y * width! + x) * channels! + c]!);
    }
  }
  return values;
}

function channelMeans(map: Float32Array, [height, width, channels]: number[]): Float64Array {
  const means = new Float64Array(channels!);
  for (const [i, v] of map.entries()) means[i % channels!]! += v / (height! * width!);
  return means;
}
