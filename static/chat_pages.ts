import type { TimelineChange } from "./chat.ts";
import type { Room } from "./chat_room.ts";
import type { Page } from "./chat_timeline.ts";

/** Moves what is on show of a room to and fro in what was said there. */
export class Pages {
  readonly #rooms: ReadonlyMap<string, Room>;
  readonly #history: (room: Room, where: { before: number } | { after: number }) => Promise<Page | undefined>;
  readonly #tell: (room: Room, change: TimelineChange) => void;
  readonly #loading = new Map<string, Promise<void>>();

  /**
   * @param history asks the server; undefined when it can't be asked now, or does not answer.
   * @param tell tells the page what changed.
   */
  constructor(
    rooms: ReadonlyMap<string, Room>,
    history: (room: Room, where: { before: number } | { after: number }) => Promise<Page | undefined>,
    tell: (room: Room, change: TimelineChange) => void,
  ) {
    this.#rooms = rooms;
    this.#history = history;
    this.#tell = tell;
  }

  /** Puts the page before what is on show. */
  older(name: string): Promise<void> {
    return this.#once(`older ${name}`, async () => {
      const room = this.#rooms.get(name);
      const timeline = room?.timeline;
      while (room !== undefined && timeline?.moreBefore) {
        const { from } = timeline;
        const page = await this.#history(room, { before: from });
        // By now another part may be on show, or the oldest of this one may be gone.
        if (page === undefined || room.timeline !== timeline || timeline.from !== from) return;
        const change = room.prepend(page);
        if (change !== undefined) return this.#tell(room, change);
      }
    });
  }

  /** Puts the page after what is on show, and what is said meanwhile if that is the end. */
  newer(name: string): Promise<void> {
    return this.#once(`newer ${name}`, async () => {
      const room = this.#rooms.get(name);
      const timeline = room?.timeline;
      while (room !== undefined && timeline?.moreAfter) {
        const { caught, release } = room.catch();
        const page = await this.#history(room, { after: timeline.to });
        release();
        if (page === undefined || room.timeline !== timeline) return;
        const change = room.extend(page, caught);
        // The page learns from this that it is at the end.
        if (change !== undefined || !page.more) {
          return this.#tell(room, change ?? { kind: "appended", count: 0 });
        }
      }
    });
  }

  /** Shows what was said around an id; false when it is not there, or not to be had. */
  async showAround(name: string, id: number): Promise<boolean> {
    const room = this.#rooms.get(name);
    if (room === undefined) return false;
    const { timeline } = room;
    if (room.cursor !== undefined && timeline.covers(id)) {
      return timeline.items.some((item) => item.kind === "said" && item.said.id === id);
    }
    return await this.#showAround(room, id, ({ entries }) => entries.at(-1)?.id === id);
  }

  /** Shows where what is unread begins; false when that is not to be had now. */
  async showUnread(name: string): Promise<boolean> {
    const room = this.#rooms.get(name);
    if (room === undefined) return false;
    // What was read last may be deleted by now.
    return room.timeline.covers(room.lastRead) || await this.#showAround(room, room.lastRead, () => true);
  }

  /** @param isRight whether the page up to an id is one to be shown. */
  async #showAround(room: Room, id: number, isRight: (before: Page) => boolean): Promise<boolean> {
    const { timeline } = room;
    const { caught, release } = room.catch();
    const [before, after] = await Promise.all([
      this.#history(room, { before: id + 1 }),
      this.#history(room, { after: id }),
    ]);
    release();
    if (before === undefined || after === undefined || room.timeline !== timeline || !isRight(before)) return false;
    const page = { entries: [...before.entries, ...after.entries], more: before.more };
    this.#tell(room, room.show(page, after.more, caught));
    return true;
  }

  /** Shows what was said last. */
  showEnd(name: string): Promise<void> {
    return this.#once(`end ${name}`, async () => {
      const room = this.#rooms.get(name);
      if (!room?.moreAfter) return;
      const { timeline } = room;
      const { caught, release } = room.catch();
      const page = await this.#history(room, { before: Number.MAX_SAFE_INTEGER });
      release();
      if (page === undefined || room.timeline !== timeline) return;
      this.#tell(room, room.show(page, false, caught));
    });
  }

  /** Does the same thing once at a time. */
  #once(what: string, load: () => Promise<void>): Promise<void> {
    let loading = this.#loading.get(what);
    if (loading === undefined) {
      loading = load().finally(() => this.#loading.delete(what));
      this.#loading.set(what, loading);
    }
    return loading;
  }
}
