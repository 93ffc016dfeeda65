// Operations of a training step on WebAssembly: this package's kernels beside what TensorFlow.js has (its own kernels,
// or the operations it composes), in one process: milliseconds, forward and all gradients.
// Usage: node bench/kernels.mjs > bench/results/kernels.md      (reads dist/)

import { groupedLinear } from '../dist/core/kernels/grouped-linear/op.js';
import { registerKernels } from '../dist/core/kernels/index.js';
import { instanceNormSilu } from '../dist/core/kernels/instance-norm-silu/op.js';
import { layerNorm } from '../dist/core/kernels/layer-norm/op.js';
import { linear } from '../dist/core/kernels/linear/op.js';
import { silu, siluGate } from '../dist/core/kernels/silu/op.js';
import { wasmDriver } from '../dist/core/runtime/processor-drivers.js';
import { tf } from '../dist/core/runtime/tf.js';
import { machine, shortest, table } from './timing.mjs';

await wasmDriver.activate();

const map = [1, 64, 64, 128];
const depthwise = (x, weight) => tf.depthwiseConv2d(x, weight, 1, 'same');
const conv2d = (stride) => (x, weight) => tf.conv2d(x, weight, stride, 'same');
const cases = [
  [
    'matmul 512³',
    tf.matMul,
    [
      [512, 512],
      [512, 512],
    ],
    2 * 512 ** 3,
  ],
  ['linear 4096 × 64 → 256', linear, [[4096, 64], [64, 256], [256]], 2 * 4096 * 64 * 256],
  ['linear 4096 × 128 → 288', linear, [[4096, 128], [128, 288], [288]], 2 * 4096 * 128 * 288],
  ['linear 64 × 1024 → 512', linear, [[64, 1024], [1024, 512], [512]], 2 * 64 * 1024 * 512],
  [
    'grouped 1024 × 8 × 8 → 256',
    groupedLinear,
    [
      [1024, 8, 8],
      [8, 8, 256],
    ],
    2 * 1024 * 8 * 8 * 256,
  ],
  [
    'convolution 3 × 3 /2, 64 → 128',
    conv2d(2),
    [
      [1, 64, 64, 64],
      [3, 3, 64, 128],
    ],
    2 * 32 * 32 * 9 * 64 * 128,
  ],
  ['depth-wise 3 × 3', depthwise, [map, [3, 3, 128, 1]]],
  ['depth-wise 5 × 5', depthwise, [map, [5, 5, 128, 1]]],
  ['depth-wise 7 × 7', depthwise, [map, [7, 7, 128, 1]]],
  ['layer norm', (x, w, b) => layerNorm(x, w, b, 1e-5), [map, [128], [128]]],
  ['instance norm + SiLU', (x) => instanceNormSilu(x, 1e-5), [map]],
  ['SiLU', silu, [map]],
  ['SiLU gate', siluGate, [map, map]],
  ['sum over pixels', (x) => tf.sum(x, [0, 1, 2]), [map]],
];

const theirs = cases.map(measure);
registerKernels('wasm');
const ours = cases.map(measure);

const cell = (time) => (time === undefined ? 'none' : time.toFixed(2));
const ratio = (their, our) => (their === undefined ? '' : `${(their / our).toFixed(1)}×`);
console.log(
  `# Kernels on WebAssembly, one thread\n\n${machine()}. Milliseconds, shortest of many runs; maps are [${map}].\n`,
);
console.log(
  table(
    ['operation', 'forward', 'tfjs', 'ratio', 'GFLOPS', 'gradients', 'tfjs', 'ratio'],
    cases.map(([name, , , flops], i) => {
      const [our, their] = [ours[i], theirs[i]];
      const speed = flops ? (flops / our.forward / 1e6).toFixed(1) : '';
      const forward = [cell(our.forward), cell(their.forward), ratio(their.forward, our.forward), speed];
      return [
        name,
        ...forward,
        cell(our.gradients),
        cell(their.gradients),
        ratio(their.gradients, our.gradients),
      ];
    }),
  ),
);

/** Gradients are those of all inputs; TensorFlow.js has no kernel for some. */
function measure([, operation, shapes]) {
  const inputs = shapes.map((shape) => tf.randomNormal(shape));
  const dy = tf.tidy(() => tf.onesLike(operation(...inputs)));
  const forward = shortest(() => tf.dispose(operation(...inputs)), 1500);
  const both = () => tf.dispose(tf.grads((...xs) => operation(...xs))(inputs, dy));
  let gradients;
  try {
    gradients = shortest(both, 1500) - forward;
  } catch (error) {
    if (!/not registered|not found/.test(error.message)) throw error;
  }
  tf.dispose([...inputs, dy]);
  return { forward, gradients };
}
