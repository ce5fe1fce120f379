import { isRoomName, ROOMS_PER_CLIENT_MAX } from "../protocol.ts";
import type { Memory } from "./chat_memory.ts";

/** Where the rooms are remembered, in the order in which they were entered. */
export const ROOMS_KEY = "hubbub.rooms";
/** Where it is remembered which rooms are muted. */
export const MUTED_KEY = "hubbub.muted";
/** Where it is remembered how far a room was read: this and its name; the value is the id, a space and the epoch. */
export const READ_PREFIX = "hubbub.read.";

/** The rooms that this browser is in, which of them are muted, and how far they were read in any of its tabs. */
export class Bookmarks {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  /** The rooms in the order in which they were entered. */
  get rooms(): Set<string> {
    return this.#names(ROOMS_KEY);
  }

  /** The rooms that are muted, whether I am in them or not. */
  get muted(): Set<string> {
    return this.#names(MUTED_KEY);
  }

  /** Remembers a room. */
  enter(name: string): void {
    this.#save(ROOMS_KEY, this.rooms.add(name));
  }

  /** Forgets a room, but not how far it was read. */
  leave(name: string): void {
    const { rooms } = this;
    rooms.delete(name);
    this.#save(ROOMS_KEY, rooms);
  }

  /** Remembers whether a room is muted. */
  mute(name: string, muted: boolean): void {
    const { muted: rooms } = this;
    if (muted) rooms.add(name);
    else rooms.delete(name);
    this.#save(MUTED_KEY, rooms);
  }

  /** The newest id that was read; undefined when the room was never entered in this epoch. */
  lastRead(name: string, epoch: string): number | undefined {
    const [id, known] = (this.#memory.get(READ_PREFIX + name) ?? "").split(" ");
    return known === epoch && /^\d+$/.test(id!) ? Number(id) : undefined;
  }

  /** Remembers how far a room was read; never less far than another tab has. */
  read(name: string, epoch: string, id: number): void {
    if (id > (this.lastRead(name, epoch) ?? -1)) this.#memory.set(READ_PREFIX + name, `${id} ${epoch}`);
  }

  #names(key: string): Set<string> {
    try {
      const names: unknown = JSON.parse(this.#memory.get(key) ?? "[]");
      if (!Array.isArray(names)) return new Set();
      const good = names.filter((name) => typeof name === "string" && isRoomName(name));
      return new Set(good.slice(0, ROOMS_PER_CLIENT_MAX));
    } catch {
      return new Set();
    }
  }

  #save(key: string, rooms: Set<string>): void {
    this.#memory.set(key, JSON.stringify([...rooms]));
  }
}

/** The room of which it is remembered at `key` how far it was read. */
export function bookmarkedRoom(key: string): string | undefined {
  return key.startsWith(READ_PREFIX) ? key.slice(READ_PREFIX.length) : undefined;
}
