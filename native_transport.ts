import {
  BACKLOG,
  type Handler,
  LISTEN_AGAIN_MS,
  type Transport,
  type TransportOptions,
  type Upgrade,
} from "./transport.ts";

/**
 * How long a handshake keeps its place that is never over, in ms. Of one that the peer resets in the middle Deno keeps the
 * file, and says nothing, ever: so an address can take away no more files an hour than it may have connections.
 */
const HANDSHAKE_MS_MAX = 3_600_000;

/** What Deno calls it when a ping was not answered. */
const NO_PONG = "No response from ping frame.";

/**
 * Deno's own server and WebSockets, the fast ones. They know no limits: of a message in fragments nothing is heard before it
 * is whole, a request that never comes is waited for, and a peer that never reads or never answers a close keeps its file.
 * @throws what `Deno.serve` throws when the address can't be had.
 */
export function serveNative(
  handler: Handler,
  { addr, certificate, isShared, silenceSeconds, report }: TransportOptions,
): Transport {
  let callOff = () => {};
  let http = listen(addr);
  const at = http.addr;

  function listen(addr: TransportOptions["addr"]): Deno.HttpServer<Deno.NetAddr> {
    const options = {
      ...addr,
      ...certificate,
      reusePort: isShared,
      tcpBacklog: BACKLOG,
      automaticCompression: true,
      onListen() {},
    };
    const http = Deno.serve(
      options,
      (request, { remoteAddr }) => answer(handler, request, remoteAddr.hostname, silenceSeconds),
    );
    http.finished.catch((error) => {
      report(error.message);
      listenAgain();
    });
    return http;
  }

  /** Without a file for it a connection can't be taken, over which Deno gives up the port, but not what it has. */
  function listenAgain(): void {
    const timer = setTimeout(() => {
      try {
        http = listen({ hostname: at.hostname, port: at.port });
      } catch {
        listenAgain();
      }
    }, LISTEN_AGAIN_MS);
    callOff = () => clearTimeout(timer);
  }

  return {
    addr: at,
    async stop() {
      callOff();
      await http.shutdown();
    },
  };
}

/** Answers a request: whatever can fail does so before Deno makes a WebSocket of it. */
export function answer(
  handler: Handler,
  request: Request,
  peer: string,
  silenceSeconds: number,
): Response | Promise<Response> {
  const upgrade = handler.handle(request, peer);
  if (upgrade instanceof Response || upgrade instanceof Promise) return upgrade;
  // From here on a throw, or any other response than this one, would end the whole server.
  const { socket, response } = Deno.upgradeWebSocket(request, {
    idleTimeout: Number.isFinite(silenceSeconds) ? silenceSeconds : 0,
    ...upgrade.protocol !== undefined && { protocol: upgrade.protocol },
  });
  socket.binaryType = "arraybuffer";
  new Connection(socket, upgrade);
  return response;
}

/** Passes on what happens to a socket: one listener for all of it, since there are many sockets, most of them idle. */
class Connection {
  // Undefined when it is gone: a timer of Deno's holds the socket, and so this, for up to half of the silence yet.
  #upgrade: Upgrade | undefined;
  // A peer that resets in the middle of the handshake leaves a socket that never says anything.
  #timer: ReturnType<typeof setTimeout> | undefined = setTimeout(() => this.#gone(), HANDSHAKE_MS_MAX);

  constructor(socket: WebSocket, upgrade: Upgrade) {
    this.#upgrade = upgrade;
    for (const type of ["open", "message", "error", "close"]) socket.addEventListener(type, this);
  }

  handleEvent(event: Event): void {
    switch (event.type) {
      case "open":
        clearTimeout(this.#timer);
        this.#timer = undefined;
        // Too late: its place is somebody else's.
        if (!this.#upgrade) return (event.target as WebSocket).close();
        return this.#upgrade.opened(event.target as WebSocket);
      case "message":
        return this.#upgrade?.received((event as MessageEvent).data);
      case "error":
        if ((event as ErrorEvent).message === NO_PONG) return this.#upgrade?.silent();
        return this.#upgrade?.violated();
      case "close":
        return this.#gone();
    }
  }

  #gone(): void {
    clearTimeout(this.#timer);
    this.#upgrade?.gone();
    this.#upgrade = undefined;
  }
}
