import assert from "node:assert/strict";
import { openSqlite } from "./journal/sqlite.ts";
import type { Cursor, Joined, Said, ServerMessage } from "./protocol.ts";
import { RECENT_ENTRIES_MAX } from "./recent.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { Random, withRandom } from "./testing/random.ts";
import { onEachProcess, ServerProcess } from "./testing/server_process.ts";
import { Watch } from "./testing/watch.ts";

const KILLS = 20;
const PEOPLE = 50;
/** So many of them come to few of the servers, while the others talk, and have missed more than these have in memory. */
const RARE_PEOPLE = 12;
const ROOMS = ["lobby", "kitchen"];
/** How many echoes to their senders a server may live for at most; the mean is a third of it. */
const ECHOES_MAX = 300;
/** How many messages somebody has under way at most. */
const UNDER_WAY_MAX = 4;

/** What somebody has of a room, since they were told to start anew. */
interface View {
  readonly ids: number[];
  /** Everything above this id is in the view, */
  readonly from: number;
  /** up to this one. */
  upTo: number;
}

interface Letter {
  readonly room: string;
  readonly nonce: string;
  readonly text: string;
}

/** Everything that was ever seen, by anybody, to be kept. */
class Seen {
  readonly entries = new Map<number, Said>();
  /** By user and nonce. */
  readonly ids = new Map<string, number>();
  /** How often somebody heard what they had said themselves. */
  echoes = 0;
  /** How often something was told to be there already, and how somebody's time in a room started. */
  kept = 0;
  readonly starts = { fresh: 0, resumed: 0, reload: 0 };
  /** Of those who resumed, how many had missed more than a server has in memory. */
  longAway = 0;

  entry(said: Said): void {
    const known = this.entries.get(said.id);
    if (known) assert.deepEqual(said, known, "an id stands for one thing only");
    else this.entries.set(said.id, said);
    this.id(said.user, said.nonce, said.id);
  }

  id(user: string, nonce: string, id: number): void {
    const key = `${user} ${nonce}`;
    assert.equal(this.ids.get(key) ?? id, id, `${key} is there twice`);
    this.ids.set(key, id);
  }
}

/** Somebody who talks as the delivery contract wants it: resends until there is an echo, and resumes from what they have. */
class Talker {
  readonly name: string;
  /** Everything that they ever said, in order. */
  readonly said: Letter[] = [];
  /** What of it is not known to be kept. */
  outbox: Letter[] = [];
  readonly views = new Map<string, View>();
  talking = true;
  readonly #seen: Seen;
  readonly #watch: Watch;
  readonly #random: Random;
  readonly #underWayMax: number;
  /** They resend right behind the hello, before they hear what became of it. */
  readonly #hasty: boolean;
  #client: JsonClient | undefined;
  #joined = new Set<string>();
  #me = "";
  #epoch: string | undefined;

  constructor(name: string, seen: Seen, watch: Watch, random: Random) {
    this.name = name;
    this.#seen = seen;
    this.#watch = watch;
    this.#random = random;
    this.#underWayMax = 1 + random.below(UNDER_WAY_MAX);
    this.#hasty = random.chance(0.5);
  }

  /** Connects and comes back to the rooms; gives up without a word when the server is killed meanwhile. */
  async connect(port: number): Promise<void> {
    this.#joined.clear();
    const client = this.#client = await JsonClient.connect(port, (message) => {
      try {
        this.#received(message);
      } catch (error) {
        this.#watch.fail(error);
      }
    }).catch(() => undefined);
    const rooms = ROOMS.map((room): Cursor => {
      const view = this.views.get(room);
      return view ? { room, after: view.upTo } : { room };
    });
    client?.send({ type: "hello", secret: secretOf(this.name), epoch: this.#epoch, rooms });
    if (this.#hasty) this.#resend();
  }

  /** Waits until the connection is gone, as after the end of the server. */
  async gone(): Promise<void> {
    await this.#client?.ended;
    this.#client = undefined;
  }

  /** Closes the tab and opens another: only what is in the outbox is left. */
  reload(): void {
    this.views.clear();
  }

  async leave(): Promise<void> {
    await this.#client?.[Symbol.asyncDispose]();
  }

  /** Everything that they said is kept, and they have everything up to the ids given. */
  isDone(lasts: ReadonlyMap<string, number>): boolean {
    return this.outbox.length === 0 && ROOMS.every((room) => (this.views.get(room)?.upTo ?? 0) >= lasts.get(room)!);
  }

  #resend(): void {
    this.#client?.send(...this.outbox.map((letter) => ({ type: "say", ...letter } as const)));
  }

  #talk(): void {
    while (this.talking && this.outbox.length < this.#underWayMax) {
      const number = this.said.length;
      const text = `${this.name} says ${number}${".".repeat(this.#random.below(100))}`;
      const letter = { room: this.#random.pick(ROOMS), nonce: `n${number}`, text };
      this.said.push(letter);
      this.outbox.push(letter);
      this.#client?.send({ type: "say", ...letter });
    }
  }

  #received(message: ServerMessage): void {
    if (message.type === "welcome") {
      this.#me = message.id;
      assert.equal(this.#epoch ?? message.epoch, message.epoch, "ids go on after a kill");
      this.#epoch = message.epoch;
    } else if (message.type === "joined") {
      this.#start(message);
    } else if (message.type === "said") {
      this.#see(message);
      this.#acknowledge(message.user, message.nonce);
    } else if (message.type === "kept") {
      this.#seen.kept++;
      this.#seen.id(this.#me, message.nonce, message.id);
      this.#acknowledge(this.#me, message.nonce);
    } else if (message.type === "error") {
      assert.fail(JSON.stringify(message));
    }
  }

  #start({ room, start, entries, more, last }: Joined): void {
    this.#seen.starts[start]++;
    if (start === "resumed" && entries.length > RECENT_ENTRIES_MAX) this.#seen.longAway++;
    if (start === "resumed") {
      assert(this.views.has(room), "nothing is resumed that was not asked for");
    } else {
      const from = !more ? 0 : entries.length > 0 ? entries[0]!.id - 1 : last;
      this.views.set(room, { ids: [], from, upTo: from });
    }
    for (const entry of entries) this.#see(entry);
    const view = this.views.get(room)!;
    view.upTo = Math.max(view.upTo, last);
    for (const { user, nonce } of entries) this.#acknowledge(user, nonce, false);
    this.#joined.add(room);
    if (this.#joined.size < ROOMS.length) return;
    if (!this.#hasty) this.#resend();
    this.#talk();
  }

  #see(said: Said): void {
    this.#seen.entry(said);
    const view = this.views.get(said.room)!;
    assert(said.id > view.upTo, `${this.name} gets ${said.id} of ${said.room} after ${view.upTo}`);
    view.ids.push(said.id);
    view.upTo = said.id;
  }

  #acknowledge(user: string, nonce: string, talk = true): void {
    if (user !== this.#me) return;
    this.outbox = this.outbox.filter((letter) => letter.nonce !== nonce);
    this.#seen.echoes++;
    this.#watch.wake();
    if (talk && this.#joined.size === ROOMS.length) this.#talk();
  }
}

onEachProcess(
  `HOSTILE 28: a server that is killed ${KILLS} times under load loses, doubles and reorders nothing that was echoed`,
  (args) =>
    withRandom(async (random) => {
      const directory = await Deno.makeTempDir({ prefix: "hubbub-kill-" });
      const seen = new Seen();
      const watch = new Watch();
      const talkers = Array.from({ length: PEOPLE }, (_, i) => new Talker(`person ${i}`, seen, watch, random));
      try {
        let addr = "127.0.0.1:0";
        for (let kill = 1; kill <= KILLS; kill++) {
          await using server = await ServerProcess.start({ addr, data: directory, args });
          addr = server.url.host;
          const early = talkers.slice(RARE_PEOPLE).filter(() => random.chance(0.85));
          const late = talkers.slice(0, RARE_PEOPLE).filter(() => random.chance(0.15));
          const here = [...early, ...late];
          for (const talker of here) if (random.chance(0.05)) talker.reload();
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
        await watch.until("all is echoed", () => talkers.every(({ outbox }) => outbox.length === 0));
        await using reader = await JsonClient.connect(server.port);
        reader.send({ type: "hello", secret: secretOf("a reader"), rooms: ROOMS.map((room) => ({ room })) });
        for (const room of ROOMS) await reader.got("joined", (joined) => joined.room === room);
        const log: Said[] = [];
        for (const room of ROOMS) log.push(...await reader.history(room));
        log.sort((a, b) => a.id - b.id);
        const idsOf = (room: string) => log.filter((said) => said.room === room).map(({ id }) => id);
        const lasts = new Map(ROOMS.map((room) => [room, idsOf(room).at(-1)!]));
        await watch.until("everyone has everything", () => talkers.every((talker) => talker.isDone(lasts)));

        const byId = new Map(log.map((said) => [said.id, said]));
        assert.equal(byId.size, log.length, "each id is there once");
        for (const said of seen.entries.values()) assert.deepEqual(byId.get(said.id), said, "what was echoed is kept");
        for (const [key, id] of seen.ids) assert.equal(`${byId.get(id)?.user} ${byId.get(id)?.nonce}`, key);
        const texts = Map.groupBy(log, ({ text }) => text.split(" says ")[0]!);
        for (const { name, said, views } of talkers) {
          assert.deepEqual(
            texts.get(name)?.map(({ room, nonce, text }) => ({ room, nonce, text })) ?? [],
            said,
            `what ${name} said is there once, in order`,
          );
          for (const [room, { ids, from }] of views) {
            assert.deepEqual(ids, idsOf(room).filter((id) => id > from), `${name} has all of ${room}`);
          }
        }
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
