import { FolderAdministrator } from "../administrator.ts";
import project from "../deno.json" with { type: "json" };
import { eventually } from "./eventually.ts";
import { metricAt } from "./metric.ts";
import { NatsServer } from "./nats_server.ts";
import { withPrograms } from "./programs.ts";
import { Watch } from "./watch.ts";

/**
 * What carries the server in tests of whole processes. A binary may have a runtime that is too old for `node`; one test
 * sees to it that it says so.
 */
export const PROCESS_TRANSPORTS = Deno.env.has("HUBBUB_BINARY") ? ["native"] : ["native", "node"];

/** A test of whole processes whose behaviour is the same whatever carries the server. */
export function onEachProcessTransport(name: string, check: (transport: string) => Promise<void>): void {
  for (const transport of PROCESS_TRANSPORTS) Deno.test(`${name} (${transport})`, () => check(transport));
}

/** The same, however many workers it has, and as a node on NATS: gives the flags for it. */
export function onEachProcess(name: string, check: (flags: string[]) => Promise<void>): void {
  onEachProcessTransport(name, (transport) => check([`--transport=${transport}`]));
  if (Deno.build.os === "linux") Deno.test(`${name} (3 workers)`, () => check(["--workers=3"]));
  withPrograms(["nats-server"], `${name} (a node on NATS)`, async () => {
    await using nats = await NatsServer.start();
    await check([`--nats=${nats.url}`]);
  });
}

/** How long a server may take to start or to end, in ms. More than its own deadline for ending. */
const WAIT_MS_MAX = 15_000;

/** The real server in a process of its own. `await using` ends it. */
export class ServerProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #printed = new Watch();
  #stdout = "";
  #stderr = "";
  readonly #listening = Promise.withResolvers<URL>();
  /** Its end: the exit code and everything that it printed. */
  readonly ended: Promise<{ code: number; stdout: string; stderr: string }>;
  /** The page's address, as the server printed it. */
  url = new URL("http://127.0.0.1:0/");
  #data = "";

  private constructor(args: string[], env: Record<string, string>, under: string[] = []) {
    this.#process = spawn(args, env, under);
    this.#listening.promise.catch(() => {});
    this.ended = this.#follow();
  }

  /**
   * Starts the server; returns when it listens, on a free port and with a journal in memory unless it is told otherwise.
   * With `under`, a command such as `nice -n 10` is started, with the server's as its last words.
   */
  static async start(
    { addr = "127.0.0.1:0", data = ":memory:", args = [], env = {}, under }: {
      addr?: string;
      data?: string;
      args?: string[];
      env?: Record<string, string>;
      under?: string[];
    } = {},
  ): Promise<ServerProcess> {
    const server = new ServerProcess([`--addr=${addr}`, `--data=${data}`, ...args], env, under);
    server.#data = data;
    server.url = await server.#within(server.#listening.promise);
    return server;
  }

  /** Runs the program to its end: for when it is expected not to serve. */
  static async run(
    args: string[],
    env: Record<string, string> = {},
    under: string[] = [],
  ): Promise<Awaited<ServerProcess["ended"]>> {
    const server = new ServerProcess(args, env, under);
    return await server.#within(server.ended);
  }

  get port(): number {
    return Number(this.url.port);
  }

  /** Makes a new administrator's link, as `hubbub admin-link` does; the server has to keep its data in a folder. */
  makeAdminLink(): URL {
    return new URL(`admin#admin=${new FolderAdministrator(this.#data).renew()}`, this.url);
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** The value of a gauge or counter at /metrics, by its name and labels. */
  metric(name: string): Promise<number> {
    return metricAt(this.url, name);
  }

  /** Waits until the hub has so many clients: they may know that they are connected before it does. */
  async clients(count: number): Promise<void> {
    const deadline = performance.now() + WAIT_MS_MAX;
    for (let there; (there = await this.metric("hubbub_clients")) !== count;) {
      if (performance.now() > deadline) throw new Error(`There are ${there} clients, not ${count}`);
    }
  }

  /** Asks the server whether it is ready until the answer is this. */
  async readiness(status: number): Promise<void> {
    await eventually(async () => {
      const response = await fetch(new URL("/readyz", this.url));
      await response.body?.cancel();
      if (response.status !== status) throw new Error(`/readyz answers ${response.status}, not ${status}`);
    });
  }

  /** Sends the server a signal that is not to end it. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits until the server has printed something like that, and gives it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    const said = () => pattern.exec(this.#stdout + this.#stderr);
    await this.#printed.until(`the server says ${pattern}`, () => said() !== null);
    return said()!;
  }

  /** Tells the server to end, and gives its exit code and how long it took, in ms. */
  async end(signal: Deno.Signal = "SIGTERM"): Promise<{ code: number; ms: number }> {
    const start = performance.now();
    this.#process.kill(signal);
    const { code } = await this.#within(this.ended);
    return { code, ms: performance.now() - start };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch { /* It has ended already. */ }
    await this.ended;
  }

  /** Reads what the server prints, all of it, lest it wait for a reader. */
  async #follow(): Promise<Awaited<ServerProcess["ended"]>> {
    await Promise.all([
      this.#hear(this.#process.stdout, (text) => {
        this.#stdout += text;
        const url = /https?:\/\/\S+\//.exec(this.#stdout)?.[0];
        if (url) this.#listening.resolve(new URL(url));
      }),
      this.#hear(this.#process.stderr, (text) => this.#stderr += text),
    ]);
    const { code } = await this.#process.status;
    this.#listening.reject(new Error(`The server ended with code ${code} before it listened: ${this.#stderr}`));
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }

  async #hear(stream: ReadableStream<Uint8Array<ArrayBuffer>>, heard: (text: string) => void): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      heard(text);
      this.#printed.wake();
    }
  }

  /** Waits, but not for ever: past the time the process is killed, which ends whatever it did not do. */
  async #within<T>(promise: Promise<T>): Promise<T> {
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), WAIT_MS_MAX);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The binary that HUBBUB_BINARY names, with none of the sources around; else the sources, as the start task runs them. */
function spawn(args: string[], env: Record<string, string>, under: string[]): Deno.ChildProcess {
  const binary = Deno.env.get("HUBBUB_BINARY");
  // Not by `deno task`, which would get the signals in the server's place.
  const [, ...words] = project.tasks.start.command.replaceAll("'", "").split(" ");
  const [program, ...rest] = [...under, ...(binary ? [binary] : [Deno.execPath(), ...words]), ...args];
  return new Deno.Command(program!, {
    args: rest,
    cwd: binary ? "/" : new URL("../", import.meta.url),
    // As people read it, unless a test wants it otherwise.
    env: { HUBBUB_LOG: "pretty", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
