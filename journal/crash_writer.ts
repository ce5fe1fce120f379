/**
 * What crash_test.ts kills: appends as fast as it can to the journal in the directory that it is given, and prints the
 * nonce of each entry when it has been kept.
 * @module
 */
import { openSqlite } from "./sqlite.ts";

const journal = await openSqlite({ directory: Deno.args[0]! });
const run = Deno.args[1]!;

/** Sends everything twice, as someone who missed the echo does. */
async function say(user: string): Promise<never> {
  for (let count = 0;; count++) {
    const drafts = [0, 1, 2].map((part) => ({
      room: "lobby",
      user,
      name: user,
      text: `word ${run}`,
      nonce: `${run}-${count}-${part}`,
      at: 1,
    }));
    const stored = await Promise.all([journal.append(drafts), journal.append(drafts)]);
    const lines = stored[1].map(({ entry }) => `${entry.id} ${entry.user} ${entry.nonce}\n`);
    Deno.stdout.writeSync(new TextEncoder().encode(lines.join("")));
  }
}

Deno.stdout.writeSync(new TextEncoder().encode("\n"));
await Promise.all([say("ann"), say("bob")]);
