import type { Client, Feed } from "./client.ts";
import type { Entry, Page } from "./journal/journal.ts";
import { encode, type Joined, PAGE_ENTRIES, type Person } from "./protocol.ts";
import { Recent, type SaidLine, sayLine } from "./recent.ts";
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

/** How somebody's time in a room starts. */
export interface Start {
  readonly start: Joined["start"];
  readonly lines: readonly SaidLine[];
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
  /** Those who wait for what was said here to be read, and what they resume from. */
  readonly arrivals = new Map<Visitor, number | undefined>();
  /** Calls off the telling of changes, when one is planned. */
  callOffTick: (() => void) | undefined;
  // Undefined until the newest page was read from the journal.
  #recent: Recent | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** Whether the newest page was read from the journal. */
  get loaded(): boolean {
    return this.#recent !== undefined;
  }

  /** The newest page was read from the journal. */
  load(page: Page): void {
    this.#recent = new Recent(page);
  }

  /** Something was said here and is kept: it goes to the members. */
  deliver(entry: Entry): void {
    const line = sayLine(entry);
    this.roster.said(entry.user);
    this.room.push({ json: line.json, plain: entry.text.replaceAll("\n", " ") });
    // What comes before the newest page is in it, for the journal answers in order.
    this.#recent?.push(line);
  }

  take(client: Client): string | undefined {
    return this.room.take(client);
  }

  /** The newest page, for who is here for the first time, or has to start again; of at most a length. Only when loaded. */
  newest(start: "fresh" | "reload", length: number): Start {
    if (length <= 0) return { start, lines: [], more: true };
    return { start, ...this.#recent!.newest(PAGE_ENTRIES, Math.min(length, PAGE_LENGTH_MAX)) };
  }

  /** Everything since an id; undefined when that can't be told from memory. Only when loaded. */
  since(id: number): Start | undefined {
    const lines = this.#recent!.since(id);
    return lines && { start: "resumed", lines, more: false };
  }

  /** Everything since an id, which begins with what was read from the journal; undefined when there is a hole after that. */
  sinceWith(read: readonly SaidLine[], id: number): Start | undefined {
    const rest = this.since(read.at(-1)?.id ?? id);
    return rest && { start: "resumed", lines: [...read, ...rest.lines], more: false };
  }

  /** The line that lets a client in, which names so many people at most. */
  joinedLine({ start, lines, more }: Start, last: number, peopleMax: number): string {
    const entries = `[${lines.map(({ json }) => json).join(",")}]`;
    const people: readonly Person[] = this.roster.listed.slice(0, peopleMax);
    const joined: Joined = {
      type: "joined",
      room: this.name,
      start,
      more,
      last,
      people,
      count: this.roster.count,
      entries: [],
    };
    // The entries are written out already, once for everyone.
    return encode(joined).replace(/\[\]}$/, () => `${entries}}`);
  }
}

/** How long lines are in all, in UTF-16 units. */
export function lengthOf(lines: readonly SaidLine[]): number {
  return lines.reduce((length, { json }) => length + json.length, 0);
}

/** The first entries, as many as fit a page; at least one. */
export function fitting(entries: readonly Entry[]): readonly Entry[] {
  let length = 0;
  const tooMany = entries.findIndex((entry, index) =>
    (length += sayLine(entry).json.length) > PAGE_LENGTH_MAX && index > 0
  );
  return tooMany < 0 ? entries : entries.slice(0, tooMany);
}
