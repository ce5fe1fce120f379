import assert from "node:assert/strict";
import { COMMANDS, type Config, help, parseCommand, SETTINGS, UsageError, variableOf } from "./config.ts";
import { DEFAULT_LIMITS, type LimitName, LIMITS } from "./limits.ts";

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

Deno.test("Without flags the server listens on port 8080 of every address, has the default limits and keeps what is said in ./data for ever", () => {
  const { proxies, ...rest } = config([]);
  assert.deepEqual(rest, {
    addr: { hostname: "0.0.0.0", port: 8080 },
    tls: undefined,
    transport: "native",
    origins: [],
    data: "./data",
    keepMs: undefined,
    workers: 1,
    nats: undefined,
    key: undefined,
    log: undefined,
    limits: DEFAULT_LIMITS,
  });
  assert(!proxies.check("127.0.0.1", "ipv4"), "nobody is believed");
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
    "--trust-proxy": ["localhost", "1.2.3", "1.2.3.4/33", "::1/129", "1.2.3.4/", "1.2.3.4/8/8", "1.2.3.4 ::1"],
    "--log": ["JSON", "text"],
    "--transport": ["", "deno", "Native"],
    "--workers": ["", "0", "65", "1.5", "all"],
    "--nats-replicas": ["0", "6", "1.5", "many"],
    "--max-message": ["", "0", "-1", "1.5", "64KiB", "1e3", "9".repeat(20)],
    "--rate": ["", "-1", "1.5", "many", "1e3", "9".repeat(20)],
    "--max-memory": ["101"],
    "--hello-timeout": ["86401", "10s"],
  };
  for (const [flag, values] of Object.entries(bad)) {
    for (const value of values) {
      const message = complaint([`${flag}=${value}`]);
      assert(message.startsWith(`${flag} takes `) && message.endsWith(`got ${JSON.stringify(value)}`), message);
      assert(!message.includes("\n"));
    }
  }
});

Deno.test("Where NATS is can be a secret, which is not shown, and its other flags take it", () => {
  for (
    const url of [
      "nats.example:4222",
      "nats://nats.example",
      "http://a:s3cret@b:1",
      "nats://a:1/path",
      "nats://:1",
      "nats://a:s3cret%zz@b:1",
      "nats://s3cret%ff@b:1",
      "nats://a%:41@b:1",
    ]
  ) {
    assert.match(complaint([`--nats=${url}`]), /^--nats takes nats:\/\/ or tls:\/\/.*; got something else$/);
  }
  for (const [flag, value] of [["--nats-creds", "a"], ["--nats-ca", "a"], ["--nats-replicas", "3"]]) {
    assert.match(complaint([`${flag}=${value}`]), new RegExp(`^${flag} takes --nats, too`));
  }
});

Deno.test("HOSTILE 35: an unknown flag, a flag without its value and a stray word are named in one line", () => {
  assert.equal(complaint(["--adr=:80"]), "Unknown option '--adr'; see --help");
  assert.match(complaint(["--addr"]), /'--addr <value>' argument missing; see --help$/);
  assert.match(complaint(["--help=1"]), /'-h, --help' does not take an argument; see --help$/);
  assert.equal(complaint(["--foo.bar=1"]), "Unknown option '--foo.bar'; see --help");
  assert.equal(
    complaint(["127.0.0.1:8080"]),
    "There is no command '127.0.0.1:8080': where to listen is --addr=127.0.0.1:8080. See --help",
  );
  assert.equal(complaint(["8080"]), "There is no command '8080': where to listen is --addr=8080. See --help");
});

Deno.test("Every flag has an environment variable, and the flag wins", () => {
  const env = {
    HUBBUB_ADDR: ":1",
    HUBBUB_ORIGIN: "https://a.example, http://b.example:81",
    HUBBUB_TRUST_PROXY: "10.0.0.0/8, ::1",
    HUBBUB_TLS_CERT: "a.pem",
    HUBBUB_TLS_KEY: "a.key",
    HUBBUB_TRANSPORT: "node",
    HUBBUB_DATA: "/srv",
    HUBBUB_KEEP: "90d",
    HUBBUB_KEY: "open-sesame",
    HUBBUB_WORKERS: "4",
    HUBBUB_NATS: "nats://hub:s3cret@a.example:4222, tls://b.example:4223",
    HUBBUB_NATS_CREDS: "hub.creds",
    HUBBUB_NATS_CA: "ca.pem",
    HUBBUB_NATS_REPLICAS: "3",
    HUBBUB_LOG: "json",
    HUBBUB_MAX_MESSAGE: "100",
    HUBBUB_RATE: "7",
  };
  const { proxies, ...rest } = config([], env);
  assert.deepEqual(rest, {
    addr: { hostname: "0.0.0.0", port: 1 },
    tls: { cert: "a.pem", key: "a.key" },
    transport: "node",
    workers: 4,
    origins: ["https://a.example", "http://b.example:81"],
    data: "/srv",
    keepMs: 90 * 24 * 60 * 60 * 1_000,
    nats: {
      urls: [new URL("nats://hub:s3cret@a.example:4222"), new URL("tls://b.example:4223")],
      creds: "hub.creds",
      ca: "ca.pem",
      replicas: 3,
    },
    key: "open-sesame",
    log: "json",
    limits: { ...DEFAULT_LIMITS, message: 100, rate: 7 },
  });
  const believed = (address: string, version: "ipv4" | "ipv6") => proxies.check(address, version);
  assert(believed("10.1.2.3", "ipv4") && believed("::1", "ipv6") && !believed("11.1.2.3", "ipv4"));
  const args = [
    "--addr=:2",
    "--origin=",
    "--trust-proxy=",
    "--tls-cert=b.pem",
    "--tls-key=b.key",
    "--transport=native",
    "--data=:memory:",
    "--keep=forever",
    "--key=",
    "--workers=1",
    "--nats=",
    "--nats-creds=",
    "--nats-ca=",
    "--nats-replicas=1",
    "--log=pretty",
    "--max-message=200",
    "--rate=20",
  ];
  const { proxies: nobody, ...given } = config(args, env);
  assert.deepEqual(given, {
    addr: { hostname: "0.0.0.0", port: 2 },
    tls: { cert: "b.pem", key: "b.key" },
    transport: "native",
    origins: [],
    data: undefined,
    keepMs: undefined,
    workers: 1,
    nats: undefined,
    key: undefined,
    log: "pretty",
    limits: { ...DEFAULT_LIMITS, message: 200 },
  });
  assert(!nobody.check("::1", "ipv6"));
});

Deno.test("Every limit with a flag can be set by it and by its variable, and switched off by 0 if that is safe", () => {
  for (const [name, { flag, min }] of Object.entries(LIMITS)) {
    if (flag === undefined) continue;
    assert.equal(config([`--${flag}=77`]).limits[name as LimitName], 77);
    assert.equal(config([], { [variableOf(flag)]: "78" }).limits[name as LimitName], 78);
    if (min === 0) assert.equal(config([`--${flag}=0`]).limits[name as LimitName], Infinity);
    else assert.match(complaint([`--${flag}=0`]), new RegExp(`at least ${min}; got "0"$`));
  }
});

Deno.test("HOSTILE 35: a certificate without its key is missing that, and a key its certificate", () => {
  assert.equal(complaint(["--tls-cert=a.pem"]), "--tls-cert takes --tls-key, too: the file with the private key");
  const certificate = "--tls-key takes --tls-cert, too: the file with the certificate and its chain";
  assert.equal(complaint(["--tls-key=a.key"]), certificate);
  assert.equal(complaint(["--tls-cert="], { HUBBUB_TLS_CERT: "a.pem", HUBBUB_TLS_KEY: "a.key" }), certificate);
});

Deno.test("A bad environment variable is named, an empty one counts as not set", () => {
  assert.match(complaint([], { HUBBUB_ADDR: "here" }), /^HUBBUB_ADDR takes .*; got "here"$/);
  assert.equal(config([], { HUBBUB_ADDR: "" }).addr.port, 8080);
});

Deno.test("HOSTILE 24: a key that is no good is not repeated", () => {
  for (const key of ["short", "with a space in it", "x".repeat(129), "schlüssel-aus-gold"]) {
    assert.equal(
      complaint([`--key=${key}`]),
      "--key takes 8 to 128 letters, digits and - . _ ~ + /; got something else",
    );
  }
});

Deno.test("admin-link takes where the server is and where it keeps things, and nothing else", () => {
  const at = (env: Record<string, string>, ...args: string[]) =>
    parseCommand(["admin-link", ...args], (name) => env[name]);
  const [hostname, data] = ["0.0.0.0", "./data"];
  assert.deepEqual(at({}), { name: "admin-link", data, addr: { hostname, port: 8080 }, scheme: "http" });
  assert.deepEqual(at({ HUBBUB_DATA: "/srv", HUBBUB_TLS_CERT: "a.pem" }, "--addr=:81"), {
    name: "admin-link",
    data: "/srv",
    addr: { hostname, port: 81 },
    scheme: "https",
  });
  assert.equal(
    complaint(["admin-link", "--rate=1"]),
    "hubbub admin-link does not take --rate; see hubbub admin-link --help",
  );
  assert.equal(complaint(["admin-link", "now"]), "Unexpected argument 'now'; see hubbub admin-link --help");
  assert.equal(complaint(["admin-link", "--addr=:0"]), '--addr takes the port that the server has; got ":0"');
  assert.match(help(), /^ {2}hubbub admin-link +make a new .*\n +\[--data=FOLDER --addr=ADDRESS --tls-cert=FILE\]$/m);
});

Deno.test("--help and --version win over everything else", () => {
  assert.deepEqual(parseCommand(["--help", "--addr=bad"], () => undefined), { name: "help" });
  assert.deepEqual(parseCommand(["-h"], () => undefined), { name: "help" });
  assert.deepEqual(parseCommand(["backup", "--help"], () => undefined), { name: "help", about: "backup" });
  assert.deepEqual(parseCommand(["help"], () => undefined), { name: "help" });
  assert.deepEqual(parseCommand(["help", "backup"], () => undefined), { name: "help", about: "backup" });
  assert.deepEqual(parseCommand(["--version"], () => undefined), { name: "version" });
});

Deno.test("A first word is a command, with its files, the folder and its own flags, before or after it", () => {
  const command = (...args: string[]) => parseCommand(args, () => undefined);
  assert.deepEqual(command("backup", "b.db"), { name: "backup", data: "./data", file: "b.db" });
  assert.deepEqual(command("--data=/srv", "restore", "b.db"), { name: "restore", data: "/srv", file: "b.db" });
  assert.deepEqual(command("import", "--data", "/srv", "a"), { name: "import", data: "/srv", file: "a" });
  assert.deepEqual(command("export"), { name: "export", data: "./data", file: undefined, room: undefined });
  assert.deepEqual(command("export", "-"), command("export"));
  assert.deepEqual(command("export", "--room=den", "--", "-a"), {
    name: "export",
    data: "./data",
    file: "-a",
    room: "den",
  });
  const env = (name: string) => ({ HUBBUB_DATA: "/srv", HUBBUB_RATE: "none of its business" })[name];
  assert.deepEqual(parseCommand(["backup", "b.db"], env), { name: "backup", data: "/srv", file: "b.db" });
});

Deno.test("HOSTILE 35: a command's words and flags are as strict as the server's", () => {
  const bad = {
    "backup": "hubbub backup takes FILE; see hubbub backup --help",
    "import a b": "Unexpected argument 'b'; see hubbub import --help",
    "export a b": "Unexpected argument 'b'; see hubbub export --help",
    "backup b.db --room=den": "hubbub backup does not take --room; see hubbub backup --help",
    "export --rate=1": "hubbub export does not take --rate; see hubbub export --help",
    "export --rome=den": "Unknown option '--rome'; see --help",
    "export --room=Den": '--room takes the name of a room; got "Den"',
    "--room=den": "--room is a flag of hubbub export alone; see --help",
    "backup b.db --data=:memory:": "hubbub backup takes a folder, and --data=:memory: is none",
    "Backup b.db": "There is no command 'Backup': without one hubbub serves. See --help",
    "toString": "There is no command 'toString': without one hubbub serves. See --help",
    "help toString": "There is no command 'toString': without one hubbub serves. See --help",
  };
  for (const [line, message] of Object.entries(bad)) assert.equal(complaint(line.split(" ")), message);
});

Deno.test("--help tells of every command, what it takes and its flags; both READMEs name it", async () => {
  const readmes = await Promise.all(["README.md", "README.zh-CN.md"].map((name) => Deno.readTextFile(name)));
  assert.match(help(), /^ {2}--help +print this; after a command, what that takes$/m);
  for (const [name, { words, flags }] of Object.entries(COMMANDS)) {
    assert(help().includes(`  hubbub ${name} ${words.join(" ")}`), name);
    const own = help(name as keyof typeof COMMANDS);
    assert(
      own.startsWith(`hubbub ${name}: `) && own.split("\n")[2]!.endsWith(words.map((word) => ` ${word}`).join("")),
    );
    assert.match(own, new RegExp(`(: |\\| )hubbub ${name}\\b.*( -|\\.db|\\.gz|:8081)$`, "m"), "there is an example");
    for (const flag of flags) {
      assert(help().includes(`--${flag}=`), flag);
      assert.match(own, new RegExp(`^  --${flag}=[A-Z]+ +[a-z]`, "m"));
    }
    for (const readme of readmes) assert(readme.includes(`\`hubbub ${name}`), name);
  }
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

Deno.test("--help and both READMEs tell of every limit, its default and what happens at it", async () => {
  const table = (readme: string) => readme.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const english = table(await Deno.readTextFile("README.md"));
  const chinese = table(await Deno.readTextFile("README.zh-CN.md"));
  for (const { flag, default: value, unit, what, hit } of Object.values(LIMITS)) {
    assert(help().includes(`  ${flag ? `--${flag}=${value}` : `(fixed) ${value}`} `), flag);
    assert(help().includes(`${unit}: ${what}\n`) && help().includes(`  ${hit}\n`), what);
    const row = ["", flag ? `\`--${flag}\`` : "(fixed)", `\`${value}\``, `${unit} ${what}`, hit, ""];
    assert(english.some((cells) => cells.join() === row.join()), row.join(" | "));
    const translated = row.slice(0, 3).join().replace("(fixed)", "（固定）");
    assert(chinese.some((cells) => cells.slice(0, 3).join() === translated), translated);
  }
});

Deno.test("The start and dev tasks may read the server's variables and those of the package ws, and nothing else of the environment", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile("deno.json"));
  for (const { command } of [tasks.start, tasks.dev]) {
    assert.deepEqual(/--allow-env=([^']+)/.exec(command)![1]!.split(","), ["HUBBUB_*", "WS_*"]);
    assert(!/ -A|--allow-all|--allow-run|--allow-ffi/.test(command));
  }
});
