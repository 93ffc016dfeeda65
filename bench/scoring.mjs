// Scoring on the CPU, from picture file to score record: the whole pipe, where the time of one picture goes, and two
// peers in the same run: our encoder beside bare onnxruntime on the same graph, and the detector beside its exported
// file in bare onnxruntime. The models are untrained: what was learnt does not change the time.
// Usage: node bench/scoring.mjs PICTURES [--presets paper,small] [--pictures 40]        (reads dist/)

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decodeRgb, readImageFile } from '../dist/core/data/decode.js';
import { resizeBilinear } from '../dist/core/data/resize.js';
import { featureInputs, writeDetector } from '../dist/core/export/onnx/detector-graph.js';
import { encodeModel } from '../dist/core/export/onnx/messages.js';
import { splitGraph } from '../dist/core/export/onnx/split-graph.js';
import { encoderModel } from '../dist/core/models/encoders/onnx-encoder.js';
import { loadFrozenEncoder, openEncoder } from '../dist/core/models/encoders/open-encoder.js';
import { mambaad } from '../dist/core/models/mambaad/detector.js';
import { ParameterBlock } from '../dist/core/nn/parameter-block.js';
import { createRandom } from '../dist/core/nn/random.js';
import { OnnxOps } from '../dist/core/ops/onnx/onnx-ops.js';
import { OnnxOpsWithCuts } from '../dist/core/ops/onnx/scan-cuts.js';
import { openSession } from '../dist/core/runtime/onnxruntime.js';
import { SplitSession } from '../dist/core/runtime/split-session.js';
import { machine, shortestOfAsync, table } from './timing.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    presets: { type: 'string', default: 'paper,small' },
    pictures: { type: 'string', default: '40' },
  },
});
const [folder] = positionals;
if (!folder)
  throw new Error('usage: node bench/scoring.mjs PICTURES [--presets paper,small] [--pictures 40]');
const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'run.js');
const probe = join(dirname(fileURLToPath(import.meta.url)), 'peak-memory.mjs');
const work = mkdtempSync(join(tmpdir(), 'mambaad-bench-scoring-'));
const round = (ms) => ms.toFixed(ms < 10 ? 1 : 0);

try {
  const pictures = copyPictures(Number(values.pictures));
  const encoder = await benchEncoder(pictures[0]);
  console.log(`# Scoring from picture to record\n\n${machine()}. Encoder ${encoder.name}; milliseconds.\n`);
  console.log(`## Encoder, four pictures a run, all cores\n\n${encoder.table}\n`);
  for (const preset of values.presets.split(',')) {
    const parts = await benchParts(preset);
    const pipe = await benchPipe(preset, pictures.length);
    const total = encoder.picture + encoder.alone + parts.dense + parts.scans;
    const share = (ms) => [round(ms), `${Math.round((100 * ms) / total)} %`];
    console.log(`## Preset ${preset}\n`);
    console.log(
      table(
        ['one picture, one thread', 'ms', 'share'],
        [
          ['read, decode, resize', ...share(encoder.picture)],
          ['encoder (onnxruntime)', ...share(encoder.alone)],
          ['dense stages (onnxruntime)', ...share(parts.dense)],
          ['scans (our kernel) and the way to them', ...share(parts.scans)],
        ],
      ),
    );
    console.log(
      `\nDetector on one thread: ours ${round(parts.ours)} ms, its exported graph (ONNX Scan) in bare onnxruntime ` +
        `${round(parts.peer)} ms: ${(parts.peer / parts.ours).toFixed(1)}×.\n`,
    );
    console.log(
      `\`extract | score\`, all cores, from file to record: **${round(pipe.ms)} ms a picture** sustained ` +
        `(${pipe.counted} pictures), peak of score ${Math.round(pipe.peak / 1e6)} MB.\n`,
    );
  }
} finally {
  rmSync(work, { recursive: true });
}

function copyPictures(count) {
  const source = readdirSync(folder, { recursive: true })
    .filter((path) => /\.(jpe?g|png)$/i.test(path))
    .sort();
  mkdirSync(join(work, 'pictures'));
  return Array.from({ length: count }, (_, i) => {
    const from = source[i % source.length];
    const to = join(work, 'pictures', `${String(i).padStart(4, '0')}${from.slice(from.lastIndexOf('.'))}`);
    cpSync(join(folder, from), to);
    return to;
  });
}

async function benchEncoder(path) {
  const prepare = async () =>
    resizeBilinear(await decodeRgb(await readImageFile(path), { path }), 256, 256).data;
  const pixels = await prepare();
  const frozen = await loadFrozenEncoder();
  const encoder = await openEncoder(frozen.network.name);
  const single = await openEncoder(frozen.network.name, { threads: 1 });
  const ort = createRequire(import.meta.url)('onnxruntime-node');
  const bare = await ort.InferenceSession.create(encoderModel(frozen), { logSeverityLevel: 3 });
  const four = new Uint8Array(4 * pixels.length);
  for (let i = 0; i < 4; i++) four.set(pixels, i * pixels.length);
  const images = new ort.Tensor('uint8', four, [4, 256, 256, 3]);
  const [ours, peer] = await inTurns([() => encoder.encode(four, 4), () => bare.run({ images })]);
  const rows = [
    ['ours', round(ours / 4), `${(ours / peer).toFixed(2)}×`],
    ['bare onnxruntime, same graph', round(peer / 4), '1.00×'],
  ];
  return {
    name: frozen.network.name,
    table: table(['who', 'ms a picture', 'against bare'], rows),
    picture: await shortestOfAsync(prepare),
    alone: await shortestOfAsync(() => single.encode(pixels, 1), 1500),
  };
}

/** Shortest times of things done in turns, so that the machine's moods strike all alike. */
async function inTurns(works, milliseconds = 4000) {
  const best = works.map(() => Infinity);
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    for (const [i, work] of works.entries()) {
      const start = performance.now();
      await work();
      best[i] = Math.min(best[i], performance.now() - start);
    }
  }
  return best;
}

async function benchParts(preset) {
  const features = [0, 1, 2].map((scale) => [64 >> scale, 64 >> scale, 64 << scale]);
  const config = mambaad.presets[preset];
  const channels = features.map((shape) => shape[2]);
  const block = new ParameterBlock(mambaad.parameters(config, channels));
  block.initialise(createRandom(1));
  const description = { family: 'mambaad', config, features, feature_scale: [1, 1, 1], map_size: 256 };
  const write = (ops) => writeDetector(ops, description, block, featureInputs(ops, description));
  const inputs = Object.fromEntries(
    features.map((shape, scale) => {
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i));
      return [`features.${scale}`, { shape: [1, ...shape], data }];
    }),
  );

  const cut = new OnnxOpsWithCuts();
  write(cut);
  const parts = splitGraph(cut.graph.graph('detector'), cut.cuts, (name) => cut.graph.description(name));
  let dense = 0;
  const sessions = [];
  for (const { model } of parts.stages) {
    const session = await openSession(encodeModel(model), { threads: 1, keepMemory: false });
    const run = async (...args) => {
      const start = performance.now();
      const result = await session.run(...args);
      dense += performance.now() - start;
      return result;
    };
    sessions.push({ run, dispose: () => session.dispose() });
  }
  const split = new SplitSession(parts, sessions, 1);

  const whole = new OnnxOps();
  write(whole);
  const peer = await openSession(encodeModel(whole.graph.model('detector', {})), { threads: 1 });
  let [ours, denseOfBest] = [Infinity, 0];
  const [, theirs] = await inTurns(
    [
      async () => {
        dense = 0;
        const start = performance.now();
        await split.run(inputs);
        const time = performance.now() - start;
        if (time < ours) [ours, denseOfBest] = [time, dense];
      },
      () => peer.run(inputs),
    ],
    12_000,
  );
  await split.dispose();
  await peer.dispose();
  return { ours, peer: theirs, dense: denseOfBest, scans: ours - denseOfBest };
}

async function benchPipe(preset, count) {
  const model = join(work, preset);
  const pictures = join(work, 'pictures');
  await shell(`extract ${pictures} --inline`, `train --preset ${preset} --steps 1 --batch 2 --out ${model}`);
  // A cache of its own, new: every picture is decoded and encoded.
  const cache = join(work, `cache-${preset}`);
  const { arrivals, peak } = await shell(`extract ${pictures} --cache ${cache}`, `score --model ${model}`);
  // The first ones come while the programs warm up; the last line is the end record.
  const warm = Math.ceil(count / 4);
  const ms = (arrivals[count - 1] - arrivals[warm]) / (count - 1 - warm);
  return { ms, counted: count - 1 - warm, peak };
}

/** Runs `mambaad FIRST | mambaad SECOND`; when each line of its output came, and the peak memory of the second. */
async function shell(first, second) {
  const peakFile = join(work, 'peak');
  const options = (stdin) => ({
    stdio: [stdin, 'pipe', 'ignore'],
    env: { ...process.env, BENCH_PEAK: peakFile },
  });
  const source = spawn(process.execPath, [program, ...first.split(' ')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const words = ['--import', probe, program, ...second.split(' ')];
  const sink = spawn(process.execPath, words, options(source.stdout));
  const ended = once(sink, 'close');
  const arrivals = [];
  for await (const chunk of sink.stdout)
    for (const byte of chunk) if (byte === 0x0a) arrivals.push(performance.now());
  const [code] = await ended;
  if (code !== 0) throw new Error(`mambaad ${second}: exit code ${code}`);
  return { arrivals, peak: Number(readFileSync(peakFile, 'utf8')) };
}
