import { frame, HANDSHAKE } from "../testing/raw_socket.ts";

/** So much is read at once at first, in bytes. */
const READ_BYTES = 16 * 1024;

/** So many connect at once, lest the test be of how many can. */
const CONNECT_AT_ONCE = 50;

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
/** The first bit of a frame says that it is the whole message. */
const WHOLE = 0x80;

/** Gets each text message: the bytes from `start` to `end`, for as long as the call takes. */
export type Hear = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * The client's side of a WebSocket, bytes in and bytes out. Deno's own costs as much for each message as a server needs to
 * send it, so that the load generator would be what is measured.
 */
export class Connection {
  readonly #tcp: Deno.TcpConn;
  readonly #hear: Hear;
  #buffer: Uint8Array<ArrayBuffer> = new Uint8Array(READ_BYTES);
  #filled = 0;
  #unsent: Uint8Array[] = [];
  #closing = false;
  /** Ends when `close` was called and the server has answered; rejects when anything else ends the connection. */
  readonly ended: Promise<void>;

  private constructor(tcp: Deno.TcpConn, hear: Hear) {
    this.#tcp = tcp;
    this.#hear = hear;
    this.ended = this.#pump();
    // Whoever has many looks at them together.
    this.ended.catch(() => {});
  }

  /** @throws when the server does not listen or does not upgrade. */
  static async connect(url: URL, hear: Hear): Promise<Connection> {
    const tcp = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
    try {
      tcp.setNoDelay();
      const headers = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}\r\n`);
      await writeAll(tcp, new TextEncoder().encode(`GET ${url.pathname} HTTP/1.1\r\n${headers.join("")}\r\n`));
      const head = await readHead(tcp);
      if (!head.startsWith("HTTP/1.1 101 ")) throw new Error(`Cannot upgrade: the server answered "${head}"`);
      return new Connection(tcp, hear);
    } catch (error) {
      tcp.close();
      throw error;
    }
  }

  /** Sends a text message, after those before it. */
  send(text: string): void {
    this.#send(WHOLE | TEXT, text);
  }

  /** Says goodbye, and waits until the server has, too. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#send(WHOLE | CLOSE, "");
    await this.ended;
  }

  #send(firstByte: number, payload: string | Uint8Array): void {
    this.#unsent.push(frame(firstByte, payload));
    if (this.#unsent.length === 1) this.#flush();
  }

  async #flush(): Promise<void> {
    try {
      for (; this.#unsent.length > 0; this.#unsent.shift()) await writeAll(this.#tcp, this.#unsent[0]!);
    } catch { /* Reading fails, too, and says so. */ }
  }

  async #pump(): Promise<void> {
    try {
      for (let open = true; open;) {
        if (this.#filled === this.#buffer.length) this.#grow();
        const count = await this.#tcp.read(this.#buffer.subarray(this.#filled));
        if (count === null) throw new Error("The server dropped a connection");
        this.#filled += count;
        open = this.#readFrames();
      }
    } finally {
      this.#tcp.close();
    }
  }

  #grow(): void {
    const buffer = new Uint8Array(2 * this.#buffer.length);
    buffer.set(this.#buffer);
    this.#buffer = buffer;
  }

  /** Hears every frame that is there as a whole (RFC 6455, section 5.2); false after the last one. */
  #readFrames(): boolean {
    const bytes = this.#buffer.subarray(0, this.#filled);
    const view = new DataView(bytes.buffer, 0, bytes.length);
    let next = 0;
    while (bytes.length >= next + 2) {
      const short = bytes[next + 1]!;
      const start = next + (short < 126 ? 2 : short === 126 ? 4 : 10);
      if (bytes.length < start) break;
      const length = short < 126 ? short : short === 126 ? view.getUint16(next + 2) : view.getUint32(next + 6);
      const end = start + length;
      if (bytes.length < end) break;
      const first = bytes[next]!;
      if (first === (WHOLE | TEXT)) this.#hear(bytes, start, end);
      else if (first === (WHOLE | PING)) this.#send(WHOLE | PONG, bytes.slice(start, end));
      else if (first === (WHOLE | CLOSE) && this.#closing) return false;
      else throw new Error(first === (WHOLE | CLOSE) ? closing(bytes, start, end) : `A frame began with ${first}`);
      next = end;
    }
    this.#buffer.copyWithin(0, next, this.#filled);
    this.#filled -= next;
    return true;
  }
}

/**
 * Opens so many connections, a few at once, to one server after the other.
 * @param hear gives, for the number of each, what gets its messages.
 */
export async function connectAll(
  urls: readonly URL[],
  count: number,
  hear: (client: number) => Hear,
): Promise<Connection[]> {
  const connections: Connection[] = [];
  while (connections.length < count) {
    const few = Array.from({ length: Math.min(CONNECT_AT_ONCE, count - connections.length) }, (_, i) => {
      const client = connections.length + i;
      return Connection.connect(urls[client % urls.length]!, hear(client));
    });
    connections.push(...await Promise.all(few));
  }
  return connections;
}

function closing(bytes: Uint8Array, start: number, end: number): string {
  const code = end - start >= 2 ? bytes[start]! * 256 + bytes[start + 1]! : "no code";
  return `The server closed a connection: ${code} ${new TextDecoder().decode(bytes.subarray(start + 2, end))}`.trim();
}

async function writeAll(tcp: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await tcp.write(rest));
}

/** Byte by byte, because what follows the head are frames. */
async function readHead(tcp: Deno.TcpConn): Promise<string> {
  const byte = new Uint8Array(1);
  let head = "";
  while (!head.endsWith("\r\n\r\n")) {
    if (await tcp.read(byte) === null) throw new Error("The server dropped a connection that was not open yet");
    head += String.fromCharCode(byte[0]!);
  }
  return head.slice(0, head.indexOf("\r\n"));
}
