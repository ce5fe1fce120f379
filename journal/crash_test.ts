import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { openSqlite } from "./sqlite.ts";

/** How often the process is killed. */
const KILLS = 20;

/** How long it may write before, in ms. */
const WRITING_MS_MAX = 60;

const writer = fileURLToPath(import.meta.resolve("./crash_writer.ts"));

/** Runs the writer, kills it in the middle of its work, and gives what it had been told was kept. */
async function killed(directory: string, run: number): Promise<string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--allow-read", "--allow-write", writer, directory, String(run)],
    stdout: "piped",
  }).spawn();
  let printed = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    printed += chunk;
    timer ??= setTimeout(() => child.kill("SIGKILL"), Math.random() * WRITING_MS_MAX);
  }
  const { signal } = await child.status;
  clearTimeout(timer);
  assert.equal(signal, "SIGKILL");
  // A line without its end was not told.
  return printed.split("\n").slice(0, -1).filter((line) => line !== "");
}

Deno.test(`A journal whose process is killed ${KILLS} times has all that it said it has, each once`, async () => {
  const directory = await Deno.makeTempDir({ prefix: "journal-" });
  try {
    const acknowledged: string[] = [];
    for (let run = 0; run < KILLS; run++) acknowledged.push(...await killed(directory, run));
    assert(acknowledged.length > 0);

    const journal = await openSqlite({ directory });
    const kept: string[] = [];
    for (let after = 0, more = true; more;) {
      const page = await journal.after("lobby", after, 1_000);
      for (const { id, user, nonce } of page.entries) kept.push(`${id} ${user} ${nonce}`);
      after = page.entries.at(-1)?.id ?? after;
      more = page.more;
    }
    const all = new Set(kept);
    assert.equal(new Set(kept.map((line) => line.replace(/^\d+ /, ""))).size, kept.length, "nothing is there twice");
    assert.deepEqual(acknowledged.filter((line) => !all.has(line)), [], "nothing is lost, and ids are as they were");
    const { entries } = await journal.search({ query: "word", rooms: ["lobby"], before: Infinity, limit: kept.length });
    assert.equal(entries.length, kept.length, "everything is found");
    await journal.close();
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
