import type { Followed, Follower } from "./follower.ts";
import type { Clock } from "./sweeper.ts";

/**
 * How often a comment is sent to a reader for whom there is nothing else, in ms: less than the 60 s after which common
 * proxies give up, and the 30 s after which the node transport does.
 */
export const KEEP_ALIVE_MS = 15_000;

/** One event, in the terms of the HTML standard, section 9.2. */
export interface ServerSentEvent {
  readonly event: string;
  /** What the reader comes back with, in Last-Event-ID. */
  readonly id: string;
  /** Becomes JSON. */
  readonly data: unknown;
}

/** What is no event, but where the reader is. */
export type Position = Pick<ServerSentEvent, "id">;

/** What a stream is made of. */
export interface StreamSource {
  readonly follower: Follower;
  /** What comes first. */
  readonly first: ServerSentEvent | Position;
  /** The events for what was said. */
  events(followed: Followed): readonly ServerSentEvent[];
  readonly clock: Pick<Clock, "after">;
  /** Whether the reader may still read; asked every KEEP_ALIVE_MS. */
  isAllowed(): boolean;
  /** The reader is gone, or the stream was read to its end. */
  gone(): void;
  /** What was said can't be read, so the stream ends. */
  unreadable(error: Error): void;
}

/**
 * A stream of server-sent events. It takes something only when its reader has taken what came before, so that a reader that
 * does not read costs one chunk, however much is said, and one that reads slowly misses nothing.
 */
export class EventStream {
  /** What is sent. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly #source: StreamSource;
  #controller!: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  #isStarted = false;
  // The reader has everything, and waits.
  #isWaiting = false;
  #isEnded = false;
  #callOffTick = () => {};

  /** Sends nothing before it is read. */
  constructor(source: StreamSource) {
    this.#source = source;
    this.body = new ReadableStream({
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#pull(),
      cancel: () => this.#end(),
    }, { highWaterMark: 0 });
    this.#planTick();
  }

  /** Sends no more than it has sent, and ends when the reader has that. Twice is harmless. */
  close(): void {
    this.#callOffTick();
    this.#source.follower.close();
  }

  async #pull(): Promise<void> {
    const chunk = this.#isStarted ? await this.#next() : write(this.#source.first);
    this.#isStarted = true;
    if (this.#isEnded) return;
    if (chunk !== undefined) return this.#controller.enqueue(utf8.encode(chunk));
    this.#end();
    this.#controller.close();
  }

  /** What comes next; undefined when nothing does any more. */
  async #next(): Promise<string | undefined> {
    const { follower, events, unreadable } = this.#source;
    this.#isWaiting = true;
    try {
      const followed = await follower.next();
      return events(followed).map(write).join("") || undefined;
    } catch (error) {
      unreadable(error as Error);
    } finally {
      this.#isWaiting = false;
    }
  }

  #end(): void {
    this.close();
    this.#isEnded = true;
    this.#source.gone();
  }

  #planTick(): void {
    this.#callOffTick = this.#source.clock.after(KEEP_ALIVE_MS, () => {
      if (!this.#source.isAllowed()) return this.close();
      // One whose reader has not taken the last one is not told more often for it.
      if (this.#isWaiting && this.#controller.desiredSize === 0) this.#controller.enqueue(utf8.encode(":\n\n"));
      this.#planTick();
    });
  }
}

/** JSON has no line ends that would break it. */
function write(event: ServerSentEvent | Position): string {
  if (!("event" in event)) return `id: ${event.id}\n\n`;
  return `event: ${event.event}\nid: ${event.id}\ndata: ${JSON.stringify(event.data)}\n\n`;
}

const utf8 = new TextEncoder();
