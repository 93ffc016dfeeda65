/** The candidate that somebody probably meant: few letters differ, or it begins with what was written. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase();
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    const known = candidate.toLowerCase();
    const begun = wanted.length >= 2 && known.startsWith(wanted);
    const distance = begun ? 0.5 : editDistance(wanted, known);
    if (distance > allowance(wanted, known) || (best && best.distance <= distance)) continue;
    best = { candidate, distance };
  }
  return best?.candidate;
}

/** `; did you mean "score"?` for the end of a sentence, or nothing when no candidate is near. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}

/** A third of the letters may be wrong; of one or two letters none may, or everything would resemble everything. */
function allowance(a: string, b: string): number {
  return Math.floor(Math.max(a.length, b.length) / 3);
}

/** Letters to insert, drop, replace or swap with their neighbour (Damerau 1964, optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let least = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, replaced);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
