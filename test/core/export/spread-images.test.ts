import { expect, test } from 'vitest';
import { spreadImages } from '../../../src/core/export/spread-images.js';
import type { ImageRecord } from '../../../src/core/records/schemas.js';

async function* images(
  counts: Record<string, [normal: number, anomaly: number]>,
): AsyncGenerator<ImageRecord> {
  for (const [name, [normal, anomaly]] of Object.entries(counts)) {
    for (let i = 0; i < normal + anomaly; i++) {
      const label = i < normal ? ('normal' as const) : ('anomaly' as const);
      yield { v: 1, type: 'image', path: `${name}/${i}.png`, class: name, label };
    }
  }
}

const count = (chosen: ImageRecord[], name: string, label: string) =>
  chosen.filter((image) => image.class === name && image.label === label).length;

test('images are taken from all classes, and good and bad parts of each', async () => {
  const chosen = await spreadImages(images({ bottle: [300, 20], cable: [200, 40] }), 8);
  for (const name of ['bottle', 'cable']) {
    expect(count(chosen, name, 'normal')).toBe(2);
    expect(count(chosen, name, 'anomaly')).toBe(2);
  }
  expect(chosen[0]!.path).toBe('bottle/75.png');
  expect(chosen[1]!.path).toBe('bottle/225.png');
});

test('where a class or kind has few, the others give more, and no image comes twice', async () => {
  const chosen = await spreadImages(images({ bottle: [50, 1], cable: [2, 0] }), 20);
  expect(new Set(chosen.map(({ path }) => path)).size).toBe(20);
  expect(count(chosen, 'cable', 'normal')).toBe(2);
  expect(count(chosen, 'bottle', 'anomaly')).toBe(1);
});

test('fewer images than asked for are all taken, none gives none', async () => {
  expect(await spreadImages(images({ nut: [2, 1] }), 64)).toHaveLength(3);
  expect(await spreadImages(images({}), 64)).toEqual([]);
});
