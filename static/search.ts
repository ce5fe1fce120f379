import type { Said } from "../protocol.ts";
import type { ChatActions } from "./chat.ts";
import { element } from "./element.ts";
import { giveFocus } from "./focus.ts";
import { words } from "./i18n.ts";
import { nameOf } from "./person.ts";
import { hrefOf } from "./place.ts";
import { agoOf } from "./time.ts";

/** How much of a message a result shows, in UTF-16 units. */
export const EXCERPT_LENGTH = 160;

/** The part of a text that has the first of the words that were looked for, on one line. */
export function excerpt(text: string, query: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  if (line.length <= EXCERPT_LENGTH) return line;
  const word = query.replaceAll(/from:\S+|["*]/g, " ").trim().split(/\s+/)[0]!;
  const found = Math.max(0, line.toLowerCase().indexOf(word.toLowerCase()));
  const start = Math.max(0, Math.min(found - EXCERPT_LENGTH / 4, line.length - EXCERPT_LENGTH));
  // Half of a character that takes two units is none.
  const part = line.slice(start, start + EXCERPT_LENGTH).replaceAll(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
  return `${start > 0 ? "…" : ""}${part}${start + EXCERPT_LENGTH < line.length ? "…" : ""}`;
}

/** Looks for what was said in the rooms that I am in, and lists it. */
export class Search {
  readonly #chat: ChatActions;
  readonly #input: HTMLInputElement;
  readonly #panel: HTMLElement;
  readonly #list: HTMLElement;
  readonly #state: HTMLElement;
  readonly #more: HTMLElement;
  #query = "";
  #before: number | undefined;
  #looking = false;
  /** What had the focus before the search box. */
  #from: HTMLElement | undefined;
  readonly #nowhere: () => void;

  /** @param nowhere gets the focus back when nobody had it before the search box. */
  constructor(chat: ChatActions, form: HTMLFormElement, panel: HTMLElement, nowhere: () => void) {
    this.#chat = chat;
    this.#nowhere = nowhere;
    this.#input = form.querySelector("input")!;
    this.#panel = panel;
    this.#list = panel.querySelector("ol")!;
    this.#state = panel.querySelector("[role=status]")!;
    this.#more = panel.querySelector("#more")!;
    form.addEventListener("focusin", ({ relatedTarget }) => {
      if (relatedTarget instanceof HTMLElement && !panel.contains(relatedTarget) && !form.contains(relatedTarget)) {
        this.#from = relatedTarget;
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#begin();
    });
    // Who goes to what lies below it wants to see where they are.
    document.addEventListener("focusin", ({ target }) => {
      if (!panel.hidden && covers(panel, target as Element)) this.close();
    });
    panel.querySelector("#found-close")!.addEventListener("click", () => this.close());
    this.#more.addEventListener("click", () => {
      if (!this.#looking) this.#look();
    });
  }

  /** Puts the results away and gives the focus back; false when there are none. */
  close(): boolean {
    if (this.#panel.hidden) return false;
    const { activeElement } = document;
    this.#panel.hidden = true;
    this.#query = "";
    if (this.#panel.contains(activeElement) || activeElement === this.#input) this.#giveBack();
    this.#from = undefined;
    return true;
  }

  /** Messages were deleted: they are not found any more. */
  remove(ids: readonly number[]): void {
    for (const id of ids) {
      const item = this.#list.querySelector(`[data-id="${id}"]`);
      if (!item) continue;
      const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("a");
      const hadFocus = item.contains(document.activeElement);
      item.remove();
      if (hadFocus) giveFocus(next, this.#input);
      this.#count(!this.#more.hidden);
    }
  }

  /** Leaves the search box; false when nobody is there. */
  leave(): boolean {
    if (document.activeElement !== this.#input) return false;
    this.#giveBack();
    return true;
  }

  #giveBack(): void {
    if (!giveFocus(this.#from)) this.#nowhere();
    this.#from = undefined;
  }

  async #begin(): Promise<void> {
    const query = this.#input.value.trim();
    if (query === "") return;
    this.#query = query;
    this.#before = undefined;
    this.#list.replaceChildren();
    this.#more.hidden = true;
    this.#panel.hidden = false;
    await this.#look();
  }

  async #look(): Promise<void> {
    const [query, before] = [this.#query, this.#before];
    this.#state.textContent = words.searching;
    this.#looking = true;
    const found = await this.#chat.search(query, before);
    // Another search has begun meanwhile, or none is wanted any more.
    if (query !== this.#query || before !== this.#before) return;
    this.#looking = false;
    const hadFocus = document.activeElement === this.#more;
    this.#more.hidden = found ? !found.more : false;
    if (!found) {
      this.#state.textContent = words.searchFailed;
      this.#more.textContent = words.tryAgain;
      return;
    }
    this.#more.textContent = words.more;
    const known = this.#list.childElementCount;
    this.#list.append(...found.entries.map((said) => this.#render(said)));
    this.#count(found.more);
    if (hadFocus && !found.more) this.#list.querySelectorAll("a")[known]?.focus();
    this.#before = found.entries.at(-1)?.id;
  }

  /** Says how many are listed, and whether there are more. */
  #count(more: boolean): void {
    const count = this.#list.childElementCount;
    this.#state.textContent = count === 0 ? words.nothingFound : more ? words.foundSome(count) : words.foundAll(count);
  }

  #render(said: Said): HTMLElement {
    const text = element("p", "", excerpt(said.text, this.#query));
    text.dir = "auto";
    const link = element(
      "a",
      "",
      element("span", "room", said.room),
      nameOf({ id: said.user, name: said.name }),
      agoOf(said.at),
      text,
    );
    link.href = hrefOf({ room: said.room, message: said.id });
    const item = element("li", "", link);
    item.dataset.id = String(said.id);
    return item;
  }
}

/** Whether an element lies below a panel, at least in part. A dialog is above all. */
function covers(panel: Element, element: Element): boolean {
  if (panel.contains(element) || element.closest("dialog")) return false;
  const [over, under] = [panel.getBoundingClientRect(), element.getBoundingClientRect()];
  return under.left < over.right && under.right > over.left && under.top < over.bottom && under.bottom > over.top;
}
