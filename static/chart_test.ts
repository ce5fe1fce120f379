import assert from "node:assert/strict";
import test from "node:test";
import type { Sample } from "../protocol.ts";
import { HEIGHT, measure, measureBytes, pathOf, rangeOf, type Read, WIDTH } from "./chart.ts";
import { SHOWN_MS } from "./dashboard.ts";
import { speak } from "./i18n.ts";
import { everyMinute } from "./operator_charts.ts";

/** Samples of an echo, at their times in seconds. */
function echoes(values: readonly (readonly [at: number, echo: number | null])[]): Sample[] {
  return values.map(([at, echoP50]) => ({
    at: at * 1_000,
    echoP50,
    echoP99: null,
    loopP99: null,
    connections: 0,
    rooms: 0,
    messages: 0,
    memoryBytes: 0,
    databaseBytes: 0,
  }));
}

const echo: Read = ({ echoP50 }) => echoP50;

/** The points of a path, each with what the pen did before. */
function points(path: string): [command: string, x: number, y: number][] {
  return [...path.matchAll(/([ML])([\d.]+) ([\d.]+)/g)].map(([, command, x, y]) => [command!, Number(x), Number(y)]);
}

test("A line ends at the right with the newest sample, and five minutes are as wide as the chart", () => {
  const line = points(pathOf(echoes([[700, 1], [701, 2], [1_000, 3]]), echo, 3));
  const [, first] = line[0]!;
  assert.equal(first, 0);
  assert.equal(line.at(-1)![1], WIDTH);
  assert.equal((1_000 - 700) * 1_000, SHOWN_MS);
});

test("Zero is at the bottom, the highest value at the top, and both are all there", () => {
  const heights = points(pathOf(echoes([[1, 0], [2, 5], [3, 10]]), echo, 10)).filter(([command]) => command === "L")
    .map(([, , y]) => y);
  assert.equal(heights[1], HEIGHT / 2);
  assert(heights[2]! > 0 && heights[2]! === HEIGHT - heights[0]!);
});

test("Nothing but zeros is a line at the bottom", () => {
  const heights = points(pathOf(echoes([[1, 0], [2, 0]]), echo, 0)).map(([, , y]) => y);
  assert.equal(new Set(heights).size, 1);
  assert(heights[0]! > HEIGHT / 2);
});

test("Where nothing was measured, and while the server did not run, there is no line", () => {
  const pen = (samples: Sample[]) => points(pathOf(samples, echo, 9)).map(([command]) => command).join("");
  assert.equal(pen(echoes([[1, 1], [2, 1], [3, 1]])), "MLLL");
  assert.equal(pen(echoes([[1, 1], [2, null], [3, 1]])), "MLML");
  assert.equal(pen(echoes([[1, 1], [2, 1], [60, 1], [61, 1]])), "MLLMLL");
  assert.equal(pen(echoes([[1, null]])), "");
  assert.equal(pen([]), "");
});

test("The range is that of all lines, or none when there is nothing", () => {
  const samples = echoes([[1, 4], [2, null], [3, 2]]);
  assert.deepEqual(rangeOf(samples, [echo, ({ at }) => at / 1_000]), [1, 4]);
  assert.deepEqual(rangeOf(samples, [({ echoP99 }) => echoP99]), undefined);
});

test("The table has a row for each minute, newest first, with the highest that was measured in it", () => {
  const samples = echoes([[50, 7], [59, 2], [60, 3], [61, null], [62, 6], [119, 4], [185, null]]);
  assert.deepEqual(everyMinute(samples).map((row) => [row.at / 1_000, echo(row)]), [[180, null], [60, 6], [0, 7]]);
  assert.deepEqual(
    everyMinute(echoes([[50, 9], [59, 1], [60, 3], [359, 4]])).map(echo),
    [4, 3],
    "not part of a minute",
  );
  assert.deepEqual(everyMinute([]), []);
});

test("Numbers are as the reader is used to see them, no more exact than they need be", () => {
  speak("en", ["en-GB"]);
  assert.deepEqual([measure(12_345), measure(3.14159), measure(31.4), measure(0)], ["12,345", "3.1", "31", "0"]);
  assert.deepEqual([measure(2.5, "millisecond"), measureBytes(0), measureBytes(999)], ["2.5 ms", "0 kB", "1 kB"]);
  assert.deepEqual([measureBytes(103_000_000), measureBytes(2_560_000_000_000)], ["103 MB", "2.6 TB"]);
  speak("en", []);
});
