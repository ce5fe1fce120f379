/** An octave, from one power of two to the next, has so many buckets: a value is known to within 3 %. */
const PER_OCTAVE_BITS = 5;
const PER_OCTAVE = 1 << PER_OCTAVE_BITS;
/** The longest time that is told from longer ones, in µs: 35 minutes. */
const VALUE_MAX = 2 ** 31 - 1;
const BUCKETS = bucketOf(VALUE_MAX) + 1;

/** How many of the values are in a range. */
export interface Bar {
  /** Where the range begins, in µs. */
  readonly from: number;
  /** The first value beyond the range, in µs. */
  readonly to: number;
  /** From 0 to 1. */
  readonly share: number;
}

/** How long things took, counted in buckets that grow with the time: as small for a million values as for one. */
export class Histogram {
  readonly #counts = new Uint32Array(BUCKETS);
  /** How many values there are. */
  count = 0;

  /** Counts a time, in whole µs. */
  add(us: number): void {
    this.#counts[bucketOf(Math.min(Math.max(us, 0), VALUE_MAX))]!++;
    this.count++;
  }

  /** Takes over everything that another one counted. */
  merge(other: Histogram): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket]! += count;
    this.count += other.count;
  }

  /** The time, in µs, that so large a share of all, from 0 to 1, does not exceed; NaN of none. */
  percentile(share: number): number {
    let left = Math.max(Math.ceil(share * this.count), 1);
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return bucket < 0 ? NaN : (startOf(bucket) + startOf(bucket + 1) - 1) / 2;
  }

  /** From the smallest value to the largest: each octave in so many ranges, a power of two of at most 32. */
  bars(perOctave: number): Bar[] {
    const step = PER_OCTAVE / perOctave;
    const bars: Bar[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket += step) {
      const count = this.#counts.subarray(bucket, bucket + step).reduce((sum, count) => sum + count, 0);
      bars.push({ from: startOf(bucket), to: startOf(bucket + step), share: count / this.count });
    }
    const first = bars.findIndex(({ share }) => share > 0);
    return bars.slice(Math.max(first, 0), bars.findLastIndex(({ share }) => share > 0) + 1);
  }

  /** What `fromJSON` reads: the buckets that are not empty, and how much is in them. */
  toJSON(): [bucket: number, count: number][] {
    return [...this.#counts.entries()].filter(([, count]) => count > 0);
  }

  static fromJSON(buckets: readonly [bucket: number, count: number][]): Histogram {
    const histogram = new Histogram();
    for (const [bucket, count] of buckets) {
      histogram.#counts[bucket] = count;
      histogram.count += count;
    }
    return histogram;
  }
}

/** So long is the bar of the fullest range, in characters. */
const BAR_WIDTH = 24;

/** Draws histograms side by side, by name, as lines of text: a line for each half of an octave, times in ms. */
export function printHistograms(histograms: Readonly<Record<string, Histogram>>): string[] {
  const columns = Object.values(histograms).map((histogram) => histogram.bars(2));
  const all = columns.flat();
  const most = Math.max(...all.map(({ share }) => share));
  const starts = [...new Set(all.map(({ from }) => from))].sort((a, b) => a - b);
  const head = Object.keys(histograms).map((name) => name.padEnd(BAR_WIDTH + 7)).join(" ");
  const rows = starts.map((start) => {
    const cells = columns.map((bars) => {
      const share = bars.find(({ from }) => from === start)?.share ?? 0;
      const percent = share === 0 ? "" : `${(share * 100).toFixed(1)} %`;
      // What is there shows, however little it is.
      const bar = "█".repeat(share === 0 ? 0 : Math.max(Math.round(share / most * BAR_WIDTH), 1));
      return `${percent.padStart(7)} ${bar}`.padEnd(BAR_WIDTH + 8);
    });
    return `${(start / 1_000).toFixed(2).padStart(10)} ms ${cells.join("")}`.trimEnd();
  });
  return [`${"from".padStart(13)} ${head}`.trimEnd(), ...rows];
}

/** Below PER_OCTAVE each value has a bucket of its own; from there on the highest bits choose. */
function bucketOf(us: number): number {
  if (us < PER_OCTAVE) return us;
  const shift = 31 - Math.clz32(us) - PER_OCTAVE_BITS;
  return (shift << PER_OCTAVE_BITS) + (us >>> shift);
}

function startOf(bucket: number): number {
  if (bucket < PER_OCTAVE) return bucket;
  const shift = (bucket >>> PER_OCTAVE_BITS) - 1;
  return (PER_OCTAVE + bucket % PER_OCTAVE) * 2 ** shift;
}
