import { join } from "node:path";
import type { Copy } from "./copier.ts";
import {
  type Act,
  type Draft,
  type Journal,
  JournalError,
  type JournalListener,
  type Kept,
  newOf,
  type Stored,
} from "./journal.ts";
import { type Reading, reading } from "./reading.ts";
import type { LogRecord, LogState } from "./shared_log.ts";
import type { Answer, Opened, Opening, Request, Result } from "./worker.ts";

/** The file's name in its directory. */
export const JOURNAL_FILE = "hubbub.db";

/** How many requests go to the worker at once: their answers are in memory at once, too. */
const BATCH_REQUESTS_MAX = 64;

/** Where a journal is. */
export interface Place {
  /** Holds the file; made if it is missing. */
  readonly directory: string;
}

/** Where a journal is and how it is kept. */
export interface Options extends Place {
  /** What is older is deleted, in ms; nothing is if it is not set. */
  readonly keepMs?: number;
}

/**
 * Opens a journal in a file, or makes it. The work is done in a thread of its own, so that a slow disk doesn't hold up
 * the caller's.
 * @throws {JournalError} when the file can't be used; it is as it was then.
 */
export async function openSqlite(options: Options): Promise<Journal> {
  const { remote, opened } = await open(options, undefined);
  let listener: JournalListener | undefined;
  return {
    ...opened,
    ...common(remote),
    listen: (heard) => void (listener = heard),
    append: async (drafts) => {
      // The answer holds entries only where they are not the drafts: what is known here need not be copied again.
      const answer = await remote.call<Answer["append"]>({ method: "append", arguments: [drafts] });
      const stored = answer.map((stored, index) => toStored(stored, drafts[index]!));
      listener?.kept(newOf(stored));
      return stored;
    },
    act: async (draft) => {
      const act = await remote.call<Act | undefined>({ method: "act", arguments: [draft] });
      if (act) listener?.kept([act]);
      return act;
    },
    claim: (claim) => remote.call<void>({ method: "claim", arguments: [claim] }).then(() => true),
  };
}

/**
 * Opens the copy of a log in a file, or makes it; otherwise as `openSqlite`.
 * @throws {JournalError} when the file can't be used, or is something else than that copy.
 */
export async function openSqliteCopy(place: Place, log: LogState): Promise<Copy> {
  const { remote, opened: { last } } = await open(place, log);
  return {
    last,
    ...common(remote),
    claims: () => remote.call({ method: "claims", arguments: [] }),
    acts: () => remote.call({ method: "acts", arguments: [] }),
    known: (drafts) => remote.call({ method: "known", arguments: [drafts] }),
    deletable: (deed) => remote.call({ method: "deletable", arguments: [deed] }),
    apply: async (records) => {
      const answer = await remote.call<Answer["apply"]>({ method: "apply", arguments: [records] });
      const byPlace = new Map(records.map(({ place, record }) => [place, record]));
      return answer.map((kept): Kept => {
        if (typeof kept === "object") return kept;
        const record = byPlace.get(kept) as Extract<LogRecord, { say: Draft }>;
        return toStored(kept, record.say).entry;
      });
    },
    expired: (beforeMs) => remote.call({ method: "expired", arguments: [beforeMs] }),
  };
}

async function open(
  { directory, keepMs }: Options,
  log: LogState | undefined,
): Promise<{ remote: Remote; opened: Opened }> {
  const remote = new Remote();
  try {
    return { remote, opened: await remote.open({ path: join(directory, JOURNAL_FILE), keepMs, log }) };
  } catch (error) {
    remote.terminate();
    throw error;
  }
}

/** What a journal and a copy have in common. */
function common(remote: Remote): Reading & Pick<Journal, "close"> {
  return {
    // Each method with its own parameters, which TypeScript can't follow through a union.
    ...reading((method, parameters) => remote.call({ method, arguments: parameters } as Request) as never),
    close: () => remote.close(),
  };
}

/** What became of a draft, of which only what its sender does not know has crossed over. */
export function toStored(stored: Answer["append"][number], { room, user, name, text, nonce, at }: Draft): Stored {
  if (typeof stored === "object") return { entry: stored, duplicate: true };
  return { entry: { id: stored, room, user, name, text, nonce, at }, duplicate: false };
}

/** A request and who waits for its result. */
interface Call {
  readonly request: Request;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: JournalError) => void;
}

/**
 * This thread's end of the worker. Requests go there one batch at a time: what is asked for while a batch is away makes
 * up the next one. So calls are carried out in order, and the more there are the more share a commit.
 */
class Remote {
  readonly #worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "journal" });
  readonly #opened = Promise.withResolvers<Opened>();
  #waiting: Call[] = [];
  #away: Call[] = [];
  #failure: JournalError | undefined;
  #closed: Promise<void> | undefined;

  /** Lets the worker open the file. Called once, before anything else. */
  async open(opening: Opening): Promise<Opened> {
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new JournalError(`The journal "${opening.path}" has stopped working: ${event.message}`));
    };
    this.#worker.onmessageerror = () => this.#fail(new JournalError(`The journal "${opening.path}" is not understood`));
    this.#worker.onmessage = ({ data }: MessageEvent<Result<Opened>>) => {
      this.#worker.onmessage = ({ data }: MessageEvent<Result<unknown>[]>) => this.#settle(data);
      if ("error" in data) this.#opened.reject(new JournalError(data.error));
      else this.#opened.resolve(data.value);
    };
    this.#worker.postMessage(opening);
    return await this.#opened.promise;
  }

  /** Has a request carried out after all that were made before. */
  call<T>(request: Request): Promise<T> {
    if (this.#closed) return Promise.reject(new JournalError("The journal is closed"));
    return this.#call(request);
  }

  /** Has the file closed after all requests, and ends the worker. Closing twice is harmless. */
  close(): Promise<void> {
    return this.#closed ??= this.#call<void>({ method: "close", arguments: [] }).finally(() => this.terminate());
  }

  /** Ends the worker at once. */
  terminate(): void {
    this.#worker.terminate();
  }

  #call<T>(request: Request): Promise<T> {
    if (this.#failure) return Promise.reject(this.#failure);
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.push({ request, resolve: resolve as Call["resolve"], reject });
    // After this turn, so that what it asks for goes together.
    if (this.#waiting.length === 1 && this.#away.length === 0) queueMicrotask(() => this.#send());
    return promise;
  }

  #send(): void {
    if (this.#away.length > 0 || this.#waiting.length === 0) return;
    this.#away = this.#waiting.splice(0, BATCH_REQUESTS_MAX);
    this.#worker.postMessage(this.#away.map(({ request }) => request));
  }

  #settle(results: Result<unknown>[]): void {
    const calls = this.#away;
    this.#away = [];
    this.#send();
    for (const [index, { resolve, reject }] of calls.entries()) {
      const result = results[index]!;
      if ("error" in result) reject(new JournalError(result.error));
      else resolve(result.value);
    }
  }

  #fail(failure: JournalError): void {
    this.#failure ??= failure;
    this.#opened.reject(failure);
    const calls = [...this.#away, ...this.#waiting];
    this.#away = [];
    this.#waiting = [];
    for (const { reject } of calls) reject(failure);
  }
}
