import { FolderAdministrator } from "./administrator.ts";
import type { Command } from "./config.ts";
import { exportArchive, importArchive, type Imported, type Source } from "./journal/archive.ts";
import { backup, restore } from "./journal/backup.ts";
import { fileError } from "./journal/errors.ts";
import { onTerminal } from "./progress_line.ts";
import { links } from "./server.ts";

type Named<N> = Extract<Command, { readonly name: N }>;

/** What the program does instead of serving, by the name of the command. Each gives a line that says what it did. */
export const commands: {
  readonly [N in Exclude<Command["name"], "serve" | "help" | "version">]: (
    command: Named<N>,
  ) => Promise<string | undefined>;
} = {
  "admin-link": ({ data, addr, scheme }) =>
    Promise.try(() => `${links(addr, scheme)[0]}admin#admin=${new FolderAdministrator(data).renew()}`),

  async backup({ data, file }) {
    using progress = onTerminal("Backing up");
    const bytes = await backup(data, file, (...done) => progress.report(...done));
    return `Backed up to ${file}: ${sizeOf(bytes)}.`;
  },

  async restore({ data, file }) {
    using progress = onTerminal("Restoring");
    const { kept, isCopy } = await restore(data, file, (...done) => progress.report(...done));
    return [
      `Restored ${file} to ${data}.`,
      ...kept === undefined ? [] : [`What was there is kept in ${kept}.`],
      ...isCopy ? ["It is a copy of what NATS keeps, and for servers with --nats alone."] : [],
    ].join(" ");
  },

  async export({ data, room, file }) {
    using progress = onTerminal("Exporting");
    const report = (done: number, total: number) => progress.report(done, total);
    const lines = await exportArchive(data, { room, file, output: Deno.stdout, report });
    return file && `Exported ${lines} lines to ${file}.`;
  },

  async import({ data, file }) {
    using reading = onTerminal("Importing");
    using indexing = onTerminal("Making the search index");
    using source = await open(file);
    const imported = await importArchive(data, source, {
      report: (...done) => reading.report(...done),
      indexing: (...done) => indexing.report(...done),
    });
    return summary(imported);
  },
};

/** An archive in a file, or for `-` one that comes by the standard input. */
async function open(file: string): Promise<Source & Disposable> {
  const name = file === "-" ? "the standard input" : `"${file}"`;
  try {
    const source = file === "-" ? Deno.stdin : await Deno.open(file);
    const size = source instanceof Deno.FsFile ? (await source.stat()).size : undefined;
    return {
      name,
      size,
      read: (buffer) => source.read(buffer),
      [Symbol.dispose]: () => source.close(),
    };
  } catch (error) {
    throw fileError(`import ${name}`, undefined, error);
  }
}

/** A size for people to read. */
export function sizeOf(bytes: number): string {
  const [size, unit] = bytes < 1e6 ? [1e3, "kilobyte"] : bytes < 1e9 ? [1e6, "megabyte"] : [1e9, "gigabyte"];
  return new Intl.NumberFormat("en", { style: "unit", unit, maximumSignificantDigits: 3 }).format(bytes / size);
}

function summary({ added, known, left }: Imported): string {
  const told = ([what, counts]: readonly [string, Imported["added"]]) => {
    const lines = Object.entries(counts).map(([plural, count]) => `${plural}: ${count}`);
    return lines.length > 0 ? ` ${what} ${lines.join(", ")}.` : "";
  };
  const rest = [["Were there already:", known], ["Left out, for they hold only where they are from:", left]] as const;
  return (told(["Imported", added]) || " Imported nothing.").slice(1) + rest.map(told).join("");
}
