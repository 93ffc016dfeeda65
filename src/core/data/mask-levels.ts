/**
 * The brightness above which a mask marks a defect. Not zero is defective, as the published protocol has it, so that label
 * masks of 1, 2, 3 … count; but where a mask went through a lossy compression, its artefacts around black and around the
 * marks are no defects, and it is cut at half of its range.
 *
 * @param counts pixels of each brightness, of 256
 * @param lossy whether the file itself is compressed so; a mask that once was is told by its levels
 */
export function markingLevel(counts: ArrayLike<number>, lossy: boolean): number {
  const most = brightest(counts);
  if (lossy && most < faintest) return most; // artefacts of an empty mask
  return lossy || wasLossy(counts, most) ? most / 2 : 0;
}

const faintest = 16;

/**
 * Whether levels crowd close to black and close to the brightest, with less between: JPEG's ringing. The edges of a
 * smoothed or enlarged mask have most of their levels in the middle; labels do not crowd below the brightest.
 */
function wasLossy(counts: ArrayLike<number>, most: number): boolean {
  if (most < 128) return false;
  const eighth = most / 8;
  let [dark, middle, darkLevels, brightLevels] = [0, 0, 0, 0];
  for (let level = 1; level < most; level++) {
    const n = counts[level]!;
    if (n === 0) continue;
    if (level <= eighth) {
      dark += n;
      darkLevels++;
    } else if (level < most - eighth) middle += n;
    else brightLevels++;
  }
  return darkLevels >= crowd && brightLevels >= crowd && dark > middle;
}

const crowd = 4;

function brightest(counts: ArrayLike<number>): number {
  let level = counts.length - 1;
  while (level > 0 && counts[level] === 0) level--;
  return level;
}
