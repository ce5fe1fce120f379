import { ServerProcess } from "../testing/server_process.ts";
import { WEBSOCKET_PATH } from "../protocol.ts";

/** A server that is measured, in a process of its own. `await using` ends it. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  /** Where its WebSocket is, as `http:`. */
  readonly url: URL;
}

/** Both, by the names that are printed. */
export const SERVERS = { "Hubbub": startHubbub, "naive loop": startNaive } as const;
/** The name of one. */
export type ServerName = keyof typeof SERVERS;

/** Limits that everyone who comes from one address would hit together: they are off. */
export const LIMITS_OFF = ["--rate=0", "--max-per-ip=0"];

/** Hubbub as it ships, with a journal on the disk, in a folder that goes with it. */
async function startHubbub(): Promise<Server> {
  await using failed = new AsyncDisposableStack();
  const data = await Deno.makeTempDir({ prefix: "hubbub-bench-" });
  failed.defer(() => Deno.remove(data, { recursive: true }));
  const server = failed.use(await ServerProcess.start({ data, args: LIMITS_OFF }));
  const started = failed.move();
  return {
    pid: server.pid,
    url: new URL(WEBSOCKET_PATH, server.url),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

async function startNaive(): Promise<Server> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--node-modules-dir=none", "--allow-net=127.0.0.1", new URL("naive.ts", import.meta.url).href],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  // It prints nothing but its address.
  const { value, done } = await process.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  if (done) throw new Error("The naive loop ended before it listened");
  return {
    pid: process.pid,
    url: new URL(value.trim()),
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
    },
  };
}
