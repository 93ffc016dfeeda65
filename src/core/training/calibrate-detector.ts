import { type Calibration, type CalibrationOptions, Calibrator } from '../anomaly/calibration.js';
import { uncalibrated } from '../anomaly/uncalibrated.js';
import type { DetectorDescription } from '../models/model-folder.js';
import type { ParameterBlock } from '../nn/parameter-block.js';
import { assembleScoringCrew } from '../scoring/crew.js';
import type { FeatureCollection } from './feature-collection.js';
import { readScale } from './feature-set.js';

interface CalibratingOptions {
  engine: string;
  threads: number;
  calibration: CalibrationOptions;
  signal?: AbortSignal | undefined;
}

// Enough to see how large scores are; no limit comes of it.
const samples = 16;

/**
 * What stands in the place of limits where no image was kept back. Limits of images that the model was made of would be
 * far too low, so that good parts would be called defective: these images only say how large its scores are.
 */
export async function withoutLimits(
  collection: FeatureCollection,
  training: readonly number[],
  description: DetectorDescription,
  block: ParameterBlock,
  options: CalibratingOptions,
): Promise<Calibration> {
  const stride = Math.max(1, Math.floor(training.length / samples));
  const some = training.filter((_, i) => i % stride === 0).slice(0, samples);
  const { pooled } = await calibrateDetector(collection, some, description, block, options);
  return uncalibrated(2 * pooled.quantiles.at(-1)! || 1, options.calibration);
}

/**
 * Scores good images with a fresh detector and sets its limits by them.
 *
 * @param judges indices of the images
 */
export async function calibrateDetector(
  collection: FeatureCollection,
  judges: readonly number[],
  description: DetectorDescription,
  block: ParameterBlock,
  options: CalibratingOptions,
): Promise<Calibration> {
  const set = collection.subset(judges);
  const crew = await assembleScoringCrew(options, description, block);
  const calibrator = new Calibrator(options.calibration);
  try {
    for (let from = 0; from < judges.length; from += crew.size) {
      options.signal?.throwIfAborted();
      const group = judges.slice(from, from + crew.size);
      const scores = await Promise.all(
        group.map((_, i) => crew.score(set.shapes.map((_, scale) => readScale(set, [from + i], scale, 1)))),
      );
      scores.forEach(({ rawScore, map }, i) => {
        calibrator.add(collection.images[group[i]!]!.class, rawScore, map);
      });
    }
  } finally {
    await crew.close();
  }
  return calibrator.finish();
}
