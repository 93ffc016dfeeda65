// Derives the polynomial coefficients that src/core/kernels/simd-math.as.ts uses: minimax fits by Remez exchange.

/** Coefficients c (constant term first) that minimise max |weight·(Σ c_i x^i − f)| on [low, high]. */
function minimax(f, weight, degree, low, high) {
  const count = degree + 2;
  let nodes = Array.from(
    { length: count },
    (_, i) => (low + high) / 2 - ((high - low) / 2) * Math.cos((Math.PI * i) / (count - 1)),
  );
  let coefficients;
  for (let round = 0; round < 30; round++) {
    const rows = nodes.map((x, i) => [
      ...Array.from({ length: degree + 1 }, (_, j) => x ** j),
      (i % 2 ? -1 : 1) / weight(x),
      f(x),
    ]);
    coefficients = solve(rows).slice(0, degree + 1);
    nodes = extrema((x) => weight(x) * (horner(coefficients, x) - f(x)), count, low, high);
  }
  const worst = Math.max(...nodes.map((x) => Math.abs(weight(x) * (horner(coefficients, x) - f(x)))));
  return { coefficients, worst };
}

function horner(c, x) {
  return c.reduceRight((sum, ci) => sum * x + ci, 0);
}

/** Gaussian elimination with row pivoting of an augmented matrix. */
function solve(rows) {
  const n = rows.length;
  for (let col = 0; col < n; col++) {
    const pivot = rows
      .slice(col)
      .reduce((best, row, i) => (Math.abs(row[col]) > Math.abs(rows[best][col]) ? i + col : best), col);
    [rows[col], rows[pivot]] = [rows[pivot], rows[col]];
    for (let r = 0; r < n; r++) {
      if (r === col) continue;
      const factor = rows[r][col] / rows[col][col];
      for (let c = col; c <= n; c++) rows[r][c] -= factor * rows[col][c];
    }
  }
  return rows.map((row, i) => row[n] / row[i]);
}

/** The `count` alternating extrema of an error curve, from a fine grid. */
function extrema(error, count, low, high) {
  const grid = Array.from({ length: 20001 }, (_, i) => low + ((high - low) * i) / 20000);
  const values = grid.map(error);
  const found = [];
  let best = 0;
  for (let i = 1; i < grid.length; i++) {
    if (Math.sign(values[i]) !== Math.sign(values[best])) {
      found.push(grid[best]);
      best = i;
    } else if (Math.abs(values[i]) > Math.abs(values[best])) best = i;
  }
  found.push(grid[best]);
  while (found.length > count) {
    if (Math.abs(error(found[0])) < Math.abs(error(found.at(-1)))) found.shift();
    else found.pop();
  }
  return found;
}

const show = (name, { coefficients, worst }) =>
  console.log(
    `${name}: worst ${worst.toExponential(2)}\n  ${coefficients.map((c) => c.toPrecision(9)).join('\n  ')}`,
  );

// (2^f − 1)/f on half an octave either side of 0; relative to ln 2, which bounds the relative error that a slowly
// decaying state gathers over its whole memory. f = 0 is removable.
const exp2Slope = (f) => (Math.abs(f) < 1e-9 ? Math.LN2 : Math.expm1(f * Math.LN2) / f);
for (const degree of [2, 3, 4])
  show(
    `exp2, total degree ${degree + 1}`,
    minimax(exp2Slope, () => 1 / Math.LN2, degree, -0.5, 0.5),
  );

// log(1 + e)/e on [0, 1], relative.
const log1pSlope = (e) => (e < 1e-9 ? 1 - e / 2 : Math.log1p(e) / e);
for (const degree of [5, 6, 7])
  show(
    `log1p, total degree ${degree + 1}`,
    minimax(log1pSlope, (e) => 1 / log1pSlope(e), degree, 0, 1),
  );
