import type { GraphBuilder } from '../../export/onnx/graph-builder.js';
import type { ConvOptions } from '../ops.js';
import { OnnxValue } from './onnx-value.js';

const both = (value: number) => [value, value];
const around = (pad: number) => [pad, pad, pad, pad];

/** `weight [kh,kw,I,O]`. */
export function conv2d(
  graph: GraphBuilder,
  x: OnnxValue,
  weight: OnnxValue,
  { stride = 1, pad = 0, bias }: ConvOptions<OnnxValue>,
): OnnxValue {
  const [kh, kw, , outer] = weight.shape as [number, number, number, number];
  return convolve(graph, x, weight.permuted([3, 2, 0, 1]), {
    kernel: [kh, kw],
    stride,
    pad,
    bias,
    outer,
    group: 1,
  });
}

/** `weight [k,k,C,1]`. */
export function depthwise(
  graph: GraphBuilder,
  x: OnnxValue,
  weight: OnnxValue,
  { stride = 1, pad, bias }: ConvOptions<OnnxValue>,
): OnnxValue {
  const [kh, kw, channels] = weight.shape as [number, number, number];
  return convolve(graph, x, weight.permuted([2, 3, 0, 1]), {
    kernel: [kh, kw],
    stride,
    pad: pad ?? (kh - 1) / 2,
    bias,
    outer: channels,
    group: channels,
  });
}

interface Convolution {
  kernel: [number, number];
  stride: number;
  pad: number;
  bias: OnnxValue | undefined;
  outer: number;
  group: number;
}

function convolve(
  graph: GraphBuilder,
  x: OnnxValue,
  kernelName: string,
  { kernel, stride, pad, bias, outer, group }: Convolution,
): OnnxValue {
  const inputs = [x.name('channelsFirst'), kernelName, ...(bias ? [bias.name()] : [])];
  const name = graph.node('Conv', inputs, {
    attributes: { kernel_shape: kernel, strides: both(stride), pads: around(pad), group },
  });
  const [batch, height, width] = x.shape as [number, number, number, number];
  const side = (length: number, size: number) => Math.floor((length + 2 * pad - size) / stride) + 1;
  return OnnxValue.of(
    graph,
    [batch, side(height, kernel[0]), side(width, kernel[1]), outer],
    name,
    'channelsFirst',
  );
}

/** `weight [kh,kw,O,I]`, no padding. */
export function convTranspose2d(
  graph: GraphBuilder,
  x: OnnxValue,
  weight: OnnxValue,
  stride: number,
): OnnxValue {
  const [kh, kw, outer] = weight.shape as [number, number, number, number];
  const [batch, height, width] = x.shape as [number, number, number, number];
  const name = graph.node('ConvTranspose', [x.name('channelsFirst'), weight.permuted([3, 2, 0, 1])], {
    attributes: { kernel_shape: [kh, kw], strides: both(stride) },
  });
  const shape = [batch, (height - 1) * stride + kh, (width - 1) * stride + kw, outer];
  return OnnxValue.of(graph, shape, name, 'channelsFirst');
}

/** Padding never counts: neither as a maximum nor in an average. */
export function pool(
  graph: GraphBuilder,
  opType: 'MaxPool' | 'AveragePool',
  x: OnnxValue,
  { size, stride, pad }: { size: number; stride: number; pad: number },
): OnnxValue {
  const name = graph.node(opType, [x.name('channelsFirst')], {
    attributes: { kernel_shape: both(size), strides: both(stride), pads: around(pad) },
  });
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const side = (length: number) => Math.floor((length + 2 * pad - size) / stride) + 1;
  return OnnxValue.of(graph, [batch, side(height), side(width), channels], name, 'channelsFirst');
}

/** Bilinear, corners aligned; the batch side of `sizes` is read from the value itself. */
export function resizeBilinear(
  graph: GraphBuilder,
  x: OnnxValue,
  [height, width]: readonly [number, number],
): OnnxValue {
  const [batch, , , channels] = x.shape as [number, number, number, number];
  const name = x.name('channelsFirst');
  const rows = graph.node('Shape', [name], { attributes: { start: 0, end: 1 } });
  const sizes = graph.node('Concat', [rows, graph.integers([channels, height, width])], {
    attributes: { axis: 0 },
  });
  const resized = graph.node('Resize', [name, '', '', sizes], {
    attributes: { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
  });
  return OnnxValue.of(graph, [batch, height, width, channels], resized, 'channelsFirst');
}
