import { encodeModel } from '../../export/onnx/messages.js';
import { OnnxOps } from '../../ops/onnx/onnx-ops.js';
import { openSession } from '../../runtime/onnxruntime.js';
import { sizeOf } from '../../tensor.js';
import type { Encoder } from './encoder.js';
import { encoderConstants, encoderMaps, type FrozenEncoder } from './frozen-encoder.js';

// More pictures in one run are no faster on a CPU; they only take memory.
const picturesARun = 4;

/** The encoder as an ONNX model: `images` uint8 `[B,H,W,3]` in, `features.0…` `[B,h,w,C]` out. */
export function encoderModel(encoder: FrozenEncoder): Uint8Array {
  const ops = new OnnxOps();
  const [width, height] = encoder.network.inputSize;
  const pixels = ops.byteInput('images', [-1, height, width, 3]);
  encoderMaps(ops, encoder, encoderConstants(ops, encoder), pixels).forEach((map, scale) => {
    ops.output(`features.${scale}`, map);
  });
  return encodeModel(ops.graph.model(encoder.network.name, { encoder: encoder.hash }));
}

/**
 * Runs a frozen encoder in onnxruntime.
 *
 * @throws UnavailableError when onnxruntime is absent
 */
export async function openOnnxEncoder(encoder: FrozenEncoder, threads?: number): Promise<Encoder> {
  const session = await openSession(encoderModel(encoder), { threads });
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
        const data = images.subarray(first * pixels, (first + count) * pixels);
        const outputs = await session.run({ images: { shape: [count, height, width, 3], data } });
        maps.forEach((map, scale) => {
          map.set(outputs[`features.${scale}`]!.data, first * sizeOf(encoder.outputs[scale]!));
        });
      }
      return maps;
    },
    dispose: () => void session.dispose(),
  };
}
