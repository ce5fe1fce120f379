import { Access, digestOf, type Grant } from "../access.ts";
import type { Client } from "../client.ts";
import { Hub } from "../hub.ts";
import type { Journal } from "../journal/journal.ts";
import { openMemory } from "../journal/memory.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { openLog } from "../log.ts";
import { Metrics } from "../metrics.ts";
import { Moderation } from "../moderation.ts";
import { type ClientMessage, encode, type ServerMessage } from "../protocol.ts";
import type { Clock } from "../sweeper.ts";
import { FakeClock, FakeSocket, settle } from "./fakes.ts";

/** A secret like a browser's, always the same for a name. */
export function secretOf(name: string): string {
  return `secret-of-${name}`.replaceAll(" ", "-").padEnd(22, "-");
}

/** A connection to a hub that speaks JSON, in memory. */
export class Peer {
  readonly socket = new FakeSocket();
  readonly client: Client;

  constructor(hub: Hub, address: string, grant?: Grant) {
    this.client = hub.connect(this.socket, { form: "json", room: "lobby", address, grant });
    this.client.opened();
  }

  send(...messages: ClientMessage[]): void {
    this.client.received(messages.map(encode).join("\n"));
  }

  hello(name: string, ...rooms: string[]): void {
    this.helloWith(undefined, name, ...rooms);
  }

  /** The same, with a secret that lets them in. */
  helloWith(pass: string | undefined, name: string, ...rooms: string[]): void {
    this.send({ type: "hello", secret: secretOf(name), name, pass, rooms: rooms.map((room) => ({ room })) });
  }

  say(room: string, nonce: string, text = nonce): void {
    this.send({ type: "say", room, nonce, text });
  }

  /** What came, of one type. */
  got<T extends ServerMessage["type"]>(type: T): Extract<ServerMessage, { type: T }>[] {
    return this.socket.lines.map((line): ServerMessage => JSON.parse(line))
      .filter((message): message is Extract<ServerMessage, { type: T }> => message.type === type);
  }

  /** The last of what came, of one type. */
  last<T extends ServerMessage["type"]>(type: T): Extract<ServerMessage, { type: T }> {
    const last = this.got(type).at(-1);
    if (!last) throw new Error(`No "${type}" came, but ${this.socket.lines.join("\n")}`);
    return last;
  }

  /** The code that the connection was closed with; undefined while it is open. */
  get closeCode(): number | undefined {
    return this.socket.closedWith?.code;
  }

  /** The texts that came by themselves, in order. */
  get texts(): string[] {
    return this.got("said").map(({ text }) => text);
  }
}

/** The administrator's secret. */
export const ADMIN_PASS = "the-administrators-secret";

/** Who may come in: everybody, or who knows the key, and whoever has the administrator's secret. */
export function accessTo(moderation: Moderation, clock: Clock, key?: string, pass = () => ADMIN_PASS): Access {
  const administrator = { digest: () => digestOf(pass()) };
  return new Access({ key, administrator, moderation, date: () => clock.date(), now: () => clock.now() });
}

/** A hub that runs, on a clock that the test moves. */
export class Harness {
  readonly clock = new FakeClock();
  readonly journal: Journal;
  readonly metrics = new Metrics();
  /** The lines of the log. */
  readonly reports: string[] = [];
  readonly log = openLog("pretty", {
    write: (line) => this.reports.push(line),
    now: () => this.clock.now(),
    date: () => this.clock.date(),
  });
  readonly hub: Hub;
  /** The administrator's secret, which a test may replace. */
  adminPass = ADMIN_PASS;
  readonly #ended: Promise<void>;

  /**
   * @param journal one that stays open; otherwise there is one in memory, which ends with the hub.
   * @param limits other ones than usual, which are the defaults, but for short texts and as many messages as one likes.
   * @param key what one has to know to come in; without it everybody may.
   */
  constructor(journal?: Journal, limits: Partial<Limits> = {}, key?: string) {
    this.journal = journal ?? openMemory();
    this.hub = new Hub({
      access: accessTo(new Moderation(this.journal.acts), this.clock, key, () => this.adminPass),
      journal: this.journal,
      clock: this.clock,
      limits: { ...DEFAULT_LIMITS, message: 1_000, rate: Infinity, ...limits },
      metrics: this.metrics,
      log: this.log,
    });
    this.#ended = this.hub.run();
    if (journal === undefined) this.#ended.then(() => this.journal.close());
  }

  /** @param grant what its request gave. */
  connect(address = "127.0.0.1", grant?: Grant): Peer {
    return new Peer(this.hub, address, grant);
  }

  /** A connection of a program that speaks plain text. */
  connectPlain(room: string, address = "127.0.0.1"): { client: Client; socket: FakeSocket } {
    const socket = new FakeSocket();
    const client = this.hub.connect(socket, { form: "plain", room, address });
    client.opened();
    return { client, socket };
  }

  /** Somebody who is in some rooms. */
  async enter(name: string, ...rooms: string[]): Promise<Peer> {
    const peer = this.connect();
    peer.hello(name, ...rooms);
    await this.deliver();
    return peer;
  }

  /** An administrator who is in some rooms, at an address of their own. */
  async enterAdmin(name: string, ...rooms: string[]): Promise<Peer> {
    const peer = this.connect("10.0.0.1");
    peer.helloWith(ADMIN_PASS, name, ...rooms);
    await this.deliver();
    return peer;
  }

  /** Lets everything happen that happens within `ms`. */
  async deliver(ms = 50): Promise<void> {
    await settle();
    this.clock.run(ms);
    await settle();
    this.clock.run(0);
  }

  async end(): Promise<void> {
    this.hub.close();
    do await this.deliver(Infinity); while (this.clock.waiting > 0);
    await this.#ended;
  }
}
