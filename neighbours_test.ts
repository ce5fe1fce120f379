import assert from "node:assert/strict";
import type { Bus } from "./bus.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { GONE_MS, HEARTBEAT_MS, HINT_LENGTH_MAX, Neighbours, NEWS_MS, NEWS_MS_MAX, NODES_MAX } from "./neighbours.ts";
import { FakeBuses } from "./testing/fake_bus.ts";
import { FakeClock } from "./testing/fakes.ts";
import { type Random, withRandom } from "./testing/random.ts";
import { userIdOf } from "./text.ts";

const [ANN, BOB] = [userIdOf("ann"), userIdOf("bob")];

/** A node that believes what it is told. */
class Node {
  readonly bus: Bus;
  readonly neighbours: Neighbours;
  /** Who is where on other nodes as it was told, and on how many. */
  readonly told = new Map<string, number>();
  readonly typing: string[] = [];
  /** How many times somebody joined or left. */
  changes = 0;
  /** From where somebody is connected. */
  readonly networks = new Map<string, string>();

  constructor(clock: FakeClock, buses: FakeBuses, id: string, limits: Partial<Limits> = {}) {
    this.bus = buses.connect();
    this.neighbours = new Neighbours({
      bus: this.bus,
      clock,
      limits: { ...DEFAULT_LIMITS, ...limits },
      id,
      networkOf: (user) => this.networks.get(user),
    });
    this.neighbours.listen({
      joined: (user, room) => this.#count(`${room} ${user}`, 1),
      left: (user, room) => this.#count(`${room} ${user}`, -1),
      typing: (user, room) => this.typing.push(`${room} ${user}`),
    });
    this.neighbours.start();
  }

  #count(key: string, by: 1 | -1): void {
    this.changes++;
    const count = (this.told.get(key) ?? 0) + by;
    assert.ok(count >= 0, "nobody leaves who was not there");
    if (count > 0) this.told.set(key, count);
    else this.told.delete(key);
  }
}

/** So many nodes, on a clock that the test moves, which know each other. */
class Town {
  readonly clock = new FakeClock();
  readonly buses: FakeBuses;
  readonly nodes: Node[];

  constructor(count: number, { random, limits }: { random?: Random; limits?: Partial<Limits> } = {}) {
    this.buses = new FakeBuses(this.clock, random);
    this.nodes = Array.from({ length: count }, (_, i) => new Node(this.clock, this.buses, `n${i}`, limits));
    this.clock.run(HEARTBEAT_MS);
    this.buses.sent.length = 0;
  }

  /** What was sent, of one type. */
  sent(type: string): string[] {
    return this.buses.sent.filter((hint) => JSON.parse(hint).type === type);
  }

  end(): void {
    for (const { neighbours } of this.nodes) neighbours.end();
    this.clock.run(0);
    this.clock.run(this.buses.delayMs);
    assert.equal(this.clock.waiting, 0, "who has ended leaves no timer behind");
  }
}

function test(name: string, count: number, check: (town: Town) => void): void {
  Deno.test(name, () => {
    const town = new Town(count);
    check(town);
    town.end();
  });
}

test(
  "Who comes and goes on a node is told on the others at its next tick, once however many connections it is",
  3,
  (t) => {
    const [here, ...others] = t.nodes as [Node, ...Node[]];
    for (let i = 0; i < 3; i++) here.neighbours.joined(ANN, "lobby");
    t.clock.run(NEWS_MS);
    for (const { told } of others) assert.deepEqual([...told], [[`lobby ${ANN}`, 1]]);
    for (let i = 0; i < 2; i++) here.neighbours.left(ANN, "lobby");
    t.clock.run(NEWS_MS);
    for (const { told } of others) assert.equal(told.size, 1);
    here.neighbours.left(ANN, "lobby");
    t.clock.run(NEWS_MS);
    for (const { told } of others) assert.equal(told.size, 0);
    assert.equal(t.buses.sent.length, 2, "one hint, and one when the last connection has gone");
  },
);

test("Nothing is sent while nothing happens but heartbeats, nor about who came and went between two ticks", 2, (t) => {
  t.clock.run(60_000);
  const [{ neighbours }] = t.nodes as [Node];
  neighbours.joined(ANN, "lobby");
  neighbours.left(ANN, "lobby");
  neighbours.typing(ANN, "lobby");
  neighbours.said(ANN, "lobby");
  t.clock.run(NEWS_MS);
  assert.equal(t.buses.sent.length, 2 * 60_000 / HEARTBEAT_MS);
  assert.equal(t.sent("alive").length, t.buses.sent.length);
});

test("Who is typing is told, until they have said it; of many in a room only some are", 2, (t) => {
  const [here, there] = t.nodes as [Node, Node];
  const crowd = Array.from({ length: 20 }, (_, i) => userIdOf(String(i)));
  for (const user of crowd) here.neighbours.joined(user, "lobby");
  for (const user of crowd) here.neighbours.typing(user, "lobby");
  here.neighbours.said(crowd[1]!, "lobby");
  t.clock.run(NEWS_MS);
  assert.deepEqual(there.typing, [0, 2, 3, 4].map((i) => `lobby ${crowd[i]}`));
});

test("Who comes later learns who is there, and is known, within two ticks", 1, (t) => {
  const [here] = t.nodes as [Node];
  here.neighbours.joined(ANN, "lobby");
  t.clock.run(NEWS_MS);
  const late = new Node(t.clock, t.buses, "late");
  t.nodes.push(late);
  late.neighbours.joined(BOB, "lobby");
  t.clock.run(2 * NEWS_MS);
  assert.deepEqual([...late.told], [[`lobby ${ANN}`, 1]]);
  assert.deepEqual([...here.told], [[`lobby ${BOB}`, 1]]);
  assert.deepEqual([...late.neighbours.peopleIn("lobby")], [ANN]);
  assert.deepEqual([...late.neighbours.roomsOf(ANN)], ["lobby"]);
});

test("Somebody on two nodes is told twice, and leaves when both have let them go", 3, (t) => {
  const [a, b, c] = t.nodes as [Node, Node, Node];
  for (const { neighbours } of [a, b]) neighbours.joined(ANN, "lobby");
  t.clock.run(NEWS_MS);
  assert.equal(c.told.get(`lobby ${ANN}`), 2);
  a.neighbours.left(ANN, "lobby");
  t.clock.run(NEWS_MS);
  assert.equal(c.told.get(`lobby ${ANN}`), 1);
});

test("Everybody leaves a node that is not heard any more within 15 s, and one that says goodbye at once", 3, (t) => {
  const [a, b, c] = t.nodes as [Node, Node, Node];
  a.neighbours.joined(ANN, "lobby");
  b.neighbours.joined(BOB, "lobby");
  t.clock.run(NEWS_MS);
  assert.equal(c.told.size, 2);
  b.neighbours.end();
  t.clock.run(0);
  assert.deepEqual([...c.told.keys()], [`lobby ${ANN}`]);
  t.buses.cut(c.bus, a.bus);
  t.clock.run(2 * HEARTBEAT_MS);
  assert.equal(c.told.size, 1, "two heartbeats may be lost");
  t.clock.run(15_000 - 2 * HEARTBEAT_MS);
  assert.equal(c.told.size, 0);
  assert.ok(GONE_MS < 15_000);
});

test("A hint that was lost is made up for, and nobody leaves and comes back because of it", 2, (t) => {
  const [here, there] = t.nodes as [Node, Node];
  here.neighbours.joined(ANN, "lobby");
  t.clock.run(NEWS_MS);
  t.buses.cut(there.bus, here.bus);
  here.neighbours.joined(BOB, "lobby");
  t.clock.run(NEWS_MS);
  t.buses.mend();
  assert.equal(there.told.size, 1);
  t.clock.run(HEARTBEAT_MS + NEWS_MS);
  assert.equal(there.told.size, 2);
  assert.equal(there.changes, 2);
  assert.equal(t.sent("ask").length, 1);
});

test("After a partition everybody is where they are", 2, (t) => {
  const [a, b] = t.nodes as [Node, Node];
  a.neighbours.joined(ANN, "lobby");
  b.neighbours.joined(BOB, "lobby");
  t.clock.run(NEWS_MS);
  t.buses.cut(a.bus, b.bus);
  t.buses.cut(b.bus, a.bus);
  a.neighbours.joined(ANN, "other");
  t.clock.run(GONE_MS);
  assert.deepEqual([a.told.size, b.told.size], [0, 0]);
  t.buses.mend();
  t.clock.run(HEARTBEAT_MS + NEWS_MS);
  assert.deepEqual([...a.told.keys()], [`lobby ${BOB}`]);
  assert.deepEqual([...b.told.keys()].sort(), [`lobby ${ANN}`, `other ${ANN}`]);
});

test(
  "Of all nodes that hear each other the one with the least id is first, and who has just come waits for the others",
  3,
  (t) => {
    const firsts = () => t.nodes.map(({ neighbours }) => neighbours.isFirst);
    assert.deepEqual(firsts(), [true, false, false]);
    const least = new Node(t.clock, t.buses, "a");
    t.nodes.push(least);
    assert.deepEqual(firsts(), [true, false, false, false]);
    t.clock.run(HEARTBEAT_MS);
    assert.deepEqual(firsts(), [false, false, false, true]);
    least.neighbours.end();
    t.clock.run(0);
    assert.deepEqual(firsts(), [true, false, false, false]);
  },
);

test("From where somebody is connected is known elsewhere, also when it is from somewhere else", 3, (t) => {
  const [a, b, late] = t.nodes as [Node, Node, Node];
  a.networks.set(ANN, "192.0.2.1");
  for (let i = 0; i < 2; i++) a.neighbours.joined(ANN, "lobby");
  t.buses.cut(late.bus, a.bus);
  t.clock.run(NEWS_MS);
  assert.equal(b.neighbours.networkOf(ANN), "192.0.2.1");
  t.buses.mend();
  t.clock.run(HEARTBEAT_MS + NEWS_MS);
  assert.equal(late.neighbours.networkOf(ANN), "192.0.2.1", "also in what is told to who asks");
  a.networks.set(ANN, "192.0.2.2");
  a.neighbours.left(ANN, "lobby");
  t.clock.run(NEWS_MS);
  assert.equal(b.neighbours.networkOf(ANN), "192.0.2.2");
  a.neighbours.left(ANN, "lobby");
  t.clock.run(NEWS_MS);
  assert.equal(b.neighbours.networkOf(ANN), undefined);
});

test("10,000 people are told in hints that fit, to who sees them come and to who comes later", 2, (t) => {
  const [here, there] = t.nodes as [Node, Node];
  const crowd = Array.from({ length: 10_000 }, (_, i) => userIdOf(String(i)));
  for (const user of crowd) {
    here.networks.set(user, "2001:db8:1234:5678::/64");
    here.neighbours.joined(user, "lobby");
  }
  t.clock.run(NEWS_MS_MAX);
  const late = new Node(t.clock, t.buses, "late");
  t.nodes.push(late);
  t.clock.run(NEWS_MS_MAX);
  for (const { told } of [there, late]) assert.equal(told.size, 10_000);
  for (const hint of t.buses.sent) assert.ok(hint.length < HINT_LENGTH_MAX + 10_000);
  assert.ok(t.sent("news").length > 10);
  assert.ok(t.sent("part").filter((hint) => JSON.parse(hint).from === "n0").length > 10);
});

test("Somebody who is in very many rooms is told in hints that fit, too", 2, (t) => {
  const [here, there] = t.nodes as [Node, Node];
  for (let i = 0; i < 5_000; i++) here.neighbours.joined(ANN, `room-${i}`.padEnd(64, "x"));
  t.clock.run(NEWS_MS);
  assert.equal(there.told.size, 5_000);
  for (const hint of t.buses.sent) assert.ok(hint.length < HINT_LENGTH_MAX + 10_000);
});

test("What makes no sense changes nothing, nor does what comes from more nodes than there can be", 1, (t) => {
  const [{ told, neighbours }] = t.nodes as [Node];
  const stranger = t.buses.connect();
  const item = { user: ANN, in: ["lobby"] };
  const everything = { type: "part", count: 0, index: 0, parts: 1 };
  const strange: unknown[] = [
    null,
    7,
    [],
    {},
    { from: 7, type: "alive", count: 1 },
    { from: "x", type: "alive", count: "1" },
    { from: "x".repeat(1_000), type: "bye" },
    { from: "x", type: "dance" },
    { from: "x", type: "__proto__" },
    { from: "x", type: "ask", node: {} },
    { from: "x", ...everything, items: {} },
    { from: "x", ...everything, index: "0", items: [item] },
    ...[
      null,
      { user: "ann", in: ["lobby"] },
      { user: ANN, in: ["Not a room"] },
      { user: ANN, in: "lobby" },
      { ...item, network: "x".repeat(1_000) },
      { ...item, out: [null] },
      { room: "lobby", typing: [7] },
    ].map((item) => ({ from: "x", ...everything, items: [item] })),
    // A part is missing.
    ...[1, 0, 2, 2].map((index) => ({ from: "x", ...everything, index, parts: 3, items: [item] })),
  ];
  stranger.send("not JSON");
  stranger.send("[".repeat(100_000));
  for (const hint of strange) stranger.send(JSON.stringify(hint));
  t.clock.run(NEWS_MS);
  assert.equal(told.size, 0);
  for (let i = 0; i < 2 * NODES_MAX; i++) {
    stranger.send(JSON.stringify({ from: `y${i}`, ...everything, items: [item] }));
  }
  t.clock.run(NEWS_MS);
  // One of them is x, of which a part was missing.
  assert.equal([...neighbours.peopleIn("lobby")].length, NODES_MAX - 1);
  stranger.send("{}");
  t.clock.run(GONE_MS);
  assert.equal(told.size, 0);
});

Deno.test("Of a node no more is remembered than this one's limits let there be", () => {
  const t = new Town(2, { limits: { clients: 3, rooms: 2 } });
  const [here, there] = t.nodes as [Node, Node];
  for (let i = 0; i < 5; i++) here.neighbours.joined(userIdOf(String(i)), "lobby");
  for (let i = 0; i < 5; i++) here.neighbours.joined(userIdOf("0"), `room${i}`);
  t.clock.run(NEWS_MS);
  const late = new Node(t.clock, t.buses, "late", { clients: 3, rooms: 2 });
  t.nodes.push(late);
  t.clock.run(NEWS_MS);
  for (const { told } of [there, late]) {
    const places = [...told.keys()].map((key) => key.split(" "));
    assert.equal(new Set(places.map(([, user]) => user)).size, 3);
    assert.equal(new Set(places.map(([room]) => room)).size, 2);
  }
  t.end();
});

Deno.test("Whatever is lost, late or cut, a heartbeat, a tick and a round trip later everybody is where they are", () =>
  withRandom((random) => {
    for (let round = 0; round < 30; round++) {
      const t = new Town(4, { random });
      const users = Array.from({ length: 12 }, (_, i) => userIdOf(String(i)));
      const rooms = ["a", "b", "c"];
      // Where connections really are, by node.
      const truth = t.nodes.map(() => new Map<string, number>());
      t.buses.delayMs = 100;
      for (let step = 0; step < 200; step++) {
        const at = random.below(t.nodes.length);
        const [{ neighbours, networks, bus }, connections] = [t.nodes[at]!, truth[at]!];
        const [user, room] = [random.pick(users), random.pick(rooms)];
        const key = `${room} ${user}`;
        const count = connections.get(key) ?? 0;
        networks.set(user, `192.0.2.${random.below(9)}`);
        if (random.chance(0.5)) {
          neighbours.joined(user, room);
          connections.set(key, count + 1);
        } else if (count > 0) {
          neighbours.left(user, room);
          if (count > 1) connections.set(key, count - 1);
          else connections.delete(key);
        }
        if (random.chance(0.3)) neighbours.typing(user, room);
        if (random.chance(0.05)) t.buses.loss = random.next();
        if (random.chance(0.05)) t.buses.mend();
        const other = random.pick(t.nodes).bus;
        if (random.chance(0.1) && other !== bus) t.buses.cut(bus, other);
        t.clock.run(random.chance(0.02) ? 20_000 : random.below(500));
      }
      t.buses.mend();
      t.clock.run(HEARTBEAT_MS + 3 * t.buses.delayMs + 2 * NEWS_MS);
      for (const [at, { told, neighbours }] of t.nodes.entries()) {
        const wanted = new Map<string, number>();
        for (const [there, connections] of truth.entries()) {
          if (there === at) continue;
          for (const key of connections.keys()) wanted.set(key, (wanted.get(key) ?? 0) + 1);
        }
        const sorted = (counts: ReadonlyMap<string, number>) => [...counts].sort();
        assert.deepEqual(sorted(told), sorted(wanted));
        for (const room of rooms) {
          const people = [...neighbours.peopleIn(room)].map((user) => `${room} ${user}`).sort();
          const count = [...wanted].filter(([key]) => key.startsWith(room)).flatMap(([key, n]) => Array(n).fill(key));
          assert.deepEqual(people, count.sort());
        }
      }
      t.end();
    }
    return Promise.resolve();
  }));
