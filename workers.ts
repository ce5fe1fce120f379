import { MemoryAdministrator } from "./administrator.ts";
import type { Config } from "./config.ts";
import { read, type Reading } from "./families.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { JournalShare } from "./journal/share.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { type ChatNode, NodeError, type NodePorts } from "./node.ts";
import type { Opening, Order, Report } from "./node_worker.ts";
import { Relay } from "./relay.ts";
import { cannotListen, ListenError } from "./server.ts";

/**
 * Starts several nodes, each in a thread of its own, that listen on one port and share the journal, which stays in this
 * thread: as few of what they have in common as can be goes through it. It goes on as one node.
 * @throws {ListenError} when the address can't be had.
 */
export async function startWorkers(ports: NodePorts): Promise<ChatNode> {
  const { journal, bus, administrator, assets, config, certificate, log } = ports;
  const { workers: count, data } = config;
  refuseIfTaken(config.addr);
  const share = new JournalShare(journal, count);
  const relay = new Relay(count, bus);
  const metrics = new Metrics();
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => {});
  const workers: NodeWorker[] = Array.from({ length: count }, (_, index) =>
    new NodeWorker(`hubbub ${index + 1}`, {
      log,
      failed: (error) => failure.reject(error),
      readOthers: async (asking) => {
        const others = workers.filter((worker) => worker !== asking);
        return [read(metrics), ...await Promise.all(others.map((worker) => worker.read()))];
      },
    }));

  const open = (index: number, addr: Config["addr"]) =>
    workers[index]!.open({
      addr,
      certificate,
      assets,
      // One for all of them: they have one folder.
      sharesAdministrator: ports.sharesAdministrator && index === 0,
      digest: administrator.digest(),
      journal: share.lines[index]!,
      bus: relay.lines[index]!,
    });
  // The first finds a free port, if it is to be one.
  const addr = await Promise.race([open(0, config.addr), failure.promise]);
  const others = { hostname: config.addr.hostname, port: addr.port };
  await Promise.race([Promise.all(workers.slice(1).map((_, index) => open(index + 1, others))), failure.promise]);

  const tellAll = (order: Order) => workers.forEach((worker) => worker.tell(order));
  if (administrator instanceof MemoryAdministrator) {
    administrator.renewed = (digest) => tellAll({ order: "administrator", digest });
  }
  const stopHeartbeat = startHeartbeat(metrics, data, () => {});
  return {
    addr,
    failed: failure.promise,
    renew: async (certificate) =>
      (await Promise.all(workers.map((worker) => worker.renew(certificate)))).every(Boolean),
    packed() {
      tellAll({ order: "packed", packed: new Map([...assets].map(([path, { packed }]) => [path, packed])) });
    },
    async end() {
      stopHeartbeat();
      try {
        await Promise.race([Promise.all(workers.map((worker) => worker.end())), failure.promise]);
      } finally {
        share.close();
        relay.close();
      }
    },
  };
}

/** Others that share their port would let these have it, too. @throws {ListenError} when there are any. */
function refuseIfTaken(addr: Config["addr"]): void {
  if (addr.port === 0) return;
  try {
    Deno.listen(addr).close();
  } catch (error) {
    throw cannotListen(addr, error as Error);
  }
}

interface NodeWorkerPorts {
  readonly log: Log;
  failed(error: NodeError): void;
  /** What all but this worker have counted. */
  readOthers(worker: NodeWorker): Promise<readonly Reading[]>;
}

/** This thread's end of a worker. */
class NodeWorker {
  readonly #worker: Worker;
  readonly #ports: NodeWorkerPorts;
  // Who waits for the next report of a kind, first come first served.
  readonly #waiting = new Map<Report["report"], ((report: Report) => void)[]>();

  constructor(name: string, ports: NodeWorkerPorts) {
    this.#ports = ports;
    this.#worker = new Worker(new URL("./node_worker.ts", import.meta.url), { type: "module", name });
    this.#worker.onmessage = ({ data }: MessageEvent<Report>) => this.#heard(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      ports.failed(new NodeError(`The worker "${name}" has stopped working: ${event.message}`));
    };
  }

  /** Has it start its node; returns where that listens. @throws {ListenError} when it can't. */
  async open(opening: Opening): Promise<Config["addr"]> {
    this.#worker.postMessage(opening, [opening.journal, opening.bus]);
    const report = await Promise.race([this.#next("listening"), this.#next("refused")]);
    if (report.report === "refused") throw new ListenError(report.reason);
    return report.addr;
  }

  tell(order: Order): void {
    this.#worker.postMessage(order);
  }

  async renew(certificate: Extract<Order, { order: "renew" }>["certificate"]): Promise<boolean> {
    this.tell({ order: "renew", certificate });
    return (await this.#next("renewed")).isRenewed;
  }

  async read(): Promise<Reading> {
    this.tell({ order: "read" });
    return (await this.#next("reading")).reading;
  }

  /** Has its node end, and ends the thread. */
  async end(): Promise<void> {
    this.tell({ order: "end" });
    await this.#next("ended");
    this.#worker.terminate();
  }

  #next<R extends Report["report"]>(kind: R): Promise<Extract<Report, { report: R }>> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(kind) ?? [];
      this.#waiting.set(kind, waiting);
      waiting.push(resolve as (report: Report) => void);
    });
  }

  async #heard(report: Report): Promise<void> {
    if (report.report === "log") return this.#ports.log(report.event, report.fields);
    if (report.report !== "asking") return this.#waiting.get(report.report)?.shift()?.(report);
    this.tell({ order: "readings", readings: await this.#ports.readOthers(this) });
  }
}
