import { words } from "./i18n.ts";

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
  /** Says something about what is written, or nothing. */
  hint(words: string): void;
}

/**
 * Where a person writes: Enter or the button sends and clears, Shift and Enter begins a line. What can't be sent stays
 * where it is, and a hint says why. What was begun in one room is still there when coming back to it.
 */
export class Composer {
  readonly #input: HTMLTextAreaElement;
  readonly #ports: ComposerPorts;
  readonly #drafts = new Map<string, string>();
  #room = "";

  constructor(form: HTMLFormElement, ports: ComposerPorts) {
    this.#input = form.elements.namedItem("text") as HTMLTextAreaElement;
    this.#ports = ports;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#input.addEventListener("keydown", (event) => {
      // Enter also picks what an input method offers; Safari says so only by the key code 229.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#send();
    });
    this.#input.addEventListener("input", () => {
      this.#fit();
      this.#ports.hint("");
      if (this.#input.value.trim() !== "") this.#ports.typing();
    });
  }

  /** Lets a person go on with what they began in a room. */
  show(room: string): void {
    this.#drafts.set(this.#room, this.#input.value);
    this.#room = room;
    this.#input.value = this.#drafts.get(room) ?? "";
    this.#fit();
  }

  focus(): void {
    this.#input.focus();
  }

  #send(): void {
    this.#input.focus();
    const text = this.#input.value.trim();
    if (text === "") return;
    const why = problem(text, this.#ports.bytesMax());
    this.#ports.hint(why ?? "");
    if (why) return;
    this.#input.value = "";
    this.#fit();
    this.#ports.send(text);
  }

  /** Where style.css can't make it as high as what is in it. */
  #fit(): void {
    if (CSS.supports("field-sizing", "content")) return;
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight + this.#input.offsetHeight - this.#input.clientHeight}px`;
  }
}
