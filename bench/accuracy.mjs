// Accuracy on real parts: trains one multi-class model on DATA (MVTec layout) under a time budget, scores the test images
// and prints the metrics beside the figures that the peers reached on the images behind bench/results/accuracy.md: MVTec-AD's
// bottle and the saliency set of magnetic tiles, brought to 256×256. Their licences keep them out of this repository.
// Usage: node bench/accuracy.mjs [DATA] [--budget 28m] [--model DIR] [-- further flags of train]
// Without DATA it takes the folder that MAMBAAD_DATA names.
// With --model the model there is measured and nothing is trained.
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// I-AUROC, P-AUROC, P-AP, AU-PRO. The prototype is a PyTorch MambaAD (depths 2,2,2,2, two Hilbert directions, 580 steps in
// 28 minutes on two cores, C++ scan), the yardstick a training-free memory bank, one a class.
const peers = {
  bottle: { prototype: [0.996, 0.987, 0.808, 0.958], 'memory bank': [1.0, 0.988, 0.795, 0.953] },
  magnetic_tile: { prototype: [0.824, 0.754, 0.243, 0.696], 'memory bank': [0.911, 0.838, 0.357, 0.729] },
};

const split = process.argv.indexOf('--');
const own = process.argv.slice(2, split < 0 ? undefined : split);
const rest = split < 0 ? [] : process.argv.slice(split + 1);
const { values, positionals } = parseArgs({
  args: own,
  allowPositionals: true,
  options: { budget: { type: 'string', default: '28m' }, model: { type: 'string' } },
});
const data = positionals[0] ?? process.env.MAMBAAD_DATA;
if (!data) {
  throw new Error(
    'usage: node bench/accuracy.mjs DATA [--budget 28m] [--model DIR] [-- train flags]; MAMBAAD_DATA may name DATA',
  );
}

const bin = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'run.js');
const quote = (word) => `'${word.replaceAll("'", `'\\''`)}'`;
const mambaad = (...words) => ['node', bin, ...words].map(quote).join(' ');

function run(...stages) {
  const result = spawnSync('bash', ['-c', `set -o pipefail; ${stages.join(' | ')}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  if (result.status !== 0) throw new Error(`the pipe ended with exit code ${result.status}`);
  return result.stdout
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

const model = values.model ?? join(mkdtempSync(join(tmpdir(), 'mambaad-accuracy-')), 'model');
if (!values.model) {
  const records = run(
    mambaad('extract', data, '--split', 'train', '--progress', 'none'),
    mambaad('train', '--out', model, '--budget', values.budget, ...rest),
  );
  const { steps, seconds, loss, parameters } = records.find(({ type }) => type === 'model');
  console.log(
    `trained ${steps} steps in ${(seconds / 60).toFixed(1)} min, ${(parameters / 1e6).toFixed(2)} M parameters, loss ${loss.toFixed(3)}`,
  );
}
const metrics = run(
  mambaad('extract', data, '--split', 'test', '--progress', 'none'),
  mambaad('score', '--model', model, '--progress', 'none'),
  mambaad('metrics', '-q'),
).filter(({ type }) => type === 'metric');

console.log(
  `\n${cpus()[0].model}, ${cpus().length} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}\n`,
);
console.log('| class | system | I-AUROC | P-AUROC | P-AP | AU-PRO |\n|---|---|---|---|---|---|');
for (const { class: name, image, pixel } of metrics) {
  const ours = [image.auroc, pixel?.auroc, pixel?.ap, pixel?.aupro];
  row(name, '**mambaad**', ours);
  for (const [peer, figures] of Object.entries(peers[name] ?? {})) {
    row('', peer, figures);
    row(
      '',
      `ratio to the ${peer}`,
      figures.map((figure, i) => ours[i] / figure),
    );
  }
}

function row(name, system, figures) {
  console.log(`| ${name} | ${system} | ${figures.map((figure) => figure?.toFixed(3) ?? '–').join(' | ')} |`);
}
