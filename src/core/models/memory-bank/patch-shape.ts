import type { MemoryBankConfig } from './config.js';

type Scales = Pick<MemoryBankConfig, 'scales'>;

/** `[H,W]` of the patches: the finest chosen map's. */
export function patchGrid(shapes: readonly (readonly number[])[], { scales }: Scales): [number, number] {
  const [height, width] = shapes[Math.min(...scales) - 1]!;
  return [height!, width!];
}

/** Numbers in a patch. */
export function patchWidth(channels: readonly number[], { scales }: Scales): number {
  return scales.reduce((sum, scale) => sum + channels[scale - 1]!, 0);
}
