/** Bounds for what takes time, in seconds: from half a millisecond to ten seconds. */
export const SECONDS_BOUNDS: readonly number[] =
  // deno-fmt-ignore
  [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Values, counted by their size. To count one more takes no memory, and a few comparisons. */
export class Histogram {
  /** The largest value of each bucket but the last, which has no end. */
  readonly bounds: readonly number[];
  /** How many values each bucket has. */
  readonly counts: Float64Array;
  /** All values together. */
  sum = 0;
  /** Is told of each value, and how many there are of it. */
  follower: ((value: number, times: number) => void) | undefined;

  /** @param bounds from the smallest to the largest. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Counts a value, or so many of the same. */
  observe(value: number, times = 1): void {
    let bucket = 0;
    while (value > this.bounds[bucket]!) bucket++;
    this.counts[bucket]! += times;
    this.sum += value * times;
    this.follower?.(value, times);
  }
}

/** What a histogram counts in a minute. */
export class LastMinute {
  readonly #histogram: Histogram;
  // The counts as they were at each tick, oldest first.
  readonly #before: Float64Array[] = [];

  constructor(histogram: Histogram) {
    this.#histogram = histogram;
  }

  /** To be called every second. */
  tick(): void {
    this.#before.push(this.#histogram.counts.slice());
    if (this.#before.length > 60) this.#before.shift();
  }

  /**
   * The value that this share of all is below or at, as near as the buckets tell: within one, values are taken for evenly
   * spread, as Prometheus does. Undefined when there was none.
   */
  quantile(share: number): number | undefined {
    const { bounds, counts } = this.#histogram;
    const before = this.#before[0];
    const recent = before ? counts.map((count, bucket) => count - before[bucket]!) : counts;
    const rank = share * recent.reduce((sum, count) => sum + count, 0);
    if (rank === 0) return undefined;
    let below = 0;
    for (const [bucket, bound] of bounds.entries()) {
      const count = recent[bucket]!;
      if (below + count >= rank) {
        const start = bounds[bucket - 1] ?? 0;
        return start + (bound - start) * (rank - below) / count;
      }
      below += count;
    }
    return bounds.at(-1);
  }
}
