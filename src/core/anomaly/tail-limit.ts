/** How a limit on the scores of good parts was found. */
export type LimitMethod = 'order-statistic' | 'gumbel-tail';

/** A limit that few good parts exceed, and how sure that is. */
export interface TailLimit {
  /** Scores strictly above it are called anomalous. */
  limit: number;
  method: LimitMethod;
  /**
   * Upper confidence bound on the false-positive rate at this limit. It holds for any continuous distribution of scores:
   * it follows from ranks alone.
   */
  fprBound: number;
}

/**
 * The lowest limit with a false-positive rate at most `targetFpr`, from the scores of good parts (any order, ≥ 1).
 *
 * `order-statistic`, where the sample is large enough (n ≥ 299 at 1 % and 95 %): the lowest sorted score at which the
 * rate is at most the target with the given confidence, whatever the distribution (Wilks 1941: the rate above the r-th
 * smallest of n scores is Beta(n − r + 1, r)).
 * `gumbel-tail`, where it is not: the quantile of a Gumbel law fitted by L-moments (image scores are maxima over a
 * map), never below the largest score seen; `fprBound` then says what the ranks alone guarantee.
 */
export function tailLimit(scores: ArrayLike<number>, targetFpr: number, confidence: number): TailLimit {
  const sorted = Float64Array.from(scores).sort();
  const n = sorted.length;
  const exceeding = allowedAbove(n, targetFpr, 1 - confidence);
  if (exceeding >= 0) {
    const limit = sorted[n - 1 - exceeding]!;
    return { limit, method: 'order-statistic', fprBound: rateBound(exceeding, n, confidence) };
  }
  const limit = Math.max(sorted[n - 1]!, gumbelQuantile(sorted, 1 - targetFpr));
  return { limit, method: 'gumbel-tail', fprBound: rateBound(0, n, confidence) };
}

/** The most of n scores that may lie above a limit when a rate at the target would show so few with `risk` at most. */
function allowedAbove(n: number, targetFpr: number, risk: number): number {
  let exceeding = -1;
  for (const sum of binomialSums(n, targetFpr)) {
    if (sum > risk || exceeding + 1 >= n) return exceeding;
    exceeding++;
  }
  return exceeding;
}

/**
 * Upper confidence bound on the rate above the sample's (exceeding + 1)-th largest score: the rate p at which seeing at
 * most `exceeding` of n above has probability 1 − confidence (Clopper–Pearson).
 */
export function rateBound(exceeding: number, n: number, confidence: number): number {
  if (exceeding >= n) return 1;
  let low = exceeding / n;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (binomialAtMost(exceeding, n, middle) > 1 - confidence) low = middle;
    else high = middle;
  }
  return high;
}

/** Probability of at most k successes in n trials. */
function binomialAtMost(k: number, n: number, p: number): number {
  let i = 0;
  for (const sum of binomialSums(n, p)) if (i++ === k) return sum;
  return 1;
}

/** Probabilities of at most 0, 1, … n successes; terms by their logarithms, because `(1-p)^n` underflows. */
function* binomialSums(n: number, p: number): Generator<number> {
  const logOdds = Math.log(p) - Math.log1p(-p);
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  yield sum;
  for (let i = 1; i <= n; i++) {
    logTerm += Math.log((n - i + 1) / i) + logOdds;
    sum = Math.min(1, sum + Math.exp(logTerm));
    yield sum;
  }
}

const EULER = 0.5772156649015329;

/** Quantile of the Gumbel law with the sample's first two L-moments (Hosking 1990). */
function gumbelQuantile(sorted: Float64Array, probability: number): number {
  const n = sorted.length;
  let first = 0;
  let second = 0;
  for (let i = 0; i < n; i++) {
    first += sorted[i]! / n;
    second += n > 1 ? (sorted[i]! * (2 * i - (n - 1))) / (n * (n - 1)) : 0;
  }
  const scale = second / Math.LN2;
  return first - EULER * scale - scale * Math.log(-Math.log(probability));
}
