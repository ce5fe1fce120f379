import assert from "node:assert/strict";
import test from "node:test";
import { problem } from "./composer.ts";

test("A text that the server would refuse for its length is refused before, in bytes of UTF-8", () => {
  assert.equal(problem("x".repeat(1_000), 1_000), undefined);
  assert.equal(problem("x".repeat(1_002), 1_000), "That is too long by 2 bytes.");
  assert.match(problem("好".repeat(500), 1_000)!, /too long/);
});
