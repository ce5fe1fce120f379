import assert from "node:assert/strict";
import { digestOf } from "./access.ts";
import { AHEAD_IDS_MAX, AHEAD_MS_MAX } from "./ahead.ts";
import { openMemory } from "./journal/memory.ts";
import { Hub, PostRefused } from "./hub.ts";
import { GONE_MS, HEARTBEAT_MS, NEWS_MS_MAX } from "./neighbours.ts";
import { Disconnect, type Order } from "./protocol.ts";
import { LISTED_MAX } from "./roster.ts";
import { Cluster, type ClusterNode } from "./testing/cluster.ts";
import { FakeClock } from "./testing/fakes.ts";
import { Peer, secretOf } from "./testing/harness.ts";
import { userIdOf } from "./text.ts";

function test(name: string, nodes: number, check: (cluster: Cluster) => Promise<void>): void {
  Deno.test(name, async () => {
    const cluster = await Cluster.start(nodes);
    await check(cluster);
    await cluster.end();
    assert.equal(cluster.clock.waiting, 0, "nodes that have ended leave no timer behind");
  });
}

const idOf = (name: string) => userIdOf(secretOf(name));

/** The names of those who are in a room as somebody was told, in order of coming, and how many there are. */
function peopleOf(peer: Peer, room = "lobby"): { names: string[]; count: number } {
  const joined = peer.got("joined").filter((joined) => joined.room === room).at(-1)!;
  const people = new Map(joined.people.map(({ id, name }) => [id, name]));
  let { count } = joined;
  const lines = peer.socket.lines.map((line) => JSON.parse(line));
  const since = lines.slice(lines.findLastIndex((line) => line.type === "joined" && line.room === room));
  for (const line of since) {
    if (line.type !== "people" || line.room !== room) continue;
    for (const id of line.left) people.delete(id);
    for (const { id, name } of line.joined) people.set(id, name);
    count = line.count;
  }
  return { names: [...people.values()], count };
}

async function order(cluster: Cluster, admin: Peer, order: Order): Promise<number> {
  admin.send({ type: "order", ref: 1, order });
  await cluster.deliver();
  return admin.last("done").id;
}

test("Who is in a room on one node is there for those on all of them, and what they say, too", 3, async (c) => {
  const ann = await c.enter(0, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  const cy = await c.enter(2, "Cy", "lobby");
  for (const peer of [ann, bob, cy]) {
    const { names, count } = peopleOf(peer);
    assert.deepEqual([names.sort(), count], [["Ann", "Bob", "Cy"], 3]);
  }
  assert.equal(cy.last("joined").count, 3, "at once, to who comes");
  bob.say("lobby", "b1", "hello");
  await c.deliver();
  for (const peer of [ann, bob, cy]) assert.deepEqual(peer.texts, ["hello"]);
  bob.send({ type: "leave", room: "lobby" });
  await c.deliver();
  assert.deepEqual(peopleOf(ann), { names: ["Ann", "Cy"], count: 2 });
});

test("Who comes to a room that people of other nodes are in is told of them once", 2, async (c) => {
  await c.enter(0, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  const told = bob.got("people").flatMap(({ joined }) => joined.map(({ name }) => name));
  assert.deepEqual(bob.last("joined").people.map(({ name }) => name), ["Ann", "Bob"]);
  assert.deepEqual(told, ["Bob"]);
});

test("The same person on two nodes is one, and is there until they have left both", 3, async (c) => {
  const watcher = await c.enter(2, "Cy", "lobby");
  const tabs = [await c.enter(0, "Ann", "lobby"), await c.enter(1, "Ann", "lobby")];
  for (const peer of [watcher, ...tabs]) assert.equal(peopleOf(peer).count, 2);
  for (const [index, tab] of tabs.entries()) {
    tab.client.gone();
    await c.deliver();
    assert.equal(peopleOf(watcher).count, index === 0 ? 2 : 1);
  }
  assert.equal(watcher.got("people").flatMap(({ left }) => left).length, 1);
});

test("A new name is told on all nodes once, without that of before in between", 2, async (c) => {
  const ann = await c.enter(0, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  const before = bob.got("people").length;
  ann.send({ type: "rename", name: "Anna" }, { type: "join", room: "other" }, { type: "leave", room: "other" });
  await c.deliver();
  assert.deepEqual(bob.got("people").slice(before).flatMap(({ joined }) => joined), [{
    id: idOf("Ann"),
    name: "Anna",
  }]);
  assert.deepEqual(peopleOf(bob).names, ["Anna", "Bob"]);
  const tab = await c.enter(1, "Bob", "other");
  tab.send({ type: "rename", name: "Bobby" });
  await c.deliver();
  assert.deepEqual(peopleOf(ann).names.sort(), ["Anna", "Bobby"]);
});

test("Who is typing is seen on other nodes, and no more when they have said it", 2, async (c) => {
  const ann = await c.enter(0, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  ann.send({ type: "typing", room: "lobby" });
  await c.deliver();
  assert.deepEqual(bob.last("typing").people, [{ id: idOf("Ann"), name: "Ann" }]);
  ann.send({ type: "typing", room: "lobby" });
  ann.say("lobby", "a1", "said");
  await c.deliver();
  assert.equal(bob.got("typing").length, 1);
});

test(
  "The people of a node that says no more are gone within 15 s, those of one that ends at once, and all come back",
  3,
  async (c) => {
    const [dead, ending] = c.nodes as [typeof c.nodes[0], typeof c.nodes[0]];
    await c.enter(0, "Ann", "lobby");
    await c.enter(1, "Bob", "lobby");
    const cy = await c.enter(2, "Cy", "lobby");
    assert.equal(peopleOf(cy).count, 3);
    ending.hub.close();
    await c.deliver(300);
    assert.deepEqual(peopleOf(cy), { names: ["Ann", "Cy"], count: 2 });
    c.buses.cut(c.nodes[2]!.bus, dead.bus);
    await c.deliver(15_000);
    assert.deepEqual(peopleOf(cy), { names: ["Cy"], count: 1 });
    c.buses.mend();
    await c.deliver(HEARTBEAT_MS + 1_000);
    assert.deepEqual(peopleOf(cy), { names: ["Cy", "Ann"], count: 2 });
  },
);

test("After a partition each side sees the other again, as it is then", 2, async (c) => {
  const [a, b] = c.nodes as [typeof c.nodes[0], typeof c.nodes[0]];
  const ann = await c.enter(0, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  c.buses.cut(a.bus, b.bus);
  c.buses.cut(b.bus, a.bus);
  await c.deliver(GONE_MS + 1_000);
  assert.deepEqual([peopleOf(ann).count, peopleOf(bob).count], [1, 1]);
  const cy = await c.enter(1, "Cy", "lobby");
  bob.client.gone();
  c.buses.mend();
  await c.deliver(HEARTBEAT_MS + 1_000);
  for (const peer of [ann, cy]) assert.deepEqual(peopleOf(peer).names.sort(), ["Ann", "Cy"]);
});

test(
  "Of many people on other nodes some are listed, and all are counted, on the operator's page, too",
  2,
  async (c) => {
    const { hub } = c.nodes[0]!;
    for (let i = 0; i < 300; i++) new Peer(hub, "192.0.2.1").hello(`P${i}`, "lobby");
    await c.deliver(NEWS_MS_MAX + 1_000);
    const bob = await c.enter(1, "Bob", "lobby");
    assert.equal(bob.last("joined").people.length, LISTED_MAX);
    assert.equal(bob.last("joined").count, 301);
    const admin = await c.enterAdmin(1, "Op");
    admin.send({ type: "watch" });
    await c.deliver();
    assert.equal(admin.last("status").rooms!.first[0]!.people, 301);
  },
);

test("In a slow room who spoke on one node has to wait on another, and may send it again there", 2, async (c) => {
  const admin = await c.enterAdmin(0, "Op", "lobby");
  await order(c, admin, { type: "slow", room: "lobby", seconds: 30 });
  const [here, there] = [await c.enter(0, "Ann", "lobby"), await c.enter(1, "Ann", "lobby")];
  here.say("lobby", "a1", "first");
  await c.deliver();
  there.say("lobby", "a2", "second");
  await c.deliver();
  assert.equal(there.last("error").code, "slow");
  there.say("lobby", "a1", "first");
  await c.deliver();
  assert.equal(there.got("error").length, 1);
  await c.deliver(30_000);
  there.say("lobby", "a2", "second");
  await c.deliver();
  assert.deepEqual(here.texts, ["first", "second"]);
});

test("Whatever an administrator does takes effect for those on other nodes", 2, async (c) => {
  const admin = await c.enterAdmin(0, "Op", "lobby");
  const ann = await c.enter(1, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  const said = async (nonce: string) => {
    ann.say("lobby", nonce);
    await c.deliver();
    return ann.got("error").filter((error) => error.nonce === nonce).map(({ code }) => code)[0];
  };

  await order(c, admin, { type: "mute", user: idOf("Ann") });
  assert.equal(ann.last("mute").muted, true);
  assert.equal(bob.got("mute").length, 0);
  assert.equal(await said("a1"), "muted");
  await order(c, admin, { type: "unmute", user: idOf("Ann") });
  assert.equal(ann.last("mute").muted, false);
  await order(c, admin, { type: "lock", room: "lobby" });
  assert.equal(ann.last("rules").locked, true);
  assert.equal(await said("a2"), "locked");
  await order(c, admin, { type: "unlock", room: "lobby" });
  assert.equal(await said("a3"), undefined);

  admin.send({ type: "delete", room: "lobby", id: ann.last("said").id });
  await c.deliver();
  assert.equal(ann.last("deleted").message, ann.last("said").id);
  assert.equal(await said("a3"), undefined, "it is known that it was said");
  const late = await c.enter(1, "Late", "lobby");
  assert.deepEqual(late.texts, []);

  admin.send({ type: "order", ref: 1, order: { type: "link", room: "lobby" } });
  await c.deliver();
  const { id: link, secret } = admin.last("done");
  const guest = new Peer(c.nodes[1]!.hub, "192.0.2.9");
  guest.helloWith(secret, "Guest", "lobby");
  await c.deliver();
  assert.equal(guest.last("welcome").role, "guest");
  await order(c, admin, { type: "unlink", link });
  assert.equal(guest.closeCode, Disconnect.denied.code);

  admin.send({ type: "order", ref: 2, order: { type: "token", name: "Bot" } });
  await c.deliver();
  const { id: token, secret: pass } = admin.last("done");
  const holds = () => c.nodes[1]!.hub.moderation.tokenOf(digestOf(pass!)) !== undefined;
  assert.equal(holds(), true);
  await order(c, admin, { type: "untoken", token });
  assert.equal(holds(), false);

  const ban = await order(c, admin, { type: "ban", user: idOf("Ann") });
  assert.equal(ann.closeCode, Disconnect.banned.code);
  assert.equal(bob.closeCode, undefined);
  assert.deepEqual(peopleOf(admin).names.includes("Ann"), false);
  await assert.rejects(
    c.nodes[1]!.hub.post({ room: "lobby", user: idOf("Ann"), name: "Ann", text: "hello", nonce: "n" }),
    (error) => error instanceof PostRefused && error.code === "banned",
  );
  const again = await c.enter(1, "Ann", "lobby");
  assert.equal(again.closeCode, Disconnect.banned.code);
  await order(c, admin, { type: "unban", ban });
  assert.equal((await c.enter(1, "Ann", "lobby")).closeCode, undefined);
});

test("A ban shuts out the network of somebody who is connected to another node", 2, async (c) => {
  const admin = await c.enterAdmin(0, "Op", "lobby");
  const [ann, neighbour] = [await c.enter(1, "Ann", "lobby"), await c.enter(1, "Bob", "other")];
  await order(c, admin, { type: "ban", user: idOf("Ann"), address: true });
  for (const peer of [ann, neighbour]) assert.equal(peer.closeCode, Disconnect.banned.code);
  assert.equal(admin.closeCode, undefined);
});

/** Somebody who was in a room elsewhere comes to a node, with what they have of it. */
function moveTo({ hub }: ClusterNode, peer: Peer, after: number): Peer {
  const moved = new Peer(hub, "192.0.2.7");
  const { epoch } = peer.last("welcome");
  moved.send({ type: "hello", secret: secretOf("Bob"), epoch, rooms: [{ room: "lobby", after }] });
  return moved;
}

/** All that somebody who has moved was told there that was said. */
function toldTo(peer: Peer): string[] {
  return [...peer.last("joined").entries.map(({ text }) => text), ...peer.texts];
}

test("Who moves to a node that is a moment behind resumes with no hole and no double", 2, async (c) => {
  const [ann, bob] = [await c.enter(0, "Ann", "lobby"), await c.enter(0, "Bob", "lobby")];
  const [, behind] = c.nodes as [ClusterNode, ClusterNode];
  // Else the room would be read when he comes, and there is a way for either.
  await c.enter(1, "Cy", "lobby");
  ann.say("lobby", "a1");
  await c.deliver();
  behind.line.holdTail();
  ann.say("lobby", "a2");
  await c.deliver();
  ann.say("lobby", "a3");
  await c.deliver();
  const seen = bob.got("said").at(-2)!.id;
  const there = [moveTo(behind, bob, seen), moveTo(behind, bob, seen)];
  await c.deliver();
  for (const tab of there) assert.equal(tab.got("joined").length, 0);
  behind.line.mend();
  await c.deliver();
  ann.say("lobby", "a4");
  await c.deliver();
  for (const tab of there) {
    assert.deepEqual([tab.last("joined").start, toldTo(tab)], ["resumed", ["a3", "a4"]]);
    assert.equal(tab.last("joined").last, bob.got("said").at(-2)!.id);
  }
});

test("Who comes with an id that does not come after them starts again, in a few seconds or at once", 2, async (c) => {
  const ann = await c.enter(0, "Ann", "lobby");
  ann.say("lobby", "a1");
  await c.deliver();
  const { id } = ann.last("said");
  const patient = moveTo(c.nodes[1]!, ann, id + AHEAD_IDS_MAX);
  const liars = [id + AHEAD_IDS_MAX + 1, 1e300, -1, 1.5].map((after) => moveTo(c.nodes[1]!, ann, after));
  await c.deliver(AHEAD_MS_MAX - 100);
  assert.equal(patient.got("joined").length, 0);
  await c.deliver(200);
  for (const peer of [patient, ...liars]) {
    assert.deepEqual([peer.last("joined").start, toldTo(peer)], ["reload", ["a1"]]);
  }
});

test("Nobody waits any more for what has not come when who waited has left, or is there again", 2, async (c) => {
  const ann = await c.enter(0, "Ann", "lobby");
  const [, { hub }] = c.nodes as [ClusterNode, ClusterNode];
  const there = moveTo(c.nodes[1]!, ann, 1_000);
  await c.deliver();
  const waiting = c.clock.waiting;
  there.send({ type: "join", room: "lobby" });
  await c.deliver();
  assert.equal(there.last("joined").start, "fresh");
  there.client.gone();
  const gone = moveTo(c.nodes[1]!, ann, 1_000);
  await c.deliver();
  gone.client.gone();
  await c.deliver();
  assert.deepEqual([hub.rooms, c.clock.waiting], [[], waiting - 1]);
});

test("An id is known on all nodes, also where nothing was said or done: names have ids, too", 2, async (c) => {
  const ann = await c.enter(0, "Ann", "lobby");
  await c.add();
  const bob = new Peer(c.nodes[2]!.hub, "192.0.2.3");
  bob.send({ type: "hello", secret: secretOf("Bob"), rooms: [{ room: "lobby" }] });
  await c.deliver();
  const { last } = bob.last("joined");
  assert(last > 0);
  for (const at of [0, 1]) {
    const there = moveTo(c.nodes[at]!, ann, last);
    await c.deliver();
    assert.equal(there.last("joined").start, "resumed", `${at}`);
  }
});

test("A name chosen while the journal is away is theirs at once, and on all nodes when it is back", 2, async (c) => {
  const [cut] = c.nodes as [ClusterNode];
  const ann = await c.enter(0, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  cut.line.cut();
  ann.send({ type: "rename", name: "Annika" });
  const newcomer = await c.enter(0, "Cy", "lobby");
  assert.deepEqual([newcomer.last("welcome").name, newcomer.got("joined").length], ["Cy", 1]);
  assert.deepEqual(peopleOf(ann).names.sort(), ["Annika", "Bob", "Cy"]);
  await c.deliver(10_000);
  cut.line.mend();
  await c.deliver(2_000);
  for (const peer of [ann, bob, newcomer]) assert.deepEqual(peopleOf(peer).names.sort(), ["Annika", "Bob", "Cy"]);
  assert.deepEqual([ann, newcomer].flatMap((peer) => peer.got("error")), []);
  const eve = await c.enter(1, "Annika");
  assert.equal(eve.last("error").code, "nameTaken");
});

test("A name chosen while the journal is away that somebody took elsewhere is given back", 2, async (c) => {
  const [cut] = c.nodes as [ClusterNode];
  const ann = await c.enter(0, "Ann", "lobby");
  const bob = await c.enter(1, "Bob", "lobby");
  cut.line.cut();
  ann.send({ type: "rename", name: "Annika" });
  bob.send({ type: "rename", name: "Annika" });
  await c.deliver();
  cut.line.mend();
  await c.deliver(2_000);
  assert.deepEqual([ann.last("error").code, ann.last("error").detail], ["nameTaken", "Annika"]);
  assert.equal(ann.last("renamed").name, "Ann");
  assert.deepEqual(bob.got("error"), []);
  for (const peer of [ann, bob]) assert.deepEqual(peopleOf(peer).names.sort(), ["Ann", "Annika"]);
});

Deno.test("A hub that is alone sets no timer and is first", () => {
  const clock = new FakeClock();
  const journal = openMemory();
  const hub = new Hub({ journal, clock });
  assert.equal(hub.isFirst, true);
  const ended = hub.run();
  assert.equal(clock.waiting, 0);
  hub.close();
  return ended.then(() => journal.close());
});
