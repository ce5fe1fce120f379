import { type Act, type Entry, isAct, isEntry, type Kept, type Page } from "./journal/journal.ts";
import { encode, type Entries, type Joined, type Said } from "./protocol.ts";

/** How many entries of a room are kept in memory, where most of those who come back find all that they missed. */
export const RECENT_ENTRIES_MAX = 200;
/** How many deletions of a room are kept in memory, for the same. */
export const RECENT_DELETIONS_MAX = 200;
/** How much of a room is kept in memory, in UTF-16 units of its lines. */
export const RECENT_LENGTH_MAX = 256 * 1024;

/** An entry as it is said to clients. */
export function said({ id, room, user, name, text, nonce, at }: Entry): Said {
  return { type: "said", id, room, user, name, text, nonce, at };
}

/** An entry written out. */
export interface SaidLine {
  readonly id: number;
  readonly json: string;
}

/** Writes an entry as a line of JSON. */
export function sayLine(entry: Entry): SaidLine {
  return { id: entry.id, json: encode(said(entry)) };
}

/** Writes out a message that has entries, which are written out already. */
export function encodeWith(lines: readonly SaidLine[], message: WithoutEntries<Joined | Entries>): string {
  const entries = lines.map(({ json }) => json).join(",");
  return `${JSON.stringify(message).slice(0, -1)},"entries":[${entries}]}`;
}

/** Each of the messages, but for the entries. */
type WithoutEntries<M> = M extends unknown ? Omit<M, "entries"> : never;

/** Something that was deleted. */
export interface Deletion {
  /** Its own id. */
  readonly id: number;
  /** The id of what was said. */
  readonly message: number;
}

/** What somebody missed: what was said, written out, and what was deleted of what was said before, oldest first. */
export interface Missed {
  readonly lines: readonly SaidLine[];
  readonly deletions: readonly Deletion[];
}

/** What was said and deleted, apart. */
export function missedOf(kept: readonly Kept[]): Missed {
  return { lines: kept.filter(isEntry).map(sayLine), deletions: kept.filter(isAct).flatMap(deletionOf) };
}

function deletionOf({ id, deed }: Act): Deletion[] {
  return deed.type === "delete" ? [{ id, message: deed.message }] : [];
}

/** The newest of what was said in a room, written out, without a hole, and the newest deletions. */
export class Recent {
  #lines: SaidLine[];
  #length = 0;
  // Everything that was said in the room after this id is here.
  #floor: number;
  // Apart, so that what was said stays in memory however much is deleted.
  #deletions: readonly Deletion[];
  // Everything that was deleted in the room after this id is here.
  #deletionsFloor = 0;

  /** @param page the newest page of the room. */
  constructor({ entries, more, gap }: Page<Kept>) {
    const { lines, deletions } = missedOf(entries);
    this.#lines = [...lines];
    this.#deletions = deletions;
    for (const { json } of this.#lines) this.#length += json.length;
    this.#floor = more || gap ? (lines[0]?.id ?? Infinity) - 1 : 0;
    this.#trim();
  }

  /** The newest id, 0 if nothing was ever said. */
  get last(): number {
    return this.#lines.at(-1)?.id ?? 0;
  }

  /** Adds what was said next. */
  push(line: SaidLine): void {
    if (this.#floor === Infinity) this.#floor = line.id - 1;
    this.#lines.push(line);
    this.#length += line.json.length;
    this.#trim();
  }

  /** Adds a deletion, and takes out what it deletes. */
  delete(deletion: Deletion): void {
    const index = this.#lines.findLastIndex(({ id }) => id === deletion.message);
    if (index >= 0) this.#length -= this.#lines.splice(index, 1)[0]!.json.length;
    this.#deletions = [...this.#deletions, deletion];
    this.#trim();
  }

  /** Everything after an id, oldest first; undefined when that is more than is kept here. */
  since(id: number): Missed | undefined {
    if (id < this.#floor || id < this.#deletionsFloor) return undefined;
    return { lines: after(this.#lines, id), deletions: after(this.#deletions, id) };
  }

  /** The newest lines, oldest of them first, at most `count` and, unless it is only one, `length` long in all. */
  newest(count: number, length: number): { lines: readonly SaidLine[]; more: boolean } {
    let start = this.#lines.length;
    for (let left = length; start > 0 && this.#lines.length - start < count; start--) {
      left -= this.#lines[start - 1]!.json.length;
      if (left < 0 && start < this.#lines.length) break;
    }
    return { lines: this.#lines.slice(start), more: start > 0 || this.#floor > 0 };
  }

  #trim(): void {
    if (this.#deletions.length > RECENT_DELETIONS_MAX) {
      this.#deletionsFloor = this.#deletions.at(-RECENT_DELETIONS_MAX - 1)!.id;
      this.#deletions = this.#deletions.slice(-RECENT_DELETIONS_MAX);
    }
    let count = Math.max(0, this.#lines.length - RECENT_ENTRIES_MAX);
    for (let i = 0; i < count; i++) this.#length -= this.#lines[i]!.json.length;
    while (this.#length > RECENT_LENGTH_MAX && count < this.#lines.length - 1) {
      this.#length -= this.#lines[count++]!.json.length;
    }
    if (count === 0) return;
    this.#floor = this.#lines[count - 1]!.id;
    this.#lines = this.#lines.slice(count);
  }
}

function after<T extends { readonly id: number }>(kept: readonly T[], id: number): readonly T[] {
  return kept.slice(kept.findLastIndex((each) => each.id <= id) + 1);
}
