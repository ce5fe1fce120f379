import type { Memory } from "./chat_memory.ts";

/** Where it is kept what was begun in a room: this and the room's name. */
export const DRAFT_PREFIX = "hubbub.draft.";
/** So long after the first key something is kept, in ms: as much as the end of a tab can cost, and no key waits for it. */
export const KEEP_MS = 500;

/** What a tab is told of what another one has stored. */
export type Stored = Pick<StorageEvent, "key" | "oldValue" | "newValue">;

/**
 * What I have begun to write in each room; it survives the tab. It is read when a room is shown, and never while I write
 * there, so that what I write in another tab does not disturb me. Only what was sent there is not to be sent here again.
 */
export class Drafts {
  readonly #memory: Memory;
  readonly #after: (ms: number, callback: () => void) => () => void;
  /** What is not kept yet. */
  readonly #unkept = new Map<string, string>();
  /** What this tab has read or kept last: what it may delete. */
  readonly #known = new Map<string, string>();
  /** The rooms in which this tab has written something since it read what was begun there. */
  readonly #written = new Set<string>();
  #callOff: (() => void) | undefined;

  /** @param after calls back in so many ms, unless what it returns is called before. */
  constructor(memory: Memory, after: (ms: number, callback: () => void) => () => void) {
    this.#memory = memory;
    this.#after = after;
  }

  /** What was begun in a room. */
  of(room: string): string {
    const unkept = this.#unkept.get(room);
    if (unkept !== undefined) return unkept;
    const kept = this.#memory.get(DRAFT_PREFIX + room) ?? "";
    this.#known.set(room, kept);
    this.#written.delete(room);
    return kept;
  }

  /** What is written in a room now; kept soon, however fast somebody types and however long it is. */
  write(room: string, text: string): void {
    this.#unkept.set(room, text);
    this.#written.add(room);
    this.#callOff ??= this.#after(KEEP_MS, () => this.keep());
  }

  /** Whether another tab has sent or deleted what was begun in a room, and this one has not changed it meanwhile. */
  isGone(room: string, { key, oldValue, newValue }: Stored): boolean {
    if (key !== DRAFT_PREFIX + room || newValue !== null || this.#unkept.has(room)) return false;
    if (this.#written.has(room) && oldValue !== this.#known.get(room)) return false;
    this.#known.set(room, "");
    return true;
  }

  /** Keeps at once what is not kept yet. To have sent something here does not take away what was begun in another tab. */
  keep(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    for (const [room, text] of this.#unkept) {
      const key = DRAFT_PREFIX + room;
      if (text.trim() !== "") this.#memory.set(key, text);
      // What another tab has written there since is still wanted.
      else if (this.#memory.get(key) === this.#known.get(room)) this.#memory.remove(key);
      this.#known.set(room, text);
    }
    this.#unkept.clear();
  }
}
