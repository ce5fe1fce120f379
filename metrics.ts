import { Histogram, LastMinute, SECONDS_BOUNDS } from "./histogram.ts";
import { type LimitName, LIMITS } from "./limits.ts";
import { type Log, noLog } from "./log.ts";
import { Disconnect, type Refusal } from "./protocol.ts";

/** The limits that end a connection. */
const LIMIT_OF: ReadonlyMap<Disconnect, LimitName> = new Map<Disconnect, LimitName>([
  [Disconnect.tooBig, "message"],
  [Disconnect.tooFast, "rate"],
  [Disconnect.malformed, "malformed"],
  [Disconnect.noHello, "hello"],
  [Disconnect.slow, "queue"],
]);
/** The ends that nobody has to hear of: who left did so themselves, and the end of the server is told once. */
const QUIET: ReadonlySet<Disconnect> = new Set<Disconnect>([Disconnect.left, Disconnect.goingAway]);
const NAME_OF: ReadonlyMap<Disconnect, string> = new Map(
  Object.entries(Disconnect).map(([name, disconnect]) => [disconnect, name]),
);
const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];
/** What is told of each limit when it is reached, made once: a flood reaches it often. */
const REACHED = Object.fromEntries(
  LIMIT_NAMES.map((name) => {
    const { unit, what, hit } = LIMITS[name];
    return [name, { limit: labelOf(name), what: `${unit} ${what}`, outcome: hit }];
  }),
) as Record<LimitName, { limit: string; what: string; outcome: string }>;

/** A commit of the journal; its times are in ms on the hub's clock. */
export interface Commit {
  readonly start: number;
  readonly end: number;
  /** How many messages were in it. */
  readonly messages: number;
  readonly failed: boolean;
}

/** Whoever wants to know of single commits and messages. */
export interface Follower {
  /** A commit is over. */
  committed(commit: Commit): void;
  /** Who said something at `since` has been sent it at `now`, both in ms on the hub's clock. */
  echoed(since: number, now: number, commit: Commit): void;
}

/** What can be looked at at any moment, and who knows it. */
export interface Gauges {
  /** WebSockets that take a place. */
  connections(): number;
  /** Clients in the hub. */
  clients(): number;
  /** Rooms with somebody in them. */
  rooms(): number;
  /** Why nobody new should be sent here; undefined when there is no reason. */
  unready(): string | undefined;
}

/** The state of a server at a moment, for people who want to see it. Shares of the last minute are null when there was nothing. */
export interface Snapshot {
  /** Why nobody new should be sent here; null when all is well. */
  readonly unready: string | null;
  readonly uptimeSeconds: number;
  readonly connections: number;
  readonly clients: number;
  readonly rooms: number;
  /** What was said since the start. */
  readonly messages: number;
  /** The same in the last ten seconds. */
  readonly messagesPerSecond: number;
  /** From when the server got a message until it had sent it to whoever said it, in the last minute. */
  readonly echoMs: Quantiles;
  /** How long it took to keep what was said, in the last minute. */
  readonly commitMs: Quantiles;
  /** How late the event loop was, in the last minute. */
  readonly eventLoopDelayMs: Quantiles;
  readonly memoryBytes: number;
  readonly heapBytes: number;
  /** 0 when nothing is kept longer than the server runs. */
  readonly databaseBytes: number;
  /** Every limit, by its flag, or its name if it has none, and how often it was reached. */
  readonly limits: readonly { readonly limit: string; readonly what: string; readonly hits: number }[];
}

interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
}

/** Over how many seconds messages a second are counted. */
const RATE_SECONDS = 10;

/** What has happened since the start, counted, and what is so at this moment. */
export class Metrics {
  /** From what was said to its echo, in seconds. */
  readonly echo = new Histogram(SECONDS_BOUNDS);
  /** How long commits took, in seconds. */
  readonly commits = new Histogram(SECONDS_BOUNDS);
  /** How many messages they had. */
  readonly commitMessages = new Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024]);
  /** How late the event loop was, in seconds. */
  readonly eventLoopDelay = new Histogram(SECONDS_BOUNDS);
  /** How large the journal's files are. */
  databaseBytes = 0;
  /** Is told of single commits and messages. */
  follower: Follower | undefined;
  /** Numbers that only grow. */
  readonly counts = { accepted: 0, broken: 0, messages: 0, deliveries: 0, commitFailures: 0 };
  readonly #log: Log;
  readonly #hits = new Map<LimitName, number>();
  readonly #disconnects = new Map<string, number>();
  readonly #refusals = new Map<Refusal["code"], number>();
  readonly #lastMinute = {
    echo: new LastMinute(this.echo),
    commits: new LastMinute(this.commits),
    eventLoopDelay: new LastMinute(this.eventLoopDelay),
  };
  // How many messages there had been at each of the last ticks.
  readonly #messagesAt: number[] = [0];
  #gauges: Gauges = { connections: () => 0, clients: () => 0, rooms: () => 0, unready: () => undefined };

  /** @param log is told of limits that are reached, and of whoever is cut for something else. */
  constructor(log: Log = noLog) {
    this.#log = log;
  }

  /** Asks these from now on. */
  look(gauges: Partial<Gauges>): void {
    this.#gauges = { ...this.#gauges, ...gauges };
  }

  /** What is so at this moment. */
  get gauges(): Gauges {
    return this.#gauges;
  }

  /** A connection got a place. */
  accepted(): void {
    this.counts.accepted++;
  }

  /** A limit was reached. */
  hit(limit: LimitName): void {
    this.#hits.set(limit, this.hits(limit) + 1);
    this.#log("limit_reached", REACHED[limit]);
  }

  /** How often a limit was reached. */
  hits(limit: LimitName): number {
    return this.#hits.get(limit) ?? 0;
  }

  /** The server ended a connection. */
  disconnected(disconnect: Disconnect): void {
    const cause = NAME_OF.get(disconnect)!;
    this.#disconnects.set(cause, this.disconnects(cause) + 1);
    const { code, reason } = disconnect;
    const limit = LIMIT_OF.get(disconnect);
    if (limit) this.hit(limit);
    else if (!QUIET.has(disconnect)) this.#log("cut", { cause, code, reason });
  }

  /** How often it did so, by the name of the Disconnect. */
  disconnects(cause: string): number {
    return this.#disconnects.get(cause) ?? 0;
  }

  /** A client broke the rules of WebSockets (RFC 6455), or its line broke: the transport ended it without a close. */
  violated(): void {
    this.counts.broken++;
  }

  /** A client was told that something is not done. */
  refused(code: Refusal["code"]): void {
    this.#refusals.set(code, this.refusals(code) + 1);
  }

  /** How often that was so. */
  refusals(code: Refusal["code"]): number {
    return this.#refusals.get(code) ?? 0;
  }

  /** A commit is over. */
  committed(commit: Commit): void {
    if (commit.failed) {
      this.counts.commitFailures++;
    } else {
      this.commits.observe((commit.end - commit.start) / 1_000);
      this.commitMessages.observe(commit.messages);
    }
    this.follower?.committed(commit);
  }

  /** Something that was said is kept, and on its way to so many members. */
  said(members: number): void {
    this.counts.messages++;
    this.counts.deliveries += members;
  }

  /**
   * Who said something has been sent it.
   * @param since when they said it, and `now` are in ms on the hub's clock.
   * @param times how many messages it was, of which it was the first.
   * @param commit what kept it.
   */
  echoed(since: number, now: number, times: number, commit: Commit): void {
    this.echo.observe((now - since) / 1_000, times);
    this.follower?.echoed(since, now, commit);
  }

  /** To be called every second. */
  tick(): void {
    for (const histogram of Object.values(this.#lastMinute)) histogram.tick();
    this.#messagesAt.push(this.counts.messages);
    if (this.#messagesAt.length > RATE_SECONDS + 1) this.#messagesAt.shift();
  }

  /** How the server does at this moment. */
  snapshot(): Snapshot {
    const { rss, heapUsed } = Deno.memoryUsage();
    const { connections, clients, rooms, unready } = this.#gauges;
    const { echo, commits, eventLoopDelay } = this.#lastMinute;
    return {
      unready: unready() ?? null,
      uptimeSeconds: Math.round(performance.now() / 1_000),
      connections: connections(),
      clients: clients(),
      rooms: rooms(),
      messages: this.counts.messages,
      messagesPerSecond: (this.#messagesAt.at(-1)! - this.#messagesAt[0]!) / Math.max(this.#messagesAt.length - 1, 1),
      echoMs: quantiles(echo),
      commitMs: quantiles(commits),
      eventLoopDelayMs: quantiles(eventLoopDelay),
      memoryBytes: rss,
      heapBytes: heapUsed,
      databaseBytes: this.databaseBytes,
      limits: LIMIT_NAMES.map((name) => ({
        limit: REACHED[name].limit,
        what: REACHED[name].what,
        hits: this.hits(name),
      })),
    };
  }
}

function quantiles(lastMinute: LastMinute): Quantiles {
  const ms = (share: number) => {
    const seconds = lastMinute.quantile(share);
    // The buckets know no more than hundredths.
    return seconds === undefined ? null : Math.round(100_000 * seconds) / 100;
  };
  return { p50: ms(0.5), p99: ms(0.99) };
}

/** What a limit is called where people see it: as its flag, if it has one. */
export function labelOf(name: LimitName): string {
  return LIMITS[name].flag ?? name;
}
