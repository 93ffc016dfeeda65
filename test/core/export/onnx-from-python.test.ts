import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decodeRgb, readImageFile } from '../../../src/core/data/decode.js';
import { resizeBilinear } from '../../../src/core/data/resize.js';
import { featureInputs, writeDetector } from '../../../src/core/export/onnx/detector-graph.js';
import { exportOnnx } from '../../../src/core/export/onnx/export-onnx.js';
import { encodeModel } from '../../../src/core/export/onnx/messages.js';
import { OnnxOps } from '../../../src/core/ops/onnx/onnx-ops.js';
import { openSession } from '../../../src/core/runtime/onnxruntime.js';
import { renderedGears } from '../../rendered-parts.js';
import { networkFamilies, smallDetector } from '../models/small-families.js';
import { scratchFolder } from '../weights/small-files.js';
import { smallEncoder, untrained } from './small-model.js';

// No part of this product needs Python; where it has the packages, the recipe of the docs is run as it stands there.
const python = process.env.MAMBAAD_PYTHON ?? 'python3';
const has = (packages: string) => spawnSync(python, ['-c', `import ${packages}`]).status === 0;

const checker = `import sys, onnx
for path in sys.argv[1:]:
    onnx.checker.check_model(path, full_check=True)
    assert {node.domain for node in onnx.load(path).graph.node} == {""}, path`;

test.skipIf(!has('onnx'))("ONNX's own checker passes every kind of export and every network", async () => {
  const folder = await scratchFolder();
  const encoder = smallEncoder();
  const exports = { whole: { encoder }, half: { encoder, half: true }, 'features-in': {} };
  const paths = Object.keys(exports).map((name) => join(folder, `${name}.onnx`));
  for (const [i, options] of Object.values(exports).entries()) {
    await exportOnnx(untrained(encoder), paths[i]!, options);
  }
  for (const name of networkFamilies) {
    const { description, block } = smallDetector(name);
    const ops = new OnnxOps();
    writeDetector(ops, description, block, featureInputs(ops, description));
    paths.push(join(folder, `${name}.onnx`));
    await writeFile(paths.at(-1)!, encodeModel(ops.graph.model(name)));
  }
  const run = spawnSync(python, ['-c', checker, ...paths], { encoding: 'utf8' });
  expect(run.status, run.stderr).toBe(0);
  expect(paths).toHaveLength(3 + networkFamilies.length);
});

test.skipIf(!has('numpy, onnxruntime, PIL'))(
  'the recipe of docs/onnx.md scores in Python as here',
  async () => {
    const folder = await scratchFolder();
    const encoder = smallEncoder();
    const model = join(folder, 'model.onnx');
    await exportOnnx(untrained(encoder), model, { encoder });
    const docs = await readFile(fileURLToPath(new URL('../../../docs/onnx.md', import.meta.url)), 'utf8');
    const recipe = /```python\n([\s\S]*?)```/.exec(docs)![1]!;
    await writeFile(join(folder, 'score.py'), recipe);
    const { good, bad } = await renderedGears();
    const images = [good, bad];
    const run = spawnSync(python, [join(folder, 'score.py'), model, ...images], { encoding: 'utf8' });
    expect(run.status, run.stderr).toBe(0);
    const lines = run.stdout.trim().split('\n');
    const session = await openSession(await readFile(model), { threads: 1 });
    for (const [i, path] of images.entries()) {
      const pixels = await decodeRgb(await readImageFile(path), { path });
      const { data } = resizeBilinear(pixels, 256, 256);
      const outputs = await session.run({ images: { shape: [1, 256, 256, 3], data } });
      const theirs = JSON.parse(lines[i]!) as {
        path: string;
        score: number;
        raw_score: number;
        map_max: number;
      };
      expect(theirs.path).toBe(path);
      expect(theirs.raw_score).toBeCloseTo(outputs.raw_score!.data[0]!, 6);
      expect(theirs.score).toBeCloseTo(outputs.score!.data[0]!, 6);
      expect(theirs.map_max).toBeCloseTo(theirs.raw_score, 6);
    }
  },
);
