import type { Bus } from "./bus.ts";

/** Carries hints between threads, each of which has one end of a line (see `busOn`), and to other processes if there is a way. */
export class Relay {
  /** The other ends: one for each thread. */
  readonly lines: readonly MessagePort[];
  readonly #ports: readonly MessagePort[];

  /** @param outer leads to other processes. */
  constructor(count: number, outer?: Bus) {
    const channels = Array.from({ length: count }, () => new MessageChannel());
    this.lines = channels.map(({ port1 }) => port1);
    this.#ports = channels.map(({ port2 }) => port2);
    for (const port of this.#ports) {
      port.onmessage = ({ data }: MessageEvent<string[]>) => {
        this.#send(data, port);
        for (const hint of data) outer?.send(hint);
      };
    }
    outer?.listen((hint) => this.#send([hint], undefined));
  }

  /** Ends the lines. */
  close(): void {
    for (const port of this.#ports) port.close();
  }

  #send(hints: readonly string[], from: MessagePort | undefined): void {
    for (const port of this.#ports) {
      if (port !== from) port.postMessage(hints);
    }
  }
}

/** The bus at the other end of a line. What is sent in one turn goes in one message. */
export function busOn(port: MessagePort): Bus {
  let waiting: string[] = [];
  return {
    send(hint) {
      waiting.push(hint);
      if (waiting.length > 1) return;
      queueMicrotask(() => {
        port.postMessage(waiting);
        waiting = [];
      });
    },
    listen(listener) {
      port.onmessage = ({ data }: MessageEvent<string[]>) => {
        for (const hint of data) listener(hint);
      };
    },
  };
}
