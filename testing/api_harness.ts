import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Api, type ApiPorts, type Call, type Message, type Token, type Tokens } from "../api.ts";
import { Followers } from "../follower.ts";
import type { Hub } from "../hub.ts";
import type { Journal } from "../journal/journal.ts";
import { openMemory } from "../journal/memory.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { noLog } from "../log.ts";
import { Metrics } from "../metrics.ts";
import { openApi } from "../openapi.ts";
import { systemClock } from "../sweeper.ts";
import { Harness } from "./harness.ts";

/** The tokens of tests, by their secrets. */
export const TOKENS: Readonly<Record<string, Token>> = {
  "deploy-secret": { id: "1", name: "Deploy" },
  "kitchen-secret": { id: "2", name: "Kettle", room: "kitchen" },
};

/** Knows these tokens, in memory; a test may take one away. */
export class MemoryTokens implements Tokens {
  readonly #tokens = new Map(Object.entries(TOKENS));

  authorize(secret: string): Token | undefined {
    return this.#tokens.get(secret);
  }

  revoke(secret: string): void {
    this.#tokens.delete(secret);
  }
}

/** An API as of a server that nobody changed, but for what a test says. */
export function makeApi({ hub, journal, ...ports }: Partial<ApiPorts> & { hub: Hub; journal: Journal }): Api {
  const usual = { tokens: new MemoryTokens(), clock: systemClock, limits: DEFAULT_LIMITS, metrics: new Metrics() };
  const { access } = hub;
  const followers = new Followers({ hub, journal });
  return new Api({ hub, journal, followers, access, log: noLog, ...usual, ...ports }, "0.0.0");
}

/** The header of a program that may. */
export const DEPLOY = { "authorization": "Bearer deploy-secret" };

const document = openApi("0.0.0", 1_000, { max: 200, usual: 50 });
// Its formats are hints.
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, "api.json");

/** Whether a body is as the document says at a place. */
export function conforms(body: unknown, ...place: string[]): void {
  const pointer = place.map((name) => `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  const valid = ajv.validate(`api.json#${pointer}`, body);
  assert(valid, `${place.join(" ")}: ${ajv.errorsText()}: ${JSON.stringify(body)}`);
}

/** What the document has at a place; undefined if that is nothing. */
function partAt(place: readonly string[]): unknown {
  return place.reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], document);
}

/** Looks whether an answer is one of those that the document has for a request; and gives its body, if that is JSON. */
export async function documented(response: Response, method: string, path: string): Promise<unknown> {
  const template = path.replace(/\?.*/, "").replace(/(?<=^\/api\/rooms\/)[^/]+/, "{room}");
  // What it says of GET holds for HEAD.
  const operation = method.toLowerCase().replace("head", "get");
  let place = ["paths", template, operation, "responses", String(response.status)];
  const { $ref } = (partAt(place) ?? {}) as { $ref?: string };
  if ($ref) place = $ref.slice(2).split("/");
  // It need not say what is not there.
  const isMissing = [404, 405].includes(response.status);
  const answer = partAt(place) as { headers?: Record<string, unknown>; content: Record<string, unknown> } | undefined;
  assert(answer || isMissing, `${method} ${path} may not be answered with ${response.status}`);
  for (const name of Object.keys(answer?.headers ?? {})) assert(response.headers.has(name), name);
  if (method === "HEAD") return;
  const type = response.headers.get("content-type")!.split(";")[0]!;
  if (type !== "application/json") return void assert(answer?.content[type], type);
  const body = await response.json();
  conforms(body, ...answer ? [...place, "content", type, "schema"] : ["components", "schemas", "Error"]);
  return body;
}

/** What came, with a body that is as documented. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

/** An API over a hub that runs, without a server. */
export class ApiHarness extends Harness {
  readonly tokens = new MemoryTokens();
  readonly followers: Followers;
  readonly api: Api;
  /** From where requests come. */
  address = "127.0.0.1";
  /** How many streams have a place. */
  places = 0;
  /** What those are told who want one. */
  refusal: ReturnType<Call["admit"]> | undefined;

  constructor(journal: Journal = openMemory(), limits: Partial<Limits> = {}) {
    const set = { ...DEFAULT_LIMITS, message: 1_000, rate: Infinity, ...limits };
    super(journal, set);
    const { hub, clock, metrics, tokens, log } = this;
    this.followers = new Followers({ hub, journal });
    this.api = makeApi({ hub, journal, followers: this.followers, tokens, clock, limits: set, metrics, log });
  }

  /** Makes a request, as one who may unless it says otherwise. */
  async request(method: string, path: string, { headers = DEPLOY, body }: RequestInit = {}): Promise<Response> {
    const url = new URL(path, "http://localhost");
    return await this.api.handle({
      request: new Request(url, { method, headers, body }),
      path: url.pathname,
      query: url.search.slice(1),
      address: this.address,
      admit: () => {
        if (this.refusal) return this.refusal;
        this.places++;
        return { leave: () => void this.places-- };
      },
    });
  }

  /** As `request`; looks whether the answer is as documented, and gives its body. */
  async ask(method: string, path: string, init?: RequestInit): Promise<Answer> {
    const response = await this.request(method, path, init);
    return { status: response.status, headers: response.headers, body: await documented(response, method, path) };
  }

  /** Says something in a room. */
  async post(text: string, room = "lobby", headers: Record<string, string> = {}): Promise<Message> {
    const body = JSON.stringify({ text });
    const init = { headers: { ...DEPLOY, "content-type": "application/json", ...headers }, body };
    return (await this.ask("POST", `/api/rooms/${room}/messages`, init)).body;
  }

  /** Follows a room. */
  async follow(room = "lobby", init: RequestInit = {}, query = ""): Promise<EventReader> {
    return new EventReader(await this.request("GET", `/api/rooms/${room}/events${query}`, init));
  }

  override async end(): Promise<void> {
    this.api.close();
    await super.end();
    await this.journal.close();
  }
}

/** An event, as its reader gets it. */
export interface ReadEvent {
  readonly event: string;
  // deno-lint-ignore no-explicit-any
  readonly data: any;
}

/** Reads server-sent events (HTML standard, section 9.2.6), as far as they are used. */
export class EventReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  #rest = "";
  /** Of the last event; what to come back with. */
  lastEventId = "";
  comments = 0;

  constructor(response: Response) {
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    this.#reader = response.body!.getReader();
  }

  /** The next event; undefined at the end. */
  async next(): Promise<ReadEvent | undefined> {
    for (;;) {
      const end = this.#rest.indexOf("\n\n");
      if (end < 0) {
        const { value, done } = await this.#reader.read();
        if (done) return undefined;
        this.#rest += this.#decoder.decode(value, { stream: true });
        continue;
      }
      const fields = new Map<string, string>();
      for (const line of this.#rest.slice(0, end).split("\n")) {
        const [, name, value] = /^(\w*): ?(.*)$/.exec(line)!;
        if (name === "") this.comments++;
        else fields.set(name!, value!);
      }
      this.#rest = this.#rest.slice(end + 2);
      this.lastEventId = fields.get("id") ?? this.lastEventId;
      if (fields.has("data")) return { event: fields.get("event")!, data: JSON.parse(fields.get("data")!) };
    }
  }

  /** The texts of the next messages. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    while (texts.length < count) {
      const next = await this.next();
      assert.equal(next?.event, "said", JSON.stringify(next));
      conforms(next.data, "components", "schemas", "Message");
      texts.push(next.data.text);
    }
    return texts;
  }

  /** Reads no more. */
  async cancel(): Promise<void> {
    await this.#reader.cancel();
  }
}
