import { type Act, type ActDraft, type Claim, type Draft, type Entry, type Journal } from "../journal/journal.ts";
import {
  JournalError,
  type JournalListener,
  type Kept,
  newOf,
  type Page,
  type Search,
  type Stored,
} from "../journal/journal.ts";

/** What happens to a call: it is done; it is not, and fails; or it is done, and seems to have failed. */
export type Fate = "done" | "refused" | "doubted";

/** A journal whose calls wait until a test says what happens to them, one after the other. */
export class FaultyJournal implements Journal {
  readonly epoch: string;
  readonly last: number;
  readonly claims: readonly Claim[];
  readonly acts: readonly Act[];
  /** Everything that was said and kept, in order, also what is deleted; goes on in the journal after a crash. */
  readonly kept: Entry[];
  /** Everything that was done and kept, in order; likewise. */
  readonly done: Act[];
  readonly #journal: Journal;
  #calls: ((fate: Fate) => Promise<void>)[] = [];
  #listener: JournalListener | undefined;

  constructor(journal: Journal, kept: Entry[] = [], done: Act[] = [], claims: readonly Claim[] = []) {
    this.#journal = journal;
    this.epoch = journal.epoch;
    this.kept = kept;
    this.done = done;
    this.acts = done.filter(({ deed }) => deed.type !== "delete");
    this.last = Math.max(kept.at(-1)?.id ?? 0, done.at(-1)?.id ?? 0);
    this.claims = claims;
  }

  /** How many calls wait. */
  get waiting(): number {
    return this.#calls.length;
  }

  /** Who is told what happens. */
  get listener(): JournalListener | undefined {
    return this.#listener;
  }

  /** Decides about the call that has waited longest, but for so many that go on waiting. */
  async decide(fate: Fate, passed = 0): Promise<void> {
    await this.#calls.splice(passed, 1)[0]?.(fate);
  }

  /** The process that made the calls is killed: some of them have been carried out, the others never will be. */
  async crash(done: number): Promise<FaultyJournal> {
    for (let i = 0; i < done; i++) await this.decide("doubted");
    this.#calls = [];
    return new FaultyJournal(this.#journal, this.kept, this.done, this.claims);
  }

  listen(listener: JournalListener): void {
    this.#listener = listener;
  }

  append(drafts: readonly Draft[]): Promise<Stored[]> {
    return this.#call(async () => {
      const stored = await this.#journal.append(drafts);
      this.kept.push(...newOf(stored));
      return stored;
    }, newOf);
  }

  act(draft: ActDraft): Promise<Act | undefined> {
    return this.#call(async () => {
      const act = await this.#journal.act(draft);
      if (act) this.done.push(act);
      return act;
    }, (act) => act ? [act] : []);
  }

  audit(before: number, limit: number): Promise<Act[]> {
    return this.#call(() => this.#journal.audit(before, limit));
  }

  probe(): Promise<void> {
    return this.#call(() => this.#journal.probe());
  }

  claim(claim: Claim): Promise<boolean> {
    return this.#call(() => this.#journal.claim(claim));
  }

  newest(room: string, limit: number): Promise<Page<Kept>> {
    return this.#call(() => this.#journal.newest(room, limit));
  }

  before(room: string, before: number, limit: number): Promise<Page> {
    return this.#call(() => this.#journal.before(room, before, limit));
  }

  after(room: string, after: number, limit: number): Promise<Page> {
    return this.#call(() => this.#journal.after(room, after, limit));
  }

  missed(room: string, after: number, limit: number): Promise<Page<Kept>> {
    return this.#call(() => this.#journal.missed(room, after, limit));
  }

  since(id: number, limit: number): Promise<Page<Kept>> {
    return this.#call(() => this.#journal.since(id, limit));
  }

  search(search: Search): Promise<Page> {
    return this.#call(() => this.#journal.search(search));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** @param keptOf what of a result the listener is told, if the call does not seem to have failed. */
  #call<T>(carryOut: () => Promise<T>, keptOf?: (result: T) => readonly Kept[]): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#calls.push(async (fate) => {
      const result = fate === "refused" ? undefined : await carryOut();
      if (fate !== "done") return reject(new JournalError("the disk is full"));
      if (keptOf) this.#listener?.kept(keptOf(result!));
      resolve(result!);
    });
    return promise;
  }
}
