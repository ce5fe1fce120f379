import {
  type Act,
  type Claim,
  type Journal,
  JournalError,
  type JournalListener,
  type Kept,
  type Stored,
} from "./journal.ts";
import { reading } from "./reading.ts";
import { toStored } from "./sqlite.ts";
import type { Answer, Opened, Result } from "./worker.ts";

/** How many questions of one thread are not answered at once: so many answers are in memory at most. */
export const QUESTIONS_MAX = 64;

type Method = Exclude<
  keyof { [M in keyof Journal as Journal[M] extends (...a: never[]) => Promise<unknown> ? M : never]: M },
  "close"
>;

/** A call of the journal in the other thread. */
export type Question = {
  [M in Method]: {
    /** Its answer has the same. */
    readonly number: number;
    readonly method: M;
    readonly arguments: Parameters<Journal[M]>;
  };
}[Method];

/** What comes from there, in this order: first what is `Opened`, then lists of these. */
export type Told =
  | { readonly kept: readonly Kept[]; readonly last?: number }
  | { readonly named: Claim["user"]; readonly name: string | undefined }
  | { readonly failing: string }
  | { readonly number: number; readonly result: Result<unknown> };

/** Opens a journal that is in another thread, which shares it: see share.ts. To close it ends this end alone. */
export async function openRemote(port: MessagePort): Promise<Journal> {
  const remote = new Remote(port);
  const { epoch, last, claims, acts } = await remote.opened;
  return {
    epoch,
    last,
    claims,
    acts,
    listen: (listener) => remote.listen(listener),
    append: async (drafts) => {
      const answer = await remote.call<Answer["append"]>("append", [drafts]);
      return answer.map((stored, index): Stored => toStored(stored, drafts[index]!));
    },
    act: (draft) => remote.call<Act | undefined>("act", [draft]),
    ...reading((method, parameters) => remote.call(method, parameters) as never),
    claim: (claim) => remote.call("claim", [claim]),
    close: () => remote.close(),
  };
}

/**
 * This thread's end. What is asked for in one turn goes in one message. An answer may overtake those to earlier questions: who
 * reads does not wait for a journal that can't keep anything at the moment.
 */
class Remote {
  readonly #port: MessagePort;
  readonly #opened = Promise.withResolvers<Opened>();
  #listener: JournalListener | undefined;
  // What came before anybody listened.
  #early: Told[] = [];
  #count = 0;
  #waiting: Question[] = [];
  readonly #away = new Map<number, PromiseWithResolvers<unknown>>();
  #allAnswered = () => {};
  #closed: Promise<void> | undefined;

  constructor(port: MessagePort) {
    this.#port = port;
    port.onmessage = ({ data }: MessageEvent<Opened>) => {
      port.onmessage = ({ data }: MessageEvent<Told[]>) => {
        for (const told of data) this.#hear(told);
        this.#send();
      };
      this.#opened.resolve(data);
    };
  }

  get opened(): Promise<Opened> {
    return this.#opened.promise;
  }

  listen(listener: JournalListener): void {
    this.#listener = listener;
    for (const told of this.#early.splice(0)) this.#hear(told);
  }

  /** Has a method called after all that were asked for before. */
  call<T>(method: Method, parameters: unknown[]): Promise<T> {
    if (this.#closed) return Promise.reject(new JournalError("The journal is closed"));
    const number = this.#count++;
    // Each method with its own parameters, which TypeScript can't follow through a union.
    this.#waiting.push({ number, method, arguments: parameters } as Question);
    const call = Promise.withResolvers<unknown>();
    this.#away.set(number, call);
    // After this turn, so that what it asks for goes together.
    if (this.#waiting.length === 1) queueMicrotask(() => this.#send());
    return call.promise as Promise<T>;
  }

  /** What was asked before is answered first. Closing twice is harmless. */
  close(): Promise<void> {
    return this.#closed ??= this.#end();
  }

  async #end(): Promise<void> {
    if (this.#away.size > 0) await new Promise<void>((resolve) => this.#allAnswered = resolve);
    this.#port.close();
  }

  #send(): void {
    const room = QUESTIONS_MAX - (this.#away.size - this.#waiting.length);
    if (room > 0 && this.#waiting.length > 0) this.#port.postMessage(this.#waiting.splice(0, room));
  }

  #hear(told: Told): void {
    if ("number" in told) this.#answered(told.number, told.result);
    else if (!this.#listener) this.#early.push(told);
    else if ("kept" in told) this.#listener.kept(told.kept, told.last);
    else if ("named" in told) this.#listener.named(told.named, told.name);
    else this.#listener.failing(new JournalError(told.failing));
  }

  #answered(number: number, result: Result<unknown>): void {
    const { resolve, reject } = this.#away.get(number)!;
    this.#away.delete(number);
    if ("error" in result) reject(new JournalError(result.error));
    else resolve(result.value);
    if (this.#away.size === 0) this.#allAnswered();
  }
}
