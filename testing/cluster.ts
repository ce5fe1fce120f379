import type { Bus } from "../bus.ts";
import { Hub } from "../hub.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { Moderation } from "../moderation.ts";
import { FakeBuses } from "./fake_bus.ts";
import { FakeClock, settle } from "./fakes.ts";
import { accessTo, ADMIN_PASS, Peer } from "./harness.ts";
import { type LogLine, MemoryLog } from "./memory_log.ts";
import { openReplica } from "./replicas.ts";

/** A hub on its own copy of what the nodes share. */
export interface ClusterNode {
  readonly hub: Hub;
  readonly bus: Bus;
  /** Its line to what they share. */
  readonly line: LogLine;
  /** Resolves when the hub has ended. */
  readonly ended: Promise<void>;
}

/** Nodes that are one chat, in memory, on a clock that the test moves. */
export class Cluster {
  readonly clock = new FakeClock();
  readonly buses = new FakeBuses(this.clock);
  readonly nodes: ClusterNode[] = [];
  readonly #log = new MemoryLog();
  readonly #closings: (() => Promise<void>)[] = [];

  /** One with so many nodes, which have just met. */
  static async start(count: number): Promise<Cluster> {
    const cluster = new Cluster();
    for (let i = 0; i < count; i++) await cluster.add();
    await cluster.deliver(1_000);
    return cluster;
  }

  /** One more node. */
  async add(limits: Partial<Limits> = {}): Promise<ClusterNode> {
    const { clock } = this;
    const line = this.#log.connect();
    const journal = await openReplica(line, { clock });
    const bus = this.buses.connect();
    const hub = new Hub({
      access: accessTo(new Moderation(journal.acts), clock),
      journal,
      clock,
      bus,
      limits: { ...DEFAULT_LIMITS, rate: Infinity, ...limits },
    });
    const node = { hub, bus, line, ended: hub.run() };
    this.#closings.push(() => journal.close());
    this.nodes.push(node);
    return node;
  }

  /** Somebody on a node, in some rooms. */
  async enter(at: number, name: string, ...rooms: string[]): Promise<Peer> {
    const peer = new Peer(this.nodes[at]!.hub, `192.0.2.${at + 1}`);
    peer.hello(name, ...rooms);
    await this.deliver();
    return peer;
  }

  /** An administrator, likewise, at an address of their own. */
  async enterAdmin(at: number, name: string, ...rooms: string[]): Promise<Peer> {
    const peer = new Peer(this.nodes[at]!.hub, "10.0.0.1");
    peer.helloWith(ADMIN_PASS, name, ...rooms);
    await this.deliver();
    return peer;
  }

  /** Lets everything happen that happens within `ms`; by default a tick of news and one of a room. */
  async deliver(ms = 600): Promise<void> {
    const end = this.clock.now() + ms;
    for (let now = this.clock.now(); now <= end; now = Math.min(now + 50, end)) {
      this.clock.run(now - this.clock.now());
      // What is kept goes to the log, comes out of it, and is delivered.
      for (let i = 0; i < 5; i++) await settle();
      this.clock.run(0);
      if (now === end) break;
    }
  }

  /** A node ends, as a server that is told to. */
  async close({ hub, ended }: ClusterNode): Promise<void> {
    hub.close();
    await this.deliver(5_000);
    await ended;
  }

  async end(): Promise<void> {
    this.buses.mend();
    for (const node of this.nodes) await this.close(node);
    for (const close of this.#closings) await close();
  }
}
