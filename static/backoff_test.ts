import assert from "node:assert/strict";
import test from "node:test";
import { backoff, BACKOFF_MS_MAX, BACKOFF_MS_MIN } from "./backoff.ts";

test("The wait doubles with each failure and stays under its maximum", () => {
  const longest = Array.from({ length: 8 }, (_, failures) => backoff(failures, 1));
  assert.deepEqual(longest, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(longest[0], BACKOFF_MS_MIN);
  assert.equal(backoff(10_000, 1), BACKOFF_MS_MAX);
});

test("Chance decides over half of the wait, so that pages that lost the server together come back apart", () => {
  assert.equal(backoff(0, 0), 500);
  assert.equal(backoff(0, 0.5), 750);
  assert.equal(backoff(5, 0), 15_000);
});
