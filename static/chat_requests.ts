import type { ServerMessage } from "../protocol.ts";

/** What answers a question. */
export type Answer = Extract<ServerMessage, { type: "history" | "found" | "done" | "error" }>;

/** How long an answer may take, in ms. */
export const ANSWER_MS_MAX = 15_000;

/** What the server was asked and has not answered yet. An answer that does not come is undefined. */
export class Requests {
  readonly #after: (ms: number, callback: () => void) => () => void;
  readonly #open = new Map<number, (answer: Answer | undefined) => void>();
  #ref = 0;

  constructor(after: (ms: number, callback: () => void) => () => void) {
    this.#after = after;
  }

  /** @param send sends the question with its number; false when that can't be done now. */
  ask(send: (ref: number) => boolean): Promise<Answer | undefined> {
    const ref = ++this.#ref;
    return new Promise((resolve) => {
      if (!send(ref)) return resolve(undefined);
      const callOff = this.#after(ANSWER_MS_MAX, () => this.answer(ref, undefined));
      this.#open.set(ref, (answer) => {
        callOff();
        resolve(answer);
      });
    });
  }

  /** The answer came, or it is known that there will be none. */
  answer(ref: number, answer: Answer | undefined): void {
    const resolve = this.#open.get(ref);
    this.#open.delete(ref);
    resolve?.(answer);
  }

  /** No answers will come any more. */
  clear(): void {
    for (const ref of [...this.#open.keys()]) this.answer(ref, undefined);
  }
}
