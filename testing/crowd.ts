import type { Said } from "../protocol.ts";
import type { RoomView, TimelineChange } from "../static/chat.ts";
import type { Status } from "../static/connection.ts";
import { type Faults, faultsOf, sum } from "./faults.ts";
import { Browser, Tab, type World } from "./headless_page.ts";
import type { Random } from "./random.ts";
import { Watch } from "./watch.ts";

/** The rooms of a crowd; each page is in one of them, */
export const ROOMS = ["lobby", "kitchen", "attic", "cellar", "garden"];
/** and one in so many in another, too. */
const PAGES_PER_WANDERER = 5;
/** One page in so many speaks, the others only read. */
const PAGES_PER_SPEAKER = 10;

/** A page that remembers what it showed, and knows since when it is not up to date. */
class Visitor extends Tab {
  /** The ids of what it ever showed of each room, in the order in which it did. */
  readonly seen: Map<string, number[]>;
  readonly #crowd: Crowd;
  /** When it lost its connection, or began; undefined while it is up to date. */
  #awaySince: number | undefined = performance.now();
  #greetedAt = 0;

  constructor(crowd: Crowd, world: World, rooms: readonly string[], name: string) {
    super(world, new Browser(rooms), name);
    this.seen = new Map(rooms.map((room) => [room, []]));
    this.#crowd = crowd;
  }

  /** Whether it shows of each room what everybody knew when the server was ended. */
  isUpTo(newest: ReadonlyMap<string, number>): boolean {
    return this.browser.rooms.every((room) => (this.seen.get(room)!.at(-1) ?? 0) >= newest.get(room)!);
  }

  override connect(): WebSocket {
    const socket = super.connect();
    // The page says hello at the same moment.
    socket.addEventListener("open", () => this.#greetedAt = performance.now());
    return socket;
  }

  override timeline({ name, items }: RoomView, change: TimelineChange): void {
    if (change.kind === "dropped" || change.kind === "deleted") return;
    const shown = change.kind === "reset" ? items : items.slice(items.length - change.count);
    const ids = shown.flatMap((item) => item.kind === "said" ? [item.said.id] : []);
    let seen = this.seen.get(name)!;
    // What is shown anew takes the place of what it was, but for what stood above it.
    if (change.kind === "reset") this.seen.set(name, seen = seen.filter((id) => id < (ids[0] ?? Infinity)));
    seen.push(...ids);
    const last = seen.at(-1);
    if (last !== undefined) {
      this.#crowd.know(name, last);
      // Somebody sits before it.
      this.chat.read(name, last);
    }
    this.#look();
  }

  override status({ state }: Status): void {
    if (state !== "waiting" || this.#awaySince !== undefined) return;
    this.#awaySince = performance.now();
    this.#crowd.lost();
  }

  override people(): void {
    this.#look();
  }

  #look(): void {
    if (this.#awaySince === undefined) return;
    const isIn = this.browser.rooms.every((room) => this.chat.rooms.get(room)!.joined);
    if (!isIn || !this.isUpTo(this.#crowd.due)) return;
    const now = performance.now();
    this.#crowd.back(now - this.#awaySince, now - this.#greetedAt);
    this.#awaySince = undefined;
  }
}

/** Many people's pages in a few rooms, who come back by themselves whenever the server was away. */
export class Crowd implements AsyncDisposable {
  /** What each page must have of a room to be up to date: the newest id that anybody had when `brace` was called. */
  due: ReadonlyMap<string, number> = new Map(ROOMS.map((room) => [room, 0]));
  /** How long pages were not up to date, each time, in ms, since `brace` was called. */
  gaps: number[] = [];
  /** How long it took of that from the hello to the last room, in ms. */
  hellos: number[] = [];
  readonly #newest = new Map(this.due);
  readonly #watch = new Watch();
  readonly #sockets: Promise<void>[] = [];
  readonly #random: Random;
  readonly #deadline: number;
  readonly #visitors: readonly Visitor[];
  readonly #speakers: readonly Visitor[];
  #away: number;
  #said = 0;
  #talk: ReturnType<typeof setInterval> | undefined;

  /**
   * Nobody is there before `arrive`.
   * @param deadline until when it waits for whatever it waits for, as `performance.now()` tells the time.
   */
  constructor(port: number, clients: number, random: Random, deadline: number) {
    this.#random = random;
    this.#deadline = deadline;
    const world = { random, port, watch: this.#watch, haste: 1, sockets: this.#sockets };
    this.#visitors = Array.from({ length: clients }, (_, i) => {
      const room = random.below(ROOMS.length);
      const other = (room + 1 + random.below(ROOMS.length - 1)) % ROOMS.length;
      const rooms = i % PAGES_PER_WANDERER === 0 ? [room, other] : [room];
      return new Visitor(this, world, rooms.map((index) => ROOMS[index]!), `page ${i}`);
    });
    this.#speakers = this.#visitors.filter((_, i) => i % PAGES_PER_SPEAKER === 0);
    this.#away = clients;
  }

  /** How many messages were said. */
  get said(): number {
    return this.#said;
  }

  /** Opens all pages and waits until everybody is in their rooms. */
  async arrive(): Promise<void> {
    for (const visitor of this.#visitors) visitor.open();
    await this.allBack();
  }

  /** From now on so many messages are said each second, by one or another, whether there is a server or not. */
  talk(perSecond: number): void {
    this.#talk = setInterval(() => {
      const speaker = this.#random.pick(this.#speakers);
      this.#said++;
      speaker.say(this.#random.pick(speaker.browser.rooms));
    }, 1_000 / perSecond);
  }

  /** Waits until so many messages more are said. */
  async listen(count: number): Promise<void> {
    const enough = this.#said + count;
    await this.#until(() => `${enough - this.#said} messages more are said`, () => this.#said >= enough);
  }

  /**
   * The server will end now.
   * @throws when connections were lost while it was there.
   */
  brace(): void {
    const lost = this.gaps.length - this.#visitors.length;
    if (lost > 0 || this.#away > 0) {
      throw new Error(`${lost + this.#away} connections were lost to a server that was well`);
    }
    this.due = new Map(this.#newest);
    this.gaps = [];
    this.hellos = [];
  }

  /** Waits until everybody was away and is up to date again. */
  async allBack(): Promise<void> {
    const missing = () => Math.max(this.#visitors.length - this.gaps.length, this.#away);
    await this.#until(() => `${missing()} pages more are up to date`, () => missing() <= 0);
  }

  /** Ends the talk, and waits until everything that was said is kept and is shown on each page that it is for. */
  async hush(): Promise<void> {
    clearInterval(this.#talk);
    const waiting = () => this.#speakers.reduce((count, { browser }) => count + browser.waiting, 0);
    await this.#until(() => `the ${waiting()} messages that wait are kept`, () => waiting() === 0);
    const behind = () => this.#visitors.filter((visitor) => !visitor.isUpTo(this.#newest)).length;
    await this.#until(() => `the ${behind()} pages that are behind have everything`, () => behind() === 0);
  }

  /** What is wrong with what the pages showed and with what became of what the speakers said, if this is the journal. */
  faults(log: readonly Said[]): Faults {
    const ids = new Map(ROOMS.map((room) => [room, log.filter((said) => said.room === room).map(({ id }) => id)]));
    const spoken = Map.groupBy(log, ({ text }) => text.split(" says ")[0]!);
    return sum([
      ...this.#visitors.flatMap(({ seen }) => [...seen].map(([room, shown]) => faultsOf(ids.get(room)!, shown))),
      ...this.#speakers.map(({ name, said }) => faultsOf(said, (spoken.get(name) ?? []).map(({ text }) => text))),
    ]);
  }

  /** Closes all pages; returns when their connections are gone. What they showed is still known. */
  async leave(): Promise<void> {
    clearInterval(this.#talk);
    for (const { chat } of this.#visitors) chat?.stop();
    await Promise.all(this.#sockets);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  // What the pages tell.

  /** Somebody shows something of a room. */
  know(room: string, id: number): void {
    if (id > this.#newest.get(room)!) this.#newest.set(room, id);
    this.#watch.wake();
  }

  /** Somebody lost the connection. */
  lost(): void {
    this.#away++;
  }

  /** Somebody is up to date again. */
  back(gapMs: number, helloMs: number): void {
    this.#away--;
    this.gaps.push(gapMs);
    this.hellos.push(helloMs);
    this.#watch.wake();
  }

  #until(what: () => string, isTrue: () => boolean): Promise<void> {
    return this.#watch.until(what, isTrue, Math.max(this.#deadline - performance.now(), 0));
  }
}
