// Metrics of a test set of MVTec-AD's size: ours, and the same definitions in scikit-learn and scikit-image.
// Usage: node bench/metrics.mjs [CLASSES]   (how many of the 15 classes the peer computes too; default 15, 0 for none)
// The peer wants Debian's python3-sklearn and python3-skimage. Writes bench/results/metrics.md.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CLASSES, writeTestSet } from './metrics-data.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const peerClasses = Number(process.argv[2] ?? CLASSES.length);
const folder = mkdtempSync(join(tmpdir(), 'mambaad-metrics-'));
try {
  writeTestSet(folder);
  const lines = ['exact', 'ader'].flatMap((protocol) => bench(protocol));
  const report = [
    '# Metrics: 1,725 maps of 256², 15 classes',
    '',
    `${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0].model}, Node ${process.version}, load average ${loadavg()[1].toFixed(1)} at the end.`,
    'Seven metrics a class and their means; one process, one thread each side. Our time includes reading the maps from',
    'disk, the peer’s does not. "Difference" is the largest over all metrics of the classes that both computed.',
    '',
    '| protocol | who | classes | seconds | peak MB | ratio | difference |',
    '|---|---|---|---|---|---|---|',
    ...lines,
    '',
  ].join('\n');
  writeFileSync(join(here, 'results', 'metrics.md'), report);
  process.stdout.write(report);
} finally {
  rmSync(folder, { recursive: true });
}

function bench(protocol) {
  const ours = runOurs(protocol, CLASSES.length);
  const lines = [row(protocol, 'mambaad', CLASSES.length, ours)];
  if (peerClasses === 0) return lines;
  const same = peerClasses === CLASSES.length ? ours : runOurs(protocol, peerClasses);
  const peer = runPeer(protocol, peerClasses);
  if (same !== ours) lines.push(row(protocol, 'mambaad', peerClasses, same));
  const ratio = `${(peer.seconds / same.seconds).toFixed(1)}×`;
  lines.push(row(protocol, 'scikit', peerClasses, peer, ratio, difference(same, peer).toExponential(1)));
  return lines;
}

function runOurs(protocol, classes) {
  return JSON.parse(
    execFileSync(process.execPath, [join(here, 'metrics-run.mjs'), folder, protocol, String(classes)], {
      encoding: 'utf8',
    }),
  );
}

function runPeer(protocol, classes) {
  const script = join(here, 'peers', 'metrics_sklearn.py');
  const chosen = JSON.stringify(CLASSES.slice(0, classes));
  return JSON.parse(
    execFileSync('/usr/bin/python3', [script, folder, protocol, chosen], { encoding: 'utf8' }),
  );
}

function difference(ours, peer) {
  const differences = peer.records.flatMap((record, i) =>
    ['image', 'pixel'].flatMap((level) =>
      Object.entries(record[level]).map(([name, value]) => Math.abs(value - ours.records[i][level][name])),
    ),
  );
  return Math.max(...differences);
}

function row(protocol, who, classes, { seconds, peak_mb }, ratio = '', apart = '') {
  return `| ${protocol} | ${who} | ${classes} | ${seconds.toFixed(1)} | ${peak_mb.toFixed(0)} | ${ratio} | ${apart} |`;
}
