import type { Asset } from "./assets.ts";
import { Client } from "./client.ts";
import type { Config } from "./config.ts";
import type { Hub } from "./hub.ts";
import { DEFAULT_ROOM, isRoomName, SUBPROTOCOL, WEBSOCKET_PATH } from "./protocol.ts";

/**
 * How long a silent peer is believed in, in seconds: Deno pings after half of it and gives up after the other half.
 * Less than the 60 s after which proxies commonly drop a quiet connection.
 */
export const KEEPALIVE_SECONDS = 45;

/** How long `drain` waits for peers to go, in ms. */
export const DRAIN_MS = 3_000;
/** How long it then waits for requests to end, in ms. */
const SHUTDOWN_MS = 1_000;

/** What a server serves, and to whom. */
export interface Site {
  /** Who gets the clients. */
  readonly hub: Hub;
  /** The page, by the path of the URL. */
  readonly assets: ReadonlyMap<string, Asset>;
  /** The settings that concern connections. */
  readonly config: Pick<Config, "origins" | "messageBytesMax">;
  /** As KEEPALIVE_SECONDS, which is the default. */
  readonly keepaliveSeconds?: number;
}

/** From request to response: the page at `/`, its assets, `/ws` for WebSockets and `/healthz`. */
export class Server {
  readonly #site: Site;
  // Those whose connection is still there. A peer that does not read stays for long after its client has left the hub.
  readonly #sockets = new Set<WebSocket>();
  #allGone = () => {};
  #http: Deno.HttpServer<Deno.NetAddr> | undefined;

  /** Nothing is open before `listen`. */
  constructor(site: Site) {
    this.#site = site;
  }

  /**
   * Starts to listen; returns the address with the port that it really got.
   * @throws {ListenError} when the address can't be had.
   */
  listen(addr: Config["addr"]): Deno.NetAddr {
    try {
      this.#http = Deno.serve(
        { ...addr, automaticCompression: true, onListen() {} },
        (request) => this.handle(request),
      );
    } catch (error) {
      throw new ListenError(`Cannot listen on ${hostOf(addr)}: ${explain(error as Error)}`);
    }
    return this.#http.addr;
  }

  /** Answers a request; with 503 once the hub accepts nothing more. */
  handle(request: Request): Response {
    if (this.#site.hub.inbox.closed) return text(503, "The server is going away", { "retry-after": "5" });
    const path = pathOf(request.url);
    if (path === WEBSOCKET_PATH) return this.#upgrade(request);
    const asset = this.#site.assets.get(path);
    if (!asset && path !== "/healthz") return text(404, "Not found");
    if (request.method !== "GET" && request.method !== "HEAD") return methodNotAllowed("GET, HEAD");
    return asset ? serveAsset(request, asset) : text(200, "ok");
  }

  /**
   * Ends the server once the hub has ended, and so has sent everyone their last lines and a close frame: waits until they
   * have them and stops listening. Takes at most DRAIN_MS and one second, whatever the peers do.
   */
  async drain(): Promise<void> {
    const allGone = new Promise<void>((resolve) => this.#allGone = resolve);
    if (this.#sockets.size === 0) this.#allGone();
    // First the sockets: `shutdown` calls them closed while what was sent on them has yet to go out.
    await atMost(DRAIN_MS, allGone);
    await atMost(SHUTDOWN_MS, this.#http?.shutdown());
  }

  /**
   * Turns a request into a client's WebSocket (RFC 6455, section 4.2). Everything is checked before `upgradeWebSocket`:
   * from that call on, a throw or any other response would end the whole server.
   */
  #upgrade(request: Request): Response {
    const { hub, config, keepaliveSeconds = KEEPALIVE_SECONDS } = this.#site;
    const refusal = refuse(request, config.origins);
    if (refusal) return refusal;

    const form = request.headers.has("sec-websocket-protocol") ? "json" : "plain";
    const { socket, response } = Deno.upgradeWebSocket(request, {
      idleTimeout: keepaliveSeconds,
      ...form === "json" && { protocol: SUBPROTOCOL },
    });
    socket.binaryType = "arraybuffer";
    const client = new Client(socket, hub.inbox, {
      form,
      room: roomOf(request.url),
      textBytesMax: config.messageBytesMax,
    });
    // Not before it opens: a peer that resets in the middle of the handshake leaves a socket that never says anything.
    socket.onopen = () => {
      this.#sockets.add(socket);
      client.opened();
    };
    socket.onmessage = ({ data }) => client.received(data);
    socket.onclose = socket.onerror = () => {
      client.gone();
      this.#sockets.delete(socket);
      if (this.#sockets.size === 0) this.#allGone();
    };
    return response;
  }
}

/** Waits for a promise, but not for ever. */
async function atMost(ms: number, promise: Promise<void> | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise, new Promise<void>((resolve) => timer = setTimeout(resolve, ms))]);
  clearTimeout(timer);
}

/** Why the server can't listen where it was told to; the message is one line for whoever started it. */
export class ListenError extends Error {}

/** What to do about an address that can't be listened on. */
export function explain(error: Error): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return "another program uses this port. End it, or choose another port, for example --addr=:8081";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return "this user may not use this port. Choose one from 1024 up, for example --addr=:8080";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine has no such address. Choose one of its own, or --addr=:8080 for all of them";
  }
  return `${error.message}. Choose another address, for example --addr=:8080`;
}

/** Where people find the page: links to click and to send. */
export function links(addr: Deno.NetAddr): string[] {
  if (addr.hostname !== "0.0.0.0" && addr.hostname !== "::") return [`http://${hostOf(addr)}/`];
  const network = Deno.networkInterfaces().filter(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  return ["localhost", ...network.map(({ address }) => address)].map((hostname) =>
    `http://${hostOf({ hostname, port: addr.port })}/`
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

/** The path exactly as it was sent, not normalized, so that it is either the name of something or it is not. */
function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const end = url.slice(start).search(/[?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}

function serveAsset(request: Request, { body, type, etag, packed, isPart }: Asset): Response {
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
function accepts({ headers }: Request, encoding: string): boolean {
  return (headers.get("accept-encoding") ?? "").split(",").some((part) => {
    const [name, weight] = part.split(";").map((word) => word.trim().toLowerCase());
    return name === encoding && !/^q=0(\.0*)?$/.test(weight ?? "");
  });
}

/** Why a request can't become a WebSocket; undefined when it can. */
function refuse({ method, url, headers }: Request, origins: readonly string[]): Response | undefined {
  if (method !== "GET") return methodNotAllowed("GET");
  const wanted = { upgrade: "websocket", "sec-websocket-version": "13" };
  if (!hasToken(headers, "upgrade", "websocket") || !hasToken(headers, "connection", "upgrade")) {
    return text(426, "This is a WebSocket", wanted);
  }
  if (headers.get("sec-websocket-version") !== "13") return text(426, "Sec-WebSocket-Version must be 13", wanted);
  if (!/^[A-Za-z0-9+/]{21}[AQgw]==$/.test(headers.get("sec-websocket-key") ?? "")) {
    return text(400, "Sec-WebSocket-Key must be 16 bytes in base64");
  }
  if (headers.has("sec-websocket-protocol") && !hasToken(headers, "sec-websocket-protocol", SUBPROTOCOL)) {
    return text(400, `Sec-WebSocket-Protocol must be ${SUBPROTOCOL}, or not be there for plain text`);
  }
  if (!isRoomName(roomOf(url))) return text(400, "A room's name is 1 to 64 small letters, digits, - and _");
  const origin = headers.get("origin");
  if (origin !== null && !isAllowed(origin, headers.get("host"), origins)) {
    return text(403, `Pages of ${origin} may not connect here. To let them, start the server with --origin=${origin}`);
  }
}

/** The room that a plain-text client asks for. */
function roomOf(url: string): string {
  return new URLSearchParams(url.slice(url.search(/\?|$/) + 1)).get("room") ?? DEFAULT_ROOM;
}

/** A page may connect to the host that it came from, by http or https; other pages must be on the list. */
function isAllowed(origin: string, host: string | null, origins: readonly string[]): boolean {
  const own = host !== null && (origin === `http://${host}` || origin === `https://${host}`);
  return own || origins.includes(origin);
}

function hasToken(headers: Headers, name: string, token: string): boolean {
  return (headers.get(name) ?? "").toLowerCase().split(",").some((part) => part.trim() === token);
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
