/**
 * What server and page agree on: every message that crosses the wire, how it is read and written, why a connection ends,
 * and the limits. Both import this file, so nothing here may touch Deno or the DOM. docs/PROTOCOL.md tells the same to people.
 * @module
 */
import type { Act, Deed } from "./journal/journal.ts";

/** What a client asks for in Sec-WebSocket-Protocol to speak JSON lines. Without it the lines are plain text. */
export const SUBPROTOCOL = "hubbub.v1";

/** Everything that a client can say. Each is one line of JSON in a text frame; a frame may hold several lines. */
export type ClientMessage =
  /** Comes first: who I am, and what I have seen of which rooms. */
  | {
    readonly type: "hello";
    /** 22 to 64 letters, digits, `-` and `_` that only this browser knows; who I am follows from it. */
    readonly secret: string;
    /** What I would like to be called. */
    readonly name?: string;
    /** What lets me in: the server's key, the secret of a guest link, or the administrator's. */
    readonly pass?: string;
    /** Of the `welcome` that the ids below are from. */
    readonly epoch?: string;
    readonly rooms: readonly Cursor[];
  }
  | { readonly type: "join"; readonly room: string }
  | { readonly type: "leave"; readonly room: string }
  /** Says something in a room that I am in. Saying it again with the same nonce is not saying it twice. */
  | { readonly type: "say"; readonly room: string; readonly nonce: string; readonly text: string }
  /** Deletes what I said, or as an administrator what anybody said. */
  | { readonly type: "delete"; readonly room: string; readonly id: number }
  /** Has something done, as an administrator; `ref` comes back in the answer. */
  | { readonly type: "order"; readonly ref: number; readonly order: Order }
  | { readonly type: "typing"; readonly room: string }
  | { readonly type: "rename"; readonly name: string }
  /** Asks for the page of a room before or after an id; `ref` comes back in the answer. */
  | {
    readonly type: "history";
    readonly ref: number;
    readonly room: string;
    readonly before?: number;
    readonly after?: number;
  }
  /** Looks for words, prefix*, "a phrase" and from:name in the rooms that I am in. */
  | { readonly type: "search"; readonly ref: number; readonly query: string; readonly before?: number }
  /** Asks, as an administrator, to be told each second how the server does. */
  | { readonly type: "watch" }
  /** Asks, as an administrator, for the page of what was done before an id; `ref` comes back in the answer. */
  | { readonly type: "audit"; readonly ref: number; readonly before?: number }
  /** Asks whether anybody is there. */
  | { readonly type: "ping" };

/**
 * What an administrator can have done. Times are in ms since 1970; without `until` it has no end. What ends something names
 * it by the id that its `done` had.
 */
export type Order =
  /** They can't say anything. */
  | { readonly type: "mute"; readonly user: string; readonly until?: number }
  | { readonly type: "unmute"; readonly user: string }
  /** They are cut, and can't come back; with `address` nobody can from where they are, but for administrators. */
  | { readonly type: "ban"; readonly user: string; readonly until?: number; readonly address?: boolean }
  | { readonly type: "unban"; readonly ban: number }
  /** Only administrators can say anything in the room. */
  | { readonly type: "lock"; readonly room: string }
  | { readonly type: "unlock"; readonly room: string }
  /** So many seconds have to be between two messages of one person; 0 is none. */
  | { readonly type: "slow"; readonly room: string; readonly seconds: number }
  /** Makes a secret that lets guests into one room. */
  | { readonly type: "link"; readonly room: string; readonly until?: number }
  | { readonly type: "unlink"; readonly link: number }
  /** Makes a secret with which a program can use the API, in one room or in all, under a name. */
  | { readonly type: "token"; readonly name: string; readonly room?: string }
  | { readonly type: "untoken"; readonly token: number }
  /** What is said, in one room or in all, is sent to an address; the secret that is made signs it. */
  | { readonly type: "hook"; readonly url: string; readonly room?: string; readonly token?: number }
  | { readonly type: "unhook"; readonly hook: number };

/** What somebody may do: a guest is in one room, by a link. */
export type Role = "admin" | "member" | "guest";

/** How far I have read a room. */
export interface Cursor {
  readonly room: string;
  /** The newest id that I have of it. */
  readonly after?: number;
}

/** Everything that the server can say. Each is one line of JSON; a text frame holds one or more lines. */
export type ServerMessage =
  | Welcome
  | Joined
  | Said
  /** What I said again, under a nonce that I had used before, was kept the first time, as this id. */
  | { readonly type: "kept"; readonly room: string; readonly nonce: string; readonly id: number }
  | Deleted
  /** What holds in a room from now on. */
  | ({ readonly type: "rules"; readonly room: string } & Rules)
  /** From now on somebody can't say anything, or they can again. It is told to them and to administrators. */
  | ({ readonly type: "mute"; readonly muted: boolean } & Mute)
  /** An order was carried out; what it made has this id, and this secret, which nobody can be told again. */
  | { readonly type: "done"; readonly ref: number; readonly id: number; readonly secret?: string }
  /** Who came to a room and who left it, or has another name, since the last of these. A hint, merged and thinned. */
  | {
    readonly type: "people";
    readonly room: string;
    readonly joined: readonly Person[];
    readonly left: readonly string[];
    /** How many people are in the room now. */
    readonly count: number;
  }
  /** Who is writing at the moment. A hint, merged and thinned. */
  | { readonly type: "typing"; readonly room: string; readonly people: readonly Person[] }
  /** What I am called now, in all of my tabs. */
  | { readonly type: "renamed"; readonly name: string }
  | Entries
  | Status
  /** A page of what was done, newest first. */
  | { readonly type: "audited"; readonly ref: number; readonly acts: readonly ToldAct[]; readonly more: boolean }
  | { readonly type: "pong" }
  | Refusal;

/** The answer to a question. */
export type Entries =
  /** A page of what was said, oldest first. */
  | { readonly type: "history"; readonly ref: number; readonly entries: readonly Said[]; readonly more: boolean }
  /** What was looked for, newest first. */
  | { readonly type: "found"; readonly ref: number; readonly entries: readonly Said[]; readonly more: boolean };

/** The answer to `hello`. */
export interface Welcome {
  readonly type: "welcome";
  /** Ids of another epoch mean nothing. */
  readonly epoch: string;
  /** My public id. */
  readonly id: string;
  /** What I am called: the name that I asked for, the one that I have had, or one for a guest. */
  readonly name: string;
  readonly role: Role;
  /** The one room that a guest can be in. */
  readonly room?: string;
  /** The longest text that can be said, in bytes of UTF-8. */
  readonly textBytesMax: number;
  /** Who can't say anything: I, or as far as an administrator is told, anybody. It is left out when there is nobody. */
  readonly mutes?: readonly Mute[];
}

/** Somebody can't say anything, in any room. */
export interface Mute {
  readonly user: string;
  /** When it ends, in ms since 1970, which nobody is told then; undefined if it does not. */
  readonly until?: number;
}

/** What holds in a room. */
export interface Rules {
  /** Only administrators can say anything. */
  readonly locked: boolean;
  /** So many seconds have to be between two messages of one person; 0 is none. */
  readonly slow: number;
}

/** I am in a room now: what I have to know to follow it. From here on its lines come by themselves. */
export interface Joined {
  readonly type: "joined";
  readonly room: string;
  /**
   * `resumed`: the entries are all that was said since my cursor. `fresh`, without a cursor, and `reload`, when the cursor
   * can't be resumed from: they are the newest page, and whatever I had of the room is not joined to it.
   */
  readonly start: "fresh" | "resumed" | "reload";
  /** Oldest first. */
  readonly entries: readonly Said[];
  /** Which messages were deleted since my cursor, by their ids; some that I never had may be among them. */
  readonly deleted: readonly number[];
  /** There is more before them. Says nothing when resumed. */
  readonly more: boolean;
  /** The newest id up to which I now have everything; what to resume from until something newer comes. */
  readonly last: number;
  /** The people in the room, me too; in a big room only some of them. */
  readonly people: readonly Person[];
  readonly count: number;
  readonly rules: Rules;
}

/** Something that was said and is kept. */
export interface Said {
  readonly type: "said";
  readonly id: number;
  readonly room: string;
  /** Who said it, under the name that they had then. */
  readonly user: string;
  readonly name: string;
  readonly text: string;
  /** The sender's own: to see it is to know that it is kept. */
  readonly nonce: string;
  /** When the server got it, in milliseconds since 1970. Order is by id. */
  readonly at: number;
}

/** Something that was said is gone. */
export interface Deleted {
  readonly type: "deleted";
  /** The deletion's own, which counts as read as that of what is said does. */
  readonly id: number;
  readonly room: string;
  /** The id of what was said. */
  readonly message: number;
}

/** A member of a room. However many connections somebody has, they are one member. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/**
 * How the server does and what holds there, once a second for whoever watches. What has not changed since the last of these
 * is left out, and one that can't be sent in time is left out whole.
 */
export interface Status {
  readonly type: "status";
  /** Of each second since the last of these, oldest first; in the first, of the last five minutes. */
  readonly samples: readonly Sample[];
  readonly limits?: readonly LimitStatus[];
  readonly people?: Listed<Presence>;
  readonly rooms?: Listed<RoomStatus>;
  readonly mutes?: Listed<ToldAct<"mute">>;
  readonly bans?: Listed<ToldAct<"ban">>;
  readonly links?: Listed<ToldAct<"link">>;
  readonly tokens?: Listed<ToldAct<"token">>;
  readonly hooks?: Listed<HookStatus>;
  /** The id of what was done last since the server started, 0 if nothing was: what a page of acts begins with. */
  readonly acted?: number;
}

/** How a webhook does; nothing of it is there when it does well. */
export interface HookState {
  /** Since when no attempt has succeeded, in ms since 1970, and why the last did not, in English. */
  readonly failing?: { readonly since: number; readonly reason: string };
  /** When its receiver said that it wants no more, in ms since 1970. */
  readonly gone?: number;
}

/** A webhook, and how it does. */
export type HookStatus = ToldAct<"hook"> & HookState;

/** How the server did in one second. Null is what nothing was there to measure of. */
export interface Sample {
  /** When it ended, in ms since 1970. */
  readonly at: number;
  /** WebSockets that take a place. */
  readonly connections: number;
  /** Rooms with somebody in them. */
  readonly rooms: number;
  /** What was said in this second. */
  readonly messages: number;
  /** How long it took until who said something was sent it, in ms, half of the times and 99 of 100 in the last minute. */
  readonly echoP50: number | null;
  readonly echoP99: number | null;
  /** How late the event loop was, in ms, 99 of 100 times in the last minute. */
  readonly loopP99: number | null;
  /** Of the process. */
  readonly memoryBytes: number;
  /** Of the journal's files; 0 when it has none. */
  readonly databaseBytes: number;
}

/** A limit, by its name in limits.ts. */
export interface LimitStatus {
  readonly limit: string;
  /** Sets it on the command line, without `--`; undefined when nothing does. */
  readonly flag?: string;
  /** What it is set to; null when it is switched off. */
  readonly max: number | null;
  /** How often it was reached since the start. */
  readonly hits: number;
}

/** The first of many, as many as can be told, and how many there are. */
export interface Listed<T> {
  readonly first: readonly T[];
  readonly count: number;
}

/** Somebody who is connected. */
export interface Presence extends Person {
  readonly role: Role;
  readonly connections: number;
  /** When they came, in ms since 1970: the first of their connections. */
  readonly since: number;
  /** Some of the rooms that they are in. */
  readonly rooms: readonly string[];
}

/** A room that somebody is in, or that has rules. */
export interface RoomStatus extends Rules {
  readonly room: string;
  /** How many people are in it. */
  readonly people: number;
}

/** What was done, as administrators are told of it: nothing in it opens anything. */
export type ToldAct<T extends Deed["type"] = Deed["type"]> = Omit<Act, "deed"> & { readonly deed: ToldDeed<T> };
type ToldDeed<T extends Deed["type"]> = T extends unknown ? Omit<Extract<Deed, { type: T }>, "digest" | "secret">
  : never;

/** Something was refused and did not happen; the connection stays. */
export interface Refusal {
  readonly type: "error";
  readonly code: keyof typeof REFUSALS;
  /** For people, in English. */
  readonly reason: string;
  /** Of a `badName` the rule that it breaks, one of NAME_RULES; of a `nameTaken` the name that it is too close to; of a `tooFast` WARNING, if it is none yet; of what is said of a pass OPEN, if none is needed; of `muted` and `banned` when it ends, of `slow` when one may speak, in ms since 1970. */
  readonly detail?: string;
  /** What it was about, as far as the message said so. */
  readonly room?: string;
  readonly nonce?: string;
  readonly ref?: number;
}

/** Every reason to refuse a message, and whether sending the same again later makes sense. */
export const REFUSALS = {
  malformed: { retry: false },
  badRoom: { retry: false },
  badName: { retry: false },
  nameTaken: { retry: false },
  badText: { retry: false },
  notJoined: { retry: false },
  tooManyRooms: { retry: false },
  /** It takes an administrator, or more than a guest, or it is somebody else's. */
  notAllowed: { retry: false },
  /** What was named is not there. */
  notFound: { retry: false },
  /** Only administrators can say anything in this room. */
  locked: { retry: false },
  muted: { retry: false },
  /** It is too soon after the last message, in this room. */
  slow: { retry: true },
  // Before the connection ends with `denied` or `banned`.
  keyNeeded: { retry: false },
  keyWrong: { retry: false },
  tooManyTries: { retry: true },
  linkEnded: { retry: false },
  banned: { retry: false },
  /** What was said can't be kept at the moment, for example because the disk is full. */
  storage: { retry: true },
  /** The server has too much to do, or this client asks too much of it. */
  busy: { retry: true },
  /** This client sends more than the server takes from one. */
  tooFast: { retry: true },
} as const;

/** The detail of a `tooFast` that refuses nothing yet. */
export const WARNING = "warning";

/** The detail of a `keyWrong`, `tooManyTries` or `linkEnded`, when one comes in with nothing at all. */
export const OPEN = "open";

/** Every rule that a name can break. What each of them says is in text.ts in English, for the page in static/i18n.ts. */
export const NAME_RULES = ["control", "invisible", "marks", "letter", "long", "guest", "mixed"] as const;
/** One of them. */
export type NameRule = typeof NAME_RULES[number];

/** Why the server ends a connection: a value with a meaning, not just a number (RFC 6455, section 7.4). */
export interface Disconnect {
  /** The close frame's status code. */
  readonly code: number;
  /** The close frame's text, at most 123 bytes of UTF-8. */
  readonly reason: string;
  /** Whether the client should come back by itself. */
  readonly reconnect: boolean;
}

/** Every reason that the server has for ending a connection. Codes from 4000 are our own. */
export const Disconnect = {
  left: { code: 1000, reason: "", reconnect: true },
  goingAway: { code: 1001, reason: "the server is going away", reconnect: true },
  notText: { code: 1003, reason: "text messages only", reconnect: false },
  tooBig: { code: 1009, reason: "the message is too long", reconnect: true },
  overloaded: { code: 1013, reason: "the server is overloaded, try again later", reconnect: true },
  slow: { code: 4000, reason: "reads too slowly", reconnect: true },
  noHello: { code: 4001, reason: "said no hello in time", reconnect: true },
  malformed: { code: 4002, reason: "sent too many malformed messages", reconnect: false },
  storage: { code: 4003, reason: "the server can't read or keep messages at the moment", reconnect: true },
  tooFast: { code: 4004, reason: "sends too much", reconnect: true },
  denied: { code: 4005, reason: "takes a key", reconnect: false },
  banned: { code: 4006, reason: "is banned", reconnect: false },
} as const satisfies Record<string, Disconnect>;

/** Whether a client whose connection ended with `code` should come back: always, but for the codes that say otherwise. */
export function shouldReconnect(code: number): boolean {
  return !Object.values(Disconnect).some((disconnect) => disconnect.code === code && !disconnect.reconnect);
}

/** What ends the connection right after it was said why, by the code of the refusal. */
const ENDS: { readonly [code in Refusal["code"]]?: Disconnect } = {
  keyNeeded: Disconnect.denied,
  keyWrong: Disconnect.denied,
  tooManyTries: Disconnect.denied,
  linkEnded: Disconnect.denied,
  banned: Disconnect.banned,
};

/** How a connection ends after a refusal; undefined when it stays, or the refusal is not known. */
export function endAfter(code: string): Disconnect | undefined {
  return Object.hasOwn(ENDS, code) ? ENDS[code as Refusal["code"]] : undefined;
}

/** The longest text in bytes of UTF-8 that a server takes unless it is told otherwise. */
export const MESSAGE_BYTES_MAX = 64 * 1024;
/** How many entries a page of history or of search results has at most. */
export const PAGE_ENTRIES = 50;
/** How many rooms one connection can be in. */
export const ROOMS_PER_CLIENT_MAX = 100;
/** The longest secret that is looked at, in UTF-16 units. */
export const SECRET_LENGTH_MAX = 128;
/** Of so many mutes an administrator is told when they come, of the newest. */
export const MUTES_TOLD_MAX = 1_000;
/** The slowest that a room can be: an hour. */
export const SLOW_SECONDS_MAX = 3_600;
/** The longest name of a person, in characters (code points after normalization). */
export const NAME_CHARACTERS_MAX = 32;

/** Where the WebSocket is. */
export const WEBSOCKET_PATH = "/ws";
/** The room of those who don't say which. */
export const DEFAULT_ROOM = "lobby";

/** Whether this can be a room's name: 1 to 64 small letters, digits, `-` and `_`, of which the first is a letter or digit. */
export function isRoomName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,63}$/.test(text);
}

/** Whether this can be the public id of a user: 22 letters, digits, `-` and `_`. */
export function isUserId(text: string): boolean {
  return /^[\w-]{22}$/.test(text);
}

/** A name as it is shown: compatibility forms normalized (NFKC), white space single, no emoji variation selectors. */
export function cleanName(name: string): string {
  return name.normalize("NFKC").replaceAll("\ufe0f", "").replaceAll(/ +/g, " ").trim();
}

/** What is wrong with a message, as a sentence for whoever wrote the program that sent it. */
export class Malformed {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** What a field may hold: a check, and what it is called in a sentence. */
interface Field {
  readonly is: (value: unknown) => boolean;
  readonly what: string;
  readonly optional?: true;
}

const text: Field = { is: (value) => typeof value === "string" && value.isWellFormed(), what: "a well-formed string" };
const id: Field = { is: (value) => Number.isSafeInteger(value) && Number(value) >= 0, what: "a whole number from 0" };
const secret: Field = {
  is: (value) => typeof value === "string" && /^[\w-]{22,64}$/.test(value),
  what: "22 to 64 letters, digits, - and _",
};
const nonce: Field = {
  is: (value) => typeof value === "string" && /^[\w-]{1,64}$/.test(value),
  what: "1 to 64 letters, digits, - and _",
};
const cursors: Field = {
  is: (value) => Array.isArray(value) && value.length <= ROOMS_PER_CLIENT_MAX && value.every(isCursor),
  what: `at most ${ROOMS_PER_CLIENT_MAX} of {"room": string, "after"?: number}`,
};
const secrets: Field = {
  is: (value) => typeof value === "string" && value.length <= SECRET_LENGTH_MAX,
  what: `a string of at most ${SECRET_LENGTH_MAX} characters`,
};
const seconds: Field = {
  is: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= SLOW_SECONDS_MAX,
  what: `a whole number from 0 to ${SLOW_SECONDS_MAX}`,
};
const flag: Field = { is: (value) => typeof value === "boolean", what: "true or false" };
const room: Field = { is: (value) => typeof value === "string" && isRoomName(value), what: "a room's name" };
const user: Field = { is: (value) => typeof value === "string" && isUserId(value), what: "a user's id" };
const url: Field = {
  is: (value) =>
    typeof value === "string" && value.length <= 2_000 && /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
  what: "an http or https address",
};
const object: Field = { is: (value) => typeof value === "object" && value !== null, what: "an object" };
const optional = (field: Field): Field => ({ ...field, optional: true });

type Fields = Readonly<Record<string, Field>>;

/** The fields of each message that a client can say. */
export const FIELDS: { readonly [T in ClientMessage["type"]]: Fields } = {
  hello: { secret, name: optional(text), pass: optional(secrets), epoch: optional(text), rooms: cursors },
  join: { room: text },
  leave: { room: text },
  say: { room: text, nonce, text },
  delete: { room: text, id },
  order: { ref: id, order: object },
  typing: { room: text },
  rename: { name: text },
  history: { ref: id, room: text, before: optional(id), after: optional(id) },
  search: { ref: id, query: text, before: optional(id) },
  watch: {},
  audit: { ref: id, before: optional(id) },
  ping: {},
};

/** The fields of each order. */
export const ORDERS: { readonly [T in Order["type"]]: Fields } = {
  mute: { user, until: optional(id) },
  unmute: { user },
  ban: { user, until: optional(id), address: optional(flag) },
  unban: { ban: id },
  lock: { room },
  unlock: { room },
  slow: { room, seconds },
  link: { room, until: optional(id) },
  unlink: { link: id },
  token: { name: text, room: optional(room) },
  untoken: { token: id },
  hook: { url, room: optional(room), token: optional(id) },
  unhook: { hook: id },
};

/** The fields of each type, in a list. */
type FieldLists = ReadonlyMap<string, readonly (readonly [string, Field])[]>;

function listed(types: Readonly<Record<string, Fields>>): FieldLists {
  return new Map(Object.entries(types).map(([type, fields]) => [type, Object.entries(fields)]));
}

// Made once, and not for each message.
const MESSAGE_FIELDS = listed(FIELDS);
const ORDER_FIELDS = listed(ORDERS);

/**
 * Reads a line that a client sent. Fields that nobody asked for are left out. Whether a room exists, a name is good or a
 * text too long is for the hub to say.
 */
export function parseClientMessage(line: string): ClientMessage | Malformed {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return new Malformed("This is not JSON");
  }
  const message = parseFields<ClientMessage>(value, "message", MESSAGE_FIELDS);
  if (message instanceof Malformed || message.type !== "order") return message;
  const order = parseOrder(message.order);
  return order instanceof Malformed ? order : { ...message, order };
}

/** Reads what an administrator wants to have done. */
export function parseOrder(value: unknown): Order | Malformed {
  return parseFields<Order>(value, "order", ORDER_FIELDS);
}

/** Reads an object by the table of its types. */
function parseFields<T extends { readonly type: string }>(
  value: unknown,
  what: string,
  types: FieldLists,
): T | Malformed {
  if (typeof value !== "object" || value === null) return new Malformed(`A ${what} is a JSON object`);
  const type = own(value, "type");
  const fields = types.get(type as string);
  if (!fields) return new Malformed("The type is unknown");
  const parsed: Record<string, unknown> = { type };
  for (const [name, field] of fields) {
    const part = own(value, name);
    if (part === undefined && field.optional) continue;
    if (!field.is(part)) return new Malformed(`"${name}" of a "${type}" must be ${field.what}`);
    parsed[name] = part;
  }
  return parsed as unknown as T;
}

/** Reads a line that the server sent; undefined for a type that this client is too old to know. */
export function parseServerMessage(line: string): ServerMessage | undefined {
  const message = JSON.parse(line);
  return SERVER_TYPES.has(message.type) ? message : undefined;
}

/** The type of everything that a server can say. */
export const SERVER_TYPES: ReadonlySet<string> = new Set<ServerMessage["type"]>(
  [
    "welcome",
    "joined",
    "said",
    "kept",
    "deleted",
    "rules",
    "mute",
    "done",
    "people",
    "typing",
    "renamed",
    "history",
    "found",
    "status",
    "audited",
    "pong",
    "error",
  ],
);

/** Writes a message as one line. */
export function encode(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message);
}

function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name as keyof typeof value] : undefined;
}

function isCursor(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const after = own(value, "after");
  return typeof own(value, "room") === "string" && (after === undefined || typeof after === "number");
}
