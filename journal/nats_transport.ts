import { Buffer } from "node:buffer";
import type { ConnectionOptions, Server, Transport } from "@nats-io/nats-core/internal";

/** How much is read at once, in bytes. */
const READ_BYTES = 64 * 1024;
/** The longest that a server says of itself may be, in bytes. */
const INFO_BYTES_MAX = 64 * 1024;

/**
 * NATS's client over Deno's own sockets. Its package for Node, run by Deno 2.9, ends the whole process when a server refuses
 * a user and resets the connection: the error comes at a moment when nobody listens for it.
 */
export class NatsTransport implements Transport {
  readonly lang = "deno";
  readonly version: string;
  closeError: Error | undefined;
  readonly #caCerts: string[];
  readonly #closed = Promise.withResolvers<void | Error>();
  #socket: Deno.Conn | undefined;
  #isEncrypted = false;
  #isClosed = false;
  // What the server said of itself, which its client wants to read, too.
  #greeting: Uint8Array = new Uint8Array();
  #sent: Promise<unknown> = Promise.resolve();

  /**
   * @param version of the client.
   * @param caCerts authorities that the system does not know, in PEM.
   */
  constructor(version: string, caCerts: string[]) {
    this.version = version;
    this.#caCerts = caCerts;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async connect({ hostname, port, tlsName }: Server, { tls }: ConnectionOptions): Promise<void> {
    const socket = await Deno.connect({ hostname, port });
    this.#socket = socket;
    if (this.#isClosed) return this.discard();
    socket.setNoDelay();
    const info = await this.#readGreeting(socket);
    if (tls && !info.tls_required && !info.tls_available) throw new Error("it does not speak TLS");
    if (!tls && info.tls_required !== true) return;
    this.#socket = await Deno.startTls(socket, { hostname: tlsName || hostname, caCerts: this.#caCerts });
    await (this.#socket as Deno.TlsConn).handshake();
    this.#isEncrypted = true;
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    yield this.#greeting;
    let error: Error | undefined;
    try {
      for (;;) {
        const buffer = new Uint8Array(READ_BYTES);
        const count = await this.#socket!.read(buffer);
        if (count === null) break;
        yield buffer.subarray(0, count);
      }
    } catch (cause) {
      error = cause as Error;
    }
    this.#end(error);
  }

  isEncrypted(): boolean {
    return this.#isEncrypted;
  }

  send(frame: Uint8Array): void {
    // The client uses the memory again.
    const bytes = frame.slice();
    // What can't be written is found out by who reads.
    this.#sent = this.#sent.then(() => this.#write(bytes)).catch(() => {});
  }

  async close(error?: Error): Promise<void> {
    this.#end(error);
    await this.#closed.promise;
  }

  disconnect(): void {
    this.#end(undefined);
  }

  closed(): Promise<void | Error> {
    return this.#closed.promise;
  }

  discard(): void {
    this.#end(undefined);
  }

  /** Reads the line `INFO {…}`, with which a server begins (NATS client protocol, "INFO"). */
  async #readGreeting(socket: Deno.Conn): Promise<{ tls_required?: boolean; tls_available?: boolean }> {
    const pieces: Uint8Array[] = [];
    for (let text = ""; text.length < INFO_BYTES_MAX;) {
      const buffer = new Uint8Array(READ_BYTES);
      const count = await socket.read(buffer);
      if (count === null) break;
      pieces.push(buffer.subarray(0, count));
      this.#greeting = Buffer.concat(pieces);
      text = new TextDecoder().decode(this.#greeting);
      const info = /^INFO\s+(\{.*\})\s*\r\n/i.exec(text)?.[1];
      if (info !== undefined) return JSON.parse(info);
    }
    throw new Error("what listens there is not NATS");
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let from = 0; from < bytes.length && !this.#isClosed;) {
      from += await this.#socket!.write(bytes.subarray(from));
    }
  }

  #end(error: Error | undefined): void {
    if (!this.#isClosed) this.closeError = error;
    this.#isClosed = true;
    try {
      this.#socket?.close();
    } catch { /* It is closed already, or is becoming one with TLS. */ }
    this.#socket = undefined;
    this.#closed.resolve(error);
  }
}
