// The scan and a training step on a GPU, beside the floor that the same GPU sets: bytes moved and exponentials done.
// Usage: node bench/gpu-scan.mjs [--engine webgpu|tensorflow] [--small] [--only scan|step] [--json FILE]      (reads dist/)
// --small is for a dry run on a software adapter; its times say nothing.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dispatch, scratch } from '../dist/core/kernels/webgpu-dispatch.js';
import { mambaad } from '../dist/core/models/mambaad/detector.js';
import { ParameterBlock } from '../dist/core/nn/parameter-block.js';
import { createRandom } from '../dist/core/nn/random.js';
import { openEngine } from '../dist/core/runtime/engine.js';
import { tf } from '../dist/core/runtime/tf.js';
import { DeviceCrew } from '../dist/core/training/device-crew.js';

const { values: options } = parseArgs({
  options: {
    engine: { type: 'string', default: 'webgpu' },
    only: { type: 'string' },
    small: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const paper = mambaad.presets.paper;
const full = { batch: 16, side: 64, channels: 128, directions: 8, states: 16, repeats: 20 };
const small = { batch: 1, side: 16, channels: 16, directions: 2, states: 16, repeats: 1 };
const fullStep = { preset: 'paper', config: paper, images: 16, side: 64, target: 372 };
const tiny = { ...paper, dims: [64, 32, 16, 8], depths: [1, 1, 1, 1], directions: 2 };
const smallStep = { preset: 'tiny', config: tiny, images: 2, side: 16 };
const size = options.small ? small : full;
const random = createRandom(1);

const engine = await openEngine(options.engine);
const report = {
  engine: engine.name,
  device: engine.device,
  kind: engine.kind,
  facts: engine.facts,
  node: process.version,
  size,
};
say(`${engine.name} on ${engine.device} (${engine.kind}), Node ${process.version}`);
if (options.only !== 'step') {
  report.scan = benchScan();
  if (engine.name === 'webgpu') report.floor = benchFloor();
}
if (options.only !== 'scan') report.step = await benchStep();
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
engine.close();

function benchScan() {
  const { batch: B, side, channels: D, directions: K, states: N, repeats } = size;
  const L = side * side;
  const normal = (shape, change = (x) => x) =>
    tf.tensor(
      Float32Array.from({ length: product(shape) }, () => change(random.normal())),
      shape,
    );
  const order = new Int32Array(K * L);
  for (let i = 0; i < K * L; i++) order[i] = Math.floor(i / L) % 2 === 0 ? i % L : L - 1 - (i % L);
  const inputs = {
    u: normal([B, L, D]),
    delta: normal([B, L, K, D]),
    b: normal([B, L, K, N]),
    c: normal([B, L, K, N]),
    a: normal([K, D, N], (x) => -0.1 - Math.abs(x)),
    d: normal([K, D]),
    deltaBias: normal([K, D], (x) => x - 4),
    order: tf.tensor(order, [K, L], 'int32'),
  };
  const attrs = { segment: L, training: true };
  const forward = () => [tf.engine().runKernel('SelectiveScan', inputs, attrs)].flat();
  const forwardMs = time(forward, repeats);
  const [dy, states] = forward();
  const all = { ...inputs, dy, ...(states && { states }) };
  const backwardMs = time(() => tf.engine().runKernel('SelectiveScanGrad', all, attrs), repeats);
  const updates = B * L * K * D * N;
  say(`scan, batch ${B}, ${side}², ${D} channels, ${K} directions, ${(updates / 1e6).toFixed(0)} M states:`);
  say(`  forward  ${forwardMs.toFixed(3)} ms   ${((forwardMs * 1e6) / updates).toFixed(4)} ns a state`);
  say(`  backward ${backwardMs.toFixed(3)} ms   ${(backwardMs / forwardMs).toFixed(2)} × forward`);
  tf.dispose([...Object.values(inputs), dy, ...(states ? [states] : [])]);
  return { forwardMs, backwardMs, updates };
}

/** What any scan must do on this device: read its inputs and write its output once, and one exponential a state. */
function benchFloor() {
  const { batch: B, side, channels: D, directions: K, states: N, repeats } = size;
  const rows = B * side * side;
  const bytes = 4 * rows * (2 * D + K * D + 2 * K * N);
  const elements = options.small ? 1 << 16 : 1 << 25;
  const backend = tf.backend();
  const run = (code, buffers, threads) =>
    dispatch(backend, { label: 'floor', code, buffers, workgroups: [Math.min(65535, threads / 256), 1, 1] });
  const [source, target] = [scratch(backend, 4 * elements), scratch(backend, 4 * elements)];
  const copyMs = time(
    () => run(copyShader(elements), [source, target], elements),
    repeats,
    () => target,
  );
  const perThread = 512;
  const threads = options.small ? 1 << 10 : 1 << 21;
  const expMs = time(
    () => run(expShader(perThread), [target], threads),
    repeats,
    () => target,
  );
  for (const { dataId } of [source, target]) backend.disposeData(dataId);
  const bytesPerMs = (2 * 16 * elements) / copyMs;
  const expsPerMs = (threads * perThread * 4) / expMs;
  const floorMs = Math.max(bytes / bytesPerMs, (rows * K * D * N) / expsPerMs);
  say(
    `floor on this device: ${(bytesPerMs / 1e6).toFixed(0)} GB/s copied, ${(expsPerMs / 1e6).toFixed(0)} G exp2/s`,
  );
  say(
    `  forward floor ${floorMs.toFixed(3)} ms; ours is ${(report.scan.forwardMs / floorMs).toFixed(2)} × that`,
  );
  return { bytesPerMs, expsPerMs, floorMs, ratio: report.scan.forwardMs / floorMs };
}

function copyShader(elements) {
  return `
@group(0) @binding(0) var<storage, read> source: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) grid: vec3u) {
  for (var i = id.x; i < ${elements}u; i += grid.x * 256u) { out[i] = source[i]; }
}`;
}

function expShader(perThread) {
  return `
@group(0) @binding(0) var<storage, read_write> out: array<vec4f>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var x = vec4f(f32(id.x) * 1e-9, 0.1, 0.2, 0.3);
  for (var i = 0u; i < ${perThread}u; i++) { x = exp2(-x); }
  out[id.x] = x;
}`;
}

/**
 * Training steps as `train` does them on a GPU: features are read from files and go up, the whole batch is one shard,
 * and the optimiser stays on the device.
 */
async function benchStep() {
  const { preset, config, images, side, target } = options.small ? smallStep : fullStep;
  const channels = mambaad.teacherChannels(config);
  const shapes = channels.map((width, scale) => [side >> scale, side >> scale, width]);
  const block = new ParameterBlock(mambaad.parameters(config, channels));
  block.initialise(random);
  const zeros = () => new Float32Array(block.values.length);
  const state = { values: block.values, moments: { first: zeros(), second: zeros() } };
  const folder = mkdtempSync(join(tmpdir(), 'gpu-bench-'));
  const { optimiser } = mambaad.training;
  const set = { shapes, images: writeFeatures(folder, shapes, images) };
  const setup = { family: 'mambaad', config, channels, set, featureScale: [1, 1, 1], optimiser, state };
  const crew = new DeviceCrew(mambaad, setup);
  const everyImage = Array.from({ length: images }, (_, i) => i);
  const step = async (n) => {
    const times = [performance.now()];
    const [[{ loss }]] = await crew.gradients([[{ index: 0, images: everyImage, seed: n, weight: 1 }]]);
    times.push(performance.now());
    const norm = Math.sqrt(await crew.squaredNorm());
    await crew.update({ step: n, rate: 1e-4, gradientScale: Math.min(1, 5 / (norm + 1e-6)) });
    wait();
    times.push(performance.now());
    return { loss, gradientMs: times[1] - times[0], updateMs: times[2] - times[1] };
  };
  try {
    await step(1); // compiles
    await step(2);
    const before = tf.memory().numTensors;
    const runs = [];
    for (let n = 0; n < Math.max(1, size.repeats / 2); n++) runs.push(await step(n + 3));
    const mean = (name) => runs.reduce((sum, run) => sum + run[name], 0) / runs.length;
    const [gradientMs, updateMs] = [mean('gradientMs'), mean('updateMs')];
    const ms = gradientMs + updateMs;
    say(
      `training step, preset ${preset}, ${block.trainableSize} parameters, ${images} images: ${ms.toFixed(0)} ms`,
    );
    say(`  gradients ${gradientMs.toFixed(0)} ms, norm and AdamW ${updateMs.toFixed(0)} ms`);
    say(`  loss ${runs.map(({ loss }) => loss.toFixed(3)).join(' ')}`);
    if (target)
      say(`  the published code on an L40S: ${target} ms; ours is ${(ms / target).toFixed(2)} × that`);
    return { ms, gradientMs, updateMs, tensorsKept: tf.memory().numTensors - before };
  } finally {
    await crew.close();
    rmSync(folder, { recursive: true });
  }
}

/** One file a map, as the feature cache might hold them. */
function writeFeatures(folder, shapes, images) {
  return Array.from({ length: images }, (_, image) =>
    shapes.map((shape, scale) => {
      const file = join(folder, `${image}-${scale}`);
      writeFileSync(
        file,
        Float32Array.from({ length: product(shape) }, () => random.normal()),
      );
      return { file, offset: 0, dtype: 'float32' };
    }),
  );
}

/** Milliseconds a call, of many queued calls and one wait. */
function time(call, repeats, resultOf) {
  const once = () => {
    const made = call();
    return resultOf ? () => wait(resultOf()) : finish(made);
  };
  once()();
  once()();
  const start = performance.now();
  let last;
  for (let i = 0; i < repeats; i++) last = once();
  last();
  return (performance.now() - start) / repeats;
}

function finish(made) {
  const tensors = [made].flat();
  const first = tensors[0].flatten().slice(0, 1);
  tf.dispose(tensors);
  return () => {
    first.dataSync();
    first.dispose();
  };
}

/** Waits for everything queued before: reading one number comes after it. */
function wait() {
  const probe = tf.tensor1d([1]).add(1);
  probe.dataSync();
  probe.dispose();
}

function product(shape) {
  return shape.reduce((a, b) => a * b);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
