import assert from "node:assert/strict";
import { LIMITS } from "./limits.ts";
import { type Commit, labelOf, Metrics } from "./metrics.ts";
import { Disconnect } from "./protocol.ts";
import { Harness } from "./testing/harness.ts";

const COMMIT: Commit = { start: 0, end: 3, messages: 7, failed: false };

Deno.test("The log hears of every limit that is reached, of whoever is cut for something else, and not of who leaves", () => {
  const told: unknown[] = [];
  const metrics = new Metrics((event, fields) => told.push([event, Object.values(fields)[0]]));
  metrics.hit("perAddress");
  for (const name of ["slow", "notText", "left", "goingAway"] as const) metrics.disconnected(Disconnect[name]);
  assert.deepEqual(told, [["limit_reached", "max-per-ip"], ["limit_reached", "queue"], ["cut", "notText"]]);
});

Deno.test("A snapshot has what an operator's page draws, as JSON", () => {
  const metrics = new Metrics();
  metrics.look({ connections: () => 5, clients: () => 4, rooms: () => 2 });
  metrics.databaseBytes = 1_000;
  metrics.hit("rate");
  // Ten messages a second for a minute, of which each tenth took longer; before that, slow ones.
  metrics.echoed(0, 9_000, 1_000, COMMIT);
  metrics.tick();
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 10; i++) {
      metrics.said(4);
      metrics.echoed(0, i === 0 ? 150 : 1.5, 1, COMMIT);
    }
    metrics.tick();
  }
  metrics.committed(COMMIT);
  const { limits, uptimeSeconds, memoryBytes, heapBytes, echoMs, ...rest } = JSON.parse(
    JSON.stringify(metrics.snapshot()),
  );
  assert.deepEqual(rest, {
    unready: null,
    connections: 5,
    clients: 4,
    rooms: 2,
    messages: 600,
    messagesPerSecond: 10,
    commitMs: { p50: 3.5, p99: 4.97 },
    eventLoopDelayMs: { p50: null, p99: null },
    databaseBytes: 1_000,
  });
  assert(echoMs.p50 > 1 && echoMs.p50 < 2, `${echoMs.p50}`);
  assert(echoMs.p99 > 100 && echoMs.p99 <= 200, `${echoMs.p99}`);
  assert(uptimeSeconds >= 0 && heapBytes > 0 && memoryBytes > heapBytes);
  assert.deepEqual(
    limits.map(({ limit, hits }: { limit: string; hits: number }) => [limit, hits]),
    Object.entries(LIMITS).map(([name]) => [labelOf(name as keyof typeof LIMITS), name === "rate" ? 1 : 0]),
  );
});

Deno.test("What is said counts once, as often as it is delivered, and its echo with the time that it took", async () => {
  const h = new Harness();
  const [ann] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby"), await h.enter("Cid", "den")];
  ann!.say("lobby", "1");
  ann!.say("lobby", "2");
  ann!.say("den", "3");
  await h.deliver();
  ann!.say("lobby", "1");
  await h.deliver();
  const { counts, echo, commits, commitMessages } = h.metrics;
  assert.deepEqual([counts.messages, counts.deliveries, echo.counts[0]], [2, 4, 2]);
  assert.equal(h.metrics.refusals("notJoined"), 1);
  // One commit for what came together, another for what was there already.
  assert.deepEqual([commits.counts[0], commitMessages.sum], [2, 3]);
  await h.end();
});

Deno.test("For how long somebody does not read is not counted as the time that their echo takes", async () => {
  const h = new Harness();
  const ann = await h.enter("Ann", "lobby");
  ann.socket.bufferedAmount = 1;
  ann.say("lobby", "1");
  await h.deliver(2_000);
  ann.socket.bufferedAmount = 0;
  await h.deliver(2_000);
  assert.deepEqual(ann.texts, ["1"]);
  assert.deepEqual([...h.metrics.echo.counts], Array(h.metrics.echo.counts.length).fill(0));
  ann.say("lobby", "2");
  await h.deliver();
  assert.equal(h.metrics.echo.counts[0], 1);
  await h.end();
});
