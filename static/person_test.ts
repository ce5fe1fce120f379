import assert from "node:assert/strict";
import test from "node:test";
import { colourOf, COLOURS } from "./person.ts";

test("A person always has the same colour, and many people share them about evenly", () => {
  assert.equal(colourOf("a-person"), colourOf("a-person"));
  const counts = new Map<string, number>();
  for (let index = 0; index < 1_000; index++) {
    const colour = colourOf(`person-${index}`);
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  assert.equal(counts.size, COLOURS);
  assert.ok(Math.min(...counts.values()) > 1_000 / COLOURS / 2);
});
