import { Alarm } from "./alarm.ts";
import { type Act, type ActDraft, type Draft, type Journal, JournalError, type Stored } from "./journal/journal.ts";
import type { Log } from "./log.ts";
import type { Commit, Metrics } from "./metrics.ts";
import type { Clock } from "./sweeper.ts";

/** How many drafts go into the journal at once. */
export const COMMIT_DRAFTS_MAX = 1_024;
/** How long their texts are at most, unless it is one, in UTF-16 units: delivering them must not take long either. */
export const COMMIT_LENGTH_MAX = 1024 * 1024;
/** How long the texts may be, in UTF-16 units, that wait for the journal: 1,000 of the longest. */
export const DRAFTS_LENGTH_MAX = 64 * 1024 * 1024;

/** How long after a commit that failed it is found out whether it really did, in ms, if nothing more is said. */
export const CATCH_UP_MS = 1_000;

/** What becomes of drafts, with whom each is from: an author `A` of what is said, a petitioner `P` of what is done. */
export interface ScribeListener<A, P> {
  /**
   * The last commit failed, or seemed to: delivers what has been kept all the same, before anything newer is.
   * @throws {JournalError} when that can't be found out now.
   */
  catchUp(): Promise<void>;
  /** Drafts were kept, in this order; `since` is when each was written, in ms on the clock. */
  stored(stored: readonly (Stored & { readonly from: A; readonly since: number })[], commit: Commit): void;
  /** Something that is done was kept; undefined if there was nothing to do it to. */
  acted(act: Act | undefined, from: P): void;
  /** What was said was not kept; it may be said again. */
  failed(draft: Draft, from: A): void;
  /** What should be done was not kept, likewise. */
  undone(from: P): void;
}

/** A draft, whom it is from, and when, in ms on the clock. */
interface Waiting<D, F> {
  readonly draft: D;
  readonly from: F;
  readonly since: number;
}

/**
 * Takes what is said and done to the journal: one commit at a time, and what is said meanwhile is the next. What is done, which
 * is seldom, is a commit of its own.
 */
export class Scribe<A, P> {
  readonly #journal: Pick<Journal, "append" | "act" | "probe">;
  readonly #clock: Clock;
  readonly #listener: ScribeListener<A, P>;
  readonly #alarm: Alarm;
  readonly #metrics: Metrics;
  #drafts: (Waiting<Draft, A> | Waiting<ActDraft, P>)[] = [];
  #length = 0;
  // What is said between two commits is said in one turn: looking at the clock for each would cost more than the rest.
  #now: number | undefined;
  #committing: Promise<void> | undefined;
  // Something may have been kept that was not delivered.
  #behind = false;
  // It has said by itself that it fails, so that it will know when it does not.
  #isDoubted = false;
  // What it said during a commit, which may have been kept before.
  #doubt: JournalError | undefined;
  #finished = false;
  #writable = true;
  #callOffCatchUp: () => void = () => {};

  /** @param log is told when the journal begins to fail, and when it works again. */
  constructor(
    journal: Pick<Journal, "append" | "act" | "probe">,
    clock: Clock,
    listener: ScribeListener<A, P>,
    log: Log,
    metrics: Metrics,
  ) {
    this.#journal = journal;
    this.#clock = clock;
    this.#listener = listener;
    this.#alarm = new Alarm(clock, (reason) => {
      return reason === undefined ? log("journal_working", {}) : log("journal_failing", { reason });
    });
    this.#metrics = metrics;
  }

  /** Whether the journal can be written to, as far as anybody knows. */
  get writable(): boolean {
    return this.#writable;
  }

  /** Whether so much waits that no more should be taken. */
  get full(): boolean {
    return this.#length >= DRAFTS_LENGTH_MAX;
  }

  /** Takes what somebody says; it goes to the journal at the next `commit`. */
  say(draft: Draft, from: A): void {
    this.#write({ draft, from, since: this.#now ??= this.#clock.now() });
  }

  /** Takes what somebody wants done, likewise. */
  act(draft: ActDraft, from: P): void {
    this.#write({ draft, from, since: this.#now ??= this.#clock.now() });
  }

  /** The journal says by itself that it can't be written to. */
  doubt(error: JournalError): void {
    // When all is kept a journal that ends is no trouble.
    if (this.#finished) return;
    this.#isDoubted = true;
    if (this.#committing) this.#doubt = error;
    else this.#failed(error);
  }

  #write(waiting: Waiting<Draft, A> | Waiting<ActDraft, P>): void {
    this.#drafts.push(waiting);
    this.#length += lengthOf(waiting.draft);
  }

  /** Takes what was written to the journal, unless a commit is under way, which will see to it. */
  commit(): void {
    this.#now = undefined;
    if (this.#drafts.length > 0) this.#committing ??= this.#commitAll();
  }

  /** Resolves when everything that was written was kept, or was not. */
  async finish(): Promise<void> {
    this.commit();
    await this.#committing;
    this.#finished = true;
    this.#callOffCatchUp();
    this.#alarm.close();
  }

  async #commitAll(): Promise<void> {
    await this.#commitNext();
    while (this.#drafts.length > 0) {
      // Commits and what they cause to be sent take turns.
      await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
      await this.#commitNext();
    }
    this.#committing = undefined;
    const doubt = this.#doubt;
    this.#doubt = undefined;
    if (!doubt || !this.#writable) return;
    this.#isDoubted = true;
    this.#failed(doubt);
  }

  async #commitNext(): Promise<void> {
    this.#callOffCatchUp();
    const batch = this.#takeBatch();
    const [first] = batch;
    const start = this.#clock.now();
    let tell: (commit: Commit) => void;
    try {
      if (this.#behind) await this.#listener.catchUp();
      this.#behind = false;
      if (!first) return await this.#probe();
      tell = isAct<A, P>(first) ? await this.#act(first) : await this.#append(batch as Waiting<Draft, A>[]);
      this.#writable = true;
    } catch (error) {
      // Anything else is a defect, as of who listens to the journal.
      if (!(error instanceof JournalError)) throw error;
      this.#metrics.committed({ start, end: this.#clock.now(), messages: batch.length, failed: true });
      this.#failed(error);
      for (const each of batch) {
        if (isAct<A, P>(each)) this.#listener.undone(each.from);
        else this.#listener.failed(each.draft, each.from);
      }
      return;
    }
    this.#works();
    const commit = { start, end: this.#clock.now(), messages: batch.length, failed: false };
    this.#metrics.committed(commit);
    tell(commit);
  }

  #failed(error: JournalError): void {
    this.#behind = true;
    this.#writable = false;
    // Those who wait to see what was kept all the same must not wait until somebody speaks.
    this.#callOffCatchUp();
    this.#callOffCatchUp = this.#clock.after(CATCH_UP_MS, () => this.#committing ??= this.#commitAll());
    this.#alarm.set(error.message);
  }

  #works(): void {
    this.#isDoubted = false;
    this.#alarm.set(undefined);
  }

  async #append(batch: readonly Waiting<Draft, A>[]): Promise<(commit: Commit) => void> {
    const stored: Stored[] = await this.#journal.append(batch.map(({ draft }) => draft));
    return (commit) =>
      this.#listener.stored(
        stored.map((each, index) => ({ ...each, from: batch[index]!.from, since: batch[index]!.since })),
        commit,
      );
  }

  async #act({ draft, from }: Waiting<ActDraft, P>): Promise<() => void> {
    const act = await this.#journal.act(draft);
    return () => this.#listener.acted(act, from);
  }

  /**
   * Finds out whether the journal can be written to again: nobody might be sent here to speak before that is known. What was
   * said may be longer than what fits, so it is no reason to say that all is well.
   */
  async #probe(): Promise<void> {
    if (!this.#writable) await this.#journal.probe();
    this.#writable = true;
    if (this.#isDoubted) this.#works();
  }

  /** Something that is done, or what is said until then, as far as it is not too much. */
  #takeBatch(): (Waiting<Draft, A> | Waiting<ActDraft, P>)[] {
    let length = 0;
    const end = this.#drafts.findIndex((each, index) =>
      index === COMMIT_DRAFTS_MAX || ((length += lengthOf(each.draft)) > COMMIT_LENGTH_MAX && index > 0) ||
      (index > 0 && (isAct<A, P>(each) || isAct<A, P>(this.#drafts[0]!)))
    );
    const batch = this.#drafts.splice(0, end < 0 ? this.#drafts.length : end);
    for (const { draft } of batch) this.#length -= lengthOf(draft);
    return batch;
  }
}

function isAct<A, P>(waiting: Waiting<Draft, A> | Waiting<ActDraft, P>): waiting is Waiting<ActDraft, P> {
  return "deed" in waiting.draft;
}

/** How much of it there is to keep, in UTF-16 units. */
function lengthOf(draft: Draft | ActDraft): number {
  return "deed" in draft ? JSON.stringify(draft.deed).length : draft.text.length;
}
