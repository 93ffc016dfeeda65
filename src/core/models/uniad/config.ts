/** What shapes UniAD; see docs/algorithms.md 4. */
export interface UniadConfig {
  /** Width of the transformer, E. */
  hidden: number;
  heads: number;
  encoderLayers: number;
  decoderLayers: number;
  /** Inner width of the feed-forward networks. */
  feedForward: number;
  /** Tokens a side: the side of the teacher's coarsest map, S. */
  side: number;
  /** A token must not attend to those within ± half of this; 8 hides a 9×9 window. */
  neighbourWindow: number;
  dropout: number;
  /** Strength of the training noise on the tokens; 0 switches it off. */
  jitter: number;
}

/** The multi-class benchmark's network at 256² input. */
export const paperConfig: UniadConfig = {
  hidden: 256,
  heads: 8,
  encoderLayers: 4,
  decoderLayers: 4,
  feedForward: 1024,
  side: 16,
  neighbourWindow: 8,
  dropout: 0.1,
  jitter: 20,
};

/** Half as wide and half as deep. */
export const smallConfig: UniadConfig = {
  ...paperConfig,
  hidden: 128,
  heads: 4,
  encoderLayers: 2,
  decoderLayers: 2,
  feedForward: 512,
};
