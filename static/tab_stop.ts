import type { Chunks } from "./chunks.ts";

/** What of a row can have the focus: links, and code, which may have to be scrolled sideways. */
const PARTS = "a, pre";

/**
 * In a long list Tab stops at one row, at its link and then at what else there is in it, and the arrow keys go to the other
 * rows. Else it would take hundreds of Tabs to get past a hundred messages.
 */
export class TabStop {
  readonly #rows: Chunks;
  readonly #selector: string;
  #stop: HTMLElement | undefined;

  /** @param selector finds the link of a row; `made` has to be called for each row that is made, or made anew. */
  constructor(list: HTMLElement, rows: Chunks, selector: string) {
    this.#rows = rows;
    this.#selector = selector;
    list.addEventListener("focusin", ({ target }) => {
      const row = rows.holding(target as Element);
      if (row && this.#linkOf(row)) this.#move(row);
    });
    list.addEventListener("keydown", (event) => {
      if (!this.#hasFocus || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      const up = event.key === "ArrowUp";
      if (!up && event.key !== "ArrowDown") return;
      event.preventDefault();
      this.#next(this.#stop!, up)?.focus();
    });
  }

  /** Where the stop is to be: at a row, or the nearest before it that has a link. It stays where the focus is. */
  put(row: HTMLElement | undefined): void {
    if (this.#hasFocus) return;
    while (row && !this.#linkOf(row)) row = this.#rows.before(row);
    this.#move(row);
  }

  /** A row was made, or something in it: Tab passes by, unless it stops there. */
  made(row: HTMLElement): void {
    setTabIndex(row, row === this.#stop ? 0 : -1);
  }

  get #hasFocus(): boolean {
    return this.#stop?.contains(document.activeElement) ?? false;
  }

  #next(row: HTMLElement | undefined, up: boolean): HTMLElement | undefined {
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
    if (this.#stop) setTabIndex(this.#stop, -1);
    this.#stop = stop;
    if (stop) setTabIndex(stop, 0);
  }
}

function setTabIndex(row: HTMLElement, tabIndex: number): void {
  for (const part of row.querySelectorAll<HTMLElement>(PARTS)) part.tabIndex = tabIndex;
}
