import assert from "node:assert/strict";
import { percentile } from "../testing/percentile.ts";
import { Random } from "../testing/random.ts";
import { Histogram, printHistograms } from "./histogram.ts";

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

Deno.test("A histogram knows every percentile to within 3 %, from a microsecond to half an hour", () => {
  const random = new Random(1);
  const values = Array.from({ length: 5_000 }, () => Math.floor(Math.exp(random.next() * Math.log(2e9))));
  const histogram = histogramOf(values);
  assert.equal(histogram.count, values.length);
  for (const share of [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1]) {
    const [known, exact] = [histogram.percentile(share), percentile(values, share)];
    assert(Math.abs(known - exact) <= exact * 0.03, `${share}: ${known}, not ${exact}`);
  }
});

Deno.test("A histogram counts what is longer than it can tell, and what a clock that went back says", () => {
  const histogram = histogramOf([-1, 2 ** 40]);
  assert.equal(histogram.percentile(0.5), 0);
  assert(histogram.percentile(1) > 2e9);
});

Deno.test("A histogram of nothing has no percentile and no bars", () => {
  assert.equal(new Histogram().percentile(0.5), NaN);
  assert.deepEqual(new Histogram().bars(2), []);
});

Deno.test("Merged histograms are the histogram of all, also after a way through JSON", () => {
  const merged = histogramOf([1, 2, 3]);
  merged.merge(Histogram.fromJSON(JSON.parse(JSON.stringify(histogramOf([3, 1_000, 70_000])))));
  assert.deepEqual(merged.toJSON(), histogramOf([1, 2, 3, 3, 1_000, 70_000]).toJSON());
  assert.equal(merged.count, 6);
});

Deno.test("The bars of a histogram go without a hole from the least value to the most, and are 1 together", () => {
  const bars = histogramOf([100, 100, 900]).bars(2);
  assert(bars[0]!.from <= 100 && 100 < bars[0]!.to);
  assert(bars.at(-1)!.from <= 900 && 900 < bars.at(-1)!.to);
  for (const [i, { from }] of bars.slice(1).entries()) assert.equal(from, bars[i]!.to);
  assert.equal(bars.reduce((sum, { share }) => sum + share, 0), 1);
});

Deno.test("Histograms are printed side by side, and what is there shows however little it is", () => {
  const lines = printHistograms({
    quick: histogramOf(Array(999).fill(1_100).concat(5_000)),
    slow: histogramOf([5_000]),
  });
  assert.deepEqual(lines, [
    "         from quick                           slow",
    "      1.02 ms  99.9 % ████████████████████████",
    "      1.54 ms",
    "      2.05 ms",
    "      3.07 ms",
    "      4.10 ms   0.1 % █                       100.0 % ████████████████████████",
  ]);
});
