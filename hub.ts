import { Channel } from "./channel.ts";
import type { Client, ClientEvent } from "./client.ts";
import { Disconnect } from "./protocol.ts";
import { Room } from "./room.ts";

/** How many events may wait for the hub. It empties its inbox whole whenever it wakes, so more means that it is overrun. */
export const INBOX_EVENTS_MAX = 65_536;

/** How long the hub, when it ends, goes on delivering what it has accepted, in ms. */
export const LAST_LINES_MS = 3_000;

/** Time, as the hub needs it. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Calls back at the next turn of the event loop, after sockets were read; the returned function calls it off. */
  nextTurn(callback: () => void): () => void;
  /** Calls back after a while; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** The clock and event loop of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  nextTurn(callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * The set of registered clients, and the one loop that changes it.
 *
 * Requests to register, unregister and broadcast share one inbox, so their order is kept. Between two waits at the head
 * of its loop the hub is synchronous: nothing else can happen in between. The only other thing that touches the room is
 * the sweep, which runs between two turns of the loop and is just as synchronous.
 */
export class Hub {
  /** Where clients put their requests. */
  readonly inbox: Channel<ClientEvent> = new Channel(INBOX_EVENTS_MAX);
  readonly #room = new Room<Client>();
  readonly #clock: Clock;
  #sweeping = false;
  #callOffSweep: () => void = () => {};
  #swept: () => void = () => {};

  /** Does nothing before `run`. */
  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  /** How many clients are registered. */
  get size(): number {
    return this.#room.size;
  }

  /** Whether the client is registered. */
  has(client: Client): boolean {
    return this.#room.has(client);
  }

  /** Serves requests until the hub is closed, then delivers what it has, but not for ever. Call it once. */
  async run(): Promise<void> {
    for await (const first of this.inbox) {
      this.#handle(first);
      for (const event of this.inbox.drain()) this.#handle(event);
    }
    if (this.#room.backlog > 0) await this.#deliverLastLines();
    this.#callOffSweep();
    for (const client of this.#room.members()) this.#remove(client, Disconnect.goingAway);
  }

  /** Accepts no more requests; `run` delivers what it has, disconnects everyone and returns. */
  close(): void {
    this.inbox.close();
  }

  readonly #handlers: { [E in ClientEvent as E["type"]]: (event: E) => void } = {
    register: ({ client }) => this.#room.join(client),
    unregister: ({ client }) => this.#remove(client, Disconnect.left),
    broadcast: ({ client, text }) => {
      if (!this.#room.push(text)) {
        for (const slow of this.#room.evictHindmost()) slow.close(Disconnect.slow);
        // Those who read are not to blame for a flood that is faster than the server.
        if (!this.#room.push(text)) return this.#remove(client, Disconnect.overloaded);
      }
      this.#sweepFrom(0);
    },
  };

  #handle(event: ClientEvent): void {
    // The table has a handler for each type, which TypeScript can't follow through the look-up.
    const handler = this.#handlers[event.type] as (event: ClientEvent) => void;
    handler(event);
  }

  #remove(client: Client, disconnect: Disconnect): void {
    if (this.#room.leave(client)) client.close(disconnect);
  }

  #deliverLastLines(): Promise<void> {
    return new Promise((resolve) => {
      const callOffDeadline = this.#clock.after(LAST_LINES_MS, resolve);
      this.#swept = () => {
        if (this.#room.backlog > 0) return;
        callOffDeadline();
        resolve();
      };
    });
  }

  /** Sees to it that the room is swept after a while, unless a sweep is under way, which will see what is new. */
  #sweepFrom(ms: number): void {
    if (this.#sweeping) return;
    this.#callOffSweep();
    this.#sweeping = ms === 0;
    this.#callOffSweep = ms === 0 ? this.#clock.nextTurn(this.#sweep) : this.#clock.after(ms, this.#sweep);
  }

  readonly #sweep = (): void => {
    const { evicted, again } = this.#room.sweep(this.#clock.now());
    for (const client of evicted) client.close(Disconnect.slow);
    this.#sweeping = false;
    if (again !== undefined) this.#sweepFrom(again);
    this.#swept();
  };
}
