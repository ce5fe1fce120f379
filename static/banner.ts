import { Disconnect } from "../protocol.ts";
import type { Status } from "./connection.ts";

/** Tells a person the truth about the connection, and offers to try again at once while there is a wait. */
export class Banner {
  readonly #header: HTMLElement;
  readonly #text: HTMLElement;
  // Beside the text and not in it, for a screen reader should hear of the wait once, not every second.
  readonly #countdown: HTMLElement;
  readonly #retry: HTMLElement;
  #ticking: ReturnType<typeof setInterval> | undefined;

  constructor(header: HTMLElement) {
    this.#header = header;
    this.#text = header.querySelector("#banner [role=status]")!;
    this.#countdown = header.querySelector("#banner [aria-hidden]")!;
    this.#retry = header.querySelector("#retry")!;
  }

  show(status: Status): void {
    clearInterval(this.#ticking);
    this.#countdown.textContent = "";
    // Many attempts are one outage to a person: nothing changes, and nothing is read out again, until one succeeds.
    if (status.state === "connecting" && this.#header.dataset.state === "waiting") return;
    this.#header.dataset.state = status.state;
    const words = describe(status);
    if (this.#text.textContent !== words) this.#text.textContent = words;
    this.#retry.hidden = status.state !== "waiting";
    if (status.state === "waiting") this.#countDown(performance.now() + status.retryMs);
  }

  #countDown(end: number): void {
    const tick = () => {
      this.#countdown.textContent = ` (${Math.max(1, Math.ceil((end - performance.now()) / 1_000))} s)`;
    };
    tick();
    this.#ticking = setInterval(tick, 1_000);
  }
}

/** A status in words. */
export function describe(status: Status): string {
  switch (status.state) {
    case "connecting":
      return "Connecting…";
    case "open":
      return "Connected";
    case "waiting":
      return `${explain(status.code)} Trying again soon.`;
    case "ended":
      return `The server ended the connection: ${status.reason}.`;
    case "unsupported":
      return "Your browser has no WebSockets, which Hubbub needs. Any current browser will do.";
  }
}

function explain(code: number): string {
  switch (code) {
    case Disconnect.goingAway.code:
      return "The server went away.";
    case Disconnect.tooBig.code:
      return "That message was too long for the server.";
    case Disconnect.slow.code:
      return "This connection was too slow to keep up.";
    default:
      return "Not connected.";
  }
}
