import assert from "node:assert/strict";
import { LISTED_MAX, ROOMS_LISTED_MAX, SAMPLES_MAX } from "./monitor.ts";
import { Disconnect, type Order, PAGE_ENTRIES, type Status } from "./protocol.ts";
import { Harness, type Peer } from "./testing/harness.ts";

function test(name: string, check: (h: Harness) => Promise<void>): void {
  Deno.test(name, async () => {
    const h = new Harness();
    await check(h);
    await h.end();
  });
}

/** So many seconds go by. */
async function pass(h: Harness, seconds = 1): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await h.deliver(1_000);
    h.hub.tick();
  }
  await h.deliver();
}

/** An administrator who watches. */
async function watch(h: Harness): Promise<Peer> {
  const admin = await h.enterAdmin("Olga");
  admin.send({ type: "watch" });
  await h.deliver();
  return admin;
}

/** What somebody knows who has put everything together that they were told. */
function known(peer: Peer): Required<Status> {
  return Object.assign({}, ...peer.got("status"));
}

const ORDERS: readonly Order[] = [
  { type: "lock", room: "hall" },
  { type: "slow", room: "attic", seconds: 30 },
  { type: "link", room: "hall" },
  { type: "token", name: "Deploys", room: "hall" },
  { type: "hook", url: "https://example.org/hook" },
];

/** Has something done, and gives what it made. */
async function order(h: Harness, admin: Peer, order: Order): Promise<{ id: number; secret?: string }> {
  const ref = admin.socket.sent.length;
  admin.send({ type: "order", ref, order });
  await h.deliver();
  const done = admin.last("done");
  assert.equal(done.ref, ref);
  return done;
}

test("Who watches is told all of it at once, and then each second what is new", async (h) => {
  await pass(h, 3);
  const ann = await h.enter("Ann", "lobby");
  const admin = await watch(h);
  const [first] = admin.got("status");
  assert.equal(first!.samples.length, 3);
  assert.deepEqual(first!.people!.first.map(({ name, role, rooms }) => [name, role, rooms]), [
    ["Olga", "admin", []],
    ["Ann", "member", ["lobby"]],
  ]);
  assert.deepEqual(first!.rooms, { first: [{ room: "lobby", people: 1, locked: false, slow: 0 }], count: 1 });
  assert.deepEqual(first!.limits!.find(({ limit }) => limit === "message"), {
    limit: "message",
    flag: "max-message",
    max: 1_000,
    hits: 0,
  });
  assert.deepEqual(first!.limits!.find(({ limit }) => limit === "rate"), {
    limit: "rate",
    flag: "rate",
    max: null,
    hits: 0,
  });

  ann.say("lobby", "1");
  ann.say("lobby", "2");
  await pass(h);
  const second = admin.last("status");
  assert.deepEqual(Object.keys(second), ["type", "samples"]);
  assert.deepEqual(second.samples.map(({ at, messages, rooms }) => ({ at, messages, rooms })), [
    { at: h.clock.date() - 50, messages: 2, rooms: 1 },
  ]);
  assert(second.samples[0]!.memoryBytes > 1_000_000);

  ann.say("lobby", "3", "x".repeat(1_001));
  await pass(h);
  assert.deepEqual(Object.keys(admin.last("status")), ["type", "samples", "limits"]);
  assert.equal(known(admin).limits.find(({ limit }) => limit === "message")!.hits, 1);
});

test("Samples are kept for five minutes, and no longer", async (h) => {
  await pass(h, SAMPLES_MAX + 10);
  const samples = (await watch(h)).last("status").samples;
  assert.equal(samples.length, SAMPLES_MAX);
  assert.equal(samples.at(-1)!.at - samples[0]!.at, (SAMPLES_MAX - 1) * 1_000);
});

test("Who has not taken the last status gets none until they have, and then every second of it", async (h) => {
  const admin = await watch(h);
  admin.socket.stuck = true;
  await pass(h, 5);
  const told = admin.got("status").length;
  admin.socket.unstick();
  await pass(h, 2);
  const after = admin.got("status").slice(told - 1);
  assert.equal(told, 2, "the one at the beginning, and the one that is in the socket");
  assert.equal(after.length, 4, "the last of these two, the one that waited, and the two since");
  assert.equal(after.flatMap(({ samples }) => samples).length, 7);
  assert.equal(new Set(after.flatMap(({ samples }) => samples.map(({ at }) => at))).size, 7);
});

test("Who is no administrator can't watch, audit or order", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  ann.send({ type: "watch" }, { type: "audit", ref: 1 }, { type: "order", ref: 2, order: ORDERS[0]! });
  await pass(h, 2);
  assert.deepEqual(ann.got("error").map(({ code, ref }) => [code, ref]), [
    ["notAllowed", undefined],
    ["notAllowed", 1],
    ["notAllowed", 2],
  ]);
  assert.deepEqual([ann.got("status"), ann.got("audited"), ann.got("done")], [[], [], []]);
});

test("What was done and holds is told within a second, and is not told any more when it was ended", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  const admin = await watch(h);
  const { id: user } = ann.last("welcome");
  const ids = [];
  for (
    const one of [
      ...ORDERS,
      { type: "mute", user } as const,
      { type: "ban", user, until: h.clock.date() + 10_000 } as const,
    ]
  ) {
    ids.push((await order(h, admin, one)).id);
  }
  await pass(h);
  const { rooms, mutes, bans, links, tokens, hooks, acted } = known(admin);
  assert.equal(acted, ids.at(-1));
  assert.deepEqual(rooms.first.map(({ room, locked, slow }) => [room, locked, slow]), [["attic", false, 30], [
    "hall",
    true,
    0,
  ]]);
  assert.deepEqual([links, tokens, hooks, mutes, bans].map(({ first }) => first[0]!.id), ids.slice(2));
  assert.equal(bans.first[0]!.deed.name, "Ann");
  assert.equal(bans.first[0]!.name, "Olga");

  await order(h, admin, { type: "untoken", token: ids[3]! });
  await pass(h, 11);
  assert.deepEqual(known(admin).tokens, { first: [], count: 0 });
  assert.deepEqual(known(admin).bans, { first: [], count: 0 }, "it has ended by itself");
});

test("HOSTILE 24: neither a secret nor its digest is ever told again, in no list and no page of what was done", async (h) => {
  const admin = await watch(h);
  const secrets: string[] = [];
  for (const one of ORDERS) {
    const { secret } = await order(h, admin, one);
    if (secret) secrets.push(secret);
  }
  admin.send({ type: "audit", ref: 1 });
  await pass(h, 2);
  const again = await watch(h);
  again.send({ type: "audit", ref: 1 });
  await pass(h);
  assert.equal(secrets.length, 3);
  assert.equal(again.last("audited").acts.length, ORDERS.length);
  const digests = h.hub.moderation.tokens.map(({ deed }) => deed.digest);
  for (const peer of [admin, again]) {
    const lines = peer.socket.lines.filter((line) => !line.startsWith('{"type":"done"')).join("\n");
    for (const hidden of [...secrets, ...digests, "digest", '"secret"']) assert(!lines.includes(hidden), hidden);
  }
});

test("What was done is told in pages, newest first", async (h) => {
  const admin = await h.enterAdmin("Olga", "lobby");
  admin.say("lobby", "a");
  await h.deliver();
  for (let seconds = 0; seconds <= PAGE_ENTRIES; seconds++) {
    await order(h, admin, { type: "slow", room: "lobby", seconds });
  }
  admin.send({ type: "delete", room: "lobby", id: admin.last("said").id });
  await h.deliver();
  admin.send({ type: "audit", ref: 5 });
  await h.deliver();
  const newest = admin.last("audited");
  assert.deepEqual([newest.ref, newest.acts.length, newest.more], [5, PAGE_ENTRIES, true]);
  assert.deepEqual(newest.acts.slice(0, 2).map(({ deed }) => deed.type), ["delete", "slow"]);
  admin.send({ type: "audit", ref: 6, before: newest.acts.at(-1)!.id });
  await h.deliver();
  const rest = admin.last("audited");
  assert.deepEqual([rest.acts.length, rest.more], [2, false]);
  assert.deepEqual(rest.acts.at(-1)!.deed, { type: "slow", room: "lobby", seconds: 0 });
});

test("Of many people and rooms some are told, and how many there are", async (h) => {
  const many = LISTED_MAX + 20;
  for (let index = 0; index < many; index++) {
    const peer = h.connect();
    peer.hello(
      `Person ${index}`,
      ...(index === 0 ? Array.from({ length: 20 }, (_, room) => `room-${room}`) : [`own-${index}`]),
    );
  }
  const admin = await watch(h);
  const { people, rooms } = known(admin);
  assert.deepEqual([people.first.length, people.count], [LISTED_MAX, many + 1]);
  assert.deepEqual([rooms.first.length, rooms.count], [LISTED_MAX, many + 19]);
  assert.deepEqual(people.first.slice(0, 2).map(({ name }) => name), ["Olga", `Person ${many - 1}`]);
  assert(people.first.every(({ rooms }) => rooms.length <= ROOMS_LISTED_MAX));
});

test("Somebody with two connections is one, who came with the first", async (h) => {
  await h.enter("Ann", "lobby");
  const since = h.clock.date() - 50;
  await h.enter("Ann", "kitchen");
  const ann = known(await watch(h)).people.first[1]!;
  assert.deepEqual([ann.connections, ann.since, ann.rooms], [2, since, ["lobby", "kitchen"]]);
});

test("An administrator whose secret was replaced has to go within a second, and can do nothing before", async (h) => {
  const [idle, busy] = [await watch(h), await h.enterAdmin("Otto", "lobby")];
  const ann = await h.enter("Ann", "lobby");
  ann.say("lobby", "hello");
  await h.deliver();
  h.adminPass = "another-secret-of-the-administrator";
  busy.send({ type: "order", ref: 1, order: { type: "lock", room: "lobby" } });
  await h.deliver();
  assert.deepEqual([busy.last("error").code, busy.closeCode], ["keyWrong", Disconnect.denied.code]);
  assert.equal(h.hub.moderation.rulesOf("lobby").locked, false);
  assert.equal(idle.closeCode, undefined);
  await pass(h);
  assert.deepEqual([idle.last("error").code, idle.closeCode], ["keyWrong", Disconnect.denied.code]);
  assert.equal(ann.closeCode, undefined);
});

test("Neither can they delete what others said", async (h) => {
  const [admin, ann] = [await h.enterAdmin("Olga", "lobby"), await h.enter("Ann", "lobby")];
  ann.say("lobby", "hello");
  await h.deliver();
  h.adminPass = "another-secret-of-the-administrator";
  admin.send({ type: "delete", room: "lobby", id: ann.last("said").id });
  await h.deliver();
  assert.equal(admin.closeCode, Disconnect.denied.code);
  assert.deepEqual(ann.got("deleted"), []);
});
