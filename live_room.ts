import type { Client, Feed } from "./client.ts";
import type { Draft, Entry, Kept, Page } from "./journal/journal.ts";
import { encode, type Joined, PAGE_ENTRIES, type Person, type Rules } from "./protocol.ts";
import { type Deletion, encodeWith, type Missed, Recent, type SaidLine, sayLine } from "./recent.ts";
import { Room } from "./room.ts";
import { Roster } from "./roster.ts";

/** The most that a page of entries takes up unless it is one entry, in UTF-16 units of its lines. */
export const PAGE_LENGTH_MAX = 128 * 1024;
/** The most that somebody who comes back is sent of a room; who missed more gets the newest page. */
export const RESUME_LENGTH_MAX = 256 * 1024;

/** Somebody who can be in rooms, by one connection. */
export interface Visitor {
  readonly client: Client;
  /** Who it is; known before they join anything. */
  readonly me: Person | undefined;
  /** The rooms that they are in, also while they wait for what was said there. */
  readonly rooms: Map<string, LiveRoom>;
}

/** Somebody who waits for what was said in a room to be read, or to come from another node. */
export interface Arrival {
  /** What they resume from; undefined if they have nothing. */
  readonly after: number | undefined;
  /** They wait no more. */
  callOff?(): void;
}

/** How somebody's time in a room starts. */
export interface Start {
  readonly start: Joined["start"];
  readonly lines: readonly SaidLine[];
  /** The ids of what was deleted meanwhile. */
  readonly deleted: readonly number[];
  readonly more: boolean;
}

/**
 * A room that somebody is in: its members and their lines, the people they are, and the newest of what was said. It is
 * made when somebody joins and forgotten when nobody is left; what was said stays in the journal.
 */
export class LiveRoom implements Feed {
  readonly name: string;
  /** Who gets the lines. Whoever waits for the newest page to be read is not in it yet. */
  readonly room = new Room<Client>();
  /** Who is here, those who wait too. */
  readonly roster = new Roster();
  /** Everybody who is here. */
  readonly visitors = new Set<Visitor>();
  /** Those who can't be let in yet. */
  readonly arrivals = new Map<Visitor, Arrival>();
  /** Calls off the telling of changes, when one is planned. */
  callOffTick: (() => void) | undefined;
  // What somebody last said here, by its nonce, and when, in ms on a monotonic clock, while the room is slow.
  readonly #saidLast = new Map<string, { readonly nonce: string; readonly at: number }>();
  // Undefined until the newest page was read from the journal.
  #recent: Recent | undefined;
  // What came until then. It need not be in that page: the answer may be on its way while something is said.
  #early: (SaidLine | Deletion)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Whether the newest page was read from the journal. */
  get loaded(): boolean {
    return this.#recent !== undefined;
  }

  /**
   * How long somebody has to wait, in ms, before they may say something in a room where so much time has to be between two
   * messages; with 0 they may, and it counts as said. To say the last again, because its answer was lost, is not to say more.
   */
  waitMs({ user, nonce }: Pick<Draft, "user" | "nonce">, pauseMs: number, now: number): number {
    if (pauseMs === 0) return 0;
    const last = this.#saidLast.get(user);
    if (last?.nonce === nonce) return 0;
    const waitMs = (last?.at ?? -Infinity) + pauseMs - now;
    if (waitMs > 0) return waitMs;
    // In order of saying, so that those who need not wait any more are at the beginning.
    this.#saidLast.delete(user);
    this.#saidLast.set(user, { nonce, at: now });
    for (const [other, { at }] of this.#saidLast) {
      if (at + pauseMs > now) break;
      this.#saidLast.delete(other);
    }
    return 0;
  }

  /** The newest page was read from the journal. */
  load(page: Page<Kept>): void {
    const recent = this.#recent = new Recent(page);
    const last = page.entries.at(-1)?.id ?? 0;
    for (const each of this.#early.splice(0)) {
      if (each.id <= last) continue;
      if ("json" in each) recent.push(each);
      else recent.delete(each);
    }
  }

  /** Something was said here and is kept: it goes to the members. */
  deliver(entry: Entry): void {
    const line = sayLine(entry);
    this.roster.said(entry.user);
    this.room.push({ json: line.json, plain: entry.text.replaceAll("\n", " ") });
    if (this.#recent) this.#recent.push(line);
    else this.#early.push(line);
  }

  /** Something that was said here was deleted. */
  delete(deletion: Deletion): void {
    this.room.push({ json: encode({ type: "deleted", room: this.name, ...deletion }) });
    if (this.#recent) this.#recent.delete(deletion);
    else this.#early.push(deletion);
  }

  take(client: Client): string | undefined {
    return this.room.take(client);
  }

  /** The newest page, for who is here for the first time, or has to start again; of at most a length. Only when loaded. */
  newest(start: "fresh" | "reload", length: number): Start {
    if (length <= 0) return { start, lines: [], deleted: [], more: true };
    return { start, deleted: [], ...this.#recent!.newest(PAGE_ENTRIES, Math.min(length, PAGE_LENGTH_MAX)) };
  }

  /** Everything since an id; undefined when that can't be told from memory. Only when loaded. */
  since(id: number): Start | undefined {
    const missed = this.#recent!.since(id);
    return missed && resumed(missed);
  }

  /** Everything since an id, which begins with what was read from the journal; undefined when there is a hole after that. */
  sinceWith({ lines, deletions }: Missed, id: number): Start | undefined {
    const rest = this.#recent!.since(Math.max(lines.at(-1)?.id ?? id, deletions.at(-1)?.id ?? id));
    return rest && resumed({ lines: [...lines, ...rest.lines], deletions: [...deletions, ...rest.deletions] });
  }

  /** The line that lets a client in, which names so many people at most. */
  joinedLine({ start, lines, deleted, more }: Start, last: number, peopleMax: number, rules: Rules): string {
    const people: readonly Person[] = this.roster.listed.slice(0, peopleMax);
    const { name: room, roster: { count } } = this;
    return encodeWith(lines, { type: "joined", room, start, more, last, people, count, rules, deleted });
  }
}

function resumed({ lines, deletions }: Missed): Start {
  return { start: "resumed", lines, deleted: deletions.map(({ message }) => message), more: false };
}

/** How long lines are in all, in UTF-16 units. */
export function lengthOf(lines: readonly SaidLine[]): number {
  return lines.reduce((length, { json }) => length + json.length, 0);
}

/** The first lines, as many as fit a page; at least one. */
export function fitting(lines: readonly SaidLine[]): readonly SaidLine[] {
  let length = 0;
  const tooMany = lines.findIndex(({ json }, index) => (length += json.length) > PAGE_LENGTH_MAX && index > 0);
  return tooMany < 0 ? lines : lines.slice(0, tooMany);
}
