import { FolderAdministrator } from "./administrator.ts";
import type { Command } from "./config.ts";
import { exportArchive, importArchive, type Imported } from "./journal/archive.ts";
import { backup, restore } from "./journal/backup.ts";
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
    return `Backed up to ${file}: ${Math.ceil(bytes / 1e6)} MB.`;
  },

  async restore({ data, file }) {
    using progress = onTerminal("Restoring");
    const kept = await restore(data, file, (...done) => progress.report(...done));
    return `Restored ${file} to ${data}.${kept === undefined ? "" : ` What was there is kept in ${kept}.`}`;
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
    const imported = await importArchive(data, file, {
      report: (...done) => reading.report(...done),
      indexing: (...done) => indexing.report(...done),
    });
    return summary(imported);
  },
};

function summary({ added, passed }: Imported): string {
  const lines = Object.entries(added).filter(([, count]) => count > 0).map(([plural, count]) => `${plural}: ${count}`);
  return `Imported ${lines.join(", ") || "nothing"}. Passed over, as they were there: ${passed}.`;
}
