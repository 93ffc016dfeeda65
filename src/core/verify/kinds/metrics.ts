import { evaluate } from '../../metrics/evaluate.js';
import { PixelCollector } from '../../metrics/pixels.js';
import { exactAupro } from '../../metrics/pro.js';
import type { ScoredImage } from '../../metrics/scored-image.js';
import type { MetricRecord } from '../../records/schemas.js';
import { type Check, compareAbsolute } from '../check.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';

type Golden = Record<'exact' | 'ader_protocol', Record<string, number>>;
type Reader = (record: MetricRecord) => number | null | undefined;

const exactMetrics: Record<string, Reader> = {
  image_auroc: ({ image }) => image.auroc,
  image_ap: ({ image }) => image.ap,
  image_f1max: ({ image }) => image.f1max,
  pixel_auroc: ({ pixel }) => pixel?.auroc,
  pixel_ap: ({ pixel }) => pixel?.ap,
  pixel_f1max: ({ pixel }) => pixel?.f1max,
  'aupro_0.3': ({ pixel }) => pixel?.aupro,
  regions: ({ extra }) => extra?.regions,
};

const aderMetrics: Record<string, Reader> = {
  mAUROC_sp_max: ({ image }) => image.auroc,
  mAP_sp_max: ({ image }) => image.ap,
  mF1_max_sp_max: ({ image }) => image.f1max,
  mAUROC_px: ({ pixel }) => pixel?.auroc,
  mAP_px: ({ pixel }) => pixel?.ap,
  mF1_max_px: ({ pixel }) => pixel?.f1max,
  mAUPRO_px: ({ pixel }) => pixel?.aupro,
  'mF1_px_0.2_0.8_0.1': ({ extra }) => extra?.f1_range,
  'mAcc_px_0.2_0.8_0.1': ({ extra }) => extra?.acc_range,
  'mIoU_px_0.2_0.8_0.1': ({ extra }) => extra?.iou_range,
  mIoU_max_px: ({ extra }) => extra?.iou_max,
};

/** Maps and masks to exact metrics and the published tables' binned ones. */
export const metricsKind: FixtureKind = {
  name: 'metrics',
  matches: (fixture) => fixture.has('maps', 'masks') && fixture.json !== null,
  async check(fixture) {
    const golden = fixture.json as Golden;
    const images = scoredImages(fixture);
    const exact = (await evaluate(images, { protocol: 'exact' })).classes[0]!.record;
    const ader = (await evaluate(images, { protocol: 'ader' })).classes[0]!.record;
    return [
      ...hold('exact', golden.exact, exactMetrics, exact),
      ...hold('ader', golden.ader_protocol, aderMetrics, ader),
      compareAbsolute('exact.aupro_0.05', [narrowAupro(images)], [golden.exact['aupro_0.05']!], 1e-9),
    ];
  },
};

function hold(
  protocol: string,
  golden: Record<string, number>,
  readers: Record<string, Reader>,
  record: MetricRecord,
): Check[] {
  return Object.entries(readers).map(([name, read]) =>
    compareAbsolute(`${protocol}.${name}`, [read(record) ?? Number.NaN], [golden[name]!], 1e-9),
  );
}

function scoredImages(fixture: Fixture): (ScoredImage & { map: Float32Array; mask: Uint8Array })[] {
  const [count, height, width] = fixture.tensor('maps').shape as [number, number, number];
  const maps = fixture.floats('maps');
  const masks = fixture.tensor('masks').data as Uint8Array;
  return Array.from({ length: count }, (_, i) => {
    const map = maps.subarray(i * height * width, (i + 1) * height * width);
    const mask = masks.subarray(i * height * width, (i + 1) * height * width);
    const score = map.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const label = mask.some((value) => value > 0) ? ('anomaly' as const) : ('normal' as const);
    return { class: 'fixture', path: `image ${i}`, score, label, map, mask, width, height };
  });
}

function narrowAupro(images: readonly (ScoredImage & { map: Float32Array; mask: Uint8Array })[]): number {
  const collector = new PixelCollector();
  for (const { map, mask, width, height } of images) collector.add(map, mask, width!, height!);
  return exactAupro(collector.finish(), 0.05) ?? Number.NaN;
}
