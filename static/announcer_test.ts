import assert from "node:assert/strict";
import test from "node:test";
import { Announcer, READ_OUT_MAX, WHILE_MS } from "./announcer.ts";

function setUp() {
  const heard: string[] = [];
  let callback: (() => void) | undefined;
  const announcer = new Announcer({
    readOut: (words) => heard.push(words),
    more: (count) => `${count} more`,
    after(ms, ends) {
      assert.equal(ms, WHILE_MS);
      assert.equal(callback, undefined, "a while is over before the next begins");
      callback = ends;
    },
  });
  const passWhile = () => {
    const ends = callback!;
    callback = undefined;
    ends();
  };
  return { announcer, heard, passWhile };
}

test("What is said is read out at once, author and text, and once", () => {
  const { announcer, heard, passWhile } = setUp();
  announcer.announce("Ana", "Hello");
  assert.deepEqual(heard, ["Ana, Hello"]);
  passWhile();
  assert.deepEqual(heard, ["Ana, Hello"]);
});

test("In a busy room what is too much to read out is counted, and after a while it begins anew", () => {
  const { announcer, heard, passWhile } = setUp();
  const readOut = Array.from({ length: READ_OUT_MAX + 7 }, (_, i) => announcer.announce("Ana", String(i + 1)));
  assert.equal(readOut.filter((isReadOut) => isReadOut).length, READ_OUT_MAX);
  assert.deepEqual(heard, ["Ana, 1", "Ana, 2", "Ana, 3"]);
  passWhile();
  assert.deepEqual(heard.slice(READ_OUT_MAX), ["7 more"]);
  announcer.announce("Bob", "Again");
  assert.equal(heard.at(-1), "Bob, Again");
});

test("A long text is read out in part, and never half of a character", () => {
  const { announcer, heard } = setUp();
  announcer.announce("Ana", `a${"😀".repeat(1_000)}`);
  assert.ok(heard[0]!.length < 400 && heard[0]!.isWellFormed() && heard[0]!.endsWith("…"), heard[0]);
});
