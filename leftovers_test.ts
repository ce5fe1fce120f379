import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Client } from "./client.ts";
import { type Clock, systemClock } from "./sweeper.ts";
import { withRandom } from "./testing/random.ts";
import { onEachTransport, TestServer } from "./testing/test_server.ts";
import { Wanderer, type World } from "./testing/wanderer.ts";

const CLIENTS = 200;
/** How often they leave, all together … */
const LEAVINGS = 500;
/** … and how much faster than people they are. */
const HASTE = 40;

/** The system's clock, which knows who waits. */
class CountingClock implements Clock {
  readonly waiting = new Set<() => void>();

  now = systemClock.now;
  date = systemClock.date;

  nextTurn(callback: () => void): () => void {
    return this.#count(callback, (counted) => systemClock.nextTurn(counted));
  }

  after(ms: number, callback: () => void): () => void {
    return this.#count(callback, (counted) => systemClock.after(ms, counted));
  }

  #count(callback: () => void, start: (counted: () => void) => () => void): () => void {
    const counted = () => {
      this.waiting.delete(counted);
      callback();
    };
    this.waiting.add(counted);
    const callOff = start(counted);
    return () => {
      this.waiting.delete(counted);
      callOff();
    };
  }
}

// Deno's own sanitizers look, when a test is over, for timers, files and listening sockets.
onEachTransport(
  `After ${CLIENTS} clients came and went in every bad way, nothing is left of them`,
  (transport) =>
    withRandom(async (random) => {
      const clock = new CountingClock();
      await using server = await TestServer.start({ transport, clock, limits: { rate: 20 } });
      const clients: WeakRef<Client>[] = [];
      const connect = server.hub.connect.bind(server.hub);
      server.hub.connect = (...args) => {
        const client = connect(...args);
        clients.push(new WeakRef(client));
        return client;
      };
      const end = new AbortController();
      const ways: string[] = [];
      const world: World = {
        port: server.port,
        end: end.signal,
        haste: HASTE,
        leaving(how) {
          ways.push(how);
          if (ways.length === LEAVINGS) end.abort();
        },
        heard() {},
      };
      await Promise.all(Array.from({ length: CLIENTS }, (_, i) => new Wanderer(i, world, random).wander()));
      assert(new Set(ways).size > 15 && clients.length > CLIENTS, "It was a test of something");

      await server.clients(0);
      assert.deepEqual(server.hub.rooms, []);
      await server.connections(0);
      await server.until(() => `${clock.waiting.size} timers wait`, () => clock.waiting.size === 0);
      const held = () => clients.filter((client) => client.deref() !== undefined).length;
      setFlagsFromString("--expose-gc");
      const collectGarbage: () => void = runInNewContext("gc");
      await server.until(() => `${held()} of ${clients.length} clients are held by something`, () => {
        collectGarbage();
        return held() === 0;
      });
    }),
);
