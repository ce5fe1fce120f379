import assert from "node:assert/strict";
import test from "node:test";
import { type Key, shortcutOf } from "./keys.ts";

const key = (key: string, more: Partial<Key> = {}): Key => ({
  key,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  ...more,
});

test("/ goes to the search and ? to the keys, where nothing is being written", () => {
  assert.equal(shortcutOf(key("/"), "nothing", true), "search");
  assert.equal(shortcutOf(key("/", { shiftKey: true }), "nothing", true), "search");
  assert.equal(shortcutOf(key("?", { shiftKey: true }), "nothing", true), "help");
  for (const sign of ["/", "?"]) assert.equal(shortcutOf(key(sign), "text", true), undefined);
});

test("Who has turned single keys off is safe from them, and still has the others", () => {
  for (const sign of ["/", "?"]) assert.equal(shortcutOf(key(sign), "nothing", false), undefined);
  assert.equal(shortcutOf(key("ArrowUp", { altKey: true }), "nothing", false), "previousRoom");
});

test("Alt and an arrow change the room, also while writing, and nothing that the browser uses is taken from it", () => {
  assert.equal(shortcutOf(key("ArrowUp", { altKey: true }), "text", true), "previousRoom");
  assert.equal(shortcutOf(key("ArrowDown", { altKey: true }), "text", true), "nextRoom");
  for (const more of [{ ctrlKey: true }, { metaKey: true }, { ctrlKey: true, altKey: true }]) {
    for (const name of ["/", "?", "ArrowUp", "f"]) {
      assert.equal(shortcutOf(key(name, more), "nothing", true), undefined);
    }
  }
  assert.equal(shortcutOf(key("ArrowUp"), "nothing", true), undefined);
});

test("Where Option and an arrow go from paragraph to paragraph, they change no room", () => {
  for (const name of ["ArrowUp", "ArrowDown"]) {
    assert.equal(shortcutOf(key(name, { altKey: true }), "paragraphs", true), undefined);
  }
  for (const sign of ["/", "?"]) assert.equal(shortcutOf(key(sign), "paragraphs", true), undefined);
});
