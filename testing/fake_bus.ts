import type { Bus } from "../bus.ts";
import type { Clock } from "../sweeper.ts";
import type { Random } from "./random.ts";

/** Buses of nodes in memory, between which a test can lose, delay and cut. */
export class FakeBuses {
  /** Everything that was sent, in order. */
  readonly sent: string[] = [];
  /** How much of it is lost on its way to each, from 0 to 1. */
  loss = 0;
  /** How long it takes at most, in ms. */
  delayMs = 0;
  readonly #clock: Clock;
  readonly #random: Random | undefined;
  readonly #nodes: { listener: (hint: string) => void; readonly cutFrom: Set<Bus>; readonly bus: Bus }[] = [];

  /** @param random needed for loss and delay. */
  constructor(clock: Clock, random?: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** One more node's. */
  connect(): Bus {
    // What is sent to a node comes in the order in which it was sent.
    const due = new Map<unknown, number>();
    const bus: Bus = {
      send: (hint) => {
        this.sent.push(hint);
        for (const node of this.#nodes) {
          if (node.bus === bus || node.cutFrom.has(bus) || this.#random?.chance(this.loss)) continue;
          const now = this.#clock.now();
          const at = Math.max(now + (this.#random?.next() ?? 0) * this.delayMs, due.get(node) ?? 0);
          due.set(node, at);
          this.#clock.after(at - now, () => node.listener(hint));
        }
      },
      listen: (listener) => void this.#nodes.push({ listener, cutFrom: new Set(), bus }),
    };
    return bus;
  }

  /** A node hears nothing any more of another, which may still hear it. */
  cut(hearer: Bus, speaker: Bus): void {
    this.#nodes.find(({ bus }) => bus === hearer)!.cutFrom.add(speaker);
  }

  /** Everything gets through again. */
  mend(): void {
    this.loss = 0;
    for (const { cutFrom } of this.#nodes) cutFrom.clear();
  }
}
