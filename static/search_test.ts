import assert from "node:assert/strict";
import test from "node:test";
import { excerpt, EXCERPT_LENGTH } from "./search.ts";

test("A short message is shown whole, on one line", () => {
  assert.equal(excerpt("one\n  two\tthree ", "two"), "one two three");
});

test("Of a long message the part around what was looked for is shown", () => {
  const text = `${"before ".repeat(100)}Needle${" after".repeat(100)}`;
  for (const query of ["needle", "need*", '"needle after"', "from:ann needle"]) {
    const part = excerpt(text, query);
    assert.match(part, /^….*Needle after.*…$/, query);
    assert.ok(part.length <= EXCERPT_LENGTH + 2);
  }
});

test("Of a long message in which the word is not to be seen the beginning is shown, or its very end", () => {
  assert.match(excerpt("word ".repeat(100), "other"), /^word .*…$/);
  assert.match(excerpt(`${"word ".repeat(100)}end`, "end"), /^….*word end$/);
});

test("No character is cut in two", () => {
  for (let length = 0; length < 8; length++) {
    assert.ok(excerpt(`${"x".repeat(length)}${"🎉".repeat(200)}needle${"🎉".repeat(200)}`, "needle").isWellFormed());
  }
});
