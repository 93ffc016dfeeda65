export interface Butterfly {
  /** WGSL statements; `sub` is the thread's number within its subgroup. */
  readonly lines: string[];
  /** Names of what this thread is left with. */
  readonly results: string[];
  /** Expression: the index of the first of them among the sums. */
  readonly offset: string;
  /** Condition: whether this thread is the one to write its sums down. */
  readonly writes: string;
}

/**
 * Sums many values over the threads of a subgroup at once. At every level a thread gives away half of its sums and takes
 * the other half of its partner's: V values over V threads cost V - 1 shuffles instead of V·log2(V). A count that is odd
 * at some level is summed whole from there on.
 */
export function butterfly(values: readonly string[], subgroupSize: number): Butterfly {
  const lines: string[] = [];
  const offsets: string[] = [];
  const idle: string[] = [];
  let names = [...values];
  for (let mask = subgroupSize / 2; mask >= 1; mask /= 2) {
    const half = names.length / 2;
    const splits = Number.isInteger(half);
    if (splits) {
      lines.push(`let upper${mask} = (sub & ${mask}u) != 0u;`);
      offsets.push(`select(0u, ${half}u, upper${mask})`);
    } else {
      idle.push(`(sub & ${mask}u) == 0u`);
    }
    names = splits ? exchange(lines, names, half, mask) : merge(lines, names, mask);
  }
  return {
    lines,
    results: names,
    offset: offsets.join(' + ') || '0u',
    writes: idle.join(' && ') || 'true',
  };
}

function exchange(lines: string[], names: string[], half: number, mask: number): string[] {
  return names.slice(0, half).map((low, i) => {
    const high = names[i + half]!;
    const name = `sum${mask}_${i}`;
    const given = `subgroupShuffleXor(select(${high}, ${low}, upper${mask}), ${mask}u)`;
    lines.push(`let ${name} = select(${low}, ${high}, upper${mask}) + ${given};`);
    return name;
  });
}

function merge(lines: string[], names: string[], mask: number): string[] {
  return names.map((value, i) => {
    const name = `sum${mask}_${i}`;
    lines.push(`let ${name} = ${value} + subgroupShuffleXor(${value}, ${mask}u);`);
    return name;
  });
}
