import { isIP } from "node:net";
import { type Access, bearerOf, type Grant, GUESSES_MS } from "./access.ts";
import { Admission, type Place, type Resources, unmapped } from "./admission.ts";
import { Arrival, type Lobby } from "./arrival.ts";
import { type Api, API_PATH, type NoPlace } from "./api.ts";
import type { Asset } from "./assets.ts";
import type { Certificate } from "./certificate.ts";
import { jsonBytesMax } from "./client.ts";
import type { Config } from "./config.ts";
import { expose, type Reading } from "./families.ts";
import type { Hub } from "./hub.ts";
import type { LimitName } from "./limits.ts";
import { type Log, noLog } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { serveNative } from "./native_transport.ts";
import { DEFAULT_ROOM, isRoomName, SUBPROTOCOL, WEBSOCKET_PATH } from "./protocol.ts";
import type { Handler, Incoming, RequestHeaders, Transport, Upgrade } from "./transport.ts";

/** How long `drain` waits for peers to go, in ms. */
export const DRAIN_MS = 3_000;
/** How long it then waits for requests to end, in ms. */
const SHUTDOWN_MS = 1_000;

/** What a server serves, and to whom. */
export interface Site {
  /** Who gets the clients. */
  readonly hub: Hub;
  /** Who answers what is asked of the API. */
  readonly api: Pick<Api, "handle" | "close">;
  /** The page, by the path of the URL. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** The settings that concern connections. */
  readonly config: Pick<Config, "origins" | "proxies" | "limits" | "transport">;
  readonly metrics: Metrics;
  readonly resources: Resources;
  /** Asks the other workers of this process, if there are any, for what they have counted. */
  readonly readOthers?: () => Promise<readonly Reading[]>;
  /** Is told what whoever runs the server should know. */
  readonly log?: Log;
}

/** From request to response: the page at `/`, its assets, `/ws`, `/api`, `/healthz`, `/readyz` and `/metrics`. */
export class Server implements Handler {
  readonly #site: Site;
  readonly #admission: Admission;
  // Those whose handshake was done, or whose stream was begun, and whose connection is still there. A peer that does not
  // read stays for long after its client has left the hub.
  readonly #open = new Set<Place>();
  readonly #lobby: Lobby;
  #allGone = () => {};
  #transport: Transport | undefined;

  /** Nothing is open before `listen`. */
  constructor(site: Site) {
    this.#site = site;
    this.#admission = new Admission(site.config.limits, site.resources);
    const { hub, metrics } = site;
    this.#lobby = { hub, metrics, taken: (place) => this.#open.add(place), left: (place) => this.#leave(place) };
    site.metrics.look({ connections: () => this.#admission.count });
  }

  /**
   * Starts to listen; returns the address with the port that it really got.
   * @param certificate makes it https.
   * @param isShared others in this process listen there, too.
   * @throws {ListenError} when the address can't be had.
   */
  async listen(addr: Config["addr"], certificate?: Certificate, isShared = false): Promise<Config["addr"]> {
    const { config: { limits, transport }, log = noLog } = this.#site;
    const options = {
      addr,
      certificate,
      isShared,
      silenceSeconds: limits.silence,
      headerSeconds: limits.headers,
      messageBytes: jsonBytesMax(limits.message),
      report: (reason: string) => log("accepting_failed", { reason }),
    };
    try {
      this.#transport = transport === "native"
        ? serveNative(this, options)
        : await (await loadNode()).serveNode(this, options);
    } catch (error) {
      throw cannotListen(addr, error as Error);
    }
    return this.#transport.addr;
  }

  /** Shows a renewed certificate to whoever connects from now on; false, and nothing changes, if that takes a new start. */
  renew(certificate: Certificate): boolean {
    this.#transport?.renew?.(certificate);
    return this.#transport?.renew !== undefined;
  }

  /** Answers a request; with 503 once the hub accepts nothing more. */
  handle(request: Incoming, peer: string): Response | Promise<Response> | Upgrade {
    // Deno makes the URL of it, which would have another path then.
    if (/[/?#]/.test(request.headers.get("host") ?? "")) return text(400, "Host must be a host");
    const { path, query } = partsOf(request.url);
    if (path === API_PATH || path.startsWith(`${API_PATH}/`)) {
      const address = addressOf(request.headers, peer, this.#site.config.proxies);
      return this.#site.api.handle({ request, path, query, address, admit: () => this.#admitStream(address) });
    }
    if (this.#site.hub.inbox.closed) return text(503, "The server is going away", RETRY);
    if (path === WEBSOCKET_PATH) return this.#admit(request, peer);
    const asset = this.#site.assets.get(path);
    if (!asset && !TOLD.has(path)) return text(404, "Not found");
    if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET, HEAD");
    if (asset) return serveAsset(request, asset);
    if (path === "/healthz") return text(200, "ok");
    if (path === "/metrics") return this.#tell();
    const reason = this.#site.hub.unready;
    return reason === undefined ? text(200, "ready") : text(503, reason, RETRY);
  }

  hasFiles(connections: number): boolean {
    if (this.#site.resources.hasFiles(connections)) return true;
    this.#site.metrics.hit("files");
    return false;
  }

  tooLate(): void {
    this.#site.metrics.hit("headers");
  }

  /**
   * Ends the server once the hub has ended, and so has sent everyone their last lines and a close frame: waits until they
   * have them and stops listening. Takes at most DRAIN_MS and one second, whatever the peers do.
   */
  async drain(): Promise<void> {
    const allGone = new Promise<void>((resolve) => this.#allGone = resolve);
    this.#site.api.close();
    if (this.#open.size === 0) this.#allGone();
    // First the sockets: Deno's server calls them closed while what was sent on them has yet to go out.
    await atMost(DRAIN_MS, allGone);
    await atMost(SHUTDOWN_MS, this.#transport?.stop());
  }

  /** Lets a client in, if its request is as it should be (RFC 6455, section 4.2) and there is a place for it. */
  #admit(request: Incoming, peer: string): Response | Upgrade {
    const { hub, config, metrics } = this.#site;
    const refusal = refuse(request, config.origins);
    if (refusal) return refusal;
    const address = addressOf(request.headers, peer, config.proxies);
    const form = request.headers.get("sec-websocket-protocol") === null ? "plain" : "json";
    const room = roomOf(request.url);
    const grant = grantOf(request, hub.access, address, form, room);
    if (grant instanceof Response) return grant;
    const place = this.#enter(address);
    if ("status" in place) return text(place.status, place.reason, RETRY);
    metrics.accepted();
    return new Arrival(this.#lobby, place, { form, room, address, grant });
  }

  /** Gives an answer without an end a place. */
  #admitStream(address: string): Place | NoPlace {
    const place = this.#enter(address);
    if ("status" in place) return place;
    this.#open.add(place);
    return { leave: () => this.#leave(place) };
  }

  #tell(): Response | Promise<Response> {
    const { metrics, readOthers } = this.#site;
    const told = (others?: readonly Reading[]) => text(200, expose(metrics, others), { "content-type": PROMETHEUS });
    return readOthers ? readOthers().then(told) : told();
  }

  #enter(address: string): Place | NoPlace {
    const place = this.#admission.enter(address);
    if (typeof place !== "string") return place;
    this.#site.metrics.hit(place);
    return REFUSED[place]!;
  }

  #leave(place: Place): void {
    place.leave();
    this.#open.delete(place);
    if (this.#open.size === 0) this.#allGone();
  }
}

/** What the server tells of itself. */
const TOLD: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);
/** The type of the text that Prometheus reads. */
const PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

/** For those for whom there is no place now: nor is there one for a connection that is kept for their next request. */
const RETRY = { "retry-after": "5", "connection": "close" };

/** For those who guess. */
const RETRY_GUESS = { "retry-after": String(GUESSES_MS / 1_000), "connection": "close" };

/** What those are told for whom there is no place. */
const REFUSED: { readonly [limit in LimitName]?: NoPlace } = {
  perAddress: { status: 429, reason: "There are too many connections from your address" },
  clients: { status: 503, reason: "The server is full" },
  memory: { status: 503, reason: "The server has too little memory left" },
  files: { status: 503, reason: "The server can't open more connections" },
};

/** For whom a request is: the peer, or whom a proxy that is believed names as the last that is not a proxy itself. */
function addressOf(headers: RequestHeaders, peer: string, proxies: Config["proxies"]): string {
  const forwarded = headers.get("x-forwarded-for");
  if (forwarded === null) return unmapped(peer);
  const hops = forwarded.split(",").map((hop) => hop.trim());
  let address = unmapped(peer);
  while (isIP(address) && proxies.check(address, isIP(address) === 4 ? "ipv4" : "ipv6")) {
    // Some proxies name the port, too.
    const hop = unmapped((hops.pop() ?? "").replace(/^\[(.*)\](:\d+)?$|^([\d.]+):\d+$/, "$1$3"));
    if (!isIP(hop)) break;
    address = hop;
  }
  return address;
}

/** Waits for a promise, but not for ever. */
async function atMost(ms: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise, new Promise<void>((resolve) => timer = setTimeout(resolve, ms))]);
  clearTimeout(timer);
}

/** @throws {ListenError} when this runtime, or this machine, can't have it. */
async function loadNode(): Promise<typeof import("./node_transport.ts")> {
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  if (major === 2 && minor < 9) {
    // There a connection that is cut keeps its file.
    throw new ListenError(`Cannot use --transport=node with Deno ${Deno.version.deno}: it takes Deno 2.9`);
  }
  // Named in a way that Deno does not follow at the start, when it would look for a package that nobody wants.
  const module = "./node_transport.ts";
  try {
    return await import(module);
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    throw new ListenError(
      `Cannot use --transport=node: the package ws can't be had (${reason}). Try --transport=native`,
    );
  }
}

/** Why the server can't listen where it was told to; the message is one line for whoever started it. */
export class ListenError extends Error {}

/** Says why an address can't be listened on, and what to do. */
export function cannotListen(addr: Config["addr"], error: Error): ListenError {
  if (error instanceof ListenError) return error;
  return new ListenError(`Cannot listen on ${hostOf(addr)}: ${explain(error)}`);
}

/** What to do about an address that can't be listened on. */
export function explain(error: Error & { readonly code?: string }): string {
  // Node's errors have a code.
  const { code } = error;
  if (error instanceof Deno.errors.AddrInUse || code === "EADDRINUSE") {
    return "another program uses this port. End it, or choose another port, for example --addr=:8081";
  }
  if (error instanceof Deno.errors.PermissionDenied || code === "EACCES") {
    return "this user may not use this port. Choose one from 1024 up, for example --addr=:8080";
  }
  if (error instanceof Deno.errors.AddrNotAvailable || code === "EADDRNOTAVAIL") {
    return "this machine has no such address. Choose one of its own, or --addr=:8080 for all of them";
  }
  return `${error.message}. Choose another address, for example --addr=:8080`;
}

/** Where people find the page: links to click and to send. */
export function links(addr: Config["addr"], scheme: "http" | "https"): string[] {
  if (addr.hostname !== "0.0.0.0" && addr.hostname !== "::") return [`${scheme}://${hostOf(addr)}/`];
  const network = Deno.networkInterfaces().filter(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  return ["localhost", ...network.map(({ address }) => address)].map((hostname) =>
    `${scheme}://${hostOf({ hostname, port: addr.port })}/`
  );
}

function hostOf({ hostname, port }: { hostname: string; port: number }): string {
  return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
}

/** For whatever a browser gets. */
const SECURITY_HEADERS = {
  "cross-origin-resource-policy": "same-origin",
  "x-content-type-options": "nosniff",
};

/** For what can be a document or a worker, which have rules of their own: a page's modules and styles are under the page's. */
const DOCUMENT_HEADERS = {
  ...SECURITY_HEADERS,
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; " +
    "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
    "require-trusted-types-for 'script'; trusted-types service-worker",
  "cross-origin-opener-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

/** The path exactly as it was sent, not normalized, so that it is either the name of something or it is not; and the query. */
function partsOf(url: string): { path: string; query: string } {
  // After the scheme and the host, as in RFC 3986, appendix B.
  const [, path = "", query = ""] = /^(?:[^:/?#]+:)?(?:\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/.exec(url)!;
  return { path, query };
}

function serveAsset(request: Incoming, { body, type, etag, packed, isPart }: Asset): Response {
  const headers = { ...isPart ? SECURITY_HEADERS : DOCUMENT_HEADERS, etag, "cache-control": "no-cache" };
  const known = request.headers.get("if-none-match")?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (known?.includes(etag) || known?.includes("*")) return new Response(null, { status: 304, headers });
  for (const [encoding, bytes] of packed) {
    if (!accepts(request, encoding)) continue;
    // Not the same bytes as without, so it is the same only in what it means.
    const packing = { "content-encoding": encoding, "vary": "accept-encoding", "etag": `W/${etag}` };
    return new Response(bytes, { headers: { ...headers, ...packing, "content-type": type } });
  }
  return new Response(body, { headers: { ...headers, "content-type": type } });
}

/** Whether a browser takes an encoding: names it, and not with the weight of nothing. */
function accepts({ headers }: Incoming, encoding: string): boolean {
  return (headers.get("accept-encoding") ?? "").split(",").some((part) => {
    const [name, weight] = part.split(";").map((word) => word.trim().toLowerCase());
    return name === encoding && !/^q=0(\.0*)?$/.test(weight ?? "");
  });
}

/** Why a request can't become a WebSocket; undefined when it can. */
function refuse({ method, url, headers }: Incoming, origins: readonly string[]): Response | undefined {
  if (method !== "GET") return methodNotAllowed("GET");
  const wanted = { upgrade: "websocket", "sec-websocket-version": "13" };
  if (!hasToken(headers, "upgrade", "websocket") || !hasToken(headers, "connection", "upgrade")) {
    return text(426, "This is a WebSocket", wanted);
  }
  if (headers.get("sec-websocket-version") !== "13") return text(426, "Sec-WebSocket-Version must be 13", wanted);
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(headers.get("sec-websocket-key") ?? "")) {
    return text(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  }
  // As Deno looks for it, which throws when it does not find what is agreed on.
  if (headers.get("sec-websocket-protocol")?.split(", ").includes(SUBPROTOCOL) === false) {
    return text(
      400,
      `Sec-WebSocket-Protocol must list ${SUBPROTOCOL}, with ", " between names, or not be there for plain text`,
    );
  }
  if (!isRoomName(roomOf(url))) return text(400, "A room's name is 1 to 64 small letters, digits, - and _");
  const origin = headers.get("origin");
  if (origin !== null && !isAllowed(origin, headers.get("host"), origins)) {
    return text(403, `Pages of ${origin} may not connect here. To let them, start the server with --origin=${origin}`);
  }
}

/**
 * As what a request lets its client in, or why it does not; undefined when the client can still say it in its hello. Plain
 * text has no hello.
 */
function grantOf(
  { headers }: Incoming,
  access: Access,
  address: string,
  form: "json" | "plain",
  room: string,
): Grant | Response | undefined {
  const secret = bearerOf(headers);
  // Whatever others from there have tried: in the hello there may be a secret that nobody guesses.
  if (secret === undefined && form === "json") return undefined;
  const grant = access.enter(secret, address);
  if (grant === "tooManyTries") return text(429, "Too many wrong keys came from your address", RETRY_GUESS);
  if (typeof grant === "string") {
    const reason = grant === "keyNeeded" ? "This server takes a key: Authorization: Bearer KEY" : "This key is wrong";
    return text(401, reason, { "www-authenticate": "Bearer" });
  }
  if (form === "plain" && grant.role === "guest" && grant.link.deed.room !== room) {
    return text(403, `This key opens the room ${grant.link.deed.room} alone`);
  }
  return grant;
}

/** The room that a plain-text client asks for. */
function roomOf(url: string): string {
  const { query } = partsOf(url);
  return query === "" ? DEFAULT_ROOM : new URLSearchParams(query).get("room") ?? DEFAULT_ROOM;
}

/** A page may connect to the host that it came from, by http or https; other pages must be on the list. */
function isAllowed(origin: string, host: string | null, origins: readonly string[]): boolean {
  const own = host !== null && (origin === `http://${host}` || origin === `https://${host}`);
  return own || origins.includes(origin);
}

function hasToken(headers: RequestHeaders, name: string, token: string): boolean {
  // No other white space: Deno throws for what it does not take for the same token, and no upgrade comes of it with Node.
  return (headers.get(name) ?? "").toLowerCase().split(/[ \t]*,[ \t]*/).includes(token);
}

function methodNotAllowed(allow: string): Response {
  return text(405, "Method not allowed", { allow });
}

function text(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(`${body}\n`, {
    status,
    headers: {
      ...DOCUMENT_HEADERS,
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    },
  });
}
