import type { Draft, Journal, Stored } from "./journal/journal.ts";
import type { Clock } from "./sweeper.ts";

/** How many drafts go into the journal at once. */
export const COMMIT_DRAFTS_MAX = 1_024;
/** How long their texts are at most, unless it is one, in UTF-16 units: delivering them must not take long either. */
export const COMMIT_LENGTH_MAX = 1024 * 1024;
/** How long the texts may be, in UTF-16 units, that wait for the journal: 1,000 of the longest. */
export const DRAFTS_LENGTH_MAX = 64 * 1024 * 1024;

/** How long after a commit that failed it is found out whether it really did, in ms, if nothing more is said. */
export const CATCH_UP_MS = 1_000;

/** What becomes of drafts, with what came along with each. */
export interface ScribeListener<T> {
  /**
   * The last commit failed, or seemed to: delivers what has been kept all the same, before anything newer is.
   * @throws {JournalError} when that can't be found out now.
   */
  catchUp(): Promise<void>;
  /** Drafts were kept, in this order. */
  stored(stored: readonly (Stored & { readonly from: T })[]): void;
  /** A draft was not kept; it may be written again. */
  failed(draft: Draft, from: T): void;
}

/** Takes what is said to the journal: one commit at a time, and what is said meanwhile is the next. */
export class Scribe<T> {
  readonly #journal: Pick<Journal, "append">;
  readonly #clock: Clock;
  readonly #listener: ScribeListener<T>;
  readonly #report: (line: string) => void;
  #drafts: { readonly draft: Draft; readonly from: T }[] = [];
  #length = 0;
  #committing: Promise<void> | undefined;
  // Something may have been kept that was not delivered.
  #behind = false;
  #failing = false;
  #callOffCatchUp: () => void = () => {};

  /** @param report is told in one line when the journal begins to fail, and when it works again. */
  constructor(
    journal: Pick<Journal, "append">,
    clock: Clock,
    listener: ScribeListener<T>,
    report: (line: string) => void,
  ) {
    this.#journal = journal;
    this.#clock = clock;
    this.#listener = listener;
    this.#report = report;
  }

  /** Whether so much waits that no more should be taken. */
  get full(): boolean {
    return this.#length >= DRAFTS_LENGTH_MAX;
  }

  /** Takes a draft, which goes to the journal at the next `commit`. */
  write(draft: Draft, from: T): void {
    this.#drafts.push({ draft, from });
    this.#length += draft.text.length;
  }

  /** Takes what was written to the journal, unless a commit is under way, which will see to it. */
  commit(): void {
    if (this.#drafts.length > 0) this.#committing ??= this.#commitAll();
  }

  /** Resolves when everything that was written was kept, or was not. */
  async finish(): Promise<void> {
    this.commit();
    await this.#committing;
    this.#callOffCatchUp();
  }

  async #commitAll(): Promise<void> {
    await this.#commitNext();
    while (this.#drafts.length > 0) {
      // Commits and what they cause to be sent take turns.
      await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
      await this.#commitNext();
    }
    this.#committing = undefined;
  }

  async #commitNext(): Promise<void> {
    this.#callOffCatchUp();
    const batch = this.#takeBatch();
    let stored: Stored[];
    try {
      if (this.#behind) await this.#listener.catchUp();
      this.#behind = false;
      if (batch.length === 0) return;
      stored = await this.#journal.append(batch.map(({ draft }) => draft));
    } catch (error) {
      this.#behind = true;
      // Those who wait to see what was kept all the same must not wait until somebody speaks.
      this.#callOffCatchUp = this.#clock.after(CATCH_UP_MS, () => this.#committing ??= this.#commitAll());
      if (!this.#failing) this.#report(`What is said can't be kept: ${(error as Error).message}`);
      this.#failing = true;
      for (const { draft, from } of batch) this.#listener.failed(draft, from);
      return;
    }
    if (this.#failing) this.#report("What is said can be kept again.");
    this.#failing = false;
    this.#listener.stored(stored.map((each, index) => ({ ...each, from: batch[index]!.from })));
  }

  #takeBatch(): { readonly draft: Draft; readonly from: T }[] {
    let length = 0;
    const isTooMuch = this.#drafts.findIndex(({ draft }, index) =>
      index === COMMIT_DRAFTS_MAX || ((length += draft.text.length) > COMMIT_LENGTH_MAX && index > 0)
    );
    const batch = this.#drafts.splice(0, isTooMuch < 0 ? this.#drafts.length : isTooMuch);
    for (const { draft } of batch) this.#length -= draft.text.length;
    return batch;
  }
}
