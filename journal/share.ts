import { Names } from "../text.ts";
import { type Journal, JournalError, type Kept, type Stored } from "./journal.ts";
import type { Question, Told } from "./remote.ts";
import type { Answer, Opened, Result } from "./worker.ts";

/** How many entries are read at once after something failed that may be kept all the same. */
const CATCH_UP_ENTRIES = 1_000;

/** Something that is to be told. */
interface Letter {
  /** Who is told it; undefined is everybody. */
  readonly to: MessagePort | undefined;
  readonly told: Told;
  /** It follows everything that was kept, or may have been, before it. */
  readonly isWritten: boolean;
}

/**
 * Shares a journal with hubs in other threads, each of which has one end of a line, and a journal at its other end (see
 * remote.ts). Everybody is told everything that is newly kept, in the journal's order, before who asked for it is answered.
 *
 * What one of them could not have kept may have been kept all the same. It is looked for before anything newer is told, or
 * the others would have a hole: the hub whose it was would look for it, and they would not. What is read meanwhile is
 * answered: what was not told yet may be in it, as with any journal.
 *
 * Of two who claim a name at once the first has it.
 */
export class JournalShare {
  /** The other ends: one for each thread. */
  readonly lines: readonly MessagePort[];
  readonly #ports: readonly MessagePort[];
  readonly #journal: Journal;
  readonly #names: Names;
  #letters: Letter[] = [];
  #turn: ReturnType<typeof setImmediate> | undefined;
  // The newest that was told.
  #last: number;
  // Something may have been kept that was not told; whether it is being looked for, or should be.
  #isBehind = false;
  #looking: "now" | "soon" | undefined;

  /** Listens to the journal from now on, for which nobody else may have asked yet. */
  constructor(journal: Journal, count: number) {
    this.#journal = journal;
    this.#last = journal.last;
    this.#names = new Names(journal.claims);
    const channels = Array.from({ length: count }, () => new MessageChannel());
    this.lines = channels.map(({ port1 }) => port1);
    this.#ports = channels.map(({ port2 }) => port2);
    journal.listen({
      kept: (kept, last) => this.#write(undefined, { kept, last }),
      named: (user, name) => {
        this.#names.set(user, name);
        this.#tell(undefined, { named: user, name });
      },
      failing: ({ message }) => this.#tell(undefined, { failing: message }),
    });
    const { epoch, last, claims, acts } = journal;
    for (const port of this.#ports) {
      port.onmessage = ({ data }: MessageEvent<Question[]>) => this.#asked(port, data);
      port.postMessage({ epoch, last, claims, acts } satisfies Opened);
    }
  }

  /** Ends the lines. The journal stays open. */
  close(): void {
    clearImmediate(this.#turn);
    for (const port of this.#ports) port.close();
  }

  #asked(port: MessagePort, questions: readonly Question[]): void {
    // Who asks may be the one who waits to see what was kept.
    if (this.#isBehind && this.#looking !== "now") this.#catchUp();
    for (const question of questions) this.#carryOut(port, question);
  }

  async #carryOut(port: MessagePort, question: Question): Promise<void> {
    const { number, method } = question;
    const isWritten = method === "append" || method === "act";
    let result: Result<unknown>;
    try {
      result = { value: await this.#answer(port, question) };
    } catch (error) {
      // Anything else is a defect, and ends the process.
      if (!(error instanceof JournalError)) throw error;
      result = { error: error.message };
      this.#isBehind ||= isWritten;
    }
    if (isWritten) this.#write(port, { number, result });
    else this.#tell(port, { number, result });
  }

  async #answer(port: MessagePort, question: Question): Promise<unknown> {
    if (question.method === "append") return idsOf(await this.#journal.append(...question.arguments));
    if (question.method === "claim") return await this.#claim(port, ...question.arguments);
    // Each method with its own parameters, which TypeScript can't follow through a union.
    return await (this.#journal[question.method] as (...parameters: unknown[]) => unknown)(...question.arguments);
  }

  async #claim(port: MessagePort, claim: Parameters<Journal["claim"]>[0]): Promise<boolean> {
    const { user } = claim;
    if ("code" in this.#names.claim(user, claim.name)) {
      this.#tell(port, { named: user, name: this.#names.of(user) });
      return false;
    }
    try {
      return await this.#journal.claim(claim);
    } finally {
      // As on one node, a name that can't be kept is theirs all the same: their hub tries it again.
      this.#tell(undefined, { named: user, name: this.#names.of(user) });
    }
  }

  #tell(to: Letter["to"], told: Told): void {
    this.#post({ to, told, isWritten: false });
  }

  #write(to: Letter["to"], told: Told): void {
    if (this.#isBehind) this.#looking ??= "soon";
    this.#post({ to, told, isWritten: true });
  }

  /** Everything goes at the end of the turn, when all is known that the journal had to say in it: what failed, too. */
  #post(letter: Letter): void {
    this.#letters.push(letter);
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      if (this.#looking === "soon") this.#catchUp();
      this.#send();
    });
  }

  /** Sends what waits, but nothing that follows what is being looked for. */
  #send(): void {
    const isHeld = ({ isWritten }: Letter) => isWritten && this.#looking !== undefined;
    const sent = this.#letters.filter((letter) => !isHeld(letter));
    this.#letters = this.#letters.filter(isHeld);
    const news = sent.map(({ to, told }) => ({
      to,
      told: "kept" in told ? { ...told, kept: this.#fresh(told.kept) } : told,
    }));
    for (const port of this.#ports) {
      const message = news.filter(({ to }) => to === undefined || to === port).map(({ told }) => told);
      if (message.length > 0) port.postMessage(message);
    }
  }

  /** What of it was not told yet. */
  #fresh(kept: readonly Kept[]): readonly Kept[] {
    const fresh = kept.filter(({ id }) => id > this.#last);
    this.#last = fresh.at(-1)?.id ?? this.#last;
    return fresh;
  }

  async #catchUp(): Promise<void> {
    this.#looking = "now";
    try {
      for (let more = true; more || this.#isBehind;) {
        // Until more fails meanwhile.
        this.#isBehind = false;
        const page = await this.#journal.since(this.#last, CATCH_UP_ENTRIES);
        // Who was answered before lacks what is told now.
        this.#send();
        const message: Told[] = [{ kept: this.#fresh(page.entries) }];
        for (const port of this.#ports) port.postMessage(message);
        more = page.more;
      }
    } catch (error) {
      if (!(error instanceof JournalError)) throw error;
      this.#isBehind = true;
      this.#letters = this.#letters.flatMap((letter) => untold(letter, error));
    }
    this.#looking = undefined;
    this.#send();
  }
}

/** As it crosses over: who has the drafts knows the rest. */
function idsOf(stored: readonly Stored[]): Answer["append"] {
  return stored.map(({ entry, duplicate }) => duplicate ? entry : entry.id);
}

/** What can be told when it could not be found out what else was kept: nothing of what was, and of nothing that it was. */
function untold(letter: Letter, { message }: JournalError): Letter[] {
  const { told, isWritten } = letter;
  if ("kept" in told) return [];
  return isWritten && "number" in told
    ? [{ ...letter, told: { number: told.number, result: { error: message } } }]
    : [letter];
}
