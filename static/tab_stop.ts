import type { Chunks } from "./chunks.ts";

/**
 * In a long list Tab stops at one link, from which the arrow keys go to the others. Else it would take a hundred Tabs to
 * get past a hundred messages.
 */
export class TabStop {
  readonly #rows: Chunks;
  readonly #selector: string;
  #stop: HTMLElement | undefined;

  /** @param selector finds the link of a row; it has to be made with a tabIndex of -1. */
  constructor(list: HTMLElement, rows: Chunks, selector: string) {
    this.#rows = rows;
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

  /** Where the stop is to be: at a row, or the nearest before it that has a link. It stays where the focus is. */
  put(row: HTMLElement | undefined): void {
    if (this.#stop?.isConnected && this.#stop === document.activeElement) return;
    while (row && !this.#linkOf(row)) row = this.#rows.before(row);
    this.#move(row && this.#linkOf(row));
  }

  #next(link: Element, up: boolean): HTMLElement | undefined {
    let row = this.#rows.holding(link);
    while (row) {
      row = up ? this.#rows.before(row) : this.#rows.after(row);
      const next = row && this.#linkOf(row);
      if (next) return next;
    }
  }

  #linkOf(row: HTMLElement): HTMLElement | undefined {
    return row.querySelector<HTMLElement>(this.#selector) ?? undefined;
  }

  #move(stop: HTMLElement | undefined): void {
    if (stop === this.#stop) return;
    if (this.#stop) this.#stop.tabIndex = -1;
    this.#stop = stop;
    if (stop) stop.tabIndex = 0;
  }
}
