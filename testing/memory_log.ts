import { JournalError } from "../journal/journal.ts";
import { asRecord, type LogRecord, type LogState, type Placed, type SharedLog } from "../journal/shared_log.ts";

/** How many records come out of it at once. */
const BATCH_MAX = 100;

/** A log in memory that any number of nodes share. */
export class MemoryLog {
  /** What is in each place, from 1; undefined where it was wiped out or dropped. */
  readonly records: (LogRecord | undefined)[] = [];
  readonly epoch: string;
  // What was published lately, by its key.
  readonly #keys = new Map<string, number>();
  readonly #lines = new Set<LogLine>();

  constructor(epoch = "e1") {
    this.epoch = epoch;
  }

  /** A node's line to it. */
  connect(): LogLine {
    const line = new LogLine(this);
    this.#lines.add(line);
    return line;
  }

  get state(): LogState {
    return { epoch: this.epoch, last: this.records.length };
  }

  append(record: LogRecord, key: string): number {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    // As it crosses a network.
    this.records.push(structuredClone(record));
    this.#keys.set(key, this.records.length);
    for (const line of this.#lines) line.wake();
    return this.records.length;
  }

  /** Minutes go by: nothing that was published before is known any more. */
  forgetKeys(): void {
    this.#keys.clear();
  }
}

/** What becomes of something that is published: it is kept; it is not; or it is, and seems not to be. */
export type Delivery = "kept" | "lost" | "doubted";

/** One node's line to a MemoryLog. */
export class LogLine implements SharedLog {
  /** Decides about each that is published. */
  delivery: (record: LogRecord) => Delivery = () => "kept";
  readonly #log: MemoryLog;
  #cut = false;
  #held = false;
  #closed = false;
  #wake = () => {};
  #failing: (error: JournalError) => void = () => {};

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  listen(failing: (error: JournalError) => void): void {
    this.#failing = failing;
  }

  /** Nothing comes through any more. */
  cut(): void {
    this.#cut = true;
    this.#failing(new JournalError("The line is cut"));
  }

  /** Nothing comes out of it any more, though what is published goes in. */
  holdTail(): void {
    this.#held = true;
  }

  mend(): void {
    this.#cut = this.#held = false;
    this.wake();
  }

  wake(): void {
    this.#wake();
  }

  async state(): Promise<LogState> {
    await this.#pass();
    return this.#log.state;
  }

  async publish(record: LogRecord, key: string): Promise<number> {
    await this.#pass();
    const delivery = this.delivery(record);
    const place = delivery === "lost" ? 0 : this.#log.append(record, key);
    if (delivery !== "kept") throw new JournalError("No answer");
    return place;
  }

  async *tail(after: number): AsyncIterable<readonly Placed[]> {
    for (let next = after; !this.#closed;) {
      const records = this.#cut || this.#held ? [] : this.#log.records.slice(next, next + BATCH_MAX);
      if (records.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
      const placed = records.map((record, index): Placed => ({ place: next + index + 1, record }));
      next += records.length;
      // Where nothing is any more there is nothing to tell of.
      const batch = placed.filter(({ record }) => record !== undefined);
      if (batch.length > 0) {
        yield structuredClone(batch).map(({ place, record }) => ({ place, record: asRecord(record) }));
      }
    }
  }

  async erase(place: number): Promise<void> {
    await this.#pass();
    this.#log.records[place - 1] = undefined;
  }

  async prune(upTo: number): Promise<void> {
    await this.#pass();
    for (const [index, record] of this.#log.records.entries()) {
      const isOld = index < upTo && record &&
        ("say" in record || ("act" in record && record.act.deed.type === "delete"));
      if (isOld) this.#log.records[index] = undefined;
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    this.wake();
    return Promise.resolve();
  }

  async #pass(): Promise<void> {
    await Promise.resolve();
    if (this.#cut || this.#closed) throw new JournalError("The line is cut");
  }
}
