/** So many messages are read out in a while; what comes on top is only counted. */
export const READ_OUT_MAX = 3;
/** How long the while is, in ms. */
export const WHILE_MS = 4_000;
/** So much of a text is read out, in UTF-16 units. */
const TEXT_LENGTH_MAX = 300;

/** What the announcer needs. */
export interface AnnouncerPorts {
  /** Reads something out when whoever listens has time for it. */
  readOut(words: string): void;
  /** So many more have come, as a sentence. */
  more(count: number): string;
  after(ms: number, callback: () => void): void;
}

/**
 * Reads out what is said, author and text, once. In a busy room nobody could listen to all of it, so there it says how much
 * there is.
 */
export class Announcer {
  readonly #ports: AnnouncerPorts;
  #readOut = 0;
  #more = 0;

  constructor(ports: AnnouncerPorts) {
    this.#ports = ports;
  }

  /** Somebody said something; false when it is only counted. */
  announce(author: string, text: string): boolean {
    if (this.#readOut + this.#more === 0) this.#ports.after(WHILE_MS, () => this.#endWhile());
    if (this.#readOut === READ_OUT_MAX) {
      this.#more++;
      return false;
    }
    this.#readOut++;
    const words = text.length > TEXT_LENGTH_MAX ? `${text.slice(0, TEXT_LENGTH_MAX).toWellFormed()}…` : text;
    this.#ports.readOut(`${author}, ${words}`);
    return true;
  }

  #endWhile(): void {
    const more = this.#more;
    this.#readOut = this.#more = 0;
    if (more > 0) this.#ports.readOut(this.#ports.more(more));
  }
}
