/**
 * A thread with a node in it, one of several in a process: see workers.ts, which starts it. First it gets an Opening, then
 * orders, and reports. It reads the settings itself: some of them can't be sent from one thread to another.
 * @module
 */
import { FolderAdministrator, MemoryAdministrator } from "./administrator.ts";
import type { Asset } from "./assets.ts";
import type { Certificate } from "./certificate.ts";
import { type Config, parseCommand } from "./config.ts";
import { read, type Reading } from "./families.ts";
import { openRemote } from "./journal/remote.ts";
import type { Limits } from "./limits.ts";
import type { EventName, Events } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { type ChatNode, startNode } from "./node.ts";
import { busOn } from "./relay.ts";
import { ListenError } from "./server.ts";

/** What the thread has to know at first. */
export interface Opening {
  readonly addr: Config["addr"];
  readonly certificate: Certificate | undefined;
  readonly assets: ReadonlyMap<string, Asset>;
  /** As of NodePorts. */
  readonly sharesAdministrator: boolean;
  /** That of the administrator's secret, where no folder has it. */
  readonly digest: string | undefined;
  /** This thread's ends of the lines to the journal and to the other nodes. */
  readonly journal: MessagePort;
  readonly bus: MessagePort;
}

/** What the thread is told then. */
export type Order =
  | { readonly order: "renew"; readonly certificate: Certificate }
  | { readonly order: "packed"; readonly packed: ReadonlyMap<string, Asset["packed"]> }
  | { readonly order: "administrator"; readonly digest: string }
  | { readonly order: "read" }
  /** What the others have counted, for a thread that has asked. */
  | { readonly order: "readings"; readonly readings: readonly Reading[] }
  | { readonly order: "end" };

/** What the thread says. To `renew`, `read` and `end` it answers once, in order. */
export type Report =
  | { readonly report: "listening"; readonly addr: Config["addr"] }
  | { readonly report: "refused"; readonly reason: string }
  | { readonly report: "renewed"; readonly isRenewed: boolean }
  | { readonly report: "reading"; readonly reading: Reading }
  /** It wants `readings`. */
  | { readonly report: "asking" }
  | { readonly report: "ended" }
  | { readonly report: "log"; readonly event: EventName; readonly fields: Events[EventName] };

// What a worker's global object is to the outside.
const port = globalThis as unknown as Pick<MessagePort, "postMessage" | "onmessage">;

const asking: ((readings: readonly Reading[]) => void)[] = [];

port.onmessage = ({ data }: MessageEvent<Opening>) => open(data);

async function open(opening: Opening): Promise<void> {
  const command = parseCommand(Deno.args, Deno.env.get);
  if (command.name !== "serve") throw new Error(`A worker can't do ${command.name}`);
  const { workers, limits, data } = command.config;
  const { addr, certificate, assets, digest, sharesAdministrator } = opening;
  const administrator = data === undefined ? new MemoryAdministrator(digest) : new FolderAdministrator(data);
  const log = (event: EventName, fields: Events[EventName]) => report({ report: "log", event, fields });
  const metrics = new Metrics(log);
  try {
    const node = await startNode({
      journal: await openRemote(opening.journal),
      bus: busOn(opening.bus),
      administrator,
      sharesAdministrator,
      assets,
      config: { ...command.config, addr, limits: shareOf(limits, workers) },
      certificate,
      metrics,
      readOthers: () =>
        new Promise((resolve) => {
          asking.push(resolve);
          report({ report: "asking" });
        }),
      log,
    });
    port.onmessage = ({ data }: MessageEvent<Order>) => obey(data, node, { assets, administrator, metrics });
    report({ report: "listening", addr: node.addr });
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    report({ report: "refused", reason: error.message });
  }
}

interface Parts {
  readonly assets: Opening["assets"];
  readonly administrator: FolderAdministrator | MemoryAdministrator;
  readonly metrics: Metrics;
}

async function obey(order: Order, node: ChatNode, { assets, administrator, metrics }: Parts): Promise<void> {
  switch (order.order) {
    case "renew":
      return report({ report: "renewed", isRenewed: await node.renew(order.certificate) });
    case "packed":
      for (const [path, packed] of order.packed) {
        for (const [encoding, bytes] of packed) assets.get(path)!.packed.set(encoding, bytes);
      }
      return;
    case "administrator":
      return (administrator as MemoryAdministrator).set(order.digest);
    case "read":
      return report({ report: "reading", reading: read(metrics) });
    case "readings":
      return asking.shift()!(order.readings);
    case "end":
      await node.end();
      return report({ report: "ended" });
  }
}

function report(report: Report): void {
  port.postMessage(report);
}

/** What one of so many workers may let in: each of them counts its own connections. */
function shareOf(limits: Limits, workers: number): Limits {
  const { clients, perAddress } = limits;
  return { ...limits, clients: Math.ceil(clients / workers), perAddress: Math.ceil(perAddress / workers) };
}
