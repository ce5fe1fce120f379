import assert from "node:assert/strict";
import { stripTypeScriptTypes } from "node:module";
import { parse, type Token } from "acorn";
import { loadAssets, pack, readPage, SOURCE, withoutTypes } from "./assets.ts";

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

/** What a first visit fetches, and everything with the names of emoji, which come when the first is looked for; in bytes. */
const FIRST_BYTES_MAX = 60_000;
const ALL_BYTES_MAX = 72_000;

Deno.test("The page fits its budget of bytes", async () => {
  const assets = await loadAssets();
  await pack(assets.values());
  const sizes = [...assets].map(([path, { packed }]) => [path, packed.get("br")!.byteLength] as const);
  const sum = (some: typeof sizes) => some.reduce((bytes, [, size]) => bytes + size, 0);
  const first = sum(sizes.filter(([path]) => path !== "/static/emoji.ts"));
  assert(first <= FIRST_BYTES_MAX, `${first} bytes`);
  assert(sum(sizes) <= ALL_BYTES_MAX, `${sum(sizes)} bytes`);
});
