/** A frozen network that turns pictures into feature maps of several scales. */
export interface Encoder {
  readonly name: string;
  /** sha256 of the weights as used. */
  readonly hash: string;
  /** Width and height that `encode` takes. */
  readonly inputSize: [number, number];
  /** Names everything done between decoded pixels and the network: a part of every cache key. */
  readonly preprocessing: string;
  /** [H,W,C] of each scale, fine to coarse. */
  readonly outputs: number[][];
  /**
   * @param images B·H·W·3 RGB bytes, already at `inputSize`
   * @returns one array a scale, each [B,H,W,C]
   */
  encode(images: Uint8Array, batch: number): Promise<Float32Array[]>;
  dispose(): void;
}
