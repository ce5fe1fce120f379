/** The numbers of a scroll container that decide what to do, in CSS px. */
export interface Scrollable {
  scrollTop: number;
  readonly scrollHeight: number;
  readonly clientHeight: number;
}

/** Whether the end is in sight. Two px of slack, because scrollTop can be a fraction where the other two are rounded. */
export function isAtEnd({ scrollTop, scrollHeight, clientHeight }: Scrollable): boolean {
  return scrollHeight - clientHeight - scrollTop < 2;
}

/**
 * Keeps the reader's place: at the end it follows what is new; anywhere else nothing moves, and what is new is counted.
 * `changed` is told the count of what was not seen whenever that changes.
 */
export class ScrollKeeper {
  readonly #viewport: Scrollable;
  readonly #changed: (unseen: number) => void;
  #following = true;
  #unseen = 0;
  // The sizes that are known. While they are in force, only the reader can have left the end.
  #scrollHeight = 0;
  #clientHeight = 0;

  constructor(viewport: Scrollable, changed: (unseen: number) => void) {
    this.#viewport = viewport;
    this.#changed = changed;
  }

  /** Something is appended by `append`, `count` items of it. */
  append(count: number, append: () => void): void {
    // Asked of the page, not of the last scroll event, which comes a frame later than the scrolling.
    this.#look();
    append();
    if (this.#following) this.toEnd();
    else this.#setUnseen(this.#unseen + count);
    this.#measure();
  }

  /** The reader scrolled. */
  scrolled(): void {
    this.#look();
    if (this.#following) this.#setUnseen(0);
  }

  /** The viewport, or what is in it, has another size: who was at the end stays there. */
  resized(): void {
    this.#measure();
    if (this.#following) this.toEnd();
    else this.scrolled();
  }

  /** Goes to the end. */
  toEnd(): void {
    this.#viewport.scrollTop = this.#viewport.scrollHeight;
    this.#following = true;
    this.#setUnseen(0);
  }

  /** Finds out whether the reader is at the end, unless a size has changed of which `resized` has not been told yet. */
  #look(): void {
    const { scrollHeight, clientHeight } = this.#viewport;
    const resized = scrollHeight !== this.#scrollHeight || clientHeight !== this.#clientHeight;
    if (!resized) this.#following = isAtEnd(this.#viewport);
  }

  #measure(): void {
    this.#scrollHeight = this.#viewport.scrollHeight;
    this.#clientHeight = this.#viewport.clientHeight;
  }

  #setUnseen(unseen: number): void {
    if (unseen === this.#unseen) return;
    this.#unseen = unseen;
    this.#changed(unseen);
  }
}
