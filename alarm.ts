import type { Clock } from "./sweeper.ts";

/** In so long as this, in ms, … */
export const TELLING_MS = 60_000;
/** … it is told so often at most that something began, or has another reason; each can end once. */
const BEGINNINGS_MAX = 2;

/**
 * Tells of something that goes on, and that others can make begin and end again and again: when it begins, ends, or has
 * another reason; what begins too often is told later, unless it is over by then. So the last that was told is how it is.
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #tell: (reason: string | undefined) => void;
  #reason: string | undefined;
  #told: string | undefined;
  /** When it was last told to have begun, in ms on the clock. */
  #beginnings: number[] = [];
  #callOff: (() => void) | undefined;

  /** @param tell is given the reason, or undefined when it is over. */
  constructor(clock: Clock, tell: (reason: string | undefined) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** It goes on, for a reason; or is over, if there is none. */
  set(reason: string | undefined): void {
    this.#reason = reason;
    this.#look();
  }

  /** Tells nothing more. */
  close(): void {
    this.#callOff?.();
  }

  #look(): void {
    if (this.#reason === this.#told || this.#reason !== undefined && !this.#mayBegin()) return;
    this.#told = this.#reason;
    this.#tell(this.#reason);
  }

  /** Whether it may be told that it begins; if not, that is looked at again when it may. */
  #mayBegin(): boolean {
    if (this.#callOff) return false;
    const now = this.#clock.now();
    this.#beginnings = this.#beginnings.filter((at) => now - at < TELLING_MS);
    if (this.#beginnings.length === BEGINNINGS_MAX) {
      this.#callOff = this.#clock.after(this.#beginnings[0]! + TELLING_MS - now, () => {
        this.#callOff = undefined;
        this.#look();
      });
      return false;
    }
    this.#beginnings.push(now);
    return true;
  }
}
