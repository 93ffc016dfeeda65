/** What shapes RD4AD; all widths follow from the teacher's. */
export interface Rd4adConfig {
  /** Channels of the teacher's maps, fine to coarse; null takes any three, each twice as wide as the one before. */
  channels: readonly number[] | null;
  /** Residual blocks of the one-class bottleneck. */
  bottleneck: number;
  /** Residual blocks of each decoder stage, coarse to fine. */
  depths: readonly number[];
}

/** The multi-class comparator (docs/algorithms.md 3.2): a mirrored Wide-ResNet-50. */
export const paperConfig: Rd4adConfig = { channels: [256, 512, 1024], bottleneck: 3, depths: [3, 4, 6] };

/** A third of the blocks, at the widths that encoders are projected to. */
export const smallConfig: Rd4adConfig = { channels: [64, 128, 256], bottleneck: 1, depths: [1, 2, 2] };

/** The published depths on features of any width. */
export const anyWidthConfig: Rd4adConfig = { ...paperConfig, channels: null };
