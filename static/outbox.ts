import type { Pending } from "./chat.ts";
import type { Memory } from "./chat_memory.ts";
import { randomToken } from "./identity.ts";
import { type Failure, readFailure } from "./refusal.ts";

/** Each message has a key of its own, so that tabs never overwrite each other's: `hubbub.outbox.<time>-<nonce>`. */
export const OUTBOX_PREFIX = "hubbub.outbox.";
/** So many digits of milliseconds since 1970 sort as text until the year 33658. */
const TIME_DIGITS = 15;

interface Letter {
  readonly key: string;
  readonly pending: Pending;
  /** It survives a reload. */
  readonly kept: boolean;
}

/**
 * What I said and is not known to be kept by the server, in the order in which I said it. It survives a reload. All tabs
 * of a browser share the storage. Two that hold the same message may both send it, for the server drops a nonce that it
 * already has from me.
 */
export class Outbox {
  readonly #memory: Memory;
  readonly #now: () => number;
  readonly #known: boolean;
  #letters: Letter[] = [];
  #time = 0;

  /**
   * Takes over what is in the storage: whoever put it there may be gone.
   * @param known the browser will be the same person after a reload. If not, its messages are not for the storage, for
   * somebody else would say them once more; nor are those that are there its own.
   */
  constructor(memory: Memory, now: () => number, known = true) {
    this.#memory = memory;
    this.#now = now;
    this.#known = known;
    this.#takeOver(() => true);
  }

  /** All of it survives a reload. */
  get kept(): boolean {
    return this.#letters.every(({ kept }) => kept);
  }

  /** The rooms that something is to be said in. */
  get rooms(): Set<string> {
    return new Set(this.#letters.map(({ pending }) => pending.room));
  }

  /** What is to be said in a room, and what failed there. */
  of(room: string): Pending[] {
    return this.#letters.filter(({ pending }) => pending.room === room).map(({ pending }) => pending);
  }

  /** What has to be said next, but for rooms where it is too soon. */
  next(isTooSoon: (room: string) => boolean = () => false): Pending | undefined {
    return this.#letters.find(({ pending }) => pending.failed === undefined && !isTooSoon(pending.room))?.pending;
  }

  /** The message with a nonce. */
  get(nonce: string): Pending | undefined {
    return this.#letters.find(({ pending }) => pending.nonce === nonce)?.pending;
  }

  /** Puts a message last. */
  add(room: string, text: string): Pending {
    const at = this.#now();
    // What begins with the time is faster to keep: the server's index of nonces grows at its end.
    return this.#put({ room, nonce: `${at.toString(36)}-${randomToken()}`, text, at });
  }

  /** The server will not have it. It stays until somebody resends or discards it, also over a reload. */
  fail(nonce: string, failed: Failure): void {
    this.#letters = this.#letters.map((letter) => {
      if (letter.pending.nonce !== nonce) return letter;
      const pending = { ...letter.pending, failed };
      return { key: letter.key, pending, kept: letter.kept && this.#memory.set(letter.key, JSON.stringify(pending)) };
    });
  }

  /** Puts a message that failed last, for it is said again now. */
  resend(nonce: string): Pending | undefined {
    const failed = this.get(nonce);
    if (failed?.failed === undefined) return undefined;
    const old = this.#letters.find(({ pending }) => pending === failed)!;
    this.#letters = this.#letters.filter((letter) => letter !== old);
    const pending = this.#put({ room: failed.room, nonce, text: failed.text, at: this.#now() });
    this.#memory.remove(old.key);
    return pending;
  }

  /** Takes a message out, because the server has it or nobody wants it any more; also one of another tab. */
  remove(nonce: string): Pending | undefined {
    const pending = this.get(nonce);
    for (const key of this.#memory.keys(OUTBOX_PREFIX)) {
      if (nonceOf(key) === nonce) this.#memory.remove(key);
    }
    this.#letters = this.#letters.filter((letter) => letter.pending.nonce !== nonce);
    return pending;
  }

  /** Another tab changed the storage at `key`: what it took out has been echoed to it or discarded there. */
  changed(key: string): Pending | undefined {
    if (this.#memory.get(key) !== undefined) return undefined;
    const letter = this.#letters.find((letter) => letter.key === key);
    if (!letter?.kept) return undefined;
    // The storage stays as it is: the other tab may have put it there anew, under another key.
    this.#letters = this.#letters.filter((other) => other !== letter);
    return letter.pending;
  }

  /**
   * Takes over what another tab has not got rid of in a long time: it may be closed.
   * @param ageMs how long it has been there.
   */
  adopt(ageMs: number): Pending[] {
    const before = this.#now() - ageMs;
    // What failed is shown where it was said.
    return this.#takeOver((pending, time) => pending.failed === undefined && time <= before);
  }

  #takeOver(wanted: (pending: Pending, time: number) => boolean): Pending[] {
    const taken: Letter[] = [];
    if (!this.#known) return [];
    for (const key of this.#memory.keys(OUTBOX_PREFIX)) {
      const pending = this.get(nonceOf(key)) ? undefined : parse(this.#memory.get(key));
      if (pending === undefined || pending.nonce !== nonceOf(key)) continue;
      if (wanted(pending, timeOf(key))) taken.push({ key, pending, kept: true });
    }
    this.#letters = [...this.#letters, ...taken].sort((a, b) => a.key < b.key ? -1 : 1);
    return taken.map(({ pending }) => pending);
  }

  #put(pending: Pending): Pending {
    const key = this.#key(pending.nonce);
    // Another tab must not find this one without one that was said before it.
    const kept = this.#known && this.kept && this.#memory.set(key, JSON.stringify(pending));
    this.#letters.push({ key, pending, kept });
    return pending;
  }

  /** A key that comes after all others. */
  #key(nonce: string): string {
    const last = this.#letters.at(-1);
    // Clocks are set back at times, and a millisecond has room for two messages; the order of saying must hold.
    this.#time = Math.max(this.#now(), this.#time + 1, last === undefined ? 0 : timeOf(last.key) + 1);
    return `${OUTBOX_PREFIX}${String(this.#time).padStart(TIME_DIGITS, "0")}-${nonce}`;
  }
}

function timeOf(key: string): number {
  return Number(key.slice(OUTBOX_PREFIX.length, OUTBOX_PREFIX.length + TIME_DIGITS));
}

function nonceOf(key: string): string {
  return key.slice(OUTBOX_PREFIX.length + TIME_DIGITS + 1);
}

function parse(json: string | undefined): Pending | undefined {
  try {
    const { room, nonce, text, at, failed } = JSON.parse(json!);
    if (![room, nonce, text].every((part) => typeof part === "string") || typeof at !== "number") return undefined;
    return { room, nonce, text, at, ...(failed === undefined ? {} : { failed: readFailure(failed) }) };
  } catch {
    return undefined;
  }
}
