import { join } from "node:path";
import type { TestCertificate } from "./certificates.ts";
import { findProgram } from "./programs.ts";
import { Random } from "./random.ts";
import { steadyPort } from "./steady_port.ts";

/** How long a proxy may take to start, in ms. */
const START_MS_MAX = 15_000;

/** The proxies that there is a file for in deploy/. */
export const REVERSE_PROXIES = ["nginx", "caddy"] as const;
export type ReverseProxyName = typeof REVERSE_PROXIES[number];

/** What to put in the place of what a file says. */
type Changes = Readonly<Record<string, string>>;

// Another one in each process.
const random = new Random(Deno.pid);

/**
 * A proxy of the system with our own file from deploy/, in which only addresses and the certificate are changed, and what
 * a test wants. It runs as whoever runs the test, out of a folder for temporary files. `await using` ends it.
 */
export class ReverseProxy implements AsyncDisposable {
  /** Where the page is. */
  readonly url: URL;
  /** Where those arrive who forgot the "s" of https. */
  readonly plainUrl: URL;
  readonly #folder: string;
  readonly #process: Deno.ChildProcess;
  readonly #stderr: Promise<string>;

  private constructor(folder: string, process: Deno.ChildProcess, ports: Ports) {
    this.#folder = folder;
    this.#process = process;
    this.#stderr = new Response(process.stderr).text();
    this.url = new URL(`https://localhost:${ports.tls}/`);
    this.plainUrl = new URL(`http://localhost:${ports.plain}/`);
  }

  /** Starts it in front of a server on this machine; returns when it takes connections. */
  static async start(
    name: ReverseProxyName,
    target: number,
    certificate: TestCertificate,
    changes: Changes = {},
  ): Promise<ReverseProxy> {
    const program = findProgram(name);
    if (!program) throw new Error(`Cannot find ${name}: install it`);
    const folder = await Deno.makeTempDir({ prefix: `hubbub-${name}-` });
    const ports = { plain: steadyPort(random), tls: steadyPort(random) };
    const args = await SETUPS[name](folder, { target, ...ports }, certificate, changes);
    const process = new Deno.Command(program, {
      args,
      // Where Caddy would keep what it has for the next time.
      env: { XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const proxy = new ReverseProxy(folder, process, ports);
    try {
      await proxy.#listens();
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw new Error(`Cannot start ${name}: ${await proxy.#stderr}`, { cause: error });
    }
    return proxy;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch { /* It has ended already. */ }
    await this.#process.status;
    await this.#stderr;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #listens(): Promise<void> {
    const deadline = performance.now() + START_MS_MAX;
    for (;;) {
      try {
        return (await Deno.connect({ hostname: "127.0.0.1", port: Number(this.url.port) })).close();
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }
}

interface Ports {
  readonly plain: number;
  readonly tls: number;
}

/** For each proxy what makes its files in a folder, and gives the arguments that start it with them. */
const SETUPS = {
  async nginx(folder, { target, plain, tls }, { files }, changes) {
    const file = join(folder, "hubbub.conf");
    const own = await adapt("nginx.conf", {
      "server 127.0.0.1:8080;": `server 127.0.0.1:${target};`,
      "listen 80;": `listen 127.0.0.1:${plain};`,
      "listen [::]:80;": "",
      "    listen 443 ssl http2;": `    listen 127.0.0.1:${tls} ssl http2;`,
      "listen [::]:443 ssl http2;": "",
      "/etc/letsencrypt/live/chat.example/fullchain.pem": files.cert,
      "/etc/letsencrypt/live/chat.example/privkey.pem": files.key,
      "server_name chat.example": "server_name localhost",
      ...changes,
    });
    await Deno.writeTextFile(file, own);
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((use) => {
      return `${use}_temp_path ${join(folder, use)};`;
    });
    const main = join(folder, "nginx.conf");
    await Deno.writeTextFile(
      main,
      `daemon off; worker_processes 1; pid ${join(folder, "pid")}; error_log stderr warn;
      ${Deno.uid() === 0 ? "user root;" : ""}
      events { worker_connections 256; }
      http { access_log off; ${paths.join(" ")} include ${file}; }`,
    );
    return ["-e", "stderr", "-p", folder, "-c", main];
  },
  async caddy(folder, { target, plain, tls }, { files }, changes) {
    const file = join(folder, "Caddyfile");
    const own = await adapt("Caddyfile", {
      "chat.example {": `https://localhost:${tls} {\nbind 127.0.0.1\ntls ${files.cert} ${files.key}`,
      "127.0.0.1:8080\n}": `127.0.0.1:${target}\n}`,
      ...changes,
    });
    await Deno.writeTextFile(file, `{\nadmin off\nhttp_port ${plain}\nhttps_port ${tls}\n}\n${own}`);
    return ["run", "--config", file, "--adapter", "caddyfile"];
  },
} satisfies Record<
  ReverseProxyName,
  (
    folder: string,
    ports: Ports & { target: number },
    certificate: TestCertificate,
    changes: Changes,
  ) => Promise<string[]>
>;

/** A file of deploy/ with changes, each of which has to find its place. */
async function adapt(name: string, changes: Changes): Promise<string> {
  let text = await Deno.readTextFile(new URL(`../deploy/${name}`, import.meta.url));
  for (const [from, to] of Object.entries(changes)) {
    if (!text.includes(from)) {
      throw new Error(`Cannot change ${JSON.stringify(from)} in deploy/${name}: it is not there`);
    }
    text = text.replaceAll(from, to);
  }
  return text;
}
