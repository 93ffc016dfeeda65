import { paperConfig } from '../../models/rd4ad/config.js';
import { bottleneckSpecs, decode, decoderSpecs, embed } from '../../models/rd4ad/networks.js';
import { NamedWeights } from '../../nn/named-weights.js';
import type { ParameterSpec } from '../../nn/parameter.js';
import { ParameterBlock } from '../../nn/parameter-block.js';
import { TfOps } from '../../ops/tf-ops.js';
import { inScope } from '../../runtime/scope.js';
import { uploadParameters } from '../../training/gradients.js';
import { type Check, compareNmse } from '../check.js';
import type { Fixture } from '../fixture.js';
import { formulaWeights } from '../formula-weights.js';
import type { FixtureKind } from '../kind.js';
import { download, upload } from '../network.js';

/** RD4AD at full size with weights by formula: the embedding, and the reconstruction of each of the teacher's maps. */
export const rd4adKind: FixtureKind = {
  name: 'rd4ad',
  matches: (fixture) => fixture.has('bottleneck', 'output.0') && 'decoder_tensors' in fixture.metadata,
  check(fixture) {
    const channels = [0, 1, 2].map((i) => fixture.tensor(`input.${i}`).shape[1]!);
    return inScope((): Check[] => {
      const features = channels.map((_, i) => upload(fixture, `input.${i}`, 'NCHW'));
      const ops = new TfOps();
      const bottleneck = weights(bottleneckSpecs(channels, paperConfig), fixture);
      const embedding = embed(ops, bottleneck, features, paperConfig);
      const decoder = weights(decoderSpecs(channels, paperConfig), fixture);
      const outputs = decode(ops, decoder, embedding, paperConfig);
      return [
        compareNmse('bottleneck', download(embedding, 'NCHW'), fixture.floats('bottleneck'), 1e-6),
        ...outputs.map((output, i) =>
          compareNmse(`output.${i}`, download(output, 'NCHW'), fixture.floats(`output.${i}`), 1e-6),
        ),
      ];
    });
  },
};

function weights(specs: readonly ParameterSpec[], { path }: Fixture) {
  const block = new ParameterBlock(specs);
  block.load(formulaWeights(specs), path);
  return new NamedWeights(uploadParameters(block));
}
