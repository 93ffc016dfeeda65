/** The 8-connected components of a binary map. */
export interface Components {
  /** `[H·W]`, 0 outside, 1…count inside, numbered in reading order of each component's first pixel. */
  readonly labels: Int32Array;
  /** Pixels of component i + 1. */
  readonly areas: Int32Array;
  readonly count: number;
}

/**
 * Labels the 8-connected components of the non-zero pixels of a row-major `[height, width]` map.
 * Two passes with a union-find whose roots are always the smallest label of their set.
 */
export function connectedComponents(mask: Uint8Array, width: number, height: number): Components {
  const labels = new Int32Array(width * height);
  const parents = provisionalLabels(mask, width, height, labels);
  const { finals, count } = numberRoots(parents);
  const areas = new Int32Array(count);
  for (let i = 0; i < labels.length; i++) {
    const provisional = labels[i]!;
    if (provisional === 0) continue;
    const final = finals[provisional]!;
    labels[i] = final;
    areas[final - 1]!++;
  }
  return { labels, areas, count };
}

/** First pass: every pixel takes a label of a neighbour already seen; neighbours with other labels are joined. */
function provisionalLabels(mask: Uint8Array, width: number, height: number, labels: Int32Array): number[] {
  const parents = [0];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (mask[i] === 0) continue;
      const left = x > 0 ? labels[i - 1]! : 0;
      const up = y > 0 ? labels[i - width]! : 0;
      const upLeft = y > 0 && x > 0 ? labels[i - width - 1]! : 0;
      const upRight = y > 0 && x + 1 < width ? labels[i - width + 1]! : 0;
      // The pixel above touches the other three, so with it set they already share a set.
      let label = up;
      if (label === 0) {
        label = upLeft || left;
        if (upRight !== 0) label = label === 0 ? upRight : join(parents, label, upRight);
      }
      if (label === 0) {
        label = parents.length;
        parents.push(label);
      }
      labels[i] = label;
    }
  }
  return parents;
}

function root(parents: number[], label: number): number {
  let current = label;
  while (parents[current] !== current) {
    parents[current] = parents[parents[current]!]!;
    current = parents[current]!;
  }
  return current;
}

function join(parents: number[], a: number, b: number): number {
  const rootA = root(parents, a);
  const rootB = root(parents, b);
  const smallest = Math.min(rootA, rootB);
  parents[Math.max(rootA, rootB)] = smallest;
  return smallest;
}

function numberRoots(parents: number[]): { finals: Int32Array; count: number } {
  const finals = new Int32Array(parents.length);
  let count = 0;
  for (let label = 1; label < parents.length; label++) {
    const top = root(parents, label);
    finals[label] = top === label ? ++count : finals[top]!;
  }
  return { finals, count };
}
