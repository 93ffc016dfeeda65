import { mulAdd, sigmoid } from '../simd-math.as';

/** Derivative of `x·σ(x)`. */
// @ts-ignore: decorator
@inline
export function siluSlope(x: v128): v128 {
  return slopeOf(x, sigmoid(x));
}

/** The same where σ(x) is known. */
// @ts-ignore: decorator
@inline
export function slopeOf(x: v128, open: v128): v128 {
  const rest = f32x4.sub(f32x4.splat(1), open);
  return mulAdd(f32x4.mul(open, rest), x, open);
}
