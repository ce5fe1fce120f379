import assert from "node:assert/strict";
import test from "node:test";
import { Memory, type Shelf } from "./chat_memory.ts";
import { DRAFT_PREFIX, Drafts, KEEP_MS } from "./drafts.ts";

/** A browser's storage, which counts what is written to it and may be full. */
class FakeShelf implements Shelf {
  readonly items = new Map<string, string>();
  full = false;
  writes = 0;

  get length(): number {
    return this.items.size;
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new Error("QuotaExceededError");
    this.writes++;
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}

/** A tab, and what lets the time pass that a draft has until it is kept. */
function tab(shelf: Shelf): { drafts: Drafts; pass: () => void } {
  let due: (() => void) | undefined;
  const drafts = new Drafts(new Memory(() => shelf), (ms, callback) => {
    assert.equal(ms, KEEP_MS);
    due = callback;
    return () => due = undefined;
  });
  return { drafts, pass: () => due?.() };
}

test("What was begun in a room is there in the next tab, for each room its own", () => {
  const shelf = new FakeShelf();
  const { drafts, pass } = tab(shelf);
  drafts.write("lobby", "Good morn");
  assert.equal(drafts.of("lobby"), "Good morn");
  pass();
  drafts.write("kitchen", "Is there\ncof");
  drafts.keep();
  const next = tab(shelf).drafts;
  assert.equal(next.of("lobby"), "Good morn");
  assert.equal(next.of("kitchen"), "Is there\ncof");
  assert.equal(next.of("cellar"), "");
});

test("A draft is kept while somebody goes on typing, but not at every key", () => {
  const shelf = new FakeShelf();
  const { drafts, pass } = tab(shelf);
  for (let length = 1; length <= 100; length++) {
    drafts.write("lobby", "x".repeat(length));
    if (length % 50 === 0) pass();
  }
  assert.equal(shelf.writes, 2);
  assert.equal(shelf.items.get(`${DRAFT_PREFIX}lobby`)?.length, 100);
});

test("Nothing is kept of a draft that was sent or deleted", () => {
  const shelf = new FakeShelf();
  const { drafts } = tab(shelf);
  for (const text of ["", " \n"]) {
    drafts.write("lobby", "Hello");
    drafts.keep();
    drafts.write("lobby", text);
    drafts.keep();
    assert.equal(shelf.items.size, 0);
  }
});

test("A tab in which nothing was written leaves alone what another one keeps", () => {
  const shelf = new FakeShelf();
  const [mine, other] = [tab(shelf), tab(shelf)];
  mine.drafts.write("lobby", "Mine");
  mine.drafts.keep();
  assert.equal(other.drafts.of("lobby"), "Mine");
  mine.drafts.write("lobby", "Mine, and more");
  mine.drafts.keep();
  other.drafts.keep();
  assert.equal(other.drafts.of("lobby"), "Mine, and more");
});

test("What the browser has no room for is remembered by the tab", () => {
  const shelf = new FakeShelf();
  shelf.full = true;
  const { drafts } = tab(shelf);
  drafts.write("lobby", "Long");
  drafts.keep();
  assert.equal(drafts.of("lobby"), "Long");
});

test("To send something in one tab does not take away what was begun in another", () => {
  const shelf = new FakeShelf();
  const [one, other] = [tab(shelf), tab(shelf)];
  for (const { drafts } of [one, other]) assert.equal(drafts.of("lobby"), "");
  one.drafts.write("lobby", "from the first");
  one.drafts.keep();
  other.drafts.write("lobby", "from the second");
  other.drafts.keep();
  one.drafts.write("lobby", "");
  one.drafts.keep();
  assert.equal(tab(shelf).drafts.of("lobby"), "from the second");
  other.drafts.write("lobby", "");
  other.drafts.keep();
  assert.equal(tab(shelf).drafts.of("lobby"), "");
});

/** What was begun is taken out of the storage by another tab; whether it is to go from this one, too. */
function isGone(drafts: Drafts, room: string, removed: string): boolean {
  return drafts.isGone(room, { key: DRAFT_PREFIX + room, oldValue: removed, newValue: null });
}

test("What was sent in one tab goes from another that shows it", () => {
  const shelf = new FakeShelf();
  const [one, other] = [tab(shelf), tab(shelf)];
  one.drafts.write("lobby", "Hello");
  one.drafts.keep();
  assert.equal(other.drafts.of("lobby"), "Hello");
  assert.ok(isGone(other.drafts, "lobby", "Hello"), "what it has read");
  assert.ok(isGone(one.drafts, "lobby", "Hello"), "what it has written itself");
});

test("What was sent after it was gone on with in one tab goes from another that shows its beginning", () => {
  const shelf = new FakeShelf();
  const [one, other] = [tab(shelf), tab(shelf)];
  one.drafts.write("lobby", "Hel");
  one.drafts.keep();
  assert.equal(other.drafts.of("lobby"), "Hel");
  assert.ok(isGone(other.drafts, "lobby", "Hello"));
});

test("What this tab has changed, another room, and what another tab only goes on with, stay", () => {
  const shelf = new FakeShelf();
  const [one, other] = [tab(shelf), tab(shelf)];
  one.drafts.write("lobby", "Hello");
  one.drafts.keep();
  assert.equal(other.drafts.of("lobby"), "Hello");
  assert.ok(!other.drafts.isGone("lobby", { key: `${DRAFT_PREFIX}lobby`, oldValue: "Hello", newValue: "Hello!" }));
  assert.ok(!other.drafts.isGone("kitchen", { key: `${DRAFT_PREFIX}lobby`, oldValue: "Hello", newValue: null }));
  other.drafts.write("lobby", "Hello to all");
  assert.ok(!isGone(other.drafts, "lobby", "Hello"), "changed just now");
  other.drafts.keep();
  assert.ok(!isGone(other.drafts, "lobby", "Hello"), "changed a while ago");
});
