import type { SortedPixels } from './pixels.js';
import { type SortedScores, walkThresholds } from './threshold-walk.js';

/** A polyline, x rising. */
export type Curve = [x: number, y: number][];

/** Curves of one class, thinned for drawing. */
export interface ClassCurves {
  image: { roc: Curve; pr: Curve };
  pixel: { roc: Curve; pr: Curve; pro: Curve } | null;
}

/** ROC (false-positive rate, recall), PR (recall, precision) and PRO (false-positive rate, mean region overlap). */
export function classCurves(
  images: { normals: SortedScores; anomalies: SortedScores },
  pixels: SortedPixels | undefined,
  points: number,
): ClassCurves {
  const image = trace(images.anomalies, images.normals, () => 0, points);
  const pixel =
    pixels && trace(pixels.defects, pixels.normals, (index) => pixels.overlapFrom[index]!, points);
  return { image: { roc: image.roc, pr: image.pr }, pixel: pixel ?? null };
}

function trace(
  positives: SortedScores,
  negatives: SortedScores,
  overlapFrom: (index: number) => number,
  points: number,
): { roc: Curve; pr: Curve; pro: Curve } {
  const roc = new Thinned(points);
  const pr = new Thinned(points);
  const pro = new Thinned(points);
  if (positives.length === 0) return { roc: [], pr: [], pro: [] };
  const fprOf = (count: number) => (negatives.length === 0 ? 0 : count / negatives.length);
  roc.add(0, 0);
  pro.add(0, 0);
  walkThresholds(positives, negatives, (step) => {
    const recallAbove = (positives.length - step.to) / positives.length;
    const recall = step.truePositives / positives.length;
    roc.add(fprOf(step.falsePositivesAbove), recallAbove);
    roc.add(fprOf(step.falsePositives), recall);
    pr.add(recall, step.truePositives / (step.truePositives + step.falsePositives));
    pro.add(fprOf(step.falsePositivesAbove), overlapFrom(step.to));
    pro.add(fprOf(step.falsePositives), overlapFrom(step.from));
  });
  roc.add(fprOf(negatives.length), 1);
  pro.add(fprOf(negatives.length), overlapFrom(0));
  return { roc: roc.finish(), pr: pr.finish(), pro: pro.finish() };
}

/** Keeps a point when the curve has moved by a step since the last one kept, and the two ends. */
class Thinned {
  private readonly kept: Curve = [];
  private last: [number, number] | undefined;

  constructor(private readonly points: number) {}

  add(x: number, y: number): void {
    const previous = this.kept.at(-1);
    this.last = [x, y];
    if (previous && Math.abs(x - previous[0]) + Math.abs(y - previous[1]) < 2 / this.points) return;
    this.kept.push(this.last);
  }

  finish(): Curve {
    if (this.last && this.kept.at(-1) !== this.last) this.kept.push(this.last);
    return this.kept;
  }
}
