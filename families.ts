import process from "node:process";
import metadata from "./deno.json" with { type: "json" };
import type { Histogram } from "./histogram.ts";
import { type LimitName, LIMITS } from "./limits.ts";
import { labelOf, type Metrics } from "./metrics.ts";
import { Disconnect, type Refusal, REFUSALS } from "./protocol.ts";

/** A value, and what it is of. */
export interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** What several workers count comes to: all of theirs together, or that of the one who has most or least of it. */
type Across = "sum" | "most" | "least";

/** Numbers that belong together. */
export type Family =
  | {
    readonly type: "counter" | "gauge";
    readonly help: string;
    readonly across: Across;
    samples(metrics: Metrics): readonly Sample[];
  }
  | { readonly type: "histogram"; readonly help: string; histogram(metrics: Metrics): Histogram };

/** What a histogram has counted. */
type Counted = Pick<Histogram, "bounds" | "counts" | "sum">;

/** Every number as it was at a moment, by the name of its family: it can go from one thread to another. */
export type Reading = Readonly<Record<string, readonly Sample[] | Counted>>;

/**
 * Every number that the server gives away, by the name and in the terms of Prometheus. The same names are there whatever has
 * happened, so that a graph begins at 0. `/metrics` and OpenTelemetry follow from this table.
 */
export const FAMILIES: Readonly<Record<string, Family>> = {
  hubbub_build_info: gauge("Always 1; the labels say what runs.", () => [
    { value: 1, labels: { version: metadata.version, deno: Deno.version.deno } },
  ], "most"),
  hubbub_ready: gauge(
    "1 while /readyz answers 200, else 0.",
    ({ gauges }) => gauges.unready() === undefined ? 1 : 0,
    "least",
  ),
  hubbub_connections: gauge(
    "WebSockets that take a place, also those that are being closed.",
    ({ gauges }) => gauges.connections(),
  ),
  hubbub_clients: gauge("Clients in the hub.", ({ gauges }) => gauges.clients()),
  hubbub_rooms: gauge("Rooms with somebody in them.", ({ gauges }) => gauges.rooms(), "most"),
  hubbub_connections_accepted_total: counter("WebSockets that got a place.", ({ counts }) => counts.accepted),
  // Everybody hears of all of them.
  hubbub_messages_total: counter("Messages that were said and kept.", ({ counts }) => counts.messages, "most"),
  hubbub_deliveries_total: counter(
    "The same, each as often as there were members to send it to.",
    ({ counts }) => counts.deliveries,
  ),
  hubbub_echo_seconds: histogram("From a message's arrival until it was sent to whoever said it.", ({ echo }) => echo),
  hubbub_commit_seconds: histogram(
    "How long it took to keep what was said, a commit at a time.",
    ({ commits }) => commits,
  ),
  hubbub_commit_messages: histogram("How many messages a commit had.", ({ commitMessages }) => commitMessages),
  hubbub_commit_failures_total: counter(
    "Attempts to keep something that failed.",
    ({ counts }) => counts.commitFailures,
  ),
  hubbub_event_loop_delay_seconds: histogram(
    "How late a timer was that is due ten times a second.",
    (metrics) => metrics.eventLoopDelay,
  ),
  hubbub_refusals_total: counter(
    "Messages that were refused, by the code of the error.",
    (metrics) =>
      Object.keys(REFUSALS).map((code) => ({ value: metrics.refusals(code as Refusal["code"]), labels: { code } })),
  ),
  hubbub_limit_hits_total: counter(
    "How often a limit was reached, by its flag, or its name if it has none.",
    (metrics) =>
      Object.keys(LIMITS).map((name) => {
        const limit = name as LimitName;
        return { value: metrics.hits(limit), labels: { limit: labelOf(limit) } };
      }),
  ),
  hubbub_disconnects_total: counter(
    "Connections that the server ended, by its reason.",
    (metrics) => Object.keys(Disconnect).map((reason) => ({ value: metrics.disconnects(reason), labels: { reason } })),
  ),
  hubbub_broken_connections_total: counter(
    "Connections that broke, or broke the rules of WebSockets.",
    ({ counts }) => counts.broken,
  ),
  hubbub_database_bytes: gauge(
    "Size of the journal's files; 0 when it is in memory.",
    ({ databaseBytes }) => databaseBytes,
    "most",
  ),
  hubbub_heap_bytes: gauge("Memory of JavaScript's objects.", () => Deno.memoryUsage().heapUsed),
  process_cpu_seconds_total: counter("Time of processors that the process took.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  }, "most"),
  process_resident_memory_bytes: gauge("Memory of the process.", () => Deno.memoryUsage().rss, "most"),
  process_start_time_seconds: gauge(
    "When the process started, since 1970.",
    () => performance.timeOrigin / 1_000,
    "least",
  ),
};

/** Every number as it is now. */
export function read(metrics: Metrics): Reading {
  return Object.fromEntries(
    Object.entries(FAMILIES).map(([name, family]) => {
      if (family.type !== "histogram") return [name, family.samples(metrics)];
      const { bounds, counts, sum } = family.histogram(metrics);
      return [name, { bounds, counts, sum }];
    }),
  );
}

/**
 * All of it in the text format of Prometheus (version 0.0.4).
 * @param others what other workers of the same process have counted.
 */
export function expose(metrics: Metrics, others: readonly Reading[] = []): string {
  const readings = [read(metrics), ...others];
  return Object.entries(FAMILIES).flatMap(([name, family]) => [
    `# HELP ${name} ${family.help}`,
    `# TYPE ${name} ${family.type}`,
    ...family.type === "histogram"
      ? buckets(name, readings.map((reading) => reading[name] as Counted))
      : together(readings.map((reading) => reading[name] as readonly Sample[]), family.across)
        .map((sample) => line(name, sample)),
  ]).join("\n") + "\n";
}

/** The same samples as several have them. */
function together(samples: readonly (readonly Sample[])[], across: Across): Sample[] {
  const values = (index: number) => samples.map((each) => each[index]!.value);
  return samples[0]!.map(({ labels }, index) => ({ value: ADD[across](values(index)), labels }));
}

const ADD: { readonly [A in Across]: (values: readonly number[]) => number } = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  most: (values) => Math.max(...values),
  least: (values) => Math.min(...values),
};

function buckets(name: string, all: readonly Counted[]): string[] {
  let count = 0;
  const cumulated = [...all[0]!.bounds, "+Inf"].map((bound, bucket) => {
    count += ADD.sum(all.map(({ counts }) => counts[bucket]!));
    return line(`${name}_bucket`, { value: count, labels: { le: String(bound) } });
  });
  const sum = ADD.sum(all.map(({ sum }) => sum));
  return [...cumulated, line(`${name}_sum`, { value: sum }), line(`${name}_count`, { value: count })];
}

/** Labels are names from tables, in which nothing has to be escaped. */
function line(name: string, { value, labels }: Sample): string {
  const pairs = labels && Object.entries(labels).map(([label, text]) => `${label}="${text}"`).join();
  return `${name}${pairs ? `{${pairs}}` : ""} ${value}`;
}

type Read = (metrics: Metrics) => number | readonly Sample[];

function counter(help: string, read: Read, across: Across = "sum"): Family {
  return { type: "counter", help, across, samples: (metrics) => toSamples(read(metrics)) };
}

function gauge(help: string, read: Read, across: Across = "sum"): Family {
  return { type: "gauge", help, across, samples: (metrics) => toSamples(read(metrics)) };
}

function histogram(help: string, read: (metrics: Metrics) => Histogram): Family {
  return { type: "histogram", help, histogram: read };
}

function toSamples(read: number | readonly Sample[]): readonly Sample[] {
  return typeof read === "number" ? [{ value: read }] : read;
}
