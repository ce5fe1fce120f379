import type { Person } from "../protocol.ts";
import { Completer } from "./completer.ts";
import type { Drafts, Stored } from "./drafts.ts";
import { words } from "./i18n.ts";
import { isOfInputMethod } from "./keys.ts";
import { Limit } from "./limit.ts";

/** What keeps a text from being sent, as a sentence; undefined when nothing does. */
export function problem(text: string, bytesMax: number): string | undefined {
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes <= bytesMax) return undefined;
  return words.tooLongBy(bytes - bytesMax);
}

/** What the composer needs. */
export interface ComposerPorts {
  /** The longest text that can be sent, in bytes of UTF-8. */
  bytesMax(): number;
  /** Sends a text to the room that is shown. */
  send(text: string): void;
  /** Somebody is writing to the room that is shown. */
  typing(): void;
  /** Who can be mentioned in the room that is shown, first who probably is. */
  people(): readonly Person[];
  /** Says something about what is written, or nothing. */
  hint(words: string): void;
}

/**
 * Where a person writes: Enter or the button sends and clears, Shift and Enter begins a line. What can't be sent stays
 * where it is, and a hint says why. What was begun in a room is still there when coming back to it, also in another tab.
 */
export class Composer {
  readonly #input: HTMLTextAreaElement;
  readonly #ports: ComposerPorts;
  readonly #drafts: Drafts;
  readonly #completer: Completer;
  readonly #limit: Limit;
  readonly #button: HTMLElement;
  #room = "";

  constructor(form: HTMLFormElement, drafts: Drafts, ports: ComposerPorts) {
    this.#input = form.elements.namedItem("text") as HTMLTextAreaElement;
    this.#button = form.querySelector("[type=submit]")!;
    this.#drafts = drafts;
    this.#ports = ports;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#input.addEventListener("keydown", (event) => {
      // Enter also picks what an input method offers.
      if (isOfInputMethod(event)) return;
      if (this.#completer.key(event) || event.key !== "Enter" || event.shiftKey) return;
      event.preventDefault();
      this.#send();
    });
    this.#completer = new Completer(this.#input, () => ports.people());
    this.#limit = new Limit(this.#input);
    this.#input.addEventListener("input", () => {
      this.#written();
      drafts.write(this.#room, this.#input.value);
      this.#ports.hint("");
      if (this.#input.value.trim() !== "") this.#ports.typing();
    });
    // The last that a page hears before its tab is closed, or before a phone ends it later without a word.
    document.addEventListener("visibilitychange", () => drafts.keep());
    addEventListener("pagehide", () => drafts.keep());
  }

  /** Lets a person go on with what they began in a room. */
  show(room: string): void {
    this.#drafts.keep();
    this.#room = room;
    this.#set(this.#drafts.of(room));
  }

  /**
   * Nothing can be sent to the room that is shown, or everything again. What was written stays, and can be copied.
   * @param by the id of the element that says why.
   */
  shut(isShut: boolean, by: string): void {
    if (isShut === this.#input.readOnly) return;
    this.#input.readOnly = isShut;
    this.#input.placeholder = isShut ? "" : words.saySomething;
    this.#button.ariaDisabled = String(isShut);
    if (isShut) this.#input.setAttribute("aria-describedby", by);
    else this.#input.removeAttribute("aria-describedby");
  }

  /** Another tab changed the storage. */
  storageChanged(stored: Stored): void {
    if (this.#drafts.isGone(this.#room, stored)) this.#set("");
  }

  focus(): void {
    this.#input.focus();
  }

  /** Puts suggestions away; false when there are none. */
  dismiss(): boolean {
    return this.#completer.dismiss();
  }

  #send(): void {
    this.#input.focus();
    const text = this.#input.value.trim();
    if (text === "" || this.#input.readOnly) return;
    const why = problem(text, this.#ports.bytesMax());
    this.#ports.hint(why ?? "");
    if (why) return;
    this.#set("");
    this.#ports.send(text);
    this.#drafts.write(this.#room, "");
    this.#drafts.keep();
  }

  #set(text: string): void {
    this.#completer.close();
    this.#input.value = text;
    this.#written();
  }

  #written(): void {
    this.#fit();
    this.#limit.show(this.#input.value, this.#ports.bytesMax());
  }

  /** Where style.css can't make it as high as what is in it. */
  #fit(): void {
    if (CSS.supports("field-sizing", "content")) return;
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight + this.#input.offsetHeight - this.#input.clientHeight}px`;
  }
}
