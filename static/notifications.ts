import type { Memory } from "./chat_memory.ts";

/** Where it is kept that somebody wants notifications: "on". */
export const NOTIFICATIONS_KEY = "hubbub.notifications";
/** So long it is waited, in ms, whether another tab shows what somebody is to be notified of. */
export const NOTIFY_MS = 500;

/** Whether the browser notifies; `blocked`: its owner has forbidden it, and only they can allow it again. */
export type NotificationState = "unavailable" | "off" | "on" | "blocked";

/** Tells somebody who is not looking that they were mentioned, if they have asked for it. */
export class Notifications {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
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
   * @param tag the same for what several tabs tell of the same message, so that it is shown once.
   * @param isNeeded asked after NOTIFY_MS.
   * @param clicked is called when somebody follows it.
   */
  notify(title: string, body: string, tag: string, isNeeded: () => boolean, clicked: () => void): void {
    if (this.state !== "on") return;
    setTimeout(() => {
      if (isNeeded()) show(title, { body, tag, icon: "/static/icon.svg" }, clicked);
    }, NOTIFY_MS);
  }
}

async function show(title: string, options: NotificationOptions, clicked: () => void): Promise<void> {
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      focus();
      notification.close();
      clicked();
    };
  } catch {
    // Chromium on Android wants the service worker to do it.
    const registration = await navigator.serviceWorker.getRegistration();
    await registration?.showNotification(title, options);
  }
}
