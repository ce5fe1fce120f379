/**
 * How a process reads a journal's file that another has for itself: it asks for a hold, during which the file does not
 * change. What is kept meanwhile goes into the write-ahead log beside it, so nobody waits.
 *
 * ```
 * who reads                                    who has the file, a look every HOLD_LOOK_MS
 * hubbub.db-hold: "token"  ────────────────→   all is brought into hubbub.db, and nothing more
 *                          ←────────────────   hubbub.db-held: {"token": …, "grant": …}
 * reads; touches -hold every HOLD_RENEW_MS     was it touched in the last HOLD_ABANDONED_MS?
 * is -held still there, the same?
 *    then what was read is of one moment
 * removes -hold            ────────────────→   removes -held, and only then goes on to change the file
 * ```
 *
 * Files, because they need no port, no secret and no permission but those for the folder, and are the same everywhere.
 * No lock is touched: a POSIX lock ends when the process that has it closes the file, whatever it opened it for.
 * @module
 */
import { readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { fileError } from "./errors.ts";
import { makeFile } from "./files.ts";
import { JournalError } from "./journal.ts";

/** How often to look whether somebody asks for a hold, or gives it back, in ms. */
export const HOLD_LOOK_MS = 250;

/** How often it is renewed, in ms. */
const HOLD_RENEW_MS = 1_000;

/** Who has not renewed it for so long is gone, in ms. More than a busy disk takes for a file's date. */
export const HOLD_ABANDONED_MS = 10_000;

/** How long to wait for an answer, in ms. More than bringing the log into the file takes on a slow disk. */
const ANSWER_MS_MAX = 20_000;

/** How long the log may get meanwhile, in bytes: it has to be brought into the file in the end, all at once. */
export const HELD_LOG_BYTES_MAX = 256 * 1024 * 1024;

/** The name of the file that asks for a hold. */
export function requestOf(path: string): string {
  return `${path}-hold`;
}

/** The name of the file that grants it. */
export function answerOf(path: string): string {
  return `${path}-held`;
}

/** What can leave its file as it is for a while, as a Store can. */
export interface Holdable {
  /** Brings everything into the file, which from then on does not change. */
  hold(): void;
  /** Ends that. */
  release(): void;
}

/** For the process that has the file: grants holds and ends them. */
export class Holder {
  readonly #path: string;
  readonly #store: Holdable;
  // What the last request said, answered or not.
  #token: string | undefined;
  #held = false;
  #renewal = 0;
  #renewedMs = 0;

  constructor(path: string, store: Holdable) {
    this.#path = path;
    this.#store = store;
  }

  /**
   * Looks what is asked for.
   * @param nowMs monotonic.
   */
  look(nowMs: number): void {
    try {
      this.#look(nowMs);
    } catch (error) {
      // The disk is full or fails: who asked gets no answer. Anything else is a defect.
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }

  #look(nowMs: number): void {
    const renewal = statSync(requestOf(this.#path), { throwIfNoEntry: false })?.mtimeMs;
    if (renewal === undefined) return this.end();
    if (renewal !== this.#renewal) [this.#renewal, this.#renewedMs] = [renewal, nowMs];
    const logBytes = statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
    if (nowMs - this.#renewedMs > HOLD_ABANDONED_MS || (this.#held && logBytes > HELD_LOG_BYTES_MAX)) {
      this.end();
      return rmSync(requestOf(this.#path), { force: true });
    }
    const token = tokenOf(requestOf(this.#path));
    if (token !== undefined && token !== this.#token) this.#begin(token);
  }

  /** Ends the hold, if there is one. Who reads finds that out before they rely on what they read. */
  end(): void {
    if (this.#token === undefined) return;
    rmSync(answerOf(this.#path), { force: true });
    this.#token = undefined;
    if (this.#held) this.#store.release();
    this.#held = false;
  }

  #begin(token: string): void {
    this.end();
    this.#token = token;
    const grant = crypto.randomUUID();
    let answer: Answer = { token, grant };
    try {
      this.#store.hold();
      this.#held = true;
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      answer = { token, grant, error: error.message };
    }
    writeFileSync(answerOf(this.#path), JSON.stringify(answer), { mode: 0o600 });
  }
}

/** What is in the file that grants a hold, or says why not. */
interface Answer {
  readonly token: string;
  /** Is another each time: a server that was started meanwhile grants what it finds asked for anew. */
  readonly grant: string;
  readonly error?: string;
}

/** For the process that reads: a hold that the other one grants. */
export class Hold implements AsyncDisposable {
  readonly #path: string;
  readonly #token: string;
  // What was granted; undefined until it is.
  #grant: string | undefined;
  readonly #renewing: ReturnType<typeof setInterval>;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
    // When it fails the hold may end: that is found out in the end.
    this.#renewing = setInterval(
      () => Deno.utime(requestOf(path), new Date(), new Date()).catch(() => {}),
      HOLD_RENEW_MS,
    );
  }

  /**
   * Asks for a hold of the file at `path`, and waits until it is granted.
   * @throws {JournalError} when it isn't.
   */
  static async ask(
    path: string,
    pause: (ms: number) => Promise<unknown> = setTimeout,
    waitMs = ANSWER_MS_MAX,
  ): Promise<Hold> {
    const request = requestOf(path);
    const token = crypto.randomUUID();
    try {
      makeFile(request, token, { readable: true });
    } catch (error) {
      // Deno 2.4 has no code for it.
      if (!/os error 17\)|EEXIST/.test((error as Error).message)) throw fileError("write", request, error);
      throw new JournalError(`Cannot read "${path}": another backup or export does. Wait for it, and try again`);
    }
    const hold = new Hold(path, token);
    try {
      for (const end = performance.now() + waitMs; performance.now() < end; await pause(HOLD_LOOK_MS / 2)) {
        const answer = hold.#answer();
        if (answer?.error !== undefined) throw new JournalError(answer.error);
        if (answer) {
          hold.#grant = answer.grant;
          return hold;
        }
      }
      throw new JournalError(`Cannot read "${path}": the process that has it open doesn't answer`);
    } catch (error) {
      await hold[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @throws {JournalError} when the file may have changed since the hold was granted: what was read is worth nothing. */
  confirm(): void {
    if (this.#answer()?.grant === this.#grant && this.#grant !== undefined) return;
    throw new JournalError(
      `Cannot read "${this.#path}" to its end: the server has ended, or could not wait any longer. Try again`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#renewing);
    // It may be somebody else's by now.
    if (tokenOf(requestOf(this.#path)) === this.#token) await Deno.remove(requestOf(this.#path)).catch(() => {});
  }

  /** What was answered; undefined while nothing is, or somebody else was. */
  #answer(): Answer | undefined {
    try {
      const answer: Answer = JSON.parse(readFileSync(answerOf(this.#path), "utf8"));
      return answer.token === this.#token ? answer : undefined;
    } catch {
      // It isn't there, or is being written.
      return undefined;
    }
  }
}

/** What a request says; undefined while there is none, or it is being written. */
function tokenOf(request: string): string | undefined {
  try {
    return readFileSync(request, "utf8") || undefined;
  } catch {
    return undefined;
  }
}
