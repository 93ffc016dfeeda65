import type { Tensor } from '@tensorflow/tfjs';
import { encoderConstants, freezeEncoder } from '../../models/encoders/frozen-encoder.js';
import { resnet34 } from '../../models/encoders/residual-network.js';
import { resnet50Keras } from '../../models/encoders/resnet50-keras.js';
import { NamedWeights } from '../../nn/named-weights.js';
import { TfOps } from '../../ops/tf-ops.js';
import { inScope } from '../../runtime/scope.js';
import { tf } from '../../runtime/tf.js';
import { loadWeights } from '../../weights/store.js';
import { type Check, compareNmse } from '../check.js';
import type { Fixture } from '../fixture.js';
import { formulaWeights } from '../formula-weights.js';
import type { FixtureKind } from '../kind.js';
import { download, upload } from '../network.js';

const tolerance = 1e-7;

/** ResNet-34 with weights by formula: the maps of its first three stages. */
export const resnet34Kind: FixtureKind = {
  name: 'encoder-resnet34',
  matches: (fixture) => fixture.has('input', 'layer1', 'layer3') && 'tensors' in fixture.metadata,
  check(fixture) {
    const encoder = freezeEncoder(
      resnet34,
      formulaWeights(resnet34.parameters),
      { channels: null, seed: 0 },
      fixture.path,
    );
    return inScope(() => {
      const ops = new TfOps();
      const w = new NamedWeights<Tensor>(encoderConstants(ops, encoder));
      const maps = resnet34.features<Tensor>(ops, w, upload(fixture, 'input', 'NCHW'));
      return maps.map((map, i) =>
        compareNmse(`layer${i + 1}`, download(map, 'NCHW'), fixture.floats(`layer${i + 1}`), tolerance),
      );
    });
  },
};

/** The Keras ResNet-50, with the pulled weights: every fourth row and column of its maps, and their channel means. */
export const resnet50KerasKind: FixtureKind = {
  name: 'encoder-resnet50-keras',
  matches: (fixture) => fixture.has('image', 'layer1', 'layer1.channel_mean'),
  async check(fixture) {
    const weights = await loadWeights(resnet50Keras);
    const encoder = freezeEncoder(resnet50Keras, weights, { channels: null, seed: 0 }, resnet50Keras.name);
    return inScope(() => {
      const ops = new TfOps();
      const tensors = encoderConstants<Tensor>(ops, encoder);
      const { shape } = fixture.tensor('image');
      const pixels = tf.tensor(fixture.floats('image'), [1, ...shape]);
      const maps = resnet50Keras.features<Tensor>(
        ops,
        new NamedWeights(tensors),
        resnet50Keras.preprocess(ops, pixels),
      );
      return maps.flatMap((map, i) => checkMap(fixture, `layer${i + 1}`, map));
    });
  },
};

function checkMap(fixture: Fixture, name: string, map: Tensor): Check[] {
  const means = tf.mean(map, [0, 1, 2]);
  const coarse = tf.stridedSlice(map, [0, 0, 0, 0], map.shape, [1, 4, 4, 1]);
  return [
    compareNmse(name, download(coarse, 'NCHW'), fixture.floats(name), tolerance),
    compareNmse(`${name}.channel_mean`, means.dataSync(), fixture.floats(`${name}.channel_mean`), tolerance),
  ];
}
