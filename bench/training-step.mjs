// Where the time of one training step goes on the wasm engine: milliseconds by kernel, forward and gradients.
// CPU time of the process, so that other work on the machine disturbs it less than it would wall-clock time.
// Usage: node bench/training-step.mjs [IMAGES] [PRESET] [STEPS]   (default 4 small 2; reads dist/; SHAPES=1 adds shapes)

import { cpus } from 'node:os';
import { mambaad } from '../dist/core/models/mambaad/detector.js';
import { ParameterBlock } from '../dist/core/nn/parameter-block.js';
import { createRandom } from '../dist/core/nn/random.js';
import { openEngine } from '../dist/core/runtime/engine.js';
import { tf } from '../dist/core/runtime/tf.js';
import { adamwStep, shareParameters } from '../dist/core/training/adamw.js';
import { accumulateGradients } from '../dist/core/training/gradients.js';

const images = Number(process.argv[2] ?? 4);
const preset = process.argv[3] ?? 'small';
const steps = Number(process.argv[4] ?? 2);
const shapes = [
  [64, 64, 64],
  [32, 32, 128],
  [16, 16, 256],
];

await openEngine('wasm');
const config = mambaad.presets[preset];
const block = new ParameterBlock(mambaad.parameters(config, [64, 128, 256]));
const random = createRandom(1);
block.initialise(random);
const zeros = () => new Float32Array(block.values.length);
const gradients = zeros();
const moments = { first: zeros(), second: zeros() };
const batch = {
  shapes,
  images,
  seed: 7,
  features: shapes.map((shape) =>
    Float32Array.from({ length: images * shape.reduce((a, b) => a * b) }, () => random.normal()),
  ),
};

const table = new Map();
const shapesOf = new Map();
const timed = timeKernels();
accumulateGradients(mambaad, config, block, batch, 1, gradients); // compiles and grows the heap
table.clear();
timed.total = 0;
shapesOf.clear();
const start = now();
for (let i = 0; i < steps; i++) accumulateGradients(mambaad, config, block, batch, 1, gradients);
const total = (now() - start) / steps;

update(1); // compiles and touches the memory
const updateStart = now();
update(2);
const updateTime = now() - updateStart;

const ms = (value) => value.toFixed(1).padStart(8);
process.stdout.write(
  `${images} images, preset ${preset}, ${block.trainableSize} parameters, ${cpus()[0].model}, Node ${process.version}\n` +
    `${ms(total)} CPU ms a step, of it ${ms(timed.total / steps)} in kernels; adamw ${ms(updateTime)} (not in the step)\n`,
);
report(table, 40);
if (process.env.SHAPES) report(shapesOf, 60);

function report(rows, most) {
  const sorted = [...rows].sort(([, a], [, b]) => b.ms - a.ms).slice(0, most);
  for (const [name, row] of sorted) {
    process.stdout.write(
      `${ms(row.ms / steps)} ms ${String(Math.round(row.calls / steps)).padStart(5)} × ${name}\n`,
    );
  }
}

function update(step) {
  for (const stretch of shareParameters(block, 1)[0]) {
    adamwStep(block.values, gradients, moments, stretch, mambaad.training.optimiser, {
      step,
      rate: 1e-3,
      gradientScale: 1,
    });
  }
}

/** Times every kernel that the engine runs, without the kernels that run inside it. */
function timeKernels() {
  const engine = tf.engine();
  const run = engine.runKernelFunc;
  const sum = { total: 0 };
  const inner = [];
  engine.runKernelFunc = function timedKernel(params) {
    const name = params.kernelName ?? 'customGrad';
    inner.push(0);
    const begun = now();
    const result = run.call(this, params);
    const spent = now() - begun;
    const own = spent - inner.pop();
    if (inner.length > 0) inner[inner.length - 1] += spent;
    sum.total += own;
    count(table, name, own);
    if (process.env.SHAPES) {
      const inputs = Object.values(params.inputs ?? {})
        .flat()
        .map((x) => `[${x?.shape}]`);
      const attrs = JSON.stringify(params.attrs ?? {}).slice(0, 60);
      count(shapesOf, `${name} ${inputs.join(' ')} ${attrs}`, own);
    }
    return result;
  };
  return sum;
}

function now() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function count(rows, name, spent) {
  const row = rows.get(name) ?? { ms: 0, calls: 0 };
  row.ms += spent;
  row.calls++;
  rows.set(name, row);
}
