import assert from "node:assert/strict";
import { ProcessResources } from "./resources.ts";
import { openFiles } from "./testing/process_stats.ts";

Deno.test("The share of memory that this process has is more than nothing and less than all", () => {
  const share = new ProcessResources().memoryShare();
  assert(share > 0 && share < 1, String(share));
});

Deno.test({
  name: "Looking for files leaves none open" +
    (Deno.build.os === "linux" ? "" : " (skipped: they are counted in /proc)"),
  ignore: Deno.build.os !== "linux",
  async fn() {
    const resources = new ProcessResources();
    const before = await openFiles(Deno.pid);
    for (const connections of [0, 500, 2_000]) assert(resources.hasFiles(connections));
    // It opens hundreds at a time; what other tests leave behind closes one by one meanwhile.
    const more = await openFiles(Deno.pid) - before;
    assert(more < 100, `${more} more are open`);
  },
});
