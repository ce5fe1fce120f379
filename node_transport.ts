import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket as TcpSocket } from "node:net";
import type { Duplex } from "node:stream";
// @ts-types="./ws.d.ts"
import { type WebSocket, WebSocketServer } from "ws";
import {
  type Handler,
  type Incoming,
  LISTEN_AGAIN_MS,
  type Transport,
  type TransportOptions,
  type Upgrade,
} from "./transport.ts";

/** How long a peer may take to answer a close, in ms, before its connection is cut. */
const CLOSE_MS_MAX = 5_000;
/** How many connections may wait to be accepted: as each takes a file before it can be refused, few. */
const BACKLOG = 64;
/** So many connections more than there are places for are heard before they are sent away. */
const POLITE = 32;
/** The longest time that a timer of Node's can have, in ms. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * Node's HTTP server and the package `ws`: slower than Deno's own, but with every limit enforced while it is being broken.
 * @throws when the address can't be had.
 */
export async function serveNode(handler: Handler, options: TransportOptions): Promise<Transport> {
  const { addr, silenceSeconds, headerSeconds, messageBytes, report } = options;
  const sockets = new Map<WebSocket, { upgrade: Upgrade; life: { alive: boolean } }>();
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: messageBytes,
    closeTimeout: CLOSE_MS_MAX,
    handleProtocols: (protocols) => [...protocols].find((protocol) => protocol === agreed) ?? false,
  });
  // What the handshake under way is to agree on: `ws` asks for it in the middle of a synchronous call.
  let agreed: string | undefined;

  const headerMs = Math.min(headerSeconds * 1_000, TIMER_MS_MAX);
  const http = createServer({
    headersTimeout: headerMs,
    requestTimeout: headerMs,
    connectionsCheckingInterval: Math.min(headerMs / 4, 1_000),
  });
  http.on("request", async (message: IncomingMessage, response: ServerResponse) => {
    const answer = handler.handle(incoming(message), peerOf(message));
    // Without the headers of an upgrade there is no upgrade.
    if (!(answer instanceof Response)) return response.destroy();
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  http.on("upgrade", (message: IncomingMessage, tcp: Duplex, head: Buffer) => {
    tcp.on("error", () => {});
    const upgrade = handler.handle(incoming(message), peerOf(message));
    if (upgrade instanceof Response) return refuse(tcp, message.method === "HEAD", upgrade);
    let opened = false;
    agreed = upgrade.protocol;
    webSockets.handleUpgrade(message, tcp, head, (socket) => {
      opened = true;
      const life = { alive: true };
      sockets.set(socket, { upgrade, life });
      socket.on("message", (data: Buffer, isBinary: boolean) => {
        life.alive = true;
        upgrade.received(isBinary ? data : data.toString());
      });
      socket.on("pong", () => life.alive = true);
      socket.on("error", ({ code }: Error & { code?: string }) => {
        if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") upgrade.tooBig();
        else upgrade.violated();
      });
      socket.on("close", () => {
        sockets.delete(socket);
        upgrade.gone();
      });
      upgrade.opened(socket);
    });
    if (!opened) upgrade.gone();
  });
  http.on("clientError", (error: Error & { code?: string }, tcp: Duplex) => {
    const isLate = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    if (isLate) handler.tooLate();
    if (tcp.writable) {
      tcp.end(`HTTP/1.1 ${isLate ? "408 Request Timeout" : "400 Bad Request"}\r\nConnection: close\r\n\r\n`);
    }
    tcp.destroy();
  });

  let connections = 0;
  let listeningAgain: ReturnType<typeof setTimeout> | undefined;
  http.prependListener("connection", (tcp: TcpSocket) => {
    connections++;
    tcp.once("close", () => connections--);
    // Usually there is one to say 503 politely, when the request has come. Here they all are about to be taken.
    if (handler.hasFiles(connections - POLITE)) return;
    tcp.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\n\r\n");
    tcp.destroySoon();
    // When no file is left at all, Deno's accepts nothing ever after, and does not say so.
    listeningAgain ??= setTimeout(() => {
      listeningAgain = undefined;
      http.close();
      listen(at).catch((error) => report(error.message));
    }, LISTEN_AGAIN_MS);
  });

  function listen({ hostname, port }: TransportOptions["addr"]): Promise<void> {
    return new Promise((resolve, reject) => {
      http.once("error", reject);
      http.listen({ host: hostname, port, backlog: BACKLOG }, () => {
        http.off("error", reject);
        resolve();
      });
    });
  }
  await listen(addr);
  const { address, port } = http.address() as AddressInfo;
  const at = { hostname: address, port };
  const pinger = Number.isFinite(silenceSeconds)
    ? setInterval(() => {
      for (const [socket, { life, upgrade }] of sockets) {
        if (life.alive) {
          life.alive = false;
          socket.ping();
        } else {
          upgrade.silent();
          socket.terminate();
        }
      }
    }, silenceSeconds * 500)
    : undefined;

  return {
    addr: at,
    async stop() {
      clearInterval(pinger);
      clearTimeout(listeningAgain);
      const closed = new Promise((resolve) => http.close(resolve));
      for (const socket of sockets.keys()) socket.terminate();
      http.closeAllConnections();
      await closed;
    },
  };
}

function incoming({ method = "", url = "", rawHeaders }: IncomingMessage): Incoming {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) headers.append(rawHeaders[i]!, rawHeaders[i + 1]!);
  return { method, url: url.startsWith("/") ? `http://host${url}` : url, headers };
}

function peerOf({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "";
}

/** Answers a request for an upgrade in another way, on its bare socket. */
async function refuse(tcp: Duplex, isHead: boolean, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  response.headers.set("content-length", String(body.length));
  response.headers.set("connection", "close");
  const head = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  tcp.write(`HTTP/1.1 ${response.status} ${response.statusText || "-"}\r\n${head}\r\n`);
  tcp.end(isHead ? undefined : body);
}
