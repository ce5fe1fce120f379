import assert from "node:assert/strict";
import test from "node:test";
import { MESSAGE_BYTES_MAX } from "../protocol.ts";
import { problem } from "./composer.ts";

test("A text that the server would refuse for its length is refused before, in bytes of UTF-8", () => {
  assert.equal(problem("x".repeat(MESSAGE_BYTES_MAX)), undefined);
  assert.equal(problem("x".repeat(MESSAGE_BYTES_MAX + 2)), "That is too long by 2 bytes.");
  assert.match(problem("好".repeat(MESSAGE_BYTES_MAX / 2))!, /too long/);
});
