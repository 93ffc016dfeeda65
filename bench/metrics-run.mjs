// Our side of bench/metrics.mjs, in a process of its own so that its memory is its own.
// Usage: node bench/metrics-run.mjs FOLDER exact|ader|mvtec CLASSES

import { openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { CLASSES, SIDE } from './metrics-data.mjs';

const dist = process.env.MAMBAAD_DIST ?? new URL('../dist', import.meta.url).href;
const { Evaluator } = await import(`${dist}/core/metrics/evaluate.js`);
const [folder, protocol, count] = process.argv.slice(2);

const started = performance.now();
const evaluator = new Evaluator({ protocol });
for (const image of images()) evaluator.add(image);
const read = performance.now();
const { classes, mean } = evaluator.finish();
const done = performance.now();

process.stdout.write(
  `${JSON.stringify({
    seconds: (done - started) / 1000,
    collect_s: (read - started) / 1000,
    finish_s: (done - read) / 1000,
    peak_mb: process.resourceUsage().maxRSS / 1024,
    records: [...classes.map(({ record }) => record), mean],
  })}\n`,
);

function* images() {
  const area = SIDE * SIDE;
  const maps = openSync(join(folder, 'maps.f32'), 'r');
  const masks = openSync(join(folder, 'masks.u8'), 'r');
  for (const [name, good, defective] of CLASSES.slice(0, Number(count))) {
    for (let i = 0; i < good + defective; i++) {
      const map = new Float32Array(area);
      const mask = new Uint8Array(area);
      readSync(maps, new Uint8Array(map.buffer));
      readSync(masks, mask);
      let score = map[0];
      for (let p = 1; p < area; p++) if (map[p] > score) score = map[p];
      const label = i < good ? 'normal' : 'anomaly';
      yield { class: name, path: `${name}/${i}`, score, label, map, mask, width: SIDE, height: SIDE };
    }
  }
}
