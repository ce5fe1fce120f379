/**
 * What it costs, and brings, to have several nodes: one without NATS, and one, two and three on it, all on this machine, in
 * every round one after the other; of the rounds the median, and the ratios to the first within a round. NATS, the nodes and
 * the load share the processors, so that what is said to be the cost of each holds on more of them, and the sum does not.
 * @module
 */
import { parseArgs } from "node:util";
import { generate, type LoadResult, type Workload } from "../bench/load.ts";
import { LIMITS_OFF } from "../bench/servers.ts";
import { WEBSOCKET_PATH } from "../protocol.ts";
import { NatsServer } from "../testing/nats_server.ts";
import { pause } from "../testing/pause.ts";
import { percentile } from "../testing/percentile.ts";
import { busyMs } from "../testing/process_stats.ts";
import { ServerProcess } from "../testing/server_process.ts";

/** How many nodes there are; 0 is one without NATS. */
const SETUPS = [0, 1, 2, 3] as const;
/** The load has connected, and runs, after so long, in ms. */
const BEGIN_MS = 3_000;
/** Then is measured for so long, in ms. */
const MEASURED_MS = 4_000;
/** For how long the load runs, in ms: it begins to count when all have connected. */
const LOAD_MS = BEGIN_MS + MEASURED_MS;

/** What the people of a setup do, on all of its nodes or on the first alone. */
const WORKLOADS = {
  crowd: { clients: 300, senders: 16, pace: { window: 8 }, ms: LOAD_MS },
  steady: { clients: 300, senders: 10, pace: { perSecond: 50 }, ms: LOAD_MS },
  // Of each of them one message at a time goes to NATS.
  aside: { clients: 32, senders: 32, pace: { window: 4 }, ms: LOAD_MS },
} as const satisfies Record<string, Workload>;

/** What is measured, and in which unit. */
const MEASURES = {
  crowd: "300 people, 16 say something without a pause: deliveries, 1,000/s",
  crowdMessages: "messages a second",
  crowdCost: "processor time of all nodes for a delivery, µs",
  p50: "300 people, 50 messages/s: half are there after, ms",
  p99: "99 % are there after, ms",
  steadyCost: "processor time of all nodes for a delivery, µs",
  aside: "32 people on the first node, without a pause: messages a second",
  asideCost: "processor time of the first node for a message, µs",
  idleCost: "processor time of a node where nobody is for a message, µs",
  natsCost: "processor time of NATS for a message, µs",
};
type Results = Record<keyof typeof MEASURES, number>;

/** A NATS, maybe, and the nodes on it. */
class Setup implements AsyncDisposable {
  readonly nodes: readonly ServerProcess[];
  readonly #nats: NatsServer | undefined;
  readonly #started: AsyncDisposableStack;

  private constructor(nodes: readonly ServerProcess[], nats: NatsServer | undefined, started: AsyncDisposableStack) {
    this.nodes = nodes;
    this.#nats = nats;
    this.#started = started;
  }

  static async start(count: number): Promise<Setup> {
    await using failed = new AsyncDisposableStack();
    const nats = count > 0 ? failed.use(await NatsServer.start()) : undefined;
    const nodes: ServerProcess[] = [];
    for (let n = 0; n < Math.max(count, 1); n++) {
      const data = await Deno.makeTempDir({ prefix: "hubbub-nodes-" });
      failed.defer(() => Deno.remove(data, { recursive: true }));
      const args = [...LIMITS_OFF, ...nats ? [`--nats=${nats.url}`] : []];
      nodes.push(failed.use(await ServerProcess.start({ data, args })));
    }
    return new Setup(nodes, nats, failed.move());
  }

  /** Has people on so many of its nodes do something; gives what came of it, by the second and as processor time. */
  async run(workload: Workload, count = this.nodes.length): Promise<{ load: LoadResult; spent: Spent }> {
    const urls = this.nodes.slice(0, count).map(({ url }) => new URL(WEBSOCKET_PATH, url));
    const [load, spent] = await Promise.all([generate(urls, workload), this.#measure()]);
    const { lost, doubled, reordered } = load;
    if (lost + doubled + reordered > 0) {
      throw new Error(`${lost} messages were lost, ${doubled} doubled, ${reordered} out of order`);
    }
    return { load, spent };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#started.disposeAsync();
  }

  async #measure(): Promise<Spent> {
    await pause(BEGIN_MS);
    const [start, before] = [performance.now(), await this.#count()];
    await pause(MEASURED_MS);
    const [end, after] = [performance.now(), await this.#count()];
    const since = (counts: readonly number[], then: readonly number[]) => counts.map((count, i) => count - then[i]!);
    return {
      ms: end - start,
      messages: after.messages - before.messages,
      deliveries: after.deliveries - before.deliveries,
      nodesMs: since(after.nodesMs, before.nodesMs),
      natsMs: after.natsMs - before.natsMs,
    };
  }

  async #count(): Promise<Omit<Spent, "ms">> {
    const all = (name: string) => Promise.all(this.nodes.map((node) => node.metric(name)));
    return {
      // Each counts what all keep.
      messages: Math.max(...await all("hubbub_messages_total")),
      deliveries: sum(await all("hubbub_deliveries_total")),
      nodesMs: (await all("process_cpu_seconds_total")).map((seconds) => seconds * 1_000),
      natsMs: this.#nats ? await busyMs(this.#nats.pid) : NaN,
    };
  }
}

/** What happened in a time, and what it took. */
interface Spent {
  readonly ms: number;
  readonly messages: number;
  readonly deliveries: number;
  /** The processor time of each node. */
  readonly nodesMs: readonly number[];
  readonly natsMs: number;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

async function measure(count: number): Promise<Results> {
  await using setup = await Setup.start(count);
  const crowd = await setup.run(WORKLOADS.crowd);
  const steady = await setup.run(WORKLOADS.steady);
  const aside = await setup.run(WORKLOADS.aside, 1);
  const forEach = ({ spent }: { spent: Spent }, ms: number, what: "messages" | "deliveries") =>
    ms * 1_000 / spent[what];
  return {
    crowd: crowd.spent.deliveries / crowd.spent.ms,
    crowdMessages: crowd.spent.messages / crowd.spent.ms * 1_000,
    crowdCost: forEach(crowd, sum(crowd.spent.nodesMs), "deliveries"),
    p50: steady.load.latency.percentile(0.5) / 1_000,
    p99: steady.load.latency.percentile(0.99) / 1_000,
    steadyCost: forEach(steady, sum(steady.spent.nodesMs), "deliveries"),
    aside: aside.spent.messages / aside.spent.ms * 1_000,
    asideCost: forEach(aside, aside.spent.nodesMs[0]!, "messages"),
    idleCost: forEach(aside, aside.spent.nodesMs[1] ?? NaN, "messages"),
    natsCost: forEach(aside, aside.spent.natsMs, "messages"),
  };
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" } } });
const rounds: Results[][] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const results: Results[] = [];
  for (const count of SETUPS) results.push(await measure(count));
  rounds.push(results);
}
const row = (what: string, cells: readonly string[]) =>
  console.log(what.padEnd(70) + cells.map((cell) => cell.padStart(26)).join(""));
row(`Medians of ${rounds.length} rounds (ratios to alone: median, least to most)`, [
  "alone, no NATS",
  ...SETUPS.slice(1).map((count) => `${count} on NATS`),
]);
for (const [name, what] of Object.entries(MEASURES) as [keyof Results, string][]) {
  row(
    what,
    SETUPS.map((_, setup) => {
      const median = percentile(rounds.map((results) => results[setup]![name]), 0.5);
      const ratios = rounds.map((results) => results[setup]![name] / results[0]![name]);
      if (Number.isNaN(median)) return "-";
      if (setup === 0 || Number.isNaN(ratios[0])) return median.toPrecision(3);
      const [middle, least, most] = [percentile(ratios, 0.5), Math.min(...ratios), Math.max(...ratios)];
      return `${median.toPrecision(3)} (${[middle, least, most].map((ratio) => ratio.toFixed(2)).join(" ")})`;
    }),
  );
}
