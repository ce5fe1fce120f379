/** What went wrong on the way to the receivers, in messages of all of them together. */
export interface Faults {
  /** Never came. */
  lost: number;
  /** Came once more. */
  doubled: number;
  /** Came after one that the same sender had said later. */
  reordered: number;
}

/** Keeps account of what each receiver heard from each sender, whose messages are numbered from 0. */
export class Ledger {
  readonly #receivers: number;
  readonly #senders: number;
  /** For each receiver and sender the number after the highest one that came. */
  readonly #next: Uint32Array;
  /** For a receiver and sender the lower numbers that did not come. */
  readonly #missing = new Map<number, Set<number>>();
  #doubled = 0;
  #reordered = 0;
  /** How many messages came, each counted once for each receiver. */
  heard = 0;

  constructor(receivers: number, senders: number) {
    this.#receivers = receivers;
    this.#senders = senders;
    this.#next = new Uint32Array(receivers * senders);
  }

  /** A receiver heard the message with a number of a sender. */
  hear(receiver: number, sender: number, number: number): void {
    const pair = receiver * this.#senders + sender;
    const next = this.#next[pair]!;
    if (number >= next) {
      if (number > next) this.#skip(pair, next, number);
      this.#next[pair] = number + 1;
    } else if (this.#missing.get(pair)?.delete(number)) {
      this.#reordered++;
    } else {
      this.#doubled++;
      return;
    }
    this.heard++;
  }

  #skip(pair: number, from: number, to: number): void {
    const missing = this.#missing.get(pair) ?? new Set();
    for (let number = from; number < to; number++) missing.add(number);
    this.#missing.set(pair, missing);
  }

  /** What went wrong if nothing more comes of so many messages that were said by all senders together. */
  faults(said: number): Faults {
    return { lost: said * this.#receivers - this.heard, doubled: this.#doubled, reordered: this.#reordered };
  }
}
