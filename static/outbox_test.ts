import assert from "node:assert/strict";
import test from "node:test";
import { Memory, type Shelf } from "./chat_memory.ts";
import { Outbox, OUTBOX_PREFIX } from "./outbox.ts";
import type { Failure } from "./refusal.ts";

/** A browser's storage in memory. */
class FakeShelf implements Shelf {
  readonly #kept = new Map<string, string>();
  /** It has no room left. */
  full = false;

  get length(): number {
    return this.#kept.size;
  }

  key(index: number): string | null {
    return [...this.#kept.keys()][index] ?? null;
  }

  getItem(key: string): string | null {
    return this.#kept.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    if (this.full) throw new Error("QuotaExceededError");
    this.#kept.set(key, value);
  }

  removeItem(key: string): void {
    this.#kept.delete(key);
  }
}

/** A browser, of which each tab that is opened has an outbox. */
class Browser {
  readonly shelf = new FakeShelf();
  now = 1_000;

  open(): Outbox {
    return new Outbox(new Memory(() => this.shelf), () => this.now);
  }
}

const NO: Failure = { code: "badText", reason: "no" };
const texts = (outbox: Outbox, room = "lobby") => outbox.of(room).map(({ text }) => text);

test("What was said is there after a reload, in the order of saying", () => {
  const browser = new Browser();
  const outbox = browser.open();
  for (const text of ["c", "a", "b"]) outbox.add("lobby", text);
  outbox.add("dev", "d");
  const next = browser.open();
  assert.deepEqual([texts(next), texts(next, "dev")], [["c", "a", "b"], ["d"]]);
  assert.deepEqual([next.next()!.text, [...next.rooms]], ["c", ["lobby", "dev"]]);
});

test("The order of saying holds when the clock is set back, also over a reload", () => {
  const browser = new Browser();
  browser.open().add("lobby", "a");
  browser.now = 500;
  const next = browser.open();
  next.add("lobby", "b");
  browser.now = 0;
  next.add("lobby", "c");
  assert.deepEqual(texts(browser.open()), ["a", "b", "c"]);
});

test("What one tab says does not touch what another says", () => {
  const browser = new Browser();
  const [one, two] = [browser.open(), browser.open()];
  one.add("lobby", "1");
  two.add("lobby", "2");
  assert.deepEqual([texts(one), texts(two), texts(browser.open()).sort()], [["1"], ["2"], ["1", "2"]]);
});

test("What came back is gone, also when another tab had said it", () => {
  const browser = new Browser();
  const [one, two] = [browser.open(), browser.open()];
  const { nonce } = one.add("lobby", "a");
  assert.equal(two.remove(nonce), undefined);
  const key = `${OUTBOX_PREFIX}000000000001000-${nonce}`;
  assert.equal(one.changed(key)!.text, "a");
  assert.deepEqual([texts(one), texts(browser.open())], [[], []]);
});

test("What another tab says once more under the same nonce is not taken out of the storage", () => {
  const browser = new Browser();
  const one = browser.open();
  const { nonce } = one.add("lobby", "a");
  one.fail(nonce, NO);
  const two = browser.open();
  browser.now++;
  two.resend(nonce);
  one.changed(`${OUTBOX_PREFIX}000000000001000-${nonce}`);
  assert.deepEqual([texts(one), texts(browser.open())], [[], ["a"]]);
});

test("What failed is passed over, stays over a reload, and comes last when it is said again", () => {
  const browser = new Browser();
  const outbox = browser.open();
  const { nonce } = outbox.add("lobby", "a");
  outbox.fail(nonce, NO);
  outbox.add("lobby", "b");
  const next = browser.open();
  assert.deepEqual([next.next()!.text, next.get(nonce)!.failed], ["b", NO]);
  assert.equal(next.resend(nonce)!.failed, undefined);
  assert.deepEqual([texts(next), texts(browser.open())], [["b", "a"], ["b", "a"]]);
  assert.equal(next.resend(nonce), undefined);
});

test("What failed for a reason that nobody understands any more has failed all the same", () => {
  const browser = new Browser();
  const outbox = browser.open();
  const { nonce } = outbox.add("lobby", "a");
  const key = `${OUTBOX_PREFIX}000000000001000-${nonce}`;
  const pending = JSON.parse(browser.shelf.getItem(key)!);
  browser.shelf.setItem(key, JSON.stringify({ ...pending, failed: "It is longer than 20 bytes." }));
  const next = browser.open();
  assert.deepEqual([texts(next), next.next()], [["a"], undefined]);
});

test("What another tab has had for long is taken over, what failed there is not", () => {
  const browser = new Browser();
  const [one, two] = [browser.open(), browser.open()];
  one.fail(one.add("lobby", "failed").nonce, NO);
  one.add("lobby", "old");
  browser.now += 100;
  one.add("lobby", "new");
  two.add("lobby", "own");
  assert.deepEqual(two.adopt(99).map(({ text }) => text), ["old"]);
  assert.deepEqual(two.adopt(99), []);
  assert.deepEqual(texts(two), ["old", "own"]);
});

test("When the storage is full nothing is lost before the tab is closed, and no later message is kept without an earlier one", () => {
  const browser = new Browser();
  const outbox = browser.open();
  outbox.add("lobby", "a");
  browser.shelf.full = true;
  const { nonce } = outbox.add("lobby", "b");
  browser.shelf.full = false;
  outbox.add("lobby", "c");
  assert.deepEqual([texts(outbox), outbox.kept, texts(browser.open())], [["a", "b", "c"], false, ["a"]]);
  outbox.remove(nonce);
  outbox.fail(outbox.next()!.nonce, NO);
  assert.deepEqual(texts(outbox), ["a", "c"]);
});

test("A browser that forbids the storage has an outbox all the same", () => {
  const outbox = new Outbox(
    new Memory(() => {
      throw new Error("SecurityError");
    }),
    () => 0,
  );
  outbox.add("lobby", "a");
  assert.deepEqual([texts(outbox), outbox.kept], [["a"], false]);
});

test("A browser that will be somebody else after a reload keeps nothing for them to say, and says nothing of theirs", () => {
  const browser = new Browser();
  browser.open().add("lobby", "theirs");
  const outbox = new Outbox(new Memory(() => browser.shelf), () => 0, false);
  outbox.add("lobby", "mine");
  assert.deepEqual([texts(outbox), outbox.kept, texts(browser.open())], [["mine"], false, ["theirs"]]);
});

test("What somebody else has put into the storage is left alone", () => {
  const browser = new Browser();
  browser.shelf.setItem(`${OUTBOX_PREFIX}000000000001000-x`, "{");
  browser.shelf.setItem(`${OUTBOX_PREFIX}000000000001000-y`, '{"room":1}');
  browser.shelf.setItem("hubbub.outbox", "old");
  assert.deepEqual(browser.open().rooms.size, 0);
});
