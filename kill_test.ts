import assert from "node:assert/strict";
import { openSqlite } from "./journal/sqlite.ts";
import { withRandom } from "./testing/random.ts";
import { onEachProcess, ServerProcess } from "./testing/server_process.ts";
import { RELOADS, ROOMS, Seen, settle, Talker } from "./testing/talker.ts";
import { Watch } from "./testing/watch.ts";

const KILLS = 20;
const PEOPLE = 50;
/** So many of them come to few of the servers, while the others talk, and have missed more than these have in memory. */
const RARE_PEOPLE = 12;
/** How many echoes to their senders a server may live for at most; the mean is a third of it. */
const ECHOES_MAX = 300;
/** How many messages somebody has under way at most. */
const UNDER_WAY_MAX = 4;

onEachProcess(
  `HOSTILE 28: a server that is killed ${KILLS} times under load loses, doubles and reorders nothing that was echoed`,
  (args) =>
    withRandom(async (random) => {
      const directory = await Deno.makeTempDir({ prefix: "hubbub-kill-" });
      const seen = new Seen();
      const watch = new Watch();
      const talkers = Array.from({ length: PEOPLE }, (_, i) => {
        return new Talker(`person ${i}`, seen, watch, random, { underWayMax: 1 + random.below(UNDER_WAY_MAX) });
      });
      try {
        let addr = "127.0.0.1:0";
        for (let kill = 1; kill <= KILLS; kill++) {
          await using server = await ServerProcess.start({ addr, data: directory, args });
          addr = server.url.host;
          const early = talkers.slice(RARE_PEOPLE).filter(() => random.chance(0.85));
          const late = talkers.slice(0, RARE_PEOPLE).filter(() => random.chance(0.15));
          const here = [...early, ...late];
          for (const talker of here) if (random.chance(RELOADS)) talker.reload();
          const birth = seen.echoes;
          const lifetime = ECHOES_MAX * random.next() ** 2;
          const isAged = (share: number) =>
            watch.until(
              () => `server ${kill} is ${share * lifetime} echoes old; it is ${seen.echoes - birth}`,
              () => seen.echoes - birth >= share * lifetime,
            );
          const connecting = early.map((talker) => talker.connect(server.port));
          await isAged(0.3);
          connecting.push(...late.map((talker) => talker.connect(server.port)));
          await isAged(1);
          await server.end("SIGKILL");
          await Promise.all(connecting);
          await Promise.all(here.map((talker) => talker.gone()));
        }

        await using server = await ServerProcess.start({ addr, data: directory, args });
        for (const talker of talkers) talker.talking = false;
        await Promise.all(talkers.map((talker) => talker.connect(server.port)));
        const log = await settle(talkers, seen, watch, server.port);
        // It was a test of something.
        const { kept, starts, longAway } = seen;
        assert(kept > 0 && starts.fresh > PEOPLE * ROOMS.length && starts.resumed > 5 * PEOPLE && longAway > 0);

        await Promise.all(talkers.map((talker) => talker.leave()));
        assert.equal((await server.end()).code, 0);
        const journal = await openSqlite({ directory });
        const { entries, more } = await journal.since(0, log.length + 1);
        await journal.close();
        assert.equal(more, false);
        assert.deepEqual(entries.map((entry) => ({ type: "said", ...entry })), log);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    }),
);
