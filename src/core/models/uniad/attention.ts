// Glossary: B batch · L tokens · E width · h heads

import { xavierUniform, zeros } from '../../nn/initialisers.js';
import { linear, linearSpecs, parameter, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import type { UniadConfig } from './config.js';

/** Tensors of a multi-head attention of width E under PyTorch's names: queries, keys and values in one matrix. */
export function attentionSpecs(width: number): ParameterSpec[] {
  return [
    parameter('in_proj_weight', [3 * width, width], xavierUniform(width, 3 * width), 'linear'),
    parameter('in_proj_bias', [3 * width], zeros),
    ...scoped('out_proj', linearSpecs(width, width, { init: xavierUniform(width, width) })),
  ];
}

/**
 * Multi-head attention in which a token sees only those that the mask lets it see. `[B,L,E]` three times → `[B,L,E]`.
 *
 * @param mask `[L,L]`, added to the logits
 */
export function attention<T>(
  ops: Ops<T>,
  w: Weights<T>,
  { queries, keys, values }: { queries: T; keys: T; values: T },
  mask: T,
  { heads, hidden, dropout }: UniadConfig,
): T {
  const weights = ops.split(w.get('in_proj_weight'), [hidden, hidden, hidden], 1);
  const biases = ops.split(w.get('in_proj_bias'), [hidden, hidden, hidden], 0);
  const [q, k, v] = [queries, keys, values].map((x, i) =>
    inHeads(ops, ops.linear(x, weights[i]!, biases[i]!), heads),
  ) as [T, T, T]; // [B,h,L,E/h] each
  const logits = ops.add(ops.scale(ops.matMul(q, k, false, true), (hidden / heads) ** -0.5), mask); // [B,h,L,L]
  const seen = ops.matMul(ops.dropout(ops.softmax(logits), dropout), v); // [B,h,L,E/h]
  const tokens = ops.shapeOf(seen)[2]!;
  const joined = ops.reshape(ops.transpose(seen, [0, 2, 1, 3]), [-1, tokens, hidden]);
  return linear(ops, w.in('out_proj'), joined);
}

/** `[B,L,E]` → `[B,h,L,E/h]`. */
function inHeads<T>(ops: Ops<T>, x: T, heads: number): T {
  const [, tokens, width] = ops.shapeOf(x) as [number, number, number];
  return ops.transpose(ops.reshape(x, [-1, tokens, heads, width / heads]), [0, 2, 1, 3]);
}

const hidden = -1e9; // a softmax makes exactly nothing of it

/** `[L,L]` for S×S tokens: forbids a token to see those within ± half the window, itself among them. */
export function neighbourMask(side: number, window: number): Float32Array {
  const reach = Math.floor(window / 2);
  const tokens = side * side;
  return Float32Array.from({ length: tokens * tokens }, (_, i) => {
    const [from, to] = [Math.floor(i / tokens), i % tokens];
    const rows = Math.abs(Math.floor(from / side) - Math.floor(to / side));
    const columns = Math.abs((from % side) - (to % side));
    return rows <= reach && columns <= reach ? hidden : 0;
  });
}
