import { Ahead } from "./ahead.ts";
import type { Client } from "./client.ts";
import type { Act, Entry, Journal, Kept, Page } from "./journal/journal.ts";
import { type Arrival, lengthOf, LiveRoom, RESUME_LENGTH_MAX, type Start, type Visitor } from "./live_room.ts";
import type { Neighbours } from "./neighbours.ts";
import { encode, type Person, type Rules, type ServerMessage } from "./protocol.ts";
import { type Missed, missedOf, RECENT_ENTRIES_MAX } from "./recent.ts";
import { LISTED_MAX } from "./roster.ts";
import type { Clock, Sweeper } from "./sweeper.ts";

/** Who resumes from further back than memory goes gets at most so many entries; with more they start again. */
export const RESUME_ENTRIES_MAX = 1_000;
/** Pages are kept back while so much waits to be sent to the client that would get them, in UTF-16 units. */
export const PAGES_LENGTH_MAX = 512 * 1024;
/** So many people are told by name to a client for whom that much waits. */
const FEW_LISTED = 10;

/** What the rooms need of their hub. */
export interface RoomsPorts {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly sweeper: Sweeper<Client>;
  /** The other nodes, if there can be any. */
  readonly neighbours: Neighbours | undefined;
  /** Whom a user's id means. */
  personOf(user: string): Person;
  /** What holds in a room. */
  rulesOf(room: string): Rules;
  /** How many rooms can have somebody in them at once. */
  readonly roomsMax: number;
  /** Sends a line to one visitor alone. */
  tell(visitor: Visitor, line: string): void;
  /** What was said in a room can't be read, so these can't stay in it. */
  unreadable(name: string, visitors: Visitor[], error: Error): void;
}

/**
 * The rooms that somebody is in: coming and going, and what each is told when they come. Only the hub calls it.
 *
 * Whoever joins gets what they need to know, and their cursor in the room, in one synchronous step, so that nothing falls
 * between. Where the journal has to be asked first they arrive, and are let in when it has answered.
 */
export class Rooms {
  readonly #ports: RoomsPorts;
  readonly #rooms = new Map<string, LiveRoom>();
  // What is being read for those who resume from an id: after a restart they are many, with the same one.
  readonly #readings = new Map<string, Promise<Missed | undefined>>();
  readonly #ahead: Ahead;
  #last: number;

  /** Nobody is anywhere. */
  constructor(ports: RoomsPorts) {
    this.#ports = ports;
    this.#last = ports.journal.last;
    this.#ahead = new Ahead(ports.clock);
    ports.neighbours?.listen({
      joined: (user, room) => this.#change(room, ({ roster }) => roster.join(ports.personOf(user))),
      left: (user, room) => this.#change(room, ({ roster }) => roster.leave(user)),
      typing: (user, room) => this.#change(room, ({ roster }) => roster.typing(ports.personOf(user))),
    });
  }

  /** The newest id that was delivered. */
  get last(): number {
    return this.#last;
  }

  /** The names of the rooms that somebody is in. */
  get names(): string[] {
    return [...this.#rooms.keys()];
  }

  /** A room that somebody is in. */
  get(name: string): LiveRoom | undefined {
    return this.#rooms.get(name);
  }

  /** How many people are in each of them, on all nodes. */
  get counts(): ReadonlyMap<string, number> {
    return new Map([...this.#rooms.values()].map(({ name, roster }) => [name, roster.count]));
  }

  /** Whether everybody has been sent everything. */
  get isDelivered(): boolean {
    return [...this.#rooms.values()].every(({ room }) => room.backlog === 0);
  }

  /**
   * Lets somebody into a room, again if they are in it already; false when there are too many rooms.
   * @param after the newest id that they have of it, from whoever sent it; undefined if they have nothing.
   */
  join(visitor: Visitor, name: string, after: number | undefined): boolean {
    this.leave(visitor, name);
    if (!this.#rooms.has(name) && this.#rooms.size >= this.#ports.roomsMax) return false;
    const live = this.#rooms.get(name) ?? this.#open(name);
    visitor.rooms.set(name, live);
    live.visitors.add(visitor);
    live.roster.join(visitor.me!);
    this.#ports.neighbours?.joined(visitor.me!.id, name);
    this.#planTick(live);
    if (visitor.client.form === "plain") this.#follow(visitor, live);
    else if (live.loaded) this.#letIn(visitor, live, after);
    else live.arrivals.set(visitor, { after });
    return true;
  }

  /** Takes somebody out of a room, which is forgotten when nobody is left. Leaving twice is harmless. */
  leave(visitor: Visitor, name: string): void {
    const live = visitor.rooms.get(name);
    if (!live) return;
    visitor.rooms.delete(name);
    visitor.client.unfollow(live);
    live.visitors.delete(visitor);
    live.arrivals.get(visitor)?.callOff?.();
    live.arrivals.delete(visitor);
    live.room.leave(visitor.client);
    live.roster.leave(visitor.me!.id);
    this.#ports.neighbours?.left(visitor.me!.id, name);
    this.#planTick(live);
    this.#forgetIfEmpty(live);
  }

  /** Something was kept: it goes to whoever is in its room, and so many they are. Called in the journal's order. */
  deliver(entry: Entry): number {
    this.#last = entry.id;
    const { user, room } = entry;
    this.#ports.neighbours?.said(user, room);
    const live = this.#rooms.get(room);
    if (!live) return 0;
    live.deliver(entry);
    const { slow } = this.#ports.rulesOf(room);
    // Who said it on another node has to wait here, too.
    if (slow > 0) live.waitMs(entry, slow * 1_000, this.#ports.clock.now());
    this.#ports.sweeper.wake(live.room);
    return live.room.size;
  }

  /** Something was done and kept. Called in the journal's order. */
  done(act: Act): void {
    this.#last = act.id;
    const { deed } = act;
    if (deed.type === "delete") {
      const live = this.#rooms.get(deed.room);
      live?.delete({ id: act.id, message: deed.message });
      if (live) this.#ports.sweeper.wake(live.room);
    } else if (deed.type === "lock" || deed.type === "unlock" || deed.type === "slow") {
      const live = this.#rooms.get(deed.room);
      if (live) this.#push(live, { type: "rules", room: deed.room, ...this.#ports.rulesOf(deed.room) });
    }
  }

  /** Everything up to an id was delivered, or is no concern of the rooms: who has seen that much elsewhere is let in. */
  reached(id: number): void {
    this.#last = Math.max(this.#last, id);
    this.#ahead.reached(this.#last);
  }

  /** Somebody has another name in the rooms that they are in by some connections, and on other nodes. */
  renamed(person: Person, visitors: Iterable<Visitor>): void {
    const names = [...visitors].flatMap(({ rooms }) => [...rooms.keys()]);
    for (const name of new Set([...names, ...this.#ports.neighbours?.roomsOf(person.id) ?? []])) {
      this.#change(name, ({ roster }) => roster.rename(person));
    }
  }

  /** Somebody is typing in a room that they are in. */
  typing({ me, rooms }: Visitor, name: string): void {
    const live = rooms.get(name);
    if (!live) return;
    live.roster.typing(me!);
    this.#ports.neighbours?.typing(me!.id, name);
    this.#planTick(live);
  }

  /** Something changes among the people of a room, if anybody here is in it. */
  #change(name: string, change: (live: LiveRoom) => void): void {
    const live = this.#rooms.get(name);
    if (!live) return;
    change(live);
    this.#planTick(live);
  }

  /** While its newest page is being read a room stays, or whoever comes and goes would have it read again each time. */
  #forgetIfEmpty(live: LiveRoom): void {
    if (live.visitors.size > 0 || !live.loaded) return;
    live.callOffTick?.();
    this.#ports.sweeper.forget(live.room);
    this.#rooms.delete(live.name);
  }

  /** A room that nobody was in: its newest page has to be read. */
  #open(name: string): LiveRoom {
    const live = new LiveRoom(name);
    this.#rooms.set(name, live);
    for (const user of this.#ports.neighbours?.peopleIn(name) ?? []) live.roster.join(this.#ports.personOf(user));
    // Who comes is told of these when they come, so they are no change.
    live.roster.changes();
    this.#ports.journal.newest(name, RECENT_ENTRIES_MAX).then((page) => {
      live.load(this.#delivered(page));
      const arrivals = [...live.arrivals];
      live.arrivals.clear();
      for (const [visitor, { after }] of arrivals) this.#letIn(visitor, live, after);
      this.#forgetIfEmpty(live);
    }, (error) => {
      this.#ports.unreadable(name, [...live.visitors], error);
      live.load({ entries: [], more: true, gap: true });
      this.#forgetIfEmpty(live);
    });
    return live;
  }

  /** Tells somebody what they need to know of a room that is loaded, at once or when the journal has found it. */
  #letIn(visitor: Visitor, live: LiveRoom, after: number | undefined): void {
    if (after === undefined) return this.#start(visitor, live, live.newest("fresh", lengthLeft(visitor)));
    // HOSTILE 27: what was never given out, or comes from another epoch.
    if (!Number.isSafeInteger(after) || after < 0) return this.#start(visitor, live, undefined);
    if (after > this.#last) return this.#await(visitor, live, after);
    const start = live.since(after);
    if (start) return this.#start(visitor, live, start);
    const arrival: Arrival = { after };
    live.arrivals.set(visitor, arrival);
    const answered = (read: Missed | undefined) => {
      // They may have left meanwhile, and even have come back.
      if (live.arrivals.get(visitor) !== arrival) return;
      live.arrivals.delete(visitor);
      // What is kept but not delivered is still to come.
      this.#start(visitor, live, read && live.sinceWith(this.#upToLast(read), after));
    };
    this.#readSince(live.name, after).then(answered, () => answered(undefined));
  }

  /** Lets somebody in when what they have seen has come. Only another node can have told them what this one does not know. */
  #await(visitor: Visitor, live: LiveRoom, after: number): void {
    const callOff = this.#ports.neighbours && this.#ahead.wait(after, this.#last, (hasCome) => {
      live.arrivals.delete(visitor);
      if (hasCome) this.#letIn(visitor, live, after);
      else this.#start(visitor, live, undefined);
    });
    if (callOff) live.arrivals.set(visitor, { after, callOff });
    else this.#start(visitor, live, undefined);
  }

  /** What was said in a room since an id, written out; undefined when that is too much, or some of it was deleted. */
  #readSince(name: string, after: number): Promise<Missed | undefined> {
    const key = `${name} ${after}`;
    let reading = this.#readings.get(key);
    if (!reading) {
      reading = this.#ports.journal.missed(name, after, RESUME_ENTRIES_MAX)
        .then(({ entries, more, gap }) => more || gap ? undefined : missedOf(entries))
        .finally(() => this.#readings.delete(key));
      this.#readings.set(key, reading);
    }
    return reading;
  }

  /** @param start undefined, or longer than can be sent, when there can't be a resumption. */
  #start(visitor: Visitor, live: LiveRoom, start: Start | undefined): void {
    const length = lengthLeft(visitor);
    const isTooLong = start?.start === "resumed" &&
      lengthOf(start.lines) > Math.max(Math.min(length, RESUME_LENGTH_MAX), 0);
    if (!start || isTooLong) start = live.newest("reload", length);
    const people = length > 0 ? LISTED_MAX : FEW_LISTED;
    this.#ports.tell(visitor, live.joinedLine(start, this.#last, people, this.#ports.rulesOf(live.name)));
    this.#follow(visitor, live);
  }

  #follow({ client }: Visitor, live: LiveRoom): void {
    live.room.join(client);
    client.follow(live);
  }

  #upToLast({ lines, deletions }: Missed): Missed {
    const isDelivered = ({ id }: { readonly id: number }) => id <= this.#last;
    return { lines: lines.filter(isDelivered), deletions: deletions.filter(isDelivered) };
  }

  /** A page without what was kept but not delivered, as after a commit that only seemed to fail: that is still to come. */
  #delivered(page: Page<Kept>): Page<Kept> {
    return { ...page, entries: page.entries.filter(({ id }) => id <= this.#last) };
  }

  /** Sees to it that changes among the people of a room are told. */
  #planTick(live: LiveRoom): void {
    live.callOffTick ??= this.#ports.clock.after(live.roster.tickMs, () => {
      live.callOffTick = undefined;
      const { joined, left, typing, counted } = live.roster.changes();
      const room = live.name;
      if (joined.length > 0 || left.length > 0 || counted) {
        this.#push(live, { type: "people", room, joined, left, count: live.roster.count });
      }
      if (typing.length > 0) this.#push(live, { type: "typing", room, people: typing });
    });
  }

  #push(live: LiveRoom, message: ServerMessage): void {
    live.room.push({ json: encode(message) });
    this.#ports.sweeper.wake(live.room);
  }
}

/** How much more can be sent to somebody of pages of what was said, in UTF-16 units. */
export function lengthLeft({ client }: Visitor): number {
  return PAGES_LENGTH_MAX - client.privateLength;
}
