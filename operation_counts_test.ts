/**
 * A guard against becoming slow that needs no stopwatch: fixed scripts of events, and for each exactly how often the server
 * does what costs time. Each test guards against one way of doing something for every member, or for every message, that
 * is done once for all. Who changes a number on purpose says so in the commit.
 * @module
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { Disconnect, encode, PAGE_ENTRIES } from "./protocol.ts";
import { RECENT_ENTRIES_MAX } from "./recent.ts";
import { BATCH_BYTES_MAX, PAUSE_MS_MAX, SWEEP_LOOKS, SWEEP_WRITES } from "./room.ts";
import { TYPING_MAX } from "./roster.ts";
import { FakeSocket, settle } from "./testing/fakes.ts";
import { Harness, type Peer, secretOf } from "./testing/harness.ts";

const MEMBERS = 1_000;
const MESSAGES = 100;
/** As many turns as it takes to write to all of them once. */
const ROUND_TURNS = Math.ceil(MEMBERS / SWEEP_WRITES);
/** As many as it takes to look at all of them when nobody has to be written to. */
const LOOK_TURNS = Math.ceil(MEMBERS / SWEEP_LOOKS);
/** How often the bytes of a short message are counted: by the room, for its log. */
const MEASURED_PER_MESSAGE = 1;
/** Longer than any change of who is there is kept back, or any wait for a socket, in ms. */
const REST_MS = 60_000;
const HOUR_MS = 3_600_000;

/** What the server does while something happens. */
interface Work {
  /** How many drafts each commit has. */
  readonly commits: number[];
  /** Pages that are read from the journal. */
  pages: number;
  /** Messages that are written out as JSON. */
  encoded: number;
  /** Strings whose bytes of UTF-8 are counted. */
  measured: number;
  /** Texts that are made of several lines. */
  joined: number;
  /** Messages that are given to a socket. */
  sent: number;
  /** Turns of the event loop that are asked for. */
  turns: number;
  /** Timers that are started. */
  timers: number;
}

const NOTHING: Work = { commits: [], pages: 0, encoded: 0, measured: 0, joined: 0, sent: 0, turns: 0, timers: 0 };

/** Tells of each call of a method, which does what it always does, until it is disposed of. */
function spy(owner: object, method: string, called: (self: unknown, first: unknown) => void): Disposable {
  const original = Reflect.get(owner, method);
  Reflect.set(owner, method, function (this: unknown, ...args: unknown[]) {
    called(this, args[0]);
    return Reflect.apply(original, this, args);
  });
  return { [Symbol.dispose]: () => Reflect.set(owner, method, original) };
}

/** Counts while something happens. What clients say has to be written out before: that, too, would count. */
async function workOf({ journal, clock }: Harness, script: () => Promise<void>): Promise<Work> {
  const work: Work = { ...NOTHING, commits: [] };
  using spies = new DisposableStack();
  const count = (owner: object, method: string, called: (self: unknown, first: unknown) => void) =>
    spies.use(spy(owner, method, called));
  count(journal, "append", (_, drafts) => work.commits.push((drafts as unknown[]).length));
  for (const read of ["newest", "before", "after", "missed", "since", "search"]) {
    count(journal, read, () => work.pages++);
  }
  count(JSON, "stringify", () => work.encoded++);
  count(Buffer, "byteLength", () => work.measured++);
  count(Array.prototype, "join", (lines, separator) => {
    if (separator === "\n" && (lines as unknown[]).length > 1) work.joined++;
  });
  count(FakeSocket.prototype, "send", () => work.sent++);
  count(clock, "nextTurn", () => work.turns++);
  count(clock, "after", (_, ms) => {
    if (ms as number > 0) work.timers++;
  });
  await script();
  return work;
}

/** Counts how often the hub asks these sockets whether they are through with what was written. */
function looksAt(sockets: readonly FakeSocket[]): { count: number } {
  const looks = { count: 0 };
  for (const socket of sockets) {
    let { bufferedAmount } = socket;
    Object.defineProperty(socket, "bufferedAmount", {
      get() {
        looks.count++;
        return bufferedAmount;
      },
      set: (bytes: number) => bufferedAmount = bytes,
    });
  }
  return looks;
}

function socketsOf(peers: readonly Peer[]): FakeSocket[] {
  return peers.map(({ socket }) => socket);
}

/** Lines of JSON with which something is said to a room. */
function sayings(count: number, room = "lobby", length = 1): string[] {
  return Array.from({ length: count }, (_, i) => {
    const text = `${i}`.padEnd(length, "x");
    return encode({ type: "say", room, nonce: `${room}-${length}-${i}`, text });
  });
}

/** The line with which somebody says who they are, who may have something of a room already. */
function helloOf({ journal }: Harness, name: string, rooms: readonly string[], after?: number): string {
  const cursors = rooms.map((room) => ({ room, after }));
  return encode({ type: "hello", secret: secretOf(name), epoch: journal.epoch, rooms: cursors });
}

/** Lets everything happen that still has to, after which nothing does. */
async function rest(h: Harness): Promise<void> {
  await h.deliver(REST_MS);
  assert.equal(h.clock.waiting, 0, "a timer waits though nothing happens");
}

/** People who are in some rooms and have been told everything. */
async function crowd(h: Harness, size: number, ...rooms: string[]): Promise<Peer[]> {
  const peers = Array.from({ length: size }, () => h.connect());
  for (const [i, { client }] of peers.entries()) client.received(helloOf(h, `${i}-of-${rooms.join("-")}`, rooms));
  await rest(h);
  return peers;
}

function test(name: string, check: (h: Harness) => Promise<void>): void {
  Deno.test(name, async () => {
    const h = new Harness();
    await check(h);
    await h.end();
  });
}

for (const members of [1, MEMBERS]) {
  test(`What is said in one turn to ${members} is one commit, each written out once, joined once, and sent as one message each`, async (h) => {
    const peers = await crowd(h, members, "lobby");
    const lines = sayings(MESSAGES);
    const work = await workOf(h, async () => {
      for (const [i, line] of lines.entries()) peers[i % members]!.client.received(line);
      await h.deliver(0);
    });
    assert.deepEqual(work, {
      ...NOTHING,
      commits: [MESSAGES],
      encoded: MESSAGES,
      measured: MESSAGES * MEASURED_PER_MESSAGE,
      joined: 1,
      sent: members,
      turns: Math.ceil(members / SWEEP_WRITES),
      timers: 1,
    });
    for (const peer of peers) assert.equal(peer.texts.length, MESSAGES);
  });
}

test("Lines are joined once in each form, however those who speak JSON and those who speak plain text are mixed", async (h) => {
  const peers: Peer[] = [];
  for (let i = 0; i < MEMBERS / 2; i++) {
    const peer = h.connect();
    peer.client.received(helloOf(h, `${i}`, ["lobby"]));
    peers.push(peer);
    h.connectPlain("lobby");
    // In this order they are in the room: a newcomer who speaks JSON waits for the newest page only if there is none yet.
    if (i === 0) await h.deliver();
  }
  await rest(h);
  const lines = sayings(MESSAGES);
  const work = await workOf(h, async () => {
    for (const line of lines) peers[0]!.client.received(line);
    await h.deliver(0);
  });
  assert.deepEqual(work, {
    ...NOTHING,
    commits: [MESSAGES],
    encoded: MESSAGES,
    measured: MESSAGES * MEASURED_PER_MESSAGE,
    joined: 2,
    sent: MEMBERS,
    turns: ROUND_TURNS,
    timers: 1,
  });
});

test("What is said in the middle of a round costs another message only to those who were served before", async (h) => {
  const peers = await crowd(h, MEMBERS, "lobby");
  const [first, second] = sayings(2);
  const work = await workOf(h, async () => {
    peers[0]!.client.received(first!);
    await settle();
    h.clock.advance(0);
    peers[0]!.client.received(second!);
    await h.deliver(0);
  });
  assert.deepEqual(work, {
    ...NOTHING,
    commits: [1, 1],
    encoded: 2,
    measured: 2 * MEASURED_PER_MESSAGE,
    joined: 1,
    sent: MEMBERS + SWEEP_WRITES,
    // One for those who were served before, and those that see that there is nobody else.
    turns: ROUND_TURNS + 1 + LOOK_TURNS,
    timers: 1,
  });
});

test("Who is busy costs neither a message nor a turn, and is sent all that they missed as one message", async (h) => {
  const peers = await crowd(h, MEMBERS, "lobby");
  const busy = socketsOf(peers.slice(-100));
  for (const socket of busy) socket.bufferedAmount = 1;
  const lines = sayings(MESSAGES);
  const meanwhile = await workOf(h, async () => {
    for (const line of lines) {
      peers[0]!.client.received(line);
      await h.deliver(0);
    }
  });
  assert.deepEqual(meanwhile, {
    ...NOTHING,
    commits: lines.map(() => 1),
    encoded: MESSAGES,
    measured: MESSAGES * MEASURED_PER_MESSAGE,
    sent: MESSAGES * (MEMBERS - busy.length),
    turns: MESSAGES * Math.ceil((MEMBERS - busy.length) / SWEEP_WRITES),
    timers: MESSAGES,
  });
  for (const socket of busy) socket.bufferedAmount = 0;
  const afterwards = await workOf(h, () => h.deliver(PAUSE_MS_MAX));
  assert.deepEqual(afterwards, {
    ...NOTHING,
    joined: 1,
    sent: busy.length,
    // Some that find the others served, and those that see whether the sockets are through with it.
    turns: Math.floor((MEMBERS - busy.length) / SWEEP_LOOKS) + Math.ceil(busy.length / SWEEP_WRITES) + LOOK_TURNS,
    timers: 1,
  });
});

test("A full batch is joined once for all who are to get it, though more is said before they have it", async (h) => {
  const peers = await crowd(h, MESSAGES, "lobby");
  const [speaker, ...busy] = peers;
  for (const { socket } of busy) socket.bufferedAmount = 1;
  // More than one batch, less than two.
  const length = Math.ceil(1.5 * BATCH_BYTES_MAX / MESSAGES);
  const [lines, more] = [sayings(MESSAGES, "lobby", length), sayings(3, "lobby", length + 1)];
  for (const line of lines) speaker!.client.received(line);
  await h.deliver(0);
  for (const { socket } of busy) socket.bufferedAmount = 0;
  const work = await workOf(h, async () => {
    h.clock.advance(PAUSE_MS_MAX);
    for (const line of more) {
      h.clock.advance(0);
      speaker!.client.received(line);
      await settle();
    }
    await h.deliver(0);
  });
  // The full one, the rest for the same, and what is new to the speaker, who had all before.
  assert.equal(work.joined, 3);
});

test("What is said while a commit is under way is the next one, whoever says it in however many turns", async (h) => {
  const peers = await crowd(h, 40, "lobby");
  const lines = sayings(1 + 4 * peers.length);
  const commit = Promise.withResolvers<void>();
  const append = h.journal.append;
  h.journal.append = (drafts) => commit.promise.then(() => append(drafts));
  const work = await workOf(h, async () => {
    for (const [i, line] of lines.entries()) {
      peers[i % peers.length]!.client.received(line);
      await settle();
    }
    commit.resolve();
    await h.deliver(0);
  });
  assert.deepEqual(work, {
    ...NOTHING,
    commits: [1, lines.length - 1],
    encoded: lines.length,
    measured: lines.length * MEASURED_PER_MESSAGE,
    joined: 1,
    sent: 2 * peers.length,
    // Two rounds, and the turn that the second commit waits for.
    turns: 2 * Math.ceil(peers.length / SWEEP_WRITES) + 1,
    timers: 2,
  });
});

test("Who is in two rooms gets what is said in both as one message", async (h) => {
  const peers = await crowd(h, MEMBERS, "lobby", "den");
  const lines = [...sayings(1, "lobby"), ...sayings(1, "den")];
  const work = await workOf(h, async () => {
    for (const line of lines) peers[0]!.client.received(line);
    await h.deliver(0);
  });
  assert.deepEqual({ commits: work.commits, sent: work.sent }, { commits: [2], sent: MEMBERS });
});

test("What is said in one room of a hundred costs the others nothing, not even a look", async (h) => {
  const [lobby, ...others] = await Promise.all(
    Array.from({ length: 100 }, (_, i) => crowd(h, 10, `room-${i}`)),
  );
  const looks = looksAt(socketsOf(others.flat()));
  const lines = sayings(MESSAGES, "room-0");
  const work = await workOf(h, async () => {
    for (const line of lines) lobby![0]!.client.received(line);
    await h.deliver(REST_MS);
  });
  assert.deepEqual(work, {
    ...NOTHING,
    commits: [MESSAGES],
    encoded: MESSAGES,
    measured: MESSAGES * MEASURED_PER_MESSAGE,
    joined: 1,
    sent: 10,
    // One writes, and one sees whether the sockets are through with it.
    turns: 2,
    timers: 1,
  });
  assert.equal(looks.count, 0);
});

test("While nobody says anything nothing happens: no timer, no turn, no look at anybody", async (h) => {
  const looks = looksAt(socketsOf(await crowd(h, MEMBERS, "lobby")));
  assert.deepEqual(await workOf(h, () => h.deliver(HOUR_MS)), NOTHING);
  assert.equal(looks.count, 0);
});

test("An answer that is meant for one is one message to them, and no look at anybody else", async (h) => {
  const [ann, ...others] = await crowd(h, MEMBERS, "lobby");
  const looks = looksAt(socketsOf(others));
  const ping = encode({ type: "ping" });
  const work = await workOf(h, async () => {
    for (let i = 0; i < 3; i++) ann!.client.received(ping);
    await h.deliver(REST_MS);
  });
  // One turn writes, and one sees whether the socket is through with it.
  assert.deepEqual(work, { ...NOTHING, encoded: 3, joined: 1, sent: 1, turns: 2, timers: 1 });
  assert.equal(looks.count, 0);
});

test("A thousand who come at once have the newest page read and written out once, and get a message each", async (h) => {
  const [ann] = await crowd(h, 1, "lobby");
  for (const line of sayings(MESSAGES)) ann!.client.received(line);
  await h.deliver();
  ann!.client.gone();
  await rest(h);
  assert.deepEqual(h.hub.rooms, [], "nothing of the room is in memory");
  const peers = Array.from({ length: MEMBERS }, () => h.connect());
  const hellos = peers.map((_, i) => helloOf(h, `${i}`, ["lobby"]));
  const work = await workOf(h, async () => {
    for (const [i, { client }] of peers.entries()) client.received(hellos[i]!);
    await h.deliver(0);
  });
  assert.deepEqual(work, {
    ...NOTHING,
    pages: 1,
    // A welcome and a `joined` for each.
    encoded: MESSAGES + 2 * MEMBERS,
    joined: MEMBERS,
    sent: MEMBERS,
    turns: ROUND_TURNS,
    // In which each has to say hello, after which the room tells who came, and after which sockets are looked at.
    timers: MEMBERS + 2,
  });
  for (const peer of peers) assert.equal(peer.last("joined").start, "fresh");
});

test("Those who come back with the same cursor, from before what is in memory, have what they missed read once", async (h) => {
  const [ann] = await crowd(h, 1, "lobby");
  const count = RECENT_ENTRIES_MAX + MESSAGES;
  for (const line of sayings(count)) ann!.client.received(line);
  await rest(h);
  const peers = Array.from({ length: MESSAGES }, () => h.connect());
  const hellos = peers.map((_, i) => helloOf(h, `${i}`, ["lobby"], 0));
  const work = await workOf(h, async () => {
    for (const [i, { client }] of peers.entries()) client.received(hellos[i]!);
    await h.deliver(0);
  });
  assert.deepEqual([work.pages, work.encoded, work.sent], [1, count + 2 * peers.length, peers.length]);
  for (const peer of peers) assert.equal(peer.last("joined").entries.length, count);
});

test("A page of what was said is written out once, and measured as it is", async (h) => {
  const [ann] = await crowd(h, 1, "lobby");
  for (const line of sayings(MESSAGES)) ann!.client.received(line);
  await rest(h);
  const questions = [
    encode({ type: "history", ref: 1, room: "lobby" }),
    encode({ type: "history", ref: 2, room: "lobby", after: 0 }),
  ];
  for (const question of questions) {
    const work = await workOf(h, async () => {
      ann!.client.received(question);
      await h.deliver(REST_MS);
    });
    assert.deepEqual(work, { ...NOTHING, pages: 1, encoded: PAGE_ENTRIES + 1, sent: 1, turns: 2, timers: 1 });
    assert.equal(ann!.last("history").entries.length, PAGE_ENTRIES);
  }
});

test("Few members are looked at in a turn in which nobody is written to", async (h) => {
  const peers = await crowd(h, MEMBERS, "lobby");
  const [line] = sayings(1);
  peers[0]!.client.received(line!);
  await h.deliver(0);
  const looks = looksAt(socketsOf(peers));
  let turns = 0;
  let most = 0;
  using _ = spy(h.clock, "nextTurn", () => {
    turns++;
    most = Math.max(most, looks.count);
    looks.count = 0;
  });
  await h.deliver(REST_MS);
  assert.deepEqual([turns, most], [LOOK_TURNS, SWEEP_LOOKS]);
});

test("However many come and go, it is told once: one line, written out once, a message for each member", async (h) => {
  const peers = await crowd(h, MEMBERS, "lobby");
  for (const { client } of peers.slice(-10)) client.gone();
  for (let i = 0; i < 20; i++) h.connect().client.received(helloOf(h, `newcomer-${i}`, ["lobby"]));
  // They know what there is to know for themselves, and what is left is to tell the others.
  await h.deliver(0);
  assert.equal(h.clock.waiting, 2, "the one timer of the room, and the one of those who were told something alone");
  const work = await workOf(h, () => h.deliver(REST_MS));
  const count = MEMBERS - 10 + 20;
  assert.deepEqual(work, {
    ...NOTHING,
    encoded: 1,
    measured: 1,
    sent: count,
    // One looks at those who were told something alone, the last at all who were told of it.
    turns: 1 + Math.ceil(count / SWEEP_WRITES) + LOOK_TURNS,
    timers: 1,
  });
});

test("However many are typing, and however fast, it is told once", async (h) => {
  const peers = await crowd(h, MEMBERS, "lobby");
  const typing = encode({ type: "typing", room: "lobby" });
  const work = await workOf(h, async () => {
    for (let i = 0; i < 3; i++) for (const { client } of peers.slice(0, TYPING_MAX)) client.received(typing);
    await h.deliver(REST_MS);
  });
  assert.deepEqual(work, {
    ...NOTHING,
    encoded: 1,
    measured: 1,
    sent: MEMBERS,
    turns: ROUND_TURNS + LOOK_TURNS,
    timers: 2,
  });
});

test("Who reads nothing is looked at ever less often, until they are sent away", async (h) => {
  const peers = await crowd(h, MEMBERS, "lobby");
  peers[0]!.socket.bufferedAmount = 1;
  const [line] = sayings(1);
  const work = await workOf(h, async () => {
    peers[0]!.client.received(line!);
    await h.deliver(REST_MS);
  });
  assert.equal(peers[0]!.closeCode, Disconnect.slow.code);
  // 7 looks until the pause has doubled to PAUSE_MS_MAX and 14 more until WRITE_WAIT_MS is over; not 1,000.
  assert.deepEqual([work.sent, work.turns], [MEMBERS - 1, ROUND_TURNS + 21 * LOOK_TURNS]);
});
