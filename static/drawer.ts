import { giveFocus } from "./focus.ts";

/**
 * A panel beside the conversation that a narrow screen has no room for: there a button opens it, and Escape, the button,
 * or going elsewhere closes it. On a wide screen style.css shows the panel always and the button never.
 */
export class Drawer {
  readonly #button: HTMLElement;
  readonly #panel: HTMLElement;
  /** What had the focus before it was opened. */
  #from: Element | null = null;

  /** @param more what belongs to the panel, so that to go there is not to go elsewhere. */
  constructor(button: HTMLElement, panel: HTMLElement, ...more: readonly HTMLElement[]) {
    this.#button = button;
    this.#panel = panel;
    button.addEventListener("click", () => {
      if (!this.close()) this.open();
    });
    const isInside = (target: EventTarget | null) =>
      [button, panel, ...more].some((part) => part.contains(target as Node | null));
    // Before whoever was clicked hears of it, for that may open the panel.
    document.addEventListener("click", ({ target }) => {
      if (this.isOpen && !isInside(target)) this.#set(false);
    }, { capture: true });
    document.addEventListener("focusin", ({ target }) => {
      // A pointer that goes down has not clicked yet, and would miss what moves away when the panel closes.
      const byKeyboard = (target as Element).matches(":focus-visible");
      if (this.isOpen && byKeyboard && !isInside(target)) this.#set(false);
    });
    this.#set(false);
  }

  /** Whether it was opened by hand. */
  get isOpen(): boolean {
    return this.#panel.dataset.open === "true";
  }

  /** Opens it where it has to be opened. */
  open(): void {
    if (getComputedStyle(this.#button).display === "none") return;
    this.#from = document.activeElement;
    this.#set(true);
    // What is opened in it gives the focus back to the button, for what is outside would close this as well.
    this.#button.focus();
    this.#panel.querySelector<HTMLElement>("a, button, input")?.focus();
  }

  /**
   * Closes it; the focus, if it was inside, goes back to where it was, or to the button. False when it is not open, or when
   * nobody sees it close.
   */
  close(): boolean {
    if (!this.isOpen) return false;
    const { activeElement } = document;
    const hadFocus = this.#panel.contains(activeElement) || activeElement === this.#button;
    this.#set(false);
    if (hadFocus) giveFocus(this.#from, this.#button);
    return this.#button.checkVisibility();
  }

  #set(open: boolean): void {
    this.#panel.dataset.open = String(open);
    this.#button.ariaExpanded = String(open);
  }
}
