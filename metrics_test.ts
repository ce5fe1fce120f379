import assert from "node:assert/strict";
import { LIMITS } from "./limits.ts";
import { Metrics, REPORT_MS } from "./metrics.ts";
import { Disconnect } from "./protocol.ts";

Deno.test("Whoever runs the server is told that a limit was reached, once a minute at most for each", () => {
  const told: string[] = [];
  let now = 0;
  const metrics = new Metrics((line) => told.push(line), () => now);
  for (let i = 0; i < 100; i++) metrics.hit("perAddress");
  metrics.hit("rooms");
  now += REPORT_MS;
  metrics.hit("perAddress");
  assert.deepEqual(told.map((line) => /^Limit (\S+) reached .*\. (\d+) so far\.$/.exec(line)?.slice(1)), [
    ["max-per-ip", "1"],
    ["max-rooms", "1"],
    ["max-per-ip", "101"],
  ]);
});

Deno.test("The text has every limit and every disconnect, as Prometheus reads it", () => {
  const metrics = new Metrics();
  metrics.hit("rate");
  metrics.disconnected(Disconnect.slow);
  metrics.violated();
  const lines = metrics.text({ hubbub_clients: 3 }).split("\n");
  for (const line of lines) assert.match(line, /^(# TYPE \w+ (gauge|counter)|\w+(\{\w+="[\w-]+"\})? \d+|)$/);
  const value = (name: string) => lines.find((line) => line.startsWith(`${name} `))?.split(" ").at(-1);
  assert.equal(value("hubbub_clients"), "3");
  assert.equal(value("hubbub_broken_connections_total"), "1");
  assert.equal(value('hubbub_disconnects_total{reason="slow"}'), "1");
  for (const [name, { flag = name }] of Object.entries(LIMITS)) {
    const hits = name === "rate" || name === "queue" ? "1" : "0";
    assert.equal(value(`hubbub_limit_hits_total{limit="${flag}"}`), hits, name);
  }
});
