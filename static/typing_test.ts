import assert from "node:assert/strict";
import test from "node:test";
import { typingSentence } from "./typing.ts";

test("The sentence names who is typing, up to two people", () => {
  const sentence = (...names: string[]) => typingSentence(names).join("");
  assert.equal(sentence(), "");
  assert.equal(sentence("Ann"), "Ann is typing…");
  assert.equal(sentence("Ann", "Bob"), "Ann and Bob are typing…");
  assert.equal(sentence("Ann", "Bob", "Cleo"), "Several people are typing…");
});

test("Every second part of the sentence is a name", () => {
  const names = (...names: string[]) => typingSentence(names).filter((_, index) => index % 2 === 1);
  assert.deepEqual(names("Ann"), ["Ann"]);
  assert.deepEqual(names("Ann", "Bob"), ["Ann", "Bob"]);
  assert.deepEqual(names("Ann", "Bob", "Cleo"), []);
});
