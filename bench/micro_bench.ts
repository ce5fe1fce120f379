/**
 * The smallest pieces of what a message costs, each in a group with what is to be expected of it at least, or at most, so
 * that ratios are printed: they say more than times, which differ from machine to machine.
 * @module
 */
import { Channel } from "../channel.ts";
import type { Entry } from "../journal/journal.ts";
import { encode, parseClientMessage } from "../protocol.ts";
import { RateLimit } from "../rate_limit.ts";
import { said, sayLine } from "../recent.ts";
import { type Line, type Member, Room } from "../room.ts";
import { Names } from "../text.ts";

/** How many values go through a channel, and messages through an encoder or parser, in one measurement. */
const COUNT = 1_000;
const MEMBERS = 1_000;
/** Names that are owned already when another is claimed. */
const OWNED = 10_000;
/** How long a text is, in characters: a long sentence. */
const LENGTH = 128;

const ENTRIES: readonly Entry[] = Array.from({ length: COUNT }, (_, i) => ({
  id: 1_700_000 + i,
  room: "lobby",
  user: "q1b6vHMd0pQSTn0yZ3R6vw",
  name: "Ann",
  text: `${i} “Good” `.padEnd(LENGTH, "text "),
  nonce: `5a2e9b1c-6d55-4a3f-8a51-${String(i).padStart(12, "0")}`,
  at: Date.UTC(2026, 2, 4) + i,
}));

// Channel.

Deno.bench("Array: push, then take all", { group: "1,000 values through a queue", baseline: true }, () => {
  const queue: Entry[] = [];
  for (const entry of ENTRIES) queue.push(entry);
  use(queue.splice(0).length);
});

Deno.bench("Channel: trySend, then drain", { group: "1,000 values through a queue" }, () => {
  const channel = new Channel<Entry>(COUNT);
  for (const entry of ENTRIES) channel.trySend(entry);
  use(channel.drain().length);
});

Deno.bench("an await for each", { group: "1,000 values to a consumer that waits", baseline: true }, async () => {
  for (const entry of ENTRIES) use((await entry).id);
});

Deno.bench("Channel: for await, all are there", { group: "1,000 values to a consumer that waits" }, async () => {
  const channel = new Channel<Entry>(COUNT);
  for (const entry of ENTRIES) channel.trySend(entry);
  channel.close();
  for await (const { id } of channel) use(id);
});

Deno.bench("Channel: for await, each is waited for", { group: "1,000 values to a consumer that waits" }, async () => {
  const channel = new Channel<Entry>(COUNT);
  const consumer = (async () => {
    for await (const { id } of channel) use(id);
  })();
  for (const entry of ENTRIES) {
    channel.trySend(entry);
    await undefined;
  }
  channel.close();
  await consumer;
});

// Sweep. A real socket costs far more than either of these.

const utf8 = new TextEncoder();
const frame = new Uint8Array(1024 * 1024);
const SOCKETS: Readonly<Record<string, (text: string) => void>> = {
  "cost nothing": (text) => use(text.length),
  "write UTF-8": (text) => use(utf8.encodeInto(text, frame).written),
};

/** A member who reads at once. */
class Reader implements Member {
  readonly form: keyof Line = "json";
  readonly state = "ready";
  readonly send: (text: string) => void;
  readonly #room: Room<Reader>;

  constructor(room: Room<Reader>, send: (text: string) => void) {
    this.#room = room;
    this.send = send;
  }

  blockedMs(): number {
    return 0;
  }

  flush(): void {
    const text = this.#room.take(this);
    if (text !== undefined) this.send(text);
  }
}

for (const [cost, send] of Object.entries(SOCKETS)) {
  const room = new Room<Reader>();
  for (let i = 0; i < MEMBERS; i++) room.join(new Reader(room, send));

  for (const count of [1, 100]) {
    const lines = ENTRIES.slice(0, count).map(sayLine);
    const group = `${count} line${count === 1 ? "" : "s"} to 1,000 members whose sockets ${cost}`;

    Deno.bench("a send for each member and line", { group, baseline: true }, () => {
      for (const { json } of lines) for (const reader of room.members()) reader.send(json);
    });

    Deno.bench("Room: push, then a round of sweeps", { group }, () => {
      for (const line of lines) room.push(line);
      while (room.sweep(0).again === 0);
    });
  }
}

// Encode.

Deno.bench("JSON.stringify", { group: "1,000 messages written out", baseline: true }, () => {
  for (const entry of ENTRIES) use(JSON.stringify(entry).length);
});

Deno.bench("encode of a said", { group: "1,000 messages written out" }, () => {
  for (const entry of ENTRIES) use(encode(said(entry)).length);
});

Deno.bench("sayLine", { group: "1,000 messages written out" }, () => {
  for (const entry of ENTRIES) use(sayLine(entry).json.length);
});

// Parse.

const SAYINGS = ENTRIES.map(({ room, nonce, text }) => encode({ type: "say", room, nonce, text }));

Deno.bench("JSON.parse", { group: "1,000 messages read", baseline: true }, () => {
  for (const line of SAYINGS) use(JSON.parse(line).text.length);
});

Deno.bench("parseClientMessage of a say", { group: "1,000 messages read" }, () => {
  for (const line of SAYINGS) use("type" in parseClientMessage(line) ? 1 : 0);
});

// What else is done for each message, and for a newcomer.

Deno.bench("JSON.parse", { group: "1,000 messages let through", baseline: true }, () => {
  for (const line of SAYINGS) use(JSON.parse(line).text.length);
});

const limit = new RateLimit(20);
let now = 0;
Deno.bench("RateLimit: take", { group: "1,000 messages let through" }, () => {
  for (let i = 0; i < COUNT; i++) use(limit.take("say", now += 100).length);
});

let wishes = 0;
Deno.bench("String: normalize", { group: "a newcomer's name", baseline: true }, () => {
  use(`Bob ${wishes++}`.normalize("NFKC").length);
});

const names = new Names(Array.from({ length: OWNED }, (_, i) => ({ user: `user-${i}`, name: `Ann ${i}` })));
Deno.bench("Names: claim, beside 10,000 others", { group: "a newcomer's name" }, () => {
  names.claim("somebody", `Bob ${wishes++}`);
});

// V8 leaves out what nothing comes of.
let used = 0;
function use(value: number): void {
  used = (used + value) | 0;
}
