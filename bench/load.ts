/**
 * The load of `deno task bench`, made by a process of its own so that it takes no time from whoever measures: some speak,
 * all listen, and for every listener each message has to come once, and in the order of its sender. What comes joined by
 * newlines is as good as what comes alone.
 *
 * Run by `generate`; prints one line of JSON.
 * @module
 */
import { cpuUsage } from "node:process";
import { pause } from "../testing/pause.ts";
import { connectAll, type Connection } from "./connection.ts";
import { Histogram } from "./histogram.ts";
import { type Faults, Ledger } from "./ledger.ts";
import { LINE_BYTES, readLine, writeLine } from "./line.ts";

/** Who is in the room, and how they speak. */
export interface Workload {
  readonly clients: number;
  /** So many of them speak: … */
  readonly senders: number;
  /** … each with so many messages under way, another for each of its own that it hears; or one after the other, by the clock. */
  readonly pace: { readonly window: number } | { readonly perSecond: number };
  /** How long is measured, in ms. */
  readonly ms: number;
}

/** What became of it. */
export interface LoadResult extends Faults {
  /** Each message counts as often as it came to somebody. */
  readonly deliveriesPerSecond: number;
  /** How long they took. By the clock: since they should have been said, even if the generator was late. */
  readonly latency: Histogram;
  /** The processor time of the generator, as a share of one core: at 1 it is the limit itself. */
  readonly busy: number;
}

/** Not measured at first, in ms. */
const WARM_UP_MS = 500;
/** When nothing has come for so long, what is missing is lost, in ms. */
const QUIET_MS = 2_000;
/** How often is looked whether all is there, in ms. */
const LOOK_MS = 10;
/** How long it may take until everyone hears, in ms, and how often is asked. */
const ROLL_CALL_MS_MAX = 10_000;
const ROLL_CALL_MS = 100;

/**
 * Runs a workload in a process of its own.
 * @param urls of the nodes of one chat, to which the clients come in turn.
 * @throws with what it says when it fails, such as that it was disconnected.
 */
export async function generate(urls: readonly URL[], workload: Workload): Promise<LoadResult> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--node-modules-dir=none",
      "--allow-net=127.0.0.1",
      import.meta.filename!,
      JSON.stringify(workload),
      ...urls.map(String),
    ],
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(`The load generator failed: ${new TextDecoder().decode(stderr).trim()}`);
  const result = JSON.parse(new TextDecoder().decode(stdout));
  return { ...result, latency: Histogram.fromJSON(result.latency) };
}

class Load {
  readonly #workload: Workload;
  readonly #ledger: Ledger;
  readonly #latency = new Histogram();
  #connections: Connection[] = [];
  /** How much each sender has said. */
  readonly #said: Uint32Array;
  #speaking = false;
  /** From when on what is said is measured. */
  #measuredFrom = Infinity;
  #heardAt = 0;
  #rollCall = 0;
  /** Of each client, the last roll call that it heard. */
  readonly #present: Uint32Array;

  constructor(workload: Workload) {
    this.#workload = workload;
    this.#ledger = new Ledger(workload.clients, workload.senders);
    this.#said = new Uint32Array(workload.senders);
    this.#present = new Uint32Array(workload.clients);
  }

  /** @throws when a connection ends, or something comes that nobody said. */
  async run(urls: readonly URL[]): Promise<LoadResult> {
    this.#connections = await connectAll(urls, this.#workload.clients, (client) => (bytes, start, end) => {
      this.#hear(client, bytes, start, end);
    });
    const broken = Promise.race(this.#connections.map(({ ended }) => ended));
    const result = await Promise.race([this.#measure(), broken]);
    await Promise.all(this.#connections.map((connection) => connection.close()));
    return result!;
  }

  async #measure(): Promise<LoadResult> {
    await this.#callRoll();
    const spoken = this.#speak();
    await pause(WARM_UP_MS);
    const [start, before, cpu] = [nowUs(), this.#ledger.heard, cpuUsage()];
    this.#measuredFrom = start;
    await pause(this.#workload.ms);
    const [us, heard, { user, system }] = [nowUs() - start, this.#ledger.heard - before, cpuUsage(cpu)];
    this.#speaking = false;
    await spoken;
    const said = this.#said.reduce((sum, count) => sum + count, 0);
    this.#heardAt = nowUs();
    while (this.#ledger.faults(said).lost > 0 && nowUs() - this.#heardAt < QUIET_MS * 1_000) await pause(LOOK_MS);
    // What comes twice comes before the answer to this.
    await this.#callRoll();
    return {
      deliveriesPerSecond: heard / us * 1e6,
      latency: this.#latency,
      busy: (user + system) / us,
      ...this.#ledger.faults(said),
    };
  }

  /** Waits until everyone hears: they know that they are connected before the server counts them in. */
  async #callRoll(): Promise<void> {
    this.#rollCall++;
    const start = nowUs();
    for (let calls = 0; this.#present.some((heard) => heard < this.#rollCall); await pause(LOOK_MS)) {
      const ms = (nowUs() - start) / 1_000;
      if (ms > ROLL_CALL_MS_MAX) throw new Error("Called the roll in vain: somebody hears nothing");
      if (ms < calls * ROLL_CALL_MS) continue;
      calls++;
      this.#connections[0]!.send(writeLine("call", 0, this.#rollCall, nowUs()));
    }
  }

  /** Until nobody is to speak any more. */
  async #speak(): Promise<void> {
    this.#speaking = true;
    const { senders, pace } = this.#workload;
    if ("window" in pace) {
      for (let i = 0; i < senders * pace.window; i++) this.#say(i % senders, nowUs());
      return;
    }
    const start = nowUs();
    for (let turn = 0; this.#speaking; turn++) {
      // Who is late catches up: what is due counts from when it was due. A timer takes whole ms, and must not be early.
      const due = start + turn * 1e6 / pace.perSecond;
      if (due > nowUs()) await pause(Math.ceil((due - nowUs()) / 1_000));
      this.#say(turn % senders, due);
    }
  }

  #say(sender: number, us: number): void {
    this.#connections[sender]!.send(writeLine("said", sender, this.#said[sender]!++, us));
  }

  #hear(client: number, bytes: Uint8Array, start: number, end: number): void {
    const now = nowUs();
    const isClosedLoop = "window" in this.#workload.pace;
    for (let at = start; at < end; at += LINE_BYTES + 1) {
      const { isCall, sender, number, us } = readLine(bytes, at, end);
      if (isCall) {
        this.#present[client] = Math.max(this.#present[client]!, number);
        continue;
      }
      this.#ledger.hear(client, sender, number);
      if (us >= this.#measuredFrom) this.#latency.add(now - us);
      if (isClosedLoop && sender === client && this.#speaking) this.#say(sender, nowUs());
    }
    this.#heardAt = now;
  }
}

/** In whole µs, on a monotonic clock. */
function nowUs(): number {
  return Math.round(performance.now() * 1_000);
}

if (import.meta.main) {
  const [workload, ...urls] = Deno.args as [string, ...string[]];
  console.log(JSON.stringify(await new Load(JSON.parse(workload)).run(urls.map((url) => new URL(url)))));
}
