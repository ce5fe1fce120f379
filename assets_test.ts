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

Deno.test("Each page is one module, and they have all the others, but for the emoji and the worker, which import nothing", async () => {
  const modules = await readModules();
  const page = await buildPage();
  const served = [...page].filter(([name]) => name.endsWith(".ts"));
  const ALONE = ["static/emoji.ts", "static/service_worker.ts"];
  assert.deepEqual(served.map(([name]) => name).sort(), [...ALONE, "static/operator.ts", "static/page.ts"].sort());
  for (const [name, module] of served) {
    const { body } = parse(module, { ecmaVersion: "latest", sourceType: "module" });
    assert.deepEqual(body.filter(({ type }) => type === "ImportDeclaration"), [], name);
  }
  const partsOf = (entry: string) => [...page.get(entry)!.matchAll(/^\/\/ (\S+\.ts)$/gm)].map((match) => match[1]!);
  const parts = new Set([...partsOf("static/page.ts"), ...partsOf("static/operator.ts"), ...ALONE]);
  assert.deepEqual([...parts].sort(), [...modules.keys()].sort());
  assert(
    !partsOf("static/page.ts").includes("static/operator_words.ts"),
    "who chats does not load the operator's words",
  );
});

/** All that a browser may have to fetch, the names of emoji, too, which come when the first is looked for; in bytes. */
const BYTES_MAX = 68_000;
/** So many files are part of the page. Each one more makes it slower than its bytes do. */
const FILES_MAX = 10;

Deno.test("The page fits its budget of bytes and files", async () => {
  const assets = await loadAssets();
  await pack(assets.values());
  // Of the operator's page the operator alone has to wait for.
  const sizes = [...assets].filter(([path]) => !/^\/(admin$|static\/operator\.)/.test(path))
    .map(([, { packed }]) => packed.get("br")!.byteLength);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  assert(bytes <= BYTES_MAX, `${bytes} bytes`);
  assert(sizes.length <= FILES_MAX, `${sizes.length} files`);
});
