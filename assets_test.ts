import assert from "node:assert/strict";
import { stripTypeScriptTypes } from "node:module";
import { parse, type Token } from "acorn";
import { buildPage, loadAssets, pack, readModules, withoutTypes } from "./assets.ts";

Deno.test("A module loses its types, its blank lines, and the comments on lines of their own", async () => {
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
  for (const [name, module] of await readModules()) {
    const written = stripTypeScriptTypes(await Deno.readTextFile(new URL(name, import.meta.url)));
    // A template that goes on to a second line would lose what that begins with: join its lines with \\n instead.
    assert.deepEqual(tokens(module), tokens(written), name);
  }
});

Deno.test("The page is one module, which has all the others, but for the emoji and the worker, which import nothing", async () => {
  const modules = await readModules();
  const page = await buildPage();
  const served = [...page].filter(([name]) => name.endsWith(".ts"));
  const ALONE = ["static/emoji.ts", "static/service_worker.ts"];
  assert.deepEqual(served.map(([name]) => name).sort(), [...ALONE, "static/page.ts"].sort());
  for (const [name, module] of served) {
    const { body } = parse(module, { ecmaVersion: "latest", sourceType: "module" });
    assert.deepEqual(body.filter(({ type }) => type === "ImportDeclaration"), [], name);
  }
  const parts = [...page.get("static/page.ts")!.matchAll(/^\/\/ (\S+\.ts)$/gm)].map((match) => match[1]);
  assert.deepEqual([...parts, ...ALONE].sort(), [...modules.keys()].sort());
});

/** All that a browser may have to fetch, the names of emoji, too, which come when the first is looked for; in bytes. */
const BYTES_MAX = 68_000;
/** So many files are part of the page. Each one more makes it slower than its bytes do. */
const FILES_MAX = 10;

Deno.test("The page fits its budget of bytes and files", async () => {
  const assets = await loadAssets();
  await pack(assets.values());
  const bytes = [...assets.values()].reduce((sum, { packed }) => sum + packed.get("br")!.byteLength, 0);
  assert(bytes <= BYTES_MAX, `${bytes} bytes`);
  assert(assets.size <= FILES_MAX, `${assets.size} files`);
});
