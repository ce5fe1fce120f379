import assert from "node:assert/strict";
import { TELLING_MS } from "./alarm.ts";
import { CLAIMS_MAX } from "./claims.ts";
import { PRIVATE_LINES_MAX } from "./client.ts";
import { MALFORMED_MS } from "./hub.ts";
import { JournalError } from "./journal/journal.ts";
import { openMemory } from "./journal/memory.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { type Cursor, Disconnect, PAGE_ENTRIES, ROOMS_PER_CLIENT_MAX } from "./protocol.ts";
import { RECENT_ENTRIES_MAX } from "./recent.ts";
import { PAGES_LENGTH_MAX, RESUME_ENTRIES_MAX } from "./rooms.ts";
import { LISTED_MAX, TICK_MS } from "./roster.ts";
import { CATCH_UP_MS } from "./scribe.ts";
import { settle } from "./testing/fakes.ts";
import { type Fate, FaultyJournal } from "./testing/faulty_journal.ts";
import { Harness, Peer, secretOf } from "./testing/harness.ts";

function test(name: string, check: (harness: Harness) => Promise<void>): void {
  Deno.test(name, async () => {
    const harness = new Harness();
    await check(harness);
    await harness.end();
    assert.equal(harness.clock.waiting, 0, "a hub that has ended leaves no timer behind");
  });
}

/** Somebody comes back to rooms. */
async function resume(h: Harness, name: string, epoch: string, ...rooms: Cursor[]): Promise<Peer> {
  const peer = h.connect();
  peer.send({ type: "hello", secret: secretOf(name), epoch, rooms });
  await h.deliver();
  return peer;
}

/** Says so many texts, "1" and on, in the lobby. */
async function talk(h: Harness, peer: Peer, count: number, text = (n: number) => String(n)): Promise<void> {
  for (let n = 1; n <= count; n++) peer.say("lobby", `n${n}`, text(n));
  await h.deliver(1_000);
}

test("hello is answered with who I am and what I have to know of my rooms", async (h) => {
  const ann = await h.enter("Ann", "lobby", "kitchen");
  const { id, ...welcome } = ann.last("welcome");
  assert.match(id, /^[\w-]{22}$/);
  assert.deepEqual(welcome, {
    type: "welcome",
    epoch: h.journal.epoch,
    name: "Ann",
    role: "member",
    textBytesMax: 1_000,
  });
  assert.deepEqual(
    ann.got("joined").map(({ room, start, entries, more, count }) => [room, start, entries, more, count]),
    [
      ["lobby", "fresh", [], false, 1],
      ["kitchen", "fresh", [], false, 1],
    ],
  );
  assert.deepEqual(ann.last("joined").people, [{ id, name: "Ann" }]);
});

test("What I say comes back to me with my nonce, and to everyone in the room, and to nobody else", async (h) => {
  const [ann, bob, eve] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby"), await h.enter("Eve", "other")];
  ann.say("lobby", "n1", "hello\n there ");
  await h.deliver();
  const { id, at, ...said } = ann.last("said");
  assert(id > 0 && at >= Date.UTC(2026, 0));
  const user = ann.last("welcome").id;
  assert.deepEqual(said, { type: "said", room: "lobby", user, name: "Ann", nonce: "n1", text: "hello\n there" });
  assert.deepEqual(bob.got("said"), ann.got("said"));
  assert.deepEqual(eve.got("said"), []);
});

test("A plain-text client is a guest in its room, sees texts, their line ends as spaces, and is heard by everyone", async (h) => {
  const ann = await h.enter("Ann", "kitchen");
  const [program, elsewhere] = [h.connectPlain("kitchen"), h.connectPlain("lobby")];
  await h.deliver(TICK_MS);
  const [guest] = ann.last("people").joined.slice(-1);
  assert.match(guest!.name, /^Guest \d{4}$/);
  ann.say("kitchen", "n1", "a\nb");
  program.client.received("c");
  await h.deliver(1_000);
  assert.deepEqual(program.socket.lines, ["a b", "c"]);
  assert.deepEqual(elsewhere.socket.lines, []);
  const { text, user, name } = ann.last("said");
  assert.deepEqual([text, user, name], ["c", guest!.id, guest!.name]);
});

test("HOSTILE 26: saying it again with the same nonce keeps it once, under the first id, and whoever asks again hears of it", async (h) => {
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
  ann.say("lobby", "n1", "once");
  ann.say("lobby", "n1", "once");
  await h.deliver();
  const tab = await h.enter("Ann", "lobby");
  tab.say("lobby", "n1", "twice?");
  await h.deliver();
  assert.deepEqual(bob.texts, ["once"]);
  const { id } = bob.last("said");
  const kept = { type: "kept", room: "lobby", nonce: "n1", id };
  assert.deepEqual([ann.got("said"), ann.got("kept")], [bob.got("said"), [kept]]);
  assert.deepEqual([tab.got("said"), tab.got("kept")], [[], [kept]]);
  const { entries } = await h.journal.before("lobby", Infinity, 10);
  assert.equal(entries.length, 1);
});

test("The same nonce of somebody else is another message", async (h) => {
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
  ann.say("lobby", "n1", "mine");
  bob.say("lobby", "n1", "yours");
  await h.deliver();
  assert.deepEqual(ann.texts, ["mine", "yours"]);
});

test("HOSTILE 25: nobody can speak, read, or ask in a room that they are not in", async (h) => {
  const [ann, eve] = [await h.enter("Ann", "lobby"), await h.enter("Eve")];
  ann.say("lobby", "n1", "secret");
  await h.deliver();
  eve.say("lobby", "n2");
  eve.send({ type: "typing", room: "lobby" }, { type: "history", ref: 1, room: "lobby" }, {
    type: "search",
    ref: 2,
    query: "secret",
  });
  await h.deliver(1_000);
  assert.deepEqual(eve.got("error").map(({ code, nonce, ref }) => [code, nonce, ref]), [
    ["notJoined", "n2", undefined],
    ["notJoined", undefined, 1],
  ]);
  assert.deepEqual(eve.last("found").entries, []);
  assert.deepEqual(ann.texts, ["secret"]);
  assert.deepEqual(ann.got("typing"), []);
});

test("A text that is empty or too long is refused, and nothing else happens", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  for (const text of ["", " \n", "\0", "x".repeat(1_001), "é".repeat(501)]) ann.say("lobby", "n", text);
  ann.say("lobby", "good", "x".repeat(1_000));
  await h.deliver();
  assert.deepEqual(ann.got("error").map(({ code, nonce }) => [code, nonce]), Array(5).fill(["badText", "n"]));
  assert.equal(ann.texts.length, 1);
});

// Rooms

test("A room is made by joining and forgotten when nobody is in it; what was said stays", async (h) => {
  const ann = await h.enter("Ann", "kitchen");
  ann.say("kitchen", "n1", "coffee?");
  await h.deliver();
  assert.deepEqual(h.hub.rooms, ["kitchen"]);
  ann.send({ type: "leave", room: "kitchen" });
  await h.deliver();
  assert.deepEqual(h.hub.rooms, []);
  const bob = await h.enter("Bob", "kitchen");
  assert.deepEqual(bob.last("joined").entries.map(({ text }) => text), ["coffee?"]);
});

test("Whoever has left a room gets nothing more of it, and can come back", async (h) => {
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
  bob.send({ type: "leave", room: "lobby" }, { type: "leave", room: "lobby" });
  ann.say("lobby", "n1", "gone?");
  await h.deliver();
  assert.deepEqual(bob.texts, []);
  bob.send({ type: "join", room: "lobby" });
  await h.deliver();
  ann.say("lobby", "n2", "back!");
  await h.deliver();
  assert.deepEqual(bob.last("joined").entries.map(({ text }) => text), ["gone?"]);
  assert.deepEqual(bob.texts, ["back!"]);
});

test("Joining a room twice gives the newest page again and no line twice", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  ann.send({ type: "join", room: "lobby" });
  ann.say("lobby", "n1", "once");
  await h.deliver(1_000);
  assert.equal(ann.got("joined").length, 2);
  assert.deepEqual(ann.texts, ["once"]);
  assert.equal(ann.last("people").count, 1);
  const bob = await h.enter("Bob", "lobby");
  ann.send({ type: "leave", room: "lobby" });
  await h.deliver(1_000);
  assert.equal(bob.last("people").count, 1);
});

test("HOSTILE 19: a room's name is of a fixed alphabet", async (h) => {
  const names = ["", "Lobby", "a b", "-a", "é", "a".repeat(65), "../a", "a\0", "a\u202e"];
  const ann = await h.enter("Ann");
  for (const room of names) ann.send({ type: "join", room });
  await h.deliver();
  assert.equal(ann.got("error").filter(({ code }) => code === "badRoom").length, names.length);
  assert.deepEqual(h.hub.rooms, []);
});

test("HOSTILE 19: who is refused a room with a name that is too long is told of no other room", async (h) => {
  const ann = await h.enter("Ann", "a".repeat(64));
  ann.send({ type: "join", room: "a".repeat(1_000) });
  await h.deliver();
  const { code, room } = ann.last("error");
  assert.equal(code, "badRoom");
  assert(room!.length < 100 && !h.hub.rooms.includes(room!), room);
});

test("HOSTILE 34: one connection can be in so many rooms, and no more", async (h) => {
  const ann = await h.enter("Ann", ...Array.from({ length: ROOMS_PER_CLIENT_MAX }, (_, i) => `room${i}`));
  ann.send({ type: "join", room: "one-more" });
  await h.deliver();
  assert.deepEqual(ann.got("error").map(({ code, room }) => [code, room]), [["tooManyRooms", "one-more"]]);
  assert.equal(h.hub.rooms.length, ROOMS_PER_CLIENT_MAX);
});

Deno.test("HOSTILE 34: of 100,000 rooms no more are open than may be, and none when everyone has gone", async () => {
  const h = new Harness();
  const peers: Peer[] = [];
  for (let i = 0; i < 1_000; i++) {
    const peer = h.connect();
    peer.hello(`Somebody ${i}`, ...Array.from({ length: 100 }, (_, room) => `room${100 * i + room}`));
    peers.push(peer);
    await h.deliver(0);
  }
  assert.equal(h.hub.rooms.length, DEFAULT_LIMITS.rooms);
  assert.equal(h.metrics.hits("rooms"), 100_000 - DEFAULT_LIMITS.rooms);
  await h.deliver();
  assert.equal(peers.at(-1)!.got("error").filter(({ code }) => code === "busy").length, 100);
  for (const { client } of peers) client.gone();
  await h.deliver();
  assert.deepEqual(h.hub.rooms, []);
  await h.end();
});

// People

test("Who comes and goes is told once per tick, merged: who was there only in between is not mentioned", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  await h.deliver(TICK_MS);
  const bob = await h.enter("Bob", "lobby");
  const eve = await h.enter("Eve", "lobby");
  eve.client.gone();
  await h.deliver(TICK_MS);
  const { joined, left, count } = ann.last("people");
  assert.deepEqual([joined.map(({ name }) => name), left, count], [["Bob"], [], 2]);
  bob.client.gone();
  await h.deliver(TICK_MS);
  assert.deepEqual(ann.last("people"), {
    type: "people",
    room: "lobby",
    joined: [],
    left: [bob.last("welcome").id],
    count: 1,
  });
});

test("A person with two tabs is one member, until both are closed", async (h) => {
  const bob = await h.enter("Bob", "lobby");
  const tabs = [await h.enter("Ann", "lobby"), await h.enter("Ann", "lobby")];
  await h.deliver(TICK_MS);
  assert.equal(tabs[0]!.last("welcome").id, tabs[1]!.last("welcome").id);
  assert.equal(bob.last("people").count, 2);
  tabs[0]!.client.gone();
  await h.deliver(1_000);
  assert.equal(bob.last("people").count, 2);
  tabs[1]!.client.gone();
  await h.deliver(1_000);
  assert.equal(bob.last("people").count, 1);
});

test("In a big room only some are told by name, all are counted, and whoever goes makes room for another", async (h) => {
  const crowd = [];
  for (let i = 0; i < LISTED_MAX + 5; i++) crowd.push(await h.enter(`Person ${i}`, "lobby"));
  const ann = await h.enter("Ann", "lobby");
  const { people, count } = ann.last("joined");
  assert.deepEqual([people.length, count], [LISTED_MAX, LISTED_MAX + 6]);
  await h.deliver(10 * TICK_MS);
  crowd[0]!.client.gone();
  await h.deliver(10 * TICK_MS);
  const change = ann.last("people");
  assert.deepEqual(change.left, [crowd[0]!.last("welcome").id]);
  assert.deepEqual(change.joined.map(({ name }) => name), [`Person ${LISTED_MAX}`]);
  assert.equal(change.count, LISTED_MAX + 5);
});

test("Who is typing is told once per tick", async (h) => {
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
  await h.deliver(1_000);
  for (let i = 0; i < 5; i++) bob.send({ type: "typing", room: "lobby" });
  await h.deliver(1_000);
  assert.deepEqual(ann.got("typing").map(({ people }) => people.map(({ name }) => name)), [["Bob"]]);
  bob.send({ type: "typing", room: "lobby" });
  bob.say("lobby", "n1");
  await h.deliver(1_000);
  assert.equal(ann.got("typing").length, 1, "who has said it is not typing any more");
});

// Names

test("HOSTILE 21: a name too close to one that somebody has is refused, and its owner keeps it without being there", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  ann.client.gone();
  await h.deliver();
  const eve = h.connect();
  eve.send({ type: "hello", secret: secretOf("Eve"), name: "Аnn", rooms: [] });
  await h.deliver();
  assert.match(eve.last("welcome").name, /^Guest \d{4}$/);
  assert.equal(eve.last("error").code, "nameTaken");
  assert.match(eve.last("error").reason, /too close to “Ann”/);
  assert.equal(eve.last("error").detail, "Ann");
  eve.send({ type: "rename", name: "ANN" });
  await h.deliver();
  assert.equal(eve.got("error").length, 2);
  const again = await h.enter("Ann");
  assert.equal(again.last("welcome").name, "Ann");
});

test("My own dead connection does not make my name taken", async (h) => {
  const dead = await h.enter("Ann", "lobby");
  dead.socket.stuck = true;
  const ann = await h.enter("Ann", "lobby");
  assert.equal(ann.last("welcome").name, "Ann");
  assert.deepEqual(ann.got("error"), []);
  assert.equal(ann.last("joined").count, 1);
});

test("Another name is told to all of my tabs and to the rooms that I am in; what I said stays under the old one", async (h) => {
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
  const tab = await h.enter("Ann", "lobby");
  ann.say("lobby", "n1");
  await h.deliver(1_000);
  ann.send({ type: "rename", name: " Annie " });
  ann.say("lobby", "n2");
  await h.deliver(1_000);
  assert.equal(ann.last("renamed").name, "Annie");
  assert.equal(tab.last("renamed").name, "Annie");
  const { id } = ann.last("welcome");
  assert.deepEqual(bob.last("people").joined, [{ id, name: "Annie" }]);
  assert.deepEqual(bob.got("said").map(({ name }) => name), ["Ann", "Annie"]);
  ann.send({ type: "rename", name: "Annie" });
  await h.deliver(1_000);
  assert.equal(ann.got("renamed").length, 2, "who asks for the name that they have is answered, too");
});

Deno.test("A name and its owner outlive the server", async () => {
  const journal = openMemory();
  const first = new Harness(journal);
  await first.enter("Ann");
  await first.end();
  // As if it had been read from a file.
  await journal.claim({ user: "somebody", name: "Bob" });
  const second = new Harness({ ...journal, claims: [{ user: "somebody", name: "Bob" }] });
  const eve = await second.enter("Bob");
  assert.equal(eve.last("error").code, "nameTaken");
  await second.end();
  await journal.close();
});

Deno.test("Who chooses a name when too many wait to be kept is told so, and comes in as a guest", async () => {
  const journal = openMemory();
  const h = new Harness({ ...journal, claim: () => new Promise(() => {}) });
  for (let i = 0; i < CLAIMS_MAX; i++) h.connect(`192.0.2.${i % 200}`).hello(`Name ${i}`);
  const ann = await h.enter("Ann", "lobby");
  assert.equal(ann.last("error").code, "storage");
  assert.match(ann.last("joined").people.map(({ name }) => name).join(), /^Guest \d+$/);
  await h.end();
  await journal.close();
});

test("Who says something and closes the connection at once has left, and is not taken for one who reads too slowly", async (h) => {
  const bob = await h.enter("Bob", "lobby");
  const peers = await Promise.all(Array.from({ length: 20 }, (_, i) => h.enter(`P${i}`, ...i % 2 ? ["lobby"] : [])));
  for (const [i, peer] of peers.entries()) {
    if (i % 2) peer.say("lobby", `n${i}`);
    else peer.send({ type: "ping" });
    // So does a socket before it says that it was closed.
    peer.socket.readyState = 3;
  }
  const asker = await h.enter("Asker");
  asker.send(...Array.from({ length: PRIVATE_LINES_MAX + 1 }, () => ({ type: "ping" }) as const));
  asker.socket.readyState = 3;
  await h.deliver(1_000);
  assert.deepEqual([h.hub.size, bob.texts.length], [1, 10]);
  assert.deepEqual([h.metrics.disconnects("left"), h.metrics.disconnects("slow"), h.metrics.hits("queue")], [21, 0, 0]);
});

test("HOSTILE 19: a bad name is refused with a reason that a person understands", async (h) => {
  const ann = await h.enter("Ann");
  ann.send({ type: "rename", name: "a\u202eb" });
  await h.deliver();
  assert.deepEqual(ann.last("error"), {
    type: "error",
    code: "badName",
    reason: "A name can't have characters that nobody can see.",
    detail: "invisible",
  });
});

// Coming back

test("Whoever comes back gets what was said since, from memory, and then what is said next", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, 5);
  const cursor = ann.got("said")[1]!.id;
  const bob = await resume(h, "Bob", h.journal.epoch, { room: "lobby", after: cursor });
  ann.say("lobby", "n6", "6");
  await h.deliver();
  const { start, entries } = bob.last("joined");
  assert.deepEqual([start, entries.map(({ text }) => text)], ["resumed", ["3", "4", "5"]]);
  assert.deepEqual(bob.texts, ["6"]);
});

test("Whoever comes back from further than memory goes gets it from the journal, without a hole to what is said meanwhile", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  const count = RECENT_ENTRIES_MAX + 100;
  await talk(h, ann, count);
  const bob = h.connect();
  const after = ann.got("said")[0]!.id;
  bob.send({ type: "hello", secret: secretOf("Bob"), epoch: h.journal.epoch, rooms: [{ room: "lobby", after }] });
  ann.say("lobby", "more", "meanwhile");
  await h.deliver();
  const { start, entries } = bob.last("joined");
  assert.equal(start, "resumed");
  const texts = [...entries.map(({ text }) => text), ...bob.texts];
  assert.deepEqual(texts, [...Array.from({ length: count - 1 }, (_, i) => String(i + 2)), "meanwhile"]);
});

test("A cursor that is in the room before anything was said resumes with everything", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  const { last } = ann.last("joined");
  await talk(h, ann, 3);
  const bob = await resume(h, "Bob", h.journal.epoch, { room: "lobby", after: last });
  assert.deepEqual(bob.last("joined").entries.map(({ text }) => text), ["1", "2", "3"]);
});

test("Whoever missed too much is told so, and gets the newest page", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, RESUME_ENTRIES_MAX + 2);
  const bob = await resume(h, "Bob", h.journal.epoch, { room: "lobby", after: ann.got("said")[0]!.id });
  const { start, entries, more } = bob.last("joined");
  assert.deepEqual([start, entries.length, more], ["reload", PAGE_ENTRIES, true]);
  assert.equal(entries.at(-1)!.text, String(RESUME_ENTRIES_MAX + 2));
});

test("Whoever missed more than should be sent at once starts again, however few entries it is", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, 400, () => "x".repeat(900));
  const bob = await resume(h, "Bob", h.journal.epoch, { room: "lobby", after: ann.got("said")[0]!.id });
  assert.equal(bob.last("joined").start, "reload");
});

test("What is read for one who comes back is read anew for the next who comes later", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, RECENT_ENTRIES_MAX + 50);
  const cursor = { room: "lobby", after: ann.got("said")[0]!.id };
  await resume(h, "Bob", h.journal.epoch, cursor);
  for (let n = 0; n < RECENT_ENTRIES_MAX + 50; n++) ann.say("lobby", `more${n}`);
  await h.deliver(1_000);
  const bob = await resume(h, "Bob", h.journal.epoch, cursor);
  const { start, entries } = bob.last("joined");
  assert.deepEqual([start, entries.length], ["resumed", 2 * RECENT_ENTRIES_MAX + 99]);
});

Deno.test("Where something was deleted because of its age, whoever comes back starts again", async () => {
  const memory = openMemory();
  const missed: typeof memory.missed = async (...page) => ({ ...await memory.missed(...page), gap: true });
  const h = new Harness({ ...memory, missed });
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, RECENT_ENTRIES_MAX + 50);
  const bob = await resume(h, "Bob", h.journal.epoch, { room: "lobby", after: ann.got("said")[0]!.id });
  assert.equal(bob.last("joined").start, "reload");
  await h.end();
  await memory.close();
});

Deno.test("What was kept though it seemed not to be comes once, in its place, also to who resumes meanwhile", async () => {
  const memory = openMemory();
  const journal = new FaultyJournal(memory);
  const h = new Harness(journal);
  const decide = async (fate: Fate) => {
    await settle();
    await journal.decide(fate);
    await h.deliver(CATCH_UP_MS / 10);
  };
  const ann = h.connect();
  ann.hello("Ann", "lobby");
  for (let i = 0; i < 2; i++) await decide("done");
  for (let n = 1; n <= RECENT_ENTRIES_MAX + 50; n++) ann.say("lobby", `n${n}`);
  await decide("done");
  ann.say("lobby", "doubted");
  await decide("doubted");
  assert.deepEqual(ann.last("error").code, "storage");

  const bob = h.connect();
  const rooms = [{ room: "lobby", after: ann.got("said")[0]!.id }];
  bob.send({ type: "hello", secret: secretOf("Bob"), epoch: journal.epoch, rooms });
  await decide("done");
  assert.equal(bob.last("joined").entries.length, RECENT_ENTRIES_MAX + 49);
  ann.say("lobby", "next");
  for (let i = 0; i < 2; i++) await decide("done");
  assert.deepEqual(bob.texts, ["doubted", "next"]);
  assert.deepEqual(ann.texts.slice(-2), ["doubted", "next"]);
  await h.end();
  await memory.close();
});

Deno.test("What is said and deleted while the newest page of a room is on its way is told to who waits for it, once", async () => {
  const memory = openMemory();
  const stored = await memory.append(["first", "second"].map((text) => {
    return { room: "lobby", user: "u-eve", name: "Eve", text, nonce: text, at: 1 };
  }));
  const answer = Promise.withResolvers<void>();
  const newest: typeof memory.newest = async (...page) => {
    const read = await memory.newest(...page);
    await answer.promise;
    return read;
  };
  const h = new Harness({ ...memory, newest });
  const ann = h.connect();
  ann.hello("Ann", "lobby");
  await h.deliver();
  ann.say("lobby", "mine", "third");
  await h.deliver();
  await memory.act({
    deed: { type: "delete", room: "lobby", message: stored[0]!.entry.id },
    by: "u-eve",
    name: "Eve",
    at: 2,
  });
  answer.resolve();
  await h.deliver();
  assert.deepEqual(ann.last("joined").entries.map(({ text }) => text), ["second", "third"]);
  const bob = await h.enter("Bob", "lobby");
  assert.deepEqual(bob.last("joined").entries.map(({ text }) => text), ["second", "third"]);
  assert.deepEqual([ann.texts, bob.texts], [[], []]);
  await h.end();
  await memory.close();
});

Deno.test("What was kept though it seemed not to be is seen by everyone even if nobody says anything more", async () => {
  const memory = openMemory();
  const journal = new FaultyJournal(memory);
  const h = new Harness(journal);
  const [ann, program] = [h.connect(), h.connectPlain("lobby")];
  ann.hello("Ann", "lobby");
  await settle();
  while (journal.waiting > 0) await journal.decide("done");
  await h.deliver();
  program.client.received("I am cut for it");
  await settle();
  await journal.decide("doubted");
  for (const fate of ["refused", "done"] as const) {
    await h.deliver(CATCH_UP_MS);
    assert.deepEqual(ann.texts, []);
    await journal.decide(fate);
  }
  await h.deliver();
  assert.deepEqual(ann.texts, ["I am cut for it"]);
  await h.end();
  assert.equal(h.clock.waiting, 0);
  await memory.close();
});

Deno.test("Four long pages asked for at once are answered, and none is longer than it may be", async () => {
  const h = new Harness(undefined, { message: 65_536 });
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, 100, () => '"'.repeat(3_000));
  for (let ref = 0; ref < DEFAULT_LIMITS.questions; ref++) ann.send({ type: "history", ref, room: "lobby" });
  await h.deliver();
  assert.equal(ann.closeCode, undefined);
  const pages = ann.got("history");
  assert.equal(pages.length, DEFAULT_LIMITS.questions);
  for (const { entries, more } of pages) {
    assert(more && entries.length > 1 && entries.length < PAGE_ENTRIES && JSON.stringify(entries).length < 140_000);
  }
  await h.end();
});

test("Somebody who was in many full rooms can come back, and is told of all of them", async (h) => {
  const rooms = Array.from({ length: ROOMS_PER_CLIENT_MAX }, (_, i) => `room${i}`);
  for (let i = 0; i < LISTED_MAX; i++) await h.enter(`${"x".repeat(28)} ${i}`, ...rooms);
  const last = await h.enter("Ann", ...rooms);
  assert.equal(last.closeCode, undefined);
  assert.equal(last.got("joined").length, ROOMS_PER_CLIENT_MAX);
  const cursors = last.got("joined").map(({ room, last }) => ({ room, after: last }));
  const again = await resume(h, "Ann", h.journal.epoch, ...cursors);
  assert.deepEqual(new Set(again.got("joined").map(({ start }) => start)), new Set(["resumed"]));
});

test("HOSTILE 27: a forged, negative, huge or foreign cursor is answered with a reload", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, 3);
  const { id } = ann.last("said");
  const bad: [string, number][] = [
    [h.journal.epoch, -1],
    [h.journal.epoch, id + 1],
    [h.journal.epoch, 1e300],
    [h.journal.epoch, 1.5],
    [h.journal.epoch, Number.MAX_SAFE_INTEGER],
    ["another", id],
  ];
  for (const [epoch, after] of bad) {
    const bob = await resume(h, "Bob", epoch, { room: "lobby", after });
    assert.deepEqual([bob.last("joined").start, bob.last("joined").entries.length], ["reload", 3], `${epoch} ${after}`);
  }
});

test("In however many rooms somebody comes back, no more is sent than may wait for them", async (h) => {
  const ann = await h.enter("Ann", ...Array.from({ length: 20 }, (_, i) => `room${i}`));
  for (let room = 0; room < 20; room++) {
    for (let i = 0; i < 50; i++) ann.say(`room${room}`, `n${room}-${i}`, "x".repeat(900));
  }
  await h.deliver(1_000);
  const bob = await h.enter("Bob", ...Array.from({ length: 20 }, (_, i) => `room${i}`));
  assert.equal(bob.got("joined").length, 20);
  assert(bob.socket.sent.join("").length < PAGES_LENGTH_MAX + 200_000);
  const { start, entries, more } = bob.last("joined");
  assert.deepEqual([start, entries, more], ["fresh", [], true], "the page can ask for what it shows");
});

// Reading back

test("History comes in pages by id, in both directions", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  await talk(h, ann, 120);
  const ids = ann.got("said").map(({ id }) => id);
  const ask = async (range: { before?: number; after?: number }) => {
    ann.send({ type: "history", ref: 7, room: "lobby", ...range });
    await h.deliver();
    const { ref, entries, more } = ann.last("history");
    assert.equal(ref, 7);
    return [entries.map(({ text }) => Number(text)), more];
  };
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  assert.deepEqual(await ask({ before: ids[70] }), [numbers(21, 70), true]);
  assert.deepEqual(await ask({ before: ids[20] }), [numbers(1, 20), false]);
  assert.deepEqual(await ask({ after: ids[20]! }), [numbers(22, 71), true]);
  assert.deepEqual(await ask({ after: ids[100]! }), [numbers(102, 120), false]);
  assert.deepEqual(await ask({}), [numbers(71, 120), true]);
});

test("Search finds words, beginnings, phrases, authors and Chinese in my rooms, newest first", async (h) => {
  const [ann, bob] = [await h.enter("Ann", "lobby", "kitchen"), await h.enter("Bob", "lobby")];
  ann.say("lobby", "n1", "The build is green");
  bob.say("lobby", "n2", "green tea or black tea?");
  ann.say("kitchen", "n3", "a greenhouse");
  ann.say("lobby", "n4", "我们下午三点开会");
  await h.deliver();
  const find = async (peer: Peer, query: string, before?: number) => {
    peer.send({ type: "search", ref: 1, query, ...before && { before } });
    await h.deliver();
    return peer.last("found").entries.map(({ nonce }) => nonce);
  };
  assert.deepEqual(await find(ann, "green"), ["n2", "n1"]);
  assert.deepEqual(await find(ann, "GREEN*"), ["n3", "n2", "n1"]);
  assert.deepEqual(await find(bob, "green*"), ["n2", "n1"]);
  assert.deepEqual(await find(ann, '"black tea"'), ["n2"]);
  assert.deepEqual(await find(ann, "green from:ann"), ["n1"]);
  assert.deepEqual(await find(ann, "三点"), ["n4"]);
  assert.deepEqual(await find(ann, "green", ann.got("said").find(({ nonce }) => nonce === "n2")!.id), ["n1"]);
  assert.deepEqual(await find(ann, '"'), []);
});

test("A client that asks too much at once is refused, and served when it asks less", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  for (let ref = 0; ref <= DEFAULT_LIMITS.questions; ref++) ann.send({ type: "history", ref, room: "lobby" });
  await h.deliver();
  assert.deepEqual(ann.got("error").map(({ code, ref }) => [code, ref]), [["busy", DEFAULT_LIMITS.questions]]);
  assert.equal(ann.got("history").length, DEFAULT_LIMITS.questions);
  ann.send({ type: "history", ref: 9, room: "lobby" });
  await h.deliver();
  assert.equal(ann.last("history").ref, 9);
});

// What goes wrong

test("HOSTILE 9: malformed messages are refused, the connection stays; ten in a minute cut it", async (h) => {
  const bad = [
    "not JSON",
    "[]",
    "null",
    "1",
    '{"type":"fly"}',
    '{"type":"__proto__"}',
    '{"type":"say","room":1}',
    "["
      .repeat(400),
  ];
  const ann = await h.enter("Ann", "lobby");
  for (const line of bad) ann.client.received(line);
  await h.deliver();
  assert.deepEqual(ann.got("error").map(({ code }) => code), bad.map(() => "malformed"));
  assert.equal(ann.closeCode, undefined);
  ann.say("lobby", "n1");
  await h.deliver();
  assert.deepEqual(ann.texts, ["n1"]);
  await h.deliver(MALFORMED_MS);
  for (let i = 1; i < DEFAULT_LIMITS.malformed; i++) ann.client.received("x");
  await h.deliver();
  assert.equal(ann.closeCode, undefined, "those of a minute ago are forgiven");
  ann.client.received("x");
  await h.deliver();
  assert.equal(ann.closeCode, Disconnect.malformed.code);
});

test("Nothing counts before hello, and hello only once", async (h) => {
  const peer = h.connect();
  peer.send({ type: "join", room: "lobby" });
  peer.hello("Ann");
  peer.hello("Eve");
  await h.deliver();
  assert.deepEqual(peer.got("error").map(({ code }) => code), ["malformed", "malformed"]);
  assert.equal(peer.got("welcome").length, 1);
});

test("HOSTILE 10: a connection that says no hello is cut after 10 s", async (h) => {
  const silent = h.connect();
  const ann = await h.enter("Ann");
  await h.deliver(DEFAULT_LIMITS.hello * 1_000 - 100);
  assert.equal(silent.closeCode, undefined);
  await h.deliver(200);
  assert.equal(silent.closeCode, Disconnect.noHello.code);
  assert.equal(ann.closeCode, undefined);
});

test("A client in no room that does not read what it asked for is found", async (h) => {
  const ann = await h.enter("Ann");
  ann.socket.stuck = true;
  ann.send({ type: "ping" });
  await h.deliver(30_000);
  assert.equal(ann.closeCode, Disconnect.slow.code);
});

test("A ping is answered", async (h) => {
  const ann = await h.enter("Ann");
  ann.send({ type: "ping" });
  await h.deliver();
  assert.deepEqual(ann.got("pong"), [{ type: "pong" }]);
});

Deno.test("HOSTILE 31: when nothing can be kept, senders are told, reading goes on, and it recovers by itself", async () => {
  const memory = openMemory();
  let full = false;
  const append: typeof memory.append = (drafts) =>
    full ? Promise.reject(new JournalError("the disk is full")) : memory.append(drafts);
  const h = new Harness({ ...memory, append });
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
  ann.say("lobby", "n1");
  await h.deliver();
  full = true;
  for (const nonce of ["n2", "n3"]) {
    ann.say("lobby", nonce);
    await h.deliver();
  }
  assert.deepEqual(ann.got("error").map(({ code, nonce, room }) => [code, nonce, room]), [
    ["storage", "n2", "lobby"],
    ["storage", "n3", "lobby"],
  ]);
  bob.send({ type: "history", ref: 1, room: "lobby" });
  await h.deliver();
  assert.deepEqual(bob.last("history").entries.map(({ text }) => text), ["n1"]);
  full = false;
  ann.say("lobby", "n2");
  await h.deliver();
  assert.deepEqual(bob.texts, ["n1", "n2"]);
  assert.deepEqual(h.reports, ["What is said can't be kept: the disk is full", "What is said can be kept again."]);
  await h.end();
  await memory.close();
});

Deno.test("While nothing can be kept the hub is not ready, until it is, and that is found out though nobody speaks", async () => {
  const memory = openMemory();
  let full = true;
  const unlessFull = <T>(write: () => Promise<T>) =>
    full ? Promise.reject(new JournalError("the disk is full")) : write();
  const h = new Harness({
    ...memory,
    append: (drafts) => unlessFull(() => memory.append(drafts)),
    probe: () => unlessFull(() => memory.probe()),
  });
  const ann = await h.enter("Ann", "lobby");
  assert.equal(h.hub.unready, undefined);
  ann.say("lobby", "n1");
  await h.deliver();
  assert.equal(h.hub.unready, "What is said can't be kept");
  for (let i = 0; i < 3; i++) await h.deliver(CATCH_UP_MS);
  assert.equal(h.hub.unready, "What is said can't be kept");
  assert.equal(h.metrics.counts.commitFailures, 4);
  full = false;
  await h.deliver(CATCH_UP_MS);
  assert.equal(h.hub.unready, undefined);
  assert.deepEqual(
    h.reports,
    ["What is said can't be kept: the disk is full"],
    "there may be room for no more than that",
  );
  ann.say("lobby", "n2");
  await h.deliver();
  assert.deepEqual(h.reports.slice(1), ["What is said can be kept again."]);
  await h.end();
  assert.equal(h.hub.unready, "The server is going away");
  await memory.close();
});

Deno.test("A journal that says by itself that it fails says by its probe when it works: each outage is told, whoever speaks in it", async () => {
  const memory = openMemory();
  let fail = (_reason: string): void => {};
  let cut = false;
  const unlessCut = <T>(write: () => Promise<T>) => cut ? Promise.reject(new JournalError("cut")) : write();
  const h = new Harness({
    ...memory,
    append: async (drafts) => {
      const stored = await unlessCut(() => memory.append(drafts));
      if (drafts.some(({ nonce }) => nonce === "last")) {
        // It is kept, and then the line is cut, before anybody is answered.
        cut = true;
        fail("cut");
      }
      return stored;
    },
    probe: () => unlessCut(() => memory.probe()),
    listen(listener) {
      memory.listen(listener);
      fail = (reason) => listener.failing(new JournalError(reason));
    },
  });
  const ann = await h.enter("Ann", "lobby");
  for (const outage of [1, 2, 3, 4]) {
    // Somebody has tried before the journal knows, the next time after that, then nobody, and then all was kept before.
    if (outage < 4) cut = true;
    if (outage === 1) ann.say("lobby", "n1");
    if (outage < 4) fail("cut");
    if (outage === 2) ann.say("lobby", "n2");
    if (outage === 4) ann.say("lobby", "last");
    await h.deliver();
    assert.equal(h.hub.unready, "What is said can't be kept");
    cut = false;
    await h.deliver(CATCH_UP_MS);
    assert.equal(h.hub.unready, undefined);
    await h.deliver(TELLING_MS);
  }
  assert.deepEqual(
    h.reports,
    [1, 2, 3, 4].flatMap(() => ["What is said can't be kept: cut", "What is said can be kept again."]),
  );
  await h.end();
  await memory.close();
});

Deno.test("When a room can't be read its visitors are sent away to come back, and nobody else", async () => {
  const memory = openMemory();
  const newest: typeof memory.newest = (room, ...page) =>
    room === "broken" ? Promise.reject(new Error("no such luck")) : memory.newest(room, ...page);
  const h = new Harness({ ...memory, newest });
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "broken")];
  assert.equal(bob.closeCode, Disconnect.storage.code);
  assert.equal(ann.closeCode, undefined);
  assert.deepEqual(h.hub.rooms, ["lobby"]);
  await h.end();
  await memory.close();
});

Deno.test("HOSTILE 33: a wall clock that jumps back changes no order", async () => {
  const h = new Harness();
  const ann = await h.enter("Ann", "lobby");
  let date = Date.UTC(2026, 5);
  h.clock.date = () => date;
  for (const [nonce, jump] of [["n1", 0], ["n2", -3_600_000], ["n3", 1_000]] as const) {
    date += jump;
    ann.say("lobby", nonce);
    await h.deliver();
  }
  const bob = await h.enter("Bob", "lobby");
  assert.deepEqual(ann.texts, ["n1", "n2", "n3"]);
  assert.deepEqual(bob.last("joined").entries.map(({ nonce }) => nonce), ["n1", "n2", "n3"]);
  await h.end();
});

Deno.test("Closing the hub keeps and delivers what was accepted, then disconnects everyone", async () => {
  const h = new Harness();
  const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
  ann.say("lobby", "n1");
  h.hub.close();
  await settle();
  await h.end();
  assert.deepEqual(bob.texts, ["n1"]);
  for (const { closeCode } of [ann, bob]) assert.equal(closeCode, Disconnect.goingAway.code);
});

Deno.test("A hub that ends waits for a commit that is under way, but not for ever", async () => {
  for (const answers of [true, false]) {
    const memory = openMemory();
    const journal = new FaultyJournal(memory);
    const h = new Harness(journal);
    const ann = h.connect();
    ann.hello("Ann", "lobby");
    await settle();
    while (journal.waiting > 0) await journal.decide("done");
    await h.deliver(1_000);
    ann.say("lobby", "n1");
    h.hub.close();
    await settle();
    if (answers) await journal.decide("done");
    await h.end();
    assert.deepEqual(ann.texts, answers ? ["n1"] : []);
    assert.equal(ann.closeCode, Disconnect.goingAway.code);
    await memory.close();
  }
});
