import {
  type ClientMessage,
  encode,
  PAGE_ENTRIES,
  type Said,
  type ServerMessage,
  SUBPROTOCOL,
  WEBSOCKET_PATH,
} from "../protocol.ts";
import { Watch } from "./watch.ts";

/** A program that speaks hubbub.v1 over a real WebSocket. */
export class JsonClient implements AsyncDisposable {
  /** Everything that came, unless it went to `received`. */
  readonly messages: ServerMessage[] = [];
  readonly #socket: WebSocket;
  readonly #watch = new Watch();
  readonly #ended = Promise.withResolvers<CloseEvent>();
  #ref = 0;

  private constructor(port: number, received?: (message: ServerMessage) => void) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}${WEBSOCKET_PATH}`, SUBPROTOCOL);
    this.#socket.onopen = () => this.#watch.wake();
    this.#socket.onmessage = ({ data }) => {
      for (const line of data.split("\n")) {
        const message: ServerMessage = JSON.parse(line);
        if (received) received(message);
        else this.messages.push(message);
      }
      this.#watch.wake();
    };
    this.#socket.onclose = (event) => {
      this.#ended.resolve(event);
      this.#watch.wake();
    };
  }

  /**
   * Connects to a server on this machine.
   * @param received gets each message that comes, which is not kept then.
   * @throws when it can't, as when the server is killed meanwhile.
   */
  static async connect(port: number, received?: (message: ServerMessage) => void): Promise<JsonClient> {
    const client = new JsonClient(port, received);
    await client.#watch.until("it is connected", () => client.#socket.readyState !== WebSocket.CONNECTING);
    if (client.isOpen) return client;
    await client.ended;
    throw new Error("Cannot connect");
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** How the connection ends. */
  get ended(): Promise<CloseEvent> {
    return this.#ended.promise;
  }

  /** Says something in one frame; into the void when the connection is gone. */
  send(...messages: ClientMessage[]): void {
    if (this.isOpen && messages.length > 0) this.#socket.send(messages.map(encode).join("\n"));
  }

  /** Waits for the first message of a type that is as it should be, which may have come already. */
  async got<T extends ServerMessage["type"]>(
    type: T,
    isIt: (message: Extract<ServerMessage, { type: T }>) => boolean = () => true,
  ): Promise<Extract<ServerMessage, { type: T }>> {
    type Wanted = Extract<ServerMessage, { type: T }>;
    return await this.#find(`"${type}"`, (message) => message.type === type && isIt(message as Wanted)) as Wanted;
  }

  /** Waits until anything more comes, or nothing ever will. */
  async more(): Promise<void> {
    const { length } = this.messages;
    await this.#watch.until("more came", () => {
      return this.messages.length > length || this.#socket.readyState === WebSocket.CLOSED;
    });
  }

  /** Waits for what becomes of something that was said. */
  async fateOf(nonce: string): Promise<Extract<ServerMessage, { type: "said" | "kept" | "error" }>> {
    const isIt = (message: ServerMessage) => "nonce" in message && message.nonce === nonce;
    return await this.#find(`fate of ${nonce}`, isIt) as Extract<ServerMessage, { type: "said" | "kept" | "error" }>;
  }

  /** Everything that was ever said in a room that it is in, page by page. */
  async history(room: string): Promise<Said[]> {
    const log: Said[] = [];
    for (let more = true; more;) {
      const ref = ++this.#ref;
      this.send({ type: "history", ref, room, after: log.at(-1)?.id ?? 0 });
      const page = await this.got("history", (page) => page.ref === ref);
      if (page.entries.length > PAGE_ENTRIES) throw new Error(`A page has ${page.entries.length} entries`);
      log.push(...page.entries);
      more = page.more;
    }
    return log;
  }

  /** Leaves. */
  close(): void {
    this.#socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.ended;
  }

  async #find(what: string, isIt: (message: ServerMessage) => boolean): Promise<ServerMessage> {
    const told = () => `the ${what} came; there was ${this.messages.map(encode).join("\n").slice(-2_000)}`;
    let found: ServerMessage | undefined;
    await this.#watch.until(told, () => {
      found = this.messages.find(isIt);
      return found !== undefined || this.#socket.readyState === WebSocket.CLOSED;
    });
    if (!found) throw new Error(`The connection ended with ${(await this.ended).code} before ${told()}`);
    return found;
  }
}
