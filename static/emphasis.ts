import type { Markup } from "./markup.ts";

/** Bold or italic. */
export type Emphasis = "bold" | "italic";

/** What stands on both sides of emphasised words. */
export const STARS: Readonly<Record<Emphasis, string>> = { bold: "**", italic: "*" };

/** Something that was opened and may be closed yet. */
interface Opened {
  readonly emphasis: Emphasis;
  readonly inner: Markup[];
}

/**
 * Puts a line together from left to right, in which stars open and close. At most one of each kind is open, so nothing is
 * ever nested deeper than two. What is never closed, or is closed only after what it is in, turns out to be text.
 */
export class EmphasisBuilder {
  readonly #line: Markup[] = [];
  /** From the outermost to the innermost. */
  readonly #opened: Opened[] = [];

  add(markup: Markup): void {
    addTo(this.#opened.at(-1)?.inner ?? this.#line, markup);
  }

  /** Takes up to three stars that stand together. */
  addStars(count: number, mayOpen: boolean, mayClose: boolean): void {
    let left = count;
    while (mayClose && left > 0) {
      const emphasis = left === 3 ? this.#opened.at(-1)?.emphasis : left === 2 ? "bold" : "italic";
      const index = this.#opened.findIndex((opened) => opened.emphasis === emphasis);
      if (index < 0) break;
      this.#close(index);
      left -= STARS[emphasis!].length;
    }
    if (!mayOpen) this.add({ kind: "text", text: "*".repeat(left) });
    else {
      if (left >= 2) this.#open("bold");
      if (left % 2 === 1) this.#open("italic");
    }
  }

  /** The whole line. */
  finish(): readonly Markup[] {
    while (this.#opened.length > 0) this.#undo(this.#opened.length - 1);
    return this.#line;
  }

  #open(emphasis: Emphasis): void {
    // The stars that are nearer to those which close belong to them.
    const index = this.#opened.findIndex((opened) => opened.emphasis === emphasis);
    if (index >= 0) this.#undo(index);
    this.#opened.push({ emphasis, inner: [] });
  }

  #close(index: number): void {
    // Of three stars that opened both, those which are closed first are the inner ones.
    if (this.#opened[index]!.inner.length === 0) this.#swapWithNext(index);
    else while (this.#opened.length > index + 1) this.#undo(this.#opened.length - 1);
    const { emphasis, inner } = this.#opened.pop()!;
    this.add({ kind: emphasis, inner });
  }

  #swapWithNext(index: number): void {
    const [outer, inner] = this.#opened.splice(index, 2) as [Opened, Opened];
    this.#opened.push({ emphasis: inner.emphasis, inner: [] }, { emphasis: outer.emphasis, inner: inner.inner });
  }

  /** Takes what was opened as text, and what is in it belongs to what it is in. */
  #undo(index: number): void {
    const [{ emphasis, inner }] = this.#opened.splice(index, 1) as [Opened];
    const around = this.#opened[index - 1]?.inner ?? this.#line;
    addTo(around, { kind: "text", text: STARS[emphasis] });
    for (const markup of inner) addTo(around, markup);
  }
}

/** Puts something after the others; texts that meet become one. */
export function addTo(all: Markup[], markup: Markup): void {
  const last = all.at(-1);
  if (markup.kind !== "text" || last?.kind !== "text") {
    if (markup.kind !== "text" || markup.text !== "") all.push(markup);
  } else {
    all[all.length - 1] = { kind: "text", text: last.text + markup.text };
  }
}
