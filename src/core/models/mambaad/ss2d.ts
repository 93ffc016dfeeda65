// Glossary: B batch · H, W map side · L = H·W · C channels · D = expand·C inner channels · N states
//           K directions · R Δ-rank

import { inverseSoftplusStep, logStates, normal, ones, uniform } from '../../nn/initialisers.js';
import {
  depthwise,
  depthwiseSpecs,
  layerNorm,
  layerNormSpecs,
  linear,
  linearSpecs,
  parameter,
  scoped,
} from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import { directionCount, visitingOrder } from '../../scan/directions.js';
import { pyramidOrder } from '../../scan/pyramid.js';
import type { VisitingOrder } from '../../scan/visiting-order.js';
import type { MambaConfig, PyramidConfig } from './config.js';

/** Tensors of one SS2D block for C channels (docs/algorithms.md 1.6, 1.7). */
export function ss2dSpecs(channels: number, config: MambaConfig): ParameterSpec[] {
  const inner = config.expand * channels;
  const rank = deltaRank(channels);
  const directions = directionCount(config.scan, config.directions);
  const { states } = config;
  return [
    parameter(
      'x_proj_weight',
      [directions, rank + 2 * states, inner],
      uniform(1 / Math.sqrt(inner)),
      'shared-input',
    ),
    parameter('dt_projs_weight', [directions, inner, rank], uniform(rank ** -0.5), 'grouped'),
    parameter('dt_projs_bias', [directions, inner], inverseSoftplusStep),
    parameter('A_logs', [directions * inner, states], logStates(states)),
    parameter('Ds', [directions * inner], ones),
    ...scoped('in_proj', linearSpecs(channels, 2 * inner, { bias: false, init: normal(0.02) })),
    ...scoped('conv2d', depthwiseSpecs(inner, 3, { bias: true })),
    ...scoped('out_norm', layerNormSpecs(inner)),
    ...scoped('out_proj', linearSpecs(inner, channels, { bias: false, init: normal(0.02) })),
  ];
}

/** 2-D selective scan (MambaAD eq. 3–5; VMamba's SS2D). `[B,H,W,C]` → `[B,H,W,C]`, H = W. */
export function ss2d<T>(ops: Ops<T>, w: Weights<T>, x: T, config: MambaConfig): T {
  const [, side, , channels] = ops.shapeOf(x) as [number, number, number, number];
  const inner = config.expand * channels;
  const [u0, z] = ops.split(linear(ops, w.in('in_proj'), x), [inner, inner], 3) as [T, T]; // [B,H,W,D] each
  const u = ops.silu(depthwise(ops, w.in('conv2d'), u0)); // [B,H,W,D]
  const sequence = ops.reshape(u, [-1, side * side, inner]); // [B,L,D]
  const scanned = config.pyramid
    ? pyramidScan(ops, w, sequence, side, config, config.pyramid)
    : scan(ops, w, sequence, levelOrder(config, side, 1), config);
  const y = layerNorm(ops, w.in('out_norm'), ops.reshape(scanned, [-1, side, side, inner])); // [B,H,W,D]
  return linear(ops, w.in('out_proj'), ops.siluGate(y, z));
}

/** Sum of the directional scans of one map: projections, then the scan kernel. `[B,L,D]` → `[B,L,D]`. */
function scan<T>(ops: Ops<T>, w: Weights<T>, u: T, order: VisitingOrder, config: MambaConfig): T {
  return scanOrders(ops, w, u, [order], config)[0]!;
}

/** The same scan along several visiting orders: the projections are point-wise, so they are computed once. */
function scanOrders<T>(
  ops: Ops<T>,
  w: Weights<T>,
  u: T,
  orders: readonly VisitingOrder[],
  config: MambaConfig,
): T[] {
  const [, length, inner] = ops.shapeOf(u) as [number, number, number];
  const rank = deltaRank(inner / config.expand);
  const { states } = config;
  const directions = directionCount(config.scan, config.directions);
  const projected = ops.reshape(ops.linear(u, w.get('x_proj_weight')), [
    -1,
    length,
    directions,
    rank + 2 * states,
  ]);
  const stepWeights = w.get('dt_projs_weight');
  const a = ops.scale(ops.exp(ops.reshape(w.get('A_logs'), [directions, inner, states])), -1);
  const d = ops.reshape(w.get('Ds'), [directions, inner]);
  const deltaBias = w.get('dt_projs_bias');
  if (ops.projectedScan) return ops.projectedScan({ u, projected, stepWeights, a, d, deltaBias, orders });
  const [dt, b, c] = ops.split(projected, [rank, states, states], 3) as [T, T, T]; // [B,L,K,R], [B,L,K,N] ×2
  const delta = ops.groupedLinear(dt, stepWeights); // [B,L,K,D]
  return orders.map((order) => ops.selectiveScan({ u, delta, b, c, a, d, deltaBias, order }));
}

/** Pyramid scan: whole map, quadrants and, on wide maps, sub-quadrants, averaged (docs/algorithms.md 2.1). */
function pyramidScan<T>(
  ops: Ops<T>,
  w: Weights<T>,
  u: T,
  side: number,
  config: MambaConfig,
  pyramid: PyramidConfig,
): T {
  const deep = pyramid.levels >= 3 && side > pyramid.minSide;
  const cuts = deep && !pyramid.cascade ? [1, 2, 4] : pyramid.levels >= 2 ? [1, 2] : [1];
  const levels = scanOrders(
    ops,
    w,
    u,
    cuts.map((cut) => levelOrder(config, side, cut)),
    config,
  );
  if (deep && pyramid.cascade) levels.push(scan(ops, w, levels[1]!, levelOrder(config, side, 4), config));
  const total = levels.reduce((sum, level) => ops.add(sum, level));
  return levels.length > 1 ? ops.scale(total, 1 / levels.length) : total;
}

/** R = ⌈C/16⌉, Mamba's `dt_rank="auto"`. */
function deltaRank(channels: number): number {
  return Math.ceil(channels / 16);
}

/** The config's scan over each patch of a map of that side, cut into `cuts × cuts`. */
function levelOrder(
  { scan, directions, orientation }: MambaConfig,
  side: number,
  cuts: number,
): VisitingOrder {
  return pyramidOrder(visitingOrder(scan, directions, side / cuts, orientation), cuts);
}
