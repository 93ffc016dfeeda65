import type { Tensor } from '@tensorflow/tfjs';
import { bottleneckSpecs, fuse } from '../../models/mambaad/bottleneck.js';
import { fromEngine } from '../../nn/layout.js';
import { NamedWeights } from '../../nn/named-weights.js';
import { createRandom } from '../../nn/random.js';
import { TfOps } from '../../ops/tf-ops.js';
import { inScope } from '../../runtime/scope.js';
import { tf } from '../../runtime/tf.js';
import { uploadParameters } from '../../training/gradients.js';
import { batchNormMomentum } from '../../training/running-statistics.js';
import { type Check, compareNmse } from '../check.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';
import { download, loadParameters, upload } from '../network.js';

/** MambaAD's feature fusion: evaluation, training with batch statistics, gradients and running statistics. */
export const featureFusion: FixtureKind = {
  name: 'feature-fusion',
  matches: (fixture) => fixture.has('input.0', 'output.eval', 'output.train'),
  check: (fixture) => inScope(() => checkFusion(fixture)),
};

function checkFusion(fixture: Fixture): Check[] {
  const channels = [0, 1, 2].map((i) => fixture.tensor(`input.${i}`).shape[1]!);
  const block = loadParameters(fixture, bottleneckSpecs(channels, fixture.tensor('output.eval').shape[1]!));
  const tensors = uploadParameters(block);
  const w = new NamedWeights(tensors);
  const inputs = [0, 1, 2].map((i) => upload(fixture, `input.${i}`, 'NCHW'));
  const evaluated = download(fuse(new TfOps(), w, inputs), 'NCHW');

  const running = new Map<Tensor, Tensor>();
  const training = new TfOps({
    random: createRandom(0),
    onBatchStatistics({ mean, variance }, batchMean, batchVariance) {
      running.set(mean, blend(mean, batchMean)).set(variance, blend(variance, batchVariance));
    },
  });
  const sources = block.slots.map((slot) => tensors.get(slot.spec.name)!);
  const upstream = upload(fixture, 'grad_output', 'NCHW');
  const { value, grads } = tf.engine().gradients(() => fuse(training, w, inputs), sources, upstream, true);

  const checks = [
    compareNmse('output.eval', evaluated, fixture.floats('output.eval'), 1e-6),
    compareNmse('output.train', download(value, 'NCHW'), fixture.floats('output.train'), 1e-6),
  ];
  block.slots.forEach(({ spec }, i) => {
    const gradient = `grad.${spec.name}`;
    if (fixture.has(gradient)) {
      checks.push(
        compareNmse(
          gradient,
          fromEngine(spec, grads[i]!.dataSync() as Float32Array),
          fixture.floats(gradient),
          1e-5,
        ),
      );
    }
    const after = `after.${spec.name}`;
    if (fixture.has(after)) {
      checks.push(compareNmse(after, running.get(sources[i]!)!.dataSync(), fixture.floats(after), 1e-6));
    }
  });
  return checks;
}

/** Kept beyond the gradient's own scope; the caller's tidy frees it. */
function blend(running: Tensor, batch: Tensor): Tensor {
  return tf.keep(tf.add(tf.mul(running, 1 - batchNormMomentum), tf.mul(batch, batchNormMomentum)));
}
