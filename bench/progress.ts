/** So long is the bar, in characters. */
const WIDTH = 24;
/** Goes back to the beginning of the line, and clears it. */
const REWRITE = "\r\x1b[K";

/** Tells how far something is: in a line that changes on a terminal, else in a line for each step. */
export class Progress {
  readonly #steps: number;
  readonly #isTerminal: boolean;
  readonly #write: (text: string) => void;
  #done = 0;

  constructor(steps: number, isTerminal: boolean, write: (text: string) => void) {
    this.#steps = steps;
    this.#isTerminal = isTerminal;
    this.#write = write;
  }

  /** The next step begins, and the one before has ended. */
  step(what: string): void {
    const count = `${this.#done + 1}/${this.#steps}`;
    const full = Math.floor(this.#done / this.#steps * WIDTH);
    const bar = "█".repeat(full).padEnd(WIDTH, "░");
    this.#write(this.#isTerminal ? `${REWRITE}${bar} ${count} ${what}` : `${count} ${what}\n`);
    this.#done++;
  }

  /** Leaves nothing of the bar. */
  end(): void {
    if (this.#isTerminal) this.#write(REWRITE);
  }
}
