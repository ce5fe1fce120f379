import {
  cleanName,
  type ClientMessage,
  DEFAULT_ROOM,
  Disconnect,
  isRoomName,
  type Joined,
  MESSAGE_BYTES_MAX,
  type Mute,
  type Order,
  type Person,
  type Refusal,
  REFUSALS,
  type Role,
  ROOMS_PER_CLIENT_MAX,
  type Rules,
  type Said,
  type ServerMessage,
  type Welcome,
} from "../protocol.ts";
import { backoff } from "./backoff.ts";
import { bookmarkedRoom, Bookmarks, MUTED_KEY } from "./chat_bookmarks.ts";
import { Memory, type Shelf } from "./chat_memory.ts";
import { Pages } from "./chat_pages.ts";
import { type Answer, Requests } from "./chat_requests.ts";
import { Room } from "./chat_room.ts";
import type { Page } from "./chat_timeline.ts";
import { HINT_MS, Typing } from "./chat_typing.ts";
import { Connection, type Ports, type Status } from "./connection.ts";
import { Identity, PASS_KEY } from "./identity.ts";
import type { KnownNames } from "./known_names.ts";
import { Outbox } from "./outbox.ts";
import { Sender, type Way } from "./outbox_sender.ts";
import type { Failure } from "./refusal.ts";

/** What a room's timeline shows, one below the other. */
export type Item =
  /** Something that was said. */
  | { readonly kind: "said"; readonly said: Said }
  /** The connection was away; so many were said meanwhile, and follow. */
  | { readonly kind: "missed"; readonly count: number }
  /** Too much was said while the connection was away: what follows is the newest, with a hole before it. */
  | { readonly kind: "reloaded" };

/** Something that I said and that is not known to be kept yet. */
export interface Pending {
  readonly room: string;
  readonly nonce: string;
  readonly text: string;
  /** When I said it, in ms since 1970. */
  readonly at: number;
  /** Why the server will not have it; undefined while it is on its way, or waits for a connection. */
  readonly failed?: Failure;
}

/** What is known of a room that I am in. */
export interface RoomView {
  readonly name: string;
  /** Without a hole between two of kind "said", unless "reloaded" stands between them. Oldest first. */
  readonly items: readonly Item[];
  /** There is more before the first item, or after the last: then the timeline shows an older part, away from the end. */
  readonly moreBefore: boolean;
  readonly moreAfter: boolean;
  /** What I said here that is not kept yet, in order; it belongs after the last item. */
  readonly pending: readonly Pending[];
  /** How many were said, by others, after the last that I read; `unreadMore`: at least. */
  readonly unread: number;
  readonly unreadMore: boolean;
  /** How many of them mention me. */
  readonly mentions: number;
  /** I want to be told of nothing here but what mentions me. */
  readonly muted: boolean;
  /** What holds here; what I say waits for its time if the room is slow: then it is held. */
  readonly rules: Rules;
  readonly held: boolean;
  /** The newest id that I have read. */
  readonly lastRead: number;
  /** The names of those who are or were here, me too: who can be mentioned. */
  readonly names: KnownNames;
  readonly people: readonly Person[];
  /** How many people are here; more than `people` in a big room. */
  readonly count: number;
  /** Who else is typing at the moment. */
  readonly typing: readonly Person[];
  /** The server has let me in since the connection was made. */
  readonly joined: boolean;
  /** Whether a message was deleted while this page was open. */
  isDeleted(id: number): boolean;
}

/** What changed in a room's timeline, so that the view need not compare. */
export type TimelineChange =
  /** Everything: another window, or a reload. */
  | { readonly kind: "reset" }
  /** The last `count` items are new. */
  | { readonly kind: "appended"; readonly count: number }
  /** The first `count` items are new. */
  | { readonly kind: "prepended"; readonly count: number }
  /** `count` items that were the first are not held any more. */
  | { readonly kind: "dropped"; readonly count: number }
  /** These are not among the items any more, because they were deleted. */
  | { readonly kind: "deleted"; readonly said: readonly Said[] };

/** What the chat tells the page. */
export interface ChatListener {
  /** The connection's status changed. */
  status(status: Status): void;
  /** What I am called, or as what I was let in, changed, or is known for the first time. */
  me(me: Person): void;
  /** The list of rooms, or a room's unread count, changed. */
  rooms(): void;
  timeline(room: RoomView, change: TimelineChange): void;
  /** Others said something just now, whether the timeline shows it or not. */
  heard(room: RoomView, said: readonly Said[]): void;
  /** Others said something while there was no connection; `isAll`: and nothing before it that I have not had. */
  missed(room: RoomView, said: readonly Said[], isAll: boolean): void;
  /** Messages of a room were deleted, whether the timeline shows them or not. */
  deleted(room: RoomView, ids: readonly number[]): void;
  pending(room: RoomView): void;
  /** What holds in rooms, or whether I am muted, changed. */
  rules(): void;
  /** People, count or typing changed. */
  people(room: RoomView): void;
  /** The server refused something that is not about a pending message: a name, a room. */
  refused(refusal: Refusal): void;
}

/** What the page can do. Everything works offline, too: it happens when the connection is back. */
export interface ChatActions {
  readonly me: Person | undefined;
  /** As what the server let me in; undefined until it is known. */
  readonly role: Role | undefined;
  /** I came with a pass. */
  readonly hasPass: boolean;
  /** Whether somebody can't say anything in any room, which of others an administrator alone knows; undefined when not. */
  muteOf(user: string | undefined): Mute | undefined;
  /** In the order in which they were entered. */
  readonly rooms: ReadonlyMap<string, RoomView>;
  /** Of the server; MESSAGE_BYTES_MAX until it is known. */
  readonly textBytesMax: number;
  join(room: string): void;
  leave(room: string): void;
  /** Puts a text into the outbox, from where it goes to the server, now or later. */
  say(room: string, text: string): void;
  /** Tries a failed message once more. */
  resend(nonce: string): void;
  /** Takes a message out of the outbox; too late if it is on its way. */
  discard(nonce: string): void;
  /** Deletes what was said; false when that can't be done now. Whether it was shows when it is gone. */
  delete(room: string, id: number): boolean;
  /** Has something done, as an administrator; undefined when there is no connection, or no answer. */
  order(order: Order): Promise<Extract<Answer, { type: "done" | "error" }> | undefined>;
  rename(name: string): void;
  /** I am writing; may be called for each key. */
  typing(room: string): void;
  /** From now on I am told of nothing in a room but what mentions me, or of everything again. */
  mute(room: string, muted: boolean): void;
  /** I have read up to an id. */
  read(room: string, id: number): void;
  /** Loads the page before the first item, or after the last; resolves when it is in, or can't be had now. */
  older(room: string): Promise<void>;
  newer(room: string): Promise<void>;
  /** Goes to where an id is: a window around it; false when it is not there (any more), or not to be had now. */
  showAround(room: string, id: number): Promise<boolean>;
  /** Goes to where what is unread begins; false when that is not to be had now. */
  showUnread(room: string): Promise<boolean>;
  /** Goes back to the end. */
  showEnd(room: string): Promise<void>;
  /** Newest first; undefined when there is no connection or the server is busy. */
  search(query: string, before?: number): Promise<{ entries: readonly Said[]; more: boolean } | undefined>;
  /** Comes with a pass, or with what there is; the connection is made anew, also after its end. */
  enter(pass?: string): void;
  /** Forgets the pass and comes without. */
  forgetPass(): void;
  /** Makes the next attempt to connect or to send now, or finds out whether the connection is still alive. */
  retry(): void;
}

/** What the server says last before it ends a connection. */
const LAST_WORDS: ReadonlySet<string> = new Set<Refusal["code"]>(
  ["keyNeeded", "keyWrong", "tooManyTries", "linkEnded", "banned"],
);
/** What of it says that a pass is good for nothing. */
const SPOILT: ReadonlySet<string | undefined> = new Set<Refusal["code"]>(["keyWrong", "linkEnded"]);
const DAY_MS = 86_400_000;

/** How often it is looked whether another tab left something in the outbox, in ms; so old a message is taken over. */
export const ADOPT_MS = 60_000;

/** What the chat needs of the browser. */
export interface ChatPorts extends Ports {
  /** `localStorage`; may throw, or give nothing, where there is none. */
  storage(): Shelf | undefined;
}

/** The conversation as one tab knows it. Everything that is said goes through the outbox and comes back from the server. */
export class Chat implements ChatActions {
  readonly #ports: ChatPorts;
  readonly #listener: ChatListener;
  readonly #memory: Memory;
  readonly #identity: Identity;
  readonly #outbox: Outbox;
  readonly #sender: Sender;
  readonly #requests: Requests;
  readonly #bookmarks: Bookmarks;
  readonly #pages: Pages;
  readonly #rooms = new Map<string, Room>();
  /** Rooms that I have left, or am not in, where something of mine has yet to be said. */
  readonly #errands = new Map<string, Room>();
  /** How many items were appended to rooms since the page was last told. */
  readonly #grown = new Map<Room, number>();
  /** What others said in rooms since the page was last told. */
  readonly #heard = new Map<Room, Said[]>();
  readonly #timers = new Set<() => void>();
  #connection: Connection | undefined;
  #open = false;
  #roomsChanged = false;
  #epoch: string | undefined;
  #me: Person | undefined;
  #role: Role | undefined;
  /** The one room that a guest can be in. */
  #onlyRoom: string | undefined;
  /** Of me; of others, too, as long as I am an administrator. */
  #mutes = new Map<string, Mute>();
  /** The server let me in no more, or not at all, for want of a good pass. */
  #denied = false;
  /** The name and the pass that the server was told in the hello. */
  #helloName: string | undefined;
  #helloPass: string | undefined;
  #textBytesMax = MESSAGE_BYTES_MAX;

  constructor(ports: ChatPorts, listener: ChatListener) {
    this.#ports = ports;
    this.#listener = listener;
    this.#memory = new Memory(() => ports.storage());
    this.#identity = new Identity(this.#memory);
    this.#outbox = new Outbox(this.#memory, () => ports.now(), this.#identity.kept);
    this.#sender = new Sender(this.#outbox, this.#way(), ports);
    this.#requests = new Requests((ms, callback) => ports.after(ms, callback));
    this.#bookmarks = new Bookmarks(this.#memory);
    this.#pages = new Pages(
      this.#rooms,
      (room, where) => this.#history(room, where),
      (room, change) => this.#tell(room, change),
    );
    for (const name of this.#bookmarks.rooms) this.#rooms.set(name, this.#makeRoom(name));
    for (const name of this.#outbox.rooms) this.#pendingChanged(name, false);
  }

  /** Connects. The listener hears nothing before that. */
  start(): void {
    this.#connection = new Connection(this.#ports, {
      hello: () => this.#hello(),
      received: (message) => this.#received(message),
      settled: () => this.#flush(),
      changed: (status) => this.#changed(status),
    });
    this.#every(ADOPT_MS, () => {
      for (const { room } of this.#outbox.adopt(ADOPT_MS)) this.#pendingChanged(room);
      this.#sender.go();
    });
  }

  /** Ends it, as closing the tab does. */
  stop(): void {
    this.#connection?.stop();
    this.#open = false;
    this.#sender.lost();
    this.#requests.clear();
    for (const room of this.#everyRoom()) room.exit();
    for (const callOff of this.#timers) callOff();
  }

  get me(): Person | undefined {
    return this.#me;
  }

  get role(): Role | undefined {
    return this.#role;
  }

  get hasPass(): boolean {
    return this.#identity.pass !== undefined;
  }

  muteOf(user: string | undefined): Mute | undefined {
    const mute = this.#mutes.get(user ?? "");
    return mute && this.#ports.now() < (mute.until ?? Infinity) ? mute : undefined;
  }

  get rooms(): ReadonlyMap<string, RoomView> {
    return this.#rooms;
  }

  get textBytesMax(): number {
    return this.#textBytesMax;
  }

  /** What I said and the server does not have yet survives closing this tab; false where the browser keeps nothing. */
  get outboxKept(): boolean {
    return this.#outbox.kept;
  }

  join(name: string): void {
    if (this.#rooms.has(name)) return;
    if (!isRoomName(name)) return this.#refuse("badRoom", name);
    if ((this.#onlyRoom ?? name) !== name) return this.#refuse("notAllowed", name);
    if (this.#rooms.size >= ROOMS_PER_CLIENT_MAX) return this.#refuse("tooManyRooms", name);
    const room = this.#list(name);
    this.#bookmarks.enter(name);
    this.#enter(room);
  }

  leave(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    this.#rooms.delete(name);
    this.#bookmarks.leave(name);
    for (const { nonce, failed } of room.pending) if (failed !== undefined) this.#outbox.remove(nonce);
    this.#errands.set(name, room);
    this.#endErrand(name);
    this.#listener.rooms();
  }

  say(name: string, text: string): void {
    if (text.trim() === "") return;
    this.join(name);
    const room = this.#rooms.get(name);
    if (room === undefined) return;
    // Half of a surrogate pair can't be written as UTF-8.
    this.#outbox.add(name, text.toWellFormed());
    room.hintedAt = 0;
    this.#pendingChanged(name);
    this.#sender.go();
  }

  resend(nonce: string): void {
    const pending = this.#outbox.resend(nonce);
    if (pending === undefined) return;
    this.#pendingChanged(pending.room);
    this.#sender.go();
  }

  discard(nonce: string): void {
    this.#settle(nonce);
  }

  delete(room: string, id: number): boolean {
    return this.#send({ type: "delete", room, id });
  }

  async order(order: Order): Promise<Extract<Answer, { type: "done" | "error" }> | undefined> {
    const answer = await this.#requests.ask((ref) => this.#send({ type: "order", ref, order }));
    return answer?.type === "done" || answer?.type === "error" ? answer : undefined;
  }

  rename(name: string): void {
    this.#identity.wish(cleanName(name));
    this.#send({ type: "rename", name: this.#identity.name! });
  }

  typing(name: string): void {
    const room = this.#rooms.get(name);
    if (!room?.joined || Math.abs(this.#ports.now() - room.hintedAt) < HINT_MS) return;
    if (this.#send({ type: "typing", room: name })) room.hintedAt = this.#ports.now();
  }

  mute(name: string, muted: boolean): void {
    const room = this.#rooms.get(name);
    if (room === undefined || room.muted === muted) return;
    this.#bookmarks.mute(name, muted);
    room.muted = muted;
    this.#listener.rooms();
  }

  read(name: string, id: number): void {
    const room = this.#rooms.get(name);
    if (this.#epoch === undefined || !room?.read(id)) return;
    this.#bookmarks.read(name, this.#epoch, id);
    this.#listener.rooms();
  }

  older(name: string): Promise<void> {
    return this.#pages.older(name);
  }

  newer(name: string): Promise<void> {
    return this.#pages.newer(name);
  }

  showAround(name: string, id: number): Promise<boolean> {
    return this.#pages.showAround(name, id);
  }

  showUnread(name: string): Promise<boolean> {
    return this.#pages.showUnread(name);
  }

  showEnd(name: string): Promise<void> {
    return this.#pages.showEnd(name);
  }

  async search(query: string, before?: number): Promise<Page | undefined> {
    const found = await this.#requests.ask((ref) =>
      this.#send({ type: "search", ref, query, ...(before === undefined ? {} : { before }) })
    );
    if (found?.type !== "found") return undefined;
    return { ...found, entries: found.entries.filter(({ room, id }) => !this.#find(room)?.isDeleted(id)) };
  }

  enter(pass?: string): void {
    if (pass) this.#identity.bring(pass);
    // Before the start it is enough to know it.
    this.#connection?.restart();
  }

  forgetPass(): void {
    this.#identity.forget(this.#identity.pass);
    this.enter();
  }

  retry(): void {
    this.#connection?.retry();
    this.#sender.retry();
  }

  /** Another tab changed the storage: for `addEventListener("storage", …)`, whose key is null when all was deleted. */
  storageChanged(key: string | null): void {
    if (key === null) return;
    if (key === MUTED_KEY) {
      const { muted } = this.#bookmarks;
      for (const room of this.#rooms.values()) room.muted = muted.has(room.name);
      this.#listener.rooms();
    }
    // Another tab has one that is good.
    if (key === PASS_KEY && this.#denied && this.hasPass) this.enter();
    const read = bookmarkedRoom(key);
    if (read !== undefined && this.#epoch !== undefined) {
      const id = this.#bookmarks.lastRead(read, this.#epoch);
      if (id !== undefined && this.#rooms.get(read)?.read(id)) this.#listener.rooms();
    }
    const settled = this.#outbox.changed(key);
    if (settled === undefined) return;
    this.#pendingChanged(settled.room);
    this.#sender.settled(settled.nonce);
  }

  #hello(): ClientMessage {
    if (this.#rooms.size === 0) {
      this.#list(DEFAULT_ROOM);
      this.#bookmarks.enter(DEFAULT_ROOM);
    }
    const rooms = this.#everyRoom().slice(0, ROOMS_PER_CLIENT_MAX).map((room) => {
      room.entering = true;
      return { room: room.name, ...(room.cursor === undefined ? {} : { after: room.cursor }) };
    });
    const { secret, name, pass } = this.#identity;
    const epoch = this.#epoch;
    this.#helloName = name;
    this.#helloPass = pass;
    return {
      type: "hello",
      secret,
      ...(name === undefined ? {} : { name }),
      ...(pass === undefined ? {} : { pass }),
      ...(epoch === undefined ? {} : { epoch }),
      rooms,
    };
  }

  #changed(status: Status): void {
    this.#open = status.state === "open";
    if (this.#open) {
      // What was wanted between the hello and the welcome.
      for (const room of this.#everyRoom()) this.#enter(room);
      const { name } = this.#identity;
      if (name !== undefined && name !== this.#helloName) this.#send({ type: "rename", name });
    } else {
      const tooBig = status.state === "waiting" && status.code === Disconnect.tooBig.code;
      this.#sender.lost(tooBig ? { code: "tooLong" } : undefined);
      this.#requests.clear();
      for (const room of this.#everyRoom()) {
        const wasJoined = room.joined;
        room.exit();
        if (wasJoined) this.#peopleChanged(room);
      }
      this.#flush();
    }
    this.#denied = status.state === "ended" && status.code === Disconnect.denied.code;
    if (this.#denied && status.state === "ended" && SPOILT.has(status.refusal?.code)) {
      this.#identity.forget(this.#helloPass);
    }
    this.#listener.status(status);
    this.#sender.go();
  }

  #received(message: ServerMessage): void {
    // Whatever comes before the welcome is not for me.
    if (this.#me === undefined && message.type !== "welcome" && message.type !== "error") return;
    switch (message.type) {
      case "welcome":
        return this.#welcome(message);
      case "joined":
        return this.#joined(message);
      case "said":
        return this.#said(message);
      case "kept":
        return this.#settle(message.nonce);
      case "deleted":
        return this.#inRoom(message.room, (room) => {
          if (!room.isNews(message.id)) return;
          room.advance(message.id);
          this.#deleted(room, [message.message]);
        });
      case "rules":
        return this.#inRoom(message.room, (room) => {
          room.rules = message;
          this.#listener.rules();
        });
      case "mute":
        if (message.muted) this.#mutes.set(message.user, message);
        else this.#mutes.delete(message.user);
        return this.#tellMute();
      case "people":
        return this.#inRoom(message.room, (room) => {
          room.update(message);
          this.#peopleChanged(room);
        });
      case "typing":
        return this.#inRoom(message.room, (room) => {
          room.typists.heard(message.people.filter(({ id }) => id !== this.#me?.id));
        });
      case "renamed":
        this.#identity.accepted(message.name);
        return this.#called(this.#me!.id, message.name);
      case "history":
      case "found":
        for (const said of message.entries) this.#acknowledge(said);
        return this.#requests.answer(message.ref, message);
      case "done":
        return this.#requests.answer(message.ref, message);
      case "pong":
        return;
      case "error":
        return this.#refused(message);
    }
  }

  #welcome({ epoch, id, name, role, room, textBytesMax, mutes = [] }: Welcome): void {
    if (this.#epoch !== undefined && this.#epoch !== epoch) {
      for (const room of this.#everyRoom()) {
        room.forget();
        this.#tell(room, { kind: "reset" });
      }
      this.#roomsChanged = true;
    }
    this.#epoch = epoch;
    this.#textBytesMax = textBytesMax;
    if (name === this.#identity.name) this.#identity.accepted(name);
    this.#identity.admitted(role);
    const isOther = role !== this.#role;
    this.#role = role;
    this.#called(id, name, isOther);
    this.#keepTo(room);
    this.#mutes = new Map(mutes.map((mute) => [mute.user, mute]));
    this.#tellMute();
  }

  /** Shows a guest their one room alone; whoever is a guest no more is in the rooms again where they have been. */
  #keepTo(only: string | undefined): void {
    const before = this.#onlyRoom;
    this.#onlyRoom = only;
    if (only === before) return;
    this.#list(only ?? before!, false);
    if (only === undefined) { for (const name of this.#bookmarks.rooms) this.#list(name, false); }
    for (const room of [...this.#rooms.values()]) {
      if ((only ?? room.name) === room.name) continue;
      this.#rooms.delete(room.name);
      if (room.pending.length > 0) this.#errands.set(room.name, room);
    }
    this.#listener.rooms();
  }

  #called(id: string, name: string, isOther = false): void {
    if (this.#me?.id === id && this.#me.name === name && !isOther) return;
    this.#me = { id, name };
    for (const room of this.#everyRoom()) room.called(this.#me);
    this.#listener.me(this.#me);
  }

  #joined(joined: Joined): void {
    const room = this.#find(joined.room);
    if (room === undefined) return;
    this.#flush();
    for (const said of joined.entries) this.#acknowledge(said);
    const remembered = this.#bookmarks.lastRead(room.name, this.#epoch!);
    // A server that is older than this page, as after an update was taken back, tells of none.
    this.#deleted(room, joined.deleted ?? []);
    const missed = room.cursor === undefined ? [] : room.newsIn(joined.entries, this.#me!);
    const change = room.enter(joined, this.#me!, remembered);
    if (remembered === undefined) this.#bookmarks.read(room.name, this.#epoch!, room.lastRead);
    if (change !== undefined) this.#tell(room, change);
    if (missed.length > 0 && this.#rooms.get(room.name) === room) {
      this.#listener.missed(room, missed, joined.start === "resumed");
    }
    this.#peopleChanged(room);
    this.#listener.rules();
    this.#roomsChanged = true;
    this.#sender.go();
  }

  #deleted(room: Room, ids: readonly number[]): void {
    if (ids.length === 0) return;
    // What is about to be shown is not among what goes.
    this.#flush();
    const change = room.delete(ids);
    if (change !== undefined) this.#tell(room, change);
    this.#listener.deleted(room, ids);
    this.#roomsChanged = true;
  }

  #said(said: Said): void {
    this.#acknowledge(said);
    this.#inRoom(said.room, (room) => {
      room.typists.stopped(said.user);
      if (!room.isNews(said.id)) return;
      if (said.user !== this.#me!.id && said.text !== "") {
        const heard = this.#heard.get(room);
        if (heard === undefined) this.#heard.set(room, [said]);
        else heard.push(said);
      }
      const { unread, unreadMore, mentions } = room;
      const change = room.hear(said, this.#me!);
      if (change?.kind === "appended") this.#grown.set(room, (this.#grown.get(room) ?? 0) + change.count);
      else if (change !== undefined) this.#tell(room, change);
      if (room.unread !== unread || room.unreadMore !== unreadMore || room.mentions !== mentions) {
        this.#roomsChanged = true;
      }
    });
  }

  #refused(refusal: Refusal): void {
    const { code, room: name, nonce, ref } = refusal;
    if (nonce !== undefined) return this.#sender.refused(nonce, refusal);
    if (ref !== undefined) return this.#requests.answer(ref, refusal);
    // The end of the connection, which follows, tells of these.
    if (LAST_WORDS.has(code)) return;
    const room = name === undefined ? undefined : this.#find(name);
    // What a guest was in before it was known that they are one.
    if (code === "notAllowed" && name !== undefined && room === undefined) return;
    if (room?.entering) return this.#refusedEntry(room, refusal);
    if (room !== undefined && code === "notJoined") {
      room.exit();
      return this.#enter(room);
    }
    // A hint that was one too many is nothing to tell anybody.
    if (room !== undefined && REFUSALS[code]?.retry && code !== "storage") return;
    if (code === "nameTaken" || code === "badName") this.#identity.refused();
    this.#listener.refused(refusal);
  }

  #refusedEntry(room: Room, refusal: Refusal): void {
    room.entering = false;
    if (REFUSALS[refusal.code]?.retry) {
      this.#sender.entryDelayed();
      this.#later(backoff(room.refusals++, this.#ports.random()), () => this.#enter(room));
      return;
    }
    const { code, reason } = refusal;
    this.#rooms.delete(room.name);
    if (this.#onlyRoom === undefined) this.#bookmarks.leave(room.name);
    this.#errands.set(room.name, room);
    for (const { nonce, failed } of room.pending) if (failed === undefined) this.#fail(nonce, { code, reason });
    this.#endErrand(room.name);
    this.#roomsChanged = true;
    this.#listener.refused(refusal);
  }

  /** If it is mine, it is kept: it can go from the outbox. */
  #acknowledge({ user, nonce }: Said): void {
    if (user === this.#me!.id) this.#settle(nonce);
  }

  /** Whether I am muted may have changed. When it ends by itself nobody says so. */
  #tellMute(): void {
    this.#listener.rules();
    const mute = this.muteOf(this.#me?.id);
    if (mute?.until === undefined) return;
    // A timer can't wait for more than that.
    this.#later(Math.min(mute.until - this.#ports.now(), DAY_MS), () => {
      if (this.#mutes.get(mute.user) === mute) this.#tellMute();
    });
  }

  /** Takes a message out of the outbox, whichever tab's it is, and goes on with the next. */
  #settle(nonce: string): void {
    const pending = this.#outbox.remove(nonce);
    if (pending === undefined) return;
    this.#pendingChanged(pending.room);
    this.#sender.settled(nonce);
    this.#endErrand(pending.room);
  }

  #fail(nonce: string, failure: Failure): void {
    this.#outbox.fail(nonce, failure);
    const pending = this.#outbox.get(nonce);
    if (pending === undefined) return;
    // Nobody must find out by chance that something was not said.
    this.#list(pending.room);
    this.#pendingChanged(pending.room);
  }

  #pendingChanged(name: string, tell = true): void {
    let room = this.#find(name);
    if (room === undefined) this.#errands.set(name, room = this.#makeRoom(name));
    room.pending = this.#outbox.of(name);
    if (room.pending.some(({ failed }) => failed !== undefined)) this.#list(name, tell);
    if (tell && this.#rooms.has(name)) this.#listener.pending(room);
  }

  /** When all is said in a room that I am not in otherwise, I leave it. */
  #endErrand(name: string): void {
    const room = this.#errands.get(name);
    if (room === undefined || this.#outbox.of(name).length > 0) return;
    this.#errands.delete(name);
    if (room.joined || room.entering) this.#send({ type: "leave", room: name });
    room.exit();
  }

  #list(name: string, tell = true): Room {
    const listed = this.#rooms.get(name);
    if (listed !== undefined) return listed;
    const errand = this.#errands.get(name);
    const room = errand ?? this.#makeRoom(name);
    this.#errands.delete(name);
    this.#rooms.set(name, room);
    if (tell) this.#listener.rooms();
    if (tell && errand !== undefined) this.#tell(room, { kind: "reset" });
    return room;
  }

  #makeRoom(name: string): Room {
    const room: Room = new Room(
      name,
      new Typing((ms, callback) => this.#ports.after(ms, callback), () => this.#peopleChanged(room)),
    );
    room.muted = this.#bookmarks.muted.has(name);
    return room;
  }

  #find(name: string): Room | undefined {
    return this.#rooms.get(name) ?? this.#errands.get(name);
  }

  #everyRoom(): Room[] {
    return [...this.#rooms.values(), ...this.#errands.values()];
  }

  /** What comes from a room that I am not in any more, or not yet again, is left out. */
  #inRoom(name: string, action: (room: Room) => void): void {
    const room = this.#find(name);
    if (room?.joined) action(room);
  }

  #enter(room: Room): void {
    if (room.joined || room.entering || this.#find(room.name) !== room) return;
    room.entering = this.#send({ type: "join", room: room.name });
  }

  #way(): Way {
    const isOpen = () => this.#open;
    const textBytesMax = () => this.#textBytesMax;
    return {
      get open() {
        return isOpen();
      },
      get textBytesMax() {
        return textBytesMax();
      },
      ready: (name) => this.#find(name)?.joined ?? false,
      enter: (name) => this.#enter(this.#find(name)!),
      expelled: (name) => this.#find(name)?.exit(),
      pauseMs: (name) => (this.#find(name)?.rules.slow ?? 0) * 1_000,
      held: (name, isHeld) => {
        const room = this.#find(name);
        if (room === undefined) return;
        room.held = isHeld;
        this.#pendingChanged(name);
      },
      say: ({ room, nonce, text }) => this.#send({ type: "say", room, nonce, text }),
      stalled: (retryMs) =>
        this.#listener.status(retryMs === undefined ? { state: "open" } : { state: "stalled", retryMs }),
      stuck: () => this.#connection?.giveUp(),
      failed: (nonce, failure) => this.#fail(nonce, failure),
    };
  }

  async #history(room: Room, where: { before: number } | { after: number }): Promise<Page | undefined> {
    if (!room.joined) return undefined;
    const page = await this.#requests.ask((ref) => this.#send({ type: "history", ref, room: room.name, ...where }));
    return page?.type === "history" ? room.current(page) : undefined;
  }

  #send(message: ClientMessage): boolean {
    return this.#open && this.#connection!.send(message);
  }

  /** What the server would refuse; it is not asked, so there is nothing that it says. */
  #refuse(code: Refusal["code"], room: string): void {
    this.#listener.refused({ type: "error", code, reason: "", room });
  }

  #tell(room: Room, change: TimelineChange): void {
    const count = this.#grown.get(room);
    this.#grown.delete(room);
    if (count !== undefined && change.kind !== "reset") {
      this.#tellListed(room, { kind: "appended", count });
    }
    this.#tellListed(room, change);
  }

  #peopleChanged(room: Room): void {
    if (this.#rooms.get(room.name) === room) this.#listener.people(room);
  }

  #tellListed(room: Room, change: TimelineChange): void {
    if (this.#rooms.get(room.name) === room) this.#listener.timeline(room, change);
  }

  /** Tells the page what many messages that came at once have changed. */
  #flush(): void {
    for (const [room, count] of this.#grown) {
      this.#grown.delete(room);
      this.#tellListed(room, { kind: "appended", count });
      const dropped = room.trim(count);
      if (dropped !== undefined) this.#tellListed(room, dropped);
    }
    for (const [room, said] of this.#heard) {
      this.#heard.delete(room);
      if (this.#rooms.get(room.name) === room) this.#listener.heard(room, said);
    }
    if (!this.#roomsChanged) return;
    this.#roomsChanged = false;
    this.#listener.rooms();
  }

  #later(ms: number, callback: () => void): void {
    const callOff = this.#ports.after(ms, () => {
      this.#timers.delete(callOff);
      callback();
    });
    this.#timers.add(callOff);
  }

  #every(ms: number, callback: () => void): void {
    this.#later(ms, () => {
      this.#every(ms, callback);
      callback();
    });
  }
}
