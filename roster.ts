import type { Person } from "./protocol.ts";

/** How many of a room's people are told to its members by name; of the others only the count is. */
export const LISTED_MAX = 100;
/** How many of those who are typing are told by name. */
export const TYPING_MAX = 5;
/** How long changes are collected before they are told, in ms, in a room of up to LISTED_MAX people; longer in bigger ones. */
export const TICK_MS = 250;
/** The longest that they are. */
export const TICK_MS_MAX = 5_000;

/** What to tell about the people of a room. */
export interface Changes {
  readonly joined: readonly Person[];
  readonly left: readonly string[];
  readonly typing: readonly Person[];
  /** The count is another. */
  readonly counted: boolean;
}

/**
 * The people in a room. However many connections somebody has, they are one. Changes are collected until somebody asks for
 * them: who came and went meanwhile is no change, and of many people only some are listed.
 */
export class Roster {
  readonly #people = new Map<string, { person: Person; connections: number }>();
  // Who is listed and who would be if there were room, in order of coming.
  readonly #listed = new Map<string, Person>();
  readonly #unlisted = new Set<string>();
  // What the members know by the changes that they were told.
  readonly #told = new Map<string, Person>();
  readonly #changed = new Set<string>();
  readonly #typing = new Map<string, Person>();
  #toldCount = 0;

  /** How many people there are. */
  get count(): number {
    return this.#people.size;
  }

  /** Those who are listed. */
  get listed(): Person[] {
    return [...this.#listed.values()];
  }

  /** How long to collect changes before telling them, in ms. */
  get tickMs(): number {
    return Math.min(TICK_MS * Math.ceil((this.count || 1) / LISTED_MAX), TICK_MS_MAX);
  }

  /** Somebody has one more connection here. */
  join(person: Person): void {
    const known = this.#people.get(person.id);
    if (known) {
      known.connections++;
      return;
    }
    this.#people.set(person.id, { person, connections: 1 });
    if (this.#listed.size < LISTED_MAX) this.#list(person);
    else this.#unlisted.add(person.id);
  }

  /** Somebody has one connection less here. */
  leave(id: string): void {
    const known = this.#people.get(id);
    if (known === undefined || --known.connections > 0) return;
    this.#people.delete(id);
    this.#typing.delete(id);
    if (this.#unlisted.delete(id)) return;
    this.#listed.delete(id);
    this.#changed.add(id);
    for (const next of this.#unlisted) {
      this.#unlisted.delete(next);
      return this.#list(this.#people.get(next)!.person);
    }
  }

  /** Somebody who is here has another name. */
  rename(person: Person): void {
    this.#people.get(person.id)!.person = person;
    if (this.#typing.has(person.id)) this.#typing.set(person.id, person);
    if (this.#listed.has(person.id)) this.#list(person);
  }

  /** Somebody who is here is typing. */
  typing(person: Person): void {
    if (this.#typing.size < TYPING_MAX) this.#typing.set(person.id, person);
  }

  /** Somebody has said what they were typing. */
  said(id: string): void {
    this.#typing.delete(id);
  }

  /** What has changed since the last call. */
  changes(): Changes {
    const joined: Person[] = [];
    const left: string[] = [];
    for (const id of this.#changed) {
      const [person, told] = [this.#listed.get(id), this.#told.get(id)];
      if (person && person.name !== told?.name) {
        joined.push(person);
        this.#told.set(id, person);
      } else if (!person && told) {
        left.push(id);
        this.#told.delete(id);
      }
    }
    const typing = [...this.#typing.values()];
    const counted = this.count !== this.#toldCount;
    this.#changed.clear();
    this.#typing.clear();
    this.#toldCount = this.count;
    return { joined, left, typing, counted };
  }

  #list(person: Person): void {
    this.#listed.set(person.id, person);
    this.#changed.add(person.id);
  }
}
