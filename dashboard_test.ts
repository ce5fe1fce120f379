import assert from "node:assert/strict";
import { run, withPrograms } from "./testing/programs.ts";
import { ServerProcess } from "./testing/server_process.ts";

const DASHBOARD = "docs/grafana.json";
const ALERTS = "docs/alerts.yml";
const MANUAL = "docs/OPERATING.md";

/** The names of all series that a real server has, without labels; those of a histogram too. */
async function seriesOf(server: ServerProcess): Promise<{ series: Set<string>; labels: Map<string, Set<string>> }> {
  const text = await (await fetch(new URL("/metrics", server.url))).text();
  const labels = new Map<string, Set<string>>();
  for (const [, name, pairs = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? /gm)) {
    const known = labels.get(name!) ?? new Set();
    for (const [, label] of pairs.matchAll(/(\w+)="/g)) known.add(label!);
    labels.set(name!, known);
  }
  return { series: new Set(labels.keys()), labels };
}

/** Every name of a series in some queries. */
function namesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:hubbub|process)_[a-z_]+/g)].map(([name]) => name);
}

/** Every query in a dashboard, wherever it stands. */
function queriesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, part]) =>
    name === "expr" || name === "definition" ? [String(part)] : queriesIn(part)
  );
}

Deno.test("Every series that the dashboard and the alerts ask for is one that the server has, and the dashboard shows all", async () => {
  await using server = await ServerProcess.start();
  const { series, labels } = await seriesOf(server);
  const queries = queriesIn(JSON.parse(await Deno.readTextFile(DASHBOARD)));
  const asked = [...queries, await Deno.readTextFile(ALERTS)].flatMap(namesIn);
  assert(asked.length > 30, "it looks for them in the wrong place");
  assert.deepEqual(asked.filter((name) => !series.has(name)), []);
  // Of a histogram the buckets are enough.
  const shown = new Set(asked.map((name) => name.replace(/_(bucket|sum|count)$/, "")));
  assert.deepEqual(
    [...series].map((name) => name.replace(/_(bucket|sum|count)$/, "")).filter((name) => !shown.has(name)),
    [],
  );
  for (const query of queries) {
    const [, by] = /^sum by \((\w+)\)/.exec(query) ?? [];
    if (by) assert(labels.get(namesIn(query)[0]!)!.has(by), query);
  }
});

Deno.test("The manual says what every metric counts, and what to do at every alert", async () => {
  await using server = await ServerProcess.start();
  const manual = await Deno.readTextFile(MANUAL);
  const { series } = await seriesOf(server);
  for (const name of series) {
    const family = name.replace(/_(bucket|sum|count)$/, "");
    assert(manual.includes(`\`${family}`), family);
  }
  const alerts = [...(await Deno.readTextFile(ALERTS)).matchAll(/alert: (\w+)/g)].map(([, name]) => name!);
  assert.equal(alerts.length, 5);
  for (const alert of alerts) assert.match(manual, new RegExp(`^\\| \`${alert}\` `, "m"));
});

withPrograms(["promtool"], "promtool finds nothing to object to in the alerts", async () => {
  assert.match(await run("promtool", "check", "rules", ALERTS), /SUCCESS: 5 rules found/);
});
