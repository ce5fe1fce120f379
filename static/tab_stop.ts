/**
 * In a long list Tab stops at one link, from which the arrow keys go to the others. Else it would take a hundred Tabs to
 * get past a hundred messages.
 */
export class TabStop {
  readonly #list: HTMLElement;
  readonly #selector: string;
  #stop: HTMLElement | undefined;

  /** @param selector finds the link of an item; it has to be made with a tabIndex of -1. */
  constructor(list: HTMLElement, selector: string) {
    this.#list = list;
    this.#selector = selector;
    list.addEventListener("focusin", ({ target }) => {
      if ((target as Element).matches(selector)) this.#move(target as HTMLElement);
    });
    list.addEventListener("keydown", (event) => {
      if (event.target !== this.#stop || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const up = event.key === "ArrowUp";
      if (!up && event.key !== "ArrowDown") return;
      event.preventDefault();
      this.#next(event.target as Element, up)?.focus();
    });
  }

  /** Where the stop is to be: at an item, or the nearest before it that has a link. It stays where the focus is. */
  put(item: Element | null): void {
    if (this.#stop?.isConnected && this.#stop === document.activeElement) return;
    while (item && !item.querySelector(this.#selector)) item = item.previousElementSibling;
    this.#move(item?.querySelector<HTMLElement>(this.#selector) ?? undefined);
  }

  #next(link: Element, up: boolean): HTMLElement | undefined {
    let item: Element | null = link;
    while (item && item.parentElement !== this.#list) item = item.parentElement;
    while (item) {
      item = up ? item.previousElementSibling : item.nextElementSibling;
      const next = item?.querySelector<HTMLElement>(this.#selector);
      if (next) return next;
    }
  }

  #move(stop: HTMLElement | undefined): void {
    if (stop === this.#stop) return;
    if (this.#stop) this.#stop.tabIndex = -1;
    this.#stop = stop;
    if (stop) stop.tabIndex = 0;
  }
}
