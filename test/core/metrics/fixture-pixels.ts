import { readFileSync } from 'node:fs';
import { readSafetensors } from '../../../src/core/files/safetensors.js';
import { PixelCollector } from '../../../src/core/metrics/pixels.js';
import { fixturePath } from '../../fixtures.js';

export interface MetricFixture {
  images: { map: Float32Array; mask: Uint8Array }[];
  side: number;
  exact: Record<string, number>;
  ader: Record<string, number>;
}

/** The golden maps, masks and numbers of one metrics fixture. */
export async function metricFixture(name: string): Promise<MetricFixture> {
  const { tensors } = await readSafetensors(fixturePath(`${name}.safetensors`));
  const maps = tensors.get('maps')!;
  const masks = tensors.get('masks')!;
  const [count, side] = maps.shape as [number, number];
  const area = side * side;
  const golden = JSON.parse(readFileSync(fixturePath(`${name}.json`), 'utf8'));
  return {
    images: Array.from({ length: count }, (_, i) => ({
      map: Float32Array.from(maps.data as Float32Array).subarray(i * area, (i + 1) * area),
      mask: Uint8Array.from(masks.data as Uint8Array).subarray(i * area, (i + 1) * area),
    })),
    side,
    exact: golden.exact,
    ader: golden.ader_protocol,
  };
}

export function collect({ images, side }: Pick<MetricFixture, 'images' | 'side'>) {
  const collector = new PixelCollector();
  for (const { map, mask } of images) collector.add(map, mask, side, side);
  return collector.finish();
}
