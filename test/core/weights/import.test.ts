import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { GraphBuilder } from '../../../src/core/export/onnx/graph-builder.js';
import { encodeModel } from '../../../src/core/export/onnx/messages.js';
import { resnet34, wideResnet50 } from '../../../src/core/models/encoders/residual-network.js';
import { resnet50Keras } from '../../../src/core/models/encoders/resnet50-keras.js';
import { sizeOf } from '../../../src/core/tensor.js';
import { importWeights } from '../../../src/core/weights/import.js';
import { loadWeights } from '../../../src/core/weights/store.js';
import { checkpoint, layersPackage, scratchFolder } from './small-files.js';

test.each(['', 'net_t.', 'module.net_t.'])(
  'a checkpoint with names under "%s" is recognised',
  async (prefix) => {
    const dir = await scratchFolder();
    const file = join(dir, 'net.safetensors');
    await writeFile(file, checkpoint(resnet34, prefix));
    expect(await importWeights(file, { dir })).toMatchObject({ name: 'resnet34' });
    const tensors = await loadWeights(resnet34, dir);
    expect(tensors.get(resnet34.parameters[7]!.name)!.data[0]).toBe(7);
  },
);

test('a checkpoint of another network is refused by the first tensor that differs', async () => {
  const dir = await scratchFolder();
  const file = join(dir, 'wide.safetensors');
  await writeFile(file, checkpoint(wideResnet50));
  await expect(importWeights(file, { as: 'resnet34', dir })).rejects.toThrow(
    'wide.safetensors: tensor layer1.0.conv1.weight is [128,64,1,1], resnet34 wants [64,64,3,3]',
  );
});

test('a pickle is refused unread, with the way to convert it', async () => {
  const dir = await scratchFolder();
  const file = join(dir, 'net.pth');
  await writeFile(
    file,
    Buffer.from([0x80, 0x02, 0x7d, 0x71, 0x00, 0x28, 0x58, 0x05, 0, 0, 0, 0x63, 0x6f, 0x6e, 0x76]),
  );
  await expect(importWeights(file, { as: 'resnet34', dir })).rejects.toThrow(/pickle.*safetensors/);
});

test('an empty file and a text are refused by name', async () => {
  const dir = await scratchFolder();
  for (const text of ['', 'hello, these are no weights at all']) {
    const file = join(dir, 'weights.bin');
    await writeFile(file, text);
    await expect(importWeights(file, { dir })).rejects.toThrow('weights.bin');
  }
});

test('ONNX initialisers that kept their names are weights', async () => {
  const dir = await scratchFolder();
  const model = new GraphBuilder().model('checkpoint');
  model.graph.initializer = resnet34.parameters.map(({ name, shape }, i) => {
    const rawData = new Uint8Array(new Float32Array(sizeOf(shape)).fill(i).buffer);
    return { name, dims: [...shape], dataType: 1, rawData };
  });
  const file = join(dir, 'resnet.onnx');
  await writeFile(file, encodeModel(model));
  expect(await importWeights(file, { dir })).toMatchObject({ name: 'resnet34' });
  expect((await loadWeights(resnet34, dir)).get(resnet34.parameters[9]!.name)!.data.at(-1)).toBe(9);
});

test('a model.json with its shards is weights', async () => {
  const dir = await scratchFolder();
  const root = await layersPackage(dir, resnet50Keras);
  await importWeights(join(root, 'Model', 'model.json'), { dir });
  expect((await loadWeights(resnet50Keras, dir)).size).toBe(resnet50Keras.parameters.length);
  await copyFile(join(root, 'Model', 'a.bin'), join(root, 'Model', 'c.bin'));
  await expect(importWeights(join(root, 'Model', 'model.json'), { dir })).rejects.toThrow(
    'its shards end before tensor',
  );
});

test('a file that is not there is reported as such', async () => {
  const dir = await scratchFolder();
  await expect(importWeights(join(dir, 'absent.safetensors'), { dir })).rejects.toThrow('does not exist');
});
