// Fused kernels of the wasm engine beside the same operations composed of TensorFlow.js kernels: CPU ms, batch of 4.
// The composition already has our sums and copies; tfjs' own are slower. Usage: node bench/fused-kernels.mjs

import { cpus } from 'node:os';
import { batchNormTraining } from '../dist/core/kernels/batch-norm/op.js';
import { instanceNormSilu } from '../dist/core/kernels/instance-norm-silu/op.js';
import { layerNorm } from '../dist/core/kernels/layer-norm/op.js';
import { silu, siluGate } from '../dist/core/kernels/silu/op.js';
import { openEngine } from '../dist/core/runtime/engine.js';
import { tf } from '../dist/core/runtime/tf.js';

const eps = 1e-5;
const relu = true;
const cases = [
  ['InstanceNorm', 'instanceNormSilu', (x) => instanceNormSilu(x, eps), halves(64), []],
  ['Silu', 'silu', silu, halves(128), []],
  ['SiluGate', 'siluGate', siluGate, halves(128), ['map']],
  ['LayerNorm', 'layerNorm', (x, w, b) => layerNorm(x, w, b, eps), halves(128), ['row', 'row']],
  [
    'BatchNormTraining',
    'batchNorm + relu',
    (x, w, b) => batchNormTraining(x, w, b, { eps, relu }),
    halves(64).slice(1, 3),
    ['row', 'row'],
  ],
];

await openEngine('wasm');
const lines = [];
for (const [kernel, name, operation, shapes, more] of cases) {
  const config = tf.getKernel(kernel, 'wasm');
  for (const shape of shapes) {
    const inputs = ['map', ...more].map((kind) => tf.randomNormal(kind === 'map' ? shape : shape.slice(-1)));
    const dy = tf.randomNormal(shape);
    const gradients = tf.grads(operation);
    const measure = () => [time(() => operation(...inputs)), time(() => gradients(inputs, dy))];
    const fused = measure();
    tf.unregisterKernel(kernel, 'wasm');
    const composed = measure();
    tf.registerKernel(config);
    const row = [composed[0], fused[0], composed[1], fused[1]].map((ms) => ms.toFixed(2));
    lines.push(`| ${name} | ${shape.join('×')} | ${row.join(' | ')} |`);
    tf.dispose([...inputs, dy]);
  }
}
process.stdout.write(
  `${cpus()[0].model}, Node ${process.version}\n\n` +
    '| operation | shape | forward composed | fused | forward and gradient composed | fused |\n' +
    `|---|---|---|---|---|---|\n${lines.join('\n')}\n`,
);

/** Maps of the decoder's stages, fine to coarse: half the side, twice the channels. */
function halves(channels) {
  return [64, 32, 16, 8].map((side) => [4, side, side, (channels * 64) / side]);
}

/** The quickest of several rounds, in CPU time. */
function time(run) {
  const rounds = Array.from({ length: 6 }, () => {
    const start = process.cpuUsage();
    for (let i = 0; i < 5; i++) tf.tidy(() => void run());
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 5000;
  });
  return Math.min(...rounds);
}
