import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Random } from "./random.ts";

/** A piece waits for so long at most before it goes on, in ms. */
const DELAY_MS_MAX = 20;
/** Enough for a person to say something and hear the answers, in bytes. */
const BYTES_MAX = 15_000;

/** How a connection that does not last ends: with an orderly end, a reset, or never, though nothing comes through. */
const ENDS = ["closed", "reset", "swallowed"] as const;

/**
 * A network that misbehaves, between those who connect to its port and a server on this machine: it cuts connections, in
 * the middle of a frame or of the handshake; it delays and halves what they carry; some swallow everything from some
 * byte on, maybe the first, and are never closed. Driven by chance alone. `await using` ends it.
 */
export class TcpProxy implements AsyncDisposable {
  /** How many connections came to which end, and how many pieces were halved and delayed. */
  readonly count = { closed: 0, reset: 0, swallowed: 0, halved: 0, delayed: 0 };
  readonly #server = createServer((near) => this.#accept(near));
  readonly #links = new Set<Link>();
  readonly #target: number;
  readonly #random: Random;
  readonly #bytesMax: number;
  #healthy = false;

  private constructor(target: number, random: Random, bytesMax: number) {
    this.#target = target;
    this.#random = random;
    this.#bytesMax = bytesMax;
  }

  /**
   * Starts it in front of a port of this machine.
   * @param bytesMax a connection that does not last is over after so many bytes at most, both ways together.
   */
  static async listen(target: number, random: Random, bytesMax = BYTES_MAX): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, random, bytesMax);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** How many connections it has spoiled. */
  get spoiled(): number {
    return this.count.closed + this.count.reset + this.count.swallowed;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on it behaves; but what swallows goes on swallowing. */
  heal(): void {
    this.#healthy = true;
    for (const link of this.#links) link.bytesLeft = Infinity;
  }

  /** Every connection that there is swallows from now on, as when the way to the Internet is another one. */
  swallow(): void {
    for (const link of this.#links) link.swallows = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    await Promise.all([...this.#links].map((link) => link.end("closed")));
    await closed;
  }

  #accept(near: Socket): void {
    const link = new Link(near, connect(this.#target, "127.0.0.1"));
    this.#links.add(link);
    // A few last, a few end at once.
    const bytes = this.#random.below(this.#bytesMax) - this.#bytesMax / 12;
    if (!this.#healthy && this.#random.chance(0.9)) link.bytesLeft = Math.max(0, bytes);
    const end = this.#random.pick(ENDS);
    Promise.all([this.#carry(link, near, link.far, end), this.#carry(link, link.far, near, end)])
      .finally(() => this.#links.delete(link));
  }

  async #carry(link: Link, from: Socket, to: Socket, end: typeof ENDS[number]): Promise<void> {
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false })) {
        for (let rest: Uint8Array = chunk; rest.length > 0;) {
          const piece = await this.#pieceOf(rest);
          if (link.swallows) return await link.ended;
          // What comes before the end of the connection is there; maybe half a frame.
          await write(to, piece.subarray(0, link.bytesLeft));
          link.bytesLeft -= piece.length;
          if (link.bytesLeft <= 0) {
            if (!link.over) this.count[end]++;
            if (end !== "swallowed") return await link.end(end);
            link.swallows = true;
            return await link.ended;
          }
          rest = rest.subarray(piece.length);
        }
      }
    } catch { /* It was reset, or ended by the other direction. */ }
    // Whoever hangs up on a network that swallows is not heard at the other end.
    if (link.swallows) return await link.ended;
    await link.end("closed");
  }

  async #pieceOf(bytes: Uint8Array): Promise<Uint8Array> {
    if (this.#healthy) return bytes;
    if (this.#random.chance(0.5)) {
      this.count.delayed++;
      await new Promise((resolve) => setTimeout(resolve, this.#random.below(DELAY_MS_MAX)));
    }
    if (bytes.length === 1 || this.#random.chance(0.5)) return bytes;
    this.count.halved++;
    return bytes.subarray(0, 1 + this.#random.below(bytes.length - 1));
  }
}

/** Two connections that are meant to be one. */
class Link {
  readonly near: Socket;
  readonly far: Socket;
  readonly ended: Promise<void>;
  bytesLeft = Infinity;
  swallows = false;
  over = false;

  constructor(near: Socket, far: Socket) {
    this.near = near;
    this.far = far;
    // A socket that fails is closed, which is all there is to know.
    for (const socket of [near, far]) socket.setNoDelay().on("error", () => {});
    const closed = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", () => resolve()));
    this.ended = Promise.all([closed(near), closed(far)]).then(() => {});
  }

  /** Ends both, or waits until they are ended. */
  end(how: "closed" | "reset"): Promise<void> {
    this.over = true;
    for (const socket of [this.near, this.far]) {
      if (how === "reset") socket.resetAndDestroy();
      else socket.destroy();
    }
    return this.ended;
  }
}

function write(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => socket.write(bytes, (error) => error ? reject(error) : resolve()));
}
