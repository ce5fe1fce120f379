import type { ToldAct } from "../protocol.ts";
import type { Audit as Answer } from "./dashboard.ts";
import { sayDeed } from "./deeds.ts";
import { element } from "./element.ts";
import { LiveList } from "./live_list.ts";
import { words } from "./operator_words.ts";
import { agoOf } from "./time.ts";

/** What was done, newest first, as far back as somebody wants to see it. */
export class Audit {
  readonly #ask: (before?: number) => Promise<Answer>;
  readonly #list: LiveList<ToldAct>;
  readonly #older: HTMLButtonElement;
  #acts: readonly ToldAct[] = [];
  #more = false;

  constructor(section: HTMLElement, ask: (before?: number) => Promise<Answer>) {
    this.#ask = ask;
    this.#list = new LiveList(section.querySelector("ul")!, ({ id }) => id, (act) => {
      const foot = element("p", "details", agoOf(act.at), " · ", words.number(act.id));
      return element("li", "", element("div", "", element("p", "", ...sayDeed(act)), foot));
    });
    this.#older = section.querySelector("button")!;
    this.#older.addEventListener("click", () => this.#showOlder());
  }

  /** Something was done: shows it, and what was shown before. */
  async update(): Promise<void> {
    const answer = await this.#ask();
    if (answer?.type !== "audited") return this.#show(answer !== undefined);
    // What was shown goes on after it, if nothing is missing in between.
    const last = answer.acts.at(-1)?.id;
    const isJoined = answer.more && this.#acts.some(({ id }) => id === last);
    const older = isJoined ? this.#acts.filter(({ id }) => id < last!) : [];
    this.#acts = [...answer.acts, ...older];
    if (older.length === 0) this.#more = answer.more;
    this.#show(false);
  }

  async #showOlder(): Promise<void> {
    const before = this.#acts.at(-1)?.id;
    const answer = await this.#ask(before);
    if (answer?.type !== "audited") return this.#show(answer !== undefined);
    this.#acts = [...this.#acts, ...answer.acts.filter(({ id }) => id < (before ?? Infinity))];
    this.#more = answer.more;
    this.#show(false);
  }

  #show(failed: boolean): void {
    const none = this.#acts.length === 0 ? words.nothingDone : "";
    this.#list.show(this.#acts, failed ? words.auditFailed : none);
    this.#older.hidden = !this.#more;
  }
}
