/**
 * A bounded queue from producers that never wait to one consumer that does.
 *
 * Values come out in the order they went in, each once. What was accepted before `close` still comes out after it.
 * What a full channel means is decided by the producer, where it calls `trySend`.
 */
export class Channel<T> implements AsyncIterable<T> {
  /** How many values may wait. A value handed straight to a waiting consumer does not wait. */
  readonly capacity: number;
  #queue: T[] = [];
  #closed = false;
  #consumed = false;
  // Set only while the consumer waits, and then the queue is empty and the channel open.
  #wake: ((result: IteratorResult<T, undefined>) => void) | undefined;

  /**
   * An open channel with nothing in it.
   * @throws {RangeError} when the capacity is not at least 1.
   */
  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new RangeError(`Cannot make a channel of capacity ${capacity}: it must be at least 1`);
    this.capacity = capacity;
  }

  /** How many values wait. */
  get size(): number {
    return this.#queue.length;
  }

  /** True once nothing more is accepted. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Puts a value in. False when the channel is full or closed; never waits, never throws. */
  trySend(value: T): boolean {
    if (this.#closed || this.#queue.length >= this.capacity) return false;
    if (this.#wake) this.#resume({ value, done: false });
    else this.#queue.push(value);
    return true;
  }

  /** Takes everything that waits, oldest first. */
  drain(): T[] {
    const values = this.#queue;
    this.#queue = [];
    return values;
  }

  /** Accepts nothing more. The consumer gets what waits, then its loop ends. Closing twice is harmless. */
  close(): void {
    this.#closed = true;
    this.#resume({ value: undefined, done: true });
  }

  /**
   * The one consumer's iterator. Leaving the loop early closes the channel and drops what waits.
   * @throws {TypeError} when the channel has a consumer already, or when `next` is called while it still waits.
   */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    if (this.#consumed) throw new TypeError("Cannot iterate the channel: it has a consumer already");
    this.#consumed = true;
    return {
      next: () => this.#next(),
      return: () => {
        this.close();
        this.#queue = [];
        return Promise.resolve({ value: undefined, done: true });
      },
    };
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#wake) throw new TypeError("Cannot take the next value: the consumer waits already");
    if (this.#queue.length > 0) return Promise.resolve({ value: this.#queue.shift()!, done: false });
    if (this.#closed) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => this.#wake = resolve);
  }

  #resume(result: IteratorResult<T, undefined>): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.(result);
  }
}
