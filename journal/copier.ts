import type { Clock } from "../sweeper.ts";
import { Names } from "../text.ts";
import {
  type Act,
  type Claim,
  type Deed,
  type Draft,
  type Entry,
  isAct,
  type Journal,
  JournalError,
  type JournalListener,
  type Kept,
} from "./journal.ts";
import type { Reading } from "./reading.ts";
import type { Placed, SharedLog } from "./shared_log.ts";

/** How long it may take, in ms, until what was appended to the log comes back out of it. */
export const RETURN_MS_MAX = 5_000;
/** How long after the copy could not be written to, or a text not be wiped out, it is tried again, in ms. */
const AGAIN_MS = 1_000;
/** So many deleted texts wait at most to be wiped out of the log. */
const ERASURES_MAX = 1_000;

/** This node's copy of a log, as Store has it. */
export interface Copy extends Reading, Pick<Journal, "close"> {
  /** Up to this place it was the copy when it was opened. */
  readonly last: number;
  claims(): Promise<Claim[]>;
  acts(): Promise<Act[]>;
  known(drafts: readonly Draft[]): Promise<(Entry | undefined)[]>;
  deletable(deed: Extract<Deed, { type: "delete" }>): Promise<{ author: string; nonce: string } | undefined>;
  apply(records: readonly Placed[]): Promise<Kept[]>;
  expired(beforeMs: number): Promise<number | undefined>;
}

/** What the Copier works with. */
export interface CopierPorts {
  readonly log: SharedLog;
  readonly copy: Copy;
  readonly clock: Clock;
}

/** Somebody who waits until a place has come. */
interface Waiting {
  readonly place: number;
  resolve(): void;
  reject(error: JournalError): void;
}

/**
 * Follows a log: takes what comes out of it into the copy, tells the listener, and then those who wait for it. It judges
 * claims, too: all nodes have them in the same order, and so come to the same.
 */
export class Copier {
  readonly #ports: CopierPorts;
  readonly #names: Names;
  readonly #listening = Promise.withResolvers<void>();
  #listener: JournalListener | undefined;
  #place: number;
  readonly #waiting = new Set<Waiting>();
  readonly #erasures = new Set<number>();
  #erasing = false;
  #failure: JournalError | undefined;
  // What ends each pause before its time.
  readonly #pauses = new Set<() => void>();

  /** Does nothing before `catchUp`. */
  constructor(ports: CopierPorts, claims: readonly Claim[]) {
    this.#ports = ports;
    this.#place = ports.copy.last;
    this.#names = new Names(claims);
  }

  /** Up to this place everything is in the copy, and the listener knows it. */
  get place(): number {
    return this.#place;
  }

  /** What somebody is called; undefined if they have no name. */
  nameOf(user: string): string | undefined {
    return this.#names.of(user);
  }

  /**
   * Brings the copy up to a place, and stops there until somebody listens.
   * @param report is told each place that was reached.
   * @throws {JournalError} when that isn't possible.
   */
  async catchUp(last: number, report: (place: number) => void): Promise<void> {
    const reached = this.#wait(last);
    this.#follow(last, report).catch((error) => {
      // Anything else is a defect, as of who listens.
      if (!(error instanceof JournalError)) throw error;
      this.#fail(error);
    });
    await reached;
  }

  /** From now on it goes on, and tells what comes. */
  listen(listener: JournalListener): void {
    this.#listener = listener;
    this.#listening.resolve();
  }

  /** @throws {JournalError} when the log can't be followed any more. */
  refuseIfFailed(): void {
    if (this.#failure) throw this.#failure;
  }

  /**
   * Resolves when a place has come.
   * @throws {JournalError} when that takes too long: it may come yet.
   */
  async reached(place: number): Promise<void> {
    const late = new JournalError("NATS keeps what is said, but does not give it back: check its connections");
    await this.#wait(place, late);
  }

  /** Ends it; those who wait wait in vain. */
  close(): void {
    this.#fail(new JournalError("The journal is closed"));
  }

  #wait(place: number, late?: JournalError): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (place <= this.#place) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { place, resolve, reject };
    this.#waiting.add(waiting);
    const callOff = late && this.#ports.clock.after(RETURN_MS_MAX, () => reject(late));
    return promise.finally(() => {
      callOff?.();
      this.#waiting.delete(waiting);
    });
  }

  async #follow(last: number, report: (place: number) => void): Promise<void> {
    for await (const records of this.#ports.log.tail(this.#place)) {
      // Whoever opened it takes down what there is before there is more.
      if (this.#place >= last) await this.#listening.promise;
      if (this.#failure) return;
      await this.#take(records);
      if (!this.#listener) report(this.#place);
    }
  }

  async #take(records: readonly Placed[]): Promise<void> {
    const named: Parameters<JournalListener["named"]>[] = [];
    const kept = await this.#apply(records.map(({ place, record }) => {
      if (!record || !("claim" in record)) return { place, record };
      const { user, name } = record.claim;
      // A claim of what is somebody else's comes to nothing.
      const isTheirs = !("code" in this.#names.claim(user, name));
      named.push([user, this.#names.of(user)]);
      return { place, record: isTheirs ? record : undefined };
    }));
    this.#place = records.at(-1)!.place;
    this.#listener?.kept(kept, this.#place);
    for (const each of named) this.#listener?.named(...each);
    for (const { resolve, place } of this.#waiting) if (place <= this.#place) resolve();
    if (this.#listener) this.#wipe(kept);
  }

  /** Takes it into the copy, however long that takes: nothing that comes after it may be there before. */
  async #apply(records: readonly Placed[]): Promise<Kept[]> {
    for (;;) {
      try {
        return await this.#ports.copy.apply(records);
      } catch (error) {
        if (!(error instanceof JournalError)) throw error;
        this.refuseIfFailed();
        this.#listener?.failing(error);
        await this.#pause();
      }
    }
  }

  /** Texts that were deleted are wiped out of the log, by every node that is there, for one of them may end before it has. */
  #wipe(kept: readonly Kept[]): void {
    for (const act of kept) {
      if (isAct(act) && act.deed.type === "delete" && this.#erasures.size < ERASURES_MAX) {
        this.#erasures.add(act.deed.message);
      }
    }
    if (this.#erasures.size > 0 && !this.#erasing) this.#eraseAll();
  }

  async #eraseAll(): Promise<void> {
    this.#erasing = true;
    for (let place; (place = this.#erasures.values().next().value) !== undefined && !this.#failure;) {
      try {
        await this.#ports.log.erase(place);
        this.#erasures.delete(place);
      } catch (error) {
        if (!(error instanceof JournalError)) throw error;
        await this.#pause();
      }
    }
    this.#erasing = false;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        callOff();
        this.#pauses.delete(end);
        resolve();
      };
      const callOff = this.#ports.clock.after(AGAIN_MS, end);
      this.#pauses.add(end);
    });
  }

  #fail(error: JournalError): void {
    this.#failure ??= error;
    this.#listener?.failing(this.#failure);
    for (const end of this.#pauses) end();
    this.#listening.resolve();
    for (const { reject } of this.#waiting) reject(this.#failure);
  }
}
