import type { Ops } from './ops.js';

/** An interpreter that writes a network down instead of running it: it has inputs and outputs. -1 is the batch. */
export interface GraphOps<T> extends Ops<T> {
  input(name: string, shape: readonly number[]): T;
  /** A picture of bytes `[B,H,W,C]`, seen by the network as floats 0…255. */
  byteInput(name: string, shape: readonly number[]): T;
  output(name: string, x: T): void;
}
