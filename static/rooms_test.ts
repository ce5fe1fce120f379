import assert from "node:assert/strict";
import test from "node:test";
import { isRoomName } from "../protocol.ts";
import { toRoomName } from "./rooms.ts";

test("What somebody types becomes a room's name where that can be", () => {
  for (
    const [typed, name] of [
      ["kitchen", "kitchen"],
      ["  Kitchen ", "kitchen"],
      ["#Kitchen", "kitchen"],
      ["Table  2 left", "table-2-left"],
      ["ｋｉｔｃｈｅｎ", "kitchen"],
      ["a_b-c", "a_b-c"],
    ] as const
  ) {
    assert.deepEqual(toRoomName(typed), { name });
    assert.ok(isRoomName(name));
  }
});

test("Where it can't be, a sentence says why", () => {
  const problem = (typed: string) => (toRoomName(typed) as { problem: string }).problem;
  assert.match(problem("  "), /first/);
  assert.match(problem("#"), /first/);
  assert.match(problem("Küche"), /only letters from a to z/);
  assert.match(problem("厨房"), /only letters from a to z/);
  assert.match(problem("-kitchen"), /begins with/);
  assert.match(problem("x".repeat(65)), /at most 64/);
});
