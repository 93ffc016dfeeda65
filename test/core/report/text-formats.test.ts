import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { githubAnnotations, githubSummary } from '../../../src/core/report/github.js';
import { junitXml } from '../../../src/core/report/junit.js';
import { metricsMarkdown } from '../../../src/core/report/markdown.js';
import { prometheusText, writePrometheus } from '../../../src/core/report/prometheus.js';
import { hostileName, image, sampleReport } from './sample.js';

const xmlTag = /<(?:\?[^?]*\?|(\/?)([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?))>/y;
const xmlText = /(?:[^<>&]|&(?:amp|lt|gt|quot|#39);)+/y;

/** Reads XML strictly, token by token; returns how often each element occurs. */
function parseXml(xml: string): Record<string, number> {
  const seen: Record<string, number> = {};
  const open: string[] = [];
  for (let at = 0; at < xml.length; ) {
    const pattern = xml[at] === '<' ? xmlTag : xmlText;
    pattern.lastIndex = at;
    const match = pattern.exec(xml);
    if (!match) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 60)}`);
    at = pattern.lastIndex;
    const [, close, name, , selfClosing] = match;
    if (pattern === xmlText || !name) continue;
    if (close) expect(open.pop()).toBe(name);
    else {
      seen[name] = (seen[name] ?? 0) + 1;
      if (!selfClosing) open.push(name);
    }
  }
  expect(open).toEqual([]);
  return seen;
}

test('JUnit: well-formed whatever the names, a case per image and gate, failures where verdicts are wrong', () => {
  const xml = junitXml(sampleReport());
  expect(parseXml(xml)).toEqual({ testsuites: 1, testsuite: 3, testcase: 9, failure: 5, skipped: 1 });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids them
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u);
  expect(xml).toContain('tests="9" failures="5" skipped="1" errors="0" time="0.012"');
  expect(xml).toMatch(
    /name="a\/crack\/000\.png" time="0\.012"><failure type="miss" message="miss: score 0\.200/,
  );
  expect(xml).toContain('<testcase classname="gates" name="image.auroc&gt;=0.9"/>');
});

test('GitHub: one line per annotation, gates first, ten of a kind, properties escaped', () => {
  const text = githubAnnotations(sampleReport());
  const lines = text.trimEnd().split('\n');
  expect(lines[0]).toBe('::error title=Gate failed::pixel.aupro>=0.95: measured 0.910');
  for (const line of lines)
    expect(line).toMatch(/^::(error|warning) (\w+=[^:,\r\n]*)(,\w+=[^:,\r\n]*)*::[^\r\n]*$/);
  expect(text).toContain('%250A\\u000a');
  const many = Array.from({ length: 30 }, (_, k) => [
    image({ path: `n${k}`, verdict: 'ng', score: 0.5 + k / 100 }),
    image({ path: `r${k}`, verdict: 'review', score: 0.5 }),
  ]).flat();
  const all = githubAnnotations({ ...sampleReport(), gates: [], images: many });
  expect(all.match(/^::error/gm)).toHaveLength(10);
  expect(all.match(/^::warning/gm)).toHaveLength(10);
  expect(all).toContain('file=n29');
  expect(all).not.toContain('file=n19,');
});

test('GitHub: the step summary stays under its limit and cannot be turned into markup', () => {
  const long = 'x'.repeat(50_000);
  const images = Array.from({ length: 200 }, (_, k) =>
    image({ path: `${long}${k}`, verdict: 'ng', score: 0.9 }),
  );
  const summary = githubSummary({ ...sampleReport(), images });
  expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1024 * 1024);
  expect(githubSummary(sampleReport())).not.toMatch(/<script|\u202e/);
});

test('Markdown: a row per class and the mean last, names kept in their cell', () => {
  const lines = metricsMarkdown(sampleReport().metrics).trimEnd().split('\n');
  expect(lines).toHaveLength(5);
  for (const line of lines) expect(line.split('|')).toHaveLength(3 + 8 + 2);
  expect(lines.at(-1)).toBe(
    '| **mean** | 4 | 2 | 0.950 | 0.900 | 0.800 | 0.980 | 0.600 | 0.550 | 0.910 | 0.770 |',
  );
});

test('Prometheus: every line is a comment or a sample of the family announced above it', () => {
  const text = prometheusText(sampleReport());
  expect(text.endsWith('\n')).toBe(true);
  let family = '';
  const seen = new Set<string>();
  for (const line of text.trimEnd().split('\n')) {
    const announced = /^# (?:HELP|TYPE) (mambaad_[a-z_]+) .+$/.exec(line);
    if (announced) family = announced[1]!;
    else {
      expect(line).toMatch(/^mambaad_[a-z_]+(\{(\w+="(?:[^"\\]|\\[\\"n])*",?)+\})? -?[\d.e+-]+$/);
      expect(line.startsWith(family)).toBe(true);
      expect(seen.has(line.slice(0, line.lastIndexOf(' ')))).toBe(false);
      seen.add(line.slice(0, line.lastIndexOf(' ')));
    }
  }
  expect(text).toContain('mambaad_images_total{class="gear"} 6\n');
  expect(text).toContain('mambaad_anomalies_total{class="gear"} 3\n');
  expect(text).toContain('mambaad_score_quantile{class="gear",quantile="0.5"} 0.5\n');
  expect(text).toContain('mambaad_last_success_timestamp_seconds 1795341600\n');
  expect(text).toContain('mambaad_train_seconds 12.5\n');
});

test('Prometheus: the file appears whole, and a failure leaves nothing behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'prom-'));
  try {
    await writePrometheus(join(folder, 'a.prom'), 'one\n');
    await writePrometheus(join(folder, 'a.prom'), 'two\n');
    expect(await readdir(folder)).toEqual(['a.prom']);
    expect(await readFile(join(folder, 'a.prom'), 'utf8')).toBe('two\n');
    await expect(writePrometheus(join(folder, 'no', 'b.prom'), 'x')).rejects.toThrow(
      /b\.prom: cannot be created \(ENOENT\)/,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a hostile name is one token in every format', () => {
  expect(hostileName).toContain('\n');
  const data = { ...sampleReport(), images: [image({ path: hostileName, verdict: 'ng', score: 0.9 })] };
  expect(
    githubSummary(data)
      .split('\n')
      .filter((line) => line.startsWith('- ')),
  ).toHaveLength(1);
  expect(junitXml(data).match(/<testcase /g)).toHaveLength(3);
});
