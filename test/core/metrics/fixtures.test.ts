import { describe, expect, test } from 'vitest';
import { gridMetrics } from '../../../src/core/metrics/grid.js';
import { aderAupro, exactAupro } from '../../../src/core/metrics/pro.js';
import { rankingMetrics } from '../../../src/core/metrics/ranking.js';
import { collect, metricFixture } from './fixture-pixels.js';

const DIGITS = 9;

describe.each(['metrics', 'metrics-ties'])('%s', async (name) => {
  const fixture = await metricFixture(name);
  const pixels = collect(fixture);

  test('pixel metrics and AU-PRO are exact', () => {
    const { exact } = fixture;
    const ranking = rankingMetrics(pixels.defects, pixels.normals);
    expect(pixels.regions).toBe(exact.regions);
    expect(ranking.auroc).toBeCloseTo(exact.pixel_auroc!, DIGITS);
    expect(ranking.ap).toBeCloseTo(exact.pixel_ap!, DIGITS);
    expect(ranking.f1max).toBeCloseTo(exact.pixel_f1max!, DIGITS);
    expect(exactAupro(pixels)).toBeCloseTo(exact['aupro_0.3']!, DIGITS);
    expect(exactAupro(pixels, 0.05)).toBeCloseTo(exact['aupro_0.05']!, DIGITS);
  });

  test('the published tables’ binned definitions agree', () => {
    const { ader } = fixture;
    const grid = gridMetrics(pixels);
    expect(grid.f1max).toBeCloseTo(ader.mF1_max_px!, DIGITS);
    expect(grid.iouMax).toBeCloseTo(ader.mIoU_max_px!, DIGITS);
    expect(grid.f1Range).toBeCloseTo(ader['mF1_px_0.2_0.8_0.1']!, DIGITS);
    expect(grid.accuracyRange).toBeCloseTo(ader['mAcc_px_0.2_0.8_0.1']!, DIGITS);
    expect(grid.iouRange).toBeCloseTo(ader['mIoU_px_0.2_0.8_0.1']!, DIGITS);
    expect(aderAupro(pixels)).toBeCloseTo(ader.mAUPRO_px!, DIGITS);
  });
});
