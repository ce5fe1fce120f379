import type { Random } from "./random.ts";
import { ServerProcess } from "./server_process.ts";
import { steadyPort } from "./steady_port.ts";

/** How a server ended, and how long that and the start of the next took, in ms. */
export interface Restart {
  readonly code: number;
  readonly endMs: number;
  readonly startMs: number;
}

/**
 * The real server with a journal in a file, which can be ended and started again at the same address. `await using` ends it
 * and removes the file.
 */
export class RestartableServer implements AsyncDisposable {
  readonly port: number;
  readonly #directory: string;
  readonly #args: string[];
  #process: ServerProcess | undefined;

  private constructor(port: number, directory: string, args: string[]) {
    this.port = port;
    this.#directory = directory;
    this.#args = args;
  }

  /**
   * Starts it with an empty journal.
   * @param args flags for it, in addition to its address and its folder.
   */
  static async start(random: Random, args: string[] = []): Promise<RestartableServer> {
    const directory = await Deno.makeTempDir({ prefix: "hubbub-restart-" });
    const server = new RestartableServer(steadyPort(random), directory, args);
    try {
      await server.#start();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** Ends it by a signal and starts it again as soon as it has ended. */
  async restart(signal: Deno.Signal): Promise<Restart> {
    const { code, ms: endMs } = await this.#process!.end(signal);
    const ended = performance.now();
    await this.#start();
    return { code, endMs, startMs: performance.now() - ended };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await Deno.remove(this.#directory, { recursive: true });
  }

  async #start(): Promise<void> {
    const addr = `127.0.0.1:${this.port}`;
    this.#process = await ServerProcess.start({ addr, data: this.#directory, args: this.#args });
  }
}
