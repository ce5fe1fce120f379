import type { Suggestion } from "./completion.ts";
import { element } from "./element.ts";
import { words } from "./i18n.ts";
import { nameOf } from "./person.ts";

/** What a key does while there are suggestions. */
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/**
 * The list of what a word could become, above the box in which it is written. The focus stays in the box; one of the
 * suggestions is the active one, which Enter and Tab take. By pointer any can be taken.
 */
export class Suggestions {
  readonly #input: HTMLElement;
  readonly #list = element("ul", "");
  readonly #status = element("p", "only-heard");
  readonly #take: (suggestion: Suggestion) => void;
  readonly #dismissed: () => void;
  #shown: readonly Suggestion[] = [];
  #active = 0;

  /**
   * @param input what is written in; the list is put before it.
   * @param take one was chosen; the list is closed already.
   * @param dismissed somebody wants none.
   */
  constructor(input: HTMLElement, take: (suggestion: Suggestion) => void, dismissed: () => void) {
    this.#input = input;
    this.#take = take;
    this.#dismissed = dismissed;
    this.#list.id = "suggestions";
    this.#list.role = "listbox";
    this.#list.hidden = true;
    this.#status.role = "status";
    input.before(this.#list, this.#status);
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", this.#list.id);
    // Else the box would lose the focus, and a phone its keyboard.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", ({ target }) => {
      const index = [...this.#list.children].findIndex((option) => option.contains(target as Node));
      if (index >= 0) this.#choose(index);
    });
  }

  /** Whether there are any. */
  get isOpen(): boolean {
    return this.#shown.length > 0;
  }

  /** Shows suggestions, the first of which is active; none closes the list. */
  show(suggestions: readonly Suggestion[]): void {
    if (!this.isOpen && suggestions.length === 0) return;
    this.#shown = suggestions;
    this.#list.ariaLabel = words.suggestions;
    this.#list.hidden = suggestions.length === 0;
    this.#list.replaceChildren(...suggestions.map(render));
    this.#status.textContent = this.isOpen ? words.suggestionsCount(suggestions.length) : "";
    if (this.isOpen) this.#activate(0);
    else this.#input.removeAttribute("aria-activedescendant");
  }

  /** Closes the list, because somebody wants none; false when there is none. */
  dismiss(): boolean {
    if (!this.isOpen) return false;
    this.show([]);
    this.#dismissed();
    return true;
  }

  /** Whether a key that was pressed in the box was meant for the list. */
  key(event: KeyboardEvent): boolean {
    if (!this.isOpen || event.shiftKey) return false;
    const step = STEPS[event.key];
    if (step !== undefined) {
      if (event.ctrlKey || event.metaKey || event.altKey) return false;
      this.#activate((this.#active + step + this.#shown.length) % this.#shown.length);
    } else if (event.key === "Enter" || event.key === "Tab") {
      this.#choose(this.#active);
    } else {
      return false;
    }
    event.preventDefault();
    return true;
  }

  #choose(index: number): void {
    const chosen = this.#shown[index]!;
    this.show([]);
    this.#take(chosen);
  }

  #activate(index: number): void {
    this.#active = index;
    for (const [at, option] of [...this.#list.children].entries()) option.ariaSelected = String(at === index);
    const active = this.#list.children[index]!;
    active.scrollIntoView({ block: "nearest" });
    this.#input.setAttribute("aria-activedescendant", active.id);
  }
}

function render(suggestion: Suggestion, index: number): HTMLElement {
  const option = suggestion.kind === "person"
    ? element("li", "", nameOf(suggestion.person))
    : element("li", "", element("span", "emoji", suggestion.emoji), element("span", "code", `:${suggestion.name}:`));
  option.id = `suggestion-${index}`;
  option.role = "option";
  return option;
}
