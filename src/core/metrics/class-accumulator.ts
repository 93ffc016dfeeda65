import type { MetricRecord } from '../records/schemas.js';
import { type ClassCurves, classCurves } from './curves.js';
import { type PixelMetrics, type Protocol, pixelMetrics } from './pixel-metrics.js';
import { hasDefect, PixelCollector } from './pixels.js';
import { rankingMetrics } from './ranking.js';
import { checkScoredImage, type ScoredImage } from './scored-image.js';

/** Sorted raw image scores of one class. */
export interface ImageScores {
  readonly normals: Float64Array;
  readonly anomalies: Float64Array;
}

/** Everything that the evaluation of one class yields. */
export interface ClassEvaluation {
  record: MetricRecord;
  scores: ImageScores;
  curves: ClassCurves | undefined;
}

export interface AccumulatorOptions {
  protocol: Protocol;
  /** Points per ROC, PR and PRO curve; 0 (default) for no curves. */
  curvePoints?: number;
}

/** Takes the scored images of one class one at a time, in any order, and yields the class's metrics. */
export class ClassAccumulator {
  private readonly normals: number[] = [];
  private readonly anomalies: number[] = [];
  private readonly pixels = new PixelCollector();
  private maps = 0;
  private readonly counts = { unlabelled: 0, withoutMap: 0, withoutMask: 0, disagreements: 0, repeats: 0 };

  constructor(
    readonly className: string,
    private readonly options: AccumulatorOptions,
  ) {}

  /** Adds one image. Throws DataError for scores that are not finite and masks of another size than the map. */
  add(image: ScoredImage): void {
    checkScoredImage(image);
    const label = this.labelOf(image);
    if (label === undefined) {
      this.counts.unlabelled++;
      return;
    }
    if (image.isRepeat) this.counts.repeats++;
    (label === 'anomaly' ? this.anomalies : this.normals).push(image.score);
    if (!image.map) this.counts.withoutMap++;
    else if (!image.mask && image.label === 'anomaly') this.counts.withoutMask++;
    else {
      this.pixels.add(image.map, image.mask ?? null, image.width!, image.height!);
      this.maps++;
    }
  }

  /** The metrics of all images added; releases the pixels, so call it once. */
  finish(): ClassEvaluation {
    const scores = {
      normals: Float64Array.from(this.normals).sort(),
      anomalies: Float64Array.from(this.anomalies).sort(),
    };
    const sorted = this.maps > 0 ? this.pixels.finish() : undefined;
    const curves = this.options.curvePoints
      ? classCurves(scores, sorted, this.options.curvePoints)
      : undefined;
    const pixel = sorted && pixelMetrics(sorted, this.options.protocol);
    return { record: this.recordOf(scores, pixel), scores, curves };
  }

  /** ADer takes the label from the resized mask, everyone else from the folder; disagreements are counted. */
  private labelOf({ label, mask }: ScoredImage): ScoredImage['label'] {
    if (!mask) return label;
    const seen = hasDefect(mask) ? 'anomaly' : 'normal';
    if (label !== undefined && label !== seen) this.counts.disagreements++;
    return this.options.protocol === 'ader' ? seen : (label ?? seen);
  }

  private recordOf(scores: ImageScores, pixel: PixelMetrics | undefined): MetricRecord {
    const { f1maxAt, ...image } = rankingMetrics(scores.anomalies, scores.normals);
    const reasons = this.reasons(pixel);
    return {
      v: 1,
      type: 'metric',
      class: this.className,
      protocol: this.options.protocol,
      images: scores.normals.length + scores.anomalies.length,
      anomalies: scores.anomalies.length,
      image,
      pixel: pixel?.ranking ?? null,
      mad: meanOfSeven(image, pixel?.ranking),
      extra: { image_f1max_threshold: f1maxAt, ...pixel?.extra },
      ...(reasons.length > 0 && { reasons }),
    };
  }

  private reasons(pixel: PixelMetrics | undefined): string[] {
    const { unlabelled, withoutMap, withoutMask, disagreements, repeats } = this.counts;
    const label = this.options.protocol === 'ader' ? 'the mask' : 'the record';
    const noMaps = this.maps === 0 && withoutMap > 0;
    const said: [boolean | number, string][] = [
      [this.anomalies.length === 0, 'no anomalous image: image metrics are undefined'],
      [this.normals.length === 0, 'no normal image: image AUROC is undefined'],
      [unlabelled, `left out, no label: ${images(unlabelled)}`],
      [noMaps, 'no maps: no pixel metrics'],
      [!noMaps && withoutMap, `left out of the pixel metrics, no map: ${images(withoutMap)}`],
      [withoutMask, `left out of the pixel metrics, anomalous without a mask: ${images(withoutMask)}`],
      [disagreements, `label and resized mask disagree, ${label} believed: ${images(disagreements)}`],
      [repeats, `came more than once and counted each time: ${images(repeats)}`],
      [pixel !== undefined && pixel.regions === 0, 'no defective pixel: pixel metrics are undefined'],
    ];
    return said.filter(([holds]) => holds).map(([, reason]) => reason);
  }
}

function images(count: number): string {
  return count === 1 ? '1 image' : `${count} images`;
}

type Seven = MetricRecord['image'];

/** mAD: the mean of the seven metrics; null unless all seven are defined. */
function meanOfSeven(image: Seven, pixel: (Seven & { aupro: number | null }) | undefined): number | null {
  if (!pixel) return null;
  const seven = [image.auroc, image.ap, image.f1max, pixel.auroc, pixel.ap, pixel.f1max, pixel.aupro];
  const defined = seven.filter((value) => value !== null);
  return defined.length === 7 ? defined.reduce((sum, value) => sum + value, 0) / 7 : null;
}
