import assert from "node:assert/strict";
import { readPage, SOURCE, withoutTypes } from "./assets.ts";

Deno.test("A module loses its types and the comments on lines of their own, and every line stays where it was", async () => {
  const source = [
    "/** What it is. */",
    "export const url: string = `https://${host}/*`; // Where",
    "",
    "  /**",
    "   * More than",
    "   // one line",
    "   */",
    "  const pattern = /[/*]/g, text = '// no comment', division = 4 /",
    "    2;   ",
    "// Bye",
  ];
  assert.deepEqual((await withoutTypes(source.join("\n"))).split("\n").map((line) => line.replace(/ +/g, " ")), [
    "",
    "export const url = `https://${host}/*`; // Where",
    "",
    "",
    "",
    "",
    "",
    "const pattern = /[/*]/g, text = '// no comment', division = 4 /",
    "2;",
    "",
  ]);
});

Deno.test("No template of the page goes on to a second line, where it could be taken for a comment", async () => {
  for (const [name, text] of await readPage(SOURCE)) {
    if (!name.endsWith(".ts")) continue;
    for (const [index, line] of text.split("\n").entries()) {
      const isWhole = line.replaceAll(/\\.|"[`]+"/g, "").split("`").length % 2 === 1;
      assert(isWhole, `${name}:${index + 1}: join the lines of this template with \\n instead`);
    }
  }
});

Deno.test("The page's modules are served line by line as they are written", async () => {
  for (const [name, text] of await readPage(SOURCE)) {
    const source = await Deno.readTextFile(new URL(name, SOURCE));
    assert.equal(text.split("\n").length, source.split("\n").length, name);
  }
});
