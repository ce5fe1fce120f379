import assert from "node:assert/strict";
import { join } from "node:path";
import { BEAT_MS, startHeartbeat } from "./heartbeat.ts";
import { JOURNAL_FILE } from "./journal/sqlite.ts";
import { Metrics } from "./metrics.ts";

/** Waits until the heart has beaten so often. */
async function beats(metrics: Metrics, count: number): Promise<number[]> {
  const counts = () => [...metrics.eventLoopDelay.counts];
  while (counts().reduce((sum, each) => sum + each, 0) < count) await new Promise((resolve) => setTimeout(resolve, 10));
  return counts();
}

Deno.test("That the event loop stood still is seen in its delay, and nowhere else", async () => {
  const metrics = new Metrics();
  const stop = startHeartbeat(metrics, undefined, () => {});
  const stall = (ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end;);
  };
  const aSecond = metrics.eventLoopDelay.bounds.findIndex((bound) => bound >= 1);
  const slow = (counts: number[]) => counts.slice(aSecond).reduce((sum, each) => sum + each, 0);
  assert.equal(slow(await beats(metrics, 2)), 0);
  stall(BEAT_MS + 600);
  assert.equal(slow(await beats(metrics, 4)), 1, "of one stall");
  stop();
});

Deno.test("Every second somebody is told that the metrics know how it went", async () => {
  const metrics = new Metrics();
  const ticks: string[] = [];
  metrics.tick = () => void ticks.push("tick");
  const stop = startHeartbeat(metrics, undefined, () => ticks.push("told"));
  while (ticks.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  stop();
  assert.deepEqual(ticks, ["tick", "told"]);
});

Deno.test("The size of the database is that of its files, and 0 as long as there are none", async () => {
  const data = await Deno.makeTempDir();
  const metrics = new Metrics();
  startHeartbeat(metrics, data, () => {})();
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.equal(metrics.databaseBytes, 0);
  await Deno.writeFile(join(data, JOURNAL_FILE), new Uint8Array(1_000));
  await Deno.writeFile(join(data, `${JOURNAL_FILE}-wal`), new Uint8Array(500));
  startHeartbeat(metrics, data, () => {})();
  while (metrics.databaseBytes === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  assert.equal(metrics.databaseBytes, 1_500);
  await Deno.remove(data, { recursive: true });
});
