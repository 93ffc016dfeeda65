// Glossary: B batch · L = S·S tokens · E width

import { normal, uniform, xavierUniform } from '../../nn/initialisers.js';
import { layerNorm, layerNormSpecs, linear, linearSpecs, parameter, scoped } from '../../nn/layers.js';
import type { ParameterSpec, Weights } from '../../nn/parameter.js';
import type { Ops } from '../../ops/ops.js';
import { attention, attentionSpecs, neighbourMask } from './attention.js';
import type { UniadConfig } from './config.js';

/**
 * Tensors of UniAD's transformer (`transformer` and `pos_embed` of the published checkpoint; docs/algorithms.md 4.1).
 */
export function transformerSpecs(config: UniadConfig): ParameterSpec[] {
  const { hidden, side, encoderLayers, decoderLayers } = config;
  const layers = (count: number, scope: string, specs: ParameterSpec[]) =>
    Array.from({ length: count }, (_, i) => scoped(`transformer.${scope}.layers.${i}`, specs)).flat();
  const position = [parameter('weight', [side, hidden / 2], positive)];
  return [
    ...scoped('pos_embed.row_embed', position),
    ...scoped('pos_embed.col_embed', position),
    ...layers(encoderLayers, 'encoder', encoderLayerSpecs(config)),
    ...layers(decoderLayers, 'decoder', decoderLayerSpecs(config)),
    ...scoped('transformer.decoder.norm', layerNormSpecs(hidden)),
  ];
}

/** U(0,1), PyTorch's `init.uniform_`. */
const positive: ParameterSpec['init'] = (size, random) =>
  uniform(0.5)(size, random).map((value) => value + 0.5);

function encoderLayerSpecs(config: UniadConfig): ParameterSpec[] {
  return [
    ...scoped('self_attn', attentionSpecs(config.hidden)),
    ...feedForwardSpecs(config),
    ...norms(2, config.hidden),
  ];
}

function decoderLayerSpecs(config: UniadConfig): ParameterSpec[] {
  const { hidden, side } = config;
  return [
    parameter('learned_embed.weight', [side * side, hidden], normal(1)),
    ...scoped('self_attn', attentionSpecs(hidden)),
    ...scoped('multihead_attn', attentionSpecs(hidden)),
    ...feedForwardSpecs(config),
    ...norms(3, hidden),
  ];
}

function feedForwardSpecs({ hidden, feedForward }: UniadConfig): ParameterSpec[] {
  const init = xavierUniform(hidden, feedForward);
  return [
    ...scoped('linear1', linearSpecs(hidden, feedForward, { init })),
    ...scoped('linear2', linearSpecs(feedForward, hidden, { init })),
  ];
}

function norms(count: number, width: number): ParameterSpec[] {
  return Array.from({ length: count }, (_, i) => scoped(`norm${i + 1}`, layerNormSpecs(width))).flat();
}

/** Encoder, then decoder with a query table of its own in every layer. `[B,L,E]` → `[B,L,E]`. */
export function transform<T>(ops: Ops<T>, w: Weights<T>, tokens: T, config: UniadConfig): T {
  const place = positions(ops, w.in('pos_embed'), config);
  const side = config.side ** 2;
  const mask = ops.constant(neighbourMask(config.side, config.neighbourWindow), [side, side]);
  const layer = new Layer(ops, place, mask, config);
  let memory = tokens;
  for (let i = 0; i < config.encoderLayers; i++) {
    memory = layer.encode(w.in(`transformer.encoder.layers.${i}`), memory);
  }
  let output = memory;
  for (let i = 0; i < config.decoderLayers; i++) {
    output = layer.decode(w.in(`transformer.decoder.layers.${i}`), memory, output);
  }
  return layerNorm(ops, w.in('transformer.decoder.norm'), output);
}

/** Learned position of each token: one half says the column, the other the row. `[1,L,E]`. */
function positions<T>(ops: Ops<T>, w: Weights<T>, { side, hidden }: UniadConfig): T {
  const half = hidden / 2;
  const grid = ops.constant(new Float32Array(side * side * half), [1, side, side, half]);
  const columns = ops.add(grid, ops.reshape(w.get('col_embed.weight'), [1, 1, side, half]));
  const rows = ops.add(grid, ops.reshape(w.get('row_embed.weight'), [1, side, 1, half]));
  return ops.reshape(ops.concat([columns, rows], 3), [1, side * side, hidden]);
}

/** What all layers share; every residual is followed by its norm. */
class Layer<T> {
  constructor(
    private readonly ops: Ops<T>,
    private readonly place: T,
    private readonly mask: T,
    private readonly config: UniadConfig,
  ) {}

  encode(w: Weights<T>, x: T): T {
    const seen = this.attend(w.in('self_attn'), x, x);
    return this.feedForward(w, this.addNorm(w.in('norm1'), x, seen), w.in('norm2'));
  }

  /** Asks the memory with the layer's own queries, then what the layer before made. */
  decode(w: Weights<T>, memory: T, previous: T): T {
    const { ops } = this;
    // Repeated for every image by adding nothing: matrix products do not differentiate through broadcasting.
    const queries = ops.add(w.get('learned_embed.weight'), ops.scale(memory, 0));
    const first = this.addNorm(w.in('norm1'), queries, this.attend(w.in('self_attn'), queries, memory));
    const second = this.addNorm(w.in('norm2'), first, this.attend(w.in('multihead_attn'), first, previous));
    return this.feedForward(w, second, w.in('norm3'));
  }

  private attend(w: Weights<T>, from: T, to: T): T {
    const { ops, place } = this;
    const parts = { queries: ops.add(from, place), keys: ops.add(to, place), values: to };
    return attention(ops, w, parts, this.mask, this.config);
  }

  private feedForward(w: Weights<T>, x: T, norm: Weights<T>): T {
    const { ops } = this;
    const wide = ops.dropout(ops.relu(linear(ops, w.in('linear1'), x)), this.config.dropout);
    return this.addNorm(norm, x, linear(ops, w.in('linear2'), wide));
  }

  private addNorm(norm: Weights<T>, x: T, change: T): T {
    const { ops } = this;
    return layerNorm(ops, norm, ops.add(x, ops.dropout(change, this.config.dropout)));
  }
}
