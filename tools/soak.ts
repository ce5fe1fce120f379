/**
 * Leaves many badly behaved clients with the server, as it ships, for a while, and looks whether it needs ever more memory
 * and whether anything is left of them when they have gone: `deno task soak --minutes=10 --clients=500 --transport=native`.
 * Ends with code 1 and a sentence if so.
 * @module
 */
import { parseArgs } from "node:util";
import { pause } from "../testing/pause.ts";
import { openFiles, residentBytes } from "../testing/process_stats.ts";
import { Random } from "../testing/random.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { Wanderer, type World } from "../testing/wanderer.ts";

/** How often is looked, over all of the time. */
const LOOKS = 60;
/** How long it may take until nothing is left of those who have gone, in ms: longer than any of the server's deadlines. */
const GONE_MS_MAX = 60_000;
/** How long the server may take to end when nobody is there any more, in ms. */
const END_MS_MAX = 5_000;
/** Memory may grow by so much from the second quarter of the time to the last, … */
const GROWTH_MAX = 0.1;
/** … and by so much, in MB: what SQLite may keep of a file that grows (CACHE_KIB in journal/database.ts), and some garbage. */
const NOISE_MB = 40;
/**
 * V8 has so little memory, in MiB, and so much of it for what is new, that it collects garbage often: with all of a big
 * machine to itself it lets the heap grow by steps of 50 MB, minutes apart, among which nothing could be seen.
 */
const [HEAP_MIB, NEW_MIB] = [96, 2];

/** What is looked at: memory in MB, and what there can be left of. */
type Sample = Record<"rss" | typeof COUNTED[number], number>;
const COUNTED = ["files", "connections", "clients", "rooms"] as const;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "500" },
    transport: { type: "string", default: "native" },
    seed: { type: "string", default: `${Math.floor(Math.random() * 2 ** 31)}` },
  },
});
const [minutes, clients, seed] = [values.minutes, values.clients, values.seed].map(Number) as [number, number, number];

// A connection that is kept for the next request would be counted among what is left.
const http = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });

/** How often each of some things happened. */
class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  toString(): string {
    return [...this.#counts].map(([what, count]) => `${count} ${what}`).sort().join(", ");
  }
}

async function metrics(server: ServerProcess): Promise<string> {
  return await (await fetch(new URL("/metrics", server.url), { client: http })).text();
}

async function look(server: ServerProcess, when: string): Promise<Sample> {
  const text = await metrics(server);
  const gauge = (name: string) => Number(new RegExp(`^hubbub_${name} (\\d+)$`, "m").exec(text)![1]);
  const sample: Sample = {
    rss: await residentBytes(server.pid) / 1e6,
    files: await openFiles(server.pid),
    connections: gauge("connections"),
    clients: gauge("clients"),
    rooms: gauge("rooms"),
  };
  const counts = COUNTED.map((name) => `${sample[name]} ${name}`.padStart(18));
  console.log(`${when.padStart(7)}${sample.rss.toFixed(1).padStart(9)} MB${counts.join("")}`);
  return sample;
}

/** Looks again and again until the time is over. */
async function watch(server: ServerProcess): Promise<Sample[]> {
  const samples: Sample[] = [];
  const start = performance.now();
  for (let i = 1; i <= LOOKS; i++) {
    const seconds = i * minutes * 60 / LOOKS;
    await pause(start + seconds * 1_000 - performance.now());
    samples.push(await look(server, `${Math.round(seconds)} s`));
  }
  return samples;
}

/** Says why memory is not flat, if it is not. */
function judge(samples: readonly Sample[]): string | undefined {
  const medianOf = (part: readonly Sample[]) =>
    part.map(({ rss }) => rss).sort((a, b) => a - b)[Math.floor(part.length / 2)]!;
  const [early, late] = [medianOf(samples.slice(LOOKS / 4, LOOKS / 2)), medianOf(samples.slice(-LOOKS / 4))];
  const perHour = (late - early) / (minutes / 2) * 60;
  const sentence = `from ${early.toFixed(1)} MB in the second quarter to ${late.toFixed(1)} MB in the last: ` +
    `${(late - early).toFixed(1)} MB, or ${perHour.toFixed(0)} MB an hour`;
  console.log(`Memory went ${sentence}`);
  if (late > early * (1 + GROWTH_MAX) + NOISE_MB) return `Memory grew ${sentence}`;
}

/** Waits until nothing is left of anybody; says what is, if it does not go in time. */
async function leftovers(server: ServerProcess, before: Sample): Promise<string | undefined> {
  const deadline = performance.now() + GONE_MS_MAX;
  for (;;) {
    const after = await look(server, "after");
    const left = COUNTED.filter((name) => after[name] > before[name]);
    if (left.length === 0) return;
    if (performance.now() > deadline) {
      return `When everyone had gone, this was left: ${left.map((name) => `${after[name] - before[name]} ${name}`)}`;
    }
    await pause(1_000);
  }
}

/** @returns what is wrong, in sentences. */
async function soak(data: string): Promise<(string | undefined)[]> {
  const env = { DENO_V8_FLAGS: `--max-old-space-size=${HEAP_MIB},--max-semi-space-size=${NEW_MIB}` };
  await using server = await ServerProcess.start({ data, env, args: [`--transport=${values.transport}`] });
  const before = await look(server, "before");
  const end = new AbortController();
  const [leaving, heard] = [new Tally(), new Tally()];
  const world: World = {
    port: server.port,
    end: end.signal,
    haste: 1,
    leaving: (how) => leaving.add(how),
    heard: (what) => heard.add(what),
  };
  const wanderers = Array.from({ length: clients }, (_, i) => new Wanderer(i, world, new Random(seed + i)));
  let wandering = wanderers.length;
  const over = Promise.all(wanderers.map((wanderer) => wanderer.wander().then(() => wandering--)));
  // Ends early only when the server refuses somebody.
  const samples = await Promise.race([watch(server), over]) as Sample[];
  end.abort();
  await Promise.race([over, pause(GONE_MS_MAX)]);
  const stuck = wandering > 0 ? `${wandering} clients wait in vain for the server to end their connections` : undefined;
  const left = await leftovers(server, before);
  console.log(`How they went: ${leaving}`);
  console.log(`What they heard: ${heard}`);
  console.log((await metrics(server)).match(/^hubbub_\w+_total.* [1-9]\d*$/gm)?.join("\n"));
  const { code, ms } = await server.end();
  const isLate = code !== 0 || ms > END_MS_MAX;
  const late = isLate ? `The server ended with code ${code} after ${Math.round(ms)} ms` : undefined;
  return [judge(samples), stuck, left, late];
}

if (!(minutes > 0 && clients >= 0)) throw new Error("--minutes and --clients take numbers");
console.log(`${clients} clients, ${minutes} minutes, --transport=${values.transport}, --seed=${seed}`);
const data = await Deno.makeTempDir({ prefix: "hubbub-soak-" });
try {
  const failures = (await soak(data)).filter((failure) => failure !== undefined);
  console.log(failures.join("\n") || "Memory is flat, and nothing is left of anybody.");
  Deno.exitCode = failures.length > 0 ? 1 : 0;
} finally {
  await Deno.remove(data, { recursive: true });
  http.close();
}
