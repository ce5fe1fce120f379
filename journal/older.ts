import { closeSync, existsSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { fileError } from "./errors.ts";
import { copying, discard, publish, syncFile } from "./files.ts";
import { versionOf } from "./schema.ts";

/**
 * Keeps a copy of a journal that an older Hubbub wrote, for which it is as good as the journal: `hubbub.v1.db` beside
 * `hubbub.db`, or `hubbub.v1.2.db` if that is there. Not by SQLite's VACUUM INTO, for which Deno wants more permissions.
 * @param db has the file for this process alone. It is closed then.
 * @throws {JournalError} when there is no room for it, for example.
 */
export function keepOlder(db: DatabaseSync, path: string): void {
  const copy = freeName(path.replace(/\.db$/, `.v${versionOf(db)}`));
  const partial = `${copy}.partial`;
  const source = openSync(path, "r");
  try {
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    Array.from(copying(source, partial));
    syncFile(partial);
    publish(partial, copy);
  } catch (error) {
    discard(partial);
    throw fileError(`bring the journal "${path}" up to date, for before it has to be copied to`, copy, error);
  } finally {
    db.close();
    closeSync(source);
  }
}

function freeName(start: string): string {
  for (let number = 1;; number++) {
    const name = number === 1 ? `${start}.db` : `${start}.${number}.db`;
    if (!existsSync(name)) return name;
  }
}
