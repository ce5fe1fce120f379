/**
 * What is wrong with a file, in one line for whoever named it.
 * @module
 */
import { JournalError } from "./journal.ts";

/** What the system and SQLite say of files that can't be used, what that means, and what helps if it is the journal. */
const REASONS: readonly (readonly [says: RegExp, means: string, helps?: string])[] = [
  [/os error 2\)|ENOENT/, "there is no such file or folder"],
  [/os error (13|1|30)\)|EACCES|EPERM|EROFS/, "it is not permitted: check the permissions of the file and its folder"],
  [/os error 17\)|EEXIST/, "it is there already, and is not overwritten: move it away, or take another name"],
  [/os error (28|122|27)\)|ENOSPC|EDQUOT|EFBIG|disk is full/, "the disk is full: make room on it"],
  [/disk I\/O error/, "the disk failed, is full, or the file may not grow: make room and check the disk"],
  [/os error 21\)|EISDIR/, "it is a folder: take the name of a file"],
  [/os error 20\)|ENOTDIR/, "what should be its folder is a file"],
  [/os error 32\)|EPIPE/, "whoever reads it has gone"],
  [/database is locked/, "another process has it open: end that one", ", or use another folder"],
  [/not a database|is empty/, "it is not a journal", ": move it away, or use another folder"],
  [/it belongs to another program/, "$&", ": move it away, or use another folder"],
  [/it was written by a newer Hubbub \(.*?\)/, "$&: use that one", ", or another folder"],
  // The last is all that Deno 2.4 says of it.
  [
    /malformed|vtable constructor failed|failed to prepare statement/,
    "it is damaged",
    ": put a backup in its place, or move it away to start a new one",
  ],
  [/readonly database/, "it may not be written to: change its permissions and those of its folder"],
  [/unable to open/, "it can't be created or opened: check the permissions of its folder"],
];

/** A JournalError that says in one line what could not be done, with which file if that is not said in it, and why. */
export function fileError(action: string, path: string | undefined, cause: unknown): JournalError {
  return errorOf(path === undefined ? action : `${action} "${path}"`, cause, false);
}

/** The same of the journal in the data folder, with what helps. */
export function journalError(action: string, path: string, cause: unknown): JournalError {
  return errorOf(`${action} "${path}"`, cause, true);
}

function errorOf(what: string, cause: unknown, isJournal: boolean): JournalError {
  if (cause instanceof JournalError) return cause;
  const message = (cause instanceof Error ? cause.message : String(cause)).replace(/\s+/g, " ");
  const [says, means, helps = ""] = REASONS.find(([says]) => says.test(message)) ?? [/.*/, "$&"];
  const reason = says.exec(message)![0].replace(says, means);
  return new JournalError(`Cannot ${what}: ${reason}${isJournal ? helps : ""}`, { cause });
}

/** Whether a file can't be opened because another process has it. */
export function isLocked(error: unknown): boolean {
  return error instanceof JournalError && error.cause instanceof Error &&
    /database is locked/.test(error.cause.message);
}
