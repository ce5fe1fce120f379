import type { Channel } from "./channel.ts";
import { Disconnect } from "./protocol.ts";
import type { Member } from "./room.ts";

/** What a client needs of a WebSocket: the server's native one is one, a test's fake another. */
export interface Socket {
  /** 1 while messages can be sent. */
  readonly readyState: number;
  /** Bytes that were sent but have not reached the kernel yet. Deno reads 0 as soon as the socket is not open. */
  readonly bufferedAmount: number;
  /** Sends a text message; on a socket that is not open it does nothing, or throws. */
  send(text: string): void;
  /** Sends a close frame after what was sent before; harmless on a socket that is not open. */
  close(code: number, reason: string): void;
}

/** Everything that a client tells the hub. */
export type ClientEvent =
  | { readonly type: "register"; readonly client: Client }
  | { readonly type: "unregister"; readonly client: Client }
  | { readonly type: "broadcast"; readonly client: Client; readonly text: string };

/**
 * The bridge between one WebSocket and the hub: a read pump, socket to inbox, and a write pump, send queue to socket.
 * The send queue itself is the client's cursor in its room.
 */
export class Client implements Member {
  readonly #socket: Socket;
  readonly #inbox: Channel<ClientEvent>;
  readonly #messageBytesMax: number;
  #closed = false;

  /**
   * Tells the hub nothing before `opened`.
   * @param messageBytesMax the longest message that is taken, in bytes of UTF-8.
   */
  constructor(socket: Socket, inbox: Channel<ClientEvent>, messageBytesMax: number) {
    this.#socket = socket;
    this.#inbox = inbox;
    this.#messageBytesMax = messageBytesMax;
  }

  // Read pump: what happens to the socket, in the order in which it happens, goes to the hub's inbox.

  /** The socket is open: asks the hub to register the client. */
  opened(): void {
    this.#tell({ type: "register", client: this });
  }

  /**
   * A message came: newlines become spaces, white space around it goes, as in the Go chat example's readPump. Anything
   * but text, and text that is too long, ends the connection, and nothing is heard from it after that.
   */
  received(data: unknown): void {
    if (this.#closed) return;
    if (typeof data !== "string") return this.#end(Disconnect.notText);
    if (isLongerThan(this.#messageBytesMax, data)) return this.#end(Disconnect.tooBig);
    this.#tell({ type: "broadcast", client: this, text: data.replaceAll("\n", " ").trim() });
  }

  /** The socket is gone: asks the hub to unregister the client. Deno may say so twice, or never. */
  gone(): void {
    this.close(Disconnect.left);
    if (this.#inbox.trySend({ type: "unregister", client: this }) || this.#inbox.closed) return;
    // Leaving can't be refused as a message can, and the hub empties its inbox whole: there is room a turn later.
    setImmediate(() => this.gone());
  }

  #tell(event: ClientEvent): void {
    if (this.#inbox.trySend(event)) return;
    if (!this.#inbox.closed) this.#end(Disconnect.overloaded);
    // The hub is ending. It has last lines for those it knows, and closes them itself.
    else if (event.type === "register") this.#end(Disconnect.goingAway);
  }

  #end(disconnect: Disconnect): void {
    this.close(disconnect);
    // Deno sends no close event for a peer that is stuck, so the client leaves first.
    this.gone();
  }

  // Write pump. 1. The only caller of socket.send. 2. What was sent can't be taken back, so a new batch goes in only when
  // the last is through (`ready`). 3. Nothing is sent after close.

  get state(): "ready" | "busy" | "gone" {
    if (this.#closed || this.#socket.readyState !== 1) return "gone";
    return this.#socket.bufferedAmount > 0 ? "busy" : "ready";
  }

  /** Sends lines, joined by `\n`, as one message; does nothing once the client is gone. */
  write(lines: string): void {
    if (this.state !== "gone") this.#socket.send(lines);
  }

  /**
   * Says why and closes; whatever was written goes out first. A peer that does not read keeps the socket closing for as
   * long as it likes (Deno has no terminate), so nobody waits for it: the client counts as gone at once.
   */
  close(disconnect: Disconnect): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close(disconnect.code, disconnect.reason);
  }
}

function isLongerThan(bytesMax: number, text: string): boolean {
  // A UTF-16 code unit is one to three bytes of UTF-8: most messages need no look inside.
  if (text.length > bytesMax) return true;
  return 3 * text.length > bytesMax && utf8.encode(text).byteLength > bytesMax;
}

const utf8 = new TextEncoder();
