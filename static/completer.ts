import type { Person } from "../protocol.ts";
import {
  closedToken,
  type Edit,
  edited,
  emojiNamed,
  suggestEmoji,
  type Suggestion,
  suggestPeople,
  taking,
  type Token,
  tokenAt,
} from "./completion.ts";
import { type Emoji, readEmoji } from "./emoji_names.ts";
import { Suggestions } from "./suggestions.ts";

/** Where a finger writes, the keyboard composes every word, Latin ones too. */
const FINGER = "(pointer: coarse)";

/** Completes what is written in a box: `@na` to somebody's name, `:na` to an emoji. */
export class Completer {
  readonly #input: HTMLTextAreaElement;
  readonly #people: () => readonly Person[];
  readonly #suggestions: Suggestions;
  #emoji: readonly Emoji[] | undefined;
  /** What the suggestions are for. */
  #token: Token | undefined;
  /** Where the name begins for which somebody wants no suggestions. */
  #unwanted: number | undefined;

  /** @param people who can be mentioned, in the order in which those who fit equally well are offered. */
  constructor(input: HTMLTextAreaElement, people: () => readonly Person[]) {
    this.#input = input;
    this.#people = people;
    this.#suggestions = new Suggestions(
      input,
      (suggestion) => this.#edit(taking(input.value, this.#token!, suggestion)),
      () => this.#unwanted = this.#token?.from,
    );
    input.addEventListener("input", (event) => this.#written(event));
    input.addEventListener("compositionstart", () => this.close());
    input.addEventListener("compositionend", ({ data }) => this.#complete(data));
    input.addEventListener("blur", () => this.close());
    document.addEventListener("selectionchange", () => {
      // Typing moves the caret, too, but then the token ends there.
      if (this.#suggestions.isOpen && this.#caret !== this.#token?.to) this.close();
    });
  }

  /** Whether a key that was pressed was meant for the suggestions. */
  key(event: KeyboardEvent): boolean {
    return this.#suggestions.key(event);
  }

  /** Somebody does not want the suggestions; false when there are none. */
  dismiss(): boolean {
    return this.#suggestions.dismiss();
  }

  /** Nothing is to be completed any more. */
  close(): void {
    this.#suggestions.show([]);
    this.#token = this.#unwanted = undefined;
  }

  /** Where the caret is; undefined while something is selected. */
  get #caret(): number | undefined {
    const { selectionStart, selectionEnd } = this.#input;
    return selectionStart === selectionEnd ? selectionStart : undefined;
  }

  #written({ isComposing, inputType, data }: Partial<InputEvent>): void {
    if (isComposing && !matchMedia(FINGER).matches) return;
    // Who takes back a completion does not want it once more.
    if (inputType?.startsWith("history")) return this.close();
    this.#complete(data);
  }

  /** @param written what was written just now. */
  #complete(written: string | null | undefined): void {
    if (written === ":" || written === "：") this.#replaceClosed();
    this.#suggest();
  }

  #suggest(): void {
    const { value } = this.#input;
    const caret = this.#caret;
    const token = caret === undefined ? undefined : tokenAt(value, caret);
    if (token?.from !== this.#unwanted) this.#unwanted = undefined;
    this.#token = token;
    const wanted = token !== undefined && this.#unwanted === undefined;
    this.#suggestions.show(wanted ? this.#suggestionsFor(token) : []);
  }

  #suggestionsFor({ kind, query }: Token): Suggestion[] {
    if (kind === "person") return suggestPeople(query, this.#people());
    if (this.#emoji) return suggestEmoji(query, this.#emoji);
    this.#load(() => this.#suggest());
    return [];
  }

  #replaceClosed(): void {
    const { value } = this.#input;
    const token = this.#caret === undefined ? undefined : closedToken(value, this.#caret);
    if (!token) return;
    if (!this.#emoji) this.#load(() => this.#replaceClosed());
    const meant = emojiNamed(token.query, this.#emoji ?? []);
    if (meant) this.#edit(taking(value, token, meant));
  }

  /** Fetches the names of the emoji, which most people never need. */
  async #load(then: () => void): Promise<void> {
    const { value } = this.#input;
    try {
      const { EMOJI } = await import("./emoji.ts");
      this.#emoji ??= readEmoji(EMOJI);
    } catch {
      // There is no connection now; the next letter tries it again.
      return;
    }
    if (this.#input.value === value && document.activeElement === this.#input) then();
  }

  #edit(edit: Edit): void {
    const input = this.#input;
    input.setSelectionRange(edit.from, edit.to);
    // Only what is written by this command can be taken back by the browser's undo.
    if (document.execCommand("insertText", false, edit.insert)) return;
    const { text, caret } = edited(input.value, edit);
    input.value = text;
    input.setSelectionRange(caret, caret);
    input.dispatchEvent(new InputEvent("input", { inputType: "insertText" }));
  }
}
