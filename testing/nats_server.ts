import { findProgram } from "./programs.ts";
import { Random } from "./random.ts";
import { steadyPort } from "./steady_port.ts";
import { Watch } from "./watch.ts";

/** How a test's nats-server is to be. */
export interface NatsSettings {
  /** More words of its command line, such as `--user`. */
  readonly args?: readonly string[];
  /** The settings of its file, in NATS's own form. */
  readonly config?: string;
}

/** A real nats-server with JetStream, whose files are in a folder of its own; it can be killed, and is then the same again. */
export class NatsServer implements AsyncDisposable {
  readonly port: number;
  /** Where its files are. */
  readonly folder: string;
  readonly #args: readonly string[];
  #printed = "";
  #process: Deno.ChildProcess | undefined;
  #heard: Promise<void> | undefined;

  private constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#args = args;
  }

  /** Starts one, and resolves when it is ready. */
  static async start({ args = [], config = "" }: NatsSettings = {}): Promise<NatsServer> {
    const folder = await Deno.makeTempDir({ prefix: "hubbub-nats-" });
    await Deno.writeTextFile(`${folder}/nats.conf`, config);
    const port = steadyPort(new Random(Math.floor(Math.random() * 2 ** 31)));
    const server = new NatsServer(port, folder, args);
    await server.start();
    return server;
  }

  /**
   * Starts a cluster of three, which know one another; a stream can be made on it a moment later.
   * @param config as of NatsSettings.
   */
  static async startCluster(config: string): Promise<NatsServer[]> {
    const random = new Random(Math.floor(Math.random() * 2 ** 31));
    const routes = [0, 1, 2].map(() => `nats://127.0.0.1:${steadyPort(random)}`);
    return await Promise.all(
      routes.map((route, index) =>
        NatsServer.start({
          config,
          args: [`--name=n${index}`, "--cluster_name=test", `--cluster=${route}`, `--routes=${routes.join(",")}`],
        })
      ),
    );
  }

  get pid(): number {
    return this.#process!.pid;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** All that it has printed. */
  get printed(): string {
    return this.#printed;
  }

  /** Starts it, again after it was killed, and resolves when it is ready. */
  async start(): Promise<void> {
    const files = ["--jetstream", `--store_dir=${this.folder}`, `--config=${this.folder}/nats.conf`];
    this.#process = new Deno.Command(findProgram("nats-server") ?? "nats-server", {
      args: ["--addr=127.0.0.1", `--port=${this.port}`, ...files, ...this.#args],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const printed = new Watch();
    const before = this.#printed.length;
    const text = () => this.#printed.slice(before);
    let ended = false;
    const { stderr } = this.#process;
    this.#heard = (async () => {
      for await (const piece of stderr.pipeThrough(new TextDecoderStream())) {
        this.#printed += piece;
        printed.wake();
      }
      ended = true;
      printed.wake();
    })();
    await printed.until(() => `nats-server is ready: ${text()}`, () => text().includes("Server is ready") || ended);
    if (ended) throw new Error(`nats-server has ended: ${text()}`);
  }

  /** SIGKILL: what it has not written yet is in the hands of the system. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    await this.#heard;
    this.#process = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }
}
