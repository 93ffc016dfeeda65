import type { Tensor } from '@tensorflow/tfjs';
import { topShareScore } from '../anomaly/top-share.js';
import { type Family, isFitted } from '../models/family.js';
import type { DetectorDescription } from '../models/model-folder.js';
import { familyNamed } from '../models/registry.js';
import { NamedWeights } from '../nn/named-weights.js';
import type { ParameterBlock } from '../nn/parameter-block.js';
import { TfOps } from '../ops/tf-ops.js';
import { inScope } from '../runtime/scope.js';
import { tf } from '../runtime/tf.js';
import { uploadParameters } from '../training/gradients.js';

/** Anomaly map `[size·size]` and raw image score of one image. */
export interface Scored {
  map: Float32Array;
  rawScore: number;
}

type Describing = Omit<DetectorDescription, 'preset' | 'encoder' | 'input_size'>;

/** A trained detector on the current engine. */
export class Detector {
  /** Images that are worth having under way. */
  readonly size = 1;
  private readonly family: Family<unknown>;
  private readonly weights: ReadonlyMap<string, Tensor>;
  private readonly ops = new TfOps();

  constructor(
    private readonly description: Describing,
    block: ParameterBlock,
  ) {
    this.family = familyNamed(description.family);
    this.weights = uploadParameters(block);
  }

  /** @param features the encoder's maps of one image, fine to coarse, each `[H·W·C]` and not yet scaled */
  score(features: readonly Float32Array[]): Scored {
    const { features: shapes, feature_scale } = this.description;
    return inScope(() => {
      const inputs = features.map((values, scale) => {
        const raw = tf.tensor(values, [1, ...shapes[scale]!]);
        return feature_scale[scale] === 1 ? raw : tf.mul(raw, 1 / feature_scale[scale]!);
      });
      const { map, rawScore } = this.evaluate(inputs);
      return { map: map.dataSync().slice() as Float32Array, rawScore: rawScore.dataSync()[0]! };
    });
  }

  private evaluate(inputs: readonly Tensor[]): { map: Tensor; rawScore: Tensor } {
    const { top_share } = this.description;
    const published = this.published(inputs);
    if (top_share === undefined) return published;
    return { map: published.map, rawScore: topShareScore(this.ops, published.map, top_share) };
  }

  /** Map and score as the family's publication computes them. */
  private published(inputs: readonly Tensor[]): { map: Tensor; rawScore: Tensor } {
    const { config, map_size } = this.description;
    const w = new NamedWeights(this.weights);
    if (isFitted(this.family)) return this.family.score(w, inputs, config, map_size);
    const reconstruction = this.family.reconstruct(this.ops, w, inputs, config);
    const map = this.family.anomalyMap(this.ops, reconstruction, map_size);
    return { map, rawScore: this.family.imageScore(this.ops, map) };
  }

  dispose(): void {
    for (const tensor of this.weights.values()) tensor.dispose();
  }
}
