/** What a room needs to know of a member: never its socket. */
export interface Member {
  /** `busy` while something written earlier is still on its way, `gone` when nothing can be written any more. */
  readonly state: "ready" | "busy" | "gone";
  /** Sends lines, joined by `\n`, as one message. The room calls it only when the member is `ready`. */
  write(lines: string): void;
}

/** How many members one call of `sweep` writes to: few, so that reading and writing take turns. 64 and more were slower. */
export const SWEEP_WRITES = 16;
/** The most that goes into one message, in bytes of UTF-8, unless a single line is longer. */
export const BATCH_BYTES_MAX = 64 * 1024;
/** A member's send queue, in lines: a busy member further behind than this is slow. */
export const QUEUE_LINES_MAX = 256;
/** The same, in bytes of UTF-8. */
export const QUEUE_BYTES_MAX = 256 * 1024;
/** For how long a single write may take before the member is evicted, if its queue is full: whoever reads at all is faster. */
export const SLOW_GRACE_MS = 2_000;
/** For how long a single write may take otherwise; longer than SLOW_GRACE_MS. */
export const WRITE_WAIT_MS = 10_000;
/** The most that is kept for those who have not been sent it, in bytes of UTF-8: 1,000 of the longest messages. */
export const LOG_BYTES_MAX = 64 * 1024 * 1024;
/** How soon a sweep looks at busy members again; it doubles while nothing can be written. */
export const PAUSE_MS_MIN = 10;
/** The most that it doubles to. */
export const PAUSE_MS_MAX = 640;
/** The most that one look adds to a member's busy time, so that a stall of our own is not held against it. More than PAUSE_MS_MAX. */
const BUSY_STEP_MS_MAX = 1_000;

/** What a sweep came to. */
export interface Sweep<M> {
  /** Members that left the room because they are too slow, or gone. */
  evicted: M[];
  /** When to sweep again, in ms; 0 is the next turn of the event loop, undefined is after the next `push`. */
  again: number | undefined;
}

/** A member's send queue: not a copy of lines but a place in the room's log. What is behind it was sent. */
interface Cursor {
  /** The position in the log of the next line to send. */
  next: number;
  /** For how long it was seen busy since it was last written to, in ms. */
  busyMs: number;
  /** When it was last seen busy, undefined if it was ready then. */
  busyAt: number | undefined;
}

/** One round over all members. */
interface Round<M> {
  readonly cursors: Iterator<[M, Cursor]>;
  /** The end of the log when the round started. */
  readonly end: number;
  /** The first position in the log that somebody visited still needs. */
  needed: number;
  /** Somebody was written to. */
  wrote: boolean;
  /** Somebody who is ready did not get everything. */
  partial: boolean;
  /** Somebody is busy. */
  busy: boolean;
}

/**
 * A set of members and the lines said to them.
 *
 * Invariants: a member gets every line pushed from its join until it leaves, once, in order. A busy member is passed over
 * and costs no memory of its own. No line is kept that every member has been sent. The room never waits, keeps no timer
 * and sees no socket: whoever owns it calls `sweep` when the last one, or a `push`, says so.
 */
export class Room<M extends Member> {
  // A Map's iterator visits, in order of joining, whoever is still in it when their turn comes, whatever joined or left
  // meanwhile: that is all the sweep needs to miss nobody.
  #cursors = new Map<M, Cursor>();
  #log = new Log();
  #round: Round<M> | undefined;
  #pauseMs = PAUSE_MS_MIN;

  /** How many members the room has. */
  get size(): number {
    return this.#cursors.size;
  }

  /** How many lines are kept for those who have not been sent them. */
  get backlog(): number {
    return this.#log.end - this.#log.start;
  }

  /** Whether it is a member. */
  has(member: M): boolean {
    return this.#cursors.has(member);
  }

  /** Every member, in order of joining. */
  members(): IterableIterator<M> {
    return this.#cursors.keys();
  }

  /** Adds a member: it gets every line pushed from now on. Joining twice is harmless. */
  join(member: M): void {
    if (this.has(member)) return;
    this.#cursors.set(member, { next: this.#log.end, busyMs: 0, busyAt: undefined });
  }

  /** Takes a member and its send queue away; false when it was not there. */
  leave(member: M): boolean {
    return this.#cursors.delete(member);
  }

  /** Appends a line, which a `sweep` at the next turn of the event loop begins to send. False when the room is full. */
  push(line: string): boolean {
    if (this.#log.bytesFrom(this.#log.start) + line.length > LOG_BYTES_MAX) return false;
    this.#log.push(line);
    return true;
  }

  /** For when the room is full: takes out whoever is busy, or gone, and keeps it more than half full. */
  evictHindmost(): M[] {
    const evicted: M[] = [];
    let needed = this.#log.end;
    for (const [member, cursor] of this.#cursors) {
      if (member.state !== "ready" && this.#log.bytesFrom(cursor.next) > LOG_BYTES_MAX / 2) {
        this.leave(member);
        evicted.push(member);
      } else {
        needed = Math.min(needed, cursor.next);
      }
    }
    this.#log.forget(needed);
    return evicted;
  }

  /**
   * Serves the next few members round the circle: each that is ready gets everything it has not been sent in one message.
   * @param now the time in ms on a monotonic clock.
   */
  sweep(now: number): Sweep<M> {
    this.#round ??= {
      cursors: this.#cursors.entries(),
      end: this.#log.end,
      needed: this.#log.end,
      wrote: false,
      partial: false,
      busy: false,
    };
    const round = this.#round;
    const evicted: M[] = [];
    for (let writes = 0; writes < SWEEP_WRITES;) {
      const visited = round.cursors.next();
      if (visited.done) return { evicted, again: this.#endRound(round) };
      const [member, cursor] = visited.value;
      if (member.state === "ready") {
        if (this.#serve(member, cursor)) {
          round.wrote = true;
          writes++;
        }
        round.partial ||= cursor.next < this.#log.end;
      } else if (member.state === "gone" || this.#isTooSlow(cursor, now)) {
        this.leave(member);
        evicted.push(member);
        continue;
      } else {
        round.busy = true;
      }
      round.needed = Math.min(round.needed, cursor.next);
    }
    return { evicted, again: 0 };
  }

  /** Writes the next batch to a member; false when there is none. */
  #serve(member: M, cursor: Cursor): boolean {
    cursor.busyAt = undefined;
    cursor.busyMs = 0;
    if (cursor.next === this.#log.end) return false;
    const { text, end } = this.#log.batch(cursor.next);
    member.write(text);
    cursor.next = end;
    return true;
  }

  #isQueueFull({ next }: Cursor): boolean {
    return this.#log.end - next > QUEUE_LINES_MAX || this.#log.bytesFrom(next) > QUEUE_BYTES_MAX;
  }

  #isTooSlow(cursor: Cursor, now: number): boolean {
    cursor.busyMs += Math.min(now - (cursor.busyAt ?? now), BUSY_STEP_MS_MAX);
    cursor.busyAt = now;
    return cursor.busyMs > (this.#isQueueFull(cursor) ? SLOW_GRACE_MS : WRITE_WAIT_MS);
  }

  #endRound(round: Round<M>): number | undefined {
    this.#round = undefined;
    this.#log.forget(round.needed);
    if (round.wrote) this.#pauseMs = PAUSE_MS_MIN;
    if (round.partial || round.end < this.#log.end) return 0;
    // What was written may get stuck: somebody has to look, even if nothing more is said.
    if (!round.busy && !round.wrote) return undefined;
    const pauseMs = this.#pauseMs;
    this.#pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX);
    return pauseMs;
  }
}

/** Lines with positions that only grow. Old ones are forgotten, positions stay. */
class Log {
  /** The position of the oldest line that is kept. */
  start = 0;
  #lines: string[] = [];
  // For each line the count of bytes up to and with it, and the count before the first: all since the log began.
  #bytesTo: number[] = [];
  #bytesBefore = 0;
  // Members with the same cursor share one joined string. Good for as long as the log has not grown.
  #last: { from: number; end: number; logEnd: number; text: string } | undefined;

  /** The position after the newest line. */
  get end(): number {
    return this.start + this.#lines.length;
  }

  push(line: string): void {
    this.#bytesTo.push(this.#bytesUpTo(this.end) + utf8.encode(line).byteLength);
    this.#lines.push(line);
  }

  /** How many bytes of UTF-8 the lines from a position on have. */
  bytesFrom(position: number): number {
    return this.#bytesUpTo(this.end) - this.#bytesUpTo(position);
  }

  /** The lines from a position on, at least one and at most BATCH_BYTES_MAX, joined; and the position after them. */
  batch(from: number): { text: string; end: number } {
    if (this.#last?.from === from && this.#last.logEnd === this.end) return this.#last;
    const bytesMax = this.#bytesUpTo(from) + BATCH_BYTES_MAX;
    let end = from + 1;
    while (end < this.end && this.#bytesUpTo(end + 1) <= bytesMax) end++;
    const text = this.#lines.slice(from - this.start, end - this.start).join("\n");
    this.#last = { from, end, logEnd: this.end, text };
    return this.#last;
  }

  /** Forgets the lines before a position, unless they are forgotten already. */
  forget(position: number): void {
    this.#last = undefined;
    if (position <= this.start) return;
    this.#bytesBefore = this.#bytesUpTo(position);
    this.#lines = this.#lines.slice(position - this.start);
    this.#bytesTo = this.#bytesTo.slice(position - this.start);
    this.start = position;
  }

  /** The count of bytes before a position, since the log began. */
  #bytesUpTo(position: number): number {
    return position === this.start ? this.#bytesBefore : this.#bytesTo[position - this.start - 1]!;
  }
}

const utf8 = new TextEncoder();
