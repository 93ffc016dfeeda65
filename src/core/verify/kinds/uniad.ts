import type { UniadConfig } from '../../models/uniad/config.js';
import { errorMap, meanSquaredError } from '../../models/uniad/detector.js';
import { reconstructAligned, reconstructionSpecs } from '../../models/uniad/reconstruction.js';
import { fromEngine } from '../../nn/layout.js';
import { NamedWeights } from '../../nn/named-weights.js';
import { TfOps } from '../../ops/tf-ops.js';
import { inScope } from '../../runtime/scope.js';
import { tf } from '../../runtime/tf.js';
import { uploadParameters } from '../../training/gradients.js';
import { type Check, compareGradient, compareNmse, compareRelative } from '../check.js';
import type { Fixture } from '../fixture.js';
import type { FixtureKind } from '../kind.js';
import { download, loadParameters, upload } from '../network.js';

/** UniAD behind its neck: reconstruction, map, loss, and gradients of the loss. */
export const uniadKind: FixtureKind = {
  name: 'uniad',
  matches: (fixture) => fixture.has('input', 'reconstruction', 'map', 'loss'),
  check: (fixture) => inScope(() => checkUniad(fixture)),
};

function checkUniad(fixture: Fixture): Check[] {
  const config = uniadConfig(fixture);
  const block = loadParameters(fixture, reconstructionSpecs(fixture.numbers('inplanes')[0]!, config));
  const tensors = uploadParameters(block);
  const ops = new TfOps();
  const input = upload(fixture, 'input', 'NCHW');
  const reconstruct = () => {
    const output = reconstructAligned(ops, new NamedWeights(tensors), input, config);
    return { targets: [input], outputs: [output] };
  };
  const reconstruction = reconstruct();
  const map = errorMap(ops, reconstruction, fixture.tensor('map').shape.at(-1)!);
  const sources = block.slots.map((slot) => tensors.get(slot.spec.name)!);
  const loss = () => meanSquaredError(ops, reconstruct());
  const { value, grads } = tf.engine().gradients(loss, sources, undefined, true);
  const output = download(reconstruction.outputs[0]!, 'NCHW');
  const scale = fixture.gradientScale;
  return [
    compareNmse('reconstruction', output, fixture.floats('reconstruction'), 1e-6),
    compareNmse('map', map.dataSync(), fixture.floats('map'), 1e-6),
    compareRelative('loss', value.dataSync(), fixture.floats('loss'), 1e-5),
    ...block.slots.map(({ spec }, i) => {
      const gradient = fromEngine(spec, grads[i]!.dataSync() as Float32Array);
      return compareGradient(`grad.${spec.name}`, gradient, fixture.floats(`grad.${spec.name}`), scale);
    }),
  ];
}

function uniadConfig(fixture: Fixture): UniadConfig {
  const number = (key: string) => fixture.numbers(key)[0]!;
  return {
    hidden: number('hidden'),
    heads: number('heads'),
    encoderLayers: number('encoder_layers'),
    decoderLayers: number('decoder_layers'),
    feedForward: number('feedforward'),
    side: fixture.tensor('input').shape[2]!,
    neighbourWindow: Number.parseInt(fixture.metadata.neighbour_window ?? '', 10),
    dropout: 0,
    jitter: 0,
  };
}
