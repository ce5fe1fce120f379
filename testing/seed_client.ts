/** A client as people wrote them for the Go chat example: a WebSocket without a subprotocol, plain lines. */
export class SeedClient {
  readonly #socket: WebSocket;
  readonly #closed = Promise.withResolvers<CloseEvent>();
  readonly #opened = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();
  /** Every line that came, unless the test has taken them away. */
  readonly lines: string[] = [];
  /** How many lines came. */
  count = 0;
  /** How many messages they came in. */
  messages = 0;

  private constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.onopen = () => this.#opened.resolve();
    this.#socket.onmessage = ({ data }) => {
      this.messages++;
      const lines = data.split("\n");
      this.lines.push(...lines);
      this.count += lines.length;
      this.#wake();
    };
    this.#socket.onclose = (event) => {
      this.#closed.resolve(event);
      this.#opened.reject(new Error(`Cannot connect: closed with ${event.code}`));
      this.#wake();
    };
    this.#opened.promise.catch(() => {});
  }

  /** Connects to a server on this machine. */
  static async connect(port: number): Promise<SeedClient> {
    const client = new SeedClient(`ws://127.0.0.1:${port}/ws`);
    await client.#opened.promise;
    return client;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(text: string): void {
    this.#socket.send(text);
  }

  /** Waits until so many lines have come in all, and gives them. */
  async received(count: number): Promise<string[]> {
    while (this.count < count) {
      if (this.#socket.readyState !== WebSocket.OPEN) {
        throw new Error(`Closed after ${this.count} lines of ${count} with ${(await this.closed).code}`);
      }
      await this.#changed.promise;
    }
    return this.lines;
  }

  /** How the connection ends. */
  get closed(): Promise<CloseEvent> {
    return this.#closed.promise;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.#closed.promise;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
