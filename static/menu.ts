import { button, element } from "./element.ts";
import { giveFocus } from "./focus.ts";

/** Something that can be chosen. */
export interface Choice {
  readonly label: string;
  /** Does it, and the menu closes; or returns what is to be chosen from next. */
  readonly chosen: () => Choices | void;
  /** It can't be taken back, or hurts somebody. */
  readonly grave?: boolean;
  /** Whether it holds: of one that can be switched, or of one of several of which one holds. */
  readonly checked?: boolean;
  readonly kind?: "switch" | "one";
}

/** What can be chosen from, and about what. */
export interface Choices {
  readonly title: string;
  readonly choices: readonly Choice[];
  /** Which of them has the focus first; the first unless it is said. */
  readonly first?: number;
}

const ROLES = { switch: "menuitemcheckbox", one: "menuitemradio", undefined: "menuitem" } as const;
/** How far a menu stays from its button and from the edges of the window, in CSS px. */
const GAP = 4;
const EDGE = 8;

/** The one menu of the page: a button opens it, and it works as ARIA's pattern of a menu button has it. */
export class Menu {
  readonly #box = element("div", "menu");
  #anchor: HTMLElement | undefined;
  /** What gets the focus back. */
  #from: Element | null = null;
  readonly #nowhere: () => void;

  /** @param nowhere gets the focus when what had it before is gone. */
  constructor(nowhere: () => void) {
    this.#nowhere = nowhere;
    this.#box.popover = "manual";
    this.#box.addEventListener("keydown", (event) => this.#key(event));
    this.#box.addEventListener("focusout", ({ relatedTarget }) => {
      if (relatedTarget instanceof Node && this.#isElsewhere(relatedTarget)) this.#hide();
    });
    // Only one of them is ever marked.
    this.#box.addEventListener("pointermove", ({ target, pointerType }) => {
      if (pointerType === "mouse") (target as Element).closest("button")?.focus({ preventScroll: true });
    });
    document.addEventListener("pointerdown", ({ target }) => {
      if (this.#isElsewhere(target as Node)) this.#hide();
    }, { capture: true });
  }

  /** Lets a button open the menu, with what can be chosen at that moment. */
  attach(opener: HTMLElement, choices: () => Choices | undefined): void {
    opener.ariaHasPopup = "menu";
    opener.ariaExpanded = "false";
    opener.addEventListener("click", () => {
      if (this.#anchor === opener) return void this.close();
      const offered = choices();
      if (offered) this.open(opener, offered);
    });
  }

  /**
   * Opens it at a button.
   * @param from gets the focus back in the end, if it is still there; else the button does.
   */
  open(anchor: HTMLElement, choices: Choices, from: Element | null = anchor): void {
    this.#hide();
    this.#anchor = anchor;
    this.#from = from;
    anchor.ariaExpanded = "true";
    // In the same part of the page, so that what is open there does not take it for elsewhere.
    anchor.closest("header, aside, main")!.append(this.#box);
    this.#show(choices);
  }

  /** Closes it and gives the focus back; false when it is not open. */
  close(): boolean {
    if (!this.#anchor) return false;
    const back = [this.#from, this.#anchor];
    this.#hide();
    if (!giveFocus(...back)) this.#nowhere();
    return true;
  }

  #show({ title, choices, first = 0 }: Choices): void {
    const heading = element("p", "title", title);
    heading.id = "menu-title";
    const list = element("div", "", ...choices.map((choice) => this.#render(choice)));
    list.role = "menu";
    list.setAttribute("aria-labelledby", heading.id);
    this.#box.replaceChildren(heading, list);
    if (!this.#box.matches(":popover-open")) this.#box.showPopover();
    this.#place();
    this.#items[first]!.focus();
  }

  #render({ label, grave = false, kind, checked, chosen }: Choice): HTMLElement {
    const item = button("", label, () => {
      const more = chosen();
      if (more) this.#show(more);
      else this.close();
    });
    item.role = ROLES[`${kind}`];
    item.tabIndex = -1;
    item.classList.toggle("grave", grave);
    if (kind) item.ariaChecked = String(checked);
    return item;
  }

  get #items(): HTMLElement[] {
    return [...this.#box.querySelectorAll<HTMLElement>("button")];
  }

  #isElsewhere(node: Node): boolean {
    return !this.#box.contains(node) && !this.#anchor?.contains(node);
  }

  /** Below its button and ending where that ends, or above where there is no room, and never beyond the window. */
  #place(): void {
    const { right, top, bottom } = this.#anchor!.getBoundingClientRect();
    const { style } = this.#box;
    // Where it is now there may be less room for its lines.
    style.left = "0";
    const { offsetWidth, offsetHeight } = this.#box;
    const below = bottom + GAP;
    const above = top - GAP - offsetHeight;
    const fits = below + offsetHeight <= innerHeight - EDGE;
    style.left = `${Math.max(EDGE, Math.min(right, innerWidth - EDGE) - offsetWidth)}px`;
    style.top = `${Math.max(EDGE, fits ? below : above)}px`;
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this.#items;
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = {
      ArrowDown: (at + 1) % items.length,
      ArrowUp: (at - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    }[event.key];
    // Tab goes on from the button.
    if (event.key === "Tab") this.close();
    if (next === undefined) return;
    event.preventDefault();
    items[next]!.focus();
  }

  #hide(): void {
    if (!this.#anchor) return;
    this.#anchor.ariaExpanded = "false";
    this.#anchor = undefined;
    this.#box.remove();
  }
}
