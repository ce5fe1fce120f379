/**
 * Takes what was committed to the disk, right behind the commits, which do not wait for it: one fsync at a time, in a
 * thread of Deno's own, and one more if there was another commit meanwhile. So a power failure takes with it what was
 * committed in the last few milliseconds, however much is said.
 */
export class Flusher {
  readonly #log: Pick<Deno.FsFile, "syncData">;
  readonly #failed: () => void;
  #flushing = false;
  #due = false;

  /**
   * @param log the write-ahead log.
   * @param failed is called when the disk does not take it.
   */
  constructor(log: Pick<Deno.FsFile, "syncData">, failed: () => void) {
    this.#log = log;
    this.#failed = failed;
  }

  /** There may have been a commit. */
  flush(): void {
    this.#due = true;
    if (!this.#flushing) this.#flushAll();
  }

  async #flushAll(): Promise<void> {
    this.#flushing = true;
    while (this.#due) {
      this.#due = false;
      await this.#log.syncData().catch(this.#failed);
    }
    this.#flushing = false;
  }
}
