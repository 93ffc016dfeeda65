import type { MetricRecord, ScoreRecord } from '../records/schemas.js';

/** Everything a report shows; plain data, so that any command can fill it in and any writer can render it. */
export interface ReportData {
  readonly title: string;
  /** When, ISO 8601. */
  readonly created: string;
  readonly model?: ReportModel;
  /** One per class, and one of class "mean". */
  readonly metrics: readonly MetricRecord[];
  readonly gates?: readonly ReportGate[];
  readonly images: readonly ReportImage[];
  /** One per class; that of the mean is drawn on top of the others. */
  readonly curves: readonly ReportCurves[];
  readonly loss?: readonly LossPoint[];
}

export interface ReportModel {
  /** sha256, hex. */
  readonly hash: string;
  readonly family?: string;
  readonly preset: string;
  readonly encoder: string;
  readonly classes: readonly string[];
  /** Training images. */
  readonly images: number;
  readonly seed: number;
  readonly parameters?: number;
  readonly steps?: number;
  /** Training time. */
  readonly seconds?: number;
}

export interface ReportGate {
  /** As given: `image.auroc>=0.97`. */
  readonly text: string;
  readonly ok: boolean;
  /** What was measured; null when it is not defined. */
  readonly value: number | null;
}

export interface ReportImage {
  readonly path: string;
  readonly class: string;
  /** Ground truth, when known. */
  readonly label?: 'normal' | 'anomaly';
  readonly defect?: string;
  /** Calibrated, 0..1, 0.5 at the threshold. */
  readonly score: number;
  readonly raw_score: number;
  readonly verdict: ScoreRecord['verdict'];
  /** Wall time, milliseconds. */
  readonly ms?: number;
  /** An image file, or its bytes; only the gallery's images need one (see selectGallery). */
  readonly overlayPng?: Uint8Array | string;
}

/** Points in drawing order. */
export type CurvePoints = readonly (readonly [x: number, y: number])[];

export interface ReportCurves {
  readonly class: string;
  /** Whether this is the mean over classes. */
  readonly isMean?: boolean;
  /** Of image scores: false-positive rate, true-positive rate. */
  readonly roc: CurvePoints;
  /** Of image scores: recall, precision. */
  readonly pr: CurvePoints;
  /** Of maps: false-positive rate, per-region overlap; null without masks. */
  readonly pro: CurvePoints | null;
  /** ROC and PR again, of map pixels. */
  readonly pixel?: { readonly roc: CurvePoints; readonly pr: CurvePoints } | null;
}

export interface LossPoint {
  readonly step: number;
  readonly loss: number;
}

/** What a verdict turned out to be. Without a label, `ng` is an alarm and `ok` a pass. */
export type Outcome = 'find' | 'miss' | 'false_alarm' | 'alarm' | 'review' | 'pass' | 'unknown';

export function outcome(image: ReportImage): Outcome {
  if (image.verdict === 'review' || image.verdict === 'unknown') return image.verdict;
  if (image.verdict === 'ok') return image.label === 'anomaly' ? 'miss' : 'pass';
  if (image.label === undefined) return 'alarm';
  return image.label === 'anomaly' ? 'find' : 'false_alarm';
}

/** Outcomes that fail a check: a wrong verdict where the truth is known, an anomaly where it is not. */
export function isFailure(image: ReportImage): boolean {
  const what = outcome(image);
  return what === 'miss' || what === 'false_alarm' || what === 'alarm';
}

/** Failures, worst first: how far the score lies on the wrong side of 0.5. */
export function worstImages(images: readonly ReportImage[]): ReportImage[] {
  return images.filter(isFailure).sort((a, b) => Math.abs(b.score - 0.5) - Math.abs(a.score - 0.5));
}

/** Classes in order of appearance. */
export function classesOf(images: readonly ReportImage[]): string[] {
  return [...new Set(images.map((image) => image.class))];
}
