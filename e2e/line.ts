import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { WEBSOCKET_PATH } from "../protocol.ts";

/** What a line carries: everything; the page's files but no WebSocket; what the page says but no answer; nothing. */
export type Carried = "all" | "files" | "questions" | "nothing";

/**
 * The network between one browser and the server, which can be cut: Chromium's own way of being offline leaves open
 * WebSockets alone. `await using` ends it.
 */
export class Line implements AsyncDisposable {
  readonly #server = createServer((near) => this.#accept(near));
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #carried: Carried = "all";

  private constructor(target: number) {
    this.#target = target;
  }

  /** Lays a line to a port of this machine. */
  static async to(target: number): Promise<Line> {
    const line = new Line(target);
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    return line;
  }

  /** The address of the page at the near end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** From now on it carries that. What it has to cut it cuts at once. */
  carry(carried: Carried): void {
    this.#carried = carried;
    if (carried === "files" || carried === "nothing") { for (const socket of this.#sockets) socket.destroy(); }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.carry("nothing");
    await closed;
  }

  #accept(near: Socket): void {
    this.#hold(near);
    if (this.#carried === "nothing") return void near.destroy();
    // Chromium never makes a WebSocket of a connection that it has fetched a file over.
    near.once("data", (first) => {
      const isFile = !first.toString().startsWith(`GET ${WEBSOCKET_PATH} `);
      if (this.#carried === "nothing" || (this.#carried === "files" && !isFile)) return void near.destroy();
      const far = connect(this.#target, "127.0.0.1");
      this.#hold(far);
      near.on("close", () => far.destroy());
      far.on("close", () => near.destroy());
      far.write(first);
      near.pipe(far);
      far.on("data", (chunk) => {
        if (isFile || this.#carried !== "questions") near.write(chunk);
      });
    });
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    // A socket that fails is closed, which is all there is to know.
    socket.setNoDelay().on("error", () => {}).on("close", () => this.#sockets.delete(socket));
  }
}
