import { type Refusal, REFUSALS } from "../protocol.ts";
import { backoff } from "./backoff.ts";
import type { Pending } from "./chat.ts";
import type { Outbox } from "./outbox.ts";
import type { Failure } from "./refusal.ts";

/** How long the echo of a message may take, in ms. */
export const ECHO_MS_MAX = 15_000;
/** However slow the line is, an echo may not take longer than this, in ms. */
const SLOW_ECHO_MS_MAX = 120_000;
/** How often a room is entered for the sake of one message. */
const ENTRIES_MAX = 3;
/** In a slow room nothing is tried again sooner than this, in ms: the server's clock and mine may differ. */
const PAUSE_MS_MIN = 1_000;

/** The way to the server. */
export interface Way {
  /** The connection is open. */
  readonly open: boolean;
  /** The longest text that the server takes, in bytes of UTF-8. */
  readonly textBytesMax: number;
  /** Something can be said in the room. */
  ready(room: string): boolean;
  /** Gets into the room; `go` is called when I am in. */
  enter(room: string): void;
  /** The server says that I am not in the room. */
  expelled(room: string): void;
  /** How much time has to be between two messages in the room, in ms. */
  pauseMs(room: string): number;
  /** What is said in the room waits for its time, or does so no more. */
  held(room: string, isHeld: boolean): void;
  /** Says it; false when that can't be done now. */
  say(pending: Pending): boolean;
  /** The server can't keep what is said at the moment, and is tried again in so many ms; undefined: no more so. */
  stalled(retryMs: number | undefined): void;
  /** The connection is open, but what was said on it does not come back. */
  stuck(): void;
  /** The server will never have this message. */
  failed(nonce: string, failure: Failure): void;
}

/**
 * Sends what is in the outbox, one message at a time: the next goes only when the one before has come back or was refused
 * for good. If two were under way and the first could not be kept, the second would overtake it. Only what waits for its
 * time in a slow room does not keep others from being said elsewhere.
 */
export class Sender {
  readonly #outbox: Outbox;
  readonly #way: Way;
  readonly #after: (ms: number, callback: () => void) => () => void;
  readonly #now: () => number;
  readonly #random: () => number;
  /** The rooms where it is too soon to say more, and what calls off that it is tried again. */
  readonly #slow = new Map<string, () => void>();
  /** The nonce of the message whose echo is awaited, or whose room is being entered. */
  #sent: string | undefined;
  #entering: string | undefined;
  #resting = false;
  #stalled = false;
  #refusals = 0;
  #silences = 0;
  #entries = 0;
  #callOffTimer: () => void = () => {};

  constructor(
    outbox: Outbox,
    way: Way,
    ports: { after(ms: number, callback: () => void): () => void; now(): number; random(): number },
  ) {
    this.#outbox = outbox;
    this.#way = way;
    this.#after = (ms, callback) => ports.after(ms, callback);
    this.#now = () => ports.now();
    this.#random = () => ports.random();
  }

  /** Sends the next message if it is its time. */
  go(): void {
    if (this.#sent !== undefined || this.#resting || !this.#way.open) return;
    const next = this.#outbox.next((room) => this.#slow.has(room));
    // Another tab may have said what waited here.
    if (next === undefined) return this.#endStall();
    const bytes = new TextEncoder().encode(next.text).length;
    if (bytes > this.#way.textBytesMax) {
      this.#way.failed(next.nonce, { code: "tooLong", bytes, bytesMax: this.#way.textBytesMax });
      return this.go();
    }
    if (!this.#way.ready(next.room)) {
      if (this.#entering !== next.nonce) {
        this.#entering = next.nonce;
        this.#setDeadline();
      }
      return this.#way.enter(next.room);
    }
    if (!this.#way.say(next)) return;
    this.#entering = undefined;
    this.#sent = next.nonce;
    this.#setDeadline();
  }

  /** Tries again now what waits for its time because the server could not take it. */
  retry(): void {
    if (!this.#resting) return;
    this.#callOffTimer();
    this.#resting = false;
    this.go();
  }

  /** A message is not in the outbox any more. */
  settled(nonce: string): void {
    if (nonce === this.#sent || nonce === this.#entering) this.#reset();
    this.go();
  }

  /** A message was refused. */
  refused(nonce: string, { code, reason, detail }: Refusal): void {
    if (nonce !== this.#sent) return;
    this.#callOffTimer();
    this.#sent = undefined;
    if (code !== "storage") this.#endStall();
    const room = this.#outbox.get(nonce)?.room;
    if (code === "slow" && room !== undefined) {
      this.#hold(room, Number(detail));
      return this.go();
    }
    // A newer server may have reasons that this page does not know.
    if (REFUSALS[code]?.retry) return this.#rest(code === "storage");
    if (code === "notJoined" && room !== undefined && this.#entries++ < ENTRIES_MAX) {
      this.#way.expelled(room);
    } else {
      this.#reset();
      this.#way.failed(nonce, { code, reason, ...(detail === undefined ? {} : { detail }) });
    }
    this.go();
  }

  /** A room can't be entered yet, which is no reason to think that the connection is dead. */
  entryDelayed(): void {
    if (this.#entering !== undefined) this.#setDeadline();
  }

  /**
   * The connection is gone.
   * @param blame the message that is under way is the reason: why it will never be had.
   */
  lost(blame?: Failure): void {
    const sent = this.#sent;
    this.#callOffTimer();
    this.#sent = this.#entering = undefined;
    this.#resting = this.#stalled = false;
    for (const room of [...this.#slow.keys()]) this.#release(room);
    if (sent !== undefined && blame !== undefined) this.#way.failed(sent, blame);
  }

  #reset(): void {
    this.#callOffTimer();
    this.#sent = this.#entering = undefined;
    this.#refusals = this.#silences = this.#entries = 0;
    this.#endStall();
  }

  #endStall(): void {
    if (!this.#stalled) return;
    this.#stalled = false;
    this.#way.stalled(undefined);
  }

  /** Waits in a room until one may say more there, in ms since 1970 by the server's clock. */
  #hold(room: string, at: number): void {
    const ms = Math.max(PAUSE_MS_MIN, Math.min(at - this.#now(), this.#way.pauseMs(room)) || 0);
    this.#slow.set(
      room,
      this.#after(ms, () => {
        this.#release(room);
        this.go();
      }),
    );
    this.#way.held(room, true);
  }

  #release(room: string): void {
    this.#slow.get(room)!();
    this.#slow.delete(room);
    this.#way.held(room, false);
  }

  #rest(isStalled: boolean): void {
    this.#resting = true;
    this.#stalled = isStalled;
    const ms = backoff(this.#refusals++, this.#random());
    this.#timer(ms, () => this.retry());
    if (isStalled) this.#way.stalled(ms);
  }

  #setDeadline(): void {
    // A line that is merely slow would otherwise be given up again and again.
    const ms = Math.min(ECHO_MS_MAX * 2 ** this.#silences, SLOW_ECHO_MS_MAX);
    this.#timer(ms, () => {
      this.#silences++;
      this.#way.stuck();
    });
  }

  #timer(ms: number, callback: () => void): void {
    this.#callOffTimer();
    this.#callOffTimer = this.#after(ms, callback);
  }
}
