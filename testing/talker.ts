import assert from "node:assert/strict";
import type { Cursor, Joined, Said, ServerMessage } from "../protocol.ts";
import { RECENT_ENTRIES_MAX } from "../recent.ts";
import { secretOf } from "./harness.ts";
import { JsonClient } from "./json_client.ts";
import type { Random } from "./random.ts";
import type { Watch } from "./watch.ts";

/** How likely a tab is loaded anew between two connections, from 0 to 1. */
export const RELOADS = 0.05;
/** Where they talk. */
export const ROOMS = ["lobby", "kitchen"];

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

/** How somebody talks. */
export interface Manner {
  /** How many messages they have under way at most. */
  readonly underWayMax: number;
  /** How long they think before they say something more, in ms at most. */
  readonly thinkMs?: number;
  /** How long after it could not be kept they say it again, in ms; without it that is a failure. */
  readonly againMs?: number;
  /** How likely they go elsewhere after each thing that they said, from 0 to 1. */
  readonly wanderlust?: number;
}

/** Everything that was ever seen, by anybody, to be kept. */
export class Seen {
  readonly entries = new Map<number, Said>();
  /** By user and nonce. */
  readonly ids = new Map<string, number>();
  /** How often somebody heard what they had said themselves. */
  echoes = 0;
  /** How often something was told to be there already, and how somebody's time in a room started. */
  kept = 0;
  readonly starts = { fresh: 0, resumed: 0, reload: 0 };
  /** How often something could not be kept at the moment. */
  refused = 0;
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
export class Talker {
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
  readonly #manner: Manner;
  /** They resend right behind the hello, before they hear what became of it. */
  readonly #hasty: boolean;
  #client: JsonClient | undefined;
  #joined = new Set<string>();
  #me = "";
  #epoch: string | undefined;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string, seen: Seen, watch: Watch, random: Random, manner: Manner) {
    this.name = name;
    this.#seen = seen;
    this.#watch = watch;
    this.#random = random;
    this.#manner = manner;
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

  /** Is always with one of several servers until they leave, and comes back from each. */
  async roam(pickPort: () => number): Promise<void> {
    while (!this.#isOver) {
      await this.connect(pickPort());
      await this.gone();
      if (this.#random.chance(RELOADS)) this.reload();
    }
  }

  /** Closes the tab and opens another: only what is in the outbox is left. */
  reload(): void {
    this.views.clear();
  }

  async leave(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
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
    while (this.talking && this.outbox.length < this.#manner.underWayMax) {
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
      const { againMs } = this.#manner;
      if (message.code !== "storage" || againMs === undefined) assert.fail(JSON.stringify(message));
      this.#seen.refused++;
      this.#watch.wake();
      this.#later(againMs, () => this.#resend());
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
    if (!talk || this.#joined.size < ROOMS.length) return;
    const { thinkMs, wanderlust = 0 } = this.#manner;
    if (this.#random.chance(wanderlust)) this.#client?.close();
    else if (thinkMs === undefined) this.#talk();
    else this.#later(this.#random.below(thinkMs), () => this.#talk());
  }

  /** Does something later, and not what they were to do then until now. */
  #later(ms: number, act: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, ms);
  }
}

/** What a server has of all rooms, in its order, as somebody reads it who was not there before. */
export async function readAll(port: number): Promise<Said[]> {
  await using reader = await JsonClient.connect(port);
  reader.send({ type: "hello", secret: secretOf("a reader"), rooms: ROOMS.map((room) => ({ room })) });
  for (const room of ROOMS) await reader.got("joined", (joined) => joined.room === room);
  const log: Said[] = [];
  for (const room of ROOMS) log.push(...await reader.history(room));
  return log.sort((a, b) => a.id - b.id);
}

/**
 * Waits until talkers, who say nothing more, have everything, and checks the delivery contract: what was echoed is kept, what
 * anybody said is there once, in order, and everybody has all of a room from where they came in.
 * @returns what a server has, in its order.
 */
export async function settle(talkers: readonly Talker[], seen: Seen, watch: Watch, port: number): Promise<Said[]> {
  await watch.until("all is echoed", () => talkers.every(({ outbox }) => outbox.length === 0));
  const log = await readAll(port);
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
  return log;
}
