/**
 * Measures Hubbub as it ships beside a naive loop: `deno task bench --svg=FILE`. Both in every round, one after the other,
 * and only their ratio within a round says something; of the rounds the median. Whoever gets a message wrong is reported,
 * and then the end is with code 1.
 * @module
 */
import { parseArgs } from "node:util";
import { pause } from "../testing/pause.ts";
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
/** And for so long before that: what takes memory at the start, as Hubbub does to pack its page, has given it back by then. */
const START_MS = 3_000;
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
const TITLES: Readonly<Record<WorkloadName, string>> = {
  alone: "1 client alone",
  steady: "500 clients, 50 messages/s",
  crowd: "500 clients, no pause",
  small: "32 clients, all speak",
};
/** What comes of a round with a server: it starts, carries each load, and then many who are idle. */
const STEPS = Object.keys(WORKLOADS).length + 2;

/** What is told of a server in a round. */
interface Measurement {
  readonly loads: Readonly<Record<WorkloadName, LoadResult>>;
  /** NaN where it can't be told. */
  readonly idleKiB: number;
}
type Round = Readonly<Record<ServerName, Measurement>>;
const NAMES = Object.keys(SERVERS) as ServerName[];

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
    what: `${TITLES.alone}: said to heard, p50`,
    unit: "ms",
    better: "less",
    workload: "alone",
    value: ({ loads }) => loads.alone.latency.percentile(0.5) / 1_000,
  },
  {
    what: `${TITLES.steady}: p50`,
    unit: "ms",
    better: "less",
    workload: "steady",
    value: ({ loads }) => loads.steady.latency.percentile(0.5) / 1_000,
  },
  {
    what: `${TITLES.steady}: p99`,
    unit: "ms",
    better: "less",
    workload: "steady",
    value: ({ loads }) => loads.steady.latency.percentile(0.99) / 1_000,
  },
  {
    what: `${TITLES.crowd}: deliveries`,
    unit: "1,000/s",
    better: "more",
    workload: "crowd",
    value: ({ loads }) => loads.crowd.deliveriesPerSecond / 1_000,
  },
  {
    what: `${TITLES.small}: deliveries`,
    unit: "1,000/s",
    better: "more",
    workload: "small",
    value: ({ loads }) => loads.small.deliveriesPerSecond / 1_000,
  },
  { what: "Memory of an idle connection", unit: "KiB", better: "less", value: ({ idleKiB }) => idleKiB },
];

/** Everything about one server, in a process of its own. */
async function measure(name: ServerName, step: (what: string) => void): Promise<Measurement> {
  step("starts");
  await using server = await SERVERS[name]();
  const load = (workload: WorkloadName) => {
    step(TITLES[workload]);
    return generate([server.url], WORKLOADS[workload]);
  };
  const alone = await load("alone");
  // Before there are many, whose memory the idle ones would be given, but after one, who loads what all use.
  step(`${IDLE} idle connections`);
  const idleKiB = await measureIdle(server);
  return {
    loads: { alone, steady: await load("steady"), crowd: await load("crowd"), small: await load("small") },
    idleKiB,
  };
}

async function measureIdle({ pid, url }: Server): Promise<number> {
  if (Deno.build.os !== "linux") return NaN;
  await pause(START_MS);
  const before = await residentBytes(pid);
  const connections = await connectAll([url], IDLE, () => () => {});
  await pause(SETTLE_MS);
  const bytes = await residentBytes(pid) - before;
  await Promise.all(connections.map((connection) => connection.close()));
  return bytes / 1024 / IDLE;
}

function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** A server's value in all rounds. */
function valuesOf(rounds: readonly Round[], name: ServerName, { value }: Measure): number[] {
  return rounds.map((round) => value(round[name]));
}

/** Within each round, for a neighbor on the machine may slow down the next. */
function ratioOf(rounds: readonly Round[], measure: Measure): Ratio {
  const [first, second] = NAMES.map((name) => valuesOf(rounds, name, measure)) as [number[], number[]];
  const ratios = first.map((value, i) => value / second[i]!);
  return { ...measure, median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

function printTable(rounds: readonly Round[]): void {
  const row = (what: string, cells: readonly string[]) =>
    console.log(what.padEnd(46) + cells.map((cell, i) => cell.padStart(i === 2 ? 22 : 11)).join(""));
  row(`Medians of ${rounds.length} rounds`, [...NAMES, NAMES.join(" / "), "least", "most", "better is"]);
  for (const measure of MEASURES) {
    const { what, unit, better } = measure;
    const { median: ratio, least, most } = ratioOf(rounds, measure);
    if (Number.isNaN(ratio)) {
      console.log(`${what}: skipped, for only Linux tells it (/proc)`);
      continue;
    }
    const medians = NAMES.map((name) => median(valuesOf(rounds, name, measure)).toPrecision(4));
    row(`${what}, ${unit}`, [...medians, timesOf(ratio), timesOf(least), timesOf(most), better]);
  }
}

/** Whose load was so heavy that the generator may have been the limit, and what it does to the ratio. */
function printSuspicions(rounds: readonly Round[]): void {
  for (const name of NAMES) {
    for (const workload of Object.keys(WORKLOADS) as WorkloadName[]) {
      const busy = median(rounds.map((round) => round[name].loads[workload].busy));
      if (busy <= BUSY_MAX) continue;
      const share = `${(busy * 100).toFixed(0)} % of a core`;
      // What the generator takes from a server makes it seem slower than it is.
      const is = name === NAMES[0] ? "better than it is shown" : "worse than it is shown";
      console.log(`${TITLES[workload]}, ${name}: the load generator took ${share}; ${NAMES[0]}'s ratio may be ${is}.`);
    }
  }
}

/** @returns whether every message came once and in order. */
function printFaults(rounds: readonly Round[]): boolean {
  let good = true;
  for (const name of NAMES) {
    const loads = rounds.flatMap((round) => Object.values(round[name].loads));
    const [lost, doubled, reordered] = (["lost", "doubled", "reordered"] as const).map((fault) =>
      loads.reduce((sum, load) => sum + load[fault], 0)
    );
    const busy = (Math.max(...loads.map(({ busy }) => busy)) * 100).toFixed(0);
    const faults = `${lost} lost, ${doubled} doubled, ${reordered} out of order`;
    console.log(`${name}: ${faults}. The load generator took at most ${busy} % of a core.`);
    good &&= lost === 0 && doubled === 0 && reordered === 0;
  }
  return good;
}

const { values: { svg } } = parseArgs({ options: { svg: { type: "string", default: "hubbub-bench.svg" } } });
const machine = `Deno ${Deno.version.deno} on ${Deno.build.os}, ${navigator.hardwareConcurrency} cores.`;
const setting = `Hubbub as it ships, with a journal on the disk, but ${
  LIMITS_OFF.join(" ")
}: all clients come from one address.`;
console.log(
  `${machine}\n${setting}\nThe naive loop, bench/naive.ts, keeps nothing and has no limits. Both speak plain text.\n`,
);

const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
const progress = new Progress(ROUNDS * NAMES.length * STEPS, Deno.stderr.isTerminal(), write);
const rounds: Round[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const results: Partial<Record<ServerName, Measurement>> = {};
  // Whoever comes first in one round comes last in the next.
  for (const name of round % 2 === 0 ? NAMES : NAMES.toReversed()) {
    results[name] = await measure(name, (what) => progress.step(`round ${round + 1}, ${name}: ${what}`));
  }
  rounds.push(results as Round);
}
progress.end();

printTable(rounds);
console.log();
printSuspicions(rounds);
const isGood = printFaults(rounds);

const latencies = Object.fromEntries(NAMES.map((name) => {
  const all = new Histogram();
  for (const round of rounds) all.merge(round[name].loads.steady.latency);
  return [name, all];
}));
const latencyTitle = `${TITLES.steady}: how long a message takes`;
console.log(`\n${latencyTitle}`);
for (const line of printHistograms(latencies)) console.log(line);

const ratios = MEASURES.map((measure) => ratioOf(rounds, measure)).filter(({ median }) => !Number.isNaN(median));
const title = `Hubbub / naive loop, medians of ${ROUNDS} rounds`;
await Deno.writeTextFile(svg, draw({ title, notes: [setting, machine], ratios, latencyTitle, latencies }));
console.log(`\nThe picture is in ${svg}`);
if (!isGood) Deno.exit(1);
