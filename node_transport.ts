import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import { type Duplex, Readable, type Writable } from "node:stream";
// @ts-types="./ws.d.ts"
import { type WebSocket, WebSocketServer } from "ws";
import type { Certificate } from "./certificate.ts";
import {
  BACKLOG,
  type Handler,
  type Incoming,
  LISTEN_AGAIN_MS,
  type Transport,
  type TransportOptions,
  type Upgrade,
} from "./transport.ts";

/** How long a peer may take to answer a close, in ms, before its connection is cut. */
const CLOSE_MS_MAX = 5_000;
/** How long a peer may read nothing of an answer, in ms. */
const ANSWER_MS_MAX = 30_000;
/** So many connections more than there are places for are heard before they are sent away. */
const POLITE = 32;
/** The longest time that a timer of Node's can have, in ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** A WebSocket that is there. */
interface Life {
  readonly upgrade: Upgrade;
  /** Something came since it was pinged. */
  answered: boolean;
  /** Why it ends was told. */
  told: boolean;
}

/**
 * Node's HTTP server and the package `ws`: slower than Deno's own, but with every limit enforced while it is being broken.
 * @throws when the address can't be had.
 */
export async function serveNode(handler: Handler, options: TransportOptions): Promise<Transport> {
  const transport = new NodeTransport(handler, options);
  await transport.start();
  return transport;
}

class NodeTransport implements Transport {
  readonly #handler: Handler;
  readonly #options: TransportOptions;
  readonly #http: Server | TlsServer;
  readonly #webSockets: WebSocketServer;
  readonly #open = new Map<WebSocket, Life>();
  // What the handshake under way is to agree on: `ws` asks for it in the middle of a synchronous call.
  #agreed: string | undefined;
  #connections = 0;
  #listeningAgain: ReturnType<typeof setTimeout> | undefined;
  #pinger: ReturnType<typeof setInterval> | undefined;
  addr = { hostname: "", port: 0 };

  constructor(handler: Handler, options: TransportOptions) {
    this.#handler = handler;
    this.#options = options;
    const headerMs = Math.min(options.headerSeconds * 1_000, TIMER_MS_MAX);
    const timeouts = {
      headersTimeout: headerMs,
      requestTimeout: headerMs,
      connectionsCheckingInterval: Math.min(headerMs / 4, 1_000),
    };
    this.#http = options.certificate
      ? createTlsServer({ ...timeouts, ...options.certificate, handshakeTimeout: headerMs })
      : createServer(timeouts);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: options.messageBytes,
      closeTimeout: CLOSE_MS_MAX,
      handleProtocols: (protocols) => [...protocols].find((protocol) => protocol === this.#agreed) ?? false,
    });
    // For those who do not read what they asked for; `ws` takes its own out of it.
    this.#http.setTimeout(ANSWER_MS_MAX);
    this.#http.prependListener("connection", (tcp: TcpSocket) => this.#connected(tcp));
    this.#http.on("request", (request, response) => this.#answer(request, response));
    this.#http.on("upgrade", (request, tcp, head) => this.#upgrade(request, tcp, head));
    this.#http.on("clientError", (error, tcp) => this.#misunderstood(error, tcp));
  }

  async start(): Promise<void> {
    const { addr, silenceSeconds, report } = this.#options;
    await this.#listen(addr);
    this.#http.on("error", ({ message }) => report(message));
    if (Number.isFinite(silenceSeconds)) this.#pinger = setInterval(() => this.#ping(), silenceSeconds * 500);
  }

  async #listen({ hostname, port }: TransportOptions["addr"]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once("error", reject);
      this.#http.listen({ host: hostname, port, backlog: BACKLOG, reusePort: this.#options.isShared }, () => {
        this.#http.off("error", reject);
        resolve();
      });
    });
    const { address, port: got } = this.#http.address() as AddressInfo;
    this.addr = { hostname: address, port: got };
  }

  renew(certificate: Certificate): void {
    (this.#http as TlsServer).setSecureContext(certificate);
  }

  async stop(): Promise<void> {
    clearInterval(this.#pinger);
    clearTimeout(this.#listeningAgain);
    const closed = new Promise((resolve) => this.#http.close(resolve));
    for (const socket of this.#open.keys()) socket.terminate();
    this.#http.closeAllConnections();
    await closed;
  }

  #connected(tcp: TcpSocket): void {
    this.#connections++;
    tcp.once("close", () => this.#connections--);
    // Usually there is a file left for saying 503 politely, when the request has come. Here they all are about to be taken.
    if (this.#handler.hasFiles(this.#connections - POLITE)) return;
    tcp.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n\r\n");
    tcp.destroySoon();
    // When none is left at all, Node's server, as Deno runs it, accepts nothing ever after, and does not say so.
    this.#listenAgain();
  }

  #listenAgain(): void {
    this.#listeningAgain ??= setTimeout(() => {
      this.#listeningAgain = undefined;
      this.#http.close();
      // That it can't is told by its event.
      this.#listen(this.addr).catch(() => this.#listenAgain());
    }, LISTEN_AGAIN_MS);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = () => Readable.toWeb(request) as ReadableStream<Uint8Array>;
    const answer = await this.#handler.handle(incoming(request, body), peerOf(request));
    if (!(answer instanceof Response)) {
      // What Node does not take for an upgrade can't become one.
      answer.gone();
      response.writeHead(400, { connection: "close" }).end();
      return;
    }
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    await pipe(answer, response, this.#options.silenceSeconds);
  }

  #upgrade(request: IncomingMessage, tcp: Duplex, head: Buffer): void {
    tcp.on("error", () => {});
    const upgrade = this.#handler.handle(incoming(request), peerOf(request));
    if (upgrade instanceof Response || upgrade instanceof Promise) {
      refuse(tcp, request.method === "HEAD", upgrade, this.#options.silenceSeconds);
      return;
    }
    let opened = false;
    this.#agreed = upgrade.protocol;
    this.#webSockets.handleUpgrade(request, tcp, head, (socket) => {
      opened = true;
      this.#carry(socket, upgrade);
    });
    if (!opened) upgrade.gone();
  }

  /** Tells what happens to a WebSocket from here on. */
  #carry(socket: WebSocket, upgrade: Upgrade): void {
    const life: Life = { upgrade, answered: true, told: false };
    this.#open.set(socket, life);
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      life.answered = true;
      upgrade.received(isBinary ? data : data.toString());
    });
    socket.on("pong", () => life.answered = true);
    socket.on("error", ({ code }: Error & { code?: string }) => {
      life.told = true;
      if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") upgrade.tooBig();
      else upgrade.violated();
    });
    socket.on("close", (code: number) => {
      this.#open.delete(socket);
      // Without a close frame: `ws` says nothing else of a line that broke.
      if (code === 1006 && !life.told) upgrade.violated();
      upgrade.gone();
    });
    upgrade.opened(socket);
  }

  #ping(): void {
    for (const [socket, life] of this.#open) {
      if (life.answered) {
        life.answered = false;
        socket.ping();
      } else {
        life.told = true;
        life.upgrade.silent();
        socket.terminate();
      }
    }
  }

  #misunderstood({ code }: Error & { code?: string }, tcp: Duplex): void {
    const isLate = code === "ERR_HTTP_REQUEST_TIMEOUT" || code === "ERR_TLS_HANDSHAKE_TIMEOUT";
    if (isLate) this.#handler.tooLate();
    const status = isLate ? "408 Request Timeout" : "400 Bad Request";
    if (tcp.writable) tcp.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    tcp.destroy();
  }
}

/** @param body makes it a stream, if there is one. */
function incoming(
  { method = "", url = "", rawHeaders }: IncomingMessage,
  body: () => ReadableStream<Uint8Array> | null = () => null,
): Incoming {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  return {
    method,
    url: url.startsWith("/") ? `http://host${url}` : url,
    headers,
    get body() {
      return body();
    },
  };
}

function peerOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "";
}

/** Answers a request for an upgrade in another way, on its bare socket. */
async function refuse(
  tcp: Duplex,
  isHead: boolean,
  answer: Response | Promise<Response>,
  silenceSeconds: number,
): Promise<void> {
  const response = await answer;
  // The end of the connection is that of the body.
  response.headers.set("connection", "close");
  const head = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  // It is out of the hands of the HTTP server, and so of its timeouts.
  tcp.once("finish", () => tcp.destroy()).resume();
  tcp.write(`HTTP/1.1 ${response.status} ${response.statusText || "-"}\r\n${head}\r\n`);
  if (!isHead) return await pipe(response, tcp, silenceSeconds);
  await response.body?.cancel();
  tcp.end();
}

/**
 * Sends a body at the pace at which the peer takes it. It is cancelled when the peer is gone; one that takes nothing for so
 * long is sent away.
 */
async function pipe({ body }: Response, to: Writable, silenceSeconds: number): Promise<void> {
  const reader = body?.getReader();
  let wake = () => {};
  const gone = () => {
    reader?.cancel();
    wake();
  };
  to.on("drain", () => wake());
  // Of a bare socket the end of what comes is that of its peer, too.
  to.once("close", gone).once("end", gone);
  // While the answer was being found.
  if (to.destroyed) gone();
  for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
    if (to.write(next.value) || to.destroyed) continue;
    const timer = setTimeout(() => to.destroy(), Math.min(silenceSeconds * 1_000, TIMER_MS_MAX));
    await new Promise<void>((resolve) => wake = resolve);
    clearTimeout(timer);
  }
  to.end();
}
