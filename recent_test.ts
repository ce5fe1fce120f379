import assert from "node:assert/strict";
import type { Entry } from "./journal/journal.ts";
import { Recent, RECENT_ENTRIES_MAX, RECENT_LENGTH_MAX, sayLine } from "./recent.ts";

function entry(id: number, text = ""): Entry {
  return { id, room: "lobby", user: "u", name: "n", text, nonce: `n${id}`, at: 0 };
}

/** Entries with the ids 10, 20, … up to ten times `count`. */
function entries(count: number, text?: string): Entry[] {
  return Array.from({ length: count }, (_, i) => entry(10 * (i + 1), text));
}

function ids(lines: readonly { readonly id: number }[] | undefined): number[] | undefined {
  return lines?.map(({ id }) => id);
}

Deno.test("A room of which everything is here can be resumed from any id", () => {
  const recent = new Recent({ entries: entries(3), more: false, gap: false });
  assert.deepEqual([0, 9, 10, 15, 29, 30, 99].map((id) => ids(recent.since(id)?.lines)), [
    [10, 20, 30],
    [10, 20, 30],
    [20, 30],
    [20, 30],
    [30],
    [],
    [],
  ]);
});

Deno.test("A room of which older entries are not here, or were deleted, can be resumed from the first that is", () => {
  for (const [more, gap] of [[true, false], [false, true]] as const) {
    const recent = new Recent({ entries: entries(3), more, gap });
    assert.deepEqual([8, 9, 10].map((id) => ids(recent.since(id)?.lines)), [undefined, [10, 20, 30], [20, 30]]);
  }
  const recent = new Recent({ entries: [], more: false, gap: true });
  assert.equal(recent.since(99), undefined);
  recent.push(sayLine(entry(100)));
  assert.deepEqual([98, 99, 100].map((id) => ids(recent.since(id)?.lines)), [undefined, [100], []]);
});

Deno.test("Only so many entries are kept, of only such a length, and what went can't be resumed over", () => {
  const many = new Recent({ entries: entries(RECENT_ENTRIES_MAX), more: false, gap: false });
  many.push(sayLine(entry(10 * RECENT_ENTRIES_MAX + 10)));
  assert.deepEqual([9, 10].map((id) => many.since(id)?.lines.length), [undefined, RECENT_ENTRIES_MAX]);

  const long = new Recent({ entries: entries(10, "x".repeat(RECENT_LENGTH_MAX / 4)), more: false, gap: false });
  assert.deepEqual([69, 70].map((id) => ids(long.since(id)?.lines)), [undefined, [80, 90, 100]]);

  const huge = new Recent({ entries: entries(2, "x".repeat(2 * RECENT_LENGTH_MAX)), more: false, gap: false });
  assert.deepEqual(
    [9, 10].map((id) => ids(huge.since(id)?.lines)),
    [undefined, [20]],
    "the newest is kept, however long",
  );
});

Deno.test("The newest page has at most so many entries and such a length, but one at least", () => {
  const recent = new Recent({ entries: entries(10, "x".repeat(1_000)), more: false, gap: false });
  const page = (count: number, length: number) => {
    const { lines, more } = recent.newest(count, length);
    return [ids(lines), more];
  };
  assert.deepEqual(page(2, Infinity), [[90, 100], true]);
  assert.deepEqual(page(50, Infinity), [ids(entries(10)), false]);
  assert.deepEqual(page(50, 2_500), [[90, 100], true]);
  assert.deepEqual(page(50, 10), [[100], true]);
});
