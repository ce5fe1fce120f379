import { Buffer } from "node:buffer";

/** A key for the handshake: 16 bytes in base64, as RFC 6455 gives one. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** The headers of a good handshake. */
export const HANDSHAKE: Record<string, string> = {
  "Host": "127.0.0.1",
  "Upgrade": "websocket",
  "Connection": "Upgrade",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": KEY,
};

/** A frame, masked with zeros, whose first byte has the bits given (RFC 6455, section 5.2). */
export function frame(firstByte: number, payload: Uint8Array | string): Uint8Array {
  const body = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  const head = body.length < 126
    ? [firstByte, 0x80 | body.length]
    : body.length < 65_536
    ? [firstByte, 0xfe, body.length >> 8, body.length & 0xff]
    : [firstByte, 0xff, 0, 0, 0, 0, ...new Uint8Array(new Uint32Array([body.length]).buffer).reverse()];
  const bytes = new Uint8Array(head.length + 4 + body.length);
  bytes.set(head);
  bytes.set(body, head.length + 4);
  return bytes;
}

/** How long a test waits for the server to say something, in ms: longer than any time that the server waits. */
const WAIT_MS_MAX = 60_000;

/** A TCP connection on which a test says exactly what it likes, byte for byte. */
export class RawSocket implements Disposable {
  readonly #tcp: Deno.TcpConn;
  #received = new Uint8Array(0);
  #closed = false;

  private constructor(tcp: Deno.TcpConn) {
    this.#tcp = tcp;
  }

  static async connect(port: number): Promise<RawSocket> {
    return new RawSocket(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Connects and upgrades to a WebSocket. After that it reads only when told to. */
  static async upgrade(port: number): Promise<RawSocket> {
    const socket = await RawSocket.connect(port);
    const { status } = await socket.request("GET", "/ws", HANDSHAKE);
    if (status !== 101) throw new Error(`Cannot upgrade: the server answered ${status}`);
    return socket;
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    let rest = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
    while (rest.length > 0) rest = rest.subarray(await this.#tcp.write(rest));
  }

  /** Sends a request, a character for a byte, and reads the response's head. */
  async request(method: string, target: string, headers: Record<string, string>): Promise<Head> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    await this.write(Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`, "latin1"));
    return await this.head();
  }

  /** Reads a response up to the end of its headers. */
  async head(): Promise<Head> {
    for (;;) {
      const text = new TextDecoder("latin1").decode(this.#received);
      const end = text.indexOf("\r\n\r\n");
      if (end >= 0) {
        this.#received = this.#received.slice(end + 4);
        const [first, ...rest] = text.slice(0, end).split("\r\n");
        const headers = new Headers(rest.map((line) => line.split(/: */, 2) as [string, string]));
        return { status: Number(first!.split(" ")[1]), headers };
      }
      if (!await this.#read()) throw new Error("Cannot read the response: the connection has ended");
    }
  }

  /** Reads up to a text and gives what came, a byte for a character. */
  async until(text: string): Promise<string> {
    for (;;) {
      const received = new TextDecoder("latin1").decode(this.#received);
      if (received.includes(text)) return received;
      if (!await this.#read()) throw new Error(`Waited in vain for ${text}, but ${received}`);
    }
  }

  /** Sends a frame, as `frame` makes it. */
  async frame(firstByte: number, payload: Uint8Array | string): Promise<void> {
    await this.write(frame(firstByte, payload));
  }

  /** Reads the next frame; undefined when the connection has ended. */
  async next(): Promise<{ opcode: number; payload: Uint8Array } | undefined> {
    for (;;) {
      const bytes = this.#received;
      const short = (bytes[1] ?? 0) & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length >= start) {
        const view = new DataView(bytes.buffer, bytes.byteOffset);
        const length = short < 126 ? short : short === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
        if (bytes.length >= start + length) {
          this.#received = bytes.slice(start + length);
          return { opcode: bytes[0]! & 0x0f, payload: bytes.slice(start, start + length) };
        }
      }
      if (!await this.#read()) return undefined;
    }
  }

  /** Reads up to the close frame and gives its code; undefined when the connection ends without one. */
  async closeCode(): Promise<number | undefined> {
    for (let frame = await this.next(); frame; frame = await this.next()) {
      if (frame.opcode === 8) return new DataView(frame.payload.buffer, frame.payload.byteOffset).getUint16(0);
    }
  }

  /** Says that nothing more comes. */
  async closeWrite(): Promise<void> {
    await this.#tcp.closeWrite();
  }

  /** Reads until the server has ended the connection, and gives what came. */
  async end(): Promise<Uint8Array> {
    while (await this.#read());
    return this.#received;
  }

  /** @throws when nothing comes for too long, not even the end. */
  async #read(): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this[Symbol.dispose]();
    }, WAIT_MS_MAX);
    const count = await this.#tcp.read(chunk).catch(() => null);
    clearTimeout(timer);
    if (isLate) throw new Error("Waited in vain for the server to say something, or to end the connection");
    if (count === null) return false;
    const received = new Uint8Array(this.#received.length + count);
    received.set(this.#received);
    received.set(chunk.subarray(0, count), this.#received.length);
    this.#received = received;
    return true;
  }

  /** Twice is harmless. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.#tcp.close();
    this.#closed = true;
  }
}

/** The start of a response. */
export interface Head {
  readonly status: number;
  readonly headers: Headers;
}
