import type { Status } from "./connection.ts";
import { Disconnect, OPEN } from "../protocol.ts";
import { words } from "./i18n.ts";
import { sayRefusal } from "./refusal.ts";

/** Asks for the key when the server lets this page in no more, or not at all, and says why. */
export class Access {
  readonly #form: HTMLFormElement;
  readonly #input: HTMLInputElement;
  readonly #answer: HTMLElement;
  readonly #without: HTMLElement;
  readonly #hasOther: () => boolean;
  readonly #isWriting: () => boolean;
  readonly #nowhere: () => void;

  /**
   * @param enter comes in with a key, or with what there is.
   * @param hasOther whether there is another than the one that was wrong.
   * @param isWriting whether somebody is just writing something, and so must not lose the focus.
   * @param nowhere gets the focus when the form goes.
   */
  constructor(
    form: HTMLFormElement,
    enter: (pass?: string) => void,
    hasOther: () => boolean,
    isWriting: () => boolean,
    nowhere: () => void,
  ) {
    this.#form = form;
    this.#input = form.querySelector("input[type=password]")!;
    this.#answer = form.querySelector("[role=alert]")!;
    this.#without = form.querySelector("[type=button]")!;
    this.#hasOther = hasOther;
    this.#isWriting = isWriting;
    this.#nowhere = nowhere;
    const come = (pass?: string) => {
      this.#answer.textContent = words.askingServer;
      enter(pass);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      come(this.#input.value.trim());
    });
    this.#without.addEventListener("click", () => come());
  }

  /** The connection has become like that. */
  show(status: Status): void {
    const isDenied = status.state === "ended" && status.code === Disconnect.denied.code;
    if (status.state === "open" || (status.state === "ended" && !isDenied)) return this.#close();
    if (!isDenied) {
      // Meanwhile the banner tells how it goes.
      if (status.state !== "connecting") this.#answer.textContent = "";
      return;
    }
    const { refusal } = status;
    this.#form.hidden = false;
    this.#answer.textContent = refusal ? sayRefusal(refusal) : words.keyNeeded;
    const isWrong = refusal?.code === "keyWrong" || refusal?.code === "linkEnded";
    this.#input.ariaInvalid = String(isWrong);
    // Else it would only be asked for again.
    this.#without.hidden = refusal?.detail !== OPEN && !(isWrong && this.#hasOther());
    if (this.#isWriting()) return;
    this.#input.select();
    this.#input.focus();
  }

  #close(): void {
    if (this.#form.hidden) return;
    const hadFocus = this.#form.contains(document.activeElement);
    this.#form.hidden = true;
    this.#form.reset();
    this.#answer.textContent = "";
    if (hadFocus) this.#nowhere();
  }
}
