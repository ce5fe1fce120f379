import assert from "node:assert/strict";
import { Histogram, LastMinute } from "./histogram.ts";

Deno.test("A value belongs to the first bucket that is not below it, and to the last if all are", () => {
  const histogram = new Histogram([1, 2, 4]);
  for (const value of [0, 1, 1.5, 2, 3, 4, 5]) histogram.observe(value);
  histogram.observe(100, 3);
  assert.deepEqual([...histogram.counts], [2, 2, 2, 4]);
  assert.equal(histogram.sum, 316.5);
});

Deno.test("A quantile lies where its share of the values of the last minute ends, spread evenly over their bucket", () => {
  const histogram = new Histogram([1, 2, 4]);
  const lastMinute = new LastMinute(histogram);
  assert.equal(lastMinute.quantile(0.5), undefined);
  histogram.observe(0.5, 10);
  histogram.observe(3, 10);
  assert.deepEqual([0.25, 0.5, 0.75, 1].map((share) => lastMinute.quantile(share)), [0.5, 1, 3, 4]);
  histogram.observe(1_000, 1_000);
  assert.equal(lastMinute.quantile(0.99), 4, "what lies beyond all buckets is at their end");
});

Deno.test("What is older than a minute is not in its quantiles", () => {
  const histogram = new Histogram([1, 2, 4]);
  const lastMinute = new LastMinute(histogram);
  histogram.observe(3, 1_000);
  for (let second = 0; second < 60; second++) lastMinute.tick();
  histogram.observe(1);
  assert.equal(lastMinute.quantile(0.5), 0.5, "of a minute ago, and one of now");
  lastMinute.tick();
  assert.equal(lastMinute.quantile(0.5), 0.5);
  for (let second = 0; second < 60; second++) lastMinute.tick();
  assert.equal(lastMinute.quantile(0.5), undefined);
});
