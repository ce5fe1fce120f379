import type { Clock } from "./sweeper.ts";

/** For how long who comes from another node waits for what they have seen there, in ms. A line that is cut is longer. */
export const AHEAD_MS_MAX = 5_000;
/** No node catches up with more ids than that in this time. */
export const AHEAD_IDS_MAX = 100_000;
/** So many wait at once, lest those who only say that they have seen something cost more than that. */
export const AHEAD_MAX = 10_000;

/** Somebody who waits. */
interface Waiting {
  readonly id: number;
  /** Calls off the end of the waiting. */
  callOff(): void;
  readonly go: (hasCome: boolean) => void;
}

/**
 * Those who have seen something on another node that has not come to this one yet: what is kept comes to each node in the
 * same order, but not at the same moment.
 */
export class Ahead {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();

  /** Nobody waits. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls back when everything up to an id has come, or has not in AHEAD_MS_MAX. The returned function calls it off; there
   * is none when there is nothing to wait for, because the id is too far from `last`, the newest here, or too many wait.
   */
  wait(id: number, last: number, go: (hasCome: boolean) => void): (() => void) | undefined {
    if (id > last + AHEAD_IDS_MAX || this.#waiting.size >= AHEAD_MAX) return undefined;
    const waiting: Waiting = {
      id,
      go,
      callOff: this.#clock.after(AHEAD_MS_MAX, () => {
        this.#waiting.delete(waiting);
        go(false);
      }),
    };
    this.#waiting.add(waiting);
    return () => this.#forget(waiting);
  }

  /** Everything up to an id has come. */
  reached(last: number): void {
    // Whom one of them calls off is passed over.
    for (const waiting of this.#waiting) {
      if (waiting.id > last) continue;
      this.#forget(waiting);
      waiting.go(true);
    }
  }

  #forget(waiting: Waiting): void {
    waiting.callOff();
    this.#waiting.delete(waiting);
  }
}
