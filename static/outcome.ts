import { button, element } from "./element.ts";
import { words } from "./i18n.ts";

/** What has been done, in a line, and what can be done about it. */
export interface Done {
  readonly text: string;
  /** Takes it back, under a name of its own if that is not "Undo". */
  undo?(): void;
  readonly undoLabel?: string;
  /** The address that was made, which nobody can be shown again. */
  readonly link?: string;
}

/** Says what an administrator has just had done, until they close it or have something else done. */
export class Outcome {
  readonly #box: HTMLElement;
  readonly #text = element("p", "");
  readonly #parts = element("div", "row");
  readonly #nowhere: () => void;

  /** @param nowhere gets the focus when what had it goes. */
  constructor(box: HTMLElement, nowhere: () => void) {
    this.#box = box;
    this.#nowhere = nowhere;
    this.#text.role = "status";
    box.append(this.#text, this.#parts);
  }

  show({ text, undo, undoLabel = words.undo, link }: Done): void {
    const hadFocus = this.#box.contains(document.activeElement);
    this.#text.textContent = text;
    const close = button("quiet", "×", () => this.close());
    close.ariaLabel = words.close;
    this.#parts.replaceChildren(
      ...link === undefined ? [] : fieldWith(link),
      ...undo ? [button("quiet", undoLabel, undo)] : [],
      close,
    );
    if (hadFocus || link !== undefined) this.#parts.querySelector("button")!.focus();
  }

  /** Closes it; false when there is nothing. */
  close(): boolean {
    if (this.#text.textContent === "") return false;
    const hadFocus = this.#box.contains(document.activeElement);
    this.#text.textContent = "";
    this.#parts.replaceChildren();
    if (hadFocus) this.#nowhere();
    return true;
  }
}

/** An address to be copied. */
function fieldWith(link: string): HTMLElement[] {
  const field = element("input", "");
  field.readOnly = true;
  field.value = link;
  field.ariaLabel = words.guestLinkAddress;
  const copy = button("", words.copy, async () => {
    field.select();
    if (await isCopied(link)) copy.textContent = words.copied;
  });
  return [field, copy];
}

/** Copies a text, which is selected; false when nobody but its reader can do that. */
async function isCopied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // There is no clipboard on a page without https, but there is this, which is older.
    return document.execCommand("copy");
  }
}
