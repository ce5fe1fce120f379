/**
 * How many bytes of the heap a member, a message and a room take up: many are made, and what they add is divided by how
 * many they are. They are made in two numbers, for only what comes to the same in both is their own. What a socket takes up
 * is not in it: there is one for all.
 * @module
 */
import type { Client, Socket } from "../client.ts";
import { Hub } from "../hub.ts";
import type { Entry, Page } from "../journal/journal.ts";
import { openMemory } from "../journal/memory.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { LiveRoom } from "../live_room.ts";
import { type ClientMessage, encode } from "../protocol.ts";
import { Recent, RECENT_ENTRIES_MAX, sayLine } from "../recent.ts";
import { Room } from "../room.ts";
import { FakeClock, settle } from "../testing/fakes.ts";
import { secretOf } from "../testing/harness.ts";
import { percentile } from "../testing/percentile.ts";

const ROUNDS = 5;
const COUNTS = [10_000, 20_000] as const;
/** So many are made before the hub is given time for them. */
const CHUNK = 500;
/** So much: longer than it keeps anything back, in ms. */
const REST_MS = 60_000;
/** How long a text is, in characters. */
const TEXT_LENGTH = 128;

/** The newest page of a room where nothing was said. */
const NOTHING: Page = { entries: [], more: false, gap: false };
/** Takes everything, and forgets it. */
const SOCKET: Socket = { readyState: 1, bufferedAmount: 0, send() {}, close() {} };

/** A hub without limits, on a clock that runs when it is told to. */
class QuietHub {
  readonly #clock = new FakeClock();
  readonly #hub = new Hub({
    journal: openMemory(),
    clock: this.#clock,
    limits: { ...DEFAULT_LIMITS, rate: Infinity, rooms: Infinity, roomsPerClient: Infinity },
  });

  constructor() {
    this.#hub.run();
  }

  connect(form: Client["form"]): Client {
    const client = this.#hub.connect(SOCKET, { form, room: "lobby", address: "127.0.0.1" });
    client.opened();
    return client;
  }

  /** Does something so often, and all that follows from it. */
  async times(count: number, act: (i: number) => void): Promise<this> {
    for (let i = 0; i < count; i++) {
      act(i);
      if (i % CHUNK === CHUNK - 1 || i === count - 1) await this.#rest();
    }
    return this;
  }

  async #rest(): Promise<void> {
    do {
      await settle();
      this.#clock.run(REST_MS);
      await settle();
    } while (this.#clock.waiting > 0);
  }
}

/** What is made so often; what comes back holds it. */
const MAKERS: Readonly<Record<string, (count: number) => unknown>> = {
  "a member by JSON, in 1 room": (count) => membersOf(["lobby"], count),
  "a member by JSON, in 2 rooms": (count) => membersOf(["lobby", "den"], count),
  "a member by plain text": (count) => {
    const hub = new QuietHub();
    return hub.times(count, () => hub.connect("plain"));
  },
  "a room with 1 member": (count) => {
    const hub = new QuietHub();
    const client = hub.connect("json");
    say(client, { type: "hello", secret: secretOf("ann"), rooms: [] });
    return hub.times(count, (i) => say(client, { type: "join", room: `room-${i}` }));
  },
  "a message that somebody has not been sent": (count) => {
    const room = new Room<Client>();
    room.join(new QuietHub().connect("json"));
    for (let i = 0; i < count; i++) {
      const said = entry(i);
      room.push({ json: sayLine(said).json, plain: said.text });
    }
    return room;
  },
  "a message among the newest of its room": (count) =>
    roomfuls(count).map(() => {
      const recent = new Recent(NOTHING);
      for (let i = 0; i < RECENT_ENTRIES_MAX; i++) recent.push(sayLine(entry(i)));
      return recent;
    }),
  "a message that is both": (count) => {
    const client = new QuietHub().connect("json");
    return roomfuls(count).map((room) => {
      const live = new LiveRoom(room);
      live.load(NOTHING);
      live.room.join(client);
      for (let i = 0; i < RECENT_ENTRIES_MAX; i++) live.deliver(entry(i));
      return live;
    });
  },
};

function membersOf(rooms: readonly string[], count: number): Promise<QuietHub> {
  const hub = new QuietHub();
  const cursors = rooms.map((room) => ({ room }));
  return hub.times(count, (i) => say(hub.connect("json"), { type: "hello", secret: secretOf(`${i}`), rooms: cursors }));
}

function say(client: Client, message: ClientMessage): void {
  client.received(encode(message));
}

/** Names for as many rooms as keep so many of their newest messages between them. */
function roomfuls(count: number): string[] {
  return Array.from({ length: count / RECENT_ENTRIES_MAX }, (_, i) => `room-${i}`);
}

/** Something that was said. */
function entry(i: number): Entry {
  const said = {
    id: i + 1,
    room: "lobby",
    user: "q1b6vHMd0pQSTn0yZ3R6vw",
    name: "Ann",
    text: `${i} `.padEnd(TEXT_LENGTH, "x"),
    nonce: `5a2e9b1c-6d55-4a3f-8a51-${String(i).padStart(12, "0")}`,
    at: 1_770_000_000_000 + i,
  };
  // What came over a wire is in one piece, unlike what was just put together.
  return JSON.parse(JSON.stringify(said));
}

/** How much of the heap is in use by what can still be reached, in bytes. */
async function heapBytes(): Promise<number> {
  // What only a promise holds that is about to be settled goes first.
  await settle();
  collectGarbage();
  return Deno.memoryUsage().heapUsed;
}

/** How many bytes each of so many takes up. */
async function measure(make: (count: number) => unknown, count: number): Promise<number> {
  const before = await heapBytes();
  held.push(await make(count));
  const after = await heapBytes();
  held.length = 0;
  return (after - before) / count;
}

const { gc: collectGarbage } = globalThis as unknown as { gc(): void };
// Out of the reach of an optimizer that knows when something was used for the last time.
const held: unknown[] = [];
const row = (what: string, cells: readonly string[]) =>
  console.log(what.padEnd(44) + cells.map((cell) => cell.padStart(12)).join(""));
row(`Bytes each, medians of ${ROUNDS} rounds`, [...COUNTS.map((count) => `of ${count}`), "least", "most"]);
for (const [what, make] of Object.entries(MAKERS)) {
  const results: number[][] = COUNTS.map(() => []);
  // The first round is for warming up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, count] of COUNTS.entries()) {
      const bytes = await measure(make, count);
      if (round > 0) results[i]!.push(bytes);
    }
  }
  const cells = [
    ...results.map((bytes) => percentile(bytes, 0.5)),
    Math.min(...results.flat()),
    Math.max(...results.flat()),
  ];
  row(what, cells.map((bytes) => bytes.toFixed(0)));
}
