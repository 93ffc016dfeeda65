import type { Random } from './random.js';

/** How a tensor is turned from the layout on disk (the published checkpoints', PyTorch's) to the engines'. */
export type Layout =
  /** `[O,I]` → `[I,O]` */
  | 'linear'
  /** `[K,O,I]` → `[K,I,O]` */
  | 'grouped'
  /** `[K,O,I]` → `[I,K·O]`: K matrices that share their input */
  | 'shared-input'
  /** `[O,I,h,w]` → `[h,w,I,O]` */
  | 'conv'
  /** `[I,O,h,w]` → `[h,w,O,I]` */
  | 'conv-transpose'
  /** `[C,1,k,k]` → `[k,k,C,1]` */
  | 'depthwise'
  | 'as-is';

/** One named tensor of a network: the single source for initialisation, loading, counting and weight decay. */
export interface ParameterSpec {
  /** Name in the published checkpoint, without the `net_s.` / `mff_oce.` style prefix of its network. */
  readonly name: string;
  /** Shape on disk. */
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** False for running statistics: saved and loaded, never touched by the optimiser. */
  readonly trainable: boolean;
  /** Fills a fresh tensor, in disk layout. */
  readonly init: (size: number, random: Random) => Float32Array;
}

/** Read access to the tensors of a network by name, already in engine layout. */
export interface Weights<T> {
  /** The tensors whose names begin with `scope.`, seen without it. */
  in(scope: string): Weights<T>;
  get(name: string): T;
  has(name: string): boolean;
}
