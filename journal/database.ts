import { rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { journalError } from "./errors.ts";
import { makeFile, makeFolder } from "./files.ts";
import { answerOf } from "./hold.ts";
import { keepOlder } from "./older.ts";
import { APPLICATION_ID, migrate, MIGRATIONS, versionOf } from "./schema.ts";

/** The path of a database that is kept nowhere. */
export const IN_MEMORY = ":memory:";

/** How much of the file SQLite may hold in memory, in KiB: the inner pages of the indexes over a few million messages. */
const CACHE_KIB = 32 * 1024;

/**
 * After how many pages in the write-ahead log they are brought into the file, which holds up a commit for tens of ms: 32 MiB.
 * SQLite's 1,000 came every two seconds at 100 messages a second; the more are brought at once, the more were the same.
 */
export const CHECKPOINT_PAGES = 8_000;

/** Deno gives another process five seconds to let go of the file; ours holds it for as long as it lives. */
const DONT_WAIT = "PRAGMA busy_timeout = 0";

/**
 * Opens a journal's file for this process alone, makes it if it is missing, and brings it up to date. Of what an older
 * version made it keeps a copy.
 * @throws {JournalError} when it can't be used; it is as it was then.
 */
export function openDatabase(path: string, migrations = MIGRATIONS): DatabaseSync {
  const locked = lockDatabase(path, migrations.length);
  const version = versionOf(locked);
  const isOlder = version > 0 && version < migrations.length && path !== IN_MEMORY;
  if (isOlder) keepOlder(locked, path);
  const db = isOlder ? lockDatabase(path, migrations.length) : locked;
  try {
    db.exec("PRAGMA journal_mode = WAL");
    migrate(db, migrations);
    return db;
  } catch (error) {
    db.close();
    throw journalError("open the journal", path, mayBeWritten(path, error) ? error : new Error("readonly database"));
  }
}

/**
 * Opens a journal's file for this process alone, makes it if it is missing, and leaves it in its version.
 * @param known the newest version that can be used.
 * @throws {JournalError} as `openDatabase` does.
 */
export function lockDatabase(path: string, known = MIGRATIONS.length): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    if (path !== IN_MEMORY) prepareFile(path, known);
    db = new DatabaseSync(path);
    db.exec(DONT_WAIT);
    // Exclusive: nobody else can open the file from the first read on until this process ends, however it ends; and
    // there is no shared memory file. It has to be said before that first read. A commit that is NORMAL is in the
    // operating system's hands when it returns, and the disk gets it later.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -${CACHE_KIB}; PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    refuseStrangers(db, known);
    // `prepareFile` may have left the one there, and a killed process the other, whose promise ends here; while the lock
    // is ours, nobody uses them.
    if (path !== IN_MEMORY) { for (const file of [`${path}-shm`, answerOf(path)]) rmSync(file, { force: true }); }
    return db;
  } catch (error) {
    db?.close();
    throw journalError("open the journal", path, mayBeWritten(path, error) ? error : new Error("readonly database"));
  }
}

/** A file that may only be read is a broken disk to SQLite, for it can't be locked. This tells one from the other. */
function mayBeWritten(path: string, error: unknown): boolean {
  // If this process had the file open already, to open and close it would end the lock (POSIX): but then it is "locked".
  if (!(error instanceof Error && /disk I\/O error/.test(error.message))) return true;
  try {
    Deno.openSync(path, { write: true }).close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.PermissionDenied);
  }
}

/** Makes the directory and the file if they are missing, and looks at what is there without changing it. */
function prepareFile(path: string, known: number): void {
  makeFolder(dirname(path));
  const file = statSync(path, { throwIfNoEntry: false });
  if (file?.isDirectory()) throw new Error("it is a folder: move it away");
  if (!file) return makeEmpty(path);
  // A connection that may write would, as it refuses and closes, bring what a killed process left into the file.
  if (!statSync(`${path}-wal`, { throwIfNoEntry: false })?.size) return;
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    db.exec(DONT_WAIT);
    refuseStrangers(db, known);
  } finally {
    db.close();
  }
}

/** SQLite would let everybody read it who can enter its folder; its log and the like are as it is. */
function makeEmpty(path: string): void {
  try {
    makeFile(path, "", { readable: false });
  } catch { /* It is there by now, or a link; or SQLite can't make it either, and says so. */ }
}

/** @throws when the database isn't a journal, or one that this program is too old for. */
export function refuseStrangers(db: DatabaseSync, known = MIGRATIONS.length): void {
  // `exec`, since Deno 2.4's `prepare` keeps to itself why it can't.
  db.exec("SELECT count(*) FROM sqlite_schema");
  const application = db.prepare("PRAGMA application_id").get()!.application_id;
  const tables = db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!.count;
  const version = versionOf(db);
  const empty = application === 0 && version === 0 && tables === 0;
  if (application !== APPLICATION_ID && !empty) {
    throw new Error("it belongs to another program");
  }
  if (version > known) {
    throw new Error(`it was written by a newer Hubbub (format ${version}, this one knows ${known})`);
  }
}
