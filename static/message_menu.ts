import { element } from "./element.ts";
import { words } from "./i18n.ts";
import type { Choices, Menu } from "./menu.ts";

/** What can be done with the message that has an id; undefined when nothing can. */
export interface MessageMenuPorts {
  choices(id: number): Choices | undefined;
  /** Asks whether it is to be deleted. */
  deletion(id: number): Choices | undefined;
}

/**
 * The way to what can be done with a message: a button in the one that is pointed at, or that has the focus, and the key
 * Delete. There is one button for all messages, so that thousands of them need no more than they did.
 */
export class MessageMenu {
  readonly #menu: Menu;
  readonly #ports: MessageMenuPorts;
  readonly #button: HTMLElement;
  #id = NaN;
  /** What was last done in the list was done by mouse or finger, so the button has no focus that anybody counts on. */
  #byPointer = false;

  constructor(list: HTMLElement, menu: Menu, ports: MessageMenuPorts) {
    this.#menu = menu;
    this.#ports = ports;
    this.#button = element("button", "act", "⋯");
    menu.attach(this.#button, () => ports.choices(this.#id));
    this.#button.ariaLabel = this.#button.title = words.messageActions;
    list.addEventListener("focusin", ({ target }) => this.#put(target));
    list.addEventListener("pointerover", ({ target, pointerType }) => {
      // A finger that comes down may be about to scroll.
      if (pointerType === "mouse") this.#put(target);
    });
    list.addEventListener("click", ({ target }) => this.#put(target));
    list.addEventListener("pointerdown", () => this.#byPointer = true);
    list.addEventListener("keydown", (event) => {
      this.#byPointer = false;
      this.#key(event);
    });
  }

  /** Puts the button into the message that an element is part of, if anything can be done with that. */
  #put(target: EventTarget | null): void {
    const row = (target as Element).closest<HTMLElement>("[data-id]");
    const box = row?.querySelector(".message");
    const hasFocus = document.activeElement === this.#button;
    const isInUse = this.#button.ariaExpanded === "true" || hasFocus && !this.#byPointer;
    if (!row || !box || this.#button.parentElement === box || isInUse) return;
    // The focus does not go with it: who takes to the keyboard goes on at the message that they were at.
    if (hasFocus) this.#button.parentElement!.querySelector<HTMLElement>("a.when")!.focus({ preventScroll: true });
    this.#id = Number(row.dataset.id);
    if (this.#ports.choices(this.#id)) box.append(this.#button);
    else this.#button.remove();
  }

  #key(event: KeyboardEvent): void {
    const { key, target, ctrlKey, metaKey, shiftKey, altKey } = event;
    // It is the next stop, though the pointer may have taken it away.
    if (key === "Tab") this.#put(target);
    // What the key for it on a Mac is called.
    const isDelete = key === "Delete" || key === "Backspace";
    if (!isDelete || ctrlKey || metaKey || shiftKey || altKey || event.repeat) return;
    this.#put(target);
    if (!this.#button.isConnected || !this.#button.parentElement!.contains(target as Node)) return;
    const asked = this.#ports.deletion(this.#id);
    if (!asked) return;
    event.preventDefault();
    this.#menu.open(this.#button, asked, target as Element);
  }
}
