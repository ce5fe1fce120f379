import { shouldReconnect } from "../protocol.ts";
import { backoff } from "./backoff.ts";

/** How the connection is, as a person is told of it. */
export type Status =
  | { readonly state: "connecting" }
  | { readonly state: "open" }
  /** Lost, or never made; the next attempt comes in `retryMs`. */
  | { readonly state: "waiting"; readonly retryMs: number; readonly code: number }
  /** Over: the server said not to come back, and why. */
  | { readonly state: "ended"; readonly reason: string }
  /** There can't be one: the browser has no WebSocket. */
  | { readonly state: "unsupported" };

/** How long an attempt may take, in ms: a network that swallows packets would let it hang for minutes. */
export const CONNECT_MS_MAX = 10_000;
/** A connection that lasted this long, in ms, was a success: the wait after it starts small again. */
export const STABLE_MS = 5_000;

/** What the connection needs of the browser. */
export interface Ports {
  open(): WebSocket;
  /** Calls back after a while; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
  /** A number in [0, 1). */
  random(): number;
}

/** What the connection tells. */
export interface Listener {
  /** Lines came, one or many at once. */
  received(lines: string[]): void;
  /** The status changed. */
  changed(status: Status): void;
}

/** A connection to the server that comes back by itself. At any time it has one socket or one timer to make the next. */
export class Connection {
  readonly #ports: Ports;
  readonly #listener: Listener;
  #status: Status = { state: "connecting" };
  #socket: WebSocket | undefined;
  #failures = 0;
  #callOffTimer: () => void = () => {};

  constructor(ports: Ports, listener: Listener) {
    this.#ports = ports;
    this.#listener = listener;
    this.#connect();
  }

  /** Sends a message; false, and nothing is sent, while not connected. */
  send(text: string): boolean {
    // A socket that is closing has not told the page yet.
    if (this.#status.state !== "open" || this.#socket!.readyState !== 1) return false;
    this.#socket!.send(text);
    return true;
  }

  /** Makes the next attempt now if one is waiting for its time. */
  retry(): void {
    if (this.#status.state === "waiting") this.#connect();
  }

  #connect(): void {
    const socket = this.#socket = this.#ports.open();
    this.#change({ state: "connecting" });
    this.#timer(CONNECT_MS_MAX, () => this.#lost(socket, 1006, ""));
    socket.onopen = () => {
      this.#change({ state: "open" });
      this.#timer(STABLE_MS, () => this.#failures = 0);
    };
    socket.onmessage = ({ data }) => this.#listener.received(String(data).split("\n"));
    socket.onclose = ({ code, reason }) => this.#lost(socket, code, reason);
  }

  #lost(socket: WebSocket, code: number, reason: string): void {
    // Whatever this socket still has to say comes too late.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#callOffTimer();
    if (!shouldReconnect(code)) return this.#change({ state: "ended", reason });
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
