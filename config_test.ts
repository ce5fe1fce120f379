import assert from "node:assert/strict";
import { type Config, help, parseCommand, SETTINGS, UsageError } from "./config.ts";

function config(args: string[], env: Record<string, string> = {}): Config {
  const command = parseCommand(args, (name) => env[name]);
  assert(command.name === "serve");
  return command.config;
}

function complaint(args: string[], env: Record<string, string> = {}): string {
  try {
    config(args, env);
  } catch (error) {
    assert(error instanceof UsageError);
    return error.message;
  }
  throw new Error(`${args} was taken`);
}

Deno.test("Without flags the server listens on port 8080 of every address, takes texts of 64 KiB and keeps them in ./data for ever", () => {
  assert.deepEqual(config([]), {
    addr: { hostname: "0.0.0.0", port: 8080 },
    origins: [],
    messageBytesMax: 65_536,
    data: "./data",
    keepMs: undefined,
  });
});

Deno.test("--addr takes a port, a host and a port, and an IPv6 address in brackets", () => {
  const taken: Record<string, Config["addr"]> = {
    ":8080": { hostname: "0.0.0.0", port: 8080 },
    "8080": { hostname: "0.0.0.0", port: 8080 },
    "127.0.0.1:0": { hostname: "127.0.0.1", port: 0 },
    "[::1]:8080": { hostname: "::1", port: 8080 },
    "[::]:443": { hostname: "::", port: 443 },
    "localhost:8080": { hostname: "localhost", port: 8080 },
    "chat.example:65535": { hostname: "chat.example", port: 65535 },
  };
  for (const [text, addr] of Object.entries(taken)) {
    assert.deepEqual(config([`--addr=${text}`]).addr, addr);
    assert.deepEqual(config(["--addr", text]).addr, addr);
  }
});

Deno.test("HOSTILE 35: a bad value names the flag, what it takes and what it got, in one line", () => {
  const bad = {
    "--addr": ["", "localhost", ":65536", ":-1", "::1:8080", "[::1]", "http://x:80", "a b:80", ":8080x", "1.2.3.4:"],
    "--origin": ["chat.example", "https://chat.example/", "https://a.example,b", "null", "*"],
    "--keep": ["", "0d", "-1d", "90", "90 d", "1h", "d", "ever", "9999999d"],
    "--data": [""],
    "--max-message": ["", "0", "-1", "1.5", "64KiB", "1e3", "9".repeat(20)],
  };
  for (const [flag, values] of Object.entries(bad)) {
    for (const value of values) {
      const message = complaint([`${flag}=${value}`]);
      assert(message.startsWith(`${flag} takes `) && message.endsWith(`got ${JSON.stringify(value)}`), message);
      assert(!message.includes("\n"));
    }
  }
});

Deno.test("HOSTILE 35: an unknown flag, a flag without its value and a stray word are named in one line", () => {
  assert.equal(complaint(["--adr=:80"]), "Unknown option '--adr'; see --help");
  assert.match(complaint(["--addr"]), /'--addr <value>' argument missing; see --help$/);
  assert.match(complaint(["--help=1"]), /'-h, --help' does not take an argument; see --help$/);
  assert.equal(complaint(["--foo.bar=1"]), "Unknown option '--foo.bar'; see --help");
  assert.equal(complaint(["127.0.0.1:8080"]), "Unexpected argument '127.0.0.1:8080'; see --help");
  assert.equal(complaint(["8080"]), "Unexpected argument '8080'; see --help");
});

Deno.test("Every flag has an environment variable, and the flag wins", () => {
  const env = {
    HUBBUB_ADDR: ":1",
    HUBBUB_ORIGIN: "https://a.example, http://b.example:81",
    HUBBUB_MAX_MESSAGE: "100",
    HUBBUB_DATA: "/srv",
    HUBBUB_KEEP: "90d",
  };
  assert.deepEqual(config([], env), {
    addr: { hostname: "0.0.0.0", port: 1 },
    origins: ["https://a.example", "http://b.example:81"],
    messageBytesMax: 100,
    data: "/srv",
    keepMs: 90 * 24 * 60 * 60 * 1_000,
  });
  const args = ["--addr=:2", "--origin=", "--max-message=200", "--data=:memory:", "--keep=forever"];
  assert.deepEqual(config(args, env), {
    addr: { hostname: "0.0.0.0", port: 2 },
    origins: [],
    messageBytesMax: 200,
    data: undefined,
    keepMs: undefined,
  });
});

Deno.test("A bad environment variable is named, an empty one counts as not set", () => {
  assert.match(complaint([], { HUBBUB_ADDR: "here" }), /^HUBBUB_ADDR takes .*; got "here"$/);
  assert.equal(config([], { HUBBUB_ADDR: "" }).addr.port, 8080);
});

Deno.test("--help and --version win over everything else", () => {
  assert.deepEqual(parseCommand(["--help", "--addr=bad"], () => undefined), { name: "help" });
  assert.deepEqual(parseCommand(["-h"], () => undefined), { name: "help" });
  assert.deepEqual(parseCommand(["--version"], () => undefined), { name: "version" });
});

Deno.test("--help and both READMEs tell of every flag, its variable and its default", async () => {
  const texts = [help(), await Deno.readTextFile("README.md"), await Deno.readTextFile("README.zh-CN.md")];
  for (const [flag, setting] of Object.entries(SETTINGS)) {
    for (const text of texts) {
      for (const word of [`--${flag}=${setting.value}`, setting.env, setting.default]) {
        assert(text.includes(word), word);
      }
    }
  }
});

Deno.test("The start and dev tasks may read every setting's variable, and nothing else of the environment", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  for (const { command } of [tasks.start, tasks.dev]) {
    const allowed = /--allow-env=(\S+)/.exec(command)![1]!.split(",");
    assert.deepEqual(allowed, Object.values(SETTINGS).map(({ env }) => env));
    assert(!/ -A|--allow-all|--allow-run|--allow-ffi/.test(command));
  }
});
