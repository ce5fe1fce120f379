/** What is wrong with a list of what somebody got. */
export interface Faults {
  /** So many are missing from it, or are in it that should not be. */
  readonly lost: number;
  /** So many are in it once too often. */
  readonly doubled: number;
  /** So many come right behind one that should come later. */
  readonly reordered: number;
}

/**
 * Compares what somebody got with what they should have.
 * @param wanted each once, in order.
 */
export function faultsOf<T>(wanted: readonly T[], got: readonly T[]): Faults {
  const places = new Map(wanted.map((each, place) => [each, place]));
  const unique = new Set(got);
  const known = got.flatMap((each) => places.get(each) ?? []);
  return {
    lost: wanted.filter((each) => !unique.has(each)).length + [...unique].filter((each) => !places.has(each)).length,
    doubled: got.length - unique.size,
    reordered: known.filter((place, index) => index > 0 && place < known[index - 1]!).length,
  };
}

/** All faults of several lists together. */
export function sum(faults: Iterable<Faults>): Faults {
  const all = { lost: 0, doubled: 0, reordered: 0 };
  for (const { lost, doubled, reordered } of faults) {
    all.lost += lost;
    all.doubled += doubled;
    all.reordered += reordered;
  }
  return all;
}
