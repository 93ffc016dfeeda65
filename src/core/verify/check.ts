/** How far one computed quantity is from its golden value. */
export type Check = {
  quantity: string;
  /** Largest absolute difference. */
  maxAbs: number | null;
  /** Σ(actual − expected)² / Σ expected². */
  nmse: number | null;
  tolerance: number;
  ok: boolean;
};

type Numbers = ArrayLike<number>;

/** Accepts a normalised mean squared error up to `tolerance`. */
export function compareNmse(quantity: string, actual: Numbers, expected: Numbers, tolerance: number): Check {
  const { maxAbs, nmse } = differences(actual, expected);
  return { quantity, maxAbs, nmse, tolerance, ok: actual.length === expected.length && nmse <= tolerance };
}

/** Accepts absolute differences up to `tolerance`; 0 asks for equality. */
export function compareAbsolute(
  quantity: string,
  actual: Numbers,
  expected: Numbers,
  tolerance: number,
): Check {
  const { maxAbs, nmse } = differences(actual, expected);
  return { quantity, maxAbs, nmse, tolerance, ok: actual.length === expected.length && maxAbs <= tolerance };
}

/** Accepts differences up to `tolerance` of each expected value. */
export function compareRelative(
  quantity: string,
  actual: Numbers,
  expected: Numbers,
  tolerance: number,
): Check {
  const { maxAbs, nmse } = differences(actual, expected);
  const close = Array.from(
    expected,
    (value, i) => Math.abs(actual[i]! - value) <= tolerance * Math.abs(value),
  );
  return { quantity, maxAbs, nmse, tolerance, ok: actual.length === expected.length && close.every(Boolean) };
}

/**
 * A gradient against its golden value. Where the true gradient is zero (a bias in front of an instance norm has no
 * influence) both are rounding noise, far below the other gradients: then only their size is held.
 *
 * @param scale largest absolute golden gradient of the fixture
 */
export function compareGradient(quantity: string, actual: Numbers, expected: Numbers, scale: number): Check {
  return isNoise(expected, scale)
    ? { ...compareAbsolute(quantity, actual, expected, noiseShare * scale), nmse: null }
    : compareNmse(quantity, actual, expected, 1e-5);
}

const noiseShare = 1e-5;

export function isNoise(gradient: Numbers, scale: number): boolean {
  return largest(gradient) < noiseShare * scale;
}

/** Largest absolute value. */
export function largest(values: Numbers): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

function differences(actual: Numbers, expected: Numbers): { maxAbs: number; nmse: number } {
  let maxAbs = 0;
  let error = 0;
  let energy = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    // Not Math.max: a NaN must fail the check, and comparisons with it are false.
    if (!(difference <= maxAbs)) maxAbs = difference;
    error += difference * difference;
    energy += expected[i]! * expected[i]!;
  }
  return { maxAbs, nmse: energy > 0 ? error / energy : error };
}
