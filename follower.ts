import type { Hub } from "./hub.ts";
import { isAct, type Journal, type Kept, type Page } from "./journal/journal.ts";

/** How much a follower reads from the journal at once. */
const PAGE_ENTRIES_MAX = 50;
/** How much of what was delivered may wait for a follower to take it; of what does not fit the journal has a copy. */
export const READY_ENTRIES_MAX = 256;
/** The same, in UTF-16 units of their texts. */
export const READY_LENGTH_MAX = 64 * 1024;

/** What followers need. */
export interface FollowersPorts {
  readonly hub: Pick<Hub, "last" | "listen">;
  readonly journal: Pick<Journal, "missed" | "since">;
}

/** What comes next. */
export interface Followed {
  /** What was said, and deletions of what was, in order; nothing when the follower was closed. */
  readonly kept: readonly Kept[];
  /** Some of what lay between these and what was taken before has been deleted because of its age. */
  readonly gap: boolean;
}

/** Those who follow what is said without being a client, by their room; undefined is all of them. */
export class Followers {
  readonly #ports: FollowersPorts;
  readonly #followers = new Map<string | undefined, Set<Follower>>();

  /** Listens to the hub from now on. */
  constructor(ports: FollowersPorts) {
    this.#ports = ports;
    ports.hub.listen((kept) => {
      const room = roomOf(kept);
      if (room === undefined) return;
      for (const whose of [room, undefined]) {
        for (const follower of this.#followers.get(whose) ?? []) follower.delivered(kept);
      }
    });
  }

  /** Follows a room, or undefined for all, from after an id on; it has to be the newest that was delivered, or older. */
  follow(room: string | undefined, after: number): Follower {
    const followers = this.#followers.get(room) ?? new Set();
    this.#followers.set(room, followers);
    const follower: Follower = new Follower(this.#ports, room, after, () => {
      followers.delete(follower);
      if (followers.size === 0) this.#followers.delete(room);
    });
    followers.add(follower);
    return follower;
  }
}

/**
 * Takes what is said, and what is deleted of it, from an id on: each once, in order, without a hole, for as long as one likes. Its queue is the
 * journal: what is delivered while nobody takes it waits here, and if that is too much it is forgotten, and read when
 * somebody does. So a slow reader costs no more memory than a fast one.
 */
export class Follower {
  readonly #ports: FollowersPorts;
  readonly #room: string | undefined;
  readonly #left: () => void;
  // Everything up to this id was taken.
  #cursor: number;
  // What comes next, unless something that comes earlier has to be read.
  #ready: Kept[] = [];
  #readyLength = 0;
  // Everything up to this id was taken before what was taken last; and of that, what was deleted since.
  #takenBefore: number;
  readonly #gone = new Set<number>();
  #behind: boolean;
  // The newest that was delivered while it was behind, and so is not ready.
  #missed: number;
  #wake: () => void = () => {};
  #closed = false;

  constructor(ports: FollowersPorts, room: string | undefined, after: number, left: () => void) {
    this.#ports = ports;
    this.#room = room;
    this.#left = left;
    this.#cursor = this.#takenBefore = after;
    this.#missed = ports.hub.last;
    this.#behind = after < this.#missed;
  }

  /** Everything up to this id was taken, or is no concern of this follower. */
  get cursor(): number {
    return this.#cursor;
  }

  /** Something was delivered that it follows. */
  delivered(kept: Kept): void {
    if (isAct(kept) && kept.deed.type === "delete") this.#takeBack(kept.deed.message);
    if (!this.#behind) {
      this.#ready.push(kept);
      this.#readyLength += lengthOf(kept);
      this.#behind = this.#ready.length > READY_ENTRIES_MAX || this.#readyLength > READY_LENGTH_MAX;
    }
    if (this.#behind) {
      this.#missed = kept.id;
      this.#forget();
    }
    this.#wake();
  }

  /**
   * Waits for what comes next, and takes it. One call at a time.
   * @throws {JournalError} when it can't be read now. Nothing was taken then.
   */
  async next(): Promise<Followed> {
    this.#takenBefore = this.#cursor;
    this.#gone.clear();
    while (!this.#closed) {
      if (this.#behind) {
        const read = await this.#read();
        if (read.kept.length > 0 || read.gap) return read;
      } else if (this.#ready.length > 0) {
        const kept = this.#ready;
        this.#forget();
        this.#cursor = kept.at(-1)!.id;
        return { kept, gap: false };
      } else {
        await new Promise<void>((resolve) => this.#wake = resolve);
      }
    }
    return { kept: [], gap: false };
  }

  /** Whether something of what was taken last was deleted since, so that it need not go anywhere. */
  isGone(id: number): boolean {
    return this.#gone.has(id);
  }

  /** Ends it; whoever waits gets nothing. Twice is harmless. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#left();
    this.#forget();
    this.#wake();
  }

  async #read(): Promise<Followed> {
    const { hub, journal } = this.#ports;
    const missed = this.#missed;
    const page: Page<Kept> = this.#room === undefined
      ? await journal.since(this.#cursor, PAGE_ENTRIES_MAX)
      : await journal.missed(this.#room, this.#cursor, PAGE_ENTRIES_MAX);
    // What is kept but not delivered is still to come.
    const delivered = page.entries.filter(({ id }) => id <= hub.last);
    const isRest = !page.more || delivered.length < page.entries.length;
    // What was missed before it was read, and is not in it, was deleted.
    this.#cursor = Math.max(delivered.at(-1)?.id ?? 0, isRest ? missed : this.#cursor);
    this.#behind = !isRest || this.#missed > this.#cursor;
    return { kept: delivered.filter((kept) => roomOf(kept) !== undefined), gap: page.gap };
  }

  #takeBack(message: number): void {
    if (message > this.#takenBefore && message <= this.#cursor) this.#gone.add(message);
    const index = this.#ready.findIndex(({ id }) => id === message);
    if (index >= 0) this.#readyLength -= lengthOf(this.#ready.splice(index, 1)[0]!);
  }

  #forget(): void {
    this.#ready = [];
    this.#readyLength = 0;
  }
}

/** Where it was said, or deleted; undefined of everything else that can be done, which is no concern of those who follow. */
function roomOf(kept: Kept): string | undefined {
  if (!isAct(kept)) return kept.room;
  return kept.deed.type === "delete" ? kept.deed.room : undefined;
}

function lengthOf(kept: Kept): number {
  return isAct(kept) ? 0 : kept.text.length;
}
