import { attribute, type GraphDefBuilder } from '../../export/tfjs/graph-def.js';
import type { ConvOptions } from '../ops.js';
import { GraphValue } from './graph-value.js';

type Map4 = [batch: number, height: number, width: number, channels: number];

/** What TensorFlow.js does not take for granted. */
const plain = {
  dilations: attribute.integers([1, 1, 1, 1]),
  data_format: attribute.text('NHWC'),
};

const window = (name: 'strides' | 'ksize', side: number) => ({
  [name]: attribute.integers([1, side, side, 1]),
});

/** `weight [kh,kw,I,O]`. */
export function conv2d(
  graph: GraphDefBuilder,
  x: GraphValue,
  weight: GraphValue,
  { stride = 1, pad = 0, bias }: ConvOptions<GraphValue>,
): GraphValue {
  const [kh, kw, , outer] = weight.shape as Map4;
  const [batch, height, width] = x.shape as Map4;
  const name = graph.node('Conv2D', [padded(graph, x, pad), weight.name], {
    ...plain,
    ...window('strides', stride),
    padding: attribute.text('VALID'),
  });
  const side = (length: number, size: number) => Math.floor((length + 2 * pad - size) / stride) + 1;
  const shape = [batch, side(height, kh), side(width, kw), outer];
  return GraphValue.of(graph, shape, biased(graph, name, bias));
}

/** `weight [k,k,C,1]`. */
export function depthwise(
  graph: GraphDefBuilder,
  x: GraphValue,
  weight: GraphValue,
  { stride = 1, pad, bias }: ConvOptions<GraphValue>,
): GraphValue {
  const size = weight.shape[0]!;
  const [batch, height, width, channels] = x.shape as Map4;
  const around = pad ?? (size - 1) / 2;
  // Where the sizes stay, TensorFlow's own padding is the same one and needs no node.
  const same = stride === 1 && around === (size - 1) / 2;
  const name = graph.node('DepthwiseConv2dNative', [same ? x.name : padded(graph, x, around), weight.name], {
    ...plain,
    ...window('strides', stride),
    padding: attribute.text(same ? 'SAME' : 'VALID'),
  });
  const side = (length: number) => Math.floor((length + 2 * around - size) / stride) + 1;
  return GraphValue.of(graph, [batch, side(height), side(width), channels], biased(graph, name, bias));
}

/** `weight [kh,kw,O,I]`, no padding. */
export function convTranspose2d(
  graph: GraphDefBuilder,
  x: GraphValue,
  weight: GraphValue,
  stride: number,
): GraphValue {
  const [kh, kw, outer] = weight.shape as Map4;
  const [batch, height, width] = x.shape as Map4;
  const sides = [(height - 1) * stride + kh, (width - 1) * stride + kw, outer];
  const rows = graph.node('Slice', [graph.node('Shape', [x.name]), graph.integers([0]), graph.integers([1])]);
  const size = graph.node('ConcatV2', [rows, graph.integers(sides), graph.axis(0)], {
    T: attribute.type('DT_INT32'),
    N: attribute.integer(2),
  });
  const name = graph.node('Conv2DBackpropInput', [size, weight.name, x.name], {
    ...window('strides', stride),
    padding: attribute.text('VALID'),
  });
  return GraphValue.of(graph, [batch, ...sides], name);
}

/** Padding never counts as a maximum. */
export function maxPool(
  graph: GraphDefBuilder,
  x: GraphValue,
  { size, stride, pad }: { size: number; stride: number; pad: number },
): GraphValue {
  return pool(graph, 'MaxPool', padded(graph, x, pad, -3.4e38), x, { size, stride, pad });
}

/** Padding does not count: where a window reaches over the border, the sum of zeros and pixels is shared by fewer. */
export function avgPool(
  graph: GraphDefBuilder,
  x: GraphValue,
  options: { size: number; stride: number; pad: number },
): GraphValue {
  const averages = pool(graph, 'AvgPool', padded(graph, x, options.pad), x, options);
  if (options.pad === 0) return averages;
  const [, height, width] = averages.shape as Map4;
  const [, rows, columns] = x.shape as Map4;
  const [down, across] = [shares(rows, height, options), shares(columns, width, options)];
  const factors = Float32Array.from(
    { length: height * width },
    (_, i) => down[Math.floor(i / width)]! * across[i % width]!,
  );
  const name = graph.node('Mul', [averages.name, graph.floats(factors, [1, height, width, 1])]);
  return GraphValue.of(graph, averages.shape, name);
}

/** Along one axis: size of a window over the pixels in it that are no padding, for each window. */
function shares(
  length: number,
  windows: number,
  { size, stride, pad }: { size: number; stride: number; pad: number },
): number[] {
  return Array.from({ length: windows }, (_, i) => {
    const from = i * stride - pad;
    return size / (Math.min(from + size, length) - Math.max(from, 0));
  });
}

function pool(
  graph: GraphDefBuilder,
  op: string,
  image: string,
  x: GraphValue,
  { size, stride, pad }: { size: number; stride: number; pad: number },
): GraphValue {
  const [batch, height, width, channels] = x.shape as Map4;
  const attributes = { ...window('ksize', size), ...window('strides', stride) };
  const name = graph.node(op, [image], { ...attributes, padding: attribute.text('VALID') });
  const side = (length: number) => Math.floor((length + 2 * pad - size) / stride) + 1;
  return GraphValue.of(graph, [batch, side(height), side(width), channels], name);
}

/** Bilinear, corners aligned. */
export function resizeBilinear(
  graph: GraphDefBuilder,
  x: GraphValue,
  [height, width]: readonly [number, number],
): GraphValue {
  const [batch, , , channels] = x.shape as Map4;
  const name = graph.node('ResizeBilinear', [x.name, graph.integers([height, width])], {
    align_corners: attribute.flag(true),
    half_pixel_centers: attribute.flag(false),
  });
  return GraphValue.of(graph, [batch, height, width, channels], name);
}

/** TensorFlow pads strided convolutions on one side only; PyTorch's networks want both. */
function padded(graph: GraphDefBuilder, x: GraphValue, pad: number, value = 0): string {
  if (pad === 0) return x.name;
  const sides = graph.indices(Int32Array.of(0, 0, pad, pad, pad, pad, 0, 0), [4, 2]);
  return graph.node('PadV2', [x.name, sides, graph.scalar(value)]);
}

function biased(graph: GraphDefBuilder, name: string, bias: GraphValue | undefined): string {
  return bias ? graph.node('AddV2', [name, bias.name]) : name;
}
