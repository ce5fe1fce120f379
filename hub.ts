import { Access, type Grant } from "./access.ts";
import { networkOf } from "./admission.ts";
import type { Bus } from "./bus.ts";
import { Channel } from "./channel.ts";
import { Claims } from "./claims.ts";
import { Client, type ClientEvent, type ClientPorts, type Socket, type Visit } from "./client.ts";
import { type Act, type Draft, type Entry, isAct, type Journal, type Kept, type Stored } from "./journal/journal.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import { type Answer, type Caller, Door, holdingUntil } from "./door.ts";
import { fitting, type LiveRoom, type Visitor } from "./live_room.ts";
import { type Log, noLog } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { Moderation, type Mute } from "./moderation.ts";
import { Monitor, told, type Watched } from "./monitor.ts";
import { Neighbours } from "./neighbours.ts";
import { errandOf, type OrderRefusal } from "./orders.ts";
import { PrivateLines } from "./private_lines.ts";
import {
  Disconnect,
  encode,
  type HookState,
  isRoomName,
  Malformed,
  type Mute as MuteTold,
  MUTES_TOLD_MAX,
  type Order,
  PAGE_ENTRIES,
  type Person,
  type Refusal,
  type ServerMessage,
  WARNING,
} from "./protocol.ts";
import { encodeWith, sayLine } from "./recent.ts";
import { lengthLeft, Rooms } from "./rooms.ts";
import { Scribe, type ScribeListener } from "./scribe.ts";
import { type Clock, Sweeper, systemClock } from "./sweeper.ts";
import { cleanText, guestName, isLongerThan, Names, userIdOf } from "./text.ts";

/** How long the hub, when it ends, goes on keeping and delivering what it has accepted, in ms. */
export const LAST_LINES_MS = 3_000;
/** In so many goes everyone is disconnected when the hub ends, so that they do not all come back in the same moment … */
export const GOODBYE_TICKS = 20;
/** … of so many at least … */
const GOODBYES_MIN = 10;
/** … each so long after the one before, in ms. */
export const GOODBYE_TICK_MS = 20;
/** Over how long malformed messages are counted, in ms. */
export const MALFORMED_MS = 60_000;
/** How many entries are read at once after a commit that failed. */
const CATCH_UP_ENTRIES = 1_000;

/** What a hub needs. */
export interface HubOptions {
  readonly journal: Journal;
  /** Who may come in, and what was done so far; everybody may unless it is told otherwise. */
  readonly access?: Access;
  /** Time; the system's unless a test has its own. */
  readonly clock?: Clock;
  /** What is too much; the defaults unless it is told otherwise. */
  readonly limits?: Limits;
  /** Counts what happens. */
  readonly metrics?: Metrics;
  /** Is told what whoever runs the server should know. */
  readonly log?: Log;
  /** Carries hints to the other nodes, if there can be any. */
  readonly bus?: Bus;
}

/** A connection, and what the hub knows of it. */
interface Session extends Caller, Watched {
  /** Undefined before `hello`. */
  me: Person | undefined;
  grant: Grant | undefined;
  since: number;
  /** When malformed messages came, in ms. */
  malformed: number[];
  /** How many questions of this client the journal has not answered yet. */
  questions: number;
  callOffHello: () => void;
}

/** Whoever waits for something to be done. */
interface Petitioner {
  /** It was kept; undefined if there was nothing to do it to. */
  done(act: Act | undefined): void;
  /** It could not be kept. */
  failed(): void;
}

/** Who said something: a client, or whoever called `post` and waits for what becomes of it. */
type Author = Session | PromiseWithResolvers<Stored>;

/** Why something that was posted is not said. */
export class PostRefused extends Error {
  readonly code: "empty" | "tooLong" | "locked" | "muted" | "banned" | "slow" | "busy" | "storage";
  /** Until when, in ms since 1970, if that is known. */
  readonly until: number | undefined;

  /** @param reason for people, in English. */
  constructor(code: PostRefused["code"], reason: string, until?: number) {
    super(reason);
    this.code = code;
    this.until = until;
  }
}

/** What becomes of an order: the id of what was done and the secret that this made; or why it was not done. */
type Outcome = { readonly id: number; readonly secret?: string } | OrderRefusal;

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
  readonly inbox: Channel<ClientEvent> = new Channel(DEFAULT_LIMITS.inbox);
  /** What holds because of what was done. Only the hub adds to it. */
  readonly moderation: Moderation;
  /** Who may come in. */
  readonly access: Access;
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #metrics: Metrics;
  readonly #names: Names;
  readonly #log: Log;
  readonly #door: Door<Session>;
  readonly #scribe: Scribe<Author, Petitioner>;
  readonly #claims: Claims;
  readonly #sweeper: Sweeper<Client>;
  readonly #privateLines = new PrivateLines();
  readonly #sessions = new Map<Client, Session>();
  // The connections of those who have said who they are, by their id.
  readonly #tabs = new Map<string, Set<Session>>();
  readonly #neighbours: Neighbours | undefined;
  readonly #rooms: Rooms;
  readonly #listeners: ((kept: Kept) => void)[] = [];
  readonly #monitor: Monitor;
  readonly #clientPorts: ClientPorts;
  #stateOfHook: (hook: number) => HookState | undefined = () => undefined;

  /** Does nothing before `run`. */
  constructor(options: HubOptions) {
    const { journal, clock = systemClock, limits = DEFAULT_LIMITS, log = noLog, bus } = options;
    this.#journal = journal;
    this.#clock = clock;
    this.#limits = limits;
    this.#metrics = options.metrics ?? new Metrics();
    this.#clientPorts = { inbox: this.inbox, metrics: this.#metrics, now: () => clock.now() };
    this.#names = new Names(journal.claims);
    this.#log = log;
    this.access = options.access ?? new Access({
      moderation: new Moderation(journal.acts),
      date: () => clock.date(),
      now: () => clock.now(),
    });
    this.moderation = this.access.moderation;
    this.#door = new Door({
      access: this.access,
      moderation: this.moderation,
      clock,
      turnAway: (session, answer, disconnect) => {
        this.#refuse(session, answer.code, answer.reason, { detail: answer.detail });
        // A line of its own goes no further once the client is closed.
        if (session.client.state === "ready") session.client.flush();
        this.#remove(session.client, disconnect);
      },
    });
    journal.listen({
      kept: (kept, last) => this.#take(kept, last),
      named: (user, name) => this.#named(user, name),
      failing: (error) => this.#scribe.doubt(error),
    });
    this.#scribe = new Scribe(journal, clock, this.#kept, log, this.#metrics);
    this.#claims = new Claims({
      journal,
      clock,
      log,
      taken: ({ user, name }) => {
        const reason = `“${name}”, or a name that is too close to it, is somebody else.`;
        for (const tab of this.#tabs.get(user) ?? []) this.#refuse(tab, "nameTaken", reason, { detail: name });
      },
    });
    // What it said before still counts, so it leaves through the inbox.
    this.#sweeper = new Sweeper(clock, (client) => client.end(slowOrLeft(client)));
    this.#neighbours = bus &&
      new Neighbours({ bus, clock, limits, networkOf: (user) => this.#networkHereOf(user) });
    this.#rooms = new Rooms({
      journal,
      clock,
      sweeper: this.#sweeper,
      neighbours: this.#neighbours,
      personOf: (user) => this.#personOf(user),
      rulesOf: (room) => this.moderation.rulesOf(room),
      roomsMax: limits.rooms,
      tell: (visitor, line) => this.#tellLine(visitor, line),
      unreadable: (name, visitors, error) => {
        log("room_unreadable", { room: name, reason: error.message });
        for (const { client } of visitors) this.#remove(client, Disconnect.storage);
      },
    });
    this.#metrics.look({
      clients: () => this.size,
      rooms: () => this.#rooms.names.length,
      unready: () => this.unready,
    });
    this.#monitor = new Monitor({
      metrics: this.#metrics,
      moderation: this.moderation,
      limits,
      clock,
      tabs: this.#tabs,
      rooms: () => this.#rooms.counts,
      stateOfHook: (hook) => this.#stateOfHook(hook),
      tell: (visitor, line) => this.#tellLine(visitor, line),
    });
  }

  /** Why nobody new should be sent here; undefined when there is no reason. */
  get unready(): string | undefined {
    if (this.inbox.closed) return "The server is going away";
    return this.#scribe.writable ? undefined : "What is said can't be kept";
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

  /** The newest id that was delivered. */
  get last(): number {
    return this.#rooms.last;
  }

  /** Whether it is this of all nodes that does what one alone should do. For a moment two may think so. */
  get isFirst(): boolean {
    return this.#neighbours?.isFirst ?? true;
  }

  /** Makes the client of a connection, which registers when it has `opened`. */
  connect(socket: Socket, visit: Pick<Visit, "form" | "room" | "address" | "grant">): Client {
    const { message: textBytesMax, rate } = this.#limits;
    return new Client(socket, this.#clientPorts, { ...visit, textBytesMax, rate });
  }

  /**
   * Says something for somebody who is no client, as a client would: it is delivered when it is kept. What has the user and
   * nonce of something that was kept before is not said again.
   * @returns what is kept: this, or what was before.
   * @throws {PostRefused} when it is not said, or may not be: after `slow`, `busy` and `storage` it can be posted again.
   */
  async post({ room, user, name, text: raw, nonce }: Omit<Draft, "at">): Promise<Stored> {
    if (this.inbox.closed) throw new PostRefused("busy", "The server is going away.");
    const text = cleanText(raw);
    if (text === "") throw new PostRefused("empty", EMPTY);
    if (this.#isTooLong(text)) throw new PostRefused("tooLong", this.#tooLong);
    const live = this.#rooms.get(room);
    // It may come from anywhere.
    if (this.moderation.banOf(user, "", this.#clock.date())) {
      throw new PostRefused("banned", "Its author is shut out.");
    }
    const silence = this.#silence({ user, room, nonce }, live);
    if (silence) {
      const { code, reason, detail } = silence;
      throw new PostRefused(code as PostRefused["code"], reason, detail === undefined ? undefined : Number(detail));
    }
    if (this.#isBusy(live)) throw new PostRefused("busy", BUSY);
    const author: Author = Promise.withResolvers();
    this.#scribe.say({ room, user, name, text, nonce, at: this.#clock.date() }, author);
    this.#scribe.commit();
    return await author.promise;
  }

  /** From now on calls back for everything that is delivered, in order, in the same step. */
  listen(listener: (kept: Kept) => void): void {
    this.#listeners.push(listener);
  }

  /** From now on the operator's pages are told how webhooks do, by their ids. */
  watchHooks(stateOf: (hook: number) => HookState | undefined): void {
    this.#stateOfHook = stateOf;
  }

  /** Serves requests until the hub is closed, then keeps and delivers what it has, but not for ever. Call it once. */
  async run(): Promise<void> {
    this.#neighbours?.start();
    for await (const first of this.inbox) {
      this.#handle(first);
      for (const event of this.inbox.drain()) this.#handle(event);
      this.#scribe.commit();
    }
    await this.#deliverLastLines();
    this.#neighbours?.end();
    await this.#sayGoodbye();
    this.#sweeper.stop();
  }

  /** A second is over: administrators whose secret was replaced have to go, and those who watch are told how it went. */
  tick(): void {
    for (const session of [...this.#sessions.values()]) this.#isAdministrator(session);
    this.#monitor.tick();
  }

  /** Accepts no more requests; `run` delivers what it has, disconnects everyone and returns. */
  close(): void {
    this.inbox.close();
  }

  readonly #handlers: Handlers = {
    opened: (session) => {
      if (session.client.form === "plain") return this.#openPlain(session);
      const { client } = session;
      if (this.#limits.hello === Infinity) return;
      session.callOffHello = this.#clock.after(this.#limits.hello * 1_000, () => {
        this.#remove(client, Disconnect.noHello);
      });
    },

    gone: ({ client }) => this.#remove(client, Disconnect.left),

    malformed: (session, { reason }) => {
      const now = this.#clock.now();
      session.malformed = [...session.malformed.filter((at) => at > now - MALFORMED_MS), now];
      if (session.malformed.length >= this.#limits.malformed) return this.#remove(session.client, Disconnect.malformed);
      this.#refuse(session, "malformed", reason);
    },

    flood: (session, { refused }) => {
      if (refused) this.#metrics.hit("rate");
      const reason = refused
        ? "You are sending more than the server takes from one client. Try again later."
        : "You are sending a lot. Soon the server will refuse it.";
      const { room, nonce, ref } = (refused ?? {}) as About;
      const about = refused instanceof Malformed ? {} : { room, nonce, ref };
      this.#refuse(session, "tooFast", reason, refused ? about : { detail: WARNING });
    },

    hello: (session, { secret, name, pass, epoch, rooms }) => {
      if (session.me) return this.#handlers.malformed(session, { type: "malformed", reason: "You said hello before" });
      const id = userIdOf(secret);
      if (!this.#door.admit(session, id, pass)) return;
      const isNew = name !== undefined && name !== this.#names.of(id);
      const refusal = isNew ? this.#claim(id, name) : undefined;
      this.#identify(session, this.#personOf(id));
      this.#tell(session, {
        type: "welcome",
        epoch: this.#journal.epoch,
        id,
        name: session.me!.name,
        role: session.grant!.role,
        room: onlyRoomOf(session),
        textBytesMax: this.#limits.message,
        mutes: this.#mutesFor(session),
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
      if (text === "" && !isPlain) return this.#refuse(session, "badText", EMPTY, about);
      if (this.#isTooLong(text)) return this.#refuse(session, "badText", this.#tooLong, about);
      const silence = session.grant?.role === "admin"
        ? undefined
        : this.#silence({ user: session.me!.id, room, nonce }, live);
      if (silence) {
        // It can't be told that it was refused, and must not lose it unawares.
        if (isPlain) return this.#remove(session.client, Disconnect.denied);
        return this.#refuse(session, silence.code, silence.reason, { ...about, detail: silence.detail });
      }
      if (this.#isBusy(live)) {
        if (isPlain) return this.#remove(session.client, Disconnect.overloaded);
        return this.#refuse(session, "busy", BUSY, about);
      }
      const { id: user, name } = session.me!;
      this.#scribe.say({ room, user, name, text, nonce, at: this.#clock.date() }, session);
    },

    delete: (session, { room, id: message }) => {
      const about = { room };
      // What was not delivered yet must not be gone before.
      if (!session.rooms.has(room) || message > this.#rooms.last) {
        return this.#refuse(session, "notFound", "There is no such message.", about);
      }
      const { me } = session;
      const author = this.#isAdministrator(session) ? undefined : me!.id;
      if (!this.#sessions.has(session.client)) return;
      this.#scribe.act(
        { deed: { type: "delete", room, message, author }, by: me!.id, name: me!.name, at: this.#clock.date() },
        {
          done: (act) => act || this.#refuse(session, "notFound", "It is gone, or somebody else said it.", about),
          failed: () => this.#refuse(session, "storage", "It can't be deleted at the moment. Try again later.", about),
        },
      );
    },

    order: (session, { ref, order }) => {
      if (!this.#isAdministrator(session)) return this.#refuse(session, "notAllowed", ADMINISTRATORS_ONLY, { ref });
      this.#carryOut(order, session.me!, session.client.address, (outcome) => {
        if ("code" in outcome) this.#refuse(session, outcome.code, outcome.reason, { ref });
        else this.#tell(session, { type: "done", ref, ...outcome });
      });
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
        const lines = entries.map(sayLine);
        const fit = after === undefined ? fitting(lines.toReversed()).toReversed() : fitting(lines);
        return encodeWith(fit, { type: "history", ref, more: more || fit.length < lines.length });
      });
    },

    search: (session, { ref, query, before = Number.MAX_SAFE_INTEGER }) => {
      const rooms = [...session.rooms.keys()];
      const page = () => this.#journal.search({ query, rooms, before, limit: PAGE_ENTRIES });
      this.#ask(session, ref, page, ({ entries, more }) => {
        const lines = entries.map(sayLine);
        const fit = fitting(lines);
        return encodeWith(fit, { type: "found", ref, more: more || fit.length < lines.length });
      });
    },

    watch: (session) => {
      if (!this.#isAdministrator(session)) return this.#refuse(session, "notAllowed", ADMINISTRATORS_ONLY);
      this.#monitor.watch(session);
    },

    audit: (session, { ref, before = Number.MAX_SAFE_INTEGER }) => {
      if (!this.#isAdministrator(session)) return this.#refuse(session, "notAllowed", ADMINISTRATORS_ONLY, { ref });
      this.#ask(session, ref, () => this.#journal.audit(before, PAGE_ENTRIES + 1), (acts) => {
        const page = acts.slice(0, PAGE_ENTRIES).map(told);
        return encode({ type: "audited", ref, acts: page, more: acts.length > PAGE_ENTRIES });
      });
    },

    ping: (session) => this.#tell(session, { type: "pong" }),
  };

  #handle({ client, message }: ClientEvent): void {
    let session = this.#sessions.get(client);
    if (!session) {
      // Whoever was sent away may have said more before they knew.
      if (message.type !== "opened") return;
      session = {
        client,
        me: undefined,
        grant: undefined,
        since: 0,
        rooms: new Map(),
        malformed: [],
        questions: 0,
        callOffHello: nothing,
        callOffLinkEnd: nothing,
      };
      this.#sessions.set(client, session);
    }
    const { type } = message;
    if (!session.me && !BEFORE_HELLO.has(type)) {
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
    if (!this.#door.admit(session, id, undefined)) return;
    this.#identify(session, { id, name: guestName(id) });
    this.#join(session, session.client.room, undefined);
  }

  #identify(session: Session, me: Person): void {
    session.callOffHello();
    session.me = me;
    session.since = this.#clock.date();
    const tabs = this.#tabs.get(me.id);
    if (tabs) tabs.add(session);
    else this.#tabs.set(me.id, new Set([session]));
  }

  /** Gives somebody a name in all of their tabs; or says why not. */
  #claim(id: string, wish: string): Answer | undefined {
    if (this.#claims.full) return { code: "storage", reason: NOT_KEPT };
    const claimed = this.#names.claim(id, wish);
    if ("code" in claimed) return claimed;
    this.#claims.keep({ user: id, name: claimed.name });
    this.#call(claimed);
  }

  /** What somebody is called was decided elsewhere: another node may know what this one did not. */
  #named(user: string, name: string | undefined): void {
    if (this.#names.of(user) === name) return;
    this.#names.set(user, name);
    this.#call(this.#personOf(user));
  }

  /** Somebody has another name in all of their tabs, and on other nodes. */
  #call(person: Person): void {
    const tabs = this.#tabs.get(person.id) ?? [];
    for (const tab of tabs) {
      tab.me = person;
      this.#tell(tab, { type: "renamed", name: person.name });
    }
    this.#rooms.renamed(person, tabs);
  }

  /** Whom a user's id means. */
  #personOf(id: string): Person {
    return { id, name: this.#names.of(id) ?? guestName(id) };
  }

  /** From where somebody is connected to this node. */
  #networkHereOf(user: string): string | undefined {
    return [...this.#tabs.get(user) ?? []].map(({ client }) => networkOf(client.address))[0];
  }

  #join(session: Session, name: string, after: number | undefined): void {
    if (!isRoomName(name)) {
      const reason = "A room's name is 1 to 64 small letters, digits, - and _, and starts with a letter or digit.";
      // Not too long, but so long that it is no other room's name.
      return this.#refuse(session, "badRoom", reason, { room: name.slice(0, 65).toWellFormed() });
    }
    if ((onlyRoomOf(session) ?? name) !== name) {
      return this.#refuse(session, "notAllowed", "A guest’s link is for one room.", { room: name });
    }
    const { roomsPerClient } = this.#limits;
    if (session.rooms.size >= roomsPerClient && !session.rooms.has(name)) {
      this.#metrics.hit("roomsPerClient");
      const reason = `Nobody can be in more than ${roomsPerClient} rooms.`;
      return this.#refuse(session, "tooManyRooms", reason, { room: name });
    }
    if (this.#rooms.join(session, name, after)) return;
    this.#metrics.hit("rooms");
    this.#refuse(session, "busy", "There are people in too many rooms at the moment. Try again later.", { room: name });
  }

  #remove(client: Client, disconnect: Disconnect): void {
    const session = this.#sessions.get(client);
    if (!session) return;
    session.callOffHello();
    session.callOffLinkEnd();
    for (const name of [...session.rooms.keys()]) this.#rooms.leave(session, name);
    const tabs = this.#tabs.get(session.me?.id ?? "");
    if (tabs?.delete(session) && tabs.size === 0) this.#tabs.delete(session.me!.id);
    this.#sessions.delete(client);
    this.#monitor.forget(client);
    client.close(disconnect);
  }

  #isTooLong(text: string): boolean {
    if (!isLongerThan(this.#limits.message, text)) return false;
    this.#metrics.hit("message");
    return true;
  }

  get #tooLong(): string {
    return `It is longer than ${this.#limits.message} bytes.`;
  }

  /** Whether so much is said that no more can be taken, in a room that somebody is in or in another. */
  #isBusy(live: LiveRoom | undefined): boolean {
    if (live?.room.full) {
      const hindmost = live.room.evictHindmost();
      if (hindmost.length > 0) this.#metrics.hit("backlog");
      for (const client of hindmost) this.#remove(client, slowOrLeft(client));
    }
    if (!live?.room.full && !this.#scribe.full) return false;
    // Those who read are not to blame for a flood that is faster than the server.
    this.#metrics.hit("backlog");
    return true;
  }

  // Who may do what.

  /** Whether somebody is an administrator at this moment; who came with a secret that was replaced since has to go. */
  #isAdministrator(session: Session): boolean {
    const { grant } = session;
    if (grant?.role !== "admin") return false;
    if (this.access.holds(grant)) return true;
    this.#door.denyAdministrator(session);
    return false;
  }

  /** Why somebody who is no administrator can't say anything in a room at the moment; undefined when they can. */
  #silence(
    { user, room, nonce }: Pick<Draft, "user" | "room" | "nonce">,
    live: LiveRoom | undefined,
  ): Answer | undefined {
    const { locked, slow } = this.moderation.rulesOf(room);
    if (locked) return { code: "locked", reason: "Only administrators can say anything here." };
    const mute = this.moderation.muteOf(user, this.#clock.date());
    if (mute) return muted(mute);
    // Where nobody is it disturbs nobody.
    const waitMs = live?.waitMs({ user, nonce }, slow * 1_000, this.#clock.now()) ?? 0;
    if (waitMs === 0) return undefined;
    const detail = String(Math.ceil(this.#clock.date() + waitMs));
    return { code: "slow", reason: `One message every ${slow} seconds, please.`, detail };
  }

  /** Who can't say anything, as far as it is somebody's business; undefined when nobody is. */
  #mutesFor({ me, grant }: Session): MuteTold[] | undefined {
    const now = this.#clock.date();
    const mutes = grant?.role === "admin"
      ? this.moderation.mutes(now).slice(-MUTES_TOLD_MAX)
      : [this.moderation.muteOf(me!.id, now)].filter((mute) => mute !== undefined);
    return mutes.length === 0 ? undefined : mutes.map(({ deed: { user, until } }) => ({ user, until }));
  }

  #carryOut(order: Order, by: Person, address: string, tell: (outcome: Outcome) => void): void {
    const errand = errandOf(order, {
      moderation: this.moderation,
      by,
      personOf: (id) => this.#personOf(id),
      networkOf: (user) => {
        const network = this.#networkHereOf(user) ?? this.#neighbours?.networkOf(user);
        return network === networkOf(address) ? undefined : network;
      },
      now: this.#clock.date(),
    });
    if ("code" in errand) return tell(errand);
    const { deed, secret } = errand;
    this.#scribe.act({ deed, by: by.id, name: by.name, at: this.#clock.date() }, {
      done: (act) => tell({ id: act!.id, secret }),
      failed: () => tell({ code: "storage", reason: NOT_KEPT }),
    });
  }

  /** Something was done: it holds from now on. */
  #done(act: Act): void {
    this.moderation.apply(act);
    this.#rooms.done(act);
    this.#monitor.done(act);
    for (const listener of this.#listeners) listener(act);
    this.#door.enforce(act, this.#sessions.values());
    const { deed } = act;
    if (deed.type !== "mute" && deed.type !== "unmute") return;
    const { user } = deed;
    const isMuted = deed.type === "mute";
    for (const session of [...this.#sessions.values()]) {
      const isMeant = session.me?.id === user || session.grant?.role === "admin";
      // Plain text has no form for it.
      if (!isMeant || session.client.form === "plain") continue;
      this.#tell(session, { type: "mute", muted: isMuted, user, until: isMuted ? deed.until : undefined });
    }
  }

  // What the journal answers.

  readonly #kept: ScribeListener<Author, Petitioner> = {
    catchUp: async () => {
      for (let more = true; more;) {
        const page = await this.#journal.since(this.#rooms.last, CATCH_UP_ENTRIES);
        this.#take(page.entries);
        more = page.more;
      }
    },
    stored: (stored, commit) => {
      for (const { entry, duplicate, from, since } of stored) {
        if ("resolve" in from) {
          from.resolve({ entry, duplicate });
        } else if (duplicate) {
          // Not as a line of the room, of which smaller ids may still be on their way to whoever sent it again.
          this.#tell(from, { type: "kept", room: entry.room, nonce: entry.nonce, id: entry.id });
        } else {
          from.client.echo(since, commit);
        }
      }
    },
    acted: (act, petitioner) => petitioner.done(act),
    failed: ({ room, nonce }, from) => {
      if ("reject" in from) return from.reject(new PostRefused("storage", NOT_KEPT));
      if (from.client.form === "plain") return this.#remove(from.client, Disconnect.storage);
      this.#refuse(from, "storage", NOT_KEPT, { room, nonce });
    },
    undone: (petitioner) => petitioner.failed(),
  };

  /** Something was kept, and this is what follows it. Called in the journal's order, but may be told the same by both. */
  #take(kept: readonly Kept[], last = 0): void {
    for (const each of kept) {
      // It was read, and is told, too; or the other way round.
      if (each.id <= this.#rooms.last) continue;
      isAct(each) ? this.#done(each) : this.#deliver(each);
    }
    this.#rooms.reached(last);
  }

  #deliver(entry: Entry): void {
    this.#metrics.said(this.#rooms.deliver(entry));
    for (const listener of this.#listeners) listener(entry);
  }

  /** Asks the journal for somebody, and answers them with a line. */
  #ask<T>(session: Session, ref: number, ask: () => Promise<T>, answer: (page: T) => string): void {
    if (session.questions >= this.#limits.questions || lengthLeft(session) <= 0) {
      this.#metrics.hit("questions");
      return this.#refuse(session, "busy", "You are asking too much at once. Try again later.", { ref });
    }
    session.questions++;
    ask().then((page) => this.#tellLine(session, answer(page)), (error) => {
      this.#log("journal_unreadable", { reason: error.message });
      this.#refuse(session, "storage", "It can't be read at the moment. Try again later.", { ref });
    }).finally(() => session.questions--);
  }

  // Lines for one client alone.

  #tell(session: Session, message: ServerMessage): void {
    this.#tellLine(session, encode(message));
  }

  #tellLine({ client }: Visitor, line: string): void {
    if (!this.#sessions.has(client)) return;
    if (!client.tell(line)) return this.#remove(client, slowOrLeft(client));
    this.#privateLines.add(client);
    this.#sweeper.wake(this.#privateLines);
  }

  #refuse(session: Session, code: Refusal["code"], reason: string, about: About = {}): void {
    this.#metrics.refused(code);
    // Plain text has no form for it.
    if (session.client.form === "plain") return;
    this.#tell(session, { type: "error", code, reason, ...about });
  }

  // The end.

  /** Disconnects everyone, a few at a time: they would all come back in the same moment, and to whoever is there first. */
  async #sayGoodbye(): Promise<void> {
    const clients = [...this.#sessions.keys()];
    const perTick = Math.max(GOODBYES_MIN, Math.ceil(clients.length / GOODBYE_TICKS));
    for (let from = 0; from < clients.length; from += perTick) {
      if (from > 0) await new Promise<void>((resolve) => this.#clock.after(GOODBYE_TICK_MS, resolve));
      for (const client of clients.slice(from, from + perTick)) this.#remove(client, Disconnect.goingAway);
    }
  }

  /** Waits until what was said is kept and delivered, but not for ever. */
  #deliverLastLines(): Promise<void> {
    return new Promise((resolve) => {
      const callOffDeadline = this.#clock.after(LAST_LINES_MS, resolve);
      const look = () => {
        if (!this.#isDelivered()) return;
        callOffDeadline();
        resolve();
      };
      Promise.all([this.#scribe.finish(), this.#claims.finish()]).then(() => {
        this.#sweeper.afterEachTurn(look);
        look();
      });
    });
  }

  #isDelivered(): boolean {
    return this.#rooms.isDelivered && [...this.#sessions.keys()].every(({ privateLength }) => privateLength === 0);
  }
}

/** The one room that a guest may be in; undefined for everybody else. */
function onlyRoomOf({ grant }: Caller): string | undefined {
  return grant?.role === "guest" ? grant.link.deed.room : undefined;
}

/** Why somebody who takes nothing has to go. Whoever closed the connection themselves is not slow, and may not have been heard of yet. */
function slowOrLeft({ state }: Client): Disconnect {
  return state === "gone" ? Disconnect.left : Disconnect.slow;
}

/** What there is to call off at first. */
function nothing(): void {}

const EMPTY = "There is nothing in it.";
const BUSY = "More is said than the server can deliver. Try again later.";
const NOT_KEPT = "It can't be kept at the moment. Try again later.";

function muted({ deed: { until } }: Mute): Answer {
  return holdingUntil({ code: "muted", reason: "You can't say anything at the moment." }, until);
}

const ADMINISTRATORS_ONLY = "This takes an administrator.";

/** What comes from a client that need not have said hello. */
const BEFORE_HELLO: ReadonlySet<Message["type"]> = new Set(["opened", "gone", "malformed", "flood", "hello"]);
