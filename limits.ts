import { MESSAGE_BYTES_MAX, ROOMS_PER_CLIENT_MAX } from "./protocol.ts";
import { LOG_BYTES_MAX, QUEUE_LINES_MAX } from "./room.ts";

/** What is too much of something, and what happens then. */
interface Limit {
  /** Sets it on the command line; undefined when it is what it is. */
  readonly flag?: string;
  readonly default: number;
  readonly unit: string;
  /** The least that it can be set to; 0 switches it off. */
  readonly min: number;
  /** The most that makes sense. */
  readonly max?: number;
  /** What is limited. */
  readonly what: string;
  /** What happens at the limit. */
  readonly hit: string;
}

/** More than a timer of 31 bits of milliseconds can do is not needed. */
const DAY_SECONDS = 86_400;

const table = {
  clients: {
    flag: "max-clients",
    default: 10_000,
    unit: "connections",
    min: 0,
    what: "WebSockets and event streams at once, those that are being closed too",
    hit: "503 with Retry-After",
  },
  perAddress: {
    flag: "max-per-ip",
    default: 1_000,
    unit: "connections",
    min: 0,
    what: "of these from one IPv4 address, or one /64 of IPv6",
    hit: "429 with Retry-After",
  },
  memory: {
    flag: "max-memory",
    default: 75,
    unit: "percent",
    min: 0,
    max: 100,
    what: "of the memory of the machine, or of its container, for this process",
    hit: "new connections get 503 with Retry-After",
  },
  rate: {
    flag: "rate",
    default: 20,
    unit: "messages a second",
    min: 0,
    what: "from one client or token, 10 seconds' worth at once; a search counts as 5, a new name as 10",
    hit: "warned, then refused with tooFast, then cut with 4004; plain text is cut",
  },
  message: {
    flag: "max-message",
    default: MESSAGE_BYTES_MAX,
    unit: "bytes",
    min: 1,
    max: 2 ** 24,
    what: "the longest text a client may say, in UTF-8",
    hit: "refused with badText or 413, or cut with 1009",
  },
  malformed: {
    flag: "max-malformed",
    default: 10,
    unit: "messages a minute",
    min: 0,
    what: "from one client that mean nothing; those below it are refused",
    hit: "cut with 4002",
  },
  hello: {
    flag: "hello-timeout",
    default: 10,
    unit: "seconds",
    min: 0,
    max: DAY_SECONDS,
    what: "for a client that speaks JSON to say hello",
    hit: "cut with 4001",
  },
  headers: {
    flag: "header-timeout",
    default: 10,
    unit: "seconds",
    min: 0,
    max: DAY_SECONDS,
    what: "for a request to come, with --transport=node only, and for its body to the API",
    hit: "408, and closed",
  },
  silence: {
    flag: "idle-timeout",
    default: 45,
    unit: "seconds",
    min: 0,
    max: DAY_SECONDS,
    what: "without an answer to a ping, of which one goes out after half of it; less than the 60 s of common proxies",
    hit: "closed",
  },
  rooms: {
    flag: "max-rooms",
    default: 10_000,
    unit: "rooms",
    min: 0,
    what: "with somebody in them",
    hit: "joining another is refused with busy",
  },
  files: {
    default: 64,
    unit: "files",
    min: 0,
    what: "that the system lets the process open are kept for other things than connections",
    hit: "503 with Retry-After",
  },
  roomsPerClient: {
    default: ROOMS_PER_CLIENT_MAX,
    unit: "rooms",
    min: 0,
    what: "that one connection is in",
    hit: "refused with tooManyRooms",
  },
  questions: {
    default: 4,
    unit: "questions",
    min: 0,
    what: "of one client to the journal at once: history and search",
    hit: "refused with busy",
  },
  queue: {
    default: QUEUE_LINES_MAX,
    unit: "lines",
    min: 0,
    what: "behind, or 256 KiB, or 1 MiB of its own, while its socket takes nothing",
    hit: "cut with 4000",
  },
  backlog: {
    default: LOG_BYTES_MAX,
    unit: "bytes",
    min: 0,
    what: "of a room, or for the journal, that wait",
    hit: "who holds them up is cut with 4000, else what is said is refused with busy",
  },
  inbox: {
    default: 65_536,
    unit: "events",
    min: 0,
    what: "that wait for the hub",
    hit: "whoever sends the next is cut with 1013",
  },
} as const satisfies Record<string, Limit>;

/** The name of a limit. */
export type LimitName = keyof typeof table;

/**
 * Every limit. A person never meets one of these defaults, a flood always does. `--help`, the READMEs and the counters at
 * `/metrics` follow from this table.
 */
export const LIMITS: Readonly<Record<LimitName, Limit>> = table;

/** The limits as they are set; `Infinity` where there is none. */
export type Limits = { readonly [name in LimitName]: number };

/** The limits as they are when nobody sets them. */
export const DEFAULT_LIMITS: Limits = Object.fromEntries(
  Object.entries(LIMITS).map(([name, limit]) => [name, limit.default]),
) as Limits;
