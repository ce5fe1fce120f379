/**
 * Makes dist/hubbub: the server, the page and the Deno runtime in one file. Words on the command line go on to
 * `deno compile`, above all `--target`. COMPILE_DENO names the Deno to compile with, this one if it is not set.
 * @module
 */
import { buildPage, STAGED } from "../assets.ts";
import project from "../deno.json" with { type: "json" };

await Deno.remove(STAGED, { recursive: true }).catch((error) => {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
});
await Deno.mkdir(new URL("static/", STAGED), { recursive: true });
for (const [name, text] of await buildPage()) await Deno.writeTextFile(new URL(name, STAGED), text);

// With this project's own settings the binary would hold every package of its tests.
const imports = JSON.stringify({ imports: { ws: project.imports.ws } });
await Deno.writeTextFile(new URL("../dist/imports.json", import.meta.url), imports);

// The binary may do what the start task may.
const permissions = project.tasks.start.command.replaceAll("'", "").split(" ").filter((word) =>
  word.startsWith("--allow-")
);
const { code } = await new Deno.Command(Deno.env.get("COMPILE_DENO") ?? Deno.execPath(), {
  args: [
    "compile",
    "--no-check",
    "--no-config",
    "--import-map=dist/imports.json",
    ...permissions,
    "--include=dist/page",
    "--include=journal/worker.ts",
    "--include=packer.ts",
    "--include=node_transport.ts",
    "--output=dist/hubbub",
    ...Deno.args,
    "main.ts",
  ],
  cwd: new URL("../", import.meta.url),
}).spawn().status;
Deno.exit(code);
