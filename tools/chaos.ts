/**
 * Ends and starts the server again and again, by SIGTERM and SIGKILL in turns, while many pages are connected and some of
 * them talk, and prints what of it people see. Ends with code 1 when a message was lost, doubled or reordered, or when
 * something took too long.
 * @module
 */
import { parseArgs } from "node:util";
import { STABLE_MS } from "../static/connection.ts";
import { chaos, type Outage } from "../testing/chaos.ts";
import { percentile } from "../testing/percentile.ts";
import { Random } from "../testing/random.ts";

/** As many as a server takes from one address. */
const CLIENTS_MAX = 1_000;
/** How many messages are said each second, by all pages together. */
const PER_SECOND = 20;
/** How long all is well between two restarts, in ms: so long that each page takes its connection for a success. */
const WELL_MS = STABLE_MS + 1_000;
/** How long everything may take, in ms, but for restarts, */
const START_MS_MAX = 60_000;
/** and with each of them. */
const RESTART_MS_MAX = 45_000;

interface Options {
  readonly clients: number;
  readonly restarts: number;
  readonly seed: number;
}

function readOptions(): Options {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      clients: { type: "string", default: String(CLIENTS_MAX) },
      restarts: { type: "string", default: "10" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    },
  });
  const options = { clients: Number(values.clients), restarts: Number(values.restarts), seed: Number(values.seed) };
  for (const [name, value] of Object.entries(options)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a number from 1`);
  }
  if (options.clients > CLIENTS_MAX) throw new Error(`--clients takes a number up to ${CLIENTS_MAX}`);
  return options;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

function spread(values: readonly number[]): string {
  return `p50 ${seconds(percentile(values, 0.5))}, p99 ${seconds(percentile(values, 0.99))}, ` +
    `max ${seconds(percentile(values, 1))}`;
}

function describe({ signal, endMs, startMs, gaps, hellos }: Outage): string {
  return `${signal}: ended in ${seconds(endMs)}, started in ${seconds(startMs)}; gap ${spread(gaps)}; ` +
    `from hello to all rooms p99 ${seconds(percentile(hellos, 0.99))}`;
}

async function run({ clients, restarts, seed }: Options): Promise<boolean> {
  console.log(`--clients=${clients} --restarts=${restarts} --seed=${seed}, ${PER_SECOND} messages a second`);
  const signals = Array.from({ length: restarts }, (_, i): Deno.Signal => i % 2 === 0 ? "SIGTERM" : "SIGKILL");
  const { outages, said, faults } = await chaos({
    clients,
    signals,
    perSecond: PER_SECOND,
    random: new Random(seed),
    msMax: START_MS_MAX + restarts * RESTART_MS_MAX,
    between: PER_SECOND * WELL_MS / 1_000,
    progress: (line) => console.error(line),
    back: (outage) => console.log(describe(outage)),
  });
  for (const [signal, group] of Map.groupBy(outages, ({ signal }) => signal)) {
    console.log(`${signal}, ${group.length} times: gap ${spread(group.flatMap(({ gaps }) => gaps))}`);
  }
  const { lost, doubled, reordered } = faults;
  console.log(`${said} messages said: lost ${lost}, doubled ${doubled}, reordered ${reordered}`);
  return lost + doubled + reordered === 0;
}

try {
  if (!await run(readOptions())) Deno.exit(1);
} catch (error) {
  console.error(`chaos: ${(error as Error).message}`);
  Deno.exit(1);
}
