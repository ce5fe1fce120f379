/**
 * Makes dist/hubbub: the server, the page and the Deno runtime in one file. Words on the command line go on to
 * `deno compile`, above all `--target`. COMPILE_DENO names the Deno to compile with, this one if it is not set, and
 * DENORT_BIN the runtime that goes in, which Deno downloads otherwise.
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
const packages = ["ws", "@nats-io/jetstream", "@nats-io/nats-core"] as const;
const named = packages.flatMap((name) => {
  const specifier = project.imports[name];
  return [[name, specifier], [`${name}/`, `${specifier.replace(/^npm:/, "npm:/")}/`]];
});
const imports = JSON.stringify({ imports: Object.fromEntries(named) });
await Deno.writeTextFile(new URL("../dist/imports.json", import.meta.url), imports);

// The binary may do what the start task may.
const permissions = project.tasks.start.command.replaceAll("'", "").split(" ").filter((word) =>
  word.startsWith("--allow-")
);
const deno = Deno.env.get("COMPILE_DENO") ?? Deno.execPath();
const command = new Deno.Command(deno, {
  args: [
    "compile",
    "--no-check",
    "--no-config",
    "--import-map=dist/imports.json",
    // As in this project's settings: several threads can listen on one port.
    "--unstable-net",
    ...permissions,
    "--include=dist/page",
    "--include=journal/worker.ts",
    "--include=packer.ts",
    "--include=node_worker.ts",
    "--include=workers.ts",
    "--include=node_transport.ts",
    "--include=journal/jetstream.ts",
    "--include=journal/replica.ts",
    "--output=dist/hubbub",
    ...Deno.args,
    "main.ts",
  ],
  cwd: new URL("../", import.meta.url),
});
let process: Deno.ChildProcess;
try {
  process = command.spawn();
} catch (error) {
  fail(`COMPILE_DENO names "${deno}", which can't be started (${(error as Error).message})`);
}
const { success } = await process.status;
if (!success) {
  fail(
    "see above. If the runtime (denort) can't be downloaded, DENORT_BIN names one that is there, of the same version " +
      "as the Deno that compiles; COMPILE_DENO names that one, if it is not the one that runs this",
  );
}

function fail(reason: string): never {
  console.error(`Cannot make dist/hubbub: ${reason}`);
  Deno.exit(1);
}
