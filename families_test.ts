import assert from "node:assert/strict";
import { expose, FAMILIES, read } from "./families.ts";
import { LIMITS } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { Disconnect, REFUSALS } from "./protocol.ts";
import { withPrograms } from "./testing/programs.ts";

/** Comes with Debian's package `prometheus`. */
const PROMTOOL = "promtool";

/** Metrics of which each has another value. */
function busy(): Metrics {
  const metrics = new Metrics();
  const commit = { start: 0, end: 30, messages: 10, failed: false };
  metrics.hit("rate");
  metrics.disconnected(Disconnect.slow);
  metrics.violated();
  metrics.refused("busy");
  metrics.accepted();
  metrics.said(3);
  metrics.echoed(0, 40, 2, commit);
  metrics.committed(commit);
  metrics.committed({ ...commit, failed: true });
  metrics.eventLoopDelay.observe(0.3);
  metrics.look({ clients: () => 3, unready: () => "the disk is full" });
  return metrics;
}

function valueIn(text: string, name: string): string | undefined {
  return text.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ").at(-1);
}

Deno.test("/metrics has every limit, refusal and disconnect, by name, also those that never happened", () => {
  const text = expose(busy());
  const tables = [
    ["hubbub_refusals_total", "code", Object.keys(REFUSALS), ["busy"]],
    ["hubbub_disconnects_total", "reason", Object.keys(Disconnect), ["slow"]],
    ["hubbub_limit_hits_total", "limit", Object.entries(LIMITS).map(([name, { flag = name }]) => flag), [
      "rate",
      "queue",
    ]],
  ] as const;
  for (const [name, label, keys, happened] of tables) {
    for (const key of keys) {
      const value = (happened as readonly string[]).includes(key) ? "1" : "0";
      assert.equal(valueIn(text, `${name}{${label}="${key}"}`), value, key);
    }
  }
  assert.equal(valueIn(text, "hubbub_clients"), "3");
  assert.equal(valueIn(text, "hubbub_ready"), "0");
  assert.equal(valueIn(text, "hubbub_deliveries_total"), "3");
  assert.equal(valueIn(text, "hubbub_commit_failures_total"), "1");
});

Deno.test("A histogram's buckets count all that is not above them, and its sum and count are of all", () => {
  const text = expose(busy());
  assert.equal(valueIn(text, 'hubbub_echo_seconds_bucket{le="0.02"}'), "0");
  assert.equal(valueIn(text, 'hubbub_echo_seconds_bucket{le="0.05"}'), "2");
  assert.equal(valueIn(text, 'hubbub_echo_seconds_bucket{le="+Inf"}'), "2");
  assert.equal(valueIn(text, "hubbub_echo_seconds_sum"), "0.08");
  assert.equal(valueIn(text, "hubbub_echo_seconds_count"), "2");
});

Deno.test("Of several workers all that they count is added up; what each of them sees of the same is that once", () => {
  const text = expose(busy(), [read(busy()), read(new Metrics())]);
  assert.equal(valueIn(text, "hubbub_deliveries_total"), "6");
  assert.equal(valueIn(text, "hubbub_clients"), "6");
  assert.equal(valueIn(text, 'hubbub_limit_hits_total{limit="rate"}'), "2");
  assert.equal(valueIn(text, 'hubbub_echo_seconds_bucket{le="0.05"}'), "4");
  assert.equal(valueIn(text, "hubbub_echo_seconds_sum"), "0.16");
  assert.equal(valueIn(text, "hubbub_echo_seconds_count"), "4");
  assert.equal(valueIn(text, "hubbub_messages_total"), "1");
  assert.equal(valueIn(text, "hubbub_ready"), "0", "one is not");
  assert(Number(valueIn(text, "process_start_time_seconds")) < Date.now() / 1_000);
});

withPrograms([PROMTOOL], "promtool finds nothing to object to in /metrics", async () => {
  assert.equal(await lint(expose(new Metrics())), "");
  assert.equal(await lint(expose(busy())), "");
  const unconventional = "# TYPE hubbub_messages counter\nhubbub_messages 1\n";
  assert.match(await lint(unconventional), /counter metrics should have "_total" suffix/, "else it checks nothing");
});

/** What promtool has to say. */
async function lint(text: string): Promise<string> {
  const args = ["check", "metrics"];
  const promtool = new Deno.Command(PROMTOOL, { args, stdin: "piped", stdout: "piped", stderr: "piped" }).spawn();
  await new Blob([text]).stream().pipeTo(promtool.stdin);
  const { success, stdout, stderr } = await promtool.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  return success ? said : said || "it failed";
}

Deno.test("Every metric has one of the units and endings that Prometheus asks for", () => {
  for (const [name, { type, help }] of Object.entries(FAMILIES)) {
    assert.match(name, /^(hubbub|process)(_[a-z]+)+$/);
    assert.equal(name.endsWith("_total"), type === "counter", name);
    assert.match(help, /^[^"\\\n]+\.$/);
  }
});
