/** What wasm.as.ts exports; every number that is not a size is a pointer. */
export interface ScanKernels {
  configure(length: number, channels: number, states: number, directions: number, segment: number): void;
  /** Tiles that a direction is cut into; there is a checkpoint for each. */
  tilesPerPath(): number;
  bindParameters(a: number, d: number, deltaBias: number, order: number): void;
  bindImage(u: number, delta: number, b: number, c: number): void;
  /** Instead of `bindImage`: `projected` `[L,K,R+2N]`, `stepWeights` `[K,R,D]`; for `forward` only. */
  bindProjected(u: number, projected: number, stepWeights: number, rank: number): void;
  forwardWork(): number;
  /** Adds to y; `firstChannel` is a multiple of 4; no checkpoints are kept at address 0. */
  forward(y: number, firstChannel: number, lastChannel: number, work: number, checkpoints: number): void;
  bindGradients(
    ...pointers: [
      dy: number,
      du: number,
      dDelta: number,
      db: number,
      dc: number,
      da: number,
      dd: number,
      dBias: number,
    ]
  ): void;
  backwardWork(): number;
  backward(firstChannel: number, lastChannel: number, work: number, checkpoints: number): void;
}
