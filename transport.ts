import type { Certificate } from "./certificate.ts";
import type { Socket } from "./client.ts";

/** A request, as much of it as the server looks at. */
export interface Incoming {
  readonly method: string;
  /** With scheme and host; what follows them is as it was sent, not normalized. */
  readonly url: string;
  readonly headers: RequestHeaders;
  /** What comes after them, if it is asked for: read once, to its end or cancelled. */
  readonly body?: ReadableStream<Uint8Array> | null;
}

/**
 * The headers of a request, one by one: asked anything else, Deno makes a list of all of them, which it keeps for as long as
 * the connection lives, a kilobyte of each WebSocket.
 */
export type RequestHeaders = Pick<Headers, "get">;

/** A WebSocket that is let in: what its transport tells the server of it, in this order. */
export interface Upgrade {
  /** The subprotocol that both speak; undefined when the client asked for none. */
  readonly protocol: string | undefined;
  /** Its handshake is done. */
  opened(socket: Socket): void;
  /** A message came: a string if it is text. */
  received(data: unknown): void;
  /** The client broke the rules of WebSockets, or its line broke. */
  violated(): void;
  /** The client did not answer a ping in time; the transport ends its connection. */
  silent(): void;
  /** A message was begun that is longer than it may be; the transport has closed the connection for it. */
  tooBig(): void;
  /** Its connection is gone, opened or not. Twice is harmless. */
  gone(): void;
}

/** What answers requests. */
export interface Handler {
  /**
   * The response, at once or when it is known; or, for a request that is to become a WebSocket and may, what takes it. Never
   * throws. A response's body may go on for ever: it is cancelled when the peer is gone.
   */
  handle(request: Incoming, peer: string): Response | Promise<Response> | Upgrade;
  /** Whether the process may open one more file than so many connections need. */
  hasFiles(connections: number): boolean;
  /** A request took too long to come. */
  tooLate(): void;
}

/** What a transport is told. */
export interface TransportOptions {
  readonly addr: { readonly hostname: string; readonly port: number };
  /** Makes it https; undefined for plain http. */
  readonly certificate: Certificate | undefined;
  /** Others in this process listen there, too, and each gets some of those who connect. Only with Linux. */
  readonly isShared: boolean;
  /** How long a silent peer is believed in, in seconds; it is pinged after half of it. `Infinity` is for ever. */
  readonly silenceSeconds: number;
  /** How long a request may take to come, in seconds, where the transport can tell. */
  readonly headerSeconds: number;
  /** The longest message, in bytes, where the transport can tell before it has all of it. */
  readonly messageBytes: number;
  /** Is told why nobody can connect, however often that is tried again. */
  readonly report: (reason: string) => void;
}

/** What carries requests and WebSockets. */
export interface Transport {
  /** Where it listens, with the port that it really got. */
  readonly addr: { readonly hostname: string; readonly port: number };
  /** Shows another certificate to whoever connects from now on; undefined where only a new start can do that. */
  renew?(certificate: Certificate): void;
  /** Listens no more and ends what it can end. */
  stop(): Promise<void>;
}

/** How many connections may wait to be accepted: as many as come back at once after a restart. */
export const BACKLOG = 4_096;
/** How soon it is tried to listen again when the process had no files left, in ms. */
export const LISTEN_AGAIN_MS = 100;
