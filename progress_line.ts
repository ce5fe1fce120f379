/** Goes back to the beginning of the line, and clears it. */
const REWRITE = "\r\x1b[K";

/** How often the line changes at most, in ms. */
const INTERVAL_MS = 100;

/** A line on a terminal that says how much of something is done, and goes when it is. Elsewhere there is none. */
export class ProgressLine implements Disposable {
  readonly #what: string;
  readonly #write: ((text: string) => void) | undefined;
  readonly #now: () => number;
  #shownMs = -Infinity;

  /**
   * @param write writes to the terminal; undefined if there is none.
   * @param now monotonic, in ms.
   */
  constructor(what: string, write: ((text: string) => void) | undefined, now = () => performance.now()) {
    this.#what = what;
    this.#write = write;
    this.#now = now;
  }

  /** Shows how much is done, unless it did so just now. */
  report(done: number, total: number): void {
    if (!this.#write || this.#now() - this.#shownMs < INTERVAL_MS) return;
    this.#shownMs = this.#now();
    const percent = total > 0 ? Math.min(100, Math.floor(100 * done / total)) : 0;
    this.#write(`${REWRITE}${this.#what}: ${percent} %`);
  }

  [Symbol.dispose](): void {
    if (this.#shownMs > -Infinity) this.#write?.(REWRITE);
  }
}

/** A progress line on standard error, if that is a terminal. */
export function onTerminal(what: string): ProgressLine {
  const encoder = new TextEncoder();
  const isTerminal = Deno.stderr.isTerminal();
  return new ProgressLine(what, isTerminal ? (text) => void Deno.stderr.writeSync(encoder.encode(text)) : undefined);
}
