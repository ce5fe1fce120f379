import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };

/** Compiles as the task does, with another program in Deno's place, and gives the code and what was said last. */
async function compile(deno: string): Promise<readonly [code: number, lastLine: string | undefined]> {
  const [, ...args] = project.tasks.compile.command.split(" ");
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: new URL("../", import.meta.url),
    env: { COMPILE_DENO: deno },
    stdin: "null",
  }).output();
  return [code, new TextDecoder().decode(stderr).trimEnd().split("\n").at(-1)];
}

Deno.test("Who can't compile is told last, in one line, what to do without a network", {
  ignore: Deno.build.os === "windows",
}, async () => {
  const [code, lastLine] = await compile("false");
  assert.equal(code, 1);
  assert.match(lastLine!, /^Cannot make dist\/hubbub: .* DENORT_BIN .* COMPILE_DENO /);
});

Deno.test("Who names a Deno that can't be started is told so in one line", async () => {
  const [code, lastLine] = await compile("/nowhere/deno");
  assert.equal(code, 1);
  assert.match(lastLine!, /^Cannot make dist\/hubbub: COMPILE_DENO .* "\/nowhere\/deno", which can't be started/);
});
