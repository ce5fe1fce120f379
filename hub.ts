import { Channel } from "./channel.ts";
import type { Client, ClientEvent } from "./client.ts";
import type { Journal, Page } from "./journal/journal.ts";
import { fitting, type Visitor } from "./live_room.ts";
import { PrivateLines } from "./private_lines.ts";
import {
  Disconnect,
  encode,
  isRoomName,
  MESSAGE_BYTES_MAX,
  PAGE_ENTRIES,
  type Person,
  type Refusal,
  ROOMS_PER_CLIENT_MAX,
  type ServerMessage,
} from "./protocol.ts";
import { said } from "./recent.ts";
import { lengthLeft, Rooms } from "./rooms.ts";
import { Scribe, type ScribeListener } from "./scribe.ts";
import { type Clock, Sweeper, systemClock } from "./sweeper.ts";
import { cleanText, guestName, type NameRefusal, Names, userIdOf } from "./text.ts";

/** How many events may wait for the hub. It empties its inbox whole whenever it wakes, so more means that it is overrun. */
export const INBOX_EVENTS_MAX = 65_536;
/** How long the hub, when it ends, goes on keeping and delivering what it has accepted, in ms. */
export const LAST_LINES_MS = 3_000;
/** How long a connection that is to speak JSON may say no `hello`, in ms. */
export const HELLO_MS_MAX = 10_000;
/** The malformed message that cuts a connection, counted over MALFORMED_MS. */
export const MALFORMED_MAX = 10;
/** In ms. */
export const MALFORMED_MS = 60_000;
/** How many questions of one client the journal may have at once. */
export const QUESTIONS_MAX = 4;
/** How many entries are read at once after a commit that failed. */
const CATCH_UP_ENTRIES = 1_000;

/** What a hub needs. */
export interface HubOptions {
  readonly journal: Journal;
  /** Time; the system's unless a test has its own. */
  readonly clock?: Clock;
  /** The longest text that can be said, in bytes of UTF-8. */
  readonly textBytesMax?: number;
  /** Is told, in one line, what whoever runs the server should know. */
  readonly report?: (line: string) => void;
}

/** A connection, and what the hub knows of it. */
interface Session extends Visitor {
  /** Undefined before `hello`. */
  me: Person | undefined;
  /** When malformed messages came, in ms. */
  malformed: number[];
  /** How many questions of this client the journal has not answered yet. */
  questions: number;
  callOffHello: () => void;
}

type Message = ClientEvent["message"];
type Handlers = { readonly [T in Message["type"]]: (session: Session, message: Extract<Message, { type: T }>) => void };

/** What a refusal is about, and more of why. */
type About = Pick<Refusal, "detail" | "room" | "nonce" | "ref">;

/**
 * The sole owner of rooms and sessions, and the one loop that serves them.
 *
 * Requests share one inbox, so their order is kept. The hub's state changes only in synchronous steps, between two of which
 * nothing else happens: the requests that have come, an answer of the journal, a sweep, a tick of presence. What is said is
 * delivered when the journal has kept it, in the journal's order. Whoever joins gets what they need to know, and their
 * cursor, in one step, so that nothing falls between.
 */
export class Hub {
  /** Where clients put their requests. */
  readonly inbox: Channel<ClientEvent> = new Channel(INBOX_EVENTS_MAX);
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #textBytesMax: number;
  readonly #names: Names;
  readonly #report: (line: string) => void;
  readonly #scribe: Scribe<Session>;
  readonly #sweeper: Sweeper<Client>;
  readonly #privateLines = new PrivateLines();
  readonly #sessions = new Map<Client, Session>();
  // The connections of those who have said who they are, by their id.
  readonly #tabs = new Map<string, Set<Session>>();
  readonly #rooms: Rooms;

  /** Does nothing before `run`. */
  constructor({ journal, clock = systemClock, textBytesMax = MESSAGE_BYTES_MAX, report = console.error }: HubOptions) {
    this.#journal = journal;
    this.#clock = clock;
    this.#textBytesMax = textBytesMax;
    this.#names = new Names(journal.claims);
    this.#report = report;
    this.#scribe = new Scribe(journal, clock, this.#kept, report);
    // What it said before still counts, so it leaves through the inbox.
    this.#sweeper = new Sweeper(clock, (client) => client.end(Disconnect.slow));
    this.#rooms = new Rooms({
      journal,
      clock,
      sweeper: this.#sweeper,
      tell: (visitor, line) => this.#tellLine(visitor, line),
      unreadable: (name, visitors, error) => {
        report(`Room ${name} can't be read: ${error.message}`);
        for (const { client } of visitors) this.#remove(client, Disconnect.storage);
      },
    });
  }

  /** How many clients are registered. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Whether the client is registered. */
  has(client: Client): boolean {
    return this.#sessions.has(client);
  }

  /** The names of the rooms that somebody is in. */
  get rooms(): string[] {
    return this.#rooms.names;
  }

  /** Serves requests until the hub is closed, then keeps and delivers what it has, but not for ever. Call it once. */
  async run(): Promise<void> {
    for await (const first of this.inbox) {
      this.#handle(first);
      for (const event of this.inbox.drain()) this.#handle(event);
      this.#scribe.commit();
    }
    await this.#deliverLastLines();
    for (const client of [...this.#sessions.keys()]) this.#remove(client, Disconnect.goingAway);
    this.#sweeper.stop();
  }

  /** Accepts no more requests; `run` delivers what it has, disconnects everyone and returns. */
  close(): void {
    this.inbox.close();
  }

  readonly #handlers: Handlers = {
    opened: (session) => {
      if (session.client.form === "plain") return this.#openPlain(session);
      const { client } = session;
      session.callOffHello = this.#clock.after(HELLO_MS_MAX, () => this.#remove(client, Disconnect.noHello));
    },

    gone: ({ client }) => this.#remove(client, Disconnect.left),

    malformed: (session, { reason }) => {
      const now = this.#clock.now();
      session.malformed = [...session.malformed.filter((at) => at > now - MALFORMED_MS), now];
      if (session.malformed.length >= MALFORMED_MAX) return this.#remove(session.client, Disconnect.malformed);
      this.#refuse(session, "malformed", reason);
    },

    hello: (session, { secret, name, epoch, rooms }) => {
      if (session.me) return this.#handlers.malformed(session, { type: "malformed", reason: "You said hello before" });
      const id = userIdOf(secret);
      const isNew = name !== undefined && name !== this.#names.of(id);
      const refusal = isNew ? this.#claim(id, name) : undefined;
      this.#identify(session, { id, name: this.#names.of(id) ?? guestName(id) });
      this.#tell(session, {
        type: "welcome",
        epoch: this.#journal.epoch,
        id,
        name: session.me!.name,
        textBytesMax: this.#textBytesMax,
      });
      if (refusal) this.#refuse(session, refusal.code, refusal.reason, { detail: refusal.detail });
      // An id of another epoch is no id at all.
      const known = epoch === this.#journal.epoch;
      // Who names a room twice means it once.
      for (const { room, after } of new Map(rooms.map((cursor) => [cursor.room, cursor])).values()) {
        this.#join(session, room, known || after === undefined ? after : NaN);
      }
    },

    join: (session, { room }) => this.#join(session, room, undefined),

    leave: (session, { room }) => this.#rooms.leave(session, room),

    say: (session, { room, nonce, text: raw }) => {
      const about = { room, nonce };
      const isPlain = session.client.form === "plain";
      const live = session.rooms.get(room);
      if (!live) return this.#refuse(session, "notJoined", "You are not in this room.", about);
      const text = cleanText(raw);
      if (text === "" && !isPlain) return this.#refuse(session, "badText", "There is nothing in it.", about);
      if (utf8.encode(text).byteLength > this.#textBytesMax) {
        return this.#refuse(session, "badText", `It is longer than ${this.#textBytesMax} bytes.`, about);
      }
      if (live.room.full) live.room.evictHindmost().forEach((slow) => this.#remove(slow, Disconnect.slow));
      if (live.room.full || this.#scribe.full) {
        // Those who read are not to blame for a flood that is faster than the server.
        if (isPlain) return this.#remove(session.client, Disconnect.overloaded);
        return this.#refuse(session, "busy", "More is said than the server can deliver. Try again later.", about);
      }
      const { id: user, name } = session.me!;
      this.#scribe.write({ room, user, name, text, nonce, at: this.#clock.date() }, session);
    },

    typing: (session, { room }) => this.#rooms.typing(session, room),

    rename: (session, { name }) => {
      const refusal = this.#claim(session.me!.id, name);
      if (refusal) this.#refuse(session, refusal.code, refusal.reason, { detail: refusal.detail });
    },

    history: (session, { ref, room, before = Number.MAX_SAFE_INTEGER, after }) => {
      if (!session.rooms.has(room)) {
        return this.#refuse(session, "notJoined", "You are not in this room.", { room, ref });
      }
      const page = after === undefined
        ? () => this.#journal.before(room, before, PAGE_ENTRIES)
        : () => this.#journal.after(room, after, PAGE_ENTRIES);
      this.#ask(session, ref, page, ({ entries, more }) => {
        // What does not fit is what is further from the id that was asked about.
        const fit = after === undefined ? fitting(entries.toReversed()).toReversed() : fitting(entries);
        return { type: "history", ref, entries: fit.map(said), more: more || fit.length < entries.length };
      });
    },

    search: (session, { ref, query, before = Number.MAX_SAFE_INTEGER }) => {
      const rooms = [...session.rooms.keys()];
      const page = () => this.#journal.search({ query, rooms, before, limit: PAGE_ENTRIES });
      this.#ask(session, ref, page, ({ entries, more }) => {
        const fit = fitting(entries);
        return { type: "found", ref, entries: fit.map(said), more: more || fit.length < entries.length };
      });
    },

    ping: (session) => this.#tell(session, { type: "pong" }),
  };

  #handle({ client, message }: ClientEvent): void {
    let session = this.#sessions.get(client);
    if (!session) {
      // Whoever was sent away may have said more before they knew.
      if (message.type !== "opened") return;
      session = { client, me: undefined, rooms: new Map(), malformed: [], questions: 0, callOffHello() {} };
      this.#sessions.set(client, session);
    }
    const { type } = message;
    const needsHello = type !== "opened" && type !== "gone" && type !== "malformed" && type !== "hello";
    if (needsHello && !session.me) {
      return this.#handlers.malformed(session, { type: "malformed", reason: `Say hello before "${type}"` });
    }
    // The table has a handler for each type, which TypeScript can't follow through the look-up.
    const handler = this.#handlers[type] as (session: Session, message: Message) => void;
    handler(session, message);
  }

  // Who is who.

  /** A plain-text client can't say who it is: it is a guest, another one each time it comes. */
  #openPlain(session: Session): void {
    const id = userIdOf(crypto.randomUUID());
    this.#identify(session, { id, name: guestName(id) });
    this.#join(session, session.client.room, undefined);
  }

  #identify(session: Session, me: Person): void {
    session.callOffHello();
    session.me = me;
    const tabs = this.#tabs.get(me.id);
    if (tabs) tabs.add(session);
    else this.#tabs.set(me.id, new Set([session]));
  }

  /** Gives somebody a name in all of their tabs; or says why not. */
  #claim(id: string, wish: string): NameRefusal | undefined {
    const claimed = this.#names.claim(id, wish);
    if ("code" in claimed) return claimed;
    const { name } = claimed;
    this.#journal.claim({ user: id, name }).catch((error) => this.#report(`A name can't be kept: ${error.message}`));
    for (const tab of this.#tabs.get(id) ?? []) {
      tab.me = claimed;
      this.#tell(tab, { type: "renamed", name });
      this.#rooms.renamed(tab);
    }
  }

  #join(session: Session, name: string, after: number | undefined): void {
    if (!isRoomName(name)) {
      const reason = "A room's name is 1 to 64 small letters, digits, - and _, and starts with a letter or digit.";
      return this.#refuse(session, "badRoom", reason, { room: name.toWellFormed().slice(0, 64) });
    }
    if (session.rooms.size >= ROOMS_PER_CLIENT_MAX && !session.rooms.has(name)) {
      return this.#refuse(session, "tooManyRooms", `Nobody can be in more than ${ROOMS_PER_CLIENT_MAX} rooms.`, {
        room: name,
      });
    }
    if (this.#rooms.join(session, name, after)) return;
    this.#refuse(session, "busy", "There are people in too many rooms at the moment. Try again later.", { room: name });
  }

  #remove(client: Client, disconnect: Disconnect): void {
    const session = this.#sessions.get(client);
    if (!session) return;
    session.callOffHello();
    for (const name of [...session.rooms.keys()]) this.#rooms.leave(session, name);
    const tabs = this.#tabs.get(session.me?.id ?? "");
    if (tabs?.delete(session) && tabs.size === 0) this.#tabs.delete(session.me!.id);
    this.#sessions.delete(client);
    client.close(disconnect);
  }

  // What the journal answers.

  readonly #kept: ScribeListener<Session> = {
    catchUp: async () => {
      for (let more = true; more;) {
        const page = await this.#journal.since(this.#rooms.last, CATCH_UP_ENTRIES);
        for (const entry of page.entries) this.#rooms.deliver(entry);
        more = page.more;
      }
    },
    stored: (stored) => {
      for (const { entry, duplicate, from } of stored) {
        if (duplicate) {
          // Not as a line of the room, of which smaller ids may still be on their way to whoever sent it again.
          this.#tell(from, { type: "kept", room: entry.room, nonce: entry.nonce, id: entry.id });
        } else {
          this.#rooms.deliver(entry);
        }
      }
    },
    failed: ({ room, nonce }, session) => {
      if (session.client.form === "plain") return this.#remove(session.client, Disconnect.storage);
      this.#refuse(session, "storage", "It can't be kept at the moment. Try again later.", { room, nonce });
    },
  };

  /** Asks the journal for somebody, and answers them. */
  #ask(session: Session, ref: number, ask: () => Promise<Page>, answer: (page: Page) => ServerMessage): void {
    if (session.questions >= QUESTIONS_MAX || lengthLeft(session) <= 0) {
      return this.#refuse(session, "busy", "You are asking too much at once. Try again later.", { ref });
    }
    session.questions++;
    ask().then((page) => this.#tell(session, answer(page)), (error) => {
      this.#report(`What was said can't be read: ${error.message}`);
      this.#refuse(session, "storage", "It can't be read at the moment. Try again later.", { ref });
    }).finally(() => session.questions--);
  }

  // Lines for one client alone.

  #tell(session: Session, message: ServerMessage): void {
    this.#tellLine(session, encode(message));
  }

  #tellLine({ client }: Visitor, line: string): void {
    if (!this.#sessions.has(client)) return;
    if (!client.tell(line)) return this.#remove(client, Disconnect.slow);
    this.#privateLines.add(client);
    this.#sweeper.wake(this.#privateLines);
  }

  #refuse(session: Session, code: Refusal["code"], reason: string, about: About = {}): void {
    this.#tell(session, { type: "error", code, reason, ...about });
  }

  // The end.

  /** Waits until what was said is kept and delivered, but not for ever. */
  #deliverLastLines(): Promise<void> {
    return new Promise((resolve) => {
      const callOffDeadline = this.#clock.after(LAST_LINES_MS, resolve);
      const look = () => {
        if (!this.#isDelivered()) return;
        callOffDeadline();
        resolve();
      };
      this.#scribe.finish().then(() => {
        this.#sweeper.afterEachTurn(look);
        look();
      });
    });
  }

  #isDelivered(): boolean {
    return this.#rooms.isDelivered && [...this.#sessions.keys()].every(({ privateLength }) => privateLength === 0);
  }
}

const utf8 = new TextEncoder();
