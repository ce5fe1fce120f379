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

/** What became of a draft. */
export interface Stored {
  /** The entry that has the draft's user and nonce: the draft's own, or an earlier one. */
  readonly entry: Entry;
  /** It was there before, so that nothing was added. */
  readonly duplicate: boolean;
}

/** A name and whose it is. */
export interface Claim {
  readonly user: string;
  readonly name: string;
}

/** Some of what was said: as many entries as were asked for, fewer if they are long. */
export interface Page {
  readonly entries: readonly Entry[];
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

/**
 * Everything that was said, in one order, kept. What `append` has answered survives the end of the process, however it
 * ends. Calls are carried out in the order in which they were made, so what is read after an append includes it.
 */
export interface Journal {
  /** Changes if ids ever start again. */
  readonly epoch: string;
  /** The newest id when the journal was opened; 0 if there is none. */
  readonly last: number;
  /** Every name that is owned, as it was when the journal was opened. */
  readonly claims: readonly Claim[];
  /**
   * Keeps drafts, in order, all of them or none.
   * @throws {JournalError} when they can't be kept, for example because the disk is full. Trying again is safe.
   */
  append(drafts: readonly Draft[]): Promise<Stored[]>;
  /** Keeps who owns a name; their earlier name is free again. The caller knows that nobody else owns it. */
  claim(claim: Claim): Promise<void>;
  /** The newest entries of a room with an id below `before`, oldest of them first. */
  before(room: string, before: number, limit: number): Promise<Page>;
  /** The oldest entries of a room with an id above `after`, oldest first. */
  after(room: string, after: number, limit: number): Promise<Page>;
  /** The oldest entries of all rooms with an id above `id`, oldest first. */
  since(id: number, limit: number): Promise<Page>;
  /** The newest entries that match, newest first. A query without anything to look for finds nothing. */
  search(search: Search): Promise<Page>;
  /** Ends everything; what was asked before is carried out first. */
  close(): Promise<void>;
}

/** The journal can't do what it should; the message is one line for whoever runs the server. */
export class JournalError extends Error {}
