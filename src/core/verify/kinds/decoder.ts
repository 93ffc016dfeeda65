import { type MambaConfig, paperConfig } from '../../models/mambaad/config.js';
import { decode, decoderSpecs } from '../../models/mambaad/decoder.js';
import { publishedPyramid } from '../../models/pyramid-mamba/detector.js';
import { NamedWeights } from '../../nn/named-weights.js';
import { TfOps } from '../../ops/tf-ops.js';
import { inScope } from '../../runtime/scope.js';
import { uploadParameters } from '../../training/gradients.js';
import { compareNmse } from '../check.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';
import { download, loadParameters, upload } from '../network.js';

/** A whole decoder: four directions are Pyramid-Mamba's, eight MambaAD's, unless the metadata names a scan. */
export const decoderKind: FixtureKind = {
  name: 'decoder',
  matches: (fixture) => fixture.has('input', 'output.0') && 'depths' in fixture.metadata,
  check(fixture) {
    const config = decoderConfig(fixture);
    const block = loadParameters(fixture, decoderSpecs(config));
    return inScope(() => {
      const w = new NamedWeights(uploadParameters(block));
      const outputs = decode(new TfOps(), w, upload(fixture, 'input', 'NCHW'), config);
      return outputs.map((output, i) =>
        compareNmse(`output.${i}`, download(output, 'NCHW'), fixture.floats(`output.${i}`), 1e-6),
      );
    });
  },
};

/** Shape of a decoder fixture; drop path plays no part in them. */
export function decoderConfig(fixture: Fixture): MambaConfig {
  const directions = fixture.tensor('param.layers_up.0.blocks.0.smm_blocks.0.self_attention.x_proj_weight')
    .shape[0]!;
  const pyramid = fixture.metadata.scan === undefined && directions === 4;
  return {
    ...paperConfig,
    dims: fixture.numbers('dims'),
    depths: fixture.numbers('depths'),
    scan: fixture.metadata.scan ?? (pyramid ? 'sweep' : 'hilbert'),
    directions,
    dropPath: 0,
    ...(pyramid && { pyramid: publishedPyramid }),
  };
}
