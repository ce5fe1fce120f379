import { element } from "./element.ts";

/**
 * So many rows are laid out together. One more below 5,000 others takes 8 ms in a single list, and 0.3 ms in chunks, where
 * the browser need not look at any but the last. Chunks that it leaves out while they are far from view would be faster
 * still, but then it has to guess their height, and what one reads would jump where it guesses wrong.
 */
export const CHUNK_ROWS = 100;

/** The rows of a long list, in chunks of which nobody hears or sees anything. */
export class Chunks {
  readonly #list: HTMLElement;

  /** @param list gets the role of a list, and nothing else may be put into it. */
  constructor(list: HTMLElement) {
    this.#list = list;
    list.role = "list";
  }

  /** The last row. */
  get last(): HTMLElement | undefined {
    return this.#list.lastElementChild?.lastElementChild as HTMLElement | undefined ?? undefined;
  }

  /** Takes all rows out. */
  clear(): void {
    this.#list.replaceChildren();
  }

  /** Puts a row after all others. */
  append(row: HTMLElement): void {
    const last = this.#list.lastElementChild;
    if (last && last.childElementCount < CHUNK_ROWS) last.append(row);
    else this.#list.append(chunk(row));
  }

  /** Puts rows, in their order, before all others. */
  prepend(rows: readonly HTMLElement[]): void {
    for (let end = rows.length; end > 0; end -= CHUNK_ROWS) {
      this.#list.prepend(chunk(...rows.slice(Math.max(0, end - CHUNK_ROWS), end)));
    }
  }

  /** Takes the first `count` rows out and returns them. */
  drop(count: number): HTMLElement[] {
    const dropped: HTMLElement[] = [];
    for (let first = this.#list.firstElementChild; first && dropped.length < count;) {
      const rows = [...first.children].slice(0, count - dropped.length) as HTMLElement[];
      if (rows.length === first.childElementCount) first.remove();
      else for (const row of rows) row.remove();
      dropped.push(...rows);
      first = this.#list.firstElementChild;
    }
    return dropped;
  }

  /** Takes a row out. */
  remove(row: HTMLElement): void {
    const chunk = row.parentElement;
    row.remove();
    if (chunk?.childElementCount === 0) chunk.remove();
  }

  /** The row that holds a node. */
  holding(node: Element): HTMLElement | undefined {
    return node.closest<HTMLElement>("[role=listitem]") ?? undefined;
  }

  /** The row after another. */
  after(row: HTMLElement): HTMLElement | undefined {
    const next = row.nextElementSibling ?? row.parentElement?.nextElementSibling?.firstElementChild;
    return next as HTMLElement | undefined ?? undefined;
  }

  /** The row before another. */
  before(row: HTMLElement): HTMLElement | undefined {
    const next = row.previousElementSibling ?? row.parentElement?.previousElementSibling?.lastElementChild;
    return next as HTMLElement | undefined ?? undefined;
  }

  /** The first row that reaches below a line on the screen, as getBoundingClientRect tells its place. */
  firstBelow(line: number): HTMLElement | undefined {
    const chunk = firstBelow(this.#list.children, line);
    return chunk && firstBelow(chunk.children, line);
  }
}

/** An item of the list. */
export function row(className: string, ...children: readonly (Node | string)[]): HTMLElement {
  const made = element("li", className, ...children);
  // Its chunk is no list to anybody.
  made.role = "listitem";
  return made;
}

function chunk(...rows: readonly HTMLElement[]): HTMLElement {
  const made = element("ul", "chunk", ...rows);
  made.role = "none";
  return made;
}

/** The first of some elements, one below the other, that reaches below a line. */
function firstBelow(elements: HTMLCollection, line: number): HTMLElement | undefined {
  let [low, high] = [0, elements.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (elements[middle]!.getBoundingClientRect().bottom > line) high = middle;
    else low = middle + 1;
  }
  return elements[low] as HTMLElement | undefined;
}
