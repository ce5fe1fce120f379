/**
 * What server and page agree on. Both import this file, so nothing here may touch Deno or the DOM.
 * @module
 */

/** Why the server ends a connection: a value with a meaning, not just a number (RFC 6455, section 7.4). */
export interface Disconnect {
  /** The close frame's status code. */
  readonly code: number;
  /** The close frame's text, at most 123 bytes of UTF-8. */
  readonly reason: string;
  /** Whether the client should come back by itself. */
  readonly reconnect: boolean;
}

/** Every reason that the server has for ending a connection. Codes from 4000 are our own. */
export const Disconnect = {
  left: { code: 1000, reason: "", reconnect: true },
  goingAway: { code: 1001, reason: "the server is going away", reconnect: true },
  notText: { code: 1003, reason: "text messages only", reconnect: false },
  tooBig: { code: 1009, reason: "the message is too long", reconnect: true },
  overloaded: { code: 1013, reason: "the server is overloaded, try again later", reconnect: true },
  slow: { code: 4000, reason: "reads too slowly", reconnect: true },
} as const satisfies Record<string, Disconnect>;

/** Whether a client whose connection ended with `code` should come back: always, but for the codes that say otherwise. */
export function shouldReconnect(code: number): boolean {
  return !Object.values(Disconnect).some((disconnect) => disconnect.code === code && !disconnect.reconnect);
}

/** The longest message in bytes of UTF-8 that a server takes unless it is told otherwise. */
export const MESSAGE_BYTES_MAX = 64 * 1024;

/** Where the WebSocket is. */
export const WEBSOCKET_PATH = "/ws";
