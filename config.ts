import { parseArgs } from "node:util";
import { MESSAGE_BYTES_MAX } from "./protocol.ts";

/** How the server is to run. */
export interface Config {
  /** Where to listen. Port 0 lets the system choose one. */
  readonly addr: { readonly hostname: string; readonly port: number };
  /** Other sites whose pages may connect, as browsers write them in the Origin header. */
  readonly origins: readonly string[];
  /** The longest text that a client may say, in bytes of UTF-8. */
  readonly messageBytesMax: number;
  /** The folder for what was said, undefined to keep it in memory only. */
  readonly data: string | undefined;
  /** For how long it is kept, in ms; undefined is for ever. */
  readonly keepMs: number | undefined;
}

/** What was asked for on the command line. */
export type Command =
  | { readonly name: "serve"; readonly config: Config }
  | { readonly name: "help" }
  | { readonly name: "version" };

/** A flag or environment variable that can't be understood; the message is one line for whoever typed it. */
export class UsageError extends Error {}

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
}

/** Every setting. A flag `--name=VALUE` wins over its environment variable, and that over the default. */
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
  "max-message": {
    env: "HUBBUB_MAX_MESSAGE",
    value: "BYTES",
    default: String(MESSAGE_BYTES_MAX),
    help: "the longest text a client may say, in bytes of UTF-8",
    parse: parseBytes,
    takes: "a number of bytes, at least 1",
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
} as const satisfies Record<string, Setting<unknown>>;

/**
 * Reads the command line and the environment.
 * @param args the words after the program's name.
 * @param env looks an environment variable up; empty counts as not set.
 * @throws {UsageError} naming the flag or variable and what it takes.
 */
export function parseCommand(args: string[], env: (name: string) => string | undefined): Command {
  const flags = parseFlags(args);
  if (flags.help) return { name: "help" };
  if (flags.version) return { name: "version" };

  function read<T>(flag: keyof typeof SETTINGS, setting: Setting<T>): T {
    const given = flags[flag];
    const [source, text] = given !== undefined
      ? [`--${flag}`, given]
      : [setting.env, env(setting.env) || setting.default];
    const value = setting.parse(text);
    if (value === undefined) throw new UsageError(`${source} takes ${setting.takes}; got ${JSON.stringify(text)}`);
    return value;
  }
  return {
    name: "serve",
    config: {
      addr: read("addr", SETTINGS["addr"]),
      origins: read("origin", SETTINGS["origin"]),
      messageBytesMax: read("max-message", SETTINGS["max-message"]),
      data: read("data", SETTINGS["data"]).folder,
      keepMs: read("keep", SETTINGS["keep"]).ms,
    },
  };
}

/** The text that `--help` prints. */
export function help(): string {
  const rows = Object.entries(SETTINGS).map(([flag, { env, value, default: fallback, help }]) => [
    `  --${flag}=${value}`,
    `${help}\n${" ".repeat(25)}[${env}${fallback && `, default ${fallback}`}]`,
  ]);
  rows.push(["  --help", "print this"], ["  --version", "print the version"]);
  return [
    "Hubbub, a chat server. Run it, open the page, send the link.",
    "",
    "Usage: hubbub [--flag=value …]",
    "",
    ...rows.map(([flag, text]) => flag!.padEnd(25) + text),
    "",
    "Each flag can also be set by the environment variable in brackets; the flag wins.",
  ].join("\n");
}

type Flags = { [flag in keyof typeof SETTINGS]?: string } & { help?: boolean; version?: boolean };

function parseFlags(args: string[]): Flags {
  try {
    return parseArgs({
      args,
      options: {
        "addr": { type: "string" },
        "origin": { type: "string" },
        "max-message": { type: "string" },
        "data": { type: "string" },
        "keep": { type: "string" },
        "help": { type: "boolean", short: "h" },
        "version": { type: "boolean" },
      },
    }).values;
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

function parseOrigins(text: string): string[] | undefined {
  const origins = text.split(",").map((origin) => origin.trim()).filter((origin) => origin !== "");
  return origins.every((origin) => URL.parse(origin)?.origin === origin) ? origins : undefined;
}

function parseBytes(text: string): number | undefined {
  const bytes = /^\d+$/.test(text) ? Number(text) : 0;
  return bytes >= 1 && Number.isSafeInteger(bytes) ? bytes : undefined;
}

function parseDays(text: string): { ms: number | undefined } | undefined {
  if (text === "forever") return { ms: undefined };
  const days = Number(/^(\d{1,6})d$/.exec(text)?.[1]);
  return days >= 1 ? { ms: days * 24 * 60 * 60 * 1_000 } : undefined;
}
