import assert from "node:assert/strict";
import { Disconnect, OPEN, type Order } from "./protocol.ts";
import { ADMIN_PASS, Harness, type Peer, secretOf } from "./testing/harness.ts";
import { userIdOf } from "./text.ts";

const KEY = "open-sesame";

/** Runs a test in a hub that takes a key, or does not. */
function test(name: string, key: string | undefined, run: (h: Harness) => Promise<void>): void {
  Deno.test(name, async () => {
    const h = new Harness(undefined, {}, key);
    try {
      await run(h);
    } finally {
      await h.end();
    }
  });
}

let refs = 0;

/** Has something done, and returns what it made. */
async function done(h: Harness, admin: Peer, order: Order): Promise<{ id: number; secret?: string }> {
  const ref = ++refs;
  admin.send({ type: "order", ref, order });
  await h.deliver();
  const answer = admin.got("done").find((message) => message.ref === ref);
  assert(answer, JSON.stringify(admin.got("error")));
  return answer;
}

/** Somebody who comes with a secret. */
async function come(
  h: Harness,
  name: string,
  pass: string | undefined,
  room = "lobby",
  address?: string,
): Promise<Peer> {
  const peer = h.connect(address);
  peer.helloWith(pass, name, room);
  await h.deliver();
  return peer;
}

/** Why somebody was sent away. */
function refusal(peer: Peer): [string, number | undefined] {
  assert.deepEqual(peer.got("welcome").length + peer.got("joined").length, 0, "they have heard of nothing");
  return [peer.last("error").code, peer.closeCode];
}

test(
  "A server with a key lets in whoever knows it, and says to the others what is wrong before it cuts them",
  KEY,
  async (h) => {
    assert.deepEqual(refusal(await come(h, "Eve", undefined)), ["keyNeeded", Disconnect.denied.code]);
    assert.deepEqual(refusal(await come(h, "Eve", "open-barley")), ["keyWrong", Disconnect.denied.code]);
    const ann = await come(h, "Ann", KEY);
    assert.deepEqual([ann.last("welcome").role, ann.closeCode], ["member", undefined]);
    assert.deepEqual(h.hub.size, 1);
    const admin = await h.enterAdmin("Ada");
    assert.equal(admin.last("welcome").role, "admin");
  },
);

test("Whoever speaks plain text and shows no key hears nothing of a server that takes one", KEY, async (h) => {
  const { socket } = h.connectPlain("lobby");
  await h.deliver();
  assert.deepEqual([socket.closedWith?.code, h.hub.rooms], [Disconnect.denied.code, []]);
});

test(
  "HOSTILE 23: over connections that are open already nobody guesses more than five times a minute, either",
  KEY,
  async (h) => {
    const peers = Array.from({ length: 8 }, () => h.connect());
    for (const peer of peers.slice(0, 7)) peer.helloWith("wrong", "Eve");
    peers[7]!.helloWith(KEY, "Eve");
    await h.deliver();
    const codes = peers.map((peer) => refusal(peer)[0]);
    assert.deepEqual(codes, [...Array(5).fill("keyWrong"), ...Array(3).fill("tooManyTries")]);
  },
);

test("A guest's link opens its room and no other, until it is ended", KEY, async (h) => {
  const admin = await h.enterAdmin("Ada", "den");
  const { id, secret } = await done(h, admin, { type: "link", room: "den" });
  const gus = await come(h, "Gus", secret, "den");
  assert.deepEqual([gus.last("welcome").role, gus.last("welcome").room], ["guest", "den"]);
  gus.say("den", "hello");
  gus.send({ type: "join", room: "lobby" });
  gus.send({ type: "search", ref: 1, query: "hello" });
  await h.deliver();
  assert.deepEqual(admin.texts, ["hello"]);
  assert.deepEqual([gus.last("error").code, gus.last("error").room], ["notAllowed", "lobby"]);
  assert.deepEqual(h.hub.rooms, ["den"]);
  await done(h, admin, { type: "unlink", link: id });
  assert.deepEqual([gus.last("error").code, gus.closeCode], ["linkEnded", Disconnect.denied.code]);
  assert.deepEqual(refusal(await come(h, "Gus", secret, "den")), ["keyWrong", Disconnect.denied.code]);
});

for (const [what, key, detail] of [["an open", undefined, OPEN], ["a closed", KEY, undefined]] as const) {
  test(
    `Whoever comes to ${what} server with what is good for nothing is told whether they need anything`,
    key,
    async (h) => {
      const admin = await h.enterAdmin("Ada", "den");
      const { id, secret } = await done(h, admin, { type: "link", room: "den" });
      const gus = await come(h, "Gus", secret, "den");
      await done(h, admin, { type: "unlink", link: id });
      assert.deepEqual([gus.last("error").code, gus.last("error").detail], ["linkEnded", detail]);
      const eve = await come(h, "Eve", "open-barley");
      assert.deepEqual([eve.last("error").code, eve.last("error").detail], ["keyWrong", detail]);
    },
  );
}

test("What a request gave is good for nothing when it has ended before the hello", KEY, async (h) => {
  const admin = await h.enterAdmin("Ada");
  const { id, secret } = await done(h, admin, { type: "link", room: "den" });
  const grants = [secret!, ADMIN_PASS].map((pass) => h.hub.access.enter(pass, "127.0.0.1"));
  const [guest, peer] = grants.map((grant) => {
    if (typeof grant === "string") throw new Error(grant);
    return h.connect("127.0.0.1", grant);
  });
  await done(h, admin, { type: "unlink", link: id });
  guest!.hello("Gus", "den");
  peer!.hello("Ada");
  await h.deliver();
  assert.deepEqual(refusal(guest!), ["keyWrong", Disconnect.denied.code]);
  assert.equal(peer!.last("welcome").role, "admin");
});

test(
  "Whoever speaks plain text is told nothing that is no text, when they are muted or banned",
  undefined,
  async (h) => {
    const admin = await h.enterAdmin("Ada", "lobby");
    const { client, socket } = h.connectPlain("lobby");
    client.received("hello");
    await h.deliver();
    const { user } = admin.last("said");
    await done(h, admin, { type: "mute", user });
    await done(h, admin, { type: "ban", user });
    assert.deepEqual(socket.lines.filter((line) => line !== "hello"), []);
    assert.equal(socket.closedWith?.code, Disconnect.banned.code);
  },
);

test("A guest has to go when their link ends, be it in a month", KEY, async (h) => {
  const admin = await h.enterAdmin("Ada");
  const month = 30 * 86_400_000;
  const { secret } = await done(h, admin, { type: "link", room: "den", until: h.clock.date() + month });
  const gus = await come(h, "Gus", secret, "den");
  for (let day = 0; day < 29; day++) await h.deliver(86_400_000);
  assert.equal(gus.closeCode, undefined);
  await h.deliver(86_400_000);
  assert.deepEqual([gus.last("error").code, gus.closeCode], ["linkEnded", Disconnect.denied.code]);
});

test(
  "HOSTILE 25: a ban closes all connections of the member at once, and they can't come back before it ends",
  undefined,
  async (h) => {
    const admin = await h.enterAdmin("Ada", "lobby");
    const eves = [await h.enter("Eve", "lobby"), await h.enter("Eve", "den")];
    const ann = await h.enter("Ann", "lobby");
    const until = h.clock.date() + 60_000;
    await done(h, admin, { type: "ban", user: userIdOf(secretOf("Eve")), until });
    for (const eve of eves) {
      assert.deepEqual([eve.last("error").code, eve.last("error").detail], ["banned", String(until)]);
      assert.equal(eve.closeCode, Disconnect.banned.code);
    }
    assert.deepEqual([h.hub.size, ann.closeCode], [2, undefined], "others at the same address stay");
    assert.deepEqual(refusal(await come(h, "Eve", undefined)), ["banned", Disconnect.banned.code]);
    await h.deliver(60_000);
    assert.equal((await h.enter("Eve", "lobby")).closeCode, undefined);
  },
);

test(
  "A ban with the address keeps everybody out who comes from there, but for administrators, also in plain text",
  undefined,
  async (h) => {
    const admin = await h.enterAdmin("Ada");
    const eve = await come(h, "Eve", undefined, "lobby", "2001:db8::1");
    const { id } = await done(h, admin, { type: "ban", user: eve.last("welcome").id, address: true });
    assert.equal(eve.closeCode, Disconnect.banned.code);
    assert.deepEqual(refusal(await come(h, "New", undefined, "lobby", "2001:db8::ffff")), [
      "banned",
      Disconnect.banned.code,
    ]);
    const plain = h.connectPlain("lobby", "2001:db8::2");
    await h.deliver();
    assert.equal(plain.socket.closedWith?.code, Disconnect.banned.code);
    assert.equal((await come(h, "Bea", ADMIN_PASS, "lobby", "2001:db8::3")).last("welcome").role, "admin");
    assert.equal((await come(h, "Ann", undefined, "lobby", "2001:db8:0:1::1")).closeCode, undefined);
    await done(h, admin, { type: "unban", ban: id });
    assert.equal((await come(h, "New", undefined, "lobby", "2001:db8::ffff")).closeCode, undefined);
  },
);

test("An administrator shuts out neither themselves nor the address that they are at", undefined, async (h) => {
  const admin = await h.enterAdmin("Ada");
  admin.send({ type: "order", ref: 1, order: { type: "ban", user: admin.last("welcome").id } });
  const eve = await come(h, "Eve", undefined, "lobby", "10.0.0.1");
  await done(h, admin, { type: "ban", user: eve.last("welcome").id, address: true });
  assert.deepEqual([admin.last("error").code, admin.closeCode, eve.closeCode], ["notAllowed", undefined, 4006]);
  assert.equal((await come(h, "Ann", undefined, "lobby", "10.0.0.1")).closeCode, undefined);
});

test("HOSTILE 25: whoever is no administrator has nothing done", undefined, async (h) => {
  const [ann, eve] = [await h.enter("Ann", "lobby"), await h.enter("Eve", "lobby")];
  const user = ann.last("welcome").id;
  const orders: Order[] = [
    { type: "ban", user },
    { type: "mute", user },
    { type: "lock", room: "lobby" },
    { type: "slow", room: "lobby", seconds: 10 },
    { type: "link", room: "lobby" },
    { type: "token", name: "CI" },
    { type: "hook", url: "http://127.0.0.1/" },
  ];
  orders.forEach((order, ref) => eve.send({ type: "order", ref, order }));
  await h.deliver();
  assert.deepEqual(eve.got("error").map(({ code, ref }) => [code, ref]), orders.map((_, ref) => ["notAllowed", ref]));
  assert.deepEqual([eve.got("done"), await h.journal.audit(Infinity, 10), ann.closeCode], [[], [], undefined]);
});
