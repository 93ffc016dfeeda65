// The student network, ours and PyTorch's, in one run: a scored image and a training step, with the same weights and
// features, checked to be the same function. PyTorch runs the scan as a loop over the sequence, as the published code
// does where it has no CUDA kernel, and in a form that is kinder to it (bench/peers/mambaad_torch.py).
// Usage: node bench/against-pytorch.mjs [--presets small,paper] [--python PYTHON] [--repeats 1] [--threads 2] [--limit 200]
// --limit: seconds of CPU time after which PyTorch is stopped; the ratio is then what it is at least. Reads dist/.
// On a machine with other work to do the ratio of CPU time is the one to look at: waiting counts for neither side.
// Without PyTorch only ours is measured, and a line says so. MAMBAAD_TFJS_NODE adds the tensorflow engine.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openSafetensors, readSafetensors, writeSafetensors } from '../dist/core/files/safetensors.js';
import { mambaad } from '../dist/core/models/mambaad/detector.js';
import { NamedWeights } from '../dist/core/nn/named-weights.js';
import { ParameterBlock } from '../dist/core/nn/parameter-block.js';
import { createRandom } from '../dist/core/nn/random.js';
import { TfOps } from '../dist/core/ops/tf-ops.js';
import { openEngine } from '../dist/core/runtime/engine.js';
import { inScope } from '../dist/core/runtime/scope.js';
import { tf } from '../dist/core/runtime/tf.js';
import { Detector } from '../dist/core/scoring/detector.js';
import { assembleCrew } from '../dist/core/training/assemble-crew.js';
import { machine, table } from './timing.mjs';

const { values: options } = parseArgs({
  options: {
    presets: { type: 'string', default: 'small,paper' },
    python: { type: 'string' },
    repeats: { type: 'string', default: '1' },
    limit: { type: 'string', default: '200' },
    threads: { type: 'string', default: String(availableParallelism()) },
  },
});
const threads = Number(options.threads);
const peer = join(dirname(fileURLToPath(import.meta.url)), 'peers', 'mambaad_torch.py');
const folder = mkdtempSync(join(tmpdir(), 'against-pytorch-'));
const scans = ['published', 'kind'];
const channels = [64, 128, 256];
const shapes = channels.map((width, scale) => [64 >> scale, 64 >> scale, width]);
const say = (line) => process.stdout.write(`${line}\n`);

const python = findPython();
say(`${machine()}, ${threads} threads on either side\n`);
if (!python) say('PyTorch: not found (try --python or MAMBAAD_PYTHON), so only ours is measured.\n');
try {
  for (const preset of options.presets.split(',')) await comparePreset(preset);
} finally {
  rmSync(folder, { recursive: true });
}

async function comparePreset(preset) {
  // Without drop path both sides compute the same gradients, with the same work.
  const problem = await makeProblem(preset, { ...mambaad.presets[preset], dropPath: 0 });
  const forward = await forwardTimes(problem);
  const step = await stepTimes(problem);
  const parameters = `${(problem.block.trainableSize / 1e6).toFixed(2)} M parameters`;
  say(`## Preset ${preset}, ${parameters}, features of one 256² image\n`);
  const theirs = { forward: runPeers(problem, 'forward'), step: runPeers(problem, 'step') };
  if (python) await checkAgreement(theirs, forward.outputs, step);
  const rows = [
    ...forward.rows.map((ours) => row(ours, theirs.forward)),
    ...step.rows.map((ours) => row(ours, theirs.step)),
  ];
  const head = scans.flatMap((scan) => [`PyTorch, ${scan} scan`, 'ratio', 'of CPU time']);
  say(`${table(['one image: time (CPU time)', 'ours', ...head], rows)}\n`);
}

async function checkAgreement({ forward, step }, outputs, { gradients, loss }) {
  for (const { scan, out, torch } of forward.filter(({ out }) => out)) {
    const { worst, largest } = await difference(out, outputs);
    say(
      `- PyTorch ${torch}, ${scan} scan: outputs within ${worst.toExponential(1)} of ours, largest ${largest.toFixed(1)}`,
    );
  }
  for (const { scan, out, ...peer } of step.filter(({ out }) => out)) {
    const { nmse } = await difference(out, gradients);
    say(
      `- ${scan} scan: all gradients within NMSE ${nmse.toExponential(1)}, loss ${peer.loss} and ours ${loss}`,
    );
    say(`- its memory in the step: ${peer.peak_mb.toFixed(0)} MB`);
  }
  say('');
}

/** @param ours milliseconds passed and of CPU time, over all cores */
function row([what, ours], theirs) {
  const time = (ms) => (ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(0)} ms`);
  const cells = theirs.flatMap(({ ms, cpu_ms, stopped, threads: count }) => {
    if (!ms) return ['–', '–', '–'];
    const more = stopped ? '> ' : '';
    const used = stopped ? 'stopped' : `${count} thread${count > 1 ? 's' : ''}`;
    return [
      `${more}${time(ms)} (${more}${time(cpu_ms)}), ${used}`,
      `**${more}${(ms / ours.ms).toFixed(1)}×**`,
      `${more}${(cpu_ms / ours.cpu).toFixed(1)}×`,
    ];
  });
  return [what, `${time(ours.ms)} (${time(ours.cpu)})`, ...cells];
}

/** Weights and features, in files for the peer and in memory for us. */
async function makeProblem(preset, config) {
  const random = createRandom(11);
  const block = new ParameterBlock(mambaad.parameters(config, channels));
  block.initialise(random);
  const images = threads;
  const features = shapes.map((shape) =>
    // After a ReLU, as the encoder's maps are.
    Float32Array.from({ length: images * product(shape) }, () => Math.max(0, random.normal())),
  );
  const one = features.map((values, scale) => values.slice(0, product(shapes[scale])));
  const tensor = (shape, data) => ({ dtype: 'F32', shape, data });
  const stored = new Map([...block.toDisk()].map(([name, { shape, data }]) => [name, tensor(shape, data)]));
  const file = join(folder, `${preset}.safetensors`);
  const mapsFile = join(folder, `${preset}-maps.safetensors`);
  for (const [scale, data] of one.entries()) {
    stored.set(`features.${scale}`, tensor([1, ...shapes[scale]], data));
  }
  await writeSafetensors(file, stored);
  const maps = features.map((data, s) => [`features.${s}`, tensor([images, ...shapes[s]], data)]);
  await writeSafetensors(mapsFile, new Map(maps));
  writeFileSync(join(folder, `${preset}.json`), JSON.stringify(config));
  return { preset, config, block, one, images, set: await featureSet(mapsFile, images), file };
}

/** Where the maps of each image lie in the file, as training reads them. */
async function featureSet(file, images) {
  const reader = await openSafetensors(file);
  const location = (scale, image) => ({
    file,
    offset:
      reader.dataStart + reader.entries.get(`features.${scale}`).start + 4 * image * product(shapes[scale]),
    dtype: 'float32',
  });
  await reader.close();
  const ofImage = (_, image) => shapes.map((_, scale) => location(scale, image));
  return { shapes, images: Array.from({ length: images }, ofImage) };
}

function description(config) {
  return { family: 'mambaad', config, features: shapes, feature_scale: [1, 1, 1], map_size: 256 };
}

/** Milliseconds of one image: our forward includes the anomaly map, PyTorch's does not. */
async function forwardTimes({ config, block, one }) {
  const rows = [];
  let outputs;
  for (const name of ['wasm', ...(process.env.MAMBAAD_TFJS_NODE ? ['tensorflow'] : [])]) {
    const engine = await openEngine(name);
    outputs ??= studentMaps(config, block, one);
    const detector = new Detector(description(config), block);
    const own = name === 'wasm' ? 'one thread' : 'its own threads';
    rows.push([`forward, ${name} (${own})`, await fastest(() => detector.score(one))]);
    detector.dispose();
    engine.close();
  }
  const { NativeDetector } = await import('../dist/core/scoring/native-detector.js');
  for (const count of new Set([1, threads])) {
    const detector = await NativeDetector.open(description(config), block, { threads: count }).catch(
      () => null,
    );
    if (!detector) break;
    const name = `onnxruntime and our scan, ${count} thread${count > 1 ? 's' : ''}`;
    rows.push([`forward, ${name}`, await fastest(() => detector.score(one))]);
    if (detector.size > 1) {
      const under = Array.from({ length: detector.size }, () => one);
      const together = () => Promise.all(under.map((image) => detector.score(image)));
      rows.push([`${name}, ${under.length} images under way, each`, await fastest(together, under.length)]);
    }
    await detector.dispose();
  }
  return { rows, outputs };
}

function studentMaps(config, block, one) {
  return inScope(() => {
    const entries = block.slots.map((slot) => [
      slot.spec.name,
      tf.tensor(block.view(slot).slice(), [...slot.shape]),
    ]);
    const features = one.map((values, scale) => tf.tensor(values, [1, ...shapes[scale]]));
    const { outputs } = mambaad.reconstruct(
      new TfOps(),
      new NamedWeights(new Map(entries)),
      features,
      config,
    );
    return new Map(outputs.map((y, scale) => [`outputs.${scale}`, y.dataSync().slice()]));
  });
}

/** A step on the wasm engine: one image on one thread, and one image a thread. */
async function stepTimes(problem) {
  const alone = await trainingStep(problem, 1);
  const rows = [['training step, one image on one thread', alone.time]];
  if (threads > 1) {
    const { time } = await trainingStep(problem, threads);
    rows.push([`training step, ${threads} images on ${threads} threads, each`, time]);
  }
  return { ...alone, rows };
}

/** One image a thread, each its own shard: gradients, reduction, clipping, AdamW. */
async function trainingStep({ config, block, set }, count) {
  const shared = () => new Float32Array(new SharedArrayBuffer(block.values.byteLength));
  const values = shared();
  const state = {
    values,
    moments: { first: shared(), second: shared() },
    gradient: shared(),
    turns: new Int32Array(new SharedArrayBuffer(4)),
  };
  const optimiser = mambaad.training.optimiser;
  const setup = {
    family: 'mambaad',
    config,
    channels,
    set,
    featureScale: [1, 1, 1],
    optimiser,
    state,
    engine: 'wasm',
  };
  const crew = await assembleCrew(count, setup);
  const jobs = Array.from({ length: count }, (_, image) => [
    { index: image, images: [image], seed: 7, weight: 1 / count },
  ]);
  let first;
  let number = 0;
  const step = async () => {
    if (number === 0) values.set(block.values);
    const [[{ loss }]] = await crew.gradients(jobs);
    first ??= { loss, gradients: trainedGradients(block, state.gradient) };
    const norm = Math.sqrt(await crew.squaredNorm());
    await crew.update({ step: ++number, rate: 1e-5, gradientScale: Math.min(1, 5 / (norm + 1e-6)) });
  };
  const time = await fastest(step, count);
  await crew.close();
  return { ...first, time };
}

function trainedGradients(block, gradients) {
  const own = new ParameterBlock(
    block.slots.map(({ spec }) => spec),
    gradients.slice(),
  );
  const trained = new Set(block.slots.filter(({ spec }) => spec.trainable).map(({ spec }) => spec.name));
  return new Map(
    [...own.toDisk()].filter(([name]) => trained.has(name)).map(([name, { data }]) => [`grad.${name}`, data]),
  );
}

/** Shortest time of a few seconds of runs, and least CPU time, after one that compiles; shared among `images`. */
async function fastest(run, images = 1) {
  await run();
  let [ms, cpu] = [Infinity, Infinity];
  const end = performance.now() + 4000;
  for (let i = 0; i < 3 || performance.now() < end; i++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    await run();
    ms = Math.min(ms, performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    cpu = Math.min(cpu, (user + system) / 1000);
  }
  return { ms: ms / images, cpu: cpu / images };
}

/** Largest difference and normalised squared error over all tensors together. */
async function difference(out, ours) {
  const { tensors } = await readSafetensors(out);
  let [worst, largest, squares, total] = [0, 0, 0, 0];
  for (const [name, { data }] of tensors) {
    const values = ours.get(name);
    if (values?.length !== data.length) throw new Error(`${name} has another size in PyTorch`);
    for (let i = 0; i < data.length; i++) {
      worst = Math.max(worst, Math.abs(values[i] - data[i]));
      largest = Math.max(largest, Math.abs(data[i]));
      squares += (values[i] - data[i]) ** 2;
      total += data[i] ** 2;
    }
  }
  return { worst, largest, nmse: squares / total };
}

function findPython() {
  const candidates = [options.python, process.env.MAMBAAD_PYTHON, 'python3', '/usr/bin/python3'].filter(
    Boolean,
  );
  return candidates.find((path) => spawnSync(path, ['-c', 'import torch']).status === 0);
}

/** What PyTorch needs with either scan, on one thread or on as many as we have, whichever is faster. */
function runPeers(problem, mode) {
  return scans.map((scan) => {
    if (!python) return { scan };
    const runs = [];
    for (const count of new Set([1, threads])) {
      runs.push(runPeer(problem, mode, scan, count));
      if (runs.at(-1).stopped) break;
    }
    return runs.reduce((best, run) => (run.ms < best.ms ? run : best));
  });
}

function runPeer({ preset, file }, mode, scan, count) {
  const out = join(folder, `${preset}-${mode}-${scan}-${count}.safetensors`);
  const config = join(folder, `${preset}.json`);
  const args = [peer, file, config, mode, scan, String(count), options.repeats, options.limit, out];
  const start = performance.now();
  const { status, signal, stdout, stderr } = spawnSync(python, args, { encoding: 'utf8' });
  if (signal === 'SIGXCPU' || signal === 'SIGKILL') {
    return { scan, ms: performance.now() - start, cpu_ms: 1000 * Number(options.limit), stopped: true };
  }
  if (status !== 0) throw new Error(`${python} ${args.join(' ')}: ${stderr.trim().split('\n').at(-1)}`);
  return { scan, out, ...JSON.parse(stdout) };
}

function product(shape) {
  return shape.reduce((a, b) => a * b);
}
