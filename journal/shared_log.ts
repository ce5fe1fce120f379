import type { ActDraft, Claim, Draft, JournalError } from "./journal.ts";

/** What several nodes want to be kept. */
export type LogRecord =
  | { readonly say: Draft }
  /** Of a deletion, `nonce` is that of the message, for those who have it not any more. */
  | { readonly act: ActDraft; readonly nonce?: string }
  | { readonly claim: Claim };

/** A record in its place. */
export interface Placed {
  /** From 1. Places only grow, gaps mean nothing. */
  readonly place: number;
  /** Undefined when it is nothing that this program knows. */
  readonly record: LogRecord | undefined;
}

/**
 * One order of records that several nodes append to and all of them follow: what a Replica keeps a copy of. A place is the
 * id of what is in it.
 */
export interface SharedLog {
  /** Changes if places ever start again. */
  readonly epoch: string;
  /** Calls back when nothing can be appended any more though nobody has tried, as when the line is cut. Called once. */
  listen(failing: (error: JournalError) => void): void;
  /**
   * The first place that still has something and the last that was given; both 0 when none was.
   * @throws {JournalError} when nothing can be appended or found out at the moment.
   */
  state(): Promise<{ readonly first: number; readonly last: number }>;
  /**
   * Appends a record. What is published one after the other in one turn is appended in this order, as far as it is.
   * @param key what has the same was published before, for at least two minutes.
   * @returns its place, or that of what has its key.
   * @throws {JournalError} when it is not known to be kept: it may be, or come to be later.
   */
  publish(record: LogRecord, key: string): Promise<number>;
  /**
   * Everything in a place after the given one, in order, as many records at once as are there, and what comes after them,
   * for as long as somebody asks; while the line is cut it waits. Only one at a time.
   */
  tail(after: number): AsyncIterable<readonly Placed[]>;
  /** Wipes what is in a place out; it is no error when it is gone. @throws {JournalError} when that can't be done now. */
  erase(place: number): Promise<void>;
  /** Drops what was said and deleted in places up to one; likewise. */
  prune(upTo: number): Promise<void>;
  /** Ends everything, also what waits. */
  close(): Promise<void>;
}
