import assert from "node:assert/strict";
import { openMemory } from "./journal/memory.ts";
import { RECENT_DELETIONS_MAX, RECENT_ENTRIES_MAX } from "./recent.ts";
import { Disconnect, type Order } from "./protocol.ts";
import { FaultyJournal } from "./testing/faulty_journal.ts";
import { Harness, type Peer, secretOf } from "./testing/harness.ts";
import { userIdOf } from "./text.ts";

/** Runs a test in an open hub with an administrator in the lobby. */
function test(name: string, run: (h: Harness, admin: Peer) => Promise<void>): void {
  Deno.test(name, async () => {
    const h = new Harness();
    try {
      await run(h, await h.enterAdmin("Ada", "lobby"));
    } finally {
      await h.end();
    }
  });
}

async function order(h: Harness, admin: Peer, order: Order): Promise<void> {
  admin.send({ type: "order", ref: 1, order });
  await h.deliver();
}

/** Somebody who comes back to the lobby with what they have of it. */
async function resume(h: Harness, name: string, after: number): Promise<Peer> {
  const peer = h.connect();
  peer.send({ type: "hello", secret: secretOf(name), epoch: h.journal.epoch, rooms: [{ room: "lobby", after }] });
  await h.deliver();
  return peer;
}

test(
  "Whoever said something can delete it: it is gone for all, from history, the search and for those who come",
  async (h, admin) => {
    const ann = await h.enter("Ann", "lobby");
    ann.say("lobby", "a1", "a secret");
    ann.say("lobby", "a2", "no secret");
    await h.deliver();
    const [{ id } = assert.fail()] = ann.got("said");
    ann.send({ type: "delete", room: "lobby", id });
    await h.deliver();
    for (const peer of [ann, admin]) assert.deepEqual(peer.got("deleted").map(({ message }) => message), [id]);
    ann.send({ type: "history", ref: 1, room: "lobby" }, { type: "search", ref: 2, query: "secret" });
    const bob = await h.enter("Bob", "lobby");
    for (const { entries } of [ann.last("history"), ann.last("found"), bob.last("joined")]) {
      assert.deepEqual(entries.map(({ text }) => text), ["no secret"]);
    }
    assert.deepEqual(bob.last("joined").deleted, [], "what one never had is not told");
  },
);

test("HOSTILE 25: what another said can be deleted by an administrator alone", async (h, admin) => {
  const [ann, eve] = [await h.enter("Ann", "lobby"), await h.enter("Eve", "lobby")];
  ann.say("lobby", "mine");
  await h.deliver();
  const { id } = ann.last("said");
  eve.send({ type: "delete", room: "lobby", id });
  await h.deliver();
  assert.deepEqual([eve.last("error").code, ann.got("deleted")], ["notFound", []]);
  admin.send({ type: "delete", room: "lobby", id });
  await h.deliver();
  assert.equal(ann.last("deleted").message, id);
  assert.deepEqual((await h.journal.audit(Infinity, 10)).map(({ by, deed }) => [by, deed]), [
    [admin.last("welcome").id, { type: "delete", room: "lobby", message: id, author: ann.last("welcome").id }],
  ]);
});

test("What is not there, is gone already, or is of a room that one is not in, can't be deleted", async (h, admin) => {
  const ann = await h.enter("Ann", "lobby");
  ann.say("lobby", "one");
  await h.deliver();
  const { id } = ann.last("said");
  await h.enter("Bob", "den");
  for (const [room, message] of [["lobby", 0], ["lobby", id + 1], ["lobby", 2 ** 53 - 1], ["den", id]] as const) {
    admin.send({ type: "delete", room, id: message });
  }
  ann.send({ type: "delete", room: "lobby", id }, { type: "delete", room: "lobby", id });
  await h.deliver();
  await h.deliver();
  assert.deepEqual([admin.got("error").length, ann.got("error").length, ann.got("deleted").length], [4, 1, 1]);
});

test("What was deleted and is sent again is not said again", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  ann.say("lobby", "once");
  await h.deliver();
  const { id } = ann.last("said");
  ann.send({ type: "delete", room: "lobby", id });
  await h.deliver();
  ann.say("lobby", "once");
  await h.deliver();
  assert.deepEqual([ann.got("said").length, ann.last("kept").id], [1, id]);
});

test("Whoever comes back is told what was deleted meanwhile, from memory and from the journal", async (h, admin) => {
  const ann = await h.enter("Ann", "lobby");
  for (let i = 0; i < 3; i++) ann.say("lobby", `early-${i}`);
  await h.deliver();
  const [first, second, third] = ann.got("said").map(({ id }) => id);
  admin.send({ type: "delete", room: "lobby", id: first! }, { type: "delete", room: "lobby", id: second! });
  await h.deliver();
  await h.deliver();
  const near = await resume(h, "Near", third!);
  assert.deepEqual([near.last("joined").start, near.last("joined").deleted], ["resumed", [first, second]]);
  const between = await resume(h, "Between", admin.got("deleted")[0]!.id);
  assert.deepEqual([between.last("joined").start, between.last("joined").deleted], ["resumed", [second]]);
  for (let i = 0; i < RECENT_ENTRIES_MAX; i++) ann.say("lobby", `late-${i}`);
  await h.deliver();
  const far = await resume(h, "Far", third!);
  assert.deepEqual([far.last("joined").start, far.last("joined").deleted], ["resumed", [first, second]]);
  assert.equal(far.last("joined").entries.length, RECENT_ENTRIES_MAX);
});

test(
  "However much is deleted, what is left is shown to those who come, and those who come back are told all of it",
  async (h, admin) => {
    const ann = await h.enter("Ann", "lobby");
    ann.say("lobby", "first", "stays");
    const count = RECENT_DELETIONS_MAX + 20;
    for (let i = 0; i < count; i++) ann.say("lobby", `n${i}`);
    await h.deliver();
    const [{ id: stays } = assert.fail(), ...spam] = ann.got("said");
    for (const { id } of spam) admin.send({ type: "delete", room: "lobby", id });
    while (admin.got("deleted").length < count) await h.deliver();
    const bob = await h.enter("Bob", "lobby");
    assert.deepEqual(bob.last("joined").entries.map(({ text }) => text), []);
    assert.equal(bob.last("joined").more, true, "what fell out of memory meanwhile is in the history");
    bob.send({ type: "history", ref: 1, room: "lobby" });
    await h.deliver();
    assert.deepEqual(bob.last("history").entries.map(({ id }) => id), [stays]);
    const far = await resume(h, "Far", spam.at(-1)!.id);
    assert.deepEqual([far.last("joined").start, far.last("joined").deleted.length], ["resumed", count]);
  },
);

test("Nobody but administrators says anything in a locked room, and everybody hears of it", async (h, admin) => {
  const ann = await h.enter("Ann", "lobby");
  await order(h, admin, { type: "lock", room: "lobby" });
  assert.deepEqual(ann.last("rules"), { type: "rules", room: "lobby", locked: true, slow: 0 });
  ann.say("lobby", "a1", "may I?");
  admin.say("lobby", "no");
  const bob = await h.enter("Bob", "lobby");
  await h.deliver();
  assert.deepEqual([ann.last("error").code, ann.last("error").nonce, ann.texts], ["locked", "a1", ["no"]]);
  assert.deepEqual(bob.last("joined").rules, { locked: true, slow: 0 });
  await order(h, admin, { type: "unlock", room: "lobby" });
  ann.say("lobby", "a2", "and now?");
  await h.deliver();
  assert.deepEqual(admin.texts, ["no", "and now?"]);
});

test("Whoever speaks plain text in a locked room is cut, for they must not lose it unawares", async (h, admin) => {
  const { client, socket } = h.connectPlain("lobby");
  await order(h, admin, { type: "lock", room: "lobby" });
  client.received("may I?");
  await h.deliver();
  assert.deepEqual([socket.closedWith?.code, admin.texts], [Disconnect.denied.code, []]);
});

test(
  "In a slow room each waits between two messages, but for administrators, and is told until when",
  async (h, admin) => {
    const [ann, bob] = [await h.enter("Ann", "lobby"), await h.enter("Bob", "lobby")];
    await order(h, admin, { type: "slow", room: "lobby", seconds: 30 });
    const start = h.clock.now();
    ann.say("lobby", "a1");
    ann.say("lobby", "a2");
    bob.say("lobby", "b1");
    admin.say("lobby", "x1");
    admin.say("lobby", "x2");
    await h.deliver(0);
    assert.deepEqual(bob.texts, ["a1", "b1", "x1", "x2"]);
    const { code, detail, nonce } = ann.last("error");
    assert.deepEqual([code, nonce], ["slow", "a2"]);
    assert.equal(Number(detail) - h.clock.date(), Math.ceil(30_000 - (h.clock.now() - start)));
    ann.say("lobby", "a1");
    await h.deliver();
    assert.deepEqual(ann.got("kept").map(({ nonce }) => nonce), ["a1"], "what was said before is not said again");
    await h.deliver(30_000);
    ann.say("lobby", "a2");
    await h.deliver();
    assert.deepEqual(bob.texts, ["a1", "b1", "x1", "x2", "a2"]);
  },
);

test("HOSTILE 25: whoever is muted hears of it and says nothing, in any room, until it ends", async (h, admin) => {
  const ann = await h.enter("Ann", "lobby", "den");
  const bob = await h.enter("Bob", "lobby");
  const user = userIdOf(secretOf("Ann"));
  const until = h.clock.date() + 60_000;
  await order(h, admin, { type: "mute", user, until });
  for (const peer of [ann, admin]) assert.deepEqual(peer.got("mute"), [{ type: "mute", muted: true, user, until }]);
  for (const room of ["lobby", "den"]) ann.say(room, `in-${room}`);
  await h.deliver();
  assert.deepEqual(ann.got("error").map(({ code, detail, nonce }) => [code, detail, nonce]), [
    ["muted", String(until), "in-lobby"],
    ["muted", String(until), "in-den"],
  ]);
  await h.deliver(60_000);
  ann.say("lobby", "a3", "at last");
  await h.deliver();
  assert.deepEqual(admin.texts, ["at last"]);
  assert.deepEqual(bob.got("mute"), [], "it is nobody else's business");
});

test("Whoever is unmuted hears of it at once, in all of their tabs, and on coming back", async (h, admin) => {
  const tabs = [await h.enter("Ann", "lobby"), await h.enter("Ann", "den")];
  const user = userIdOf(secretOf("Ann"));
  assert.equal(tabs[0]!.last("welcome").mutes, undefined);
  await order(h, admin, { type: "mute", user });
  assert.deepEqual((await resume(h, "Ann", 0)).last("welcome").mutes, [{ user }]);
  assert.deepEqual((await h.enterAdmin("Ida")).last("welcome").mutes, [{ user }]);
  assert.equal((await h.enter("Bob", "lobby")).last("welcome").mutes, undefined, "it is nobody else's business");
  await order(h, admin, { type: "unmute", user });
  for (const peer of [...tabs, admin]) assert.deepEqual(peer.last("mute"), { type: "mute", muted: false, user });
  assert.equal((await resume(h, "Ann", 0)).last("welcome").mutes, undefined);
});

test("What an order ends has to be there", async (h, admin) => {
  const orders: Order[] = [
    { type: "unban", ban: 1 },
    { type: "unlink", link: 1 },
    { type: "untoken", token: 1 },
    { type: "unhook", hook: 1 },
  ];
  for (const each of orders) await order(h, admin, each);
  assert.deepEqual(admin.got("error").map(({ code }) => code), Array(4).fill("notFound"));
});

test("A secret is told once, to whoever made it, and is in no journal", async (h, admin) => {
  await order(h, admin, { type: "link", room: "den" });
  await order(h, admin, { type: "token", name: "CI" });
  const acts = JSON.stringify(await h.journal.audit(Infinity, 10));
  for (const { secret } of admin.got("done")) assert(secret!.length === 43 && !acts.includes(secret!));
});

Deno.test("What was done holds after the end of the process", async () => {
  const journal = openMemory();
  const first = new Harness(journal);
  const admin = await first.enterAdmin("Ada", "lobby");
  const ann = await first.enter("Ann", "lobby");
  await order(first, admin, { type: "mute", user: ann.last("welcome").id });
  await order(first, admin, { type: "lock", room: "den" });
  await first.end();
  const { acts } = { acts: (await journal.audit(Infinity, 10)).toReversed() };
  const second = new Harness({ ...journal, acts });
  const again = await second.enter("Ann", "lobby", "den");
  again.say("lobby", "hello");
  await second.deliver();
  assert.deepEqual([again.last("error").code, again.got("joined")[1]!.rules.locked], ["muted", true]);
  await second.end();
  await journal.close();
});

Deno.test("What can't be kept is not done; what was kept though it seemed not to be is done when that is known", async () => {
  const memory = openMemory();
  const journal = new FaultyJournal(memory);
  const h = new Harness(journal);
  const peers = [h.connect(), h.connect()] as const;
  const [admin, ann] = peers;
  admin.helloWith("the-administrators-secret", "Ada", "lobby");
  ann.hello("Ann", "lobby");
  const decideAll = async (fate: "done" | "refused" | "doubted") => {
    for (await h.deliver(0); journal.waiting > 0; await h.deliver(0)) await journal.decide(fate);
  };
  await decideAll("done");
  admin.send({ type: "order", ref: 1, order: { type: "lock", room: "lobby" } });
  await h.deliver(0);
  await journal.decide("refused");
  await h.deliver(2_000);
  await decideAll("done");
  assert.deepEqual([admin.last("error").code, ann.got("rules")], ["storage", []]);
  admin.send({ type: "order", ref: 2, order: { type: "lock", room: "lobby" } });
  await h.deliver(0);
  await journal.decide("doubted");
  await h.deliver(2_000);
  await decideAll("done");
  assert.deepEqual([admin.last("error").ref, ann.last("rules").locked], [2, true]);
  await h.end();
  await memory.close();
});
