import assert from "node:assert/strict";
import { bundle } from "./bundle.ts";

/** Bundles modules, of which the last is the entry, which puts what it has to say into `globalThis.said`; runs that. */
async function run(modules: Record<string, string>): Promise<unknown> {
  const text = bundle(new Map(Object.entries(modules)), Object.keys(modules).at(-1)!);
  await import(`data:text/javascript,${encodeURIComponent(text)}`);
  const { said } = globalThis as unknown as { said: unknown };
  Reflect.deleteProperty(globalThis, "said");
  return said;
}

function refuse(modules: Record<string, string>, message: RegExp): void {
  assert.throws(() => bundle(new Map(Object.entries(modules)), Object.keys(modules).at(-1)!), message);
}

Deno.test("A bundle does what its modules do, which may call different things the same", async () => {
  const said = await run({
    "deep/names.ts": "export const name = 'Ana', separator = '';\nexport class Greeter { greet() { return name; } }",
    "greet.ts": [
      'import { Greeter } from "./deep/names.ts";',
      "const name = 'Bob';",
      "export async function greet() { return `${new Greeter().greet()} and ${name}`; }",
    ].join("\n"),
    "page.ts": [
      "import {",
      "  greet as sayHello,",
      '} from "./greet.ts";',
      'import { Greeter, name } from "./deep/names.ts";',
      "globalThis.said = [sayHello(), name, new Greeter() instanceof Greeter];",
    ].join("\n"),
  }) as [Promise<string>, string, boolean];
  assert.deepEqual([await said[0], said[1], said[2]], ["Ana and Bob", "Ana", true]);
});

Deno.test("Each module runs once, after those that it imports from, in the order of the imports", async () => {
  const log = (name: string) => `(globalThis.said ??= []).push("${name}");`;
  assert.deepEqual(
    await run({
      "a.ts": log("a"),
      "b.ts": `import { } from "./a.ts";\n${log("b")}`,
      "c.ts": `import {} from "./a.ts";\n${log("c")}`,
      "page.ts": `import {} from "./c.ts";\nimport {} from "./b.ts";\n${log("page")}`,
    }),
    ["a", "c", "b", "page"],
  );
});

Deno.test("What is imported later stays a file of its own", () => {
  const page = 'export async function later() {\nreturn\nawait\nimport("./emoji.ts");\n}';
  assert.match(bundle(new Map([["page.ts", page]]), "page.ts"), /^import\("\.\/emoji\.ts"\);$/m);
});

Deno.test("What can't be bundled without another meaning is refused, with the place", () => {
  refuse({ "page.ts": 'import { a } from "./a.ts";' }, /^Error: page\.ts imports a\.ts, which is not there$/);
  refuse(
    { "a.ts": "const a = 1;", "page.ts": 'import { a } from "./a.ts";' },
    /^Error: page\.ts imports a, which a\.ts does not export$/,
  );
  refuse(
    { "a.ts": 'import { b } from "./b.ts";', "b.ts": 'import { a } from "./a.ts";' },
    /^Error: b\.ts imports itself, by way of b\.ts, a\.ts$/,
  );
  for (
    const line of [
      "export let changes = 1;",
      "export default 1;",
      "export { a };",
      'export * from "./a.ts";',
      'import "./a.ts";',
      'import * as a from "./a.ts";',
      'import a from "./a.ts";',
    ]
  ) refuse({ "a.ts": "", "page.ts": line }, /^Error: page\.ts has an import or export that can't be bundled: /);
});
