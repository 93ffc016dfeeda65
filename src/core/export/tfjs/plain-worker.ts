import type { GraphModel } from '@tensorflow/tfjs';
import type { SessionTensor } from '../../runtime/onnxruntime.js';
import { wasmDriver } from '../../runtime/processor-drivers.js';
import { tf } from '../../runtime/tf.js';
import { serve } from '../../runtime/worker-pool.js';
import type { Scored } from '../../scoring/detector.js';
import { detectorNames } from '../onnx/detector-graph.js';
import { openGraphModel } from './open-graph-model.js';

// The thread has a TensorFlow.js of its own, and nothing in it registers our kernels: what runs here runs anywhere.
let model: GraphModel;

serve({
  async open(folder: string): Promise<string[]> {
    tf.enableProdMode();
    await wasmDriver.activate();
    model = await openGraphModel(folder);
    return model.inputs.map(({ name }) => name);
  },
  run(inputs: Record<string, SessionTensor>): Scored {
    return tf.tidy(() => {
      const fed = Object.entries(inputs).map(([name, { shape, data }]) => {
        const isPixels = data instanceof Uint8Array;
        return [name, tf.tensor(data, [...shape], isPixels ? 'int32' : 'float32')] as const;
      });
      const [map, rawScore] = [
        model.execute(Object.fromEntries(fed), [detectorNames.map, detectorNames.rawScore]),
      ].flat();
      return { map: map!.dataSync().slice() as Float32Array, rawScore: rawScore!.dataSync()[0]! };
    });
  },
});
