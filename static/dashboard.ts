import {
  type ClientMessage,
  Disconnect,
  type Order,
  type Refusal,
  type Sample,
  type ServerMessage,
  type Status,
} from "../protocol.ts";
import { Connection, type Ports as ConnectionPorts, type Status as ConnectionStatus } from "./connection.ts";

/** For how long samples are shown, in ms. */
export const SHOWN_MS = 5 * 60_000;

/** What a status tells beside samples. */
export type Part = Exclude<keyof Status, "type" | "samples">;
/** All of it; what was not told yet is not there. */
export type Known = { readonly [P in Part]?: Status[P] };

type Answer<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;
/** What becomes of an order: what was made, why it was not done, or undefined if that can't be known. */
export type Outcome = Answer<"done"> | Refusal | undefined;
/** A page of what was done; undefined when the connection was lost first. */
export type Audit = Answer<"audited"> | Refusal | undefined;

/** What the dashboard tells. */
export interface DashboardListener {
  /** What to say first on a new connection. */
  hello(): ClientMessage;
  connection(status: ConnectionStatus): void;
  /** The server has let the administrator in. */
  admitted(): void;
  /** There are new samples, and these parts are new. */
  updated(parts: readonly Part[]): void;
  /** This is not the administrator, or not any more; there will be no more attempts. With the server's reason, if it gave one. */
  denied(code: Refusal["code"] | undefined): void;
}

/** What the operator's page knows and can have done, by a connection that comes back by itself. It has no DOM. */
export class Dashboard {
  readonly #listener: DashboardListener;
  readonly #connection: Connection;
  // What waits for an answer, by its ref.
  readonly #waiting = new Map<number, (answer: Answer<"done" | "audited"> | Refusal | undefined) => void>();
  #samples: Sample[] = [];
  #known: Known = {};
  #me: string | undefined;
  #isDenied = false;
  #ref = 0;

  /** Connects at once. */
  constructor(ports: ConnectionPorts, listener: DashboardListener) {
    this.#listener = listener;
    this.#connection = new Connection(ports, {
      hello: () => listener.hello(),
      received: (message) => this.#received(message),
      settled: () => {},
      changed: (status) => this.#changed(status),
    });
  }

  /** Of the last five minutes, oldest first. There may be gaps. */
  get samples(): readonly Sample[] {
    return this.#samples;
  }

  get known(): Known {
    return this.#known;
  }

  /** The public id of whoever looks at this. */
  get me(): string | undefined {
    return this.#me;
  }

  /** Has something done. */
  async order(order: Order): Promise<Outcome> {
    return await this.#ask((ref) => ({ type: "order", ref, order })) as Outcome;
  }

  /** Asks for the newest acts, or for those before an id. */
  async audit(before?: number): Promise<Audit> {
    return await this.#ask((ref) => ({ type: "audit", ref, before })) as Audit;
  }

  /** As of a Connection. */
  retry(): void {
    this.#connection.retry();
  }

  /** Ends it for good; what waits for an answer gets none. */
  stop(): void {
    this.#connection.stop();
    this.#answerAll();
  }

  #answerAll(): void {
    for (const ref of [...this.#waiting.keys()]) this.#answer(ref, undefined);
  }

  #ask(message: (ref: number) => ClientMessage): Promise<Answer<"done" | "audited"> | Refusal | undefined> {
    const ref = this.#ref++;
    return new Promise((resolve) => {
      if (this.#connection.send(message(ref))) this.#waiting.set(ref, resolve);
      else resolve(undefined);
    });
  }

  #received(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.#me = message.id;
        if (message.role === "admin") this.#listener.admitted();
        else this.#deny(undefined);
        break;
      case "status":
        this.#learn(message);
        break;
      case "done":
      case "audited":
        this.#answer(message.ref, message);
        break;
      case "error":
        if (message.ref !== undefined) this.#answer(message.ref, message);
        break;
    }
  }

  #changed(status: ConnectionStatus): void {
    // The connection that a welcome ended calls itself open all the same.
    if (this.#isDenied) return;
    if (status.state === "open") this.#connection.send({ type: "watch" });
    if (status.state !== "open") this.#answerAll();
    if (status.state === "ended" && status.code === Disconnect.denied.code) return this.#deny(status.refusal?.code);
    this.#listener.connection(status);
  }

  #deny(code: Refusal["code"] | undefined): void {
    this.#isDenied = true;
    this.#connection.stop();
    this.#listener.denied(code);
  }

  #answer(ref: number, answer: Answer<"done" | "audited"> | Refusal | undefined): void {
    this.#waiting.get(ref)?.(answer);
    this.#waiting.delete(ref);
  }

  #learn({ type: _, samples, ...parts }: Status): void {
    const [first] = samples;
    // After a lost connection some come again; after a restart of the server only those from before are here.
    const before = first ? this.#samples.filter(({ at }) => at < first.at) : this.#samples;
    const all = [...before, ...samples];
    this.#samples = all.filter(({ at }) => at > all.at(-1)!.at - SHOWN_MS);
    this.#known = { ...this.#known, ...parts };
    this.#listener.updated(Object.keys(parts) as Part[]);
  }
}
