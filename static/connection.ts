import {
  type ClientMessage,
  encode,
  endAfter,
  parseServerMessage,
  type Refusal,
  type ServerMessage,
  shouldReconnect,
} from "../protocol.ts";
import { backoff } from "./backoff.ts";

/** How the connection is, as a person is told of it. */
export type Status =
  | { readonly state: "connecting" }
  /** The server has welcomed me; until then nothing works. */
  | { readonly state: "open" }
  /** The same, but what I say can't be kept at the moment; it is tried again in `retryMs`. */
  | { readonly state: "stalled"; readonly retryMs: number }
  /** Lost, or never made; the next attempt comes in `retryMs`. */
  | { readonly state: "waiting"; readonly retryMs: number; readonly code: number }
  /** Over: the server said not to come back, and why; what it refused last may say more. */
  | { readonly state: "ended"; readonly code: number; readonly reason: string; readonly refusal?: Refusal }
  /** There can't be one: the browser has no WebSocket. */
  | { readonly state: "unsupported" };

/** How long an attempt may take until the welcome, in ms: a network that swallows packets would let it hang for minutes. */
export const CONNECT_MS_MAX = 10_000;
/** A connection that lasted this long after the welcome, in ms, was a success: the wait after it starts small again. */
export const STABLE_MS = 5_000;
/** After so long without a word from the server, in ms, it is asked whether it is there: a page is not told of ping frames. */
export const QUIET_MS_MAX = 25_000;
/** How long the server may take to say anything once it was asked, in ms. */
export const PONG_MS_MAX = 10_000;
/** The same when there is reason to doubt: the network changed, or the machine slept. Less than PONG_MS_MAX. */
export const PROBE_MS_MAX = 4_000;

/** What the connection needs of the browser. */
export interface Ports {
  /** A new socket to the server, on its way or open already. */
  open(): WebSocket;
  /** Calls back after a while; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  /** Milliseconds since 1970. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
}

/** What the connection tells, and asks. */
export interface Listener {
  /** What to say first on a new socket. */
  hello(): ClientMessage;
  /** The server said something. */
  received(message: ServerMessage): void;
  /** That was all for now: many messages come at once. */
  settled(): void;
  /** The status changed. A welcome is received before the status is "open". */
  changed(status: Status): void;
}

/** A connection to the server that comes back by itself. At any time it has one socket or one timer to make the next. */
export class Connection {
  readonly #ports: Ports;
  readonly #listener: Listener;
  #status: Status = { state: "connecting" };
  #socket: WebSocket | undefined;
  #failures = 0;
  #welcomedAt: number | undefined;
  #probing = false;
  #refusal: Refusal | undefined;
  #callOffTimer: () => void = () => {};

  constructor(ports: Ports, listener: Listener) {
    this.#ports = ports;
    this.#listener = listener;
    this.#connect();
  }

  /** Sends a message; false, and nothing is sent, while not open. */
  send(message: ClientMessage): boolean {
    // A socket that is closing has not told the page yet.
    if (this.#status.state !== "open" || this.#socket?.readyState !== 1) return false;
    this.#socket.send(encode(message));
    return true;
  }

  /** Makes the next attempt now if one is waiting for its time; finds out whether an open connection is still alive. */
  retry(): void {
    if (this.#status.state === "waiting") this.#connect();
    // A probe that is under way is not begun anew: called often enough, it would never end.
    if (this.#status.state === "open" && !this.#probing) {
      this.#probing = true;
      this.#ask(this.#socket!, PROBE_MS_MAX);
    }
  }

  /** Gives an open connection up, because it looks alive but does not do what it is for. */
  giveUp(): void {
    if (this.#status.state === "open") this.#lost(this.#socket!, 1006, "");
  }

  /** Begins anew, whatever it is like now: I come as somebody else, or once more after the end. */
  restart(): void {
    this.#callOffTimer();
    if (this.#socket !== undefined) abandon(this.#socket);
    this.#failures = 0;
    this.#probing = false;
    this.#connect();
  }

  /** Ends it for good, without a word to the listener. */
  stop(): void {
    this.#callOffTimer();
    if (this.#socket !== undefined) abandon(this.#socket);
    this.#socket = undefined;
  }

  #connect(): void {
    const socket = this.#socket = this.#ports.open();
    this.#welcomedAt = this.#refusal = undefined;
    this.#change({ state: "connecting" });
    this.#timer(CONNECT_MS_MAX, () => this.#lost(socket, 1006, ""));
    const greet = () => socket.send(encode(this.#listener.hello()));
    // The page may have begun to open it long before.
    if (socket.readyState === 1) greet();
    else socket.onopen = greet;
    socket.onmessage = ({ data }) => this.#heard(socket, String(data));
    socket.onclose = ({ code, reason }) => this.#lost(socket, code, reason);
  }

  #heard(socket: WebSocket, frame: string): void {
    for (const line of frame.split("\n")) {
      const message = read(line);
      if (message === undefined) continue;
      if (message.type === "welcome") this.#welcomedAt = this.#ports.now();
      if (message.type === "error") this.#refusal = message;
      this.#listener.received(message);
      if (message.type === "welcome") this.#change({ state: "open" });
      // Whoever was told may have given the socket up.
      if (this.#socket !== socket) return;
    }
    this.#listener.settled();
    // Before the welcome only the deadline of the attempt counts.
    if (this.#socket !== socket || this.#status.state !== "open") return;
    this.#probing = false;
    this.#timer(QUIET_MS_MAX, () => this.#ask(socket, PONG_MS_MAX));
  }

  #ask(socket: WebSocket, answerMs: number): void {
    this.#timer(answerMs, () => this.#lost(socket, 1006, ""));
    this.send({ type: "ping" });
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    abandon(socket);
    this.#socket = undefined;
    this.#callOffTimer();
    this.#probing = false;
    // Some browsers are not told the code by some servers, as by one on Deno 2.4; what it said before tells as much.
    const end = endAfter(this.#refusal?.code ?? "");
    if (end) ({ code, reason } = end);
    if (!shouldReconnect(code)) {
      const refusal = this.#refusal;
      return this.#change({ state: "ended", code, reason, ...(refusal && { refusal }) });
    }
    // Being let in is no success yet: a server that welcomes and then breaks down is not to be hammered either.
    if (this.#welcomedAt !== undefined && this.#ports.now() - this.#welcomedAt >= STABLE_MS) this.#failures = 0;
    const retryMs = backoff(this.#failures++, this.#ports.random());
    this.#timer(retryMs, () => this.#connect());
    this.#change({ state: "waiting", retryMs, code });
  }

  #timer(ms: number, callback: () => void): void {
    this.#callOffTimer();
    this.#callOffTimer = this.#ports.after(ms, callback);
  }

  #change(status: Status): void {
    this.#status = status;
    this.#listener.changed(status);
  }
}

/** Whatever the socket still has to say comes too late. */
function abandon(socket: WebSocket): void {
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close();
}

/** The message on a line; undefined when this page is too old to know it, or it is none. */
function read(line: string): ServerMessage | undefined {
  try {
    return parseServerMessage(line);
  } catch {
    return undefined;
  }
}
