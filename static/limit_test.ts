import assert from "node:assert/strict";
import test from "node:test";
import { bytesLeft, heard } from "./limit.ts";

const LIMIT = 64 * 1024;

test("Far from the limit nothing is said about it, and near it how many bytes of UTF-8 are left", () => {
  assert.equal(bytesLeft("", LIMIT), undefined);
  assert.equal(bytesLeft("x".repeat(LIMIT - 1_001), LIMIT), undefined);
  assert.equal(bytesLeft("x".repeat(LIMIT - 1_000), LIMIT), 1_000);
  assert.equal(bytesLeft("好".repeat(21_845), LIMIT), 1);
  assert.equal(bytesLeft("x".repeat(LIMIT), LIMIT), 0);
  assert.equal(bytesLeft("🎉".repeat(16_385), LIMIT), -4);
});

test("Of a small limit the last tenth is near", () => {
  assert.equal(bytesLeft("x".repeat(899), 1_000), undefined);
  assert.equal(bytesLeft("x".repeat(900), 1_000), 100);
});

test("White space around a text is not sent and does not count", () => {
  assert.equal(bytesLeft("x".repeat(995) + " ".repeat(10), 1_000), 5);
});

test("What is said aloud changes a few times on the way to the limit, and once beyond it", () => {
  const said = new Set(Array.from({ length: 1_200 }, (_, index) => heard(1_000 - index)));
  assert.equal(said.size, 8);
  assert.equal(heard(undefined), "");
  assert.match(heard(130), /200/);
  assert.equal(heard(-1), heard(-5_000));
});
