import { Disconnect, type Refusal } from "../protocol.ts";
import type { Status } from "./connection.ts";
import { words } from "./i18n.ts";
import { sayRefusal } from "./refusal.ts";

/** Tells a person the truth about the connection, and offers to try again at once while there is a wait. */
export class Banner {
  readonly #header: HTMLElement;
  readonly #text: HTMLElement;
  // Beside the text and not in it, for a screen reader should hear of the wait once, not every second.
  readonly #countdown: HTMLElement;
  readonly #retry: HTMLElement;
  #ticking: ReturnType<typeof setInterval> | undefined;
  #shown: Status | undefined;

  constructor(header: HTMLElement) {
    this.#header = header;
    this.#text = header.querySelector("#banner [role=status]")!;
    this.#countdown = header.querySelector("#banner [aria-hidden]")!;
    this.#retry = header.querySelector("#retry")!;
    for (const change of ["online", "offline"]) addEventListener(change, () => this.#say());
  }

  show(status: Status): void {
    clearInterval(this.#ticking);
    this.#countdown.textContent = "";
    // Many attempts are one outage to a person: nothing changes, and nothing is read out again, until one succeeds.
    if (status.state === "connecting" && this.#header.dataset.state === "waiting") return;
    // An attempt that fails for no known reason does not make the reason untrue for which the connection was lost.
    const isNoNews = this.#shown?.state === "waiting" && status.state === "waiting" &&
      explainLoss(status.code) === words.lost;
    if (!isNoNews) this.#shown = status;
    this.#header.dataset.state = status.state;
    this.#say();
    this.#retry.hidden = !("retryMs" in status);
    if ("retryMs" in status) this.#countDown(performance.now() + status.retryMs);
    if (status.state === "ended" && status.code === Disconnect.banned.code) this.#awaitEnd(status);
  }

  /** When a ban is over one may come back. */
  #awaitEnd({ refusal }: Status & { state: "ended" }): void {
    const look = () => {
      if (!isOver(refusal)) return;
      clearInterval(this.#ticking);
      this.#say();
      this.#retry.hidden = false;
    };
    this.#ticking = setInterval(look, 1_000);
    look();
  }

  #say(): void {
    if (!this.#shown) return;
    const text = describe(this.#shown, navigator.onLine);
    if (this.#text.textContent !== text) this.#text.textContent = text;
  }

  #countDown(end: number): void {
    const tick = () => {
      this.#countdown.textContent = words.retryIn(Math.max(1, Math.ceil((end - performance.now()) / 1_000)));
    };
    tick();
    this.#ticking = setInterval(tick, 1_000);
  }
}

/** A status in words, on a device that is on a network or on none. */
export function describe(status: Status, online: boolean): string {
  switch (status.state) {
    case "connecting":
      return words.connecting;
    case "open":
      return words.connected;
    case "stalled":
      return words.stalled;
    case "waiting":
      return online ? explainLoss(status.code) : words.lostOffline;
    case "ended":
      return explainEnd(status);
    case "unsupported":
      return words.unsupported;
  }
}

function explainEnd({ code, reason, refusal }: Status & { state: "ended" }): string {
  switch (code) {
    case Disconnect.denied.code:
      return words.endedDenied;
    case Disconnect.banned.code:
      if (isOver(refusal)) return words.banIsOver;
      return refusal?.code === "banned" ? sayRefusal(refusal) : words.youBanned;
    case Disconnect.notText.code:
      return words.endedNotText;
    case Disconnect.malformed.code:
      return words.endedMalformed;
    default:
      return words.ended(reason);
  }
}

/** Whether what was refused for a time was so until now. */
function isOver(refusal: Refusal | undefined): boolean {
  return refusal?.detail !== undefined && Date.now() >= Number(refusal.detail);
}

function explainLoss(code: number): string {
  switch (code) {
    case Disconnect.goingAway.code:
      return words.lostGoingAway;
    case Disconnect.tooBig.code:
      return words.lostTooBig;
    case Disconnect.overloaded.code:
      return words.lostOverloaded;
    case Disconnect.slow.code:
      return words.lostSlow;
    case Disconnect.tooFast.code:
      return words.lostTooFast;
    case Disconnect.noHello.code:
      return words.lostNoHello;
    case Disconnect.storage.code:
      return words.lostStorage;
    default:
      return words.lost;
  }
}
