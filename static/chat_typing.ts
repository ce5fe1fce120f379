import type { Person } from "../protocol.ts";

/** So long after a hint, in ms, somebody counts as typing; longer than HINT_MS. */
export const TYPING_MS = 5_000;
/** While I write, the others are told at most this often, in ms. */
export const HINT_MS = 3_000;

/** Who is typing in a room at the moment. */
export class Typing {
  readonly #after: (ms: number, callback: () => void) => () => void;
  readonly #changed: () => void;
  readonly #people = new Map<string, { person: Person; callOff: () => void }>();

  constructor(after: (ms: number, callback: () => void) => () => void, changed: () => void) {
    this.#after = after;
    this.#changed = changed;
  }

  /** In the order in which they began. */
  get people(): Person[] {
    return [...this.#people.values()].map(({ person }) => person);
  }

  /** They wrote something just now. */
  heard(people: readonly Person[]): void {
    for (const person of people) {
      this.#people.get(person.id)?.callOff();
      const callOff = this.#after(TYPING_MS, () => this.stopped(person.id));
      this.#people.set(person.id, { person, callOff });
    }
    if (people.length > 0) this.#changed();
  }

  /** They said it, or gave it up. */
  stopped(id: string): void {
    const typing = this.#people.get(id);
    if (typing === undefined) return;
    typing.callOff();
    this.#people.delete(id);
    this.#changed();
  }

  /** Nobody is. */
  clear(): void {
    for (const { callOff } of this.#people.values()) callOff();
    this.#people.clear();
  }
}
