import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { SUBPROTOCOL, WEBSOCKET_PATH } from "../protocol.ts";
import { frame, HANDSHAKE } from "./raw_socket.ts";

/** A WebSocket whose owner can behave badly: stop reading, hang up or reset at any time, and send what it likes. */
export class RudeSocket {
  /** Its end, however it came. */
  readonly gone: Promise<void>;
  /** Is told each text that comes. */
  received = (_text: string) => {};
  /** Whether it answers a close, as one should. */
  polite = true;
  readonly #tcp: Socket;
  #upgraded: (() => void) | undefined;
  #unread: Buffer = Buffer.alloc(0);

  private constructor(tcp: Socket) {
    this.#tcp = tcp;
    // A socket that fails is closed, which is all there is to know.
    tcp.on("error", () => {});
    this.gone = new Promise((resolve) => tcp.once("close", () => resolve()));
    tcp.on("data", (bytes: Buffer) => {
      this.#unread = Buffer.concat([this.#unread, bytes]);
      if (this.#upgraded) this.#readHead();
      else this.#readFrames();
    });
  }

  /** Connects, and no more than that. */
  static async connect(port: number): Promise<RudeSocket> {
    const tcp = connect(port, "127.0.0.1");
    const socket = new RudeSocket(tcp);
    await once(tcp, "connect");
    return socket;
  }

  /** The request of a handshake: for JSON, or for plain text in a room. */
  static handshake(room?: string): string {
    const protocol = { "Sec-WebSocket-Protocol": SUBPROTOCOL };
    const headers = Object.entries({ ...HANDSHAKE, ...room === undefined && protocol });
    const query = room === undefined ? "" : `?room=${room}`;
    return `GET ${WEBSOCKET_PATH}${query} HTTP/1.1\r\n${
      headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")
    }\r\n`;
  }

  /** Upgrades to a WebSocket; fails when it is refused. */
  async upgrade(room?: string): Promise<void> {
    const upgraded = new Promise<void>((resolve) => this.#upgraded = resolve);
    this.write(RudeSocket.handshake(room));
    await Promise.race([upgraded, this.gone]);
    if (this.#upgraded) throw new Error(`Cannot upgrade: ${this.#unread.toString("latin1") || "the connection ended"}`);
  }

  get isOpen(): boolean {
    return this.#tcp.writable;
  }

  /** Sends bytes; into the void when the connection is gone. */
  write(bytes: Uint8Array | string): void {
    if (this.isOpen) this.#tcp.write(bytes);
  }

  send(text: string): void {
    this.write(frame(0x81, text));
  }

  stopReading(): void {
    this.#tcp.pause();
  }

  readOn(): void {
    this.#tcp.resume();
  }

  /** Closes as one should, up to waiting for the answer. */
  close(): void {
    this.write(frame(0x88, new Uint8Array([1_000 >> 8, 1_000 & 0xff])));
  }

  /** Ends the connection without a word. */
  hangUp(): void {
    this.#tcp.destroy();
  }

  /** Breaks the connection off. */
  reset(): void {
    this.#tcp.resetAndDestroy();
  }

  #readHead(): void {
    const end = this.#unread.indexOf("\r\n\r\n");
    if (end < 0) return;
    // Anything but a WebSocket is left unread, for whoever says why it failed.
    if (this.#unread.subarray(9, 12).toString() !== "101") return this.hangUp();
    this.#unread = this.#unread.subarray(end + 4);
    this.#upgraded!();
    this.#upgraded = undefined;
    this.#readFrames();
  }

  #readFrames(): void {
    for (;;) {
      const bytes = this.#unread;
      const short = (bytes[1] ?? 0) & 0x7f;
      const start = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (bytes.length < start) return;
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
      if (bytes.length < start + length) return;
      this.#unread = bytes.subarray(start + length);
      this.#take(bytes[0]! & 0x0f, bytes.subarray(start, start + length));
    }
  }

  #take(opcode: number, payload: Buffer): void {
    if (opcode === 0x1) this.received(payload.toString());
    else if (opcode === 0x9) this.write(frame(0x8a, payload));
    else if (opcode === 0x8 && this.polite) {
      this.write(frame(0x88, payload));
      this.#tcp.end();
    }
  }
}
