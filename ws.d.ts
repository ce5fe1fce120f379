/**
 * As much of the package `ws` as is used here. Its published types bring along those of Node.js, which change what
 * `node:assert` and others mean in all of this project.
 * @module
 */
import type { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

export interface WebSocket extends EventEmitter {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  close(code: number, reason: string): void;
  /** Cuts the connection at once. */
  terminate(): void;
}

export class WebSocketServer {
  constructor(options: {
    noServer: true;
    clientTracking: boolean;
    /** Of a message, over all of its fragments, in bytes. */
    maxPayload: number;
    /** How long a peer may take to answer a close, in ms. */
    closeTimeout: number;
    handleProtocols(protocols: Set<string>): string | false;
  });
  /** Calls back before it returns, unless the handshake is no good or the connection is gone already. */
  handleUpgrade(request: IncomingMessage, tcp: Duplex, head: Buffer, opened: (socket: WebSocket) => void): void;
}
