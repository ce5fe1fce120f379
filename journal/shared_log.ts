import type { ActDraft, Claim, Draft, JournalError } from "./journal.ts";

/** What several nodes want to be kept. */
export type LogRecord =
  | { readonly say: Draft }
  /** Of a deletion, `nonce` is that of the message, for those who have it not any more. */
  | { readonly act: ActDraft; readonly nonce?: string }
  | { readonly claim: Claim }
  /** What was said and deleted up to this place is too old to be kept. */
  | { readonly drop: number };

/** A record in its place. */
export interface Placed {
  /** From 1. Places only grow, gaps mean nothing. */
  readonly place: number;
  /** Undefined when it is nothing that this program knows. */
  readonly record: LogRecord | undefined;
}

/** What a log has. */
export interface LogState {
  /** Changes if places ever start again. */
  readonly epoch: string;
  /** The last place with something in it; 0 when there is none. */
  readonly last: number;
}

/**
 * One order of records that several nodes append to and all of them follow: what a Replica keeps a copy of. A place is the
 * id of what is in it.
 */
export interface SharedLog {
  /** Calls back when nothing can be appended any more though nobody has tried, as when the line is cut. Called once. */
  listen(failing: (error: JournalError) => void): void;
  /**
   * What it is and has at the moment.
   * @throws {JournalError} when nothing can be appended or found out at the moment.
   */
  state(): Promise<LogState>;
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

/** Whether some of what was said and deleted is dropped. */
export function dropsAny(records: readonly Placed[]): boolean {
  return records.some(({ record }) => record && "drop" in record);
}

/** What is taken for a record: undefined if it is none that this program knows, be it from a newer one or from nobody. */
export function asRecord(value: unknown): LogRecord | undefined {
  if (!isObject(value)) return undefined;
  if ("say" in value) return hasFields(value.say, SAY) ? value as unknown as LogRecord : undefined;
  if ("claim" in value) return hasFields(value.claim, CLAIM) ? value as unknown as LogRecord : undefined;
  if ("drop" in value) return Number.isSafeInteger(value.drop) ? value as unknown as LogRecord : undefined;
  if (!hasFields(value.act, ACT) || !["undefined", "string"].includes(typeof value.nonce)) return undefined;
  const { deed } = value.act as { deed: unknown };
  if (!hasFields(deed, { type: "string" })) return undefined;
  const isDeletion = (deed as { type: string }).type === "delete";
  if (isDeletion && !hasFields(deed, { room: "string", message: "number", author: "string" })) return undefined;
  return value as unknown as LogRecord;
}

const SAY = { room: "string", user: "string", name: "string", text: "string", nonce: "string", at: "number" };
const CLAIM = { user: "string", name: "string" };
const ACT = { by: "string", name: "string", at: "number", deed: "object" };

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Whether each of these fields is there, and of its type; a number is whole. */
function hasFields(value: unknown, types: Readonly<Record<string, string>>): boolean {
  return isObject(value) &&
    Object.entries(types).every(([name, type]) =>
      typeof value[name] === type && (type !== "number" || Number.isSafeInteger(value[name]))
    );
}
