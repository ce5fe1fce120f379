import assert from "node:assert/strict";
import fc from "fast-check";
import type { Client } from "./client.ts";
import { GOODBYE_TICK_MS, GOODBYE_TICKS, Hub, LAST_LINES_MS } from "./hub.ts";
import { openMemory } from "./journal/memory.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Disconnect } from "./protocol.ts";
import { LOG_BYTES_MAX, QUEUE_LINES_MAX, SLOW_GRACE_MS, WRITE_WAIT_MS } from "./room.ts";
import { FakeClock, FakeSocket, settle } from "./testing/fakes.ts";

/** A hub that runs, on a clock that the test moves. */
class Harness {
  readonly clock = new FakeClock();
  readonly #journal = openMemory();
  readonly hub = new Hub({
    journal: this.#journal,
    clock: this.clock,
    limits: { ...DEFAULT_LIMITS, rate: Infinity },
  });
  readonly ended = this.hub.run();

  /** A plain-text client that has asked to be registered. */
  connect(): { client: Client; socket: FakeSocket } {
    const socket = new FakeSocket();
    const client = this.hub.connect(socket, { form: "plain", room: "lobby", address: "127.0.0.1" });
    client.opened();
    return { client, socket };
  }

  /** Lets the hub handle what is in its inbox, and then sweep for `ms`. */
  async deliver(ms = 50): Promise<void> {
    await settle();
    this.clock.run(ms);
    await settle();
  }

  /** Lets everything happen until nothing more does: much that is said takes several commits. */
  async rest(): Promise<void> {
    do await this.deliver(Infinity); while (this.clock.waiting > 0);
  }

  async end(): Promise<void> {
    this.hub.close();
    await this.rest();
    await this.ended;
    await this.#journal.close();
  }
}

function test(name: string, check: (harness: Harness) => Promise<void>): void {
  Deno.test(name, async () => {
    const harness = new Harness();
    await check(harness);
    await harness.end();
    assert.equal(harness.clock.waiting, 0, "a hub that has ended leaves no timer behind");
  });
}

test("Hub registers a client in its loop, not before", async (h) => {
  const { client } = h.connect();
  assert.equal(h.hub.has(client), false);
  await settle();
  assert.equal(h.hub.has(client), true);
});

test("Hub sends what one says to everyone, the sender too", async (h) => {
  const [ann, bob] = [h.connect(), h.connect()];
  ann.client.received("hello");
  await h.deliver();
  assert.deepEqual(ann.socket.sent, ["hello"]);
  assert.deepEqual(bob.socket.sent, ["hello"]);
});

test("Hub keeps the order in which requests came: a line kept before somebody registered does not reach them", async (h) => {
  const ann = h.connect();
  ann.client.received("before");
  await settle();
  const bob = h.connect();
  ann.client.received("after");
  await h.deliver();
  assert.deepEqual(ann.socket.lines, ["before", "after"]);
  assert.deepEqual(bob.socket.lines, ["after"]);
});

test("Hub sends what is said in one turn as one message", async (h) => {
  const ann = h.connect();
  for (let i = 0; i < 100; i++) ann.client.received(String(i));
  await h.deliver();
  assert.equal(ann.socket.sent.length, 1);
  assert.deepEqual(ann.socket.lines, Array.from({ length: 100 }, (_, i) => String(i)));
});

test("Hub sweeps once for a whole burst, also when it waits for somebody who is busy", async (h) => {
  const ann = h.connect();
  await h.deliver(1_000);
  ann.socket.stuck = true;
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 100; i++) ann.client.received("a");
    await settle();
    assert.equal(h.clock.waiting, 1);
    h.clock.advance(0);
    assert.equal(h.clock.waiting, 1);
  }
});

test("Unregistering ends a client's lines and sends a close frame", async (h) => {
  const { client, socket } = h.connect();
  await settle();
  h.hub.inbox.trySend({ client, message: { type: "gone" } });
  client.received("too late");
  await h.deliver();
  assert.equal(h.hub.size, 0);
  assert.deepEqual(socket.sent, []);
  assert.deepEqual(socket.closedWith, { code: 1000, reason: "" });
});

test("Unregistering twice, or without having registered, is harmless", async (h) => {
  const [ann, bob] = [h.connect(), h.connect()];
  for (let i = 0; i < 2; i++) ann.client.gone();
  h.hub.connect(new FakeSocket(), { form: "plain", room: "lobby", address: "127.0.0.1" }).gone();
  bob.client.received("still here");
  await h.deliver();
  assert.equal(h.hub.size, 1);
  assert.deepEqual(bob.socket.sent, ["still here"]);
});

test("Hub evicts a member whose send queue is full and keeps serving the room", async (h) => {
  const [ann, bob] = [h.connect(), h.connect()];
  await h.deliver(1_000);
  bob.socket.stuck = true;
  ann.client.received("goes into the socket");
  await h.deliver();
  for (let i = 0; i < QUEUE_LINES_MAX; i++) ann.client.received(String(i));
  await h.deliver(2 * SLOW_GRACE_MS);
  assert.equal(h.hub.has(bob.client), true, "its queue is full to the last line, but not over");
  ann.client.received("one too many");
  await h.deliver();
  assert.equal(h.hub.has(bob.client), false);
  assert.equal(bob.socket.closedWith?.code, Disconnect.slow.code);
  ann.client.received("go on");
  await h.deliver();
  assert.equal(ann.socket.lines.length, QUEUE_LINES_MAX + 3);
  assert.deepEqual(bob.socket.sent, ["goes into the socket"]);
});

test("Hub finds a member that stopped reading even if nothing more is said", async (h) => {
  const { client, socket } = h.connect();
  socket.stuck = true;
  client.received("stuck");
  await h.deliver(2 * WRITE_WAIT_MS);
  assert.equal(h.hub.size, 0);
  assert.equal(socket.closedWith?.code, Disconnect.slow.code);
});

test("Hub forgets a client whose socket went without a word", async (h) => {
  const [ann, bob] = [h.connect(), h.connect()];
  await settle();
  bob.socket.readyState = 3;
  ann.client.received("anyone?");
  await h.deliver();
  assert.equal(h.hub.has(bob.client), false);
});

test("Hub does nothing at all while nothing is said", async (h) => {
  const ann = h.connect();
  ann.client.received("hello");
  await h.deliver(1_000);
  assert.equal(h.clock.waiting, 0);
});

Deno.test("Closing the hub delivers what was accepted, then disconnects everyone with 1001", async () => {
  const h = new Harness();
  const [ann, bob] = [h.connect(), h.connect()];
  for (const text of ["a", "b"]) ann.client.received(text);
  h.hub.close();
  ann.client.received("too late");
  await h.end();
  for (const { socket } of [ann, bob]) {
    assert.deepEqual(socket.sent, ["a\nb"]);
    assert.equal(socket.closedWith?.code, Disconnect.goingAway.code);
  }
  assert.equal(h.hub.size, 0);
  assert.equal(h.clock.waiting, 0);
  assert(h.clock.now() < LAST_LINES_MS, "nobody had to be waited for");
});

Deno.test("HOSTILE 29: a hub that ends says goodbye to a few at a time, and is done within a second or so", async () => {
  const h = new Harness();
  const sockets = Array.from({ length: 1_000 }, () => h.connect().socket);
  await h.deliver();
  h.hub.close();
  await h.deliver(0);
  const left = () => sockets.filter(({ closedWith }) => closedWith !== undefined).length;
  const counts = [left()];
  for (let tick = 1; tick < GOODBYE_TICKS; tick++) {
    await h.deliver(GOODBYE_TICK_MS);
    counts.push(left());
  }
  assert.deepEqual(counts, Array.from({ length: GOODBYE_TICKS }, (_, tick) => (tick + 1) * 1_000 / GOODBYE_TICKS));
  await h.ended;
  await h.end();
});

Deno.test("A hub that ends waits for who is busy, but not for ever", async () => {
  for (const reads of [true, false]) {
    const h = new Harness();
    const { client, socket } = h.connect();
    socket.stuck = true;
    client.received("a");
    await h.deliver();
    client.received("b");
    h.hub.close();
    await settle();
    h.clock.run(100);
    assert.equal(socket.readyState, 1);
    if (reads) socket.unstick();
    h.clock.run(LAST_LINES_MS);
    await h.ended;
    assert.deepEqual(socket.sent, reads ? ["a", "b"] : ["a"]);
    assert.equal(socket.closedWith?.code, Disconnect.goingAway.code);
    assert.equal(h.clock.waiting, 0);
  }
});

test("Who floods faster than the server can deliver is cut with 1013 when the room is full, nobody else", async (h) => {
  const [ann, bob] = [h.connect(), h.connect()];
  const flood = "x".repeat(1_000);
  for (let sent = 0; sent <= LOG_BYTES_MAX; sent += 1_000 * flood.length) {
    for (let i = 0; i < 1_000; i++) ann.client.received(flood);
    await settle();
  }
  assert.equal(ann.socket.closedWith?.code, Disconnect.overloaded.code);
  await h.deliver();
  assert.equal(h.hub.has(bob.client), true);
  const lines = bob.socket.lines.length;
  assert(lines > 50_000 && lines * flood.length < LOG_BYTES_MAX, `${lines} lines`);
});

// What can happen to a hub, in any order; `who` picks a client that there is.
const who = fc.nat({ max: 30 });
const happening = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("connect" as const), times: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant("say" as const), who, times: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("leave" as const), who }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("vanish" as const), who }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("stick" as const), who }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("unstick" as const), who }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("handle" as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant("turn" as const) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("pass" as const), ms: fc.integer({ min: 1, max: 4_000 }) }) },
);

/** A client and what the test knows of it. */
interface Visitor {
  readonly client: Client;
  readonly socket: FakeSocket;
  /** How many lines had been kept, and how many had been said, when it asked to be registered. */
  readonly kept: number;
  readonly said: number;
  here: boolean;
  stuckAt: number;
  stuckMs: number;
}

Deno.test("Every member that stays gets every line from its join on, once, in order, in 2,000 random histories", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 60, size: "max" }), async (history) => {
      const h = new Harness();
      const said: string[] = [];
      let kept = 0;
      const visitors: Visitor[] = [];
      const unstick = (visitor: Visitor) => {
        if (visitor.socket.stuck) visitor.stuckMs += h.clock.now() - visitor.stuckAt;
        visitor.socket.unstick();
      };
      for (const event of history) {
        const visitor = "who" in event ? visitors[event.who % visitors.length] : undefined;
        if (event.type === "connect") {
          for (let i = 0; i < event.times; i++) {
            visitors.push({ ...h.connect(), kept, said: said.length, here: true, stuckAt: 0, stuckMs: 0 });
          }
        } else if (event.type === "handle") {
          await settle();
          kept = said.length;
        } else if (event.type === "turn") {
          h.clock.advance(0);
        } else if (event.type === "pass") {
          h.clock.run(event.ms);
        } else if (visitor === undefined || visitor.client.state === "gone") {
          continue;
        } else if (event.type === "say") {
          for (let i = 0; i < event.times; i++) {
            said.push(`line ${said.length}`);
            visitor.client.received(said.at(-1));
          }
        } else if (event.type === "stick" && !visitor.socket.stuck) {
          visitor.socket.stuck = true;
          visitor.stuckAt = h.clock.now();
        } else if (event.type === "unstick") {
          unstick(visitor);
        } else if (event.type === "leave" || event.type === "vanish") {
          visitor.here = false;
          visitor.socket.readyState = 3;
          if (event.type === "leave") visitor.client.gone();
        }
      }
      for (const visitor of visitors) unstick(visitor);
      await h.rest();

      for (const { client, socket, here, stuckMs, ...at } of visitors) {
        if (socket.closedWith?.code === Disconnect.slow.code && here) {
          assert(stuckMs > SLOW_GRACE_MS, "only who did not read for a while is evicted");
        }
        // From the first line on that was kept after it came, up to the last, unless it went.
        const from = socket.lines.length > 0 ? said.indexOf(socket.lines[0]!) : at.said;
        assert(at.kept <= from && from <= at.said, `${at.kept} ${from} ${at.said}`);
        const due = said.slice(from);
        assert.deepEqual(socket.lines, due.slice(0, socket.lines.length));
        if (!here) continue;
        if (socket.closedWith === undefined) assert.equal(socket.lines.length, due.length);
        assert.equal(h.hub.has(client), socket.closedWith === undefined);
      }
      await h.end();
    }),
    { numRuns: 2_000 },
  );
});
