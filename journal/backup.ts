import { closeSync, existsSync, linkSync, openSync, realpathSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { lockDatabase, refuseStrangers } from "./database.ts";
import { fileError, isLocked, journalError } from "./errors.ts";
import {
  copying,
  discard,
  discardFolders,
  makeFolder,
  missingFolders,
  publish,
  refuseExisting,
  replace,
  syncFile,
} from "./files.ts";
import { Hold } from "./hold.ts";
import { JournalError } from "./journal.ts";
import { isCopy, versionOf } from "./schema.ts";
import { JOURNAL_FILE } from "./sqlite.ts";

/** Told how much is done, and of how much: in bytes, entries or whatever it is. */
export type Report = (done: number, total: number) => void;

/** Where the journal in a folder is. @throws {JournalError} when there is none. */
export function existing(directory: string): string {
  const path = join(directory, JOURNAL_FILE);
  if (existsSync(path)) return path;
  throw new JournalError(`Cannot read "${path}": there is no such file. Is --data right?`);
}

/**
 * Copies a journal's file as it is at one moment, while another process has it or not. It may be a copy of a damaged one,
 * and the disk may not have it yet.
 * @returns its size in bytes.
 * @throws when it can't be read or written. There is no copy then.
 */
export async function snapshot(path: string, target: string, report: Report): Promise<number> {
  // To close it would end the lock of the database (POSIX), which therefore goes first.
  using source = opened(path);
  try {
    const db = lockDatabase(path);
    try {
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      return await copy(source.descriptor, target, report);
    } finally {
      db.close();
    }
  } catch (error) {
    if (!isLocked(error)) throw error;
  }
  await using hold = await Hold.ask(path);
  const size = await copy(source.descriptor, target, report);
  try {
    hold.confirm();
  } catch (error) {
    discard(target);
    throw error;
  }
  return size;
}

/**
 * Copies the journal in a folder to a file that is complete in itself, while a server runs or not: as it is at the
 * moment of the call.
 * @returns the size of the copy, in bytes.
 * @throws {JournalError} when that can't be done, or the file is there. It isn't made then.
 */
export async function backup(directory: string, file: string, report: Report): Promise<number> {
  const path = existing(directory);
  const partial = `${file}.partial`;
  try {
    refuseExisting(file);
    const size = await snapshot(path, partial, report);
    try {
      verify(partial, path);
      publish(partial, file);
    } finally {
      // Not before there is one: it might be that of another backup, for which this one had to wait in vain.
      removeDatabase(partial);
    }
    return size;
  } catch (error) {
    throw fileError("back up to", file, error);
  }
}

/** What was restored. */
export interface Restored {
  /** Where what was there is kept; undefined if there was nothing. */
  readonly kept: string | undefined;
  /** It is a node's copy of what NATS keeps: a server without NATS refuses it. */
  readonly isCopy: boolean;
}

/**
 * Puts a backup in the place of the journal in a folder, which is kept beside it. Ids were given since the backup that
 * will be given again, so its epoch is a new one: clients start again with its newest page. In the place of a copy of what
 * NATS keeps nothing can be put: everything would come back from there.
 * @param now the time that the kept one's name gets.
 * @throws {JournalError} when another process has the journal, it is such a copy, or the backup can't be used. Nothing has
 * changed then, and a folder that was not there is not there.
 */
export async function restore(
  directory: string,
  file: string,
  report: Report,
  now = new Date(),
): Promise<Restored> {
  const path = join(directory, JOURNAL_FILE);
  const partial = `${path}.partial`;
  const time = now.toISOString().replace(/\.\d+/, "").replaceAll(":", "-");
  const kept = path.replace(/\.db$/, `.${time}.db`);
  const missing = missingFolders(directory);
  let lock: DatabaseSync | undefined;
  try {
    // To read it and close it would end the lock on it.
    if (existsSync(path) && realpathSync(path) === realpathSync(file)) throw new Error("it is the journal itself");
    using source = opened(file);
    makeFolder(directory);
    const isThere = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
    if (isThere) refuseExisting(kept);
    lock = lockAnything(path);
    if (lock && isCopy(lock)) {
      throw new Error(
        `the journal in "${directory}" is a copy of what NATS keeps, from where everything would come back: ` +
          "restore NATS, or use another folder",
      );
    }
    await copy(source.descriptor, partial, report);
    // A copy of what a killed server left.
    if (existsSync(`${file}-wal`)) {
      using log = opened(`${file}-wal`);
      await copy(log.descriptor, `${partial}-wal`, () => {});
    }
    let isOfNode = false;
    complete(partial, (db) => {
      db.exec("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'epoch'");
      isOfNode = isCopy(db);
    });

    // Without a log, which would be taken for that of the new file.
    lock?.exec("ROLLBACK; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE");
    if (Deno.build.os === "windows") {
      // It renames nothing that is open.
      lock?.close();
      lock = undefined;
    }
    if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${kept}-wal`);
    if (isThere) keep(path, kept);
    replace(partial, path);
    return { kept: isThere ? kept : undefined, isCopy: isOfNode };
  } catch (error) {
    removeDatabase(partial);
    throw fileError("restore", file, error);
  } finally {
    lock?.close();
    // What was made only to be locked.
    if (lock && statSync(path, { throwIfNoEntry: false })?.size === 0) rmSync(path);
    discardFolders(missing);
  }
}

/** Copies a file, and lets timers have their turn meanwhile. Returns how many bytes it has; leaves none that is cut off. */
async function copy(source: number, path: string, report: Report): Promise<number> {
  let size = 0;
  try {
    for (const [done, total] of copying(source, path)) {
      report(done, total);
      await setImmediate();
      size = total;
    }
    return size;
  } catch (error) {
    discard(path);
    throw error;
  }
}

/** A file that is read, until it is disposed of. */
function opened(path: string): Disposable & { readonly descriptor: number } {
  const descriptor = openSync(path, "r");
  return { descriptor, [Symbol.dispose]: () => closeSync(descriptor) };
}

/** Completes the copy of a journal; what is wrong with it is wrong with that. */
function verify(copy: string, path: string): void {
  try {
    complete(copy, () => {});
  } catch (error) {
    throw journalError("back up the journal", path, error);
  }
}

/**
 * Makes a copy of a journal's file, and of its log, complete in itself, and looks whether it is undamaged.
 * @throws when it isn't, or is no journal, or a newer one.
 */
function complete(path: string, change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path);
  try {
    refuseStrangers(db);
    if (versionOf(db) === 0) throw new Error("it is empty");
    if (db.prepare("PRAGMA integrity_check(1)").get()!.integrity_check !== "ok") throw new Error("malformed");
    change(db);
    // Whoever may only read it can open it then, too.
    db.exec("PRAGMA journal_mode = DELETE");
  } finally {
    db.close();
  }
  syncFile(path);
}

/**
 * Has what is at `path` for this process alone. If nothing is there, makes it, so that nobody else does meanwhile.
 * @returns undefined when no process can have it open as a database, because it is none, or damaged.
 */
function lockAnything(path: string): DatabaseSync | undefined {
  if (existsSync(path)) {
    // First one that may only read: another would, as it is closed, bring the log of a damaged file into it.
    const reader = openUndamaged(path, "SELECT count(*) FROM sqlite_schema", true);
    if (!reader) return undefined;
    reader.close();
  }
  const lock = openUndamaged(path, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", false);
  // The reader left it. While the lock is ours, nobody uses it.
  if (lock) discard(`${path}-shm`);
  return lock;
}

function openUndamaged(path: string, sql: string, readOnly: boolean): DatabaseSync | undefined {
  const db = new DatabaseSync(path, { readOnly });
  try {
    db.exec(`PRAGMA busy_timeout = 0; ${sql}`);
    return db;
  } catch (error) {
    db.close();
    const locked = fileError("replace the journal", path, error);
    if (isLocked(locked)) throw locked;
    return undefined;
  }
}

/** Gives a file a second name, so that it is at no time without one, or, where files can't have two, another. */
function keep(path: string, kept: string): void {
  try {
    linkSync(path, kept);
  } catch {
    renameSync(path, kept);
  }
}

/** Removes a database, if it is there, with all that SQLite may have beside it. */
export function removeDatabase(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-journal"]) discard(`${path}${suffix}`);
}
