import { BlockList, isIP } from "node:net";
import { parseArgs } from "node:util";
import type { CertificateFiles } from "./certificate.ts";
import { type LimitName, LIMITS, type Limits } from "./limits.ts";
import type { LogForm } from "./log.ts";
import type { NatsOptions } from "./journal/jetstream.ts";
import { isRoomName } from "./protocol.ts";

/** How the server is to run. */
export interface Config {
  /** Where to listen. Port 0 lets the system choose one. */
  readonly addr: { readonly hostname: string; readonly port: number };
  /** What makes it https; undefined for plain http. */
  readonly tls: CertificateFiles | undefined;
  /** What carries the WebSockets: Deno's own, or Node's `http` with the package `ws`. */
  readonly transport: "native" | "node";
  /** How many hubs there are, each in a thread of its own. */
  readonly workers: number;
  /** Other sites whose pages may connect, as browsers write them in the Origin header. */
  readonly origins: readonly string[];
  /** The proxies that are believed when they say for whom they ask. */
  readonly proxies: BlockList;
  /** The folder for what was said, undefined to keep it in memory only. */
  readonly data: string | undefined;
  /** For how long it is kept, in ms; undefined is for ever. */
  readonly keepMs: number | undefined;
  /** The NATS that several nodes share; undefined for a node on its own. */
  readonly nats: NatsOptions | undefined;
  /** What people have to know to come in; undefined when everybody may. */
  readonly key: string | undefined;
  /** How the log is written; undefined for pretty on a terminal and JSON elsewhere. */
  readonly log: LogForm | undefined;
  /** What is too much. */
  readonly limits: Limits;
}

/** What was asked for on the command line. */
export type Command =
  | { readonly name: "serve"; readonly config: Config }
  | { readonly name: "backup" | "restore" | "import"; readonly data: string; readonly file: string }
  | { readonly name: "export"; readonly data: string; readonly file?: string; readonly room?: string }
  | {
    readonly name: "admin-link";
    readonly data: string;
    readonly addr: Config["addr"];
    readonly scheme: "http" | "https";
  }
  /** `about` is a command; undefined for all of the program. */
  | { readonly name: "help"; readonly about?: CommandName }
  | { readonly name: "version" };

/** A word, flag or environment variable that can't be understood; the message is one line for whoever typed it. */
export class UsageError extends Error {}

/** More of them than this hardly anybody has processors for. */
const WORKERS_MAX = 64;

interface Setting<T> {
  readonly env: string;
  /** What stands for the value in the help text. */
  readonly value: string;
  readonly default: string;
  readonly help: string;
  /** Undefined when the text is not a good value. */
  parse(text: string): T | undefined;
  /** The rest of the sentence "… takes". */
  readonly takes: string;
  /** It is never shown, not even when it is no good. */
  readonly secret?: true;
}

/** Every setting that is no limit. A flag `--name=VALUE` wins over its environment variable, and that over the default. */
export const SETTINGS = {
  "addr": {
    env: "HUBBUB_ADDR",
    value: "ADDRESS",
    default: ":8080",
    help: "where to listen: :8080, 8080, 127.0.0.1:8080, [::1]:8080, localhost:8080; port 0 takes a free one",
    parse: parseAddress,
    takes: "[host]:port with a port from 0 to 65535, for example :8080",
  },
  "origin": {
    env: "HUBBUB_ORIGIN",
    value: "ORIGINS",
    default: "",
    help: "other sites whose pages may connect, separated by commas: https://chat.example",
    parse: parseOrigins,
    takes: "origins separated by commas, without a path, for example https://chat.example",
  },
  "trust-proxy": {
    env: "HUBBUB_TRUST_PROXY",
    value: "ADDRESSES",
    default: "",
    help: "proxies whose X-Forwarded-For is believed, separated by commas: 127.0.0.1, 10.0.0.0/8, ::1",
    parse: parseNetworks,
    takes: "addresses or networks separated by commas, for example 127.0.0.1,10.0.0.0/8",
  },
  "key": {
    env: "HUBBUB_KEY",
    value: "SECRET",
    default: "",
    help:
      "what people have to know to come in; without it everybody may. Other users of the machine see flags: set the variable",
    parse: parseKey,
    takes: "8 to 128 letters, digits and - . _ ~ + /",
    secret: true,
  },
  "tls-cert": {
    env: "HUBBUB_TLS_CERT",
    value: "FILE",
    default: "",
    help: "the certificate with its chain, in PEM, to serve https; with --tls-key",
    parse: (text) => text,
    takes: "a file",
  },
  "tls-key": {
    env: "HUBBUB_TLS_KEY",
    value: "FILE",
    default: "",
    help: "its private key, in PEM, without a passphrase",
    parse: (text) => text,
    takes: "a file",
  },
  "transport": {
    env: "HUBBUB_TRANSPORT",
    value: "NAME",
    default: "native",
    help: "what carries the WebSockets: native, or node, which is slower and stricter (docs/OPERATING.md)",
    parse: (text) => text === "native" || text === "node" ? text : undefined,
    takes: "native or node",
  },
  "workers": {
    env: "HUBBUB_WORKERS",
    value: "N",
    default: "1",
    help:
      "how many threads serve, on Linux: one for each two processors or so, when one is too slow (docs/OPERATING.md)",
    parse: (text) => /^[1-9]\d?$/.test(text) && Number(text) <= WORKERS_MAX ? Number(text) : undefined,
    takes: "a number from 1 to 64",
  },
  "data": {
    env: "HUBBUB_DATA",
    value: "FOLDER",
    default: "./data",
    help: "where to keep what was said; :memory: keeps it until the server ends",
    parse: (text) => text === "" ? undefined : { folder: text === ":memory:" ? undefined : text },
    takes: "a folder, or :memory:",
  },
  "keep": {
    env: "HUBBUB_KEEP",
    value: "TIME",
    default: "forever",
    help: "for how long: 90d, or forever",
    parse: parseDays,
    takes: "a number of days such as 90d, or forever",
  },
  "nats": {
    env: "HUBBUB_NATS",
    value: "URLS",
    default: "",
    help:
      "the NATS that nodes share (docs/OPERATING.md), separated by commas: nats://nats.example:4222. For passwords set the variable",
    parse: parseNats,
    takes:
      "nats:// or tls://, a host and a port, with user:password@ or token@ before it, percent-encoded, separated by commas",
    secret: true,
  },
  "nats-creds": {
    env: "HUBBUB_NATS_CREDS",
    value: "FILE",
    default: "",
    help: "a file of credentials of NATS, in place of a password",
    parse: (text) => text,
    takes: "a file",
  },
  "nats-ca": {
    env: "HUBBUB_NATS_CA",
    value: "FILE",
    default: "",
    help: "the certificate of an authority of your own, in PEM, if NATS has its certificate from it",
    parse: (text) => text,
    takes: "a file",
  },
  "nats-replicas": {
    env: "HUBBUB_NATS_REPLICAS",
    value: "N",
    default: "1",
    help: "on how many servers of its cluster NATS keeps what is said: 3 survive the end of one",
    parse: (text) => /^[1-5]$/.test(text) ? Number(text) : undefined,
    takes: "a number from 1 to 5",
  },
  "log": {
    env: "HUBBUB_LOG",
    value: "FORM",
    default: "",
    help: "how to tell what happens: pretty, as on a terminal, or json, as elsewhere, one object a line",
    parse: parseLogForm,
    takes: "json or pretty",
  },
} as const satisfies Record<string, Setting<unknown>>;

/** The flags that only commands take. */
const COMMAND_FLAGS = {
  "room": {
    value: "ROOM",
    parse: (text) => isRoomName(text) ? text : undefined,
    takes: "the name of a room",
  },
} as const satisfies Record<string, Pick<Setting<unknown>, "value" | "parse" | "takes">>;

/** What flags say to commands, for which the server is there already. */
const COMMAND_HELP: Readonly<Record<string, string>> = {
  "data": `the server's folder\n[${SETTINGS["data"].env}, default ${SETTINGS["data"].default}]`,
  "addr": `where the server listens\n[${SETTINGS["addr"].env}, default ${SETTINGS["addr"].default}]`,
  "tls-cert": `its certificate, if it serves https itself\n[${SETTINGS["tls-cert"].env}]`,
  "room": "only what was said in this room",
};

/** What a command was given. */
interface Given {
  /** The words after its name. */
  readonly files: readonly string[];
  /** The folder of `--data`. */
  readonly data: () => string;
  /** Where the server is that it is about. */
  readonly addr: () => Config["addr"];
  /** https if there is a certificate. */
  readonly scheme: () => "http" | "https";
  readonly room: () => string | undefined;
}

interface CommandLine {
  /** What it takes, as it stands in the help text: its words, of which those in brackets may be missing. */
  readonly words: readonly string[];
  readonly flags: readonly (keyof typeof SETTINGS | keyof typeof COMMAND_FLAGS)[];
  readonly help: string;
  /** Lines below it in its own help text. */
  readonly more?: readonly string[];
  command(given: Given): Command;
}

/** Everything that the program does but for serving, by its first word. */
export const COMMANDS = {
  "admin-link": {
    words: [],
    flags: ["data", "addr", "tls-cert"],
    help: "make a new administrator's link, while the server runs, too; the old one ends",
    more: [
      "For example: hubbub admin-link --data=/srv/hubbub --addr=:8081",
      "Behind a proxy, put your own address in place of the one that is printed.",
    ],
    command: ({ data, addr, scheme }) => ({ name: "admin-link", data: data(), addr: addr(), scheme: scheme() }),
  },
  "backup": {
    words: ["FILE"],
    flags: ["data"],
    help: "copy the journal to FILE, while the server runs, too",
    more: ["For example: hubbub backup backups/hubbub-$(date +%F).db"],
    command: ({ data, files }) => ({ name: "backup", data: data(), file: files[0]! }),
  },
  "restore": {
    words: ["FILE"],
    flags: ["data"],
    help: "put a backup in the journal's place, which is kept beside it",
    more: ["End the server first. For example: hubbub restore backups/hubbub-2026-11-27.db"],
    command: ({ data, files }) => ({ name: "restore", data: data(), file: files[0]! }),
  },
  "export": {
    words: ["[FILE]"],
    flags: ["room", "data"],
    help: "write everything, or one room, as lines of JSON, while the server runs, too",
    more: ["Without FILE, or with -, they go to the standard output: hubbub export | gzip > everything.jsonl.gz"],
    command: ({ data, room, files }) => ({
      name: "export",
      data: data(),
      room: room(),
      file: files[0] === "-" ? undefined : files[0],
    }),
  },
  "import": {
    words: ["FILE"],
    flags: ["data"],
    help: "take in what was exported, but for what is there already",
    more: ["End the server first. FILE - is the standard input: gunzip -c everything.jsonl.gz | hubbub import -"],
    command: ({ data, files }) => ({ name: "import", data: data(), file: files[0]! }),
  },
} as const satisfies Record<string, CommandLine>;

type CommandName = keyof typeof COMMANDS;

function isCommand(name: string | undefined): name is CommandName {
  return name !== undefined && Object.hasOwn(COMMANDS, name);
}

/** @throws {UsageError} when there is none of that name. */
function commandOf(name: string): CommandName {
  if (isCommand(name)) return name;
  const hint = parseAddress(name) ? `where to listen is --addr=${name}` : "without one hubbub serves";
  throw new UsageError(`There is no command '${name}': ${hint}. See --help`);
}

/**
 * Reads the command line and the environment.
 * @param args the words after the program's name.
 * @param env looks an environment variable up; empty counts as not set.
 * @throws {UsageError} naming the flag or variable and what it takes.
 */
export function parseCommand(args: string[], env: (name: string) => string | undefined): Command {
  const { flags, words } = parseFlags(args);
  const [name, ...files] = words;
  if (flags.help) return isCommand(name) ? { name: "help", about: name } : { name: "help" };
  if (flags.version) return { name: "version" };
  if (name === "help") return files[0] === undefined ? { name } : { name, about: commandOf(files[0]) };

  function read<T>(flag: string, setting: Omit<Setting<T>, "value" | "help">): T {
    const given = flags[flag];
    return given !== undefined
      ? parsed(`--${flag}`, given, setting)
      : parsed(setting.env, env(setting.env) || setting.default, setting);
  }
  if (name !== undefined) {
    const line: CommandLine = COMMANDS[commandOf(name)];
    refuseOthers(name, line, Object.keys(flags), files);
    return line.command({
      files,
      data: () => folder(name, read("data", SETTINGS["data"])),
      scheme: () => read("tls-cert", SETTINGS["tls-cert"]) === "" ? "http" : "https",
      addr: () =>
        read("addr", { ...SETTINGS["addr"], parse: parseKnownAddress, takes: "the port that the server has" }),
      room: () => flags.room === undefined ? undefined : parsed("--room", flags.room, COMMAND_FLAGS["room"]),
    });
  }
  if (flags.room !== undefined) throw new UsageError("--room is a flag of hubbub export alone; see --help");
  const limits = Object.fromEntries(
    LIMIT_NAMES.map((name) => {
      const { flag, default: value, unit, min, max } = LIMITS[name];
      if (flag === undefined) return [name, value];
      return [
        name,
        read(flag, {
          env: variableOf(flag),
          default: String(value),
          parse: (text) => parseLimit(text, min, max),
          takes: `a whole number of ${unit}${max ? ` up to ${max}` : ""}, ${
            min ? `at least ${min}` : "or 0 for no limit"
          }`,
        }),
      ];
    }),
  ) as unknown as Limits;
  return {
    name: "serve",
    config: {
      addr: read("addr", SETTINGS["addr"]),
      origins: read("origin", SETTINGS["origin"]),
      tls: filesOf(read("tls-cert", SETTINGS["tls-cert"]), read("tls-key", SETTINGS["tls-key"])),
      transport: read("transport", SETTINGS["transport"]),
      workers: read("workers", SETTINGS["workers"]),
      proxies: read("trust-proxy", SETTINGS["trust-proxy"]),
      data: read("data", SETTINGS["data"]).folder,
      keepMs: read("keep", SETTINGS["keep"]).ms,
      nats: natsOf(read("nats", SETTINGS["nats"]).urls, {
        creds: read("nats-creds", SETTINGS["nats-creds"]) || undefined,
        ca: read("nats-ca", SETTINGS["nats-ca"]) || undefined,
        replicas: read("nats-replicas", SETTINGS["nats-replicas"]),
      }),
      key: read("key", SETTINGS["key"]).key,
      log: read("log", SETTINGS["log"]).form,
      limits,
    },
  };
}

function parsed<T>(source: string, text: string, setting: Pick<Setting<T>, "parse" | "takes" | "secret">): T {
  const value = setting.parse(text);
  if (value !== undefined) return value;
  const got = setting.secret ? "something else" : JSON.stringify(text);
  throw new UsageError(`${source} takes ${setting.takes}; got ${got}`);
}

/** @throws {UsageError} when a command was given a flag or a word that it does not take, or lacks one. */
function refuseOthers(name: string, { words, flags }: CommandLine, given: string[], files: readonly string[]): void {
  const other = given.find((flag) => !(flags as readonly string[]).includes(flag));
  if (other !== undefined) throw new UsageError(`hubbub ${name} does not take --${other}; see hubbub ${name} --help`);
  const needed = words.filter((word) => !word.startsWith("["));
  if (files.length < needed.length) {
    throw new UsageError(`hubbub ${name} takes ${words.join(" ")}; see hubbub ${name} --help`);
  }
  if (files.length > words.length) {
    throw new UsageError(`Unexpected argument '${files[words.length]}'; see hubbub ${name} --help`);
  }
}

function folder(name: string, { folder }: { readonly folder: string | undefined }): string {
  if (folder === undefined) throw new UsageError(`hubbub ${name} takes a folder, and --data=:memory: is none`);
  return folder;
}

/** The text that `--help` prints, of a command alone if one is named. */
export function help(about?: CommandName): string {
  if (about !== undefined) return helpOf(about);
  const settings = Object.entries(SETTINGS).map(([flag, { env, value, default: fallback, help }]) => [
    `--${flag}=${value}`,
    `${help}\n[${env}${fallback && `, default ${fallback}`}]`,
  ]);
  settings.push(["--help", "print this; after a command, what that takes"], ["--version", "print the version"]);
  const limits = LIMIT_NAMES.map((name) => {
    const { flag, default: value, unit, what, hit } = LIMITS[name];
    return [flag ? `--${flag}=${value}` : `(fixed) ${value}`, `${unit}: ${what}\n${hit}`];
  });
  return [
    "Hubbub, a chat server. Run it, open the page, send the link.",
    "",
    "Usage: hubbub [--flag=value …]",
    "",
    ...Object.entries(COMMANDS).map(([name, { words, flags, help }]) =>
      row([`hubbub ${[name, ...words].join(" ")}`, `${help}\n[--${flags.map(flagUsage).join(" --")}]`])
    ),
    "",
    ...settings.map(row),
    "",
    "Limits, with their defaults, and what happens at each. 0 is no limit, but for --max-message.",
    "",
    ...limits.map(row),
    "",
    "Each flag can also be set by an environment variable: --max-clients is HUBBUB_MAX_CLIENTS. The flag wins.",
  ].join("\n");
}

function helpOf(name: CommandName): string {
  const { words, flags, help, more = [] }: CommandLine = COMMANDS[name];
  return [
    `hubbub ${name}: ${help}.`,
    "",
    `Usage: hubbub ${[name, ...flags.map((flag) => `[--${flagUsage(flag)}]`), ...words].join(" ")}`,
    "",
    ...flags.map((flag) => row([`--${flagUsage(flag)}`, COMMAND_HELP[flag]!])),
    ...more.length > 0 ? ["", ...more] : [],
  ].join("\n");
}

function flagUsage(flag: keyof typeof SETTINGS | keyof typeof COMMAND_FLAGS): string {
  return `${flag}=${{ ...SETTINGS, ...COMMAND_FLAGS }[flag].value}`;
}

const LIMIT_NAMES = Object.keys(LIMITS) as LimitName[];

function row([flag, text]: readonly string[]): string {
  return `  ${flag!.padEnd(25)}${text!.replaceAll("\n", `\n${" ".repeat(27)}`)}`;
}

/** The environment variable that stands for a limit's flag. */
export function variableOf(flag: string): string {
  return `HUBBUB_${flag.replaceAll("-", "_").toUpperCase()}`;
}

type Flags = Record<string, string | undefined> & { help?: boolean; version?: boolean };

function parseFlags(args: string[]): { flags: Flags; words: string[] } {
  const flags = [
    ...Object.keys(SETTINGS),
    ...Object.keys(COMMAND_FLAGS),
    ...LIMIT_NAMES.flatMap((name) => LIMITS[name].flag ?? []),
  ];
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...Object.fromEntries(flags.map((flag) => [flag, { type: "string" } as const])),
        "help": { type: "boolean", short: "h" },
        "version": { type: "boolean" },
      },
    });
    return { flags: values as Flags, words: positionals };
  } catch (error) {
    // parseArgs explains itself in several sentences, of which the first says it all.
    throw new UsageError(`${(error as Error).message.split(/\. |\n|\.$/)[0]}; see --help`);
  }
}

function parseAddress(text: string): Config["addr"] | undefined {
  const match = /^(?:(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<name>[^\s:[\]/]*)):)?(?<port>\d{1,5})$/.exec(text)?.groups;
  if (!match || Number(match.port) > 65535) return undefined;
  return { hostname: match.v6 ?? (match.name || "0.0.0.0"), port: Number(match.port) };
}

/** Where a server is, not where one is to be. */
function parseKnownAddress(text: string): Config["addr"] | undefined {
  const addr = parseAddress(text);
  return addr?.port === 0 ? undefined : addr;
}

function filesOf(cert: string, key: string): CertificateFiles | undefined {
  if (cert === "" && key === "") return undefined;
  if (key === "") throw new UsageError("--tls-cert takes --tls-key, too: the file with the private key");
  if (cert === "") throw new UsageError("--tls-key takes --tls-cert, too: the file with the certificate and its chain");
  return { cert, key };
}

function natsOf(urls: readonly URL[], options: Omit<NatsOptions, "urls">): NatsOptions | undefined {
  if (urls.length > 0) return { urls, ...options };
  const { creds, ca, replicas } = options;
  const given = { "nats-creds": creds !== undefined, "nats-ca": ca !== undefined, "nats-replicas": replicas > 1 };
  for (const [flag, isGiven] of Object.entries(given)) {
    if (isGiven) throw new UsageError(`--${flag} takes --nats, too: where NATS is`);
  }
  return undefined;
}

function parseNats(text: string): { urls: readonly URL[] } | undefined {
  const urls = text.split(",").map((url) => url.trim()).filter((url) => url !== "").map((url) => URL.parse(url));
  // The port, since NATS's own is not known to URLs.
  const isGood = (url: URL | null): url is URL =>
    url !== null && /^(nats|tls):$/.test(url.protocol) && url.hostname !== "" && url.port !== "" &&
    /^\/?$/.test(url.pathname + url.search + url.hash) && isPercentEncoded(`${url.username}:${url.password}`);
  return urls.every(isGood) ? { urls } : undefined;
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

function parseOrigins(text: string): string[] | undefined {
  const origins = text.split(",").map((origin) => origin.trim()).filter((origin) => origin !== "");
  return origins.every((origin) => URL.parse(origin)?.origin === origin) ? origins : undefined;
}

function parseNetworks(text: string): BlockList | undefined {
  const networks = new BlockList();
  for (const network of text.split(",").map((network) => network.trim()).filter((network) => network !== "")) {
    const [address = "", bits, ...rest] = network.split("/");
    const version = isIP(address);
    const bitsMax = version === 4 ? 32 : 128;
    if (
      version === 0 || rest.length > 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax))
    ) {
      return undefined;
    }
    networks.addSubnet(address, Number(bits ?? bitsMax), version === 4 ? "ipv4" : "ipv6");
  }
  return networks;
}

/** A limit: a whole number, of which 0 is none at all if it may be that. */
function parseLimit(text: string, min: number, max = Number.MAX_SAFE_INTEGER): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : -1;
  if (value < min || value > max) return undefined;
  return value === 0 ? Infinity : value;
}

/** What can be in an Authorization header (RFC 6750, section 2.1) and in an address. */
function parseKey(text: string): { key: string | undefined } | undefined {
  if (text === "") return { key: undefined };
  return /^[\w.~+/-]{8,128}$/.test(text) ? { key: text } : undefined;
}

function parseLogForm(text: string): { form: LogForm | undefined } | undefined {
  if (text === "") return { form: undefined };
  return text === "json" || text === "pretty" ? { form: text } : undefined;
}

function parseDays(text: string): { ms: number | undefined } | undefined {
  if (text === "forever") return { ms: undefined };
  const days = Number(/^(\d{1,6})d$/.exec(text)?.[1]);
  return days >= 1 ? { ms: days * 24 * 60 * 60 * 1_000 } : undefined;
}
