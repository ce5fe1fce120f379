import { type Sweep, SWEEP_LOOKS, SWEEP_WRITES } from "./room.ts";

/** Time, as the hub needs it. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Milliseconds since 1970 by the wall clock, which may jump: for people to read. */
  date(): number;
  /** Calls back at the next turn of the event loop, after sockets were read; the returned function calls it off. */
  nextTurn(callback: () => void): () => void;
  /** Calls back after a while; the returned function calls it off. */
  after(ms: number, callback: () => void): () => void;
}

/** The clock and event loop of this process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => Date.now(),
  nextTurn(callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Something that has to be swept: a room, or the lines that are meant for single clients. */
export interface Sweepable<M> {
  sweep(now: number): Sweep<M>;
}

/**
 * Sees to it that whatever was woken is swept, turn by turn, until it needs no more. A turn writes to few members over all
 * rooms, and looks at not many more, so that reading and writing take turns; the rooms take turns, too.
 */
export class Sweeper<M> {
  readonly #clock: Clock;
  readonly #evict: (member: M) => void;
  readonly #due = new Set<Sweepable<M>>();
  readonly #pauses = new Map<Sweepable<M>, () => void>();
  #callOffTurn: (() => void) | undefined;
  #swept: (() => void) | undefined;

  /** @param evict is told of everyone whom a sweep sends away. */
  constructor(clock: Clock, evict: (member: M) => void) {
    this.#clock = clock;
    this.#evict = evict;
  }

  /** Something was pushed to it. */
  wake(sweepable: Sweepable<M>): void {
    this.#pauses.get(sweepable)?.();
    this.#pauses.delete(sweepable);
    this.#due.add(sweepable);
    this.#callOffTurn ??= this.#clock.nextTurn(this.#turn);
  }

  /** It is not needed any more. */
  forget(sweepable: Sweepable<M>): void {
    this.#pauses.get(sweepable)?.();
    this.#pauses.delete(sweepable);
    this.#due.delete(sweepable);
  }

  /** Sweeps no more. */
  stop(): void {
    this.#callOffTurn?.();
    for (const callOff of this.#pauses.values()) callOff();
    this.#pauses.clear();
    this.#due.clear();
    this.#swept = undefined;
  }

  /** Calls back after each turn, until `stop`. */
  afterEachTurn(callback: () => void): void {
    this.#swept = callback;
  }

  readonly #turn = (): void => {
    this.#callOffTurn = undefined;
    let writes = 0;
    let looks = 0;
    for (const sweepable of [...this.#due]) {
      if (writes >= SWEEP_WRITES || looks >= SWEEP_LOOKS) break;
      this.#due.delete(sweepable);
      const sweep = sweepable.sweep(this.#clock.now());
      writes += sweep.writes;
      looks += sweep.looks;
      for (const member of sweep.evicted) this.#evict(member);
      if (sweep.again === 0) this.#due.add(sweepable);
      else if (sweep.again !== undefined) this.#pauses.set(sweepable, this.#pause(sweepable, sweep.again));
    }
    if (this.#due.size > 0) this.#callOffTurn ??= this.#clock.nextTurn(this.#turn);
    this.#swept?.();
  };

  #pause(sweepable: Sweepable<M>, ms: number): () => void {
    return this.#clock.after(ms, () => this.wake(sweepable));
  }
}
