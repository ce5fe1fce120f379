import type { Client } from "./client.ts";
import type { Act, Deed } from "./journal/journal.ts";
import { LIMITS, type Limits } from "./limits.ts";
import type { Visitor } from "./live_room.ts";
import type { Metrics } from "./metrics.ts";
import type { Moderation } from "./moderation.ts";
import type {
  HookState,
  HookStatus,
  LimitStatus,
  Listed,
  Presence,
  Role,
  RoomStatus,
  Sample,
  Status,
  ToldAct,
} from "./protocol.ts";
import type { Clock } from "./sweeper.ts";

/** Of how many seconds samples are kept: those of five minutes. */
export const SAMPLES_MAX = 300;
/** How many of each kind are told; of the others only how many there are. */
export const LISTED_MAX = 100;
/** How many of somebody's rooms are told. */
export const ROOMS_LISTED_MAX = 10;

/** Somebody's connection, as far as it is told. */
export interface Watched extends Visitor {
  /** As what they are here; undefined before they are let in. */
  readonly grant: { readonly role: Role } | undefined;
  /** When they said hello, in ms since 1970. */
  readonly since: number;
}

/** What the monitor needs of its hub. */
export interface MonitorPorts {
  readonly metrics: Metrics;
  readonly moderation: Moderation;
  readonly limits: Limits;
  readonly clock: Clock;
  /** The connections of those who are here, by their id, in order of coming. */
  readonly tabs: ReadonlyMap<string, ReadonlySet<Watched>>;
  /** How many people are in each room that somebody is in. */
  rooms(): ReadonlyMap<string, number>;
  /** How a webhook does, as far as is known. */
  stateOfHook(hook: number): HookState | undefined;
  /** Sends a line to a client alone. */
  tell(visitor: Visitor, line: string): void;
}

/** What is told only when it has changed. */
type Part = Exclude<keyof Status, "type" | "samples">;

/** What somebody who watches knows. */
interface Knowledge {
  readonly visitor: Visitor;
  /** How many samples there had been. */
  samples: number;
  /** Each part as it was told. */
  readonly parts: Map<Part, string>;
}

/**
 * What the operator's pages show. It keeps a sample of each second, and tells those who watch what is new to them. What it
 * tells is written once for all of them, and only while there are any.
 */
export class Monitor {
  readonly #ports: MonitorPorts;
  readonly #watchers = new Map<Client, Knowledge>();
  readonly #samples: Sample[] = [];
  #sampled = 0;
  #messages = 0;
  #acted = 0;

  constructor(ports: MonitorPorts) {
    this.#ports = ports;
  }

  /** From now on somebody is told; at first all of it. */
  watch(visitor: Visitor): void {
    const knowledge = { visitor, samples: 0, parts: new Map() };
    this.#watchers.set(visitor.client, knowledge);
    this.#tell(knowledge, this.#parts());
  }

  /** Something was done. */
  done({ id }: Act): void {
    this.#acted = id;
  }

  /** No more. */
  forget(client: Client): void {
    this.#watchers.delete(client);
  }

  /** A second is over. */
  tick(): void {
    this.#samples.push(this.#sample());
    this.#sampled++;
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    if (this.#watchers.size === 0) return;
    const parts = this.#parts();
    for (const knowledge of [...this.#watchers.values()]) {
      // Who has not taken the last yet gets this one's samples with the next.
      if (knowledge.visitor.client.privateLength === 0) this.#tell(knowledge, parts);
    }
  }

  #tell(knowledge: Knowledge, parts: ReadonlyMap<Part, string>): void {
    const samples = this.#samples.slice(Math.max(this.#samples.length - (this.#sampled - knowledge.samples), 0));
    const changed = [...parts].filter(([part, text]) => knowledge.parts.get(part) !== text);
    knowledge.samples = this.#sampled;
    for (const [part, text] of changed) knowledge.parts.set(part, text);
    const fields = [["type", '"status"'], ["samples", JSON.stringify(samples)], ...changed];
    this.#ports.tell(knowledge.visitor, `{${fields.map(([name, text]) => `"${name}":${text}`).join(",")}}`);
  }

  #sample(): Sample {
    const { metrics, clock } = this.#ports;
    const { connections, rooms, messages, echoMs, eventLoopDelayMs, memoryBytes, databaseBytes } = metrics.snapshot();
    const said = messages - this.#messages;
    this.#messages = messages;
    return {
      at: clock.date(),
      connections,
      rooms,
      messages: said,
      echoP50: echoMs.p50,
      echoP99: echoMs.p99,
      loopP99: eventLoopDelayMs.p99,
      memoryBytes,
      databaseBytes,
    };
  }

  /** Everything but samples, each part written out. */
  #parts(): ReadonlyMap<Part, string> {
    const { moderation, clock } = this.#ports;
    const now = clock.date();
    const parts: Required<Omit<Status, "type" | "samples">> = {
      limits: this.#limits(),
      people: this.#people(),
      rooms: this.#rooms(),
      mutes: newest(moderation.mutes(now)),
      bans: newest(moderation.bans(now)),
      links: newest(moderation.links(now)),
      tokens: newest(moderation.tokens),
      hooks: this.#hooks(),
      acted: this.#acted,
    };
    return new Map(Object.entries(parts).map(([part, value]) => [part as Part, JSON.stringify(value)]));
  }

  #limits(): LimitStatus[] {
    const { limits, metrics } = this.#ports;
    return (Object.keys(LIMITS) as (keyof Limits)[]).map((limit) => ({
      limit,
      flag: LIMITS[limit].flag,
      max: limits[limit] === Infinity ? null : limits[limit],
      hits: metrics.hits(limit),
    }));
  }

  #hooks(): Listed<HookStatus> {
    const { moderation, stateOfHook } = this.#ports;
    const { first, count } = newest<"hook">(moderation.hooks);
    return { first: first.map((act) => ({ ...act, ...stateOfHook(act.id) })), count };
  }

  /** Who came last comes first: of many, they are the ones that one knows the least of. */
  #people(): Listed<Presence> {
    const { tabs } = this.#ports;
    return {
      first: [...tabs.values()].slice(-LISTED_MAX).reverse().map((connections) => {
        const [first] = connections;
        const rooms = new Set([...connections].flatMap(({ rooms }) => [...rooms.keys()]));
        return {
          ...first!.me!,
          role: first!.grant!.role,
          connections: connections.size,
          since: first!.since,
          rooms: [...rooms].slice(0, ROOMS_LISTED_MAX),
        };
      }),
      count: tabs.size,
    };
  }

  /** The fullest first, and those that nobody is in but for which something holds. */
  #rooms(): Listed<RoomStatus> {
    const { moderation, rooms } = this.#ports;
    const counts = new Map([...moderation.ruled.map(({ room }) => [room, 0] as const), ...rooms()]);
    const first = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, LISTED_MAX);
    return {
      first: first.map(([room, people]) => ({ room, people, ...moderation.rulesOf(room) })),
      count: counts.size,
    };
  }
}

/** An act as administrators are told of it: what opens something is known to nobody but who made it. */
export function told<T extends Deed["type"]>({ deed, ...act }: Act<Extract<Deed, { type: T }>>): ToldAct<T> {
  const { digest: _digest, secret: _secret, ...rest } = deed as Partial<Record<"digest" | "secret", string>>;
  return { ...act, deed: rest as ToldAct<T>["deed"] };
}

function newest<T extends Deed["type"]>(acts: readonly Act<Extract<Deed, { type: T }>>[]): Listed<ToldAct<T>> {
  return { first: acts.slice(-LISTED_MAX).reverse().map((act) => told<T>(act)), count: acts.length };
}
