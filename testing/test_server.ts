import type { Asset } from "../assets.ts";
import { Hub } from "../hub.ts";
import { openMemory } from "../journal/memory.ts";
import { Server, type Site } from "../server.ts";

/** How long a test waits for something that should happen at once, in ms. */
const WAIT_MS_MAX = 10_000;

/** The server in this process, on a port of its own, so that a test can look at its hub. `await using` ends it. */
export class TestServer implements AsyncDisposable {
  readonly #journal = openMemory();
  readonly hub = new Hub({ journal: this.#journal });
  readonly port: number;
  readonly #server: Server;
  readonly #ended = this.hub.run();

  constructor(site: Partial<Omit<Site, "hub">> = {}) {
    const assets = new Map<string, Asset>();
    const config = { origins: [], messageBytesMax: 65_536 };
    this.#server = new Server({ assets, config, ...site, hub: this.hub });
    this.port = this.#server.listen({ hostname: "127.0.0.1", port: 0 }).port;
  }

  /** Waits until the hub has so many clients. */
  async clients(count: number): Promise<void> {
    const deadline = performance.now() + WAIT_MS_MAX;
    while (this.hub.size !== count) {
      if (performance.now() > deadline) throw new Error(`The hub has ${this.hub.size} clients, not ${count}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Ends the server as the program does, and returns when everyone is gone or did not go in time. */
  async end(): Promise<void> {
    this.hub.close();
    await this.#ended;
    await this.#server.drain();
    await this.#journal.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}
