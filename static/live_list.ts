import { element } from "./element.ts";

interface Row {
  readonly node: HTMLElement;
  /** What it was drawn from. */
  readonly text: string;
}

/**
 * A list that changes under the reader's eyes and takes nothing from under their finger: a row that is as it was stays, and
 * the focus stays at the row and button where it is, or goes to what takes their place.
 */
export class LiveList<T> {
  readonly #list: HTMLElement;
  readonly #keyOf: (item: T) => string | number;
  readonly #draw: (item: T) => HTMLElement;
  #rows = new Map<string | number, Row>();

  constructor(list: HTMLElement, keyOf: (item: T) => string | number, draw: (item: T) => HTMLElement) {
    this.#list = list;
    this.#keyOf = keyOf;
    this.#draw = draw;
  }

  /** @param rest is said below them: of how many more there are, or that there are none. */
  show(items: readonly T[], rest: string): void {
    const focused = this.#focused();
    const before = this.#rows;
    this.#rows = new Map(items.map((item) => {
      const key = this.#keyOf(item);
      const text = JSON.stringify(item);
      const known = before.get(key);
      return [key, known?.text === text ? known : { node: this.#draw(item), text }];
    }));
    const nodes = [...this.#rows.values()].map(({ node }) => node);
    if (rest !== "") nodes.push(element("li", "rest", rest));
    this.#arrange(nodes);
    if (focused) this.#focus(focused);
  }

  /** Puts rows where they belong and touches none that is there: to be moved costs the focus. */
  #arrange(nodes: readonly HTMLElement[]): void {
    const wanted = new Set<Element>(nodes);
    for (const node of [...this.#list.children]) if (!wanted.has(node)) node.remove();
    let next = this.#list.firstElementChild;
    for (const node of nodes) {
      if (node === next) next = next.nextElementSibling;
      else this.#list.insertBefore(node, next);
    }
  }

  #focused(): { row: number; button: number } | undefined {
    const row = [...this.#list.children].findIndex((node) => node.contains(document.activeElement));
    if (row < 0) return undefined;
    return {
      row,
      button: [...this.#list.children[row]!.querySelectorAll("button")].indexOf(
        document.activeElement as HTMLButtonElement,
      ),
    };
  }

  #focus({ row, button }: { row: number; button: number }): void {
    if (this.#list.contains(document.activeElement)) return;
    const buttons = this.#list.children[Math.min(row, this.#list.children.length - 1)]?.querySelectorAll("button") ??
      [];
    const target = buttons[Math.min(button, buttons.length - 1)] ??
      this.#list.closest("section")?.querySelector("summary");
    (target as HTMLElement | null | undefined)?.focus();
  }
}
