import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../src/core/metrics/evaluate.js';
import type { ScoredImage } from '../../../src/core/metrics/scored-image.js';
import { MetricRecord } from '../../../src/core/records/schemas.js';
import { metricFixture } from './fixture-pixels.js';

async function fixtureImages(name: string, className = 'part'): Promise<ScoredImage[]> {
  const { images, side } = await metricFixture(name);
  return images.map(({ map, mask }, i) => ({
    class: className,
    path: `${name}/${i}.png`,
    score: Math.max(...map),
    label: mask.some((value) => value !== 0) ? 'anomaly' : 'normal',
    map,
    mask,
    width: side,
    height: side,
  }));
}

function scored(label: ScoredImage['label'], score: number, more: Partial<ScoredImage> = {}): ScoredImage {
  return { class: 'part', path: 'a.png', score, label, ...more };
}

describe.each(['metrics', 'metrics-ties'])('the metric record of fixture %s', (name) => {
  test('holds the exact numbers and is a valid record', async () => {
    const { exact } = await metricFixture(name);
    const { classes, mean } = await evaluate(await fixtureImages(name), { protocol: 'exact' });
    const { record } = classes[0]!;
    expect(MetricRecord.parse(record)).toEqual(record);
    expect(record.image.auroc).toBeCloseTo(exact.image_auroc!, 9);
    expect(record.image.ap).toBeCloseTo(exact.image_ap!, 9);
    expect(record.image.f1max).toBeCloseTo(exact.image_f1max!, 9);
    expect(record.pixel!.aupro).toBeCloseTo(exact['aupro_0.3']!, 9);
    expect(record.extra!.regions).toBe(exact.regions);
    expect(MetricRecord.parse(mean)).toMatchObject({ class: 'mean', mean_of: 1, mad: record.mad });
  });

  test('by the published protocol holds its numbers, the mean of the seven included', async () => {
    const { ader } = await metricFixture(name);
    const { classes } = await evaluate(await fixtureImages(name), { protocol: 'ader' });
    const { pixel, mad, extra } = classes[0]!.record;
    expect(pixel!.auroc).toBeCloseTo(ader.mAUROC_px!, 9);
    expect(pixel!.ap).toBeCloseTo(ader.mAP_px!, 9);
    expect(pixel!.f1max).toBeCloseTo(ader.mF1_max_px!, 9);
    expect(pixel!.aupro).toBeCloseTo(ader.mAUPRO_px!, 9);
    expect(extra).toMatchObject({ iou_max: expect.closeTo(ader.mIoU_max_px!, 9) });
    const seven = [
      'mAUROC_sp_max',
      'mAP_sp_max',
      'mF1_max_sp_max',
      'mAUROC_px',
      'mAP_px',
      'mF1_max_px',
      'mAUPRO_px',
    ].map((key) => ader[key]!);
    expect(mad).toBeCloseTo(seven.reduce((a, b) => a + b) / 7, 9);
    // 50 bins, 48² pixels an image: close to the exact values, and not them.
    expect(Math.abs(extra!.adeval_auroc! - pixel!.auroc!)).toBeLessThan(0.01);
    expect(Math.abs(extra!.adeval_aupro! - pixel!.aupro!)).toBeLessThan(0.03);
  });
});

describe('evaluation', () => {
  test('averages classes, never their pooled images', async () => {
    const easy = [scored('normal', 1), scored('anomaly', 2)];
    const hard = [scored('normal', 2000), scored('anomaly', 1000)].map((image) => ({ ...image, class: 'a' }));
    const { classes, mean } = await evaluate([...easy, ...hard], { protocol: 'exact' });
    expect(classes.map(({ record }) => [record.class, record.image.auroc])).toEqual([
      ['a', 0],
      ['part', 1],
    ]);
    expect(mean).toMatchObject({ image: { auroc: 0.5 }, images: 4, anomalies: 2, mean_of: 2, pixel: null });
  });

  test('says why a number is undefined', async () => {
    const noAnomalies = await evaluate([scored('normal', 1)], { protocol: 'exact' });
    expect(noAnomalies.classes[0]!.record).toMatchObject({
      image: { auroc: null, ap: null, f1max: null },
      mad: null,
      reasons: ['no anomalous image: image metrics are undefined', 'no maps: no pixel metrics'],
    });
    const noNormals = await evaluate([scored('anomaly', 1)], { protocol: 'exact' });
    expect(noNormals.classes[0]!.record).toMatchObject({
      image: { auroc: null, ap: 1, f1max: 1 },
      reasons: ['no normal image: image AUROC is undefined', 'no maps: no pixel metrics'],
    });
  });

  test('leaves out what has no ground truth, and counts it', async () => {
    const map = Float32Array.of(1, 2, 3, 4);
    const at = { map, width: 2, height: 2 };
    const { classes } = await evaluate(
      [
        scored('normal', 1, at),
        scored('anomaly', 4, { ...at, mask: Uint8Array.of(0, 0, 0, 255) }),
        scored('anomaly', 5, at),
        scored('anomaly', 6),
        scored(undefined, 9, at),
      ],
      { protocol: 'exact' },
    );
    expect(classes[0]!.record).toMatchObject({ images: 4, anomalies: 3, extra: { regions: 1 } });
    expect(classes[0]!.record.reasons).toEqual([
      'left out, no label: 1 image',
      'left out of the pixel metrics, no map: 1 image',
      'left out of the pixel metrics, anomalous without a mask: 1 image',
    ]);
  });

  test('takes the label from the record, by the published protocol from the resized mask, and counts disagreements', async () => {
    const vanished = scored('anomaly', 5, {
      map: Float32Array.of(1, 2),
      mask: Uint8Array.of(0, 0),
      width: 2,
      height: 1,
    });
    const images = [scored('normal', 1), vanished];
    const exact = await evaluate(images, { protocol: 'exact' });
    const ader = await evaluate(images, { protocol: 'ader' });
    expect(exact.classes[0]!.record.anomalies).toBe(1);
    expect(ader.classes[0]!.record.anomalies).toBe(0);
    expect(ader.classes[0]!.record.reasons).toContain(
      'label and resized mask disagree, the mask believed: 1 image',
    );
  });

  test('refuses broken scores, maps and masks by name', async () => {
    const run = (more: Partial<ScoredImage>) => evaluate([scored('normal', 1, more)], { protocol: 'exact' });
    const at = { width: 2, height: 1 };
    await expect(run({ score: Number.NaN })).rejects.toThrow('a.png: the raw score is NaN');
    await expect(run({ ...at, map: new Float32Array(3) })).rejects.toThrow('holds 3 values');
    await expect(run({ ...at, map: new Float32Array(2), mask: new Uint8Array(3) })).rejects.toThrow(
      'resize the mask',
    );
    await expect(run({ ...at, map: Float32Array.of(0, Number.NaN) })).rejects.toThrow('NaN at (1, 0)');
  });

  test('draws curves that start and end where they must and enclose the area', async () => {
    const { classes } = await evaluate(await fixtureImages('metrics'), {
      protocol: 'exact',
      curvePoints: 400,
    });
    const { curves, record } = classes[0]!;
    const area = (curve: [number, number][]) =>
      curve.slice(1).reduce((sum, [x, y], i) => sum + ((x - curve[i]![0]) * (y + curve[i]![1])) / 2, 0);
    expect(curves!.pixel!.roc[0]).toEqual([0, 0]);
    expect(curves!.pixel!.roc.at(-1)).toEqual([1, 1]);
    expect(area(curves!.pixel!.roc)).toBeCloseTo(record.pixel!.auroc!, 2);
    expect(area(curves!.image.roc)).toBeCloseTo(record.image.auroc!, 9);
    expect(curves!.pixel!.pro.length).toBeLessThan(420);
  });
});
