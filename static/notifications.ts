import type { Memory } from "./chat_memory.ts";

/** Where it is kept that somebody wants notifications: "on". */
export const NOTIFICATIONS_KEY = "hubbub.notifications";
/** So long it is waited, in ms, whether another tab shows what somebody is to be notified of. */
export const NOTIFY_MS = 500;

/** Whether the browser notifies; `blocked`: its owner has forbidden it, and only they can allow it again. */
export type NotificationState = "unavailable" | "off" | "on" | "blocked";

/** What is shown to somebody, and where it leads. */
export interface Notice {
  readonly title: string;
  readonly body: string;
  /** The same for what several tabs tell of the same message, so that it is shown once. */
  readonly tag: string;
  /** The address, from the root of this server. */
  readonly href: string;
}

/** Tells somebody who is not looking that they were mentioned, if they have asked for it. */
export class Notifications {
  readonly #memory: Memory;
  readonly #followed: (href: string) => void;
  /** Those that this page has shown and nobody has put away. */
  readonly #shown = new Map<string, Notification>();

  /** @param followed is told where a notification leads that somebody follows. */
  constructor(memory: Memory, followed: (href: string) => void) {
    this.#memory = memory;
    this.#followed = followed;
    // Those that the service worker has shown are followed by way of it.
    navigator.serviceWorker?.addEventListener("message", ({ data }) => followed(String(data)));
  }

  /** How it is now. A page that came without TLS from another machine can't have any. */
  get state(): NotificationState {
    if (!("Notification" in globalThis) || !isSecureContext) return "unavailable";
    if (Notification.permission === "denied") return "blocked";
    const isWanted = this.#memory.get(NOTIFICATIONS_KEY) === "on";
    return Notification.permission === "granted" && isWanted ? "on" : "off";
  }

  /** Asks the browser, and so perhaps its owner, for leave; call it when they have clicked on something. */
  async turnOn(): Promise<void> {
    this.#memory.set(NOTIFICATIONS_KEY, "on");
    await Notification.requestPermission();
  }

  /** No more of them. */
  turnOff(): void {
    this.#memory.remove(NOTIFICATIONS_KEY);
  }

  /**
   * Notifies, unless it turns out that it is not needed.
   * @param isNeeded asked after NOTIFY_MS.
   */
  notify(notice: Notice, isNeeded: () => boolean): void {
    if (this.state !== "on") return;
    setTimeout(() => {
      if (isNeeded()) this.#show(notice);
    }, NOTIFY_MS);
  }

  /** Takes a notification away, if there is one with the tag. */
  async withdraw(tag: string): Promise<void> {
    if (this.state !== "on") return;
    this.#shown.get(tag)?.close();
    const registration = await navigator.serviceWorker?.getRegistration();
    for (const notification of await registration?.getNotifications({ tag }) ?? []) notification.close();
  }

  async #show({ title, body, tag, href }: Notice): Promise<void> {
    const options = { body, tag, data: href, icon: "/static/icon.svg" };
    try {
      const notification = new Notification(title, options);
      this.#shown.set(tag, notification);
      notification.onclose = () => this.#shown.delete(tag);
      notification.onclick = () => {
        focus();
        notification.close();
        this.#followed(href);
      };
    } catch {
      // Chromium on Android has it that only a service worker can.
      const registration = await navigator.serviceWorker?.getRegistration();
      await registration?.showNotification(title, options);
    }
  }
}
