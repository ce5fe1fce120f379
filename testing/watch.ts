/** How long a test waits for something unless it says so, in ms. */
const WAIT_MS_MAX = 30_000;

/** Waits for what a test expects: looks whenever something has happened, and not for ever. */
export class Watch {
  #happened = Promise.withResolvers<void>();
  #failure: unknown;

  /** Something has happened. */
  wake(): void {
    this.#happened.resolve();
    this.#happened = Promise.withResolvers();
  }

  /** Something has happened in a callback that must not: whoever waits, now or later, throws this. */
  fail(failure: unknown): void {
    this.#failure ??= failure;
    this.wake();
  }

  /**
   * Waits until it is true.
   * @param what goes on in the sentence "Waited in vain until …" if it never is; may look how far it came.
   */
  async until(what: string | (() => string), isTrue: () => boolean, ms = WAIT_MS_MAX): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.wake();
    }, ms);
    try {
      while (!isTrue() || this.#failure !== undefined) {
        if (this.#failure !== undefined) throw this.#failure;
        if (isLate) throw new Error(`Waited in vain until ${typeof what === "string" ? what : what()}`);
        await this.#happened.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
