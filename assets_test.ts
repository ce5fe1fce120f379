import assert from "node:assert/strict";
import { stripTypeScriptTypes } from "node:module";
import { parse, type Token } from "acorn";
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

Deno.test("Without comments and space the page's modules are the programs that they were", async () => {
  const tokens = (module: string) => {
    const onToken: Token[] = [];
    parse(module, { ecmaVersion: "latest", sourceType: "module", onToken });
    return onToken.map(({ start, end }) => module.slice(start, end));
  };
  for (const [name, text] of await readPage(SOURCE)) {
    if (!name.endsWith(".ts")) continue;
    const written = stripTypeScriptTypes(await Deno.readTextFile(new URL(name, SOURCE)));
    // A template that goes on to a second line would lose what that begins with: join its lines with \\n instead.
    assert.deepEqual(tokens(text), tokens(written), name);
  }
});

Deno.test("The page's modules are served line by line as they are written", async () => {
  for (const [name, text] of await readPage(SOURCE)) {
    const source = await Deno.readTextFile(new URL(name, SOURCE));
    assert.equal(text.split("\n").length, source.split("\n").length, name);
  }
});
