import { Access } from "./access.ts";
import { type FolderAdministrator, type MemoryAdministrator, SharedAdministrator } from "./administrator.ts";
import { Api, tokensOf } from "./api.ts";
import type { Asset } from "./assets.ts";
import type { Bus } from "./bus.ts";
import type { Certificate } from "./certificate.ts";
import type { Config } from "./config.ts";
import metadata from "./deno.json" with { type: "json" };
import { Followers } from "./follower.ts";
import type { Reading } from "./families.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { Hub } from "./hub.ts";
import { isAct, type Journal } from "./journal/journal.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { type AdministratorAct, Moderation } from "./moderation.ts";
import { ProcessResources } from "./resources.ts";
import { Server } from "./server.ts";
import { systemClock } from "./sweeper.ts";
import { startTelemetry } from "./telemetry.ts";
import { Webhooks } from "./webhooks.ts";

/** What a node needs. */
export interface NodePorts {
  /** What is said and done; it outlives the node. */
  readonly journal: Journal;
  /** What carries hints between nodes that have the same journal. */
  readonly bus?: Bus;
  readonly administrator: FolderAdministrator | MemoryAdministrator;
  /** This node sees to it that others, which have another, have the same. */
  readonly sharesAdministrator: boolean;
  /** The page, by the path of the URL. */
  readonly assets: ReadonlyMap<string, Asset>;
  readonly config: Config;
  /** Makes it https. */
  readonly certificate: Certificate | undefined;
  /** Asks the other workers of this process, if there are any, for what they have counted. */
  readonly readOthers?: () => Promise<readonly Reading[]>;
  /** Counts what happens. */
  readonly metrics?: Metrics;
  readonly log: Log;
}

/** A node that serves. */
export interface ChatNode {
  /** Where it listens, with the port that it really got. */
  readonly addr: Config["addr"];
  /** Shows a renewed certificate to whoever connects from now on; false, and nothing changes, if that takes a new start. */
  renew(certificate: Certificate): boolean | Promise<boolean>;
  /** Rejects with a NodeError when it can't go on; undefined where that is a defect that ends the process by itself. */
  readonly failed?: Promise<never>;
  /** The page was packed: other threads have a copy of it. */
  packed?(): void;
  /** Keeps and delivers what it has, says goodbye to everyone and listens no more. Takes as long as its parts may, at most. */
  end(): Promise<void>;
}

/** A node can't go on; the message is one line for whoever runs the server. */
export class NodeError extends Error {}

/**
 * Starts a node: a hub on a journal, a server before it, and what both need.
 * @throws {ListenError} when the address can't be had.
 */
export async function startNode(ports: NodePorts): Promise<ChatNode> {
  const { journal, bus, administrator, assets, config, certificate, readOthers, sharesAdministrator, log } = ports;
  const { key, limits, workers } = config;
  const metrics = ports.metrics ?? new Metrics(log);
  startTelemetry(metrics);
  const moderation = new Moderation(journal.acts);
  const { date, now } = systemClock;
  const access = new Access({ key, administrator, moderation, date, now });
  const hub = new Hub({ journal, bus, access, limits, metrics, log });
  const shared = sharesAdministrator
    ? new SharedAdministrator(administrator, journal, moderation.administrator, log)
    : undefined;
  if (shared) {
    hub.listen((kept) => isAct(kept) && kept.deed.type === "administrator" && shared.heard(kept as AdministratorAct));
  }
  const followers = new Followers({ hub, journal });
  const common = { hub, journal, followers, clock: systemClock, log };
  const api = new Api({ ...common, tokens: tokensOf(moderation), access, limits, metrics }, metadata.version);
  const webhooks = new Webhooks({ ...common, random: Math.random, fetch });
  webhooks.follow(moderation);
  const resources = new ProcessResources(workers);
  const server = new Server({ hub, api, config, assets, metrics, resources, readOthers, log });
  const addr = await server.listen(config.addr, certificate, workers > 1);
  const ended = hub.run();
  const stopHeartbeat = startHeartbeat(metrics, config.data, () => {
    shared?.look();
    hub.tick();
  });
  return {
    addr,
    renew: (certificate) => server.renew(certificate),
    async end() {
      stopHeartbeat();
      hub.close();
      await ended;
      await Promise.all([server.drain(), webhooks.close()]);
    },
  };
}
