import { BlockList } from "node:net";
import type { Api } from "../api.ts";
import type { Asset } from "../assets.ts";
import type { Config } from "../config.ts";
import { Hub } from "../hub.ts";
import { openMemory } from "../journal/memory.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { openLog } from "../log.ts";
import { Metrics } from "../metrics.ts";
import { Moderation } from "../moderation.ts";
import { Server, type Site } from "../server.ts";
import { type Clock, systemClock } from "../sweeper.ts";
import { makeApi, MemoryTokens } from "./api_harness.ts";
import { accessTo } from "./harness.ts";
import { metricAt } from "./metric.ts";

/** How long a test waits for something that should happen at once, in ms. */
const WAIT_MS_MAX = 10_000;

/** What carries a server. */
export type TransportName = Config["transport"];
/** All that there are. */
export const TRANSPORTS: readonly TransportName[] = ["native", "node"];

/** What a test wants of a server that is not as usual. */
export interface TestSite {
  readonly transport?: TransportName;
  readonly assets?: ReadonlyMap<string, Asset>;
  readonly origins?: readonly string[];
  readonly proxies?: BlockList;
  /** Usual are the defaults, with as many messages as one likes. */
  readonly limits?: Partial<Limits>;
  readonly resources?: Partial<Site["resources"]>;
  /** The hub's time, if it is not the system's. */
  readonly clock?: Clock;
  /** What one has to know to come in; without it everybody may. */
  readonly key?: string;
}

/** The server in this process, on a port of its own, so that a test can look at its hub. `await using` ends it. */
export class TestServer implements AsyncDisposable {
  readonly metrics = new Metrics();
  /** What whoever runs it would be told. */
  readonly reports: string[] = [];
  readonly hub: Hub;
  readonly tokens = new MemoryTokens();
  readonly api: Api;
  readonly #server: Server;
  readonly journal = openMemory();
  readonly #ended: Promise<void>;
  #port = 0;

  private constructor(site: TestSite) {
    const { transport = "native", assets = new Map(), origins = [], proxies = new BlockList() } = site;
    const limits = { ...DEFAULT_LIMITS, rate: Infinity, ...site.limits };
    const clock = site.clock ?? systemClock;
    const { journal, metrics } = this;
    const { now, date } = systemClock;
    const log = openLog("pretty", { write: (line) => this.reports.push(line), now, date });
    const access = accessTo(new Moderation(journal.acts), clock, site.key);
    const hub = this.hub = new Hub({ journal, access, limits, metrics, log, clock });
    this.api = makeApi({ hub, journal, tokens: this.tokens, clock, limits, metrics, log });
    this.#server = new Server({
      hub,
      api: this.api,
      assets,
      config: { transport, origins, proxies, limits },
      metrics,
      resources: { memoryShare: () => 0, hasFiles: () => true, ...site.resources },
      log,
    });
    this.#ended = this.hub.run();
  }

  /** Starts it. */
  static async start(site: TestSite = {}): Promise<TestServer> {
    const server = new TestServer(site);
    server.#port = (await server.#server.listen({ hostname: "127.0.0.1", port: 0 })).port;
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** Waits until the hub has so many clients. */
  async clients(count: number): Promise<void> {
    await this.until(() => `there are ${this.hub.size} clients, not ${count}`, () => this.hub.size === count);
  }

  /** Waits until so many connections are left, those of peers that have left the hub too. */
  async connections(count: number): Promise<void> {
    let left = 0;
    const isSo = async () => (left = await this.metric("hubbub_connections")) === count;
    await this.until(() => `there are ${left} connections, not ${count}`, isSo);
  }

  /** Waits for something that happens at once. */
  async until(state: () => string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + WAIT_MS_MAX;
    while (!await isSo()) {
      if (performance.now() > deadline) throw new Error(`Waited in vain: ${state()}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** The value of a gauge or counter at /metrics, by its name and labels. */
  metric(name: string): Promise<number> {
    return metricAt(`http://127.0.0.1:${this.port}`, name);
  }

  /** Ends the server as the program does, and returns when everyone is gone or did not go in time. */
  async end(): Promise<void> {
    this.hub.close();
    await this.#ended;
    await this.#server.drain();
    await this.journal.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** A test of behaviour that is the same whatever carries the server. */
export function onEachTransport(name: string, check: (transport: TransportName) => Promise<void>): void {
  for (const transport of TRANSPORTS) Deno.test(`${name} (${transport})`, () => check(transport));
}
