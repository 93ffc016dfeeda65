import { floatToHalf } from '../../files/half-precision.js';
import { attributes } from './attributes.js';
import { ElementType, type ModelProto, type NodeProto, type TensorProto } from './messages.js';

/** Smaller tensors (biases, norms, limits) keep their precision: they weigh nothing. */
const smallest = 1024;

/** The model with its large float32 initialisers as float16, each cast back before use. */
export function withHalfWeights(model: ModelProto): ModelProto {
  const casts: NodeProto[] = [];
  const initializer = model.graph.initializer.map((tensor) => {
    if (tensor.dataType !== ElementType.float32 || tensor.rawData!.byteLength < 4 * smallest) return tensor;
    const half = {
      ...tensor,
      name: `${tensor.name}.half`,
      dataType: ElementType.float16,
      rawData: halved(tensor),
    };
    casts.push({
      input: [half.name],
      output: [tensor.name],
      name: `${tensor.name}.cast`,
      opType: 'Cast',
      attribute: attributes({ to: ElementType.float32 }),
    });
    return half;
  });
  return { ...model, graph: { ...model.graph, initializer, node: [...casts, ...model.graph.node] } };
}

function halved({ rawData }: TensorProto): Uint8Array {
  const floats = new Float32Array(rawData!.buffer, rawData!.byteOffset, rawData!.byteLength / 4);
  return new Uint8Array(floatToHalf(floats).buffer);
}
