import assert from "node:assert/strict";
import test from "node:test";
import { GROUP_MS, standing } from "./grouping.ts";

const NOON = new Date(2026, 2, 4, 12).getTime();
const ana = { user: "a", name: "Ana", at: NOON };

test("What somebody says soon after goes on from what they said, and later begins anew", () => {
  assert.deepEqual(standing({ ...ana, at: NOON + GROUP_MS - 1 }, ana), { beginsDay: false, continues: true });
  assert.deepEqual(standing({ ...ana, at: NOON + GROUP_MS }, ana), { beginsDay: false, continues: false });
});

test("Another person, the same under another name, and what follows a notice begin anew", () => {
  for (const before of [{ ...ana, user: "b" }, { ...ana, name: "Anna" }]) {
    assert.deepEqual(standing(ana, before), { beginsDay: false, continues: false });
  }
  assert.deepEqual(standing(ana, ana, true), { beginsDay: false, continues: false });
});

test("A day begins below a notice, too", () => {
  const yesterday = { ...ana, at: NOON - 24 * 60 * 60_000 };
  assert.deepEqual(standing(ana, yesterday, true), { beginsDay: true, continues: false });
});

test("The first message begins a day, and so does one after midnight, however soon it follows", () => {
  const midnight = new Date(2026, 2, 5).getTime();
  assert.deepEqual(standing(ana, undefined), { beginsDay: true, continues: false });
  assert.deepEqual(standing({ ...ana, at: midnight }, { ...ana, at: midnight - 1 }), {
    beginsDay: true,
    continues: false,
  });
});

test("A clock that was set back a little does not break a group", () => {
  assert.ok(standing({ ...ana, at: NOON - 1_000 }, ana).continues);
});
