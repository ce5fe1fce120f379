import type { Grant } from "./access.ts";
import { Channel } from "./channel.ts";
import type { Commit, Metrics } from "./metrics.ts";
import { type ClientMessage, Disconnect, Malformed, parseClientMessage } from "./protocol.ts";
import { RateLimit } from "./rate_limit.ts";
import { BATCH_BYTES_MAX, type Line, type Member } from "./room.ts";
import { isLongerThan } from "./text.ts";

/** What a client needs of a WebSocket: Deno's own is one, that of the package `ws` another, a test's fake a third. */
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

/** Everything that a client tells the hub: what came over the wire, and what happened to the connection. */
export interface ClientEvent {
  readonly client: Client;
  readonly message:
    | ClientMessage
    | { readonly type: "opened" }
    | { readonly type: "malformed"; readonly reason: string }
    /** It sends so much that it has to be warned, or that this was refused. */
    | { readonly type: "flood"; readonly refused?: ClientMessage | Malformed }
    | { readonly type: "gone" };
}

/** What a client needs of its hub. */
export interface ClientPorts {
  readonly inbox: Channel<ClientEvent>;
  readonly metrics: Metrics;
  /** Milliseconds on a monotonic clock. */
  now(): number;
}

/** What a connection was made for. */
export interface Visit {
  /** Lines of JSON (protocol.ts), or plain text: each message is one line of a text for one room. */
  readonly form: keyof Line;
  /** The room of a plain-text client. */
  readonly room: string;
  /** From where it came. */
  readonly address: string;
  /** As what its request lets it in; undefined if the request says nothing of that. */
  readonly grant?: Grant;
  /** The longest text that is taken, in bytes of UTF-8. */
  readonly textBytesMax: number;
  /** How many messages are taken in a second in the long run; `Infinity` for as many as come. */
  readonly rate: number;
}

/** From where a client takes what it has to be sent: a room that it is in. */
export interface Feed {
  /** The next lines for it, joined by `\n`, which then count as having been sent; undefined if there are none. */
  take(client: Client): string | undefined;
}

/** How many lines may wait that are meant for one client alone. */
export const PRIVATE_LINES_MAX = 1_024;
/** How long they may be in all, in UTF-16 units: whoever asks for so much and does not read it is cut. */
export const PRIVATE_LENGTH_MAX = 1024 * 1024;
/** The most that a single look adds to the time for which a client is blocked, in ms, lest a stall of our own be held against it. */
const LOOK_MS_MAX = 1_000;

/**
 * The bridge between one WebSocket and the hub: a read pump, socket to inbox, and a write pump, send queue to socket. The
 * send queue is a cursor in each of its rooms, and a small channel for what is meant for this client alone.
 */
export class Client implements Member {
  readonly form: keyof Line;
  /** The room of a plain-text client. */
  readonly room: string;
  readonly address: string;
  readonly grant: Grant | undefined;
  readonly #socket: Socket;
  readonly #ports: ClientPorts;
  readonly #rate: RateLimit;
  readonly #messageBytesMax: number;
  readonly #feeds = new Set<Feed>();
  readonly #private = new Channel<string>(PRIVATE_LINES_MAX);
  // How many lines of plain text came.
  #lines = 0;
  #privateLength = 0;
  #blockedMs = 0;
  #lookedAt: number | undefined;
  // How many messages of its own wait to be sent to it, since when the first of them, and what kept it.
  #echoes = 0;
  #saidAt = 0;
  #commit: Commit | undefined;
  #closed = false;

  /** Tells the hub nothing before `opened`. */
  constructor(socket: Socket, ports: ClientPorts, { form, room, address, grant, textBytesMax, rate }: Visit) {
    this.form = form;
    this.room = room;
    this.address = address;
    this.grant = grant;
    this.#socket = socket;
    this.#ports = ports;
    this.#rate = new RateLimit(rate);
    this.#messageBytesMax = form === "json" ? jsonBytesMax(textBytesMax) : textBytesMax;
  }

  // Read pump: what happens to the socket, in the order in which it happens, goes to the hub's inbox.

  /** The socket is open: asks the hub to register the client. */
  opened(): void {
    this.#tell({ type: "opened" });
  }

  /**
   * A message came. Of plain text newlines become spaces and white space around it goes, as in the Go chat example's
   * readPump. Anything but text, and what is too long, ends the connection, and nothing is heard from it after that.
   */
  received(data: unknown): void {
    if (this.#closed) return;
    if (typeof data !== "string") return this.end(Disconnect.notText);
    if (isLongerThan(this.#messageBytesMax, data)) return this.end(Disconnect.tooBig);

    if (this.form === "plain") {
      const text = data.replaceAll("\n", " ").trim();
      // It can't be told that something was refused, and must not lose it unawares.
      if (this.#rate.take("say", this.#ports.now()) === "refused") return this.end(Disconnect.tooFast);
      // It is somebody else each time it comes, so that a count is enough, and in the journal's index they stand close together.
      return this.#tell({ type: "say", room: this.room, nonce: String(this.#lines++), text });
    }
    for (const line of data.split("\n")) {
      if (this.#closed) return;
      this.#say(parseClientMessage(line));
    }
  }

  /** Nothing that is refused here reaches the hub's inbox whole: a flood must not fill it for the others. */
  #say(message: ClientMessage | Malformed): void {
    const isMalformed = message instanceof Malformed;
    const verdict = this.#rate.take(isMalformed ? undefined : message.type, this.#ports.now());
    if (verdict === "cut") return this.end(Disconnect.tooFast);
    if (verdict === "refused") return this.#tell({ type: "flood", refused: message });
    this.#tell(isMalformed ? { type: "malformed", reason: message.reason } : message);
    if (verdict === "warned") this.#tell({ type: "flood" });
  }

  /** The socket is gone: asks the hub to unregister the client. Deno may say so twice, or never. */
  gone(): void {
    this.close(Disconnect.left);
    if (this.#ports.inbox.trySend({ client: this, message: { type: "gone" } }) || this.#ports.inbox.closed) return;
    // Leaving can't be refused as a message can, and the hub empties its inbox whole: there is room a turn later.
    setImmediate(() => this.gone());
  }

  #tell(message: ClientEvent["message"]): void {
    if (this.#ports.inbox.trySend({ client: this, message })) return;
    if (!this.#ports.inbox.closed) {
      this.#ports.metrics.hit("inbox");
      this.end(Disconnect.overloaded);
    } else if (message.type === "opened") {
      // The hub is ending. It has last lines for those it knows, and closes them itself.
      this.end(Disconnect.goingAway);
    }
  }

  /** Says why and closes; the hub unregisters the client after what it said before. */
  end(disconnect: Disconnect): void {
    this.close(disconnect);
    // Deno sends no close event for a peer that is stuck, so the client leaves first.
    this.gone();
  }

  // Write pump. 1. The only caller of socket.send. 2. What was sent can't be taken back, so a new batch goes in only when
  // the last is through (`ready`). 3. What is meant for this client alone goes before what its rooms have. 4. Nothing is
  // sent after close.

  get state(): "ready" | "busy" | "gone" {
    if (this.#closed || this.#socket.readyState !== 1) return "gone";
    return this.#socket.bufferedAmount > 0 ? "busy" : "ready";
  }

  /** Whether the server has ended the connection. */
  get closed(): boolean {
    return this.#closed;
  }

  blockedMs(now: number): number {
    this.#blockedMs += Math.min(now - (this.#lookedAt ?? now), LOOK_MS_MAX);
    this.#lookedAt = now;
    return this.#blockedMs;
  }

  /** How much waits that is meant for this client alone, in UTF-16 units. */
  get privateLength(): number {
    return this.#privateLength;
  }

  /** Puts a line into the send queue that is meant for this client alone; false when that is full, and then it is not. */
  tell(line: string): boolean {
    if (this.#privateLength + line.length > PRIVATE_LENGTH_MAX || !this.#private.trySend(line)) return false;
    this.#privateLength += line.length;
    return true;
  }

  /** From now on a flush takes from this feed, too. */
  follow(feed: Feed): void {
    this.#feeds.add(feed);
  }

  /** No more. */
  unfollow(feed: Feed): void {
    this.#feeds.delete(feed);
  }

  /** What it said, `since` then, is on its way to it, too. */
  echo(since: number, commit: Commit): void {
    if (this.#echoes++ > 0) return;
    this.#saidAt = since;
    this.#commit = commit;
  }

  flush(): void {
    if (this.#closed) return;
    const texts: string[] = [];
    let length = 0;
    if (this.#private.size > 0) {
      texts.push(...this.#private.drain());
      length = this.#privateLength;
      this.#privateLength = 0;
    }
    let unasked = this.#feeds.size;
    for (const feed of this.#feeds) {
      if (unasked-- === 0 || length >= BATCH_BYTES_MAX) break;
      const text = feed.take(this);
      if (text === undefined) continue;
      texts.push(text);
      length += text.length;
      if (this.#feeds.size === 1) break;
      // Whoever was served goes to the end: a room with much to say must not starve the others.
      this.#feeds.delete(feed);
      this.#feeds.add(feed);
    }
    if (texts.length === 0) return;
    this.#socket.send(texts.length === 1 ? texts[0]! : texts.join("\n"));
    if (this.#echoes > 0) this.#echoed();
    this.#blockedMs = 0;
    this.#lookedAt = undefined;
  }

  #echoed(): void {
    // For how long somebody does not read is not for the server to answer for.
    if (this.#lookedAt === undefined) {
      this.#ports.metrics.echoed(this.#saidAt, this.#ports.now(), this.#echoes, this.#commit!);
    }
    this.#echoes = 0;
    this.#commit = undefined;
  }

  /**
   * Says why and closes; whatever was written goes out first. A peer that does not read keeps the socket closing for as
   * long as it likes (Deno has no terminate), so nobody waits for it: the client counts as gone at once.
   */
  close(disconnect: Disconnect): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ports.metrics.disconnected(disconnect);
    this.#socket.close(disconnect.code, disconnect.reason);
  }
}

/** How long a message can be whose texts are so long at most: in JSON a line end or quotation mark takes two bytes, and a `hello` names many rooms. */
export function jsonBytesMax(textBytesMax: number): number {
  return 2 * textBytesMax + 16_384;
}
