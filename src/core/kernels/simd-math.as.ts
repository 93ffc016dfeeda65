// Four lanes at a time. Coefficients: scripts/fit-polynomials.mjs.

// RELAXED is defined by scripts/build-wasm.mjs for the build with fused multiply-add.
// @ts-ignore: decorator
@inline const FUSED: bool = isDefined(RELAXED);

// @ts-ignore: decorator
@inline export const LOG2E: f32 = 1.44269504;

/** `x·y + z`, fused where the build allows it. */
// @ts-ignore: decorator
@inline
export function mulAdd(x: v128, y: v128, z: v128): v128 {
  return FUSED ? f32x4.relaxed_madd(x, y, z) : f32x4.add(f32x4.mul(x, y), z);
}

// Adding 1.5·2^23 rounds to an integer and leaves it in the low mantissa bits.
// @ts-ignore: decorator
@inline const ROUNDER: f32 = 12582912.0;

/**
 * `2^(x·y)` with a relative error of 1e-5 at most, and of 1.5e-5·|x·y| near 0: a state that decays by `2^(x·y)` a step
 * gathers no more than that over its whole memory. Valid for x·y in [-126, 126].
 */
// @ts-ignore: decorator
@inline
export function exp2Product(x: v128, y: v128): v128 {
  let rounded: v128, fraction: v128;
  if (FUSED) {
    rounded = f32x4.relaxed_madd(x, y, f32x4.splat(ROUNDER));
    fraction = f32x4.relaxed_madd(x, y, f32x4.sub(f32x4.splat(ROUNDER), rounded));
  } else {
    const product = f32x4.mul(x, y);
    rounded = f32x4.add(product, f32x4.splat(ROUNDER));
    fraction = f32x4.sub(product, f32x4.sub(rounded, f32x4.splat(ROUNDER)));
  }
  return scaled(slope4(fraction), fraction, rounded);
}

/** `2^x` for x ≤ 126, relative error 1e-5; x is clamped from below where the result would be denormal. */
// @ts-ignore: decorator
@inline
export function exp2(x: v128): v128 {
  x = f32x4.pmax(x, f32x4.splat(-125));
  const rounded = f32x4.add(x, f32x4.splat(ROUNDER));
  const fraction = f32x4.sub(x, f32x4.sub(rounded, f32x4.splat(ROUNDER)));
  return scaled(slope4(fraction), fraction, rounded);
}

// @ts-ignore: decorator
@inline
function scaled(slope: v128, fraction: v128, rounded: v128): v128 {
  return i32x4.add(mulAdd(slope, fraction, f32x4.splat(1)), i32x4.shl(rounded, 23));
}

// @ts-ignore: decorator
@inline
function slope4(f: v128): v128 {
  let p = mulAdd(f32x4.splat(0.00967604285), f, f32x4.splat(0.0558383328));
  p = mulAdd(p, f, f32x4.splat(0.240221676));
  return mulAdd(p, f, f32x4.splat(0.693136728));
}

/** `log(1 + e)` for e in [0, 1], relative error 1e-5. */
// @ts-ignore: decorator
@inline
export function log1p(e: v128): v128 {
  let p = mulAdd(f32x4.splat(-0.0238691517), e, f32x4.splat(0.101222285));
  p = mulAdd(p, e, f32x4.splat(-0.210048690));
  p = mulAdd(p, e, f32x4.splat(0.325206680));
  p = mulAdd(p, e, f32x4.splat(-0.499361365));
  p = mulAdd(p, e, f32x4.splat(0.999991598));
  return f32x4.mul(p, e);
}

/** `log(1 + exp(x))`, relative error 2e-5. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  const scaledX = f32x4.mul(x, f32x4.splat(LOG2E));
  const e = exp2(f32x4.pmin(scaledX, f32x4.sub(f32x4.splat(0), scaledX)));
  return f32x4.add(log1p(e), f32x4.pmax(x, f32x4.splat(0)));
}

/** `1 / (1 + exp(-x))`, relative error 1e-5. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp2(f32x4.pmin(f32x4.mul(x, f32x4.splat(-LOG2E)), f32x4.splat(120)));
  return f32x4.div(one, f32x4.add(one, e));
}
