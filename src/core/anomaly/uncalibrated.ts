import type { Calibration, ClassCalibration } from './calibration.js';

/**
 * The limits of a model that has seen no good part yet: every picture goes to review, none is called good or bad.
 *
 * @param highest raw score that the model can give
 */
export function uncalibrated(highest: number): Calibration {
  const pooled: ClassCalibration = {
    n: 0,
    method: 'none',
    threshold: highest,
    review: -1,
    scale: highest,
    fprBound: 1,
    mapThreshold: highest,
    quantiles: [],
  };
  return { targetFpr: 0.01, reviewFpr: null, pixelFpr: 0.001, confidence: 0.95, classes: [], pooled };
}
