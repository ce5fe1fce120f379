import { dirname, join } from "node:path";

/** The folders of an image that a Dockerfile of ours may name by absolute paths. */
const FOLDERS = /(?<![\w.-])\/(?=(?:opt|app|cache|data|usr\/local)\b)/g;

/** How a container is started, as far as it can be without one. */
export interface Image {
  /** The folder that is its `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Who it runs as: user and group. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly healthcheck: readonly string[];
  /** What else it says, by keyword. */
  readonly rest: Readonly<Record<string, string>>;
}

/**
 * Goes through a Dockerfile as `docker build` does, but on this system, with a folder for the root of each stage: RUN,
 * COPY, WORKDIR and ENV do what they say; what a base image has must be here already.
 * @param context where the files are that COPY takes, without those that .dockerignore names.
 * @param folder where the roots are made.
 * @throws when an instruction is not known or a command fails.
 */
export async function build(context: string, folder: string): Promise<Image> {
  const stages = new Map<string, Stage>();
  let stage = new Stage("");
  for (const [keyword, rest] of instructionsOf(await Deno.readTextFile(join(context, "Dockerfile")))) {
    switch (keyword) {
      case "FROM": {
        stage = new Stage(join(folder, String(stages.size)));
        stages.set(/ AS (\S+)$/.exec(rest)?.[1] ?? "", stage);
        await Deno.mkdir(stage.root, { recursive: true });
        break;
      }
      case "RUN":
        await sh(stage.here(rest), stage.workdir);
        break;
      case "WORKDIR":
        stage.workdir = stage.here(rest);
        await Deno.mkdir(stage.workdir, { recursive: true });
        break;
      case "COPY": {
        const words = rest.split(" ");
        const options = new Map(
          words.filter((word) => word.startsWith("--")).map((word) => word.split("=") as [string, string]),
        );
        const [source, target] = words.filter((word) => !word.startsWith("--"));
        const from = options.get("--from");
        if (from === undefined) await copyContext(context, stage.workdir);
        else await copy(stages.get(from)!.here(source!), stage.here(target!), options.get("--chown"));
        break;
      }
      case "ENV": {
        const [, name, value] = /^(\w+)=(.*)$/.exec(rest)!;
        stage.env[name!] = stage.here(value!);
        break;
      }
      case "ENTRYPOINT":
        stage.entrypoint = JSON.parse(rest);
        break;
      case "HEALTHCHECK":
        stage.healthcheck = JSON.parse(/CMD (.*)$/.exec(rest)![1]!);
        break;
      case "USER":
        stage.user = rest;
        break;
      case "VOLUME":
      case "EXPOSE":
      case "STOPSIGNAL":
        stage.rest[keyword] = rest;
        break;
      default:
        throw new Error(`Cannot do what the Dockerfile says: ${keyword} is not known`);
    }
  }
  return stage;
}

class Stage implements Image {
  readonly root: string;
  workdir: string;
  user = "0";
  entrypoint: readonly string[] = [];
  healthcheck: readonly string[] = [];
  readonly env: Record<string, string> = {};
  readonly rest: Record<string, string> = {};

  constructor(root: string) {
    this.root = root;
    this.workdir = root;
  }

  /** The same text with the image's paths as they are here. */
  here(text: string): string {
    return text.replaceAll(FOLDERS, `${this.root}/`);
  }
}

/** Its instructions, in order, each with its keyword. */
function instructionsOf(text: string): [string, string][] {
  const lines = text.replaceAll(/^#.*\n/gm, "").replaceAll(/\\\n\s*/g, "").split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const [, keyword, rest] = /^([A-Z]+) (.*)$/.exec(line)!;
    return [keyword!, rest!];
  });
}

async function sh(command: string, cwd: string): Promise<void> {
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
    cwd,
    env: { npm_config_prefer_offline: "true" },
    stdout: "null",
  }).output();
  if (code !== 0) throw new Error(`${command} ended with code ${code}: ${new TextDecoder().decode(stderr)}`);
}

async function copy(source: string, target: string, owner: string | undefined): Promise<void> {
  await Deno.mkdir(dirname(target), { recursive: true });
  await sh(`cp -r "${source}" "${target}"`, "/");
  // Only root can give files away.
  if (owner !== undefined && Deno.uid() === 0) await sh(`chown -R ${owner} "${target}"`, "/");
}

/** Copies what .dockerignore leaves of a folder: the last pattern counts that names a file, or a folder that it is in. */
async function copyContext(context: string, target: string): Promise<void> {
  const patterns = (await Deno.readTextFile(join(context, ".dockerignore"))).split("\n").filter((line) =>
    /^[^#]/.test(line)
  );
  const rules = patterns.map((pattern) => ({
    keeps: pattern.startsWith("!"),
    matches: globOf(pattern.replace("!", "")),
  }));
  const isKept = (path: string) => rules.findLast(({ matches }) => matches.test(path))?.keeps ?? true;
  async function visit(folder: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(join(context, folder))) {
      const path = join(folder, name);
      if (!isKept(path)) continue;
      if (isDirectory) await visit(path);
      else {
        await Deno.mkdir(join(target, folder), { recursive: true });
        await Deno.copyFile(join(context, path), join(target, path));
      }
    }
  }
  await visit("");
}

function globOf(pattern: string): RegExp {
  const source = pattern.replaceAll(".", "\\.").replaceAll(
    /\*\*\/|\*/g,
    (stars) => stars === "*" ? "[^/]*" : "(?:.*/)?",
  );
  return new RegExp(`^${source}(?:/|$)`);
}
