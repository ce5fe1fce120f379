import type { Said } from "../protocol.ts";
import type { Item, TimelineChange } from "./chat.ts";

/** More items than this are not held when all of them were read: a page that is open for a week must not hold everything. */
export const ITEMS_MAX = 2_000;
/** More than this are not held at all. */
export const UNREAD_ITEMS_MAX = 4_000;
/** When there are too many, so many more go than have to, so that it does not have to be done for each new one. */
export const ITEMS_DROPPED = 500;

/** A page of what was said, oldest first. */
export interface Page {
  readonly entries: readonly Said[];
  readonly more: boolean;
}

/**
 * A part of what was said in a room, without a hole. A text that is empty has an id, but is nothing to show; a seed client
 * can send one.
 */
export class Timeline {
  items: Item[];
  moreBefore: boolean;
  moreAfter: boolean;
  /** From this id on everything is here, shown or not, */
  from: number;
  /** up to this one. */
  to: number;
  readonly #ids = new Set<number>();

  /**
   * @param page what is known; `more` before it.
   * @param last everything up to this id is in the page or before it.
   */
  constructor(page: Page, last: number, moreAfter: boolean, notices: readonly Item[] = []) {
    const { entries, more } = page;
    this.items = [...notices];
    this.moreBefore = more;
    this.moreAfter = moreAfter;
    this.from = more ? entries[0]?.id ?? last + 1 : 0;
    this.to = Math.max(last, entries.at(-1)?.id ?? 0);
    this.#place(this.#unknown(entries));
  }

  /** Whether an id is in this part, shown or not. */
  covers(id: number): boolean {
    return id >= this.from && id <= this.to;
  }

  /**
   * Adds what follows; what is here already is left out.
   * @param notice comes before it if there is anything to come.
   */
  append(entries: readonly Said[], notice?: Item): TimelineChange | undefined {
    this.to = Math.max(this.to, entries.at(-1)?.id ?? 0);
    const unknown = this.#unknown(entries);
    if (unknown.length === 0) return undefined;
    const count = unknown.length + (notice === undefined ? 0 : 1);
    return this.#place(unknown, notice) ? { kind: "appended", count } : { kind: "reset" };
  }

  /** Adds the page before. */
  prepend({ entries, more }: Page): TimelineChange | undefined {
    const unknown = this.#unknown(entries, 0);
    this.moreBefore = more && entries.length > 0;
    this.from = this.moreBefore ? entries[0]!.id : 0;
    this.items.unshift(...unknown.map((said): Item => ({ kind: "said", said })));
    return unknown.length === 0 ? undefined : { kind: "prepended", count: unknown.length };
  }

  /** Takes out what was deleted; says what of it was here. What is taken out is not put in again. */
  delete(ids: ReadonlySet<number>): TimelineChange | undefined {
    const said: Said[] = [];
    const kept = this.items.filter((item) => {
      if (item.kind !== "said" || !ids.has(item.said.id)) return true;
      said.push(item.said);
      return false;
    });
    if (said.length > 0) this.items = kept;
    return said.length === 0 ? undefined : { kind: "deleted", said };
  }

  /** Lets go of the oldest if there are more than `max` items; says what changed. */
  trim(max: number): TimelineChange | undefined {
    if (this.items.length <= max) return undefined;
    const dropped = this.items.splice(0, this.items.length - max + ITEMS_DROPPED);
    for (const item of dropped) if (item.kind === "said") this.#ids.delete(item.said.id);
    this.from = this.items.find((item) => item.kind === "said")?.said.id ?? this.to + 1;
    this.moreBefore = true;
    return { kind: "dropped", count: dropped.length };
  }

  /** What is to be shown and is not here; from now on it counts as here. */
  #unknown(entries: readonly Said[], from = this.from): Said[] {
    return entries.filter(({ id, text }) => {
      if (text === "" || id < from || this.#ids.has(id)) return false;
      this.#ids.add(id);
      return true;
    });
  }

  /** Puts entries where they belong; whether all came last. */
  #place(entries: readonly Said[], notice?: Item): boolean {
    const newest = this.items.findLast((item) => item.kind === "said")?.said.id ?? 0;
    const last = entries.every(({ id }) => id > newest);
    if (notice !== undefined && last) this.items.push(notice);
    for (const said of entries) {
      let at = this.items.length;
      // Lines come in order of id; if ever they did not, each would still stand in its place.
      while (!last && at > 0 && !isBefore(this.items[at - 1]!, said.id)) at--;
      this.items.splice(at, 0, { kind: "said", said });
    }
    return last;
  }
}

function isBefore(item: Item, id: number): boolean {
  return item.kind === "said" && item.said.id < id;
}
