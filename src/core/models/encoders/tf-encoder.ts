import type { Tensor } from '@tensorflow/tfjs';
import { TfOps } from '../../ops/tf-ops.js';
import { tf } from '../../runtime/tf.js';
import { sizeOf } from '../../tensor.js';
import type { Encoder } from './encoder.js';
import { encoderConstants, encoderMaps, type FrozenEncoder } from './frozen-encoder.js';

const picturesARun = 4;

/** Runs a frozen encoder on the TensorFlow.js backend that is current now, with the same numbers as onnxruntime. */
export async function openTfEncoder(encoder: FrozenEncoder): Promise<Encoder> {
  await tf.ready();
  const ops = new TfOps();
  const tensors = encoderConstants<Tensor>(ops, encoder);
  const [width, height] = encoder.network.inputSize;
  return {
    name: encoder.network.name,
    hash: encoder.hash,
    inputSize: [width, height],
    preprocessing: encoder.network.preprocessing,
    outputs: encoder.outputs,
    async encode(images, batch) {
      const maps = encoder.outputs.map((shape) => new Float32Array(batch * sizeOf(shape)));
      for (let first = 0; first < batch; first += picturesARun) {
        const count = Math.min(picturesARun, batch - first);
        const pixels = height * width * 3;
        const data = Float32Array.from(images.subarray(first * pixels, (first + count) * pixels));
        const results = tf.tidy(() =>
          encoderMaps<Tensor>(ops, encoder, tensors, tf.tensor4d(data, [count, height, width, 3])),
        );
        for (const [scale, result] of results.entries()) {
          maps[scale]!.set(await result.data<'float32'>(), first * sizeOf(encoder.outputs[scale]!));
          result.dispose();
        }
      }
      return maps;
    },
    dispose() {
      for (const tensor of tensors.values()) tensor.dispose();
    },
  };
}
