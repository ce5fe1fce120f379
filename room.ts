import { Buffer } from "node:buffer";

/** A line that is said to a room, written out once for everyone. */
export interface Line {
  readonly json: string;
  /** The same for those who speak plain text; undefined when it says nothing to them. */
  readonly plain?: string;
}

/** What a room needs to know of a member: never its socket. */
export interface Member {
  /** Which of a line's two forms it gets. */
  readonly form: keyof Line;
  /** `busy` while something written earlier is still on its way, `gone` when nothing can be written any more. */
  readonly state: "ready" | "busy" | "gone";
  /** For how long it was seen busy since it was last written to, in ms; this call is a look, too. */
  blockedMs(now: number): number;
  /** Writes, as one message, what it has not been sent of the rooms that it is in: it takes that from each. Only when `ready`. */
  flush(): void;
}

/** How many members one call of `sweep` writes to: few, so that reading and writing take turns. 64 and more were slower. */
export const SWEEP_WRITES = 16;
/** How many it looks at: with 10,000 of whom nobody has to be written to, a look at all of them would take milliseconds. */
export const SWEEP_LOOKS = 256;
/** The most that goes into one message, in bytes of UTF-8, unless a single line is longer. */
export const BATCH_BYTES_MAX = 64 * 1024;
/** A member's send queue, in lines: a busy member further behind than this is slow. */
export const QUEUE_LINES_MAX = 256;
/** The same, in bytes of UTF-8. */
export const QUEUE_BYTES_MAX = 256 * 1024;
/** For how long a single write may take before the member is evicted, if its queue is full: whoever reads at all is faster. */
export const SLOW_GRACE_MS = 5_000;
/** For how long a single write may take otherwise; longer than SLOW_GRACE_MS. */
export const WRITE_WAIT_MS = 10_000;
/** The most that is kept for those who have not been sent it, in bytes of UTF-8: 1,000 of the longest messages. */
export const LOG_BYTES_MAX = 64 * 1024 * 1024;
/** How soon a sweep looks at busy members again; it doubles while nothing can be written. */
export const PAUSE_MS_MIN = 10;
/** The most that it doubles to. */
export const PAUSE_MS_MAX = 640;
/** What a sweep came to. */
export interface Sweep<M> {
  /** Members that left the room because they are too slow, or gone. */
  evicted: M[];
  /** How many members were written to. */
  writes: number;
  /** How many were looked at. */
  looks: number;
  /** When to sweep again, in ms; 0 is the next turn of the event loop, undefined is after the next `push`. */
  again: number | undefined;
}

/** A member's send queue: not a copy of lines but a place in the room's log. What is behind it was sent. */
interface Cursor {
  /** The position in the log of the next line to send. */
  next: number;
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
    this.#cursors.set(member, { next: this.#log.end });
  }

  /** Takes a member and its send queue away; false when it was not there. */
  leave(member: M): boolean {
    return this.#cursors.delete(member);
  }

  /** Whether nothing more should be said for now: the room keeps LOG_BYTES_MAX for those who have not been sent it. */
  get full(): boolean {
    return this.#log.bytesFrom(this.#log.start) >= LOG_BYTES_MAX;
  }

  /** Appends a line, which a `sweep` at the next turn of the event loop begins to send. */
  push(line: Line): void {
    this.#log.push(line);
  }

  /** The next batch for a member, lines joined by `\n`, which it then counts as having been sent; undefined if there is none. */
  take(member: M): string | undefined {
    const cursor = this.#cursors.get(member);
    if (cursor === undefined || cursor.next === this.#log.end) return undefined;
    const { text, end } = this.#log.batch(cursor.next, member.form);
    cursor.next = end;
    return text;
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
    let writes = 0;
    let looks = 0;
    for (; writes < SWEEP_WRITES && looks < SWEEP_LOOKS; looks++) {
      const visited = round.cursors.next();
      if (visited.done) return { evicted, writes, looks, again: this.#endRound(round) };
      const [member, cursor] = visited.value;
      if (member.state === "ready") {
        if (cursor.next < this.#log.end) {
          member.flush();
          round.wrote = true;
          writes++;
        }
        round.partial ||= cursor.next < this.#log.end;
      } else if (member.state === "gone" || this.#isTooSlow(member, cursor, now)) {
        this.leave(member);
        evicted.push(member);
        continue;
      } else {
        round.busy = true;
      }
      round.needed = Math.min(round.needed, cursor.next);
    }
    return { evicted, writes, looks, again: 0 };
  }

  #isQueueFull({ next }: Cursor): boolean {
    return this.#log.end - next > QUEUE_LINES_MAX || this.#log.bytesFrom(next) > QUEUE_BYTES_MAX;
  }

  #isTooSlow(member: M, cursor: Cursor, now: number): boolean {
    return member.blockedMs(now) > (this.#isQueueFull(cursor) ? SLOW_GRACE_MS : WRITE_WAIT_MS);
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
  #lines: Line[] = [];
  // For each line the count of bytes up to and with it, and the count before the first: all since the log began.
  #bytesTo: number[] = [];
  #bytesBefore = 0;
  // Members with the same cursor share one joined string, for as long as no more would go into it.
  #last: Partial<Record<keyof Line, Batch>> = {};

  /** The position after the newest line. */
  get end(): number {
    return this.start + this.#lines.length;
  }

  push(line: Line): void {
    this.#bytesTo.push(this.#bytesUpTo(this.end) + Buffer.byteLength(line.json));
    this.#lines.push(line);
  }

  /** How many bytes of UTF-8 the lines from a position on have. */
  bytesFrom(position: number): number {
    return this.#bytesUpTo(this.end) - this.#bytesUpTo(position);
  }

  /** The lines from a position on, at least one and at most BATCH_BYTES_MAX, joined. */
  batch(from: number, form: keyof Line): Batch {
    const last = this.#last[form];
    if (last?.from === from && (last.end === this.end || last.isFull)) return last;
    const bytesMax = this.#bytesUpTo(from) + BATCH_BYTES_MAX;
    let end = from + 1;
    while (end < this.end && this.#bytesUpTo(end + 1) <= bytesMax) end++;
    const lines: string[] = [];
    for (let position = from; position < end; position++) {
      const line = this.#lines[position - this.start]![form];
      if (line !== undefined) lines.push(line);
    }
    const batch = { from, end, isFull: end < this.end, text: lines.length > 0 ? lines.join("\n") : undefined };
    this.#last[form] = batch;
    return batch;
  }

  /** Forgets the lines before a position, unless they are forgotten already. */
  forget(position: number): void {
    if (position <= this.start) return;
    this.#last = {};
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

/** What a member gets at once. */
interface Batch {
  readonly from: number;
  /** The position after its last line. */
  readonly end: number;
  /** The next line would have been too much. */
  readonly isFull: boolean;
  /** Undefined when the lines say nothing to those who take this form. */
  readonly text: string | undefined;
}
