import { JournalError, RETENTION_INTERVAL_MS } from "./journal.ts";

/** How many entries are deleted before others get their turn: some tens of milliseconds. */
const CHUNK = 500;

/** Deletes what is not to be kept any longer, a chunk at a time, whenever it is told to and every so often. */
export class Pruner {
  readonly #prune: (limit: number) => boolean;
  #next: ReturnType<typeof setTimeout> | undefined;

  /** @param prune deletes as many entries as its limit says, at most, and returns whether there may be more. */
  constructor(prune: (limit: number) => boolean) {
    this.#prune = prune;
  }

  /** Begins when others have had their turn. */
  begin(): void {
    this.#after(0);
  }

  /** Deletes nothing more. */
  end(): void {
    clearTimeout(this.#next);
  }

  #after(ms: number): void {
    clearTimeout(this.#next);
    this.#next = setTimeout(() => this.#after(this.#pruneSome() ? 0 : RETENTION_INTERVAL_MS), ms);
  }

  #pruneSome(): boolean {
    try {
      return this.#prune(CHUNK);
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      // The disk is full, or fails: it is tried again, and whoever writes will be told of it.
      return false;
    }
  }
}
