import { type Access, bearerOf, digestOf, GUESSES_MS } from "./access.ts";
import type { Place } from "./admission.ts";
import { BodyRefused, readBody } from "./body.ts";
import { jsonBytesMax } from "./client.ts";
import { EventStream, type ServerSentEvent } from "./event_stream.ts";
import type { Followed, Followers } from "./follower.ts";
import { type Hub, PostRefused } from "./hub.ts";
import { type Act, type Entry, isAct, type Journal, JournalError, type Kept } from "./journal/journal.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Moderation } from "./moderation.ts";
import { openApi } from "./openapi.ts";
import { isRoomName, PAGE_ENTRIES } from "./protocol.ts";
import { RateLimit } from "./rate_limit.ts";
import type { Clock } from "./sweeper.ts";
import { cleanText, userIdOf } from "./text.ts";
import type { Incoming, RequestHeaders } from "./transport.ts";

/** Everything about the API begins with this, or is this. */
export const API_PATH = "/api";
/** The most messages that one answer has. */
export const LIMIT_MAX = 200;

/** What lets a program use the API. */
export interface Token {
  readonly id: string;
  /** Under which it speaks. */
  readonly name: string;
  /** The one room that it is for; undefined for all. */
  readonly room?: string;
}

/** Who knows which tokens are good. */
export interface Tokens {
  /** The token with a secret, if it is good now. To compare in constant time is its business. */
  authorize(secret: string): Token | undefined;
}

/** The tokens that administrators have made. */
export function tokensOf(moderation: Moderation): Tokens {
  return {
    authorize(secret) {
      const token = moderation.tokenOf(digestOf(secret));
      return token && { id: String(token.id), name: token.deed.name, room: token.deed.room };
    },
  };
}

/** The public id of a token, as the author of what is said with it. No browser's secret has a space. */
export function userOf(tokenId: string): string {
  return userIdOf(`token ${tokenId}`);
}

/** A message, as programs get it. */
export type Message = Pick<Entry, "id" | "room" | "user" | "name" | "text" | "nonce" | "at">;

/** What programs get of an entry. */
export function messageOf({ id, room, user, name, text, nonce, at }: Entry): Message {
  return { id, room, user, name, text, nonce, at };
}

/** A deletion, as programs get it. */
export interface Deletion {
  /** Its own place in the order of everything. */
  readonly id: number;
  readonly room: string;
  /** The id of what was deleted. */
  readonly message: number;
}

/** What programs get of a deletion, which is all that followers get of what is done. */
export function deletionOf({ id, deed }: Act): Deletion {
  const { room, message } = deed as Extract<Act["deed"], { type: "delete" }>;
  return { id, room, message };
}

/** What the API needs. */
export interface ApiPorts {
  readonly hub: Pick<Hub, "inbox" | "post" | "last">;
  readonly journal: Pick<Journal, "epoch" | "before" | "after">;
  readonly followers: Followers;
  readonly tokens: Tokens;
  /** Counts wrong tokens. */
  readonly access: Pick<Access, "isShutOut" | "guessed">;
  readonly clock: Clock;
  readonly limits: Pick<Limits, "message" | "rate" | "headers">;
  readonly metrics: Pick<Metrics, "hit">;
  readonly log: Log;
}

/** Why there is no place for a stream of events. */
export interface NoPlace {
  readonly status: number;
  readonly reason: string;
}

/** A request, and what the server has found out of it. */
export interface Call {
  readonly request: Incoming;
  /** As it was sent; begins with API_PATH. */
  readonly path: string;
  /** What follows the `?`. */
  readonly query: string;
  /** From where it comes. */
  readonly address: string;
  /** Takes a place for a connection that stays. */
  admit(): Place | NoPlace;
}

/** A call that is about a room, by a program that may make it. */
interface RoomCall extends Call {
  readonly room: string;
  readonly token: Token;
  /** That `token` was found by. */
  readonly secret: string;
}

type Methods = Readonly<Record<string, (call: RoomCall) => Response | Promise<Response>>>;

/**
 * What programs use over HTTP: saying something, reading, following a room. What is said goes the way of everything that is
 * said, and is answered when it is kept. docs/API.md tells it to people, `openapi.ts` to programs.
 */
export class Api {
  readonly #ports: ApiPorts;
  readonly #document: string;
  readonly #rates = new Map<string, RateLimit>();
  readonly #streams = new Set<EventStream>();

  /** @param version of the program, for the document. */
  constructor(ports: ApiPorts, version: string) {
    this.#ports = ports;
    this.#document = JSON.stringify(openApi(version, ports.limits.message, { max: LIMIT_MAX, usual: PAGE_ENTRIES }));
  }

  /** How many streams of events there are. */
  get streams(): number {
    return this.#streams.size;
  }

  /** Answers a request. Never throws, never rejects. */
  async handle(call: Call): Promise<Response> {
    try {
      return await this.#answer(call);
    } catch (error) {
      if (error instanceof ApiError) return error.response;
      this.#ports.log("api_failed", { reason: (error as Error).message });
      if (error instanceof JournalError) return storage("It can't be read at the moment. Try again later.").response;
      return new ApiError(500, "internal", "The server has a defect.").response;
    }
  }

  /** Ends every stream of events. */
  close(): void {
    for (const stream of this.#streams) stream.close();
  }

  async #answer(call: Call): Promise<Response> {
    if (this.#ports.hub.inbox.closed) throw new ApiError(503, "busy", "The server is going away.", RETRY);
    const { path, request: { method } } = call;
    if (path === API_PATH) {
      if (method !== "GET" && method !== "HEAD") throw notAllowed(["GET", "HEAD"]);
      return new Response(this.#document, { headers: { ...HEADERS, "content-type": JSON_TYPE } });
    }
    const [, room, resource] = /^\/api\/rooms\/([^/]+)\/([^/]+)$/.exec(path) ?? [];
    if (resource === undefined || !Object.hasOwn(this.#resources, resource)) {
      throw new ApiError(404, "notFound", `There is nothing here. GET ${API_PATH} says what there is.`);
    }
    if (!isRoomName(room!)) {
      const reason = "A room's name is 1 to 64 small letters, digits, - and _, and starts with a letter or digit.";
      throw new ApiError(404, "badRoom", reason);
    }
    const methods = this.#resources[resource]!;
    if (!Object.hasOwn(methods, method)) throw notAllowed(Object.keys(methods));
    const { secret, token } = this.#authorize(call);
    if (token.room !== undefined && token.room !== room) {
      throw new ApiError(403, "forbidden", `This token is for the room ${token.room} alone.`);
    }
    if (!this.#isInTime(token)) {
      throw new ApiError(429, "tooFast", "This token is used too often. Try again later.", { "retry-after": "1" });
    }
    return await methods[method]!({ ...call, room: room!, secret, token });
  }

  readonly #resources: Readonly<Record<string, Methods>> = {
    messages: {
      GET: (call) => this.#read(call),
      HEAD: (call) => this.#read(call),
      POST: (call) => this.#say(call),
    },
    events: { GET: (call) => this.#follow(call) },
  };

  /** Whose request it is (RFC 6750, sections 2.1 and 3). */
  #authorize({ request: { headers }, address }: Call): { secret: string; token: Token } {
    const { tokens, access } = this.#ports;
    const secret = bearerOf(headers);
    const token = secret === undefined ? undefined : tokens.authorize(secret);
    if (token) return { secret: secret!, token };
    if (access.isShutOut(address)) {
      const wait = { "retry-after": String(GUESSES_MS / 1_000), "connection": "close" };
      throw new ApiError(429, "tooManyTries", "Too many wrong tokens came from your address.", wait);
    }
    if (secret !== undefined) access.guessed(address);
    const reason = secret === undefined
      ? "It takes a token, as Authorization: Bearer TOKEN."
      : "This token is not good.";
    const challenge = `Bearer realm="hubbub"${secret === undefined ? "" : ', error="invalid_token"'}`;
    throw new ApiError(401, "unauthorized", reason, { "www-authenticate": challenge });
  }

  #isInTime({ id }: Token): boolean {
    const { limits, clock, metrics } = this.#ports;
    let rate = this.#rates.get(id);
    if (!rate) this.#rates.set(id, rate = new RateLimit(limits.rate));
    const verdict = rate.take(undefined, clock.now());
    if (verdict === "good" || verdict === "warned") return true;
    metrics.hit("rate");
    return false;
  }

  async #say({ request, room, token }: RoomCall): Promise<Response> {
    const { hub, clock } = this.#ports;
    const isJson = isJsonBody(request.headers);
    const nonce = nonceOf(request.headers);
    const text = textOf(await this.#body(request), isJson);
    try {
      const { entry, duplicate } = await hub.post({ room, user: userOf(token.id), name: token.name, text, nonce });
      // What was deleted has no text any more.
      if (entry.room !== room || (entry.text !== "" && entry.text !== cleanText(text))) {
        throw new ApiError(422, "keyUsed", "This Idempotency-Key was used for another message.");
      }
      return json(duplicate ? 200 : 201, messageOf(entry));
    } catch (error) {
      if (!(error instanceof PostRefused)) throw error;
      switch (error.code) {
        case "empty":
          throw new ApiError(400, "badText", error.message);
        case "tooLong":
          throw new ApiError(413, "tooLong", error.message);
        case "locked":
        case "muted":
        case "banned":
          throw new ApiError(403, error.code, error.message);
        case "slow": {
          const seconds = Math.ceil((error.until! - clock.date()) / 1_000);
          throw new ApiError(429, error.code, error.message, { "retry-after": String(seconds) });
        }
        case "busy":
          throw new ApiError(503, "busy", error.message, RETRY);
        case "storage":
          throw storage(error.message);
      }
    }
  }

  async #body(request: Incoming): Promise<Uint8Array> {
    const { limits, metrics, clock } = this.#ports;
    try {
      return await readBody(request, jsonBytesMax(limits.message), limits.headers * 1_000, clock);
    } catch (error) {
      if (!(error instanceof BodyRefused)) throw error;
      if (error.code === "broken") throw new ApiError(400, "badBody", "The body breaks off.");
      metrics.hit(error.code === "late" ? "headers" : "message");
      if (error.code === "late") throw new ApiError(408, "late", "The body took too long to come.", UNREAD);
      throw new ApiError(413, "tooLong", `A text has at most ${limits.message} bytes.`, UNREAD);
    }
  }

  async #read({ query, room }: RoomCall): Promise<Response> {
    const { hub, journal } = this.#ports;
    const parameters = new URLSearchParams(query);
    const after = numberOf(parameters, "after");
    const before = numberOf(parameters, "before");
    const limit = numberOf(parameters, "limit") ?? PAGE_ENTRIES;
    if (after !== undefined && before !== undefined) throw badQuery("It takes after or before, not both.");
    if (limit < 1 || limit > LIMIT_MAX) throw badQuery(`limit is from 1 to ${LIMIT_MAX}.`);
    const page = after === undefined
      ? await journal.before(room, before ?? Number.MAX_SAFE_INTEGER, limit)
      : await journal.after(room, after, limit);
    // What is kept but not delivered may not be newer than what an event stream can go on from.
    const messages = page.entries.filter(({ id }) => id <= hub.last).map(messageOf);
    const more = page.more && (after === undefined || messages.length === page.entries.length);
    return json(200, { room, epoch: journal.epoch, messages, more, gap: page.gap });
  }

  #follow(call: RoomCall): Response {
    const { hub, journal, followers, tokens, clock, log } = this.#ports;
    const { room, token, secret } = call;
    const { after, isLost } = this.#cursor(call);
    const place = call.admit();
    if ("status" in place) throw new ApiError(place.status, "full", `${place.reason}.`, RETRY);
    const from = after ?? hub.last;
    const idOf = (id: number) => `${journal.epoch}.${id}`;
    const reload = (last: number): ServerSentEvent => ({ event: "reload", id: idOf(last), data: { room, last } });
    const follower = followers.follow(room, from);
    const stream = new EventStream({
      follower,
      clock,
      first: isLost ? reload(from) : { id: idOf(from) },
      events: ({ kept, gap }: Followed) => [
        ...gap ? [reload((kept[0]?.id ?? follower.cursor + 1) - 1)] : [],
        ...kept.map((each) => ({ ...eventOf(each), id: idOf(each.id) })),
      ],
      isAllowed: () => tokens.authorize(secret)?.id === token.id,
      gone: () => {
        this.#streams.delete(stream);
        place.leave();
      },
      unreadable: ({ message }) => log("room_unreadable", { room, reason: message }),
    });
    this.#streams.add(stream);
    return new Response(stream.body, { headers: STREAM_HEADERS });
  }

  /** From where to follow: Last-Event-ID is newer than `after`, with which the reader began. */
  #cursor({ request: { headers }, query }: Call): { after: number | undefined; isLost: boolean } {
    const { hub, journal } = this.#ports;
    const lastEventId = headers.get("last-event-id");
    const after = numberOf(new URLSearchParams(query), "after");
    if (lastEventId === null && after === undefined) return { after: undefined, isLost: false };
    const [, epoch, id] = /^(.*)\.(\d{1,16})$/.exec(lastEventId ?? `${journal.epoch}.${after}`) ?? [];
    // HOSTILE 27: what was never given out, or comes from another epoch.
    const isKnown = epoch === journal.epoch && Number(id) <= hub.last;
    return { after: isKnown ? Number(id) : undefined, isLost: !isKnown };
  }
}

function eventOf(kept: Kept): Omit<ServerSentEvent, "id"> {
  return isAct(kept) ? { event: "deleted", data: deletionOf(kept) } : { event: "said", data: messageOf(kept) };
}

const JSON_TYPE = "application/json; charset=utf-8";

/** Of every answer. */
const HEADERS = {
  "cache-control": "no-store",
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

const STREAM_HEADERS = {
  ...HEADERS,
  "content-type": "text/event-stream",
  // Nor may it be compressed, for which it would be collected first.
  "cache-control": "no-store, no-transform",
  // nginx would collect it, too.
  "x-accel-buffering": "no",
};

/** For those who may try again, in seconds. */
const RETRY = { "retry-after": "5", "connection": "close" };

/** For those whose body was not read to its end: the rest of it is no request. */
const UNREAD = { "connection": "close" };

/** What a request is refused with. */
class ApiError extends Error {
  readonly #status: number;
  readonly #code: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param code for programs; @param message for people, in English. */
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.#status = status;
    this.#code = code;
    this.#headers = headers;
  }

  get response(): Response {
    return json(this.#status, { error: { code: this.#code, message: this.message } }, this.#headers);
  }
}

function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { ...HEADERS, "content-type": JSON_TYPE, ...headers },
  });
}

function notAllowed(methods: readonly string[]): ApiError {
  return new ApiError(405, "methodNotAllowed", `It takes ${methods.join(", ")}.`, { "allow": methods.join(", ") });
}

function storage(reason: string): ApiError {
  return new ApiError(503, "storage", reason, RETRY);
}

function badQuery(reason: string): ApiError {
  return new ApiError(400, "badQuery", reason);
}

function numberOf(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw badQuery(`${name} is a whole number from 0.`);
  return Number(text);
}

/** What a body can be, and whether that is JSON. A form is what `curl -d` calls a text. */
const BODY_TYPES: Readonly<Record<string, boolean>> = {
  "text/plain": false,
  "application/x-www-form-urlencoded": false,
  "application/json": true,
};

/** Whether the body is JSON; otherwise it is the text itself. */
function isJsonBody(headers: RequestHeaders): boolean {
  const [, type = "", , charset = "utf-8"] =
    /^\s*([^\s;]+)\s*(;\s*charset="?([\w-]+)"?)?\s*(?:;|$)/i.exec(headers.get("content-type") ?? "") ?? [];
  const isJson = Object.hasOwn(BODY_TYPES, type.toLowerCase()) ? BODY_TYPES[type.toLowerCase()] : undefined;
  if (isJson !== undefined && charset.toLowerCase() === "utf-8") return isJson;
  const types = Object.keys(BODY_TYPES).join(", ");
  throw new ApiError(415, "badType", `A body is of one of these types, in UTF-8: ${types}.`, { "accept": types });
}

/** What the sender calls it; a new name that begins with the time, which the journal's index likes, if it does not. */
function nonceOf(headers: RequestHeaders): string {
  const key = headers.get("idempotency-key");
  if (key === null) return `${Date.now().toString(36)}-${crypto.randomUUID()}`;
  // The draft of the header has quotation marks around it, most programs have not.
  const nonce = /^("?)([\w-]{1,64})\1$/.exec(key)?.[2];
  if (nonce !== undefined) return nonce;
  throw new ApiError(400, "badKey", "An Idempotency-Key is 1 to 64 letters, digits, - and _.");
}

function textOf(bytes: Uint8Array, isJson: boolean): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ApiError(400, "badText", "The body is not UTF-8.");
  }
  if (!isJson) return text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ApiError(400, "badJson", "The body is not JSON.");
  }
  const said = typeof value === "object" && value !== null && Object.hasOwn(value, "text") && "text" in value &&
    value.text;
  if (typeof said === "string" && said.isWellFormed()) return said;
  throw new ApiError(400, "badJson", 'The body is {"text": "…"}, with a well-formed string.');
}
