// One row of the table of models: trained, scored and measured through the product's own commands, each step kept, so
// that a row that was interrupted goes on where it was.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { detectorCost } from '../dist/core/models/cost.js';
import { describedFamilies, findFamily } from '../dist/core/models/described-families.js';
import { mambaad } from './models-process.mjs';

/**
 * Features of both splits, extracted once; their records lie in the work folder, the maps in the product's cache.
 *
 * @returns paths of the records, how many, and a key of what they were made of
 */
export async function features(data, work, flags) {
  mkdirSync(work, { recursive: true });
  const sets = {};
  const key = hash([data, flags]);
  for (const split of ['train', 'test']) {
    const path = join(work, `${split}-${key}.ndjson`);
    const facts = await once(`${path}.json`, async () => {
      say(`features of the ${split} images`);
      const { msPerRecord } = await mambaad(['extract', data, '--split', split, ...flags], { output: path });
      const records = readRecords(path).filter(({ type }) => type === 'features');
      const classes = [...new Set(records.map((record) => record.class))];
      return { images: records.length, classes, encoder: records[0].encoder, msPerRecord };
    });
    sets[split] = { path, ...facts };
  }
  return { key, ...sets };
}

/**
 * @param words family and further flags of train
 * @returns what the row says, from the work folder when it was finished before
 */
export async function modelRow(words, sets, { work, minutes, protocol }) {
  const key = hash([words, sets.key, minutes]);
  const folder = join(work, 'rows', `${words[0]}-${key}`);
  mkdirSync(folder, { recursive: true });
  const model = join(folder, 'model');
  return once(join(folder, `row-${protocol}.json`), async () => {
    say(`${words.join(' ')}: training for at most ${minutes} min`);
    const training = await once(join(folder, 'train.json'), () =>
      train(words, sets.train.path, model, minutes),
    );
    say(`${words.join(' ')}: scoring ${sets.test.images} images`);
    const scores = join(folder, 'scores.ndjson');
    const scoring = await mambaad(['score', '--model', model], { input: sets.test.path, output: scores });
    const measured = await mambaad(['metrics', '-q', '--protocol', protocol], { input: scores });
    // A hundred megabytes of maps.
    rmSync(scores);
    return {
      words,
      features: sets.key,
      minutes,
      protocol,
      ...training,
      ...cost(model),
      metrics: measured.records.filter(({ type }) => type === 'metric'),
      msPerImage: scoring.msPerRecord,
      scorePeak: scoring.peak,
      load: loadavg()[0],
      finished: new Date().toISOString(),
    };
  });
}

async function train([family, ...flags], input, model, minutes) {
  const preset = flags.includes('--preset') ? [] : ['--preset', 'small'];
  const budget = ['--budget', `${60 * minutes}s`, '--resume'];
  const words = ['train', '--out', model, '--family', family, ...preset, ...budget, ...flags];
  const { records, peak } = await mambaad(words, { input });
  const { steps, seconds, loss } = records.find(({ type }) => type === 'model');
  return { steps, seconds, loss, trainPeak: peak };
}

/** Counted on the config that was trained, with the encoder and the projection before it. */
function cost(model) {
  const manifest = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'));
  const { encoder, detector } = detectorCost(
    findFamily(describedFamilies, manifest.family),
    manifest.config,
    {
      encoder: manifest.encoder.name,
      channels: manifest.features.map((shape) => shape[2]),
      inputSize: manifest.input_size,
    },
  );
  const products = ({ operations }) => operations.products + operations.norms;
  return {
    preset: manifest.preset,
    encoderParameters: encoder.parameters,
    parameters: detector.parameters,
    products: products(encoder) + products(detector),
    scans: detector.operations.scans,
  };
}

/** What a file holds, or else what comes out of the work, which the file then holds. */
async function once(path, work) {
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  const result = await work();
  writeFileSync(`${path}.part`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${path}.part`, path);
  return result;
}

function readRecords(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

function hash(value) {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8);
}

function say(text) {
  process.stderr.write(`bench: ${text}\n`);
}
