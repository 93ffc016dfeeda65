import type { Ops } from '../../../src/core/ops/ops.js';
import { visitingOrder } from '../../../src/core/scan/directions.js';
import { pyramidOrder } from '../../../src/core/scan/pyramid.js';
import { gaussian, type Network } from './onnx-runner.js';

/** A constant of the network under test: the same numbers for every interpreter. */
function fixed<T>(ops: Ops<T>, shape: number[], seed = 7): T {
  return ops.constant(gaussian(shape, seed).data, shape);
}

/** Positive numbers: variances, denominators. */
function positive<T>(ops: Ops<T>, shape: number[], seed = 8): T {
  return ops.constant(
    gaussian(shape, seed).data.map((v) => Math.abs(v) + 0.5),
    shape,
  );
}

const map = [2, 6, 6, 8];
/** Any operation between two convolutions, where OnnxOps holds the map channels-first. */
function betweenConvolutions(body: <T>(ops: Ops<T>, x: T) => T): Network {
  return (ops, [x]) => {
    const first = ops.conv2d(x!, fixed(ops, [3, 3, 8, 8]), { pad: 1 });
    const y = body(ops, first);
    return [y, ops.conv2d(y, fixed(ops, [1, 1, ops.shapeOf(y)[3]!, 4], 3))];
  };
}

function scanNetwork(side: number, cuts: number | undefined): Network {
  return (ops, [u, delta, b, c]) => {
    const order =
      cuts === undefined
        ? visitingOrder('hilbert', 8, side)
        : pyramidOrder(visitingOrder('sweep', 4, side / cuts), cuts);
    const k = order.directions;
    const a = ops.scale(positive(ops, [k, 4, 3]), -1);
    const d = fixed(ops, [k, 4], 1);
    const deltaBias = fixed(ops, [k, 4], 2);
    return [ops.selectiveScan({ u: u!, delta: delta!, b: b!, c: c!, a, d, deltaBias, order })];
  };
}

/** Small networks that between them use every operation, with the shapes of their inputs. */
export const networkCases: [name: string, shapes: number[][], network: Network][] = [
  ['add, with a vector over the channels', [map], (o, [x]) => [o.add(x!, fixed(o, [8]))]],
  [
    'sub, mul, div of two maps',
    [map, map],
    (o, [x, y]) => [o.div(o.mul(o.sub(x!, y!), y!), o.shift(o.square(y!), 1))],
  ],
  ['scale, shift, maximum', [map], (o, [x]) => [o.maximum(o.shift(o.scale(x!, 3), -1), 0.25)]],
  ['exp and sqrt', [map], (o, [x]) => [o.sqrt(o.exp(x!))]],
  ['relu, sigmoid, silu', [map], (o, [x]) => [o.relu(x!), o.sigmoid(x!), o.silu(x!)]],
  ['softmax over the last axis', [[2, 3, 5]], (o, [x]) => [o.softmax(x!)]],
  ['topMean over rows', [[2, 300]], (o, [x]) => [o.topMean(x!, 7)]],
  [
    'topMean of a map',
    [map],
    (o, [x]) => [o.topMean(o.reshape(o.conv2d(x!, fixed(o, [3, 3, 8, 8]), { pad: 1 }), [-1, 288]), 3)],
  ],
  [
    'matMul',
    [
      [2, 3, 4, 5],
      [2, 3, 5, 6],
    ],
    (o, [x, y]) => [o.matMul(x!, y!)],
  ],
  [
    'matMul with a constant on either side',
    [[2, 5, 4]],
    (o, [x]) => [o.matMul(o.matMul(fixed(o, [1, 7, 5]), x!), fixed(o, [1, 6, 4]), false, true)],
  ],
  [
    'matMul, transposed',
    [
      [2, 5, 4],
      [2, 6, 5],
    ],
    (o, [x, y]) => [o.matMul(x!, y!, true, true)],
  ],
  ['linear', [[2, 3, 5]], (o, [x]) => [o.linear(x!, fixed(o, [5, 7]), fixed(o, [7]))]],
  ['linear on a map', [map], (o, [x]) => [o.linear(x!, fixed(o, [8, 3]))]],
  ['groupedLinear', [[2, 9, 3, 4]], (o, [x]) => [o.groupedLinear(x!, fixed(o, [3, 4, 5]))]],
  [
    'conv2d 7×7, stride 2, bias',
    [[2, 9, 12, 3]],
    (o, [x]) => [o.conv2d(x!, fixed(o, [7, 7, 3, 5]), { stride: 2, pad: 3, bias: fixed(o, [5]) })],
  ],
  ['conv2d 1×1, stride 2', [map], (o, [x]) => [o.conv2d(x!, fixed(o, [1, 1, 8, 5]), { stride: 2 })]],
  ['convTranspose2d', [map], (o, [x]) => [o.convTranspose2d(x!, fixed(o, [2, 2, 5, 8]), { stride: 2 })]],
  [
    'depthwise 5×5, bias',
    [map],
    (o, [x]) => [o.depthwise(x!, fixed(o, [5, 5, 8, 1]), { bias: fixed(o, [8]) })],
  ],
  [
    'depthwise 3×3, stride 2',
    [map],
    (o, [x]) => [o.depthwise(x!, fixed(o, [3, 3, 8, 1]), { stride: 2, pad: 1 })],
  ],
  ['maxPool', [map], (o, [x]) => [o.maxPool(x!, { size: 3, stride: 2, pad: 1 })]],
  [
    'avgPool',
    [map],
    (o, [x]) => [
      o.avgPool(x!, { size: 3, stride: 1, pad: 0 }),
      o.avgPool(x!, { size: 3, stride: 2, pad: 1 }),
    ],
  ],
  ['layerNorm', [map], (o, [x]) => [o.layerNorm(x!, fixed(o, [8]), fixed(o, [8], 1), 1e-5)]],
  [
    'instanceNorm and instanceNormSilu',
    [map],
    (o, [x]) => [o.instanceNorm(x!, 1e-5), o.instanceNormSilu(x!, 1e-5)],
  ],
  [
    'batchNorm on a map',
    [map],
    (o, [x]) => [
      o.batchNorm(
        x!,
        { mean: fixed(o, [8]), variance: positive(o, [8]), weight: fixed(o, [8], 1), bias: fixed(o, [8], 2) },
        1e-3,
      ),
    ],
  ],
  [
    'dropPath, dropout and addNoise do nothing in evaluation',
    [map],
    (o, [x]) => [o.addNoise(o.dropout(o.dropPath(o.scale(x!, 2), 0.5), 0.5), [1])],
  ],
  [
    'reshape and transpose',
    [map],
    (o, [x]) => [o.transpose(o.reshape(x!, [-1, 6, 2, 3, 8]), [0, 2, 4, 1, 3])],
  ],
  ['concat and split', [map, map], (o, [x, y]) => o.split(o.concat([x!, y!], 3), [5, 11], 3)],
  [
    'reductions',
    [map],
    (o, [x]) => [o.sum(x!, [3]), o.mean(x!, [1, 2], true), o.max(x!, [1, 2, 3]), o.max(x!, [1])],
  ],
  [
    'resizeBilinear up and down',
    [map],
    (o, [x]) => [o.resizeBilinear(x!, [17, 24]), o.resizeBilinear(x!, [4, 3])],
  ],
  [
    'a reshape between convolutions sees the channels last',
    [map],
    betweenConvolutions((o, x) => o.reshape(o.scale(o.reshape(x, [-1, 36, 8]), 2), [-1, 6, 6, 8])),
  ],
  [
    'a vector between convolutions meets the channels',
    [map],
    betweenConvolutions((o, x) => o.add(o.mul(x, fixed(o, [8])), fixed(o, [1, 1, 8]))),
  ],
  [
    'a map of image-wise gates between convolutions',
    [map],
    betweenConvolutions((o, x) => o.mul(x, o.sigmoid(o.mean(x, [1, 2], true)))),
  ],
  [
    'split and concat between convolutions',
    [map],
    betweenConvolutions((o, x) => o.concat([...o.split(x, [3, 5], -1), x], -1)),
  ],
  [
    'linear and layerNorm between convolutions',
    [map],
    betweenConvolutions((o, x) =>
      o.layerNorm(o.linear(x, fixed(o, [8, 6]), fixed(o, [6])), fixed(o, [6]), fixed(o, [6], 1), 1e-5),
    ),
  ],
  ['a transpose between convolutions', [map], betweenConvolutions((o, x) => o.transpose(x, [0, 2, 1, 3]))],
  ['a map added to an untouched one', [map], (o, [x]) => [o.add(x!, o.conv2d(x!, fixed(o, [1, 1, 8, 8])))]],
  [
    'a reduction over one side of a channels-first map',
    [map],
    (o, [x]) => {
      const y = o.depthwise(x!, fixed(o, [3, 3, 8, 1]));
      return [o.sum(y, [1]), o.mean(y, [3]), o.max(y, [1, 2]), o.sum(y, [2], true)];
    },
  ],
  [
    'selectiveScan, eight Hilbert directions',
    [
      [2, 16, 4],
      [2, 16, 8, 4],
      [2, 16, 8, 3],
      [2, 16, 8, 3],
    ],
    scanNetwork(4, undefined),
  ],
  [
    'selectiveScan whose state restarts in every quadrant',
    [
      [2, 16, 4],
      [2, 16, 4, 4],
      [2, 16, 4, 3],
      [2, 16, 4, 3],
    ],
    scanNetwork(4, 2),
  ],
  [
    'selectiveScan over a long map',
    [
      [2, 256, 4],
      [2, 256, 8, 4],
      [2, 256, 8, 3],
      [2, 256, 8, 3],
    ],
    scanNetwork(16, undefined),
  ],
  [
    'selectiveScan whose state restarts in large quadrants',
    [
      [1, 576, 4],
      [1, 576, 4, 4],
      [1, 576, 4, 3],
      [1, 576, 4, 3],
    ],
    scanNetwork(24, 2),
  ],
];
