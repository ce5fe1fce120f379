import type { Socket } from "../client.ts";
import type { Clock } from "../sweeper.ts";

/** A WebSocket in memory. While `stuck`, what is sent stays buffered, as with a peer that does not read. */
export class FakeSocket implements Socket {
  readyState = 1;
  bufferedAmount = 0;
  stuck = false;
  /** Every message sent, whole. */
  readonly sent: string[] = [];
  closedWith: { code: number; reason: string } | undefined;

  /** Every line sent. */
  get lines(): string[] {
    return this.sent.flatMap((message) => message.split("\n"));
  }

  send(text: string): void {
    if (this.readyState !== 1) throw new Error("sent on a socket that is not open");
    this.sent.push(text);
    if (this.stuck) this.bufferedAmount += text.length;
  }

  close(code: number, reason: string): void {
    if (this.readyState !== 1) return;
    this.readyState = this.stuck ? 2 : 3;
    this.bufferedAmount = 0; // As Deno's, which reads 0 as soon as the socket is not open.
    this.closedWith = { code, reason };
  }

  /** The peer reads again. */
  unstick(): void {
    this.stuck = false;
    this.bufferedAmount = 0;
  }
}

/** A clock that a test moves. */
export class FakeClock implements Clock {
  #now = 0;
  #due = new Set<{ at: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  date(): number {
    return Date.UTC(2026, 2, 4) + this.#now;
  }

  nextTurn(callback: () => void): () => void {
    return this.after(0, callback);
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#now + ms, callback };
    this.#due.add(timer);
    return () => this.#due.delete(timer);
  }

  /** How many callbacks wait for their time. */
  get waiting(): number {
    return this.#due.size;
  }

  /** Moves on by `ms` and calls back whatever was due by then, each once. */
  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#due].filter(({ at }) => at <= this.#now)) {
      if (this.#due.delete(timer)) timer.callback();
    }
  }

  /** Moves on by `ms`, or until nobody waits, from one callback to the next. */
  run(ms = Infinity): void {
    const end = this.#now + ms;
    for (;;) {
      const next = Math.min(...[...this.#due].map(({ at }) => at));
      if (next > end || next === Infinity) break;
      this.advance(next - this.#now);
    }
    if (end < Infinity) this.#now = end;
  }
}

/** Lets everything that only waits for a promise go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
