// Rows whose length is no multiple of four end in a block of fewer lanes.

/** `count` floats (1 to 4) from `at`, the other lanes 0. */
// @ts-ignore: decorator
@inline
export function loadLanes(at: usize, count: usize): v128 {
  if (count >= 4) return v128.load(at);
  const low = count == 1 ? v128.load32_zero(at) : v128.load64_zero(at);
  return count == 3 ? v128.load32_lane(at, low, 2, 8) : low;
}

/** Writes the first `count` lanes (1 to 4). */
// @ts-ignore: decorator
@inline
export function storeLanes(at: usize, x: v128, count: usize): void {
  if (count >= 4) {
    v128.store(at, x);
  } else if (count == 1) {
    v128.store32_lane(at, x, 0);
  } else {
    v128.store64_lane(at, x, 0);
    if (count == 3) v128.store32_lane(at, x, 2, 8);
  }
}

/** All bits of the first `count` lanes. */
// @ts-ignore: decorator
@inline
export function laneMask(count: usize): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count));
}

/** Sum of the four lanes. */
// @ts-ignore: decorator
@inline
export function addLanes(x: v128): f32 {
  const y = f32x4.add(x, v128.shuffle<f32>(x, x, 2, 3, 0, 1));
  return f32x4.extract_lane(y, 0) + f32x4.extract_lane(y, 1);
}
