import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { htmlReport } from '../../../src/core/report/html.js';
import { image, sampleReport } from './sample.js';

let page: string;
beforeAll(async () => {
  page = await htmlReport(sampleReport());
});

test('the page loads nothing: no address, no script, no import', () => {
  expect(page).not.toMatch(/https?:/i);
  expect(page).not.toMatch(/<(script|link|iframe|object|embed|base|use|foreignObject)\b/i);
  expect(page).not.toMatch(/@import|url\((?!#)/i);
  for (const [, address] of page.matchAll(/\s(?:src|href|xlink:href|action|srcset)\s*=\s*"([^"]*)"/gi)) {
    expect(address).toMatch(/^data:image\/webp;base64,/);
  }
  expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"`);
});

test('hostile names arrive as text', () => {
  expect(page).not.toContain('<script>alert');
  expect(page).toContain('&lt;script&gt;alert(1)');
  expect(page).not.toMatch(/<[^>]*\sonload=/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point
  expect(page).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e\u2028]|\p{Cs}/u);
  expect(page).toContain('\\u202egnp.');
});

test('every section is there', () => {
  const headings = [...page.matchAll(/<h2>([^<]*)<\/h2>/g)].map((match) => match[1]);
  expect(headings).toEqual(['Gates', 'Metrics', 'Scores', 'Curves', 'Pictures', 'Training loss', 'Model']);
  const groups = [...page.matchAll(/<h4>([^<]*)<\/h4>/g)].map((match) => match[1]);
  expect(groups).toEqual(['Missed', 'False alarms', 'For review', 'Found', 'Alarms', 'Missed']);
  expect(page.match(/<svg/g)).toHaveLength(2 + 3 + 1);
  expect(page).toContain('✗ failed');
  expect(page).toContain('<dt>Seed</dt><dd>7</dd>');
});

test('tags are balanced and ids are unique', () => {
  const open: string[] = [];
  for (const [, close, name, rest] of page.matchAll(/<(\/?)([a-z][\w-]*)((?:"[^"]*"|[^>"])*)>/gi)) {
    if (['meta', 'br', 'img', 'wbr'].includes(name!) || rest!.endsWith('/')) continue;
    if (close) expect(open.pop()).toBe(name);
    else open.push(name!);
  }
  expect(open).toEqual([]);
  const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]);
  expect(new Set(ids).size).toBe(ids.length);
});

test('the curves drawn are the curves given', () => {
  // 250×210 plot: (0,0) → 0,210; (0,0.8) → 0,42; (0.5,1) → 125,0; (1,1) → 250,0.
  expect(page).toContain('d="M0,210L0,42L125,0L250,0"');
  // The PRO chart ends at a false-positive rate of 0.3, where the line from 0.8 to 1 has reached 0.92.
  expect(page).toMatch(/d="M0,210L0,42L250,16\.8\d*"/);
});

test('an overlay becomes a small data URI, one that cannot be read a note', async () => {
  const png = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#a33' } })
    .png()
    .toBuffer();
  const images = [
    image({ path: 'x.png', label: 'anomaly', overlayPng: png }),
    image({ path: 'y.png', label: 'anomaly', overlayPng: Buffer.from('not a picture') }),
  ];
  const html = await htmlReport({ title: 't', created: 'now', metrics: [], images, curves: [] });
  expect(html).toMatch(
    /<img src="data:image\/webp;base64,[^"]+" width="360" height="240" alt="Overlay of x.png">/,
  );
  expect(html).toContain('overlay could not be read');
  expect(html).not.toContain('<h2>Metrics</h2>');
});

test('the same data give the same page', async () => {
  expect(await htmlReport(sampleReport())).toBe(page);
});

test('counts are whole numbers and the threshold is drawn once', async () => {
  const html = await htmlReport({
    title: 't',
    created: 'now',
    metrics: [],
    images: [image({}), image({})],
    curves: [],
  });
  const labels = [...html.matchAll(/<text x="-7"[^>]*>([^<]*)</g)].map((match) => match[1]);
  expect(labels).toEqual(['0', '1', '2']);
  expect(html.match(/stroke-dasharray/g)).toHaveLength(1);
});
