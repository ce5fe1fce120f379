/** How long after a commit the disk is asked to take it, in ms, so that one fsync does for all that is committed meanwhile. */
export const FLUSH_DELAY_MS = 10;

/**
 * Has what was committed taken to the disk, shortly after: commits do not wait for it. One fsync at a time, in a thread of
 * Deno's own; what is committed meanwhile is taken by the next.
 */
export class Flusher {
  readonly #log: Pick<Deno.FsFile, "syncData">;
  readonly #failed: () => void;
  readonly #sleep: (ms: number) => Promise<void>;
  #flushing = false;
  #due = false;

  /**
   * @param log the write-ahead log.
   * @param failed is called when the disk does not take it.
   * @param sleep a test has its own.
   */
  constructor(log: Pick<Deno.FsFile, "syncData">, failed: () => void, sleep = pause) {
    this.#log = log;
    this.#failed = failed;
    this.#sleep = sleep;
  }

  /** There may have been a commit. */
  flush(): void {
    this.#due = true;
    if (!this.#flushing) this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    this.#flushing = true;
    while (this.#due) {
      await this.#sleep(FLUSH_DELAY_MS);
      this.#due = false;
      await this.#log.syncData().catch(this.#failed);
    }
    this.#flushing = false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
