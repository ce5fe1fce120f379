import fc from "fast-check";

/** So many runs have a seed in common. */
const RUNS = 100;
/** How long a run may take, in ms, before it counts as one that never ends. */
const RUN_MS_MAX = 10_000;
/** How long the runs of a seed may, with the search for the shortest that fails, in ms. */
const ALL_MS_MAX = 120_000;

/** How much a test is to try. */
export interface Effort {
  /** How many cases there were so far: a run may hold several. */
  readonly cases: () => number;
  /** How many there have to be in the end. */
  readonly atLeast: number;
  /** What a case is, in the plural. */
  readonly what: string;
}

/**
 * Checks a property, each time with other chance, and says how many cases it was. A failure comes with its seed and the path
 * to the shortest case that fails: as SEED and SEED_PATH in the environment they repeat it.
 */
export async function fuzz<T>(property: fc.IRawProperty<T>, { cases, atLeast, what }: Effort): Promise<void> {
  const [seed, path] = [Deno.env.get("SEED"), Deno.env.get("SEED_PATH")];
  const start = performance.now();
  do {
    await fc.assert(property, {
      numRuns: RUNS,
      timeout: RUN_MS_MAX,
      interruptAfterTimeLimit: ALL_MS_MAX,
      markInterruptAsFailure: true,
      ...seed !== undefined && { seed: Number(seed) },
      ...path !== undefined && { path },
    });
  } while (cases() < atLeast && seed === undefined);
  console.log(`${cases()} ${what} in ${((performance.now() - start) / 1_000).toFixed(1)} s`);
}

/** Something of the one often, of the other seldom. */
export function mostly<T>(often: fc.Arbitrary<T>, seldom: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 8, arbitrary: often }, { weight: 1, arbitrary: seldom });
}
