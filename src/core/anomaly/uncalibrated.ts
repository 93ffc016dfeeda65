import type { Calibration, CalibrationOptions, ClassCalibration } from './calibration.js';

/**
 * What stands in the place of limits in a model that has seen no good part but those it was made of: no verdict follows
 * from it. The numbers only give calibrated scores and colours a scale.
 *
 * @param highest raw score that the model can give, or that none of the parts it was made of came near
 */
export function uncalibrated(highest: number, rates: CalibrationOptions = {}): Calibration {
  const pooled: ClassCalibration = {
    n: 0,
    method: 'none',
    threshold: highest,
    review: highest,
    scale: highest,
    fprBound: 1,
    mapThreshold: highest,
    quantiles: [],
  };
  const { targetFpr = 0.01, reviewFpr = null, pixelFpr = 0.001, confidence = 0.95 } = rates;
  return { targetFpr, reviewFpr, pixelFpr, confidence, classes: [], pooled };
}

/** Whether no class of the model has limits. */
export function isUncalibrated({ classes, pooled }: Calibration): boolean {
  return pooled.method === 'none' && classes.every(({ limits }) => limits.method === 'none');
}
