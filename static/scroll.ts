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
  /** Whether what is shown ends with the newest. While it does not, its end is not followed. */
  mayFollow = true;
  #following = true;
  #unseen: number;
  #scrollTop = 0;
  #scrollHeight = 0;

  /** @param unseen how many are not seen to begin with. */
  constructor(viewport: Scrollable, changed: (unseen: number) => void, unseen = 0) {
    this.#viewport = viewport;
    this.#changed = changed;
    this.#unseen = unseen;
  }

  /** Whether the reader is at the end, and is taken along. */
  get following(): boolean {
    return this.#following;
  }

  /** How many came while the reader was elsewhere. */
  get unseen(): number {
    return this.#unseen;
  }

  /** Something is appended by `append`, `count` items of it that nobody has seen. */
  append(count: number, append: () => void): void {
    // Asked of the page, not of the last scroll event, which comes a frame later than the scrolling.
    this.#look();
    append();
    if (this.#following) this.toEnd();
    else this.#setUnseen(this.#unseen + count);
  }

  /**
   * Something is put before what is there by `prepend`, or all of it is replaced: who was not at the end goes on reading
   * what they read.
   * @param top where something is on the screen that stays, in px from anywhere; undefined when it is not there.
   */
  prepend(prepend: () => void, top: () => number | undefined): void {
    this.#look();
    const before = top();
    prepend();
    const after = top();
    if (this.#following || before === undefined || after === undefined) return this.toEnd();
    // A browser that keeps an anchor by itself has moved already, or will find that there is nothing left to move by.
    if (after !== before) this.#viewport.scrollTop += after - before;
    this.#look();
  }

  /** Of those that were not seen no more than so many are left. */
  left(count: number): void {
    this.#setUnseen(Math.min(this.#unseen, count));
  }

  /** The reader scrolled. */
  scrolled(): void {
    this.#look();
    if (this.#following) this.#setUnseen(0);
  }

  /** The viewport, or what is in it, has another size: who was at the end stays there. */
  resized(): void {
    this.scrolled();
    if (this.#following) this.toEnd();
  }

  /** Goes to the end. */
  toEnd(): void {
    this.#viewport.scrollTop = this.#viewport.scrollHeight;
    this.#look();
    this.#setUnseen(0);
  }

  /**
   * Goes to a place to stay there, even if it was at the end before.
   * @param unseen how many come after it that were not seen.
   */
  goTo(scrollTop: number, unseen: number = this.#unseen): void {
    this.#viewport.scrollTop = scrollTop;
    this.#following = false;
    this.#setUnseen(unseen);
    this.scrolled();
  }

  /**
   * Who followed goes on following until they scroll up. The end is out of sight at other times, too: a new size is in
   * force before `resized` is called, and browsers scroll by themselves to keep their anchor, mostly down, but up or down
   * when another width makes the text as a whole higher or lower.
   */
  #look(): void {
    const { scrollTop, scrollHeight } = this.#viewport;
    const left = scrollTop < this.#scrollTop && scrollHeight === this.#scrollHeight;
    this.#following = this.mayFollow && (isAtEnd(this.#viewport) || (this.#following && !left));
    this.#scrollTop = scrollTop;
    this.#scrollHeight = scrollHeight;
  }

  #setUnseen(unseen: number): void {
    if (unseen === this.#unseen) return;
    this.#unseen = unseen;
    this.#changed(unseen);
  }
}
