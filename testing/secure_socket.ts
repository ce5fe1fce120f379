/** A WebSocket over TLS, to whatever address a test trusts, as programs and pages make it. `await using` closes it. */
export class SecureSocket implements AsyncDisposable {
  readonly #socket: WebSocket;
  /** How it ends. */
  readonly closed: Promise<CloseEvent>;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.onclose = resolve);
  }

  /**
   * Connects, for plain text.
   * @param url the address of the page.
   * @throws when it is refused.
   */
  static async connect(
    url: URL,
    client: Deno.HttpClient,
    headers: Record<string, string> = {},
  ): Promise<SecureSocket> {
    const address = new URL("/ws", url);
    address.protocol = "wss:";
    // Deno's types have these options only among what is unstable.
    const options = { client, headers } as unknown as string[];
    const socket = new WebSocket(address, options);
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
    });
    return new SecureSocket(socket);
  }

  /** Says something, and waits until it comes back, whatever others say. */
  async echo(text: string): Promise<void> {
    const heard = this.hears(text);
    this.#socket.send(text);
    await heard;
  }

  /** Waits until somebody says something. */
  async hears(text: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.onmessage = ({ data }) => {
      if (data.split("\n").includes(text)) resolve();
    };
    const lost = this.closed.then(({ code }) => Promise.reject(new Error(`Closed with ${code}`)));
    await Promise.race([promise, lost]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
