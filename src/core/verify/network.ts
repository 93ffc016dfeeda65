import type { Tensor } from '@tensorflow/tfjs';
import { canonicalNames } from '../models/mambaad/checkpoint-names.js';
import { fromEngine, permute } from '../nn/layout.js';
import { NamedWeights } from '../nn/named-weights.js';
import type { ParameterSpec, Weights } from '../nn/parameter.js';
import { ParameterBlock } from '../nn/parameter-block.js';
import { TfOps, type TrainingMode } from '../ops/tf-ops.js';
import { inScope } from '../runtime/scope.js';
import { tf } from '../runtime/tf.js';
import { uploadParameters } from '../training/gradients.js';
import { type Check, compareGradient, compareNmse } from './check.js';
import type { Fixture } from './fixture.js';

/** The fixture's `param.*` as a block of the given specs. */
export function loadParameters(fixture: Fixture, specs: readonly ParameterSpec[]): ParameterBlock {
  const block = new ParameterBlock(specs);
  block.load(canonicalNames(fixture.group('param')), fixture.path);
  return block;
}

/** A fixture tensor on the engine; `NCHW` ones become channels-last. */
export function upload(fixture: Fixture, name: string, layout: 'NCHW' | 'as-is'): Tensor {
  const { shape } = fixture.tensor(name);
  const values = fixture.floats(name);
  if (layout === 'as-is') return tf.tensor(values, [...shape]);
  const [b, c, h, w] = shape as [number, number, number, number];
  return tf.tensor(permute(values, shape, [0, 2, 3, 1]), [b, h, w, c]);
}

/** An engine tensor as the fixture stores it. */
export function download(tensor: Tensor, layout: 'NCHW' | 'as-is'): Float32Array {
  const values = tensor.dataSync() as Float32Array;
  return layout === 'as-is' ? values : permute(values, tensor.shape, [0, 3, 1, 2]);
}

export interface NetworkUnderTest {
  specs: readonly ParameterSpec[];
  layout: 'NCHW' | 'as-is';
  run(ops: TfOps, w: Weights<Tensor>, input: Tensor): Tensor;
  training?: TrainingMode;
}

/** Checks `output`, `grad_input` and every `grad.*` of a fixture with one input and one output. */
export function checkNetwork(fixture: Fixture, { specs, layout, run, training }: NetworkUnderTest): Check[] {
  const block = loadParameters(fixture, specs);
  return inScope(() => {
    const tensors = uploadParameters(block);
    const input = upload(fixture, 'input', layout);
    const w = new NamedWeights(tensors);
    const forward = () => run(new TfOps(training), w, input);
    const sources = [input, ...block.slots.map((slot) => tensors.get(slot.spec.name)!)];
    const upstream = upload(fixture, 'grad_output', layout);
    const { value, grads } = tf.engine().gradients(forward, sources, upstream, true);
    const checks = [
      compareNmse('output', download(value, layout), fixture.floats('output'), 1e-6),
      compareNmse('grad_input', download(grads[0]!, layout), fixture.floats('grad_input'), 1e-5),
    ];
    const scale = fixture.gradientScale;
    block.slots.forEach((slot, i) => {
      const name = `grad.${slot.spec.name}`;
      if (!fixture.has(name)) return;
      const gradient = fromEngine(slot.spec, grads[i + 1]!.dataSync() as Float32Array);
      checks.push(compareGradient(name, gradient, fixture.floats(name), scale));
    });
    return checks;
  });
}
