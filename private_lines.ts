import type { Client } from "./client.ts";
import { PAUSE_MS_MAX, PAUSE_MS_MIN, type Sweep, SWEEP_WRITES, WRITE_WAIT_MS } from "./room.ts";
import type { Sweepable } from "./sweeper.ts";

/**
 * The clients for whom there are lines that are meant for them alone. Like a room it is swept, and looks after those whom
 * it has written to until their socket is through with it: a client may be in no room.
 */
export class PrivateLines implements Sweepable<Client> {
  readonly #clients = new Set<Client>();
  #pauseMs = PAUSE_MS_MIN;

  /** There is something for a client. */
  add(client: Client): void {
    this.#clients.add(client);
    this.#pauseMs = PAUSE_MS_MIN;
  }

  /** Writes to the next few of those who are ready. */
  sweep(now: number): Sweep<Client> {
    const evicted: Client[] = [];
    let writes = 0;
    let looks = 0;
    for (const client of this.#clients) {
      if (writes === SWEEP_WRITES) return { evicted, writes, looks, again: 0 };
      looks++;
      const { state } = client;
      if (state === "ready" && client.privateLength > 0) {
        client.flush();
        writes++;
      } else if (state === "ready") {
        this.#clients.delete(client);
      } else if (state === "gone" || client.blockedMs(now) > WRITE_WAIT_MS) {
        this.#clients.delete(client);
        evicted.push(client);
      }
    }
    if (this.#clients.size === 0) return { evicted, writes, looks, again: undefined };
    this.#pauseMs = writes > 0 ? PAUSE_MS_MIN : Math.min(2 * this.#pauseMs, PAUSE_MS_MAX);
    return { evicted, writes, looks, again: this.#pauseMs };
  }
}
