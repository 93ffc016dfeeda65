// The selective scan on WebAssembly beside its TypeScript reference, the same scan out of tfjs operations, and the floor
// that memory sets: nanoseconds a state update, one image of every stage of the paper's decoder.
// Usage: node bench/scan.mjs > bench/results/scan.md      (reads dist/)

import { registerComposedScan } from '../dist/core/kernels/selective-scan/composed.js';
import { scanBackward, scanForward } from '../dist/core/kernels/selective-scan/reference.js';
import { ScanThreads } from '../dist/core/kernels/selective-scan/scan-threads.js';
import { hasRelaxedSimd, kernelModule } from '../dist/core/kernels/wasm-module.js';
import { wasmDriver } from '../dist/core/runtime/processor-drivers.js';
import { tf } from '../dist/core/runtime/tf.js';
import { machine, shortest, shortestOfAsync, table } from './timing.mjs';

const stages = [
  { length: 64, channels: 1024 },
  { length: 256, channels: 512 },
  { length: 1024, channels: 256 },
  { length: 4096, channels: 128 },
  // Two of the eight directions: a run shorter than a time slice has a chance to be undisturbed.
].map((stage) => ({ ...stage, states: 16, directions: 2, segment: stage.length }));
// As `score` runs it: all eight directions of the finest stage, delta still to be projected.
const threadSize = { length: 4096, channels: 128, states: 16, directions: 8, segment: 4096, rank: 4 };
const peerSize = { length: 256, channels: 64, states: 16, directions: 4, segment: 256 };
const names = ['u', 'delta', 'b', 'c', 'a', 'd', 'deltaBias', 'order'];

const updates = ({ length, channels, states, directions }) => length * channels * states * directions;
const perState = (milliseconds, size) => ((milliseconds * 1e6) / updates(size)).toFixed(3);
const ratio = (slow, fast) => `${(slow / fast).toFixed(2)}×`;

const variants = [{ name: 'plain SIMD', relaxed: false }];
if (hasRelaxedSimd()) variants.push({ name: 'relaxed SIMD', relaxed: true });

console.log(`# Selective scan\n\n${machine()}. Nanoseconds a state update; shortest of many runs.\n`);
console.log('## One thread, by stage of the paper’s decoder\n');
const rows = [];
for (const size of stages) {
  for (const { name, relaxed } of variants) {
    const { forward, training, backward } = onOwnMemory(size, relaxed);
    const [ahead, kept, back] = [shortest(forward), shortest(training), shortest(backward)];
    rows.push([
      `${size.length} × ${size.channels}`,
      name,
      ...[ahead, kept, back].map((time) => perState(time, size)),
      ratio(back, ahead),
    ]);
  }
}
console.log(
  table(
    ['pixels × channels', 'build', 'forward', 'with checkpoints', 'backward', 'backward / forward'],
    rows,
  ),
);

console.log('\n## Threads, 4096 × 128, eight directions, forward with the projection of delta\n');
console.log(table(['threads', 'ns a state', 'against one'], await benchThreads(threadSize, [1, 2])));

console.log(
  `\n## Peers, ${peerSize.length} × ${peerSize.channels}, ${peerSize.directions} directions, one thread\n`,
);
console.log(table(['who', 'forward', 'backward', 'forward against ours'], await benchPeers()));

const bytes = 4 * (2 * 128 + 2 * (128 + 32)) * 4096;
const copy = copyTime(bytes);
console.log(
  `\nFloor of memory, 4096 × 128: ${(bytes / 1e6).toFixed(1)} MB in and out take ${copy.toFixed(2)} ms as a copy, ` +
    `${perState(copy, stages[3])} ns a state. Floor of arithmetic: 19 vector instructions for four updates, 12 with ` +
    'fused multiply-add, of which a core of this kind starts two a cycle (all but one are floating-point ones).',
);

function inputs({ length: L, channels: D, states: N, directions: K }) {
  const noise = (size) =>
    Float32Array.from({ length: size }, (_, i) => Math.sin(12.9898 * i + 78.233 * size));
  const order = new Int32Array(K * L).map((_, i) => (Math.floor(i / L) % 2 ? L - 1 - (i % L) : i % L));
  return {
    u: noise(L * D),
    delta: noise(L * K * D).map((x) => 2 * x),
    b: noise(L * K * N),
    c: noise(L * K * N),
    a: new Float32Array(K * D * N).map((_, i) => -1 - (i % N)),
    d: noise(K * D),
    deltaBias: noise(K * D).map((x) => 2 * x - 4),
    order,
  };
}

/** Lays arrays out one after the other. */
function layOut(memory, start) {
  let end = start;
  return (values) => {
    const at = end;
    end = Math.ceil((at + 4 * values.length) / 64) * 64;
    const missing = end - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65_536));
    new values.constructor(memory.buffer, at, values.length).set(values);
    return at;
  };
}

function onOwnMemory(size, relaxed) {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = kernelModule('selective-scan', { relaxed });
  const scan = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const put = layOut(memory, 1024);
  const values = inputs(size);
  const at = Object.fromEntries(names.map((name) => [name, put(values[name])]));
  const { length: L, channels: D, states: N, directions: K } = size;
  scan.configure(L, D, N, K, size.segment);
  scan.bindParameters(at.a, at.d, at.deltaBias, at.order);
  scan.bindImage(at.u, at.delta, at.b, at.c);
  const zeros = (count) => put(new Float32Array(count));
  const y = zeros(L * D);
  const gradients = names.slice(0, 7).map((name) => zeros(values[name].length));
  scan.bindGradients(put(values.u), ...gradients);
  const checkpoints = zeros(K * scan.tilesPerPath() * Math.ceil(D / 4) * 4 * N);
  const work = zeros(Math.max(scan.forwardWork(), scan.backwardWork()) / 4);
  return {
    forward: () => scan.forward(y, 0, D, work, 0),
    training: () => scan.forward(y, 0, D, work, checkpoints),
    backward: () => scan.backward(0, D, work, checkpoints),
  };
}

async function benchThreads(size, counts) {
  const times = [];
  for (const count of counts) {
    const threads = new ScanThreads(count);
    const put = layOut(threads.memory, threads.dataStart);
    const { u, b, a, d, deltaBias, order } = inputs(size);
    const { length: L, channels: D, states: N, directions: K, rank: R } = size;
    const projected = put(new Float32Array(L * K * (R + 2 * N)).map((_, i) => b[i % b.length]));
    const stepWeights = put(new Float32Array(K * R * D + 4).fill(0.1));
    const at = { u: put(u), projected, stepWeights, a: put(a), d: put(d), deltaBias: put(deltaBias) };
    const job = { ...size, ...at, order: put(order), y: put(new Float32Array(L * D)) };
    times.push(await shortestOfAsync(() => threads.run([job]), 4000));
    await threads.close();
  }
  return times.map((time, i) => [counts[i], perState(time, size), ratio(times[0], time)]);
}

async function benchPeers() {
  const size = { batch: 1, ...peerSize };
  const arrays = inputs(size);
  const { forward, backward } = onOwnMemory(size);
  const ours = [shortest(forward), shortest(backward)];
  const reference = [
    shortest(() => scanForward(size, arrays)),
    shortest(() => scanBackward(size, arrays, arrays.u)),
  ];
  const composed = await composedTimes(size, arrays);
  const row = (name, [ahead, back]) => [
    name,
    perState(ahead, size),
    perState(back, size),
    ratio(ahead, ours[0]),
  ];
  return [
    row('our kernel', ours),
    row('TypeScript reference', reference),
    row('tfjs operations on wasm', composed),
  ];
}

/** The scan out of TensorFlow.js operations, on tfjs-backend-wasm. */
async function composedTimes(size, arrays) {
  await wasmDriver.activate();
  registerComposedScan('wasm');
  const { length: L, channels: D, states: N, directions: K, segment } = size;
  const shapes = [
    [1, L, D],
    [1, L, K, D],
    [1, L, K, N],
    [1, L, K, N],
    [K, D, N],
    [K, D],
    [K, D],
    [K, L],
  ];
  const tensors = Object.fromEntries(
    names.map((name, i) => [
      name,
      tf.tensor(arrays[name], shapes[i], name === 'order' ? 'int32' : 'float32'),
    ]),
  );
  const run = (kernel, more, attrs) =>
    tf.tidy(() => void tf.engine().runKernel(kernel, { ...tensors, ...more }, { segment, ...attrs }));
  const outputs = tf.engine().runKernel('SelectiveScan', tensors, { segment, training: true });
  const states = Array.isArray(outputs) ? outputs[1] : undefined;
  return [
    shortest(() => run('SelectiveScan', {}, { training: false })),
    shortest(() => run('SelectiveScanGrad', { dy: tensors.u, ...(states && { states }) }, {})),
  ];
}

function copyTime(bytes) {
  const from = new Float32Array(bytes / 8).fill(1);
  const to = new Float32Array(bytes / 8);
  return shortest(() => to.set(from));
}
