import type { MetricRecord } from '../../../src/core/records/schemas.js';
import type { ReportData, ReportImage } from '../../../src/core/report/report-data.js';

/** A name that tries everything: markup, quotes, line breaks, an escape sequence, a direction override, half a character. */
export const hostileName =
  'a/<script>alert(1)</script>"\' onload=x ]]>&amp;|`%0A\n::error::\r\u001b[31m\u202egnp.\u2028\ud800.png';

export function image(fields: Partial<ReportImage>): ReportImage {
  return {
    path: 'a/good/000.png',
    class: 'gear',
    score: 0.1,
    raw_score: 0.2,
    verdict: 'ok',
    label: 'normal',
    ...fields,
  };
}

export function metric(name: string, auroc: number): MetricRecord {
  const image = { auroc, ap: 0.9, f1max: 0.8 };
  const pixel = { auroc: 0.98, ap: 0.6, f1max: 0.55, aupro: 0.91 };
  return {
    v: 1,
    type: 'metric',
    class: name,
    ...(name === 'mean' && { mean_of: 2 }),
    protocol: 'exact',
    images: 4,
    anomalies: 2,
    image,
    pixel,
    mad: 0.77,
  };
}

/** One image of every outcome, and one hostile name in every place that a name can reach. */
export function sampleReport(): ReportData {
  const curve: [number, number][] = [
    [0, 0],
    [0, 0.8],
    [0.5, 1],
    [1, 1],
  ];
  return {
    title: `Line 1 ${hostileName}`,
    created: '2026-11-22T10:00:00Z',
    model: {
      hash: 'ab12',
      preset: 'small',
      encoder: hostileName,
      classes: ['gear', hostileName],
      images: 60,
      seed: 7,
      seconds: 12.5,
    },
    metrics: [metric('mean', 0.95), metric('gear', 0.97), metric(hostileName, 0.93)],
    gates: [
      { text: 'image.auroc>=0.9', ok: true, value: 0.95 },
      { text: 'pixel.aupro>=0.95', ok: false, value: 0.91 },
    ],
    images: [
      image({}),
      image({ path: 'a/good/001.png', score: 0.8, raw_score: 2, verdict: 'ng' }),
      image({
        path: 'a/crack/000.png',
        label: 'anomaly',
        defect: 'crack',
        score: 0.2,
        verdict: 'ok',
        ms: 12,
      }),
      image({ path: 'a/crack/001.png', label: 'anomaly', defect: 'crack', score: 0.95, verdict: 'ng' }),
      image({ path: 'a/crack/002.png', label: 'anomaly', defect: 'crack', score: 0.5, verdict: 'review' }),
      image({
        path: hostileName,
        class: hostileName,
        defect: hostileName,
        label: 'anomaly',
        overlayPng: hostileName,
      }),
      image({ path: 'unlabelled.png', label: undefined, score: 0.7, verdict: 'ng' }),
    ],
    curves: [
      {
        class: 'gear',
        roc: curve,
        pr: [
          [0, 1],
          [1, 0.7],
        ],
        pro: curve,
      },
      {
        class: hostileName,
        roc: curve,
        pr: [
          [0, 1],
          [1, 0.5],
        ],
        pro: null,
      },
    ],
    loss: [
      { step: 1, loss: 0.9 },
      { step: 2, loss: 0.5 },
    ],
  };
}
