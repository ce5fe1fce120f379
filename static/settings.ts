import type { ChatActions } from "./chat.ts";
import type { Memory } from "./chat_memory.ts";
import { element } from "./element.ts";
import { words } from "./i18n.ts";
import type { Notifications } from "./notifications.ts";

/** Where it is kept that somebody does not want single keys to do something: "off". */
export const SINGLE_KEYS_KEY = "hubbub.single-keys";

/** What can be done by keyboard: the keys, and what they do. */
function keys(): (readonly [keys: readonly string[], what: string])[] {
  return [
    [["Enter"], words.keySend],
    [["Shift", "Enter"], words.keyLine],
    [["@"], words.keyMention],
    [[":"], words.keyEmoji],
    [["Esc"], words.keyEscape],
    [["↑"], words.keyUp],
    [["↓"], words.keyDown],
    [["Delete"], words.keyDelete],
    [["Alt", "↑"], words.keyPreviousRoom],
    [["Alt", "↓"], words.keyNextRoom],
    [["/"], words.keySearch],
    [["?"], words.keyHelp],
  ];
}

/** The dialog with what somebody can choose, and with the keys that do something. */
export class Settings {
  readonly #dialog: HTMLDialogElement;
  readonly #memory: Memory;
  readonly #notifications: Notifications;
  readonly #notify: HTMLInputElement;
  readonly #answer: HTMLElement;
  readonly #single: HTMLInputElement;
  readonly #chat: Pick<ChatActions, "role" | "hasPass" | "forgetPass">;

  constructor(
    dialog: HTMLDialogElement,
    opener: HTMLElement,
    memory: Memory,
    notifications: Notifications,
    chat: Pick<ChatActions, "role" | "hasPass" | "forgetPass">,
  ) {
    this.#chat = chat;
    this.#dialog = dialog;
    this.#memory = memory;
    this.#notifications = notifications;
    this.#notify = dialog.querySelector("#notify")!;
    this.#answer = dialog.querySelector("#notify-answer")!;
    this.#single = dialog.querySelector("#single-keys")!;
    dialog.querySelector(".keys")!.append(
      ...keys().map(([keys, what]) =>
        element(
          "div",
          "",
          element("dt", "", ...keys.flatMap((key, index) => [index > 0 ? " + " : "", element("kbd", "", key)])),
          element("dd", "", what),
        )
      ),
    );
    opener.addEventListener("click", () => this.open());
    dialog.querySelector(".close")!.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", ({ target }) => {
      // Nothing but what is around it is the dialog itself.
      if (target === dialog) dialog.close();
    });
    dialog.querySelector("#pass-state button")!.addEventListener("click", () => {
      dialog.close();
      chat.forgetPass();
    });
    this.#notify.addEventListener("change", () => this.#setNotifications());
    this.#single.addEventListener("change", () => {
      if (this.#single.checked) memory.remove(SINGLE_KEYS_KEY);
      else memory.set(SINGLE_KEYS_KEY, "off");
    });
  }

  /** Whether keys without Alt and the like may do something. */
  get singleKeys(): boolean {
    return this.#memory.get(SINGLE_KEYS_KEY) !== "off";
  }

  /** Shows it; what had the focus gets it back in the end. */
  open(): void {
    if (this.#dialog.open) return;
    this.#single.checked = this.singleKeys;
    this.#show();
    this.#dialog.showModal();
  }

  /** Closes it; false when it is not open. */
  close(): boolean {
    if (!this.#dialog.open) return false;
    this.#dialog.close();
    return true;
  }

  async #setNotifications(): Promise<void> {
    if (this.#notify.checked) await this.#notifications.turnOn();
    else this.#notifications.turnOff();
    this.#show();
  }

  /** Says what somebody came in with, if they did with anything. */
  #showPass(): void {
    const { role, hasPass } = this.#chat;
    const part = this.#dialog.querySelector<HTMLElement>("#pass-state")!;
    part.hidden = !role || !hasPass;
    const sentences = { admin: words.asAdministrator, member: words.asMember, guest: words.asGuest };
    part.querySelector("span")!.textContent = role ? sentences[role] : "";
  }

  #show(): void {
    this.#showPass();
    const { state } = this.#notifications;
    this.#notify.checked = state === "on";
    this.#notify.disabled = state === "unavailable" || state === "blocked";
    this.#answer.textContent = state === "unavailable"
      ? words.notificationsUnavailable
      : state === "blocked"
      ? words.notificationsBlocked
      : "";
  }
}
