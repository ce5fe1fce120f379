/**
 * What `--transport=node` costs, as a ratio to Deno's own: both in every round, one after the other, and of the rounds the
 * median. The server has a process of its own, and this one, which makes the load, another: the times are of both, but
 * the server's processor time is its alone.
 * @module
 */
import { WEBSOCKET_PATH } from "../protocol.ts";
import { pause } from "../testing/pause.ts";
import { percentile } from "../testing/percentile.ts";
import { busyMs, residentBytes } from "../testing/process_stats.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { type TransportName, TRANSPORTS } from "../testing/test_server.ts";
import { Watch } from "../testing/watch.ts";

const ROUNDS = 5;
const IDLE = 1_000;
const READERS = 200;
/** They talk as fast as they hear, each with so many messages under way. */
const SENDERS = 8;
const UNDER_WAY = 32;
/** How long a message is, in bytes. */
const LENGTH = 128;
/** How long each part is measured, after so long for warming up, in ms. */
const PART_MS = 2_500;
const WARM_UP_MS = 500;
/** At a steady rate one message is said each so often, in ms. */
const STEADY_MS = 20;
/** For so long nothing happens before memory is looked at, of which there is no event, in ms. */
const SETTLE_MS = 500;

/** What is measured, and in which unit. */
const MEASURES = {
  idle: "memory of an idle connection, KiB",
  throughput: "200 readers, 8 senders without a pause: deliveries, 1,000/s",
  cost: "the server's processor time for one of these, µs",
  p50: "200 readers, 50 messages/s: half are there after, ms",
  p99: "99 % are there after, ms",
  steady: "the server's processor time meanwhile, % of a core",
};
type Results = Record<keyof typeof MEASURES, number>;

/** People in one room who speak plain text. */
class Audience {
  readonly sockets: WebSocket[];
  readonly #watch = new Watch();
  #said = 0;
  /** How many messages came, of all of them together. */
  deliveries = 0;
  /** Is told who just heard so many messages, and which, joined by newlines. */
  heard = (_listener: WebSocket, _count: number, _texts: string) => {};

  private constructor(sockets: WebSocket[]) {
    this.sockets = sockets;
    for (const socket of sockets) {
      socket.onmessage = ({ data }) => {
        // All have the same length.
        const count = (data.length + 1) / (LENGTH + 1);
        this.deliveries += count;
        this.heard(socket, count, data);
        this.#watch.wake();
      };
      socket.onclose = () => this.#watch.fail(new Error("The server closed a connection"));
    }
  }

  static async connect(port: number, size: number): Promise<Audience> {
    const sockets = Array.from({ length: size }, () => new WebSocket(`ws://127.0.0.1:${port}${WEBSOCKET_PATH}`));
    await Promise.all(sockets.map((socket) =>
      new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onclose = () => reject(new Error("Cannot connect"));
      })
    ));
    return new Audience(sockets);
  }

  say(speaker: WebSocket, text: string): void {
    this.#said++;
    speaker.send(text.padEnd(LENGTH, "."));
  }

  /** Waits until everyone has heard everything. */
  heardAll(): Promise<void> {
    return this.#watch.until("all is heard", () => this.deliveries === this.#said * this.sockets.length);
  }

  async leave(): Promise<void> {
    await Promise.all(this.sockets.map((socket) => {
      const closed = new Promise<unknown>((resolve) => socket.onclose = resolve);
      socket.close();
      return closed;
    }));
  }
}

/** Everything about one transport, on a server of its own. */
async function measure(transport: TransportName): Promise<Results> {
  await using server = await ServerProcess.start({ args: [`--transport=${transport}`, "--rate=0"] });
  // The first connection loads what the others use, too.
  await (await Audience.connect(server.port, 1)).leave();
  const idle = await measureIdle(server);
  const audience = await Audience.connect(server.port, READERS);
  const results = { idle, ...await measureThroughput(server, audience), ...await measureLatency(server, audience) };
  await audience.leave();
  const { code } = await server.end();
  if (code !== 0) throw new Error(`The server ended with code ${code}`);
  return results;
}

async function measureIdle(server: ServerProcess): Promise<number> {
  await pause(SETTLE_MS);
  const before = await residentBytes(server.pid);
  const audience = await Audience.connect(server.port, IDLE);
  await pause(SETTLE_MS);
  const bytes = await residentBytes(server.pid) - before;
  await audience.leave();
  return bytes / 1024 / IDLE;
}

async function measureThroughput({ pid }: ServerProcess, audience: Audience) {
  const owed = new Map(audience.sockets.slice(0, SENDERS).map((sender) => [sender, UNDER_WAY]));
  const pay = (sender: WebSocket, count: number) => {
    let debt = owed.get(sender);
    if (debt === undefined) return;
    // Everyone hears everyone, so of what a sender hears every eighth is, in the mean, its own.
    for (debt += count / SENDERS; debt >= 1; debt--) audience.say(sender, "");
    owed.set(sender, debt);
  };
  audience.heard = pay;
  for (const sender of owed.keys()) pay(sender, 0);
  await pause(WARM_UP_MS);
  const [start, busy, before] = [performance.now(), await busyMs(pid), audience.deliveries];
  await pause(PART_MS);
  const [end, busyEnd, after] = [performance.now(), await busyMs(pid), audience.deliveries];
  audience.heard = () => {};
  await audience.heardAll();
  return { throughput: (after - before) / (end - start), cost: (busyEnd - busy) * 1_000 / (after - before) };
}

async function measureLatency({ pid }: ServerProcess, audience: Audience) {
  const delays: number[] = [];
  audience.heard = (_listener, _count, texts) => {
    const now = performance.now();
    for (const text of texts.split("\n")) delays.push(now - parseFloat(text));
  };
  const [start, busy] = [performance.now(), await busyMs(pid)];
  let turn = 0;
  const timer = setInterval(() => {
    audience.say(audience.sockets[turn++ % READERS]!, `${performance.now()}`);
  }, STEADY_MS);
  await pause(PART_MS);
  clearInterval(timer);
  await audience.heardAll();
  const steady = (await busyMs(pid) - busy) / (performance.now() - start) * 100;
  return { p50: percentile(delays, 0.5), p99: percentile(delays, 0.99), steady };
}

const rounds: Record<TransportName, Results>[] = [];
for (let round = 0; round < ROUNDS; round++) {
  const results = new Map<TransportName, Results>();
  // Whoever comes first in one round comes last in the next.
  for (const transport of round % 2 === 0 ? TRANSPORTS : TRANSPORTS.toReversed()) {
    results.set(transport, await measure(transport));
  }
  rounds.push({ native: results.get("native")!, node: results.get("node")! });
}
const row = (what: string, cells: readonly string[]) =>
  console.log(what.padEnd(62) + cells.map((cell) => cell.padStart(15)).join(""));
row(`Medians of ${ROUNDS} rounds`, ["native", "node", "node / native", "least", "most"]);
for (const [name, what] of Object.entries(MEASURES) as [keyof Results, string][]) {
  const ratios = rounds.map(({ native, node }) => node[name] / native[name]);
  const medians = TRANSPORTS.map((transport) => percentile(rounds.map((results) => results[transport][name]), 0.5));
  const cells = [...medians, percentile(ratios, 0.5), Math.min(...ratios), Math.max(...ratios)];
  row(what, cells.map((cell) => cell.toFixed(2)));
}
