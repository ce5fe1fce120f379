import type { Bus } from "./bus.ts";
import type { Limits } from "./limits.ts";
import { isRoomName, isUserId, ROOMS_PER_CLIENT_MAX } from "./protocol.ts";
import { TYPING_MAX } from "./roster.ts";
import type { Clock } from "./sweeper.ts";

/** How long news is collected before it is told, in ms, on a node with up to PEOPLE_PER_TICK people; longer with more. */
export const NEWS_MS = 250;
/** The longest that it is. */
export const NEWS_MS_MAX = 2_000;
/** So many people add NEWS_MS to it. */
export const PEOPLE_PER_TICK = 2_000;
/** A node tells at least so often that it is there, in ms. */
export const HEARTBEAT_MS = 5_000;
/**
 * Who is not heard for so long is gone, in ms: two heartbeats may be lost, and within 15 s of its end a node's people have
 * left, and those who were with them are told.
 */
export const GONE_MS = 14_000;
/** A hint has at most about this length, in UTF-16 units, all of them ASCII: of some 1,000 people. NATS takes 1 MiB. */
export const HINT_LENGTH_MAX = 64 * 1024;
/** So many nodes are known at once; of more, nothing is. */
export const NODES_MAX = 256;
/** The longest that a node's id and somebody's network can be. */
const WORD_LENGTH_MAX = 64;

/** What one node tells the others, as JSON. `from` is its id; `count` is how many hints with news it has sent so far. */
export type Hint = { readonly from: string } & Telling;

type Telling =
  /** The heartbeat. */
  | { readonly type: "alive"; readonly count: number }
  /** What has changed since the hint with news before. */
  | { readonly type: "news"; readonly count: number; readonly items: readonly Item[] }
  /** Who has missed something asks a node for all of it; without `node` all of them. */
  | { readonly type: "ask"; readonly node?: string }
  /** Everything, as it is after so much news; it has so many parts, which are sent one right after the other. */
  | {
    readonly type: "part";
    readonly count: number;
    readonly index: number;
    readonly parts: number;
    readonly items: readonly Item[];
  }
  /** It goes away, and everybody leaves it. */
  | { readonly type: "bye" };

/** Something about somebody, or about a room. */
type Item =
  /** They came into rooms, and left others; `network` is from where, if that is another than was told. */
  | {
    readonly user: string;
    readonly in?: readonly string[];
    readonly out?: readonly string[];
    readonly network?: string;
  }
  /** These are typing in a room. */
  | { readonly room: string; readonly typing: readonly string[] };

/** Who is told of what happens on other nodes. A person is told once of each node that they are on. */
export interface NeighboursListener {
  joined(user: string, room: string): void;
  left(user: string, room: string): void;
  typing(user: string, room: string): void;
}

/** What the neighbours need. */
export interface NeighboursPorts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly limits: Limits;
  /** From where somebody is connected to this node. */
  networkOf(user: string): string | undefined;
  /** This node's id, which no other has. */
  readonly id?: string;
}

/** Somebody on this node. */
interface Here {
  /** How many of their connections are in each of their rooms. */
  readonly rooms: Map<string, number>;
  /** As the others were told. */
  network: string | undefined;
}

/** Somebody on another node. */
interface Elsewhere {
  readonly rooms: Set<string>;
  network: string | undefined;
}

/** Another node, as far as is known. */
interface Node {
  readonly people: Map<string, Elsewhere>;
  /** The same by room. */
  readonly rooms: Map<string, Set<string>>;
  /** Up to where its news is known; undefined when something was missed. */
  count: number | undefined;
  /** When it was heard last, in ms on the clock. */
  heard: number;
  /** What came so far of everything about it. */
  parts: { readonly count: number; next: number; readonly people: Map<string, Elsewhere> } | undefined;
  callOffWatch: () => void;
}

/**
 * The other nodes: who is where on them, and who is typing. It tells them the same of this one. What people are called is not
 * its business: names are in the journal, so that all nodes come to the same.
 *
 * What it says goes over a bus that may lose it, so:
 * 1. News tells what is, not what to add: who is in a room, who is not. It has a number, without a gap.
 * 2. Who sees a gap, or hears of a node for the first time, asks for everything. If that is lost, the next heartbeat has a
 *    number that is not the one that is known, and they ask again. So what is believed of a node is what was true there a
 *    heartbeat, a tick and a round trip after the last loss at the latest.
 * 3. While something is missed what was believed is kept; when everything has come, only the difference is told. Nobody leaves
 *    and comes back because of a hint that was lost.
 * 4. A node that is not heard for GONE_MS, or says goodbye, is gone, and everybody leaves it at once.
 * 5. What makes no sense is as good as lost. Of a node no more is remembered than it can have with this node's limits.
 *
 * Nothing is sent between two heartbeats when nothing happens.
 */
export class Neighbours {
  readonly #ports: NeighboursPorts;
  readonly #id: string;
  readonly #nodes = new Map<string, Node>();
  // The people of this node, and what was so before the changes that the others were not told of yet: who was in a room.
  readonly #here = new Map<string, Here>();
  readonly #changed = new Map<string, Map<string, boolean>>();
  readonly #typing = new Map<string, Set<string>>();
  #listener: NeighboursListener | undefined;
  #count = 0;
  #asked = false;
  #started = Infinity;
  #ended = false;
  #callOffTick: (() => void) | undefined;
  #callOffBeat = () => {};

  /** Says and hears nothing before `start`. */
  constructor(ports: NeighboursPorts) {
    this.#ports = ports;
    this.#id = ports.id ?? crypto.randomUUID();
  }

  /** From now on tells what happens on other nodes. Called once. */
  listen(listener: NeighboursListener): void {
    this.#listener = listener;
  }

  /** Says that this node is there, and asks who else is. */
  start(): void {
    this.#started = this.#ports.clock.now();
    this.#ports.bus.listen((hint) => this.#hear(hint));
    this.#tell({ type: "ask" });
    this.#beat();
  }

  /** Says goodbye; from then on nothing is said, nor heard. */
  end(): void {
    if (this.#ended) return;
    this.#tell({ type: "bye" });
    this.#ended = true;
    this.#callOffTick?.();
    this.#callOffBeat();
    for (const { callOffWatch } of this.#nodes.values()) callOffWatch();
    this.#nodes.clear();
  }

  /**
   * Whether this node's id is the least of those that are there; so of all that hear each other it is one. Who has just come
   * has to hear of the others first, for the time of a heartbeat.
   */
  get isFirst(): boolean {
    if (this.#ended || this.#ports.clock.now() - this.#started < HEARTBEAT_MS) return false;
    return [...this.#nodes.keys()].every((id) => id > this.#id);
  }

  /** Who is in a room on other nodes, once for each. */
  *peopleIn(room: string): Generator<string> {
    for (const { rooms } of this.#nodes.values()) yield* rooms.get(room) ?? [];
  }

  /** The rooms that somebody is in on other nodes, once for each. */
  *roomsOf(user: string): Generator<string> {
    for (const { people } of this.#nodes.values()) yield* people.get(user)?.rooms ?? [];
  }

  /** From where somebody is connected to another node. */
  networkOf(user: string): string | undefined {
    return [...this.#nodes.values()].map(({ people }) => people.get(user)?.network).find((network) => network);
  }

  // What happens here.

  /** Somebody has one more connection in a room here. */
  joined(user: string, room: string): void {
    const here = this.#here.get(user) ?? { rooms: new Map(), network: undefined };
    this.#here.set(user, here);
    const connections = here.rooms.get(room) ?? 0;
    here.rooms.set(room, connections + 1);
    this.#change(user, room, connections > 0);
  }

  /** Somebody has one connection less in a room here. */
  left(user: string, room: string): void {
    const here = this.#here.get(user)!;
    const connections = here.rooms.get(room)! - 1;
    if (connections > 0) here.rooms.set(room, connections);
    else here.rooms.delete(room);
    if (here.rooms.size === 0) this.#here.delete(user);
    this.#change(user, room, true);
  }

  /** Somebody is typing in a room here. */
  typing(user: string, room: string): void {
    const typing = this.#typing.get(room) ?? new Set();
    this.#typing.set(room, typing);
    if (typing.size < TYPING_MAX) typing.add(user);
    this.#planTick();
  }

  /** Somebody has said, here or elsewhere, what they were typing. */
  said(user: string, room: string): void {
    this.#typing.get(room)?.delete(user);
  }

  #change(user: string, room: string, wasIn: boolean): void {
    const before = this.#changed.get(user) ?? new Map<string, boolean>();
    this.#changed.set(user, before);
    if (!before.has(room)) before.set(room, wasIn);
    this.#planTick();
  }

  // What is told.

  #tell(telling: Telling): void {
    this.#ports.bus.send(JSON.stringify({ from: this.#id, ...telling }));
  }

  #beat(): void {
    this.#callOffBeat = this.#ports.clock.after(HEARTBEAT_MS, () => {
      this.#tell({ type: "alive", count: this.#count });
      this.#beat();
    });
  }

  #planTick(): void {
    if (this.#ended) return;
    const ms = Math.min(NEWS_MS * Math.ceil((this.#here.size || 1) / PEOPLE_PER_TICK), NEWS_MS_MAX);
    this.#callOffTick ??= this.#ports.clock.after(ms, () => {
      this.#callOffTick = undefined;
      for (const items of packs(this.#news())) this.#tell({ type: "news", count: ++this.#count, items });
      if (this.#asked) this.#tellEverything();
    });
  }

  /** All who asked meanwhile get the same answer. */
  #tellEverything(): void {
    this.#asked = false;
    const parts = [...packs(this.#everything())];
    if (parts.length === 0) parts.push([]);
    for (const [index, items] of parts.entries()) {
      this.#tell({ type: "part", count: this.#count, index, parts: parts.length, items });
    }
  }

  /** What has changed and was not told yet. Who came and went meanwhile is no news. */
  *#news(): Generator<Item> {
    for (const [user, before] of this.#changed) {
      const here = this.#here.get(user);
      const now = (room: string) => here?.rooms.has(room) ?? false;
      const rooms = [...before].filter(([room, wasIn]) => now(room) !== wasIn).map(([room]) => room);
      const network = here && this.#ports.networkOf(user);
      const moved = here && network !== here.network ? network : undefined;
      if (here) here.network = network;
      yield* itemsOf(user, rooms.filter(now), rooms.filter((room) => !now(room)), moved);
    }
    this.#changed.clear();
    for (const [room, typing] of this.#typing) if (typing.size > 0) yield { room, typing: [...typing] };
    this.#typing.clear();
  }

  *#everything(): Generator<Item> {
    for (const [user, { rooms, network }] of this.#here) yield* itemsOf(user, [...rooms.keys()], [], network);
  }

  // What is heard.

  #hear(text: string): void {
    const hint = this.#ended ? undefined : parse(text);
    if (!hint || hint.from === this.#id) return;
    const { from } = hint;
    const known = this.#nodes.get(from);
    if (hint.type === "bye") return known && this.#forget(from, known);
    if (!known && this.#nodes.size >= NODES_MAX) return;
    const node = known ?? this.#meet(from);
    node.heard = this.#ports.clock.now();
    switch (hint.type) {
      case "alive":
        if (hint.count !== node.count) this.#ask(from, node);
        break;
      case "news":
        if (node.count === hint.count - 1) this.#hearNews(node, hint);
        // Who has asked already gets an answer, or hears the next heartbeat.
        else if (!known || node.count !== undefined) this.#ask(from, node);
        break;
      case "part":
        this.#hearPart(node, hint);
        break;
      case "ask":
        if ((hint.node ?? this.#id) === this.#id) {
          this.#asked = true;
          this.#planTick();
        }
        if (!known) this.#ask(from, node);
        break;
      default:
        hint satisfies never;
    }
  }

  #hearNews(node: Node, { count, items }: Extract<Hint, { type: "news" }>): void {
    node.count = count;
    for (const item of items) {
      if ("user" in item) {
        for (const room of item.out ?? []) this.#leave(node, item.user, room);
        for (const room of item.in ?? []) this.#join(node, item.user, room);
        const person = node.people.get(item.user);
        if (person) person.network = item.network ?? person.network;
      } else {
        for (const user of item.typing) {
          if (node.rooms.get(item.room)?.has(user)) this.#listener?.typing(user, item.room);
        }
      }
    }
  }

  #hearPart(node: Node, { count, index, parts, items }: Extract<Hint, { type: "part" }>): void {
    // Somebody else has asked.
    if (node.count === count) return;
    if (index === 0) node.parts = { count, next: 0, people: new Map() };
    if (node.parts?.count !== count || node.parts.next !== index) return;
    node.parts.next++;
    const { people } = node.parts;
    for (const item of items) {
      if (!("user" in item)) continue;
      const person = people.get(item.user) ?? { rooms: new Set(), network: undefined };
      if (people.size < this.#ports.limits.clients) people.set(item.user, person);
      for (const room of item.in ?? []) if (person.rooms.size < this.#ports.limits.rooms) person.rooms.add(room);
      person.network = item.network ?? person.network;
    }
    if (node.parts.next < parts) return;
    node.parts = undefined;
    node.count = count;
    this.#replace(node, people);
  }

  /** Now everything is known of a node, and only the difference to what was believed is told. */
  #replace(node: Node, people: ReadonlyMap<string, Elsewhere>): void {
    for (const [user, { rooms }] of [...node.people]) {
      for (const room of [...rooms]) if (!people.get(user)?.rooms.has(room)) this.#leave(node, user, room);
    }
    for (const [user, { rooms, network }] of people) {
      for (const room of rooms) this.#join(node, user, room);
      const person = node.people.get(user);
      if (person) person.network = network;
    }
  }

  #join(node: Node, user: string, room: string): void {
    const { clients, rooms: roomsMax } = this.#ports.limits;
    const person = node.people.get(user) ?? { rooms: new Set(), network: undefined };
    const people = node.rooms.get(room) ?? new Set();
    if (people.has(user)) return;
    if (!node.people.has(user) && node.people.size >= clients) return;
    if (!node.rooms.has(room) && node.rooms.size >= roomsMax) return;
    node.people.set(user, person);
    node.rooms.set(room, people);
    person.rooms.add(room);
    people.add(user);
    this.#listener?.joined(user, room);
  }

  #leave(node: Node, user: string, room: string): void {
    const [person, people] = [node.people.get(user), node.rooms.get(room)];
    if (!person?.rooms.delete(room)) return;
    if (person.rooms.size === 0) node.people.delete(user);
    people!.delete(user);
    if (people!.size === 0) node.rooms.delete(room);
    this.#listener?.left(user, room);
  }

  #ask(id: string, node: Node): void {
    node.count = undefined;
    node.parts = undefined;
    this.#tell({ type: "ask", node: id });
  }

  #meet(id: string): Node {
    const node: Node = {
      people: new Map(),
      rooms: new Map(),
      count: undefined,
      heard: this.#ports.clock.now(),
      parts: undefined,
      callOffWatch: () => {},
    };
    this.#nodes.set(id, node);
    this.#watch(id, node);
    return node;
  }

  /** Looks whether a node is gone when it would be if it were not heard until then. */
  #watch(id: string, node: Node): void {
    const { clock } = this.#ports;
    const silentMs = clock.now() - node.heard;
    if (silentMs >= GONE_MS) return this.#forget(id, node);
    node.callOffWatch = clock.after(GONE_MS - silentMs, () => this.#watch(id, node));
  }

  #forget(id: string, node: Node): void {
    node.callOffWatch();
    this.#nodes.delete(id);
    for (const [user, { rooms }] of node.people) for (const room of rooms) this.#listener?.left(user, room);
  }
}

/** What there is to say of somebody, a hundred rooms at a time. */
function* itemsOf(user: string, into: string[], out: string[], network: string | undefined): Generator<Item> {
  for (const rooms of chunksOf(out)) yield { user, out: rooms };
  for (const rooms of chunksOf(into)) yield { user, in: rooms, network };
  if (into.length === 0 && network !== undefined) yield { user, network };
}

function* chunksOf(rooms: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < rooms.length; from += ROOMS_PER_CLIENT_MAX) {
    yield rooms.slice(from, from + ROOMS_PER_CLIENT_MAX);
  }
}

/** Items, as many together as fit a hint. */
function* packs(items: Iterable<Item>): Generator<Item[]> {
  let pack: Item[] = [];
  let length = 0;
  for (const item of items) {
    pack.push(item);
    length += JSON.stringify(item).length;
    if (length < HINT_LENGTH_MAX) continue;
    yield pack;
    [pack, length] = [[], 0];
  }
  if (pack.length > 0) yield pack;
}

/** What another node says; undefined if it is nothing that this program knows. */
function parse(text: string): Hint | undefined {
  let hint: unknown;
  try {
    hint = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isHint(hint) ? hint : undefined;
}

function isHint(value: unknown): value is Hint {
  if (!isRecord(value) || !isWord(value.from)) return false;
  const isCounted = Number.isSafeInteger(value.count);
  switch (value.type) {
    case "alive":
      return isCounted;
    case "news":
      return isCounted && isList(value.items, isItem);
    case "ask":
      return value.node === undefined || isWord(value.node);
    case "part":
      return isCounted && Number.isSafeInteger(value.index) && Number.isSafeInteger(value.parts) &&
        isList(value.items, isItem);
    case "bye":
      return true;
    default:
      return false;
  }
}

function isItem(value: unknown): value is Item {
  if (!isRecord(value)) return false;
  if (value.user === undefined) return isRoom(value.room) && isList(value.typing, isUser);
  const { user, in: into = [], out = [], network } = value;
  return isUser(user) && isList(into, isRoom) && isList(out, isRoom) && (network === undefined || isWord(network));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function isList<T>(value: unknown, is: (each: unknown) => each is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && value.length <= WORD_LENGTH_MAX;
}

function isRoom(value: unknown): value is string {
  return typeof value === "string" && isRoomName(value);
}

function isUser(value: unknown): value is string {
  return typeof value === "string" && isUserId(value);
}
