import { type Claim, type Journal, JournalError } from "./journal/journal.ts";
import type { Log } from "./log.ts";
import type { Clock } from "./sweeper.ts";

/** So many people's names wait at most to be kept. */
export const CLAIMS_MAX = 10_000;
/** How long after one could not be kept it is tried again, in ms. */
export const CLAIM_AGAIN_MS = 1_000;

/** What claims need of their hub. */
export interface ClaimsPorts {
  readonly journal: Pick<Journal, "claim">;
  readonly clock: Clock;
  readonly log: Log;
  /** The name is somebody else's, who was first on another node. */
  taken(claim: Claim): void;
}

/**
 * Takes the names that people have chosen to the journal, one at a time. They have them meanwhile, for nobody must have to
 * wait for the journal to come in; what can't be kept now is tried again, whether or not they are still there.
 */
export class Claims {
  readonly #ports: ClaimsPorts;
  // What people want to be called, by their ids.
  readonly #waiting = new Map<string, string>();
  #keeping: Promise<void> | undefined;
  #isFailing = false;
  #isFinished = false;
  #callOffAgain = () => {};

  /** Nobody has chosen anything. */
  constructor(ports: ClaimsPorts) {
    this.#ports = ports;
  }

  /** Whether so many wait that nobody else should choose a name. */
  get full(): boolean {
    return this.#waiting.size >= CLAIMS_MAX;
  }

  /** Keeps what somebody wants to be called now. */
  keep({ user, name }: Claim): void {
    // Last, for the name may have become free by what was chosen meanwhile.
    this.#waiting.delete(user);
    this.#waiting.set(user, name);
    if (!this.#isFailing) this.#keeping ??= this.#keepAll();
  }

  /** Tries nothing again; resolves when everything is kept, or something can't be. */
  async finish(): Promise<void> {
    this.#isFinished = true;
    this.#callOffAgain();
    await this.#keeping;
  }

  async #keepAll(): Promise<void> {
    try {
      for (let next; (next = this.#waiting.entries().next().value) !== undefined;) {
        const [user, name] = next;
        const isTheirs = await this.#ports.journal.claim({ user, name });
        this.#isFailing = false;
        // They may have chosen another meanwhile.
        if (this.#waiting.get(user) === name) this.#waiting.delete(user);
        if (!isTheirs) this.#ports.taken({ user, name });
      }
    } catch (error) {
      // Anything else is a defect.
      if (!(error instanceof JournalError)) throw error;
      if (!this.#isFailing) this.#ports.log("name_not_kept", { reason: error.message });
      this.#isFailing = true;
      if (!this.#isFinished) {
        this.#callOffAgain = this.#ports.clock.after(CLAIM_AGAIN_MS, () => this.#keeping = this.#keepAll());
      }
    }
    this.#keeping = undefined;
  }
}
