import assert from "node:assert/strict";
import { ProgressLine } from "./progress_line.ts";

const REWRITE = "\r\x1b[K";

Deno.test("ProgressLine rewrites its line ten times a second at most, and leaves nothing of it", () => {
  const written: string[] = [];
  let nowMs = 0;
  {
    using line = new ProgressLine("Backing up", (text) => written.push(text), () => nowMs);
    for (let done = 0; done <= 1_000; done++) {
      nowMs = done;
      line.report(done, 1_000);
    }
  }
  const percents = Array.from({ length: 11 }, (_, i) => `${REWRITE}Backing up: ${10 * i} %`);
  assert.deepEqual(written, [...percents, REWRITE]);
});

Deno.test("ProgressLine writes nothing when there was nothing to report, and takes an empty whole", () => {
  const written: string[] = [];
  const write = (text: string) => void written.push(text);
  {
    using _silent = new ProgressLine("Exporting", write);
  }
  assert.equal(written.length, 0);
  new ProgressLine("Exporting", write).report(0, 0);
  assert.deepEqual(written, [`${REWRITE}Exporting: 0 %`]);
});

Deno.test("ProgressLine writes nothing where there is no terminal", () => {
  using line = new ProgressLine("Exporting", undefined);
  line.report(1, 2);
});
