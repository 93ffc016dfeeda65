import { loadLanes, storeLanes } from '../lanes.as';

/**
 * Copies `rows` rows of `width` floats; strides are in floats. Rows are short in feature maps, so that a call of
 * memory.copy for each would cost more than the copy.
 */
export function copyRows(from: usize, fromStride: usize, to: usize, toStride: usize, rows: usize, width: usize): void {
  for (let i: usize = 0; i < rows; i++) {
    const source = from + i * fromStride * 4;
    const target = to + i * toStride * 4;
    let c: usize = 0;
    for (; c + 8 <= width; c += 8) {
      const low = v128.load(source + c * 4);
      const high = v128.load(source + c * 4, 16);
      v128.store(target + c * 4, low);
      v128.store(target + c * 4, high, 16);
    }
    for (; c < width; c += 4) storeLanes(target + c * 4, loadLanes(source + c * 4, width - c), width - c);
  }
}
