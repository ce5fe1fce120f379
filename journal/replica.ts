import type { Clock } from "../sweeper.ts";
import { Copier, type Copy } from "./copier.ts";
import {
  type Act,
  type ActDraft,
  type Claim,
  type Draft,
  type Entry,
  isEntry,
  type Journal,
  JournalError,
  type JournalListener,
  RETENTION_INTERVAL_MS,
  type Stored,
} from "./journal.ts";
import { asRecord, type LogState, type SharedLog } from "./shared_log.ts";

/** How long one call goes on appending, in ms: what comes after that has to be said again. */
const APPEND_MS_MAX = 5_000;
/** What a replica is made of. */
export interface ReplicaOptions {
  readonly log: SharedLog;
  /** Opens the copy, once it is known of what. */
  readonly openCopy: (log: LogState) => Promise<Copy>;
  /** What is older is dropped, in ms; undefined is nothing. */
  readonly keepMs: number | undefined;
  readonly clock: Clock;
  /** Is told, while the copy is brought up to date, up to which place it is, and where the log ends. */
  readonly report: (place: number, last: number) => void;
}

interface Parts extends Pick<ReplicaOptions, "log" | "clock">, Pick<Journal, "epoch" | "claims" | "acts"> {
  readonly copy: Copy;
  readonly copier: Copier;
}

/**
 * A journal that several nodes have together: a log that they share, and on each of them a copy, from which everything is
 * read. What is kept is appended to the log, comes back out of it like what others appended, goes into the copy, and then the
 * hub hears of it: one order and one way, whoever said it.
 *
 * All copies are the same, since what a record comes to follows from those before it: the first that has a user and nonce
 * is kept, the first who claims a name has it, what is not there can't be deleted. The log itself drops what is appended
 * twice within minutes; what is said again later is found in the copy, and where another node was faster, comes to nothing.
 *
 * To find it there the copy must not be further behind than the log remembers: after a failure nothing is appended before it
 * is up to date. Else, what was deleted could come back: its text is not in the log any more, nor that it was said.
 *
 * Of one sender one message at a time is on its way, so that of two the first can't be lost and the second be kept.
 */
export class Replica implements Journal {
  readonly epoch: string;
  readonly last: number;
  readonly claims: readonly Claim[];
  readonly acts: readonly Act[];
  readonly #log: SharedLog;
  readonly #copy: Copy;
  readonly #copier: Copier;
  readonly #clock: Clock;
  // What is on its way, by user and nonce, and what came of it.
  readonly #awaited = new Map<string, Entry | undefined>();
  // The copy may lack what others have appended: what is said again must not be taken for new because of that.
  #behind = false;
  // Resolves when everything that is to be written has been, or has failed.
  #written: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #callOffRetention = () => {};

  /**
   * Brings the copy up to date with the log.
   * @throws {JournalError} when that isn't possible.
   */
  static async open({ log, openCopy, keepMs, clock, report }: ReplicaOptions): Promise<Replica> {
    const state = await log.state();
    const copy = await openCopy(state);
    try {
      const copier = new Copier({ log, copy, clock }, await copy.claims());
      await copier.catchUp(state.last, (place) => report(place, state.last));
      const [claims, acts] = await Promise.all([copy.claims(), copy.acts()]);
      const replica = new Replica({ epoch: state.epoch, claims, acts, log, copy, copier, clock });
      if (keepMs !== undefined) replica.#retain(keepMs);
      return replica;
    } catch (error) {
      await copy.close();
      throw error;
    }
  }

  private constructor({ epoch, claims, acts, log, copy, copier, clock }: Parts) {
    this.epoch = epoch;
    this.last = copier.place;
    this.claims = claims;
    this.acts = acts;
    this.#log = log;
    this.#copy = copy;
    this.#copier = copier;
    this.#clock = clock;
  }

  listen(listener: JournalListener): void {
    this.#copier.listen({
      kept: (kept, last) => {
        for (const entry of kept) {
          if (isEntry(entry) && this.#awaited.has(keyOf(entry))) this.#awaited.set(keyOf(entry), entry);
        }
        listener.kept(kept, last);
      },
      named: (...named) => listener.named(...named),
      failing: (error) => listener.failing(error),
    });
    this.#log.listen((error) => {
      this.#behind = true;
      listener.failing(error);
    });
  }

  /** As a Journal's; but of those that it fails for some may be kept. To append them again finds them. */
  append(drafts: readonly Draft[]): Promise<Stored[]> {
    return this.#write(() => this.#append(drafts));
  }

  act(draft: ActDraft): Promise<Act | undefined> {
    return this.#write(() => this.#act(draft));
  }

  claim(claim: Claim): Promise<boolean> {
    return this.#write(() => this.#claim(claim));
  }

  async probe(): Promise<void> {
    const { last, epoch } = await this.#log.state();
    if (epoch !== this.epoch) throw new JournalError("NATS has another stream now: start again with another folder");
    await Promise.all([this.#copier.reached(last), this.#copy.probe()]);
    this.#behind = false;
  }

  audit: Journal["audit"] = (...page) => this.#copy.audit(...page);
  newest: Journal["newest"] = (...page) => this.#copy.newest(...page);
  before: Journal["before"] = (...page) => this.#copy.before(...page);
  after: Journal["after"] = (...page) => this.#copy.after(...page);
  missed: Journal["missed"] = (...page) => this.#copy.missed(...page);
  since: Journal["since"] = (...page) => this.#copy.since(...page);
  search: Journal["search"] = (search) => this.#copy.search(search);

  close(): Promise<void> {
    return this.#closed ??= this.#end();
  }

  async #end(): Promise<void> {
    this.#callOffRetention();
    await this.#written;
    this.#copier.close();
    await this.#log.close();
    await this.#copy.close();
  }

  async #write<T>(write: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new JournalError("The journal is closed");
    const before = this.#written;
    const written = before.then(() => {
      this.#copier.refuseIfFailed();
      return write();
    });
    this.#written = written.catch(() => this.#behind = true);
    return await written;
  }

  async #append(drafts: readonly Draft[]): Promise<Stored[]> {
    // It would come to nothing everywhere.
    if (drafts.some((say) => !asRecord({ say }))) throw new JournalError("Something that was said can't be kept");
    if (this.#behind) await this.probe();
    const known = await this.#copy.known(drafts);
    const fresh = drafts.filter((_, index) => !known[index]);
    for (const draft of fresh) this.#awaited.set(keyOf(draft), undefined);
    try {
      const places = await this.#publish(fresh);
      await this.#copier.reached(Math.max(...places, 0));
      const owned = new Map(fresh.map((draft, index) => [keyOf(draft), places[index]!]));
      return await this.#outcomes(drafts, known, owned);
    } finally {
      for (const draft of fresh) this.#awaited.delete(keyOf(draft));
    }
  }

  async #act(draft: ActDraft): Promise<Act | undefined> {
    const { deed } = draft;
    const found = deed.type === "delete" ? await this.#copy.deletable(deed) : undefined;
    if (deed.type === "delete" && !found) return undefined;
    const record = found && deed.type === "delete"
      ? { act: { ...draft, deed: { ...deed, author: found.author } }, nonce: found.nonce }
      : { act: draft };
    const place = await this.#log.publish(record, crypto.randomUUID());
    await this.#copier.reached(place);
    // Another node may have deleted it before.
    const [newest] = await this.#copy.audit(place + 1, 1);
    return newest?.id === place ? newest : undefined;
  }

  async #claim(claim: Claim): Promise<boolean> {
    await this.#copier.reached(await this.#log.publish({ claim }, crypto.randomUUID()));
    return this.#copier.nameOf(claim.user) === claim.name;
  }

  /** Resolves when it is known of each whether it is in the log. */
  async #publish(drafts: readonly Draft[]): Promise<number[]> {
    const deadline = this.#clock.now() + APPEND_MS_MAX;
    const before = new Map<string, Promise<unknown>>();
    const outcomes = await Promise.allSettled(drafts.map((draft) => {
      const place = (before.get(draft.user) ?? Promise.resolve()).then(() => {
        if (this.#clock.now() > deadline) throw new JournalError("NATS takes too long to keep what is said");
        return this.#log.publish({ say: draft }, keyOf(draft));
      });
      before.set(draft.user, place);
      return place;
    }));
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed) throw failed.reason;
    return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<number>).value);
  }

  /** @param places where what was published is, by its key. */
  async #outcomes(
    drafts: readonly Draft[],
    known: readonly (Entry | undefined)[],
    places: ReadonlyMap<string, number>,
  ): Promise<Stored[]> {
    // What the log knew to be there already.
    const lacking = drafts.filter((draft, index) => !known[index] && !this.#awaited.get(keyOf(draft)));
    const found = lacking.length > 0 ? await this.#copy.known(lacking) : [];
    const earlier = new Map(lacking.map((draft, index) => [keyOf(draft), found[index]]));
    const told = new Set<string>();
    return drafts.map((draft, index) => {
      const key = keyOf(draft);
      const entry = known[index] ?? this.#awaited.get(key) ?? earlier.get(key);
      // Something with its nonce was dropped for its age just now.
      if (!entry) throw new JournalError("NATS does not take again what was said before, and is gone: try later");
      // Where another node was faster it is in another place.
      const isNew = this.#awaited.get(key) !== undefined && entry.id === places.get(key) && !told.has(key);
      told.add(key);
      return { entry, duplicate: !isNew };
    });
  }

  /** Has what is too old dropped, here and on all nodes, now and every so often. */
  #retain(keepMs: number): void {
    this.#drop(this.#clock.date() - keepMs).catch((error) => {
      // Whoever writes is told of it; and the next time comes.
      if (!(error instanceof JournalError)) throw error;
    });
    this.#callOffRetention = this.#clock.after(RETENTION_INTERVAL_MS, () => this.#retain(keepMs));
  }

  async #drop(beforeMs: number): Promise<void> {
    const last = await this.#copy.expired(beforeMs);
    if (last === undefined) return;
    await this.#log.publish({ drop: last }, `drop ${last}`);
    await this.#log.prune(last);
  }
}

/** A user is letters, digits, `-` and `_`, so that this stands for one message alone. */
function keyOf({ user, nonce }: Pick<Draft, "user" | "nonce">): string {
  return `${user} ${nonce}`;
}
