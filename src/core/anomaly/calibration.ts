import { DataError, UsageError } from '../errors.js';
import { nameForm } from '../records/name-form.js';
import { PixelTail } from './pixel-tail.js';
import { type LimitMethod, tailLimit } from './tail-limit.js';

/** What may be asked of a calibration. */
export interface CalibrationOptions {
  /** Fraction of good parts that may be called anomalous. Default 0.01. */
  targetFpr?: number;
  /** Fraction of good parts that may be called at least "review"; larger than `targetFpr`. Default: no such band. */
  reviewFpr?: number;
  /** Fraction of the pixels of good parts that may lie above the map threshold. Default 0.001. */
  pixelFpr?: number;
  /** Of the bound on the false-positive rate. Default 0.95. */
  confidence?: number;
}

/** Limits learnt from the scores of good parts of one class. JSON. */
export interface ClassCalibration {
  /** Held-out good images behind the numbers. */
  n: number;
  /** `none` until good parts were seen: see uncalibrated.ts. */
  method: LimitMethod | 'none';
  /** On the raw score; above it the verdict is "ng". */
  threshold: number;
  /** On the raw score; above it (and not above the threshold) the verdict is "review". Equal to it: no such band. */
  review: number;
  /** Raw score by which the calibrated score moves: see `calibratedScore`. */
  scale: number;
  /** Upper bound, at `confidence`, on the fraction of good parts above the threshold; from ranks alone. */
  fprBound: number;
  /** On the raw map; pixels above it are defective. */
  mapThreshold: number;
  /** Scores of the good parts at 0, 5, …, 100 %: what later scores are compared with to see drift. */
  quantiles: number[];
  /** What was asked when these were set, where it is not what the calibration as a whole says. */
  asked?: CalibrationRates;
}

/** What a calibration was asked for; see `CalibrationOptions`. */
export interface CalibrationRates {
  targetFpr: number;
  reviewFpr: number | null;
  pixelFpr: number;
  confidence: number;
}

/** Stored in model.json. */
export interface Calibration extends CalibrationRates {
  classes: { class: string; limits: ClassCalibration }[];
  /** From all classes together. A class without limits of its own is held against them: see `verdictOf`. */
  pooled: ClassCalibration;
}

interface Sample {
  scores: number[];
  pixels: PixelTail;
}

/** Takes the scores and maps of held-out good images, one at a time, and yields the calibration of a model. */
export class Calibrator {
  private readonly classes = new Map<string, Sample>();
  private readonly options: CalibrationRates;

  /** Throws UsageError for rates outside (0, 1) and a review rate that is not above the target. */
  constructor(options: CalibrationOptions = {}) {
    const { targetFpr = 0.01, reviewFpr = null, pixelFpr = 0.001, confidence = 0.95 } = options;
    this.options = { targetFpr, reviewFpr, pixelFpr, confidence };
    for (const [name, value] of Object.entries(this.options)) {
      if (value !== null && !(value > 0 && value < 1)) {
        throw new UsageError(`calibration: ${name} is ${value}, expected a fraction between 0 and 1.`);
      }
    }
    if (reviewFpr !== null && reviewFpr <= targetFpr) {
      throw new UsageError(
        `calibration: the review rate ${reviewFpr} must be above the target rate ${targetFpr}: the review band lies below the threshold.`,
      );
    }
  }

  /** Throws DataError for a score that is not finite. */
  add(of: string, score: number, map?: Float32Array): void {
    const name = nameForm(of);
    if (!Number.isFinite(score)) {
      throw new DataError(`calibration: a good image of class "${name}" has the score ${score}.`);
    }
    let sample = this.classes.get(name);
    if (!sample) {
      sample = { scores: [], pixels: new PixelTail() };
      this.classes.set(name, sample);
    }
    sample.scores.push(score);
    if (map) sample.pixels.add(map);
  }

  /** Throws DataError when no image was added. */
  finish(): Calibration {
    if (this.classes.size === 0) {
      throw new DataError(
        'calibration: no good images; hold some out of training or pass score records of good parts.',
      );
    }
    const pooled: Sample = { scores: [], pixels: new PixelTail() };
    for (const { scores, pixels } of this.classes.values()) {
      for (const score of scores) pooled.scores.push(score);
      pooled.pixels.merge(pixels);
    }
    const classes = [...this.classes].map(([name, sample]) => ({
      class: name,
      limits: this.limitsOf(sample),
    }));
    return { ...this.options, classes, pooled: this.limitsOf(pooled) };
  }

  private limitsOf({ scores, pixels }: Sample): ClassCalibration {
    const { targetFpr, reviewFpr, pixelFpr, confidence } = this.options;
    const { limit, method, fprBound } = tailLimit(scores, targetFpr, confidence);
    const review = reviewFpr === null ? limit : tailLimit(scores, reviewFpr, confidence).limit;
    const quantiles = twentieths(Float64Array.from(scores).sort());
    const spread = limit - quantiles[10]!;
    return {
      n: scores.length,
      method,
      threshold: limit,
      review: Math.min(review, limit),
      // All scores equal: any positive scale keeps the calibrated score rising.
      scale: spread > 0 ? spread : Math.abs(limit) || 1,
      fprBound,
      mapThreshold: pixels.exceededBy(pixelFpr) ?? limit,
      quantiles,
    };
  }
}

/** Interpolated quantiles at 0, 1/20, …, 1 of sorted values. */
function twentieths(sorted: Float64Array): number[] {
  return Array.from({ length: 21 }, (_, i) => {
    const position = (i / 20) * (sorted.length - 1);
    const left = Math.floor(position);
    const right = Math.min(left + 1, sorted.length - 1);
    return sorted[left]! + (position - left) * (sorted[right]! - sorted[left]!);
  });
}
