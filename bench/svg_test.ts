import assert from "node:assert/strict";
import { Histogram } from "./histogram.ts";
import { draw, type Drawing, timesOf } from "./svg.ts";

function histogramOf(...values: number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.add(value);
  return histogram;
}

const DRAWING: Drawing = {
  title: "Tea & <coffee>",
  notes: ["two cups"],
  ratios: [
    { what: "warmth", better: "more", median: 3.4, least: 3, most: 4 },
    { what: "price", better: "less", median: 12, least: 10, most: 200 },
  ],
  latencyTitle: "How long it takes",
  latencies: { tea: histogramOf(900, 1_000, 1_100), coffee: histogramOf(50_000) },
};

Deno.test("The picture has a title, needs nothing else, runs nothing, and follows light and dark", () => {
  const svg = draw(DRAWING);
  assert.match(
    svg,
    /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*>\n<title id="title">Tea &amp; &lt;coffee&gt;<\/title>\n/,
  );
  assert.match(svg, /prefers-color-scheme: dark/);
  assert.doesNotMatch(svg, /<script|<image|href|url\(|@import| on\w+=/);
});

Deno.test("Every tag of the picture is closed, and nothing in it is no number", () => {
  const svg = draw(DRAWING);
  const open: string[] = [];
  for (const [, slash, name, selfClosing] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)) {
    if (slash) assert.equal(open.pop(), name);
    else if (!selfClosing) open.push(name!);
  }
  assert.deepEqual(open, []);
  assert.doesNotMatch(svg, /NaN|Infinity|undefined/);
});

Deno.test("A bar has the color of whoever is ahead, by what is better", () => {
  const bars = [...draw(DRAWING).matchAll(/class="bar (s\d)"[^>]*height="16"/g)].map(([, color]) => color);
  assert.deepEqual(bars, ["s0", "s1"]);
});

Deno.test("Who can't see the picture is told the ratios", () => {
  assert.match(draw(DRAWING), /<desc id="says">warmth: 3\.40×; price: 12\.0×<\/desc>/);
});

Deno.test("A ratio has as many digits as say something", () => {
  assert.deepEqual([0.0456, 0.5, 1, 33.62, 123.4, 4_567].map(timesOf), [
    "0.046×",
    "0.50×",
    "1.00×",
    "33.6×",
    "123×",
    "4567×",
  ]);
});
