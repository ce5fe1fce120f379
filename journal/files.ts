/**
 * Files that are there as a whole or not at all: written under another name, brought to the disk, and renamed.
 * @module
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { fileError } from "./errors.ts";

/** How much is copied at once, in bytes. */
const COPY_BYTES = 1024 * 1024;

/** Where SQLite locks a file, and how many bytes; Windows lets nobody else read them. */
const LOCK_BYTES_AT = 1024 * 1024 * 1024;
const LOCK_BYTES = 512;

/** @throws like the system does, if there is a file of that name. */
export function refuseExisting(path: string): void {
  if (existsSync(path)) throw new Error("EEXIST");
}

/** Gives what is complete its name, so that a power failure doesn't take that away again. Nothing is overwritten. */
export function publish(partial: string, path: string): void {
  refuseExisting(path);
  replace(partial, path);
}

/** As `publish`, in the place of what is there. */
export function replace(partial: string, path: string): void {
  renameSync(partial, path);
  // On Windows folders can't be opened.
  if (Deno.build.os !== "windows") syncFile(dirname(path), "r");
}

/** Returns when the disk has all of a file. Windows has to be told that it is open for writing, a folder can't be. */
export function syncFile(path: string, mode = "r+"): void {
  const file = openSync(path, mode);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Copies a file, piece by piece, and says after each how many bytes of how many it has. Before the last it has them all,
 * but the disk may not. What was at `path` is replaced.
 * @param source a descriptor. To close it would end a lock that this process has on its file (POSIX): that has to go first.
 */
export function* copying(source: number, path: string): Generator<readonly [done: number, total: number]> {
  rmSync(path, { force: true });
  const target = openSync(path, "wx", 0o600);
  try {
    handOver(target, dirname(path));
    const { size } = fstatSync(source);
    const piece = new Uint8Array(COPY_BYTES);
    for (let at = 0; at < size;) {
      yield [at, size];
      // A hole, where SQLite keeps nothing.
      if (at === LOCK_BYTES_AT) at += LOCK_BYTES;
      const length = at < LOCK_BYTES_AT ? Math.min(COPY_BYTES, LOCK_BYTES_AT - at) : COPY_BYTES;
      const count = readSync(source, piece, 0, length, at);
      if (count === 0) throw new Error("it got shorter while it was read");
      for (let written = 0; written < count;) {
        written += writeSync(target, piece, written, count - written, at + written);
      }
      at += count;
    }
    yield [size, size];
  } finally {
    closeSync(target);
  }
}

/** Removes what is of no use, as far as it is there and can be removed. */
export function discard(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch { /* Why it is of no use is of more interest. */ }
}

/** Makes a folder for its owner alone, unless it is there. @throws {JournalError} when it can't be made. */
export function makeFolder(path: string): void {
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Error("it is a file: take the name of a folder");
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fileError("keep anything in", path, error);
  }
}

/** Those that would be made for a folder to be there, it and around it, the innermost first. */
export function missingFolders(path: string): string[] {
  return existsSync(path) || dirname(path) === path ? [] : [path, ...missingFolders(dirname(path))];
}

/** Removes folders, as far as there is nothing in them, the first one first. */
export function discardFolders(paths: readonly string[]): void {
  try {
    for (const path of paths) rmdirSync(path);
  } catch { /* As above. */ }
}

/**
 * Makes a file with a text, which must not be there, and which everybody may read who can enter its folder, or its owner
 * alone. It is never reached by its name: whoever else can write to the folder could put a link there meanwhile.
 */
export function makeFile(path: string, text: string, { readable }: { readonly readable: boolean }): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, new TextEncoder().encode(text));
    if (readable && Deno.build.os !== "windows") fchmodSync(file, 0o644);
    handOver(file, dirname(path));
  } finally {
    closeSync(file);
  }
}

/** What root makes in somebody else's folder is theirs: it is for their server. Nobody else can give files away. */
function handOver(descriptor: number, folder: string): void {
  const { uid, gid } = statSync(folder);
  if (Deno.build.os === "windows" || fstatSync(descriptor).uid === uid) return;
  try {
    fchownSync(descriptor, uid, gid);
  } catch { /* Then it is of use to whoever made it. */ }
}
