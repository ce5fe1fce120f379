/** Something that was said, before it has a place in the journal. */
export interface Draft {
  readonly room: string;
  /** The public id of who said it. */
  readonly user: string;
  /** What they were called then. */
  readonly name: string;
  readonly text: string;
  /** What the sender calls it, so that sending it again is not saying it again. */
  readonly nonce: string;
  /** When the server got it: milliseconds since 1970 by the wall clock. For people to read; nothing is ordered by it. */
  readonly at: number;
}

/** Something that was said and is kept. */
export interface Entry extends Draft {
  /** Its place in the one order of everything that was said in all rooms: ids only grow, gaps mean nothing. */
  readonly id: number;
}

/** What can be done to what is said, and to those who say it. Times are in ms since 1970; without `until` it has no end. */
export type Deed =
  /** `author` is who said it. */
  | { readonly type: "delete"; readonly room: string; readonly message: number; readonly author?: string }
  | { readonly type: "mute"; readonly user: string; readonly name: string; readonly until?: number }
  | { readonly type: "unmute"; readonly user: string; readonly name: string }
  /** `network` is an IPv4 address or the first half of an IPv6 one. */
  | {
    readonly type: "ban";
    readonly user: string;
    readonly name: string;
    readonly network?: string;
    readonly until?: number;
  }
  /** `ban` is the id of the act, as are `link`, `token` and `hook` below. */
  | { readonly type: "unban"; readonly ban: number }
  | { readonly type: "lock"; readonly room: string }
  | { readonly type: "unlock"; readonly room: string }
  /** So many seconds are between two messages of one person; 0 ends it. */
  | { readonly type: "slow"; readonly room: string; readonly seconds: number }
  /** `digest` is all that is kept of a secret: its SHA-256 in hexadecimal. */
  | { readonly type: "link"; readonly room: string; readonly digest: string; readonly until?: number }
  | { readonly type: "unlink"; readonly link: number }
  | { readonly type: "token"; readonly name: string; readonly room?: string; readonly digest: string }
  | { readonly type: "untoken"; readonly token: number }
  /**
   * `secret` signs what is sent, and so has to be kept as it is; `token` is the one with which the receiver speaks, of which
   * nothing is sent.
   */
  | {
    readonly type: "hook";
    readonly url: string;
    readonly room?: string;
    readonly token?: number;
    readonly secret: string;
  }
  | { readonly type: "unhook"; readonly hook: number }
  /** There is another secret of the administrator, where several nodes have one. */
  | { readonly type: "administrator"; readonly digest: string };

/** A deed, and who does it, before it has a place in the journal. */
export interface ActDraft<D extends Deed = Deed> {
  readonly deed: D;
  /** The public id of who does it. */
  readonly by: string;
  /** What they were called then. */
  readonly name: string;
  /** As of a draft. */
  readonly at: number;
}

/** Something that was done and is kept. All of them together are the audit log. */
export interface Act<D extends Deed = Deed> extends ActDraft<D> {
  /** Its place in the one order of everything that was said and done. */
  readonly id: number;
}

/** Everything that has a place in the order. */
export type Kept = Entry | Act;

/** Whether it was done, and not said. */
export function isAct(kept: Kept): kept is Act {
  return "deed" in kept;
}

/** Whether it was said. */
export function isEntry(kept: Kept): kept is Entry {
  return !isAct(kept);
}

/** What became of a draft. */
export interface Stored {
  /** The entry that has the draft's user and nonce: the draft's own, or an earlier one. */
  readonly entry: Entry;
  /** It was there before, so that nothing was added. */
  readonly duplicate: boolean;
}

/** What is new of what became of drafts. */
export function newOf(stored: readonly Stored[]): Entry[] {
  return stored.filter(({ duplicate }) => !duplicate).map(({ entry }) => entry);
}

/** A name and whose it is. */
export interface Claim {
  readonly user: string;
  readonly name: string;
}

/** Some of what was said: as many entries as were asked for, fewer if they are long. */
export interface Page<T extends Kept = Entry> {
  readonly entries: readonly T[];
  /** There is more in the direction that was asked for. */
  readonly more: boolean;
  /** Some of what was asked for has been deleted because of its age. */
  readonly gap: boolean;
}

/** What to look for; every part of it narrows the search. */
export interface Search {
  /** Words, prefix*, "a phrase", from:name. */
  readonly query: string;
  /** Only what was said in these rooms. */
  readonly rooms: readonly string[];
  /** Only what has a smaller id. */
  readonly before: number;
  readonly limit: number;
}

/** How often it is looked for what is too old to be kept, in ms. */
export const RETENTION_INTERVAL_MS = 3_600_000;

/** What a journal tells whoever has it. */
export interface JournalListener {
  /**
   * This is newly kept, here or on another node: in order, each once, before whoever asked for it is answered. What a call
   * kept that failed all the same is only in `since`.
   * @param last up to this id everything was told now, where ids are given to more than what is told.
   */
  kept(kept: readonly Kept[], last?: number): void;
  /** What somebody is called, since they or others have claimed a name on some node; undefined if they have none. */
  named(user: string, name: string | undefined): void;
  /** Nothing can be kept at the moment, though nobody has tried. */
  failing(error: JournalError): void;
}

/**
 * Everything that was said and done, in one order, kept. What `append` and `act` have answered survives the end of the
 * process, however it ends; the last of it may be lost when the machine's power fails, and then, too, no id is given
 * again. What is to be kept is in the order of the calls, and what is read after a call was answered includes it.
 */
export interface Journal {
  /** Changes if ids ever start again. */
  readonly epoch: string;
  /** No id that was given before the journal was opened is above it; 0 if there is none. */
  readonly last: number;
  /** Every name that is owned, as it was when the journal was opened. */
  readonly claims: readonly Claim[];
  /** Everything that was done when the journal was opened, but for deletions. */
  readonly acts: readonly Act[];
  /** From now on tells what happens. Called once, before anything else. */
  listen(listener: JournalListener): void;
  /**
   * Keeps drafts, in order, all of them or none.
   * @throws {JournalError} when they can't be kept, for example because the disk is full. Trying again is safe.
   */
  append(drafts: readonly Draft[]): Promise<Stored[]>;
  /**
   * Keeps what is done. A message that is deleted is in no page from then on and its text is gone; but saying it again
   * with its nonce is still not saying it. Of a deletion that names an author the message has to be theirs.
   * @returns undefined when there is no such message, and then nothing was kept.
   * @throws {JournalError} when it can't be kept.
   */
  act(draft: ActDraft): Promise<Act | undefined>;
  /** The newest acts with an id below `before`, deletions too, newest first. */
  audit(before: number, limit: number): Promise<Act[]>;
  /**
   * Writes something that changes nothing.
   * @throws {JournalError} when nothing can be kept.
   */
  probe(): Promise<void>;
  /**
   * Keeps who owns a name; their earlier name is free again. The caller knows of nobody else who owns one that looks like it.
   * @returns false when somebody did on another node, and then nothing was kept, and the listener is told what they are called.
   * @throws {JournalError} when it can't be kept.
   */
  claim(claim: Claim): Promise<boolean>;
  /**
   * The newest entries of a room, and deletions of what was said there since they begin, oldest first. Of these, too, there
   * are at most `limit`, and one that says that there are more.
   */
  newest(room: string, limit: number): Promise<Page<Kept>>;
  /** The newest entries of a room with an id below `before`, oldest of them first. */
  before(room: string, before: number, limit: number): Promise<Page>;
  /** The oldest entries of a room with an id above `after`, oldest first. */
  after(room: string, after: number, limit: number): Promise<Page>;
  /** The same for who has what was said before, and so has to know what was deleted of it, too. */
  missed(room: string, after: number, limit: number): Promise<Page<Kept>>;
  /** The oldest of all that was said or done with an id above `id`, oldest first. */
  since(id: number, limit: number): Promise<Page<Kept>>;
  /** The newest entries that match, newest first. A query without anything to look for finds nothing. */
  search(search: Search): Promise<Page>;
  /** Ends everything; what was asked before is carried out first. */
  close(): Promise<void>;
}

/** The journal can't do what it should; the message is one line for whoever runs the server. */
export class JournalError extends Error {}
