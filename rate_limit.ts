import type { ClientMessage } from "./protocol.ts";

/** What each message takes out of the bucket: a name is a commit of its own, a search holds others up. */
const COSTS: { readonly [type in ClientMessage["type"]]?: number } = { search: 5, rename: 10 };
/** How much a full bucket holds, in seconds of the rate. */
export const BURST_SECONDS = 10;

/** What becomes of a message: it counts; it counts, but is the last that does so without a warning; or it does not. */
export type Verdict = "good" | "warned" | "refused" | "cut";

/**
 * A token bucket for one client. Who takes all but a quarter out of it is warned, once; what finds it empty is refused; who
 * goes on until as much was refused as a full bucket holds is cut. When it is half full again all is forgotten.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt: number | undefined;
  #warned = false;
  #refused = 0;

  /** @param perSecond how many messages go in a second in the long run; `Infinity` for as many as they like. */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#burst = this.#tokens = perSecond * BURST_SECONDS;
  }

  /**
   * A message came.
   * @param type undefined when it was none that is known.
   * @param now in ms on a monotonic clock.
   */
  take(type: ClientMessage["type"] | undefined, now: number): Verdict {
    if (this.#perSecond === Infinity) return "good";
    const seconds = (now - (this.#filledAt ?? now)) / 1_000;
    this.#filledAt = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + seconds * this.#perSecond);
    if (this.#tokens >= this.#burst / 2) {
      this.#warned = false;
      this.#refused = 0;
    }
    const cost = (type && COSTS[type]) ?? 1;
    if (this.#tokens < cost) return (this.#refused += cost) > this.#burst ? "cut" : "refused";
    this.#tokens -= cost;
    if (this.#warned || this.#tokens >= this.#burst / 4) return "good";
    this.#warned = true;
    return "warned";
  }
}
