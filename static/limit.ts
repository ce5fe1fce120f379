import { element } from "./element.ts";
import { words } from "./i18n.ts";

/** So near to the limit it is shown how much is left, in bytes, or 10 % of it where that is less. */
export const NEAR_BYTES_MAX = 1_000;
/** Who hears the page is told when so many bytes are left, and not at every key. */
const STEPS = [10, 20, 50, 100, 200, 500, NEAR_BYTES_MAX];

/** How many bytes of UTF-8 are left of what may be written, less than 0 when it is too long; undefined far from there. */
export function bytesLeft(text: string, bytesMax: number): number | undefined {
  const near = Math.min(NEAR_BYTES_MAX, bytesMax / 10);
  // No character takes more than 3 bytes for each of its UTF-16 units.
  if (3 * text.length < bytesMax - near) return undefined;
  const left = bytesMax - new TextEncoder().encode(text.trim()).byteLength;
  return left <= near ? left : undefined;
}

/** What is said aloud when so many bytes are left: the same for many keys in a row. */
export function heard(left: number | undefined): string {
  if (left === undefined) return "";
  return left < 0 ? words.tooLongToSend : words.bytesLeftAtMost(STEPS.find((step) => left <= step)!);
}

/** Shows how much may still be written, where that is little. */
export class Limit {
  readonly #seen = element("p", "");
  readonly #heard = element("p", "only-heard");

  /** @param before what it is put in front of. */
  constructor(before: HTMLElement) {
    this.#seen.id = "limit";
    this.#seen.ariaHidden = "true";
    this.#heard.id = "limit-heard";
    this.#heard.role = "status";
    before.before(this.#seen, this.#heard);
  }

  /** What is written now. */
  show(text: string, bytesMax: number): void {
    const left = bytesLeft(text, bytesMax);
    this.#seen.classList.toggle("over", left !== undefined && left < 0);
    this.#seen.textContent = left === undefined ? "" : left < 0 ? words.bytesTooMany(-left) : words.bytesLeft(left);
    const saying = heard(left);
    if (this.#heard.textContent !== saying) this.#heard.textContent = saying;
  }
}
