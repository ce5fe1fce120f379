/**
 * Measures Hubbub as it ships beside a naive loop: `deno task bench --svg=FILE`. Both in every round, one after the other,
 * and only their ratio within a round says something; of the rounds the median. Whoever gets a message wrong is reported,
 * and then the end is with code 1.
 * @module
 */
import { parseArgs } from "node:util";
import { percentile } from "../testing/percentile.ts";
import { residentBytes } from "../testing/process_stats.ts";
import { connectAll } from "./connection.ts";
import { Histogram, printHistograms } from "./histogram.ts";
import { generate, type LoadResult, type Workload } from "./load.ts";
import { Progress } from "./progress.ts";
import { LIMITS_OFF, type Server, type ServerName, SERVERS } from "./servers.ts";
import { draw, type Ratio, timesOf } from "./svg.ts";

const ROUNDS = 3;
/** For so long nothing happens before memory is looked at, of which there is no event, in ms. */
const SETTLE_MS = 500;
const IDLE = 1_000;
/** From this share of a core on the generator may be what is measured. */
const BUSY_MAX = 0.9;

const WORKLOADS = {
  alone: { clients: 1, senders: 1, pace: { window: 1 }, ms: 1_000 },
  steady: { clients: 500, senders: 10, pace: { perSecond: 50 }, ms: 3_000 },
  crowd: { clients: 500, senders: 16, pace: { window: 8 }, ms: 2_000 },
  small: { clients: 32, senders: 32, pace: { window: 8 }, ms: 1_500 },
} as const satisfies Record<string, Workload>;
type WorkloadName = keyof typeof WORKLOADS;

/** What is told of a server in a round. */
interface Measurement {
  readonly loads: Readonly<Record<WorkloadName, LoadResult>>;
  /** NaN where it can't be told. */
  readonly idleKiB: number;
}
type Round = Readonly<Record<ServerName, Measurement>>;

/** A line of the table. */
interface Measure {
  readonly what: string;
  readonly unit: string;
  readonly better: "more" | "less";
  /** Whose generator is suspected. */
  readonly workload?: WorkloadName;
  readonly value: (measurement: Measurement) => number;
}

const MEASURES: readonly Measure[] = [
  {
    what: "One client alone: said to heard, p50",
    unit: "ms",
    better: "less",
    workload: "alone",
    value: ({ loads }) => loads.alone.latency.percentile(0.5) / 1_000,
  },
  {
    what: "500 clients, 50 messages/s: p50",
    unit: "ms",
    better: "less",
    workload: "steady",
    value: ({ loads }) => loads.steady.latency.percentile(0.5) / 1_000,
  },
  {
    what: "500 clients, 50 messages/s: p99",
    unit: "ms",
    better: "less",
    workload: "steady",
    value: ({ loads }) => loads.steady.latency.percentile(0.99) / 1_000,
  },
  {
    what: "500 clients, no pause: deliveries",
    unit: "1,000/s",
    better: "more",
    workload: "crowd",
    value: ({ loads }) => loads.crowd.deliveriesPerSecond / 1_000,
  },
  {
    what: "32 clients, all speak: deliveries",
    unit: "1,000/s",
    better: "more",
    workload: "small",
    value: ({ loads }) => loads.small.deliveriesPerSecond / 1_000,
  },
  { what: "Memory of an idle connection", unit: "KiB", better: "less", value: ({ idleKiB }) => idleKiB },
];
