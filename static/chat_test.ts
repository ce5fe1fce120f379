import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  type ClientMessage,
  type Deleted,
  Disconnect,
  encode,
  type Joined,
  type Mute,
  PAGE_ENTRIES,
  parseClientMessage,
  type Refusal,
  type Role,
  type Rules,
  type Said,
  type ServerMessage,
} from "../protocol.ts";
import { ADOPT_MS, Chat, type ChatListener, type Item, type RoomView, type TimelineChange } from "./chat.ts";
import type { Shelf } from "./chat_memory.ts";
import { ITEMS_MAX, UNREAD_ITEMS_MAX } from "./chat_timeline.ts";
import { HINT_MS, TYPING_MS } from "./chat_typing.ts";
import { CONNECT_MS_MAX, PROBE_MS_MAX, type Status } from "./connection.ts";
import { NAME_KEY, PASS_KEY } from "./identity.ts";
import { OUTBOX_PREFIX } from "./outbox.ts";
import { ECHO_MS_MAX } from "./outbox_sender.ts";

/** How long a message is under way, in ms, and how much later than answers the lines of a room are. */
const WIRE_MS = 20;
const SWEEP_MS = 15;
/** More than this is not resumed by the fake server. */
const RESUMED_MAX = 20;
/** Long enough for every wait, deadline and back-off to pass. */
const LONG_MS = 10 * 60_000;

/** A clock that only the test moves. */
class Clock {
  now = 1_700_000_000_000;
  #timers: { at: number; callback: () => void }[] = [];

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.now + ms, callback };
    this.#timers.push(timer);
    return () => this.#timers = this.#timers.filter((other) => other !== timer);
  }

  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await promisesKept();
    while (true) {
      const next = this.#timers.reduce((a, b) => b.at < a.at ? b : a, { at: Infinity, callback: () => {} });
      if (next.at > end) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.now = Math.max(this.now, next.at);
      next.callback();
      await promisesKept();
    }
    this.now = end;
  }
}

async function promisesKept(): Promise<void> {
  for (let i = 0; i < 10; i++) await undefined;
}

/** One end of a connection: what a browser sees of it. */
class FakeWebSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readyState = 0;
  /** The other end. */
  readonly connection: ServerConnection;

  constructor(connection: ServerConnection) {
    this.connection = connection;
  }

  send(frame: string): void {
    this.connection.carry(() => {
      for (const line of frame.split("\n")) this.connection.received(parseClientMessage(line) as ClientMessage);
    });
  }

  close(): void {
    this.readyState = 3;
    this.connection.gone();
  }
}

/** The server's end of a connection. */
class ServerConnection {
  readonly server: FakeServer;
  readonly socket = new FakeWebSocket(this);
  /** The id up to which it was sent the lines of each room. */
  readonly rooms = new Map<string, number>();
  user: string | undefined;
  /** The network swallows everything. */
  silent = false;
  /** It came to its end. */
  over = false;

  constructor(server: FakeServer) {
    this.server = server;
  }

  /** Does something at the other end of the wire, in order. */
  carry(action: () => void): void {
    this.server.clock.after(WIRE_MS, () => {
      if (!this.silent && !this.over) action();
    });
  }

  write(...messages: ServerMessage[]): void {
    this.carry(() => this.socket.onmessage?.({ data: messages.map(encode).join("\n") }));
  }

  cut(code = 1006, reason = ""): void {
    if (this.over) return;
    this.gone();
    this.socket.readyState = 3;
    this.server.clock.after(WIRE_MS, () => this.socket.onclose?.({ code, reason }));
  }

  turnAway(code: Refusal["code"], disconnect: Disconnect, detail?: string): void {
    this.write({ type: "error", code, reason: `No: ${code}`, detail });
    this.carry(() => {
      this.gone();
      this.socket.readyState = 3;
      this.socket.onclose?.(disconnect);
    });
  }

  gone(): void {
    this.over = true;
    this.server.connections.delete(this);
  }

  received(message: ClientMessage): void {
    this.server.heard.push(message);
    this.server.handle(this, message);
  }
}

/** A server in memory: it keeps a log, drops what it has already, and answers as docs/PROTOCOL.md says. */
class FakeServer {
  readonly clock: Clock;
  readonly connections = new Set<ServerConnection>();
  readonly heard: ClientMessage[] = [];
  readonly names = new Map<string, string>();
  readonly taken = new Set<string>();
  log: Said[] = [];
  readonly deletions: Deleted[] = [];
  /** What lets people in, if that takes anything; and as what. */
  key: string | undefined;
  role: Role = "member";
  /** The one room that guests can be in. */
  onlyRoom: string | undefined;
  rules: Rules = { locked: false, slow: 0 };
  pageEntries = PAGE_ENTRIES;
  /** How long it takes from reading a page of history to writing it, in ms: lines may pass it meanwhile. */
  historyMs = 0;
  epoch = "first";
  /** Whether it can be reached. */
  up = true;
  /** It never welcomes anybody. */
  mute = false;
  /** Of whom whoever comes is told that they are muted. */
  mutes: readonly Mute[] = [];
  /** What becomes of something that is said, or of somebody who wants in. */
  refuseSay: (message: ClientMessage & { type: "say" }) => Refusal["code"] | undefined = () => undefined;
  /** What it says of it more than that. */
  detail: string | undefined;
  refuseJoin: (room: string) => Refusal["code"] | undefined = () => undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  open(): WebSocket {
    const connection = new ServerConnection(this);
    if (!this.up) {
      connection.cut();
    } else {
      this.connections.add(connection);
      connection.carry(() => {
        connection.socket.readyState = 1;
        connection.socket.onopen?.();
      });
    }
    return connection.socket as unknown as WebSocket;
  }

  /** Something that is about no room. */
  tellAll(message: ServerMessage): void {
    for (const connection of this.connections) connection.write(message);
  }

  /** Someone says something over a connection of which the test is not told. */
  say(text: string, user = "someone", room = "lobby"): Said {
    const said: Said = {
      type: "said",
      id: this.#nextId(),
      room,
      user,
      name: user,
      text,
      nonce: `n${this.#nextId()}`,
      at: 0,
    };
    this.#keep(said);
    return said;
  }

  tell(message: ServerMessage & { room: string }): void {
    for (const connection of this.connections) if (connection.rooms.has(message.room)) connection.write(message);
  }

  of(room: string): Said[] {
    return this.log.filter((said) => said.room === room);
  }

  /** Deletes a message; those who are there are told when the lines of its room are. */
  delete(said: Said): void {
    const deletion: Deleted = { type: "deleted", id: this.#nextId(), room: said.room, message: said.id };
    this.log = this.log.filter((other) => other !== said);
    this.deletions.push(deletion);
    this.#sweep(said.room);
  }

  /** Says why to everybody, and ends their connections. */
  turnAway(code: Refusal["code"], disconnect: Disconnect, detail?: string): void {
    for (const connection of [...this.connections]) connection.turnAway(code, disconnect, detail);
  }

  restart(epoch: string): void {
    this.epoch = epoch;
    this.log = [];
    for (const connection of [...this.connections]) connection.cut(Disconnect.goingAway.code);
  }

  handle(connection: ServerConnection, message: ClientMessage): void {
    if (this.mute) return;
    switch (message.type) {
      case "hello": {
        if (message.pass !== this.key) {
          return connection.turnAway(message.pass === undefined ? "keyNeeded" : "keyWrong", Disconnect.denied);
        }
        const user = connection.user = `u${message.secret.slice(0, 6)}`;
        const nameTaken = message.name !== undefined && this.taken.has(message.name);
        const name = nameTaken ? undefined : message.name;
        this.names.set(user, name ?? this.names.get(user) ?? `guest-${user}`);
        connection.write({
          type: "welcome",
          epoch: this.epoch,
          id: user,
          name: this.names.get(user)!,
          role: this.role,
          room: this.onlyRoom,
          textBytesMax: 1_000,
          mutes: this.mutes,
        });
        if (nameTaken) connection.write({ type: "error", code: "nameTaken", reason: "That name is taken" });
        for (const { room, after } of message.rooms) this.#join(connection, room, after, message.epoch);
        return;
      }
      case "join":
        return this.#join(connection, message.room);
      case "leave":
        connection.rooms.delete(message.room);
        return;
      case "say":
        return this.#say(connection, message);
      case "delete": {
        const said = this.log.find(({ id }) => id === message.id);
        if (said) return this.delete(said);
        return connection.write({ type: "error", code: "notFound", reason: "It is gone", room: message.room });
      }
      case "order": {
        const { ref } = message;
        if (this.role !== "admin") return connection.write({ type: "error", code: "notAllowed", reason: "No", ref });
        return connection.write({ type: "done", ref, id: this.#nextId(), secret: `made for ${message.order.type}` });
      }
      case "typing":
        return this.tell({
          type: "typing",
          room: message.room,
          people: [{ id: connection.user!, name: this.names.get(connection.user!)! }],
        });
      case "rename": {
        if (this.taken.has(message.name)) {
          return connection.write({ type: "error", code: "nameTaken", reason: "That name is taken" });
        }
        this.names.set(connection.user!, message.name);
        for (const other of this.connections) {
          if (other.user === connection.user) other.write({ type: "renamed", name: message.name });
        }
        return;
      }
      case "history": {
        const { ref, room, before = Infinity, after } = message;
        if (!connection.rooms.has(room)) {
          return connection.write({ type: "error", code: "notJoined", reason: "You are not there", ref });
        }
        const all = this.of(room).filter(({ id }) => after === undefined ? id < before : id > after);
        const entries = after === undefined ? all.slice(-this.pageEntries) : all.slice(0, this.pageEntries);
        this.clock.after(this.historyMs, () => {
          connection.write({ type: "history", ref, entries, more: all.length > entries.length });
        });
        return;
      }
      case "search": {
        const entries = this.log.filter(({ text }) => text.includes(message.query)).reverse();
        return connection.write({ type: "found", ref: message.ref, entries, more: false });
      }
      case "ping":
        return connection.write({ type: "pong" });
    }
  }

  #say(connection: ServerConnection, message: ClientMessage & { type: "say" }): void {
    const { room, nonce, text } = message;
    const refuse = (code: Refusal["code"]) =>
      connection.write({ type: "error", code, reason: `No: ${code}`, detail: this.detail, room, nonce });
    if (!connection.rooms.has(room)) return refuse("notJoined");
    const code = this.refuseSay(message);
    if (code !== undefined) return refuse(code);
    const user = connection.user!;
    const known = this.log.find((said) => said.user === user && said.nonce === nonce);
    // An answer does not wait behind the lines of the room.
    if (known !== undefined) return connection.write({ type: "kept", room, nonce, id: known.id });
    this.#keep({ type: "said", id: this.#nextId(), room, user, name: this.names.get(user)!, text, nonce, at: 0 });
  }

  #join(connection: ServerConnection, room: string, after?: number, epoch?: string): void {
    const code = (this.onlyRoom ?? room) === room ? this.refuseJoin(room) : "notAllowed";
    if (code !== undefined) return connection.write({ type: "error", code, reason: `No: ${code}`, room });
    const all = this.of(room);
    const since = all.filter(({ id }) => id > (after ?? 0));
    const start: Joined["start"] = after === undefined
      ? "fresh"
      : epoch === this.epoch && since.length <= RESUMED_MAX
      ? "resumed"
      : "reload";
    const entries = start === "resumed" ? since : all.slice(-this.pageEntries);
    const last = this.#lines(room).at(-1)?.id ?? 0;
    const deletions = this.deletions.filter(({ id, room: other }) => other === room && id > (after ?? 0));
    connection.rooms.set(room, last);
    const people = [{ id: connection.user!, name: this.names.get(connection.user!)! }];
    connection.write({
      type: "joined",
      room,
      start,
      entries,
      more: all.length > entries.length,
      last,
      people,
      count: people.length,
      rules: this.rules,
      deleted: start === "resumed" ? deletions.map(({ message }) => message) : [],
    });
  }

  #keep(said: Said): void {
    this.log.push(said);
    this.#sweep(said.room);
  }

  /** Soon writes everything that a connection has not been sent of a room, in one frame. */
  #sweep(room: string): void {
    this.clock.after(SWEEP_MS, () => {
      for (const connection of this.connections) {
        const sent = connection.rooms.get(room);
        if (sent === undefined) continue;
        const lines = this.#lines(room).filter(({ id }) => id > sent);
        connection.rooms.set(room, lines.at(-1)?.id ?? sent);
        if (lines.length > 0) connection.write(...lines);
      }
    });
  }

  /** What was said and deleted in a room, in order. */
  #lines(room: string): (Said | Deleted)[] {
    return [...this.log, ...this.deletions].filter((line) => line.room === room).sort((a, b) => a.id - b.id);
  }

  #nextId(): number {
    // Ids order all rooms together, and have gaps.
    return Math.max(this.log.at(-1)?.id ?? 0, this.deletions.at(-1)?.id ?? 0) + 3;
  }
}

/** What a browser keeps for all of its tabs. */
class Browser {
  readonly kept = new Map<string, string>();
  readonly tabs = new Set<Tab>();
  /** It has no room left. */
  full = false;

  /** The storage as one tab has it: the others are told of what it does. */
  shelf(tab: Tab): Shelf {
    const { kept } = this;
    const tell = (key: string) => {
      for (const other of this.tabs) if (other !== tab) tab.clock.after(1, () => other.chat.storageChanged(key));
    };
    return {
      get length() {
        return kept.size;
      },
      key: (index) => [...kept.keys()][index] ?? null,
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => {
        if (this.full) throw new Error("QuotaExceededError");
        kept.set(key, value);
        tell(key);
      },
      removeItem: (key) => {
        kept.delete(key);
        tell(key);
      },
    };
  }

  get outbox(): string[] {
    return [...this.kept.keys()].filter((key) => key.startsWith(OUTBOX_PREFIX));
  }
}

/** A page that is open. It keeps what it shows by the changes alone, and so finds out when they are wrong. */
class Tab implements ChatListener {
  readonly clock: Clock;
  readonly browser: Browser;
  readonly statuses: Status[] = [];
  readonly refusals: Refusal[] = [];
  readonly changes: TimelineChange[] = [];
  readonly shown = new Map<string, Item[]>();
  readonly names: string[] = [];
  /** What the page was told that others said just now. */
  readonly heardWords: string[] = [];
  /** What it was told that they said meanwhile. */
  readonly missedWords: string[] = [];
  /** What it was told that is gone. */
  readonly deletions: string[] = [];
  /** How often it was told that what holds has changed. */
  rulesTold = 0;
  readonly chat: Chat;

  constructor(server: FakeServer, browser = new Browser(), random: () => number = () => 0.5) {
    const clock = this.clock = server.clock;
    this.browser = browser;
    browser.tabs.add(this);
    this.chat = new Chat({
      open: () => server.open(),
      after: (ms, callback) => clock.after(ms, callback),
      now: () => clock.now,
      random,
      storage: () => browser.shelf(this),
    }, this);
    this.chat.start();
  }

  close(): void {
    this.browser.tabs.delete(this);
    this.chat.stop();
  }

  room(name = "lobby"): RoomView {
    return this.chat.rooms.get(name)!;
  }

  said(name = "lobby"): Said[] {
    return this.room(name).items.flatMap((item) => item.kind === "said" ? [item.said] : []);
  }

  /** What one sees, as words. */
  words(name = "lobby"): string[] {
    return this.room(name).items.map((item) =>
      item.kind === "said" ? item.said.text : item.kind === "missed" ? `missed ${item.count}` : item.kind
    );
  }

  pendingWords(name = "lobby"): string[] {
    return this.room(name).pending.map(({ text, failed }) =>
      failed === undefined ? text : `${text}: ${"reason" in failed ? failed.reason : failed.code}`
    );
  }

  status(status: Status): void {
    this.statuses.push(status);
  }

  me({ name }: { name: string }): void {
    this.names.push(name);
  }

  rooms(): void {}

  timeline(room: RoomView, change: TimelineChange): void {
    this.changes.push(change);
    const before = this.shown.get(room.name) ?? [];
    const shown = change.kind === "reset"
      ? [...room.items]
      : change.kind === "appended"
      ? [...before, ...room.items.slice(room.items.length - change.count)]
      : change.kind === "dropped"
      ? before.slice(change.count)
      : change.kind === "deleted"
      ? before.filter((item) => item.kind !== "said" || !change.said.includes(item.said))
      : [...room.items.slice(0, change.count), ...before];
    this.shown.set(room.name, shown);
    assert.deepEqual(shown, room.items, "the page shows what there is");
  }

  heard(room: RoomView, said: readonly Said[]): void {
    this.heardWords.push(...said.map(({ text }) => `${room.name}: ${text}`));
  }

  missed(room: RoomView, said: readonly Said[], isAll: boolean): void {
    this.missedWords.push(...said.map(({ text }) => `${room.name}: ${text}`), ...isAll ? [] : ["and more"]);
  }

  deleted(room: RoomView, ids: readonly number[]): void {
    this.deletions.push(...ids.map((id) => `${room.name}: ${id}`));
  }

  pending(): void {}
  rules(): void {
    this.rulesTold++;
  }

  people(): void {}

  refused(refusal: Refusal): void {
    this.refusals.push(refusal);
  }
}

/** A server and a tab that is connected to it. */
async function connected(prepare: (server: FakeServer, browser: Browser) => void = () => {}) {
  const clock = new Clock();
  const server = new FakeServer(clock);
  const browser = new Browser();
  prepare(server, browser);
  const tab = new Tab(server, browser);
  await clock.pass(1_000);
  return { clock, server, browser, tab, chat: tab.chat };
}

function sayMany(server: FakeServer, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) server.say(`m${i}`);
}

function cutAll(server: FakeServer, code?: number): void {
  for (const connection of [...server.connections]) connection.cut(code);
}

const sayings = (server: FakeServer) => server.heard.filter((message) => message.type === "say");
const hellos = (server: FakeServer) => server.heard.filter((message) => message.type === "hello");

test("A page that is in no room is in the lobby, and is told who it is", async () => {
  const { tab, chat } = await connected((server) => server.say("hi"));
  assert.deepEqual(tab.statuses.map(({ state }) => state), ["connecting", "open"]);
  assert.deepEqual([...chat.rooms.keys()], ["lobby"]);
  assert.deepEqual(tab.words(), ["hi"]);
  assert.equal(chat.me!.name, `guest-${chat.me!.id}`);
  assert.equal(chat.textBytesMax, 1_000);
});

test("What I say is pending until it comes back, and then it is said", async () => {
  const { clock, chat, tab, browser } = await connected();
  chat.say("lobby", "hello");
  assert.deepEqual(tab.pendingWords(), ["hello"]);
  assert.equal(browser.outbox.length, 1);
  await clock.pass(100);
  assert.deepEqual([tab.pendingWords(), tab.words(), browser.outbox], [[], ["hello"], []]);
});

test("What I say without a connection is said once there is one, in order", async () => {
  const { clock, chat, tab, server } = await connected((server) => server.up = false);
  chat.join("dev");
  for (const text of ["one", "two", "three"]) chat.say("dev", text);
  server.up = true;
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.words("dev"), ["one", "two", "three"]);
  assert.deepEqual(tab.pendingWords("dev"), []);
});

test("A message that can't be kept at the moment is not overtaken by the next, in whatever room that is", async () => {
  const { clock, chat, server } = await connected();
  chat.join("dev");
  let failures = 5;
  server.refuseSay = () => failures-- > 0 ? "storage" : undefined;
  chat.say("lobby", "first");
  chat.say("dev", "second");
  await clock.pass(LONG_MS);
  assert.deepEqual(server.log.map(({ text }) => text), ["first", "second"]);
});

test("A server that can't keep a message is asked again after waits that grow", async () => {
  const { clock, chat, server } = await connected();
  const times: number[] = [];
  server.refuseSay = () => {
    times.push(clock.now);
    return "busy";
  };
  chat.say("lobby", "a");
  await clock.pass(LONG_MS);
  const waits = times.slice(1).map((time, i) => time - times[i]! - 2 * WIRE_MS);
  assert.deepEqual(waits.slice(0, 7), [750, 1_500, 3_000, 6_000, 12_000, 22_500, 22_500]);
});

test("Who says something that can't be kept at the moment is told when it is tried again, until it can be, or is now", async () => {
  const { clock, chat, tab, server } = await connected();
  server.refuseSay = () => "storage";
  chat.say("lobby", "a");
  await clock.pass(1_000);
  const waits = () => tab.statuses.flatMap((status) => status.state === "stalled" ? [status.retryMs] : []);
  assert.deepEqual(waits(), [750, 1_500]);
  chat.retry();
  await clock.pass(100);
  assert.deepEqual(waits(), [750, 1_500, 3_000]);
  server.refuseSay = () => undefined;
  chat.retry();
  await clock.pass(100);
  assert.deepEqual([tab.words(), tab.statuses.at(-1)], [["a"], { state: "open" }]);
});

test("When another tab said what could not be kept, or the connection is lost, it is tried again no more", async () => {
  const { clock, chat, tab, server, browser } = await connected();
  server.refuseSay = () => "storage";
  chat.say("lobby", "a");
  await clock.pass(100);
  const other = new Tab(server, browser);
  server.refuseSay = () => undefined;
  await clock.pass(500);
  assert.deepEqual([tab.pendingWords(), other.words()], [[], ["a"]]);
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.statuses.slice(-2).map(({ state }) => state), ["stalled", "open"]);

  server.refuseSay = () => "storage";
  chat.say("lobby", "b");
  await clock.pass(100);
  server.up = false;
  cutAll(server);
  await clock.pass(100);
  assert.deepEqual(tab.statuses.slice(-2).map(({ state }) => state), ["stalled", "waiting"]);
});

test("A message that is refused for good is marked with the reason, the next goes on, and it can be said again or not", async () => {
  const { clock, chat, tab, server, browser } = await connected();
  server.refuseSay = ({ text }) => text.startsWith("bad") ? "badText" : undefined;
  for (const text of ["bad 1", "bad 2", "good"]) chat.say("lobby", text);
  await clock.pass(1_000);
  assert.deepEqual(tab.pendingWords(), ["bad 1: No: badText", "bad 2: No: badText"]);
  assert.deepEqual(tab.words(), ["good"]);
  server.refuseSay = () => undefined;
  const [first, second] = tab.room().pending;
  chat.discard(first!.nonce);
  chat.resend(second!.nonce);
  await clock.pass(1_000);
  assert.deepEqual([tab.words(), tab.pendingWords(), browser.outbox], [["good", "bad 2"], [], []]);
});

test("A message that failed is not said by a reload", async () => {
  const { clock, chat, tab, server, browser } = await connected();
  server.refuseSay = () => "badText";
  chat.say("lobby", "no");
  await clock.pass(1_000);
  tab.close();
  server.refuseSay = () => undefined;
  const next = new Tab(server, browser);
  await clock.pass(LONG_MS);
  assert.deepEqual(next.pendingWords(), ["no: No: badText"]);
  assert.deepEqual(server.log, []);
});

test("A message that is too long is not even sent", async () => {
  const { clock, chat, tab, server } = await connected();
  chat.say("lobby", "é".repeat(501));
  await clock.pass(1_000);
  assert.deepEqual(tab.room().pending.map(({ failed }) => failed), [{ code: "tooLong", bytes: 1002, bytesMax: 1000 }]);
  assert.deepEqual(sayings(server), []);
});

test("A message for which the server hangs up is not sent again and again", async () => {
  const { clock, chat, tab, server } = await connected();
  server.refuseSay = ({ text }) => {
    if (text === "monster") cutAll(server, Disconnect.tooBig.code);
    return undefined;
  };
  const keep = server.handle.bind(server);
  server.handle = (connection, message) => {
    if (message.type === "say" && message.text === "monster") return connection.cut(Disconnect.tooBig.code);
    keep(connection, message);
  };
  chat.say("lobby", "monster");
  chat.say("lobby", "mouse");
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.pendingWords(), ["monster: tooLong"]);
  assert.deepEqual(tab.words(), ["mouse"]);
});

test("A message whose echo was lost with the connection is there once", async () => {
  const { clock, chat, tab, server } = await connected();
  chat.say("lobby", "once");
  await clock.pass(WIRE_MS + 1);
  assert.equal(server.log.length, 1);
  cutAll(server);
  await clock.pass(LONG_MS);
  assert.deepEqual([tab.words(), tab.pendingWords(), server.log.length], [["once"], [], 1]);
  assert.equal(sayings(server).length, 1, "it was seen on coming back");
});

test("A connection on which a message does not come back is given up, and the message is said on the next", async () => {
  const { clock, chat, tab, server } = await connected();
  const handle = server.handle.bind(server);
  server.handle = (connection, message) => {
    if (message.type !== "say") handle(connection, message);
  };
  chat.say("lobby", "hello?");
  await clock.pass(ECHO_MS_MAX - 1);
  assert.equal(tab.statuses.at(-1)!.state, "open");
  server.handle = handle;
  await clock.pass(3_000);
  assert.equal(hellos(server).length, 2);
  assert.deepEqual(tab.words(), ["hello?"]);
});

test("A server that has forgotten that I am in a room lets me in again, and the message is said", async () => {
  const { clock, chat, tab, server } = await connected();
  for (const { rooms } of server.connections) rooms.clear();
  chat.say("lobby", "still here");
  await clock.pass(1_000);
  assert.deepEqual(tab.words(), ["still here"]);
});

test("What was not said when the tab was closed is said by the next one", async () => {
  const { clock, chat, tab, server, browser } = await connected();
  server.up = false;
  cutAll(server);
  await clock.pass(100);
  chat.say("lobby", "a");
  chat.say("lobby", "b");
  tab.close();
  server.up = true;
  const next = new Tab(server, browser);
  assert.deepEqual(next.pendingWords(), ["a", "b"]);
  await clock.pass(1_000);
  assert.deepEqual([next.words(), next.pendingWords(), browser.outbox], [["a", "b"], [], []]);
});

test("What was not said when the tab was closed is said by another that is open, after a while", async () => {
  const { clock, tab, server, browser } = await connected();
  const other = new Tab(server, browser);
  await clock.pass(1_000);
  server.refuseSay = () => "busy";
  other.chat.say("lobby", "orphan");
  assert.deepEqual(tab.pendingWords(), []);
  other.close();
  server.refuseSay = () => undefined;
  await clock.pass(2 * ADOPT_MS);
  assert.deepEqual([tab.words(), browser.outbox], [["orphan"], []]);
});

test("A message that two tabs of a browser want to say is said once and gone from both", async () => {
  const { clock, chat, tab, server, browser } = await connected((server) => server.up = false);
  chat.join("lobby");
  chat.say("lobby", "a");
  chat.say("lobby", "b");
  const other = new Tab(server, browser);
  server.up = true;
  await clock.pass(LONG_MS);
  assert.deepEqual(server.log.map(({ text }) => text), ["a", "b"]);
  for (const { chat } of [tab, other]) assert.deepEqual(chat.rooms.get("lobby")!.pending, []);
  assert.deepEqual(browser.outbox, []);
});

test("A browser that keeps nothing can be used all the same, and the page can tell", async () => {
  const { clock, chat, tab, browser, server } = await connected((_, browser) => browser.full = true);
  chat.say("lobby", "hi");
  assert.equal(chat.outboxKept, false);
  await clock.pass(100);
  assert.equal(chat.outboxKept, true);
  assert.deepEqual([tab.words(), browser.kept.size], [["hi"], 0]);
  cutAll(server);
  await clock.pass(LONG_MS);
  assert.equal(new Set(hellos(server).map(({ secret }) => secret)).size, 1);
});

test("After a disconnection one sees how many messages by others came meanwhile, and them", async () => {
  const { clock, tab, server } = await connected((server) => server.say("before"));
  cutAll(server);
  sayMany(server, 3);
  server.say("mine", tab.chat.me!.id);
  server.say("");
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.words(), ["before", "missed 3", "m0", "m1", "m2", "mine"]);
  assert.deepEqual(tab.changes.at(-1), { kind: "appended", count: 5 });
});

test("A disconnection in which nothing was said leaves no trace", async () => {
  const { clock, tab, server } = await connected((server) => server.say("before"));
  cutAll(server);
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.words(), ["before"]);
});

test("When too much was said meanwhile there are the newest, after a word that there is a hole", async () => {
  const { clock, tab, server, chat } = await connected((server) => server.say("before"));
  cutAll(server);
  sayMany(server, 60);
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.words().slice(0, 2), ["reloaded", "m10"]);
  assert.equal(tab.words().length, PAGE_ENTRIES + 1);
  assert.equal(tab.room().moreBefore, true);
  await chat.older("dev");
  const older = chat.older("lobby");
  await clock.pass(100);
  await older;
  assert.deepEqual(tab.said().map(({ text }) => text).slice(0, 3), ["before", "m0", "m1"]);
  assert.equal(tab.room().moreBefore, false);
});

test("A server whose ids start again makes everything void that was known", async () => {
  const { clock, tab, server, chat } = await connected((server) => sayMany(server, 5));
  chat.read("lobby", tab.said().at(-1)!.id);
  server.restart("second");
  server.say("new");
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.words(), ["reloaded", "new"]);
  assert.equal(tab.room().lastRead, server.log[0]!.id);
  server.say("newer");
  await clock.pass(100);
  assert.deepEqual([tab.words(), tab.room().unread], [["reloaded", "new", "newer"], 1]);
});

test("Many lines that come at once are one change of the timeline", async () => {
  const { clock, tab, server } = await connected();
  tab.changes.length = 0;
  sayMany(server, 10);
  await clock.pass(100);
  assert.deepEqual(tab.changes, [{ kind: "appended", count: 10 }]);
});

test("A line that comes twice is shown once", async () => {
  const { clock, tab, server } = await connected();
  const said = server.say("a");
  await clock.pass(100);
  server.tell(said);
  await clock.pass(100);
  assert.deepEqual([tab.words(), tab.room().unread], [["a"], 1]);
});

test("An empty line is nothing to show, and is not asked for again", async () => {
  const { clock, tab, server } = await connected((server) => server.say(""));
  const { id } = server.say("");
  await clock.pass(100);
  assert.deepEqual([tab.words(), tab.room().unread], [[], 0]);
  cutAll(server);
  await clock.pass(LONG_MS);
  assert.deepEqual(hellos(server).at(-1)!.rooms, [{ room: "lobby", after: id }]);
});

test("Older pages come before what is there, until there are no more", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 120));
  while (tab.room().moreBefore) {
    const both = Promise.all([chat.older("lobby"), chat.older("lobby")]);
    await clock.pass(100);
    await both;
  }
  assert.deepEqual(tab.said(), server.log);
  assert.equal(server.heard.filter(({ type }) => type === "history").length, 2);
});

test("An older page that can't be had now resolves, and can be asked for later", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 60));
  const older = chat.older("lobby");
  cutAll(server);
  await clock.pass(WIRE_MS);
  await older;
  await chat.older("lobby");
  await clock.pass(LONG_MS);
  const again = chat.older("lobby");
  await clock.pass(100);
  await again;
  assert.deepEqual(tab.said(), server.log);
});

test("One can go to something said long ago and on to the end, while people talk, without a hole and without doubles", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 300));
  const there = chat.showAround("lobby", server.log[100]!.id);
  await clock.pass(100);
  assert.equal(await there, true);
  assert.deepEqual(tab.said(), server.log.slice(51, 151));
  assert.deepEqual([tab.room().moreBefore, tab.room().moreAfter], [true, true]);
  server.say("live");
  await clock.pass(100);
  assert.deepEqual([tab.said().length, tab.room().unread], [100, 1]);
  server.historyMs = 100;
  for (let i = 0; tab.room().moreAfter; i++) {
    const newer = chat.newer("lobby");
    server.say(`meanwhile ${i}`);
    await clock.pass(WIRE_MS + 1);
    server.say(`after the page was read ${i}`);
    await clock.pass(200);
    await newer;
  }
  assert.deepEqual(tab.said(), server.log.slice(51));
  server.say("attached");
  await clock.pass(100);
  assert.deepEqual(tab.said(), server.log.slice(51));
});

test("One can go back to the end at once, and see what was said in the same moment", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 300));
  const there = chat.showAround("lobby", server.log[10]!.id);
  await clock.pass(100);
  await there;
  server.historyMs = 100;
  const end = chat.showEnd("lobby");
  await clock.pass(WIRE_MS + 1);
  server.say("just now");
  await clock.pass(200);
  await end;
  assert.deepEqual(tab.said(), server.log.slice(-PAGE_ENTRIES - 1));
  assert.equal(tab.room().moreAfter, false);
});

test("A page that comes when another part is on show already is left out", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 300));
  server.historyMs = 100;
  const there = chat.showAround("lobby", server.log[100]!.id);
  const older = chat.older("lobby");
  await clock.pass(200);
  await Promise.all([there, older]);
  const pages = Promise.all([chat.newer("lobby"), chat.older("lobby")]);
  await clock.pass(50);
  server.historyMs = 0;
  const end = chat.showEnd("lobby");
  await clock.pass(200);
  await Promise.all([pages, end]);
  assert.deepEqual(tab.said(), server.log.slice(-PAGE_ENTRIES));
});

test("Lines that come late, of what was said before the part that is on show, are left out", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 100));
  const there = chat.showAround("lobby", server.log[10]!.id);
  await clock.pass(100);
  await there;
  const end = chat.showEnd("lobby");
  await clock.pass(WIRE_MS - 1);
  // The answer is ahead of the lines of the room.
  sayMany(server, 60, 100);
  await clock.pass(100);
  await end;
  assert.deepEqual(tab.said(), server.log.slice(-PAGE_ENTRIES));
  assert.equal(tab.room().unread, 60);
});

test("Who has more to read than a page can begin where they stopped, also if that is not kept any more", async () => {
  const { clock, server, browser, tab } = await connected((server) => sayMany(server, 3));
  tab.close();
  sayMany(server, 120, 3);
  const next = new Tab(server, browser);
  await clock.pass(1_000);
  assert.deepEqual([next.said()[0]!.text, next.room().unread, next.room().unreadMore], ["m73", PAGE_ENTRIES, true]);
  server.log.splice(2, 1);
  const there = next.chat.showUnread("lobby");
  await clock.pass(100);
  assert.equal(await there, true);
  assert.deepEqual(next.said(), server.log.slice(0, 2 + PAGE_ENTRIES));
  assert.deepEqual([next.room().moreBefore, next.room().moreAfter], [false, true]);
  const asked = server.heard.length;
  assert.equal(await next.chat.showUnread("lobby"), true);
  assert.equal(server.heard.length, asked, "what is here is not asked for again");
});

test("Something that was never said can't be gone to", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 60));
  const there = chat.showAround("lobby", server.log[0]!.id + 1);
  await clock.pass(100);
  assert.equal(await there, false);
  assert.deepEqual(tab.said(), server.log.slice(-PAGE_ENTRIES));
});

test("A room that is read away from its end is resumed there when the connection was lost", async () => {
  const { clock, tab, chat, server } = await connected((server) => sayMany(server, 300));
  const there = chat.showAround("lobby", server.log[10]!.id);
  await clock.pass(100);
  await there;
  const shown = tab.words();
  cutAll(server);
  sayMany(server, 5, 300);
  await clock.pass(LONG_MS);
  assert.deepEqual([tab.words(), tab.room().unread], [shown, 5]);
  assert.deepEqual(hellos(server).at(-1)!.rooms, [{ room: "lobby", after: server.log[299]!.id }]);
});

test("A search finds, or says that it can't", async () => {
  const { clock, chat, server } = await connected((server) => sayMany(server, 3));
  const found = chat.search("m1");
  await clock.pass(100);
  assert.deepEqual(await found, { type: "found", ref: 1, entries: [server.log[1]], more: false });
  server.handle = () => {};
  const unanswered = chat.search("m1");
  await clock.pass(15_000);
  assert.equal(await unanswered, undefined);
  cutAll(server);
  await clock.pass(100);
  assert.equal(await chat.search("m1"), undefined);
});

test("On the first visit to a room nothing is unread; on the next what others said since it was read", async () => {
  const { clock, tab, chat, server, browser } = await connected((server) => sayMany(server, 5));
  assert.deepEqual([tab.room().unread, tab.room().lastRead], [0, server.log[4]!.id]);
  server.say("a");
  server.say("b");
  await clock.pass(100);
  assert.equal(tab.room().unread, 2);
  chat.read("lobby", server.log[5]!.id);
  assert.equal(tab.room().unread, 1);
  tab.close();
  server.say("by me", chat.me!.id);
  server.say("c");
  const next = new Tab(server, browser);
  await clock.pass(1_000);
  assert.deepEqual([next.room().unread, next.room().unreadMore, next.room().lastRead], [2, false, server.log[5]!.id]);
  next.close();
  sayMany(server, 60);
  const last = new Tab(server, browser);
  await clock.pass(1_000);
  assert.deepEqual([last.room().unread, last.room().unreadMore], [PAGE_ENTRIES, true]);
  last.chat.read("lobby", server.log.at(-1)!.id);
  assert.deepEqual([last.room().unread, last.room().unreadMore], [0, false]);
});

test("What was read in one tab is read in the others, and nothing becomes unread again", async () => {
  const { clock, tab, chat, server, browser } = await connected();
  const other = new Tab(server, browser);
  await clock.pass(1_000);
  sayMany(server, 3);
  await clock.pass(100);
  chat.read("lobby", server.log[1]!.id);
  await clock.pass(100);
  assert.deepEqual([tab.room().unread, other.room().unread], [1, 1]);
  other.chat.read("lobby", server.log[0]!.id);
  assert.deepEqual([other.room().unread, other.room().lastRead], [1, server.log[1]!.id]);
});

test("A name is remembered once the server has accepted it, in all tabs", async () => {
  const { clock, tab, chat, server, browser } = await connected();
  const other = new Tab(server, browser);
  await clock.pass(1_000);
  chat.rename("Ann");
  assert.equal(browser.kept.get(NAME_KEY), undefined);
  await clock.pass(100);
  assert.deepEqual([chat.me!.name, other.chat.me!.name, browser.kept.get(NAME_KEY)], ["Ann", "Ann", "Ann"]);
  server.taken.add("Bob");
  chat.rename("Bob");
  await clock.pass(100);
  assert.deepEqual(tab.refusals.map(({ code }) => code), ["nameTaken"]);
  assert.deepEqual([chat.me!.name, browser.kept.get(NAME_KEY)], ["Ann", "Ann"]);
});

test("A name that is chosen without a connection is asked for when there is one", async () => {
  const { clock, chat, server, browser } = await connected((server) => server.up = false);
  chat.rename("Ann");
  server.up = true;
  await clock.pass(LONG_MS);
  assert.deepEqual([chat.me!.name, browser.kept.get(NAME_KEY)], ["Ann", "Ann"]);
});

test("A name that is chosen between the hello and the welcome is not forgotten", async () => {
  const clock = new Clock();
  const tab = new Tab(new FakeServer(clock));
  await clock.pass(WIRE_MS + 1);
  tab.chat.rename("Ann");
  await clock.pass(1_000);
  assert.equal(tab.chat.me!.name, "Ann");
});

test("Who comes with a name that somebody else has is a guest, and is told so once", async () => {
  const { clock, tab, chat, server } = await connected((server, browser) => {
    browser.kept.set(NAME_KEY, "Ann");
    server.taken.add("Ann");
  });
  assert.match(chat.me!.name, /^guest/);
  cutAll(server);
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.refusals.map(({ code }) => code), ["nameTaken"]);
});

test("The people of a room come, go and change their names", async () => {
  const { clock, tab, chat, server } = await connected();
  const me = chat.me!;
  assert.deepEqual([tab.room().people, tab.room().count], [[me], 1]);
  const [ann, bob] = [{ id: "a", name: "Ann" }, { id: "b", name: "Bob" }];
  server.tell({ type: "people", room: "lobby", joined: [ann, bob], left: [], count: 3 });
  await clock.pass(100);
  server.tell({ type: "people", room: "lobby", joined: [{ ...ann, name: "Anna" }], left: ["b"], count: 2 });
  await clock.pass(100);
  assert.deepEqual([tab.room().people, tab.room().count], [[me, { id: "a", name: "Anna" }], 2]);
});

test("Somebody is typing for some seconds after the last hint, or until they say something; I am not", async () => {
  const { clock, tab, chat, server } = await connected();
  const [ann, bob] = [{ id: "a", name: "Ann" }, { id: "b", name: "Bob" }];
  server.tell({ type: "typing", room: "lobby", people: [ann, bob, chat.me!] });
  await clock.pass(TYPING_MS - 1_000);
  server.tell({ type: "typing", room: "lobby", people: [bob] });
  await clock.pass(100);
  assert.deepEqual(tab.room().typing, [ann, bob]);
  await clock.pass(1_000);
  assert.deepEqual(tab.room().typing, [bob]);
  server.say("there", "b");
  await clock.pass(100);
  assert.deepEqual(tab.room().typing, []);
});

test("The others are not told of every key that I press", async () => {
  const { clock, chat, server } = await connected();
  const start = server.heard.length;
  for (let ms = 0; ms < 2 * HINT_MS; ms += 100) {
    chat.typing("lobby");
    await clock.pass(100);
  }
  assert.deepEqual(server.heard.slice(start).map(({ type }) => type), ["typing", "typing"]);
});

test("The rooms are remembered in the order in which they were entered, until they are left", async () => {
  const { clock, tab, chat, server, browser } = await connected();
  chat.join("zoo");
  chat.join("dev");
  chat.join("Not a room");
  chat.leave("zoo");
  await clock.pass(1_000);
  assert.deepEqual(tab.refusals.map(({ code }) => code), ["badRoom"]);
  assert.deepEqual([...server.connections].map(({ rooms }) => [...rooms.keys()]), [["lobby", "dev"]]);
  tab.close();
  const next = new Tab(server, browser);
  assert.deepEqual([...next.chat.rooms.keys()], ["lobby", "dev"]);
  await clock.pass(1_000);
  assert.deepEqual(hellos(server).at(-1)!.rooms, [{ room: "lobby" }, { room: "dev" }]);
});

test("A word of farewell is still said after the room was left, and then I am out of it", async () => {
  const { clock, chat, server } = await connected();
  chat.join("dev");
  await clock.pass(100);
  server.refuseSay = () => "busy";
  chat.say("dev", "bye");
  chat.leave("dev");
  assert.deepEqual([...chat.rooms.keys()], ["lobby"]);
  await clock.pass(5_000);
  cutAll(server);
  server.refuseSay = () => undefined;
  await clock.pass(LONG_MS);
  assert.deepEqual(server.of("dev").map(({ text }) => text), ["bye"]);
  assert.deepEqual([...server.connections].map(({ rooms }) => [...rooms.keys()]), [["lobby"]]);
});

test("A room that can't be entered yet is tried again; one that can't be entered at all is taken off the list", async () => {
  const { clock, tab, chat, server } = await connected();
  server.refuseJoin = (room) => room === "busy" ? "busy" : "tooManyRooms";
  chat.join("busy");
  chat.join("many");
  chat.say("many", "help");
  await clock.pass(1_000);
  assert.deepEqual(tab.refusals.map(({ code, room }) => [code, room]), [["tooManyRooms", "many"]]);
  // It is still there for what could not be said in it.
  assert.deepEqual(tab.pendingWords("many"), ["help: No: tooManyRooms"]);
  chat.discard(tab.room("many").pending[0]!.nonce);
  server.refuseJoin = () => undefined;
  await clock.pass(LONG_MS);
  assert.equal(tab.room("busy").joined, true);
});

test("A server that never welcomes is left alone for longer and longer", async () => {
  const { clock, tab, server } = await connected((server) => server.mute = true);
  await clock.pass(LONG_MS);
  const waits = tab.statuses.flatMap((status) => status.state === "waiting" ? [status.retryMs] : []);
  assert.deepEqual(waits.slice(0, 6), [750, 1_500, 3_000, 6_000, 12_000, 15_000 + 7_500]);
  assert.ok(!tab.statuses.some(({ state }) => state === "open"));
  server.mute = false;
  await clock.pass(CONNECT_MS_MAX + 30_000);
  assert.equal(tab.statuses.at(-1)!.state, "open");
});

test("A connection that died in its sleep is found out soon after waking, and nothing is missing", async () => {
  const { clock, tab, chat, server } = await connected();
  for (const connection of server.connections) connection.silent = true;
  server.say("while I slept");
  chat.retry();
  await clock.pass(PROBE_MS_MAX + 1_000);
  assert.deepEqual(tab.words(), ["missed 1", "while I slept"]);
});

test("The page hears once of what others say just now, wherever it looks, and not of what was said before", async () => {
  const { clock, server, tab, chat } = await connected((server) => server.say("before"));
  chat.say("lobby", "mine");
  chat.join("kitchen");
  await clock.pass(1_000);
  server.say("one");
  server.say("two", "someone", "kitchen");
  await clock.pass(1_000);
  assert.deepEqual(tab.heardWords, ["lobby: one", "kitchen: two"]);
});

test("The page hears once of what others said while there was no connection, and whether that is all", async () => {
  const { clock, server, tab, chat } = await connected((server) => server.say("before"));
  chat.join("kitchen");
  await clock.pass(1_000);
  assert.deepEqual(tab.missedWords, []);
  cutAll(server);
  server.say("one");
  server.say("mine", chat.me!.id);
  server.say("");
  server.say("two", "someone", "kitchen");
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.missedWords, ["lobby: one", "kitchen: two"]);
  assert.deepEqual(tab.heardWords, []);
  cutAll(server);
  await clock.pass(LONG_MS);
  assert.equal(tab.missedWords.length, 2);
  cutAll(server);
  sayMany(server, 60);
  await clock.pass(LONG_MS);
  assert.equal(tab.missedWords.length, 2 + PAGE_ENTRIES + 1);
  assert.deepEqual(tab.missedWords.slice(-2), ["lobby: m59", "and more"]);
});

test("Who is mentioned by name is told so until it is read, and in no other's stead", async () => {
  const { clock, server, tab, chat } = await connected();
  chat.rename("Ana");
  server.tell({ type: "people", room: "lobby", joined: [{ id: "other", name: "Ana María" }], left: [], count: 2 });
  await clock.pass(1_000);
  for (const text of ["@Ana, are you there?", "@ana María is", "mail@ana", "`@Ana` is code", "nobody"]) {
    server.say(text);
  }
  await clock.pass(1_000);
  assert.deepEqual([tab.room().unread, tab.room().mentions], [5, 1]);
  chat.read("lobby", server.log[0]!.id);
  assert.deepEqual([tab.room().unread, tab.room().mentions], [4, 0]);
});

test("Whoever comes or speaks can be mentioned from then on, by the names that are known already", async () => {
  const { clock, server, tab } = await connected();
  const { names } = tab.room();
  const { size } = names;
  assert.equal(names.at("Grace Hopper", 0), undefined);
  server.tell({ type: "people", room: "lobby", joined: [{ id: "other", name: "Grace Hopper" }], left: [], count: 2 });
  server.say("Here I am", "Ada");
  await clock.pass(1_000);
  assert.equal(tab.room().names, names);
  for (const name of ["Grace Hopper", "Ada"]) {
    assert.equal(names.at(name, 0)?.name, name);
    assert.equal(names.since(size).at(name, 0)?.name, name);
    assert.equal(names.since(names.size).at(name, 0), undefined);
  }
});

test("A room that is muted is so in all tabs and after a reload, until it is not any more", async () => {
  const { clock, server, browser, tab, chat } = await connected();
  const other = new Tab(server, browser);
  await clock.pass(1_000);
  chat.mute("lobby", true);
  await clock.pass(1_000);
  assert.deepEqual([tab.room().muted, other.room().muted], [true, true]);
  chat.leave("lobby");
  chat.join("lobby");
  assert.equal(tab.room().muted, true);
  const next = new Tab(server, browser);
  await clock.pass(1_000);
  assert.equal(next.room().muted, true);
  next.chat.mute("lobby", false);
  await clock.pass(1_000);
  assert.deepEqual([tab.room().muted, other.room().muted, next.room().muted], [false, false, false]);
});

test("A page that is open for a week lets go of the oldest that were read, and can have them back", async () => {
  const { clock, tab, chat, server } = await connected();
  for (let i = 0; i < ITEMS_MAX + 100; i++) {
    server.say(`m${i}`);
    if (i % 20 === 19) {
      await clock.pass(100);
      chat.read("lobby", server.log.at(-1)!.id);
    }
  }
  assert.ok(tab.said().length < ITEMS_MAX);
  assert.deepEqual(tab.said(), server.log.slice(-tab.said().length));
  const older = chat.older("lobby");
  await clock.pass(100);
  await older;
  assert.deepEqual(tab.said(), server.log.slice(-tab.said().length));
  assert.ok(ITEMS_MAX < UNREAD_ITEMS_MAX);
});

/** What can happen, each with a number that says which, where or how much. */
const happening = fc.tuple(
  fc.constantFrom(
    "say",
    "say",
    "say",
    "burst",
    "stranger",
    "pass",
    "pass",
    "cut",
    "silence",
    "outage",
    "trouble",
    "reload",
    "older",
    "around",
    "newer",
    "end",
    "read",
    "retry",
    "full",
  ),
  fc.nat(1_000_000),
);

test("Whatever happens, nothing is lost, nothing is there twice, and everybody's order holds", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { minLength: 10, maxLength: 80 }), async (happenings) => {
      const clock = new Clock();
      const server = new FakeServer(clock);
      // Small, so that a few messages already make many pages.
      server.pageEntries = 5;
      server.historyMs = 100;
      let seed = 1;
      const random = () => (seed = seed * 48_271 % 2_147_483_647) / 2_147_483_647;
      const rooms = ["lobby", "dev"];
      const [ann, bob] = [new Browser(), new Browser()];
      const open = (browser: Browser) => {
        const tab = new Tab(server, browser, random);
        for (const room of rooms) tab.chat.join(room);
        return tab;
      };
      const tabs = [open(ann), open(ann), open(bob)];
      const written = tabs.map(() => [] as string[]);
      for (const [what, number] of happenings) {
        const at = number % tabs.length;
        const { chat } = tabs[at]!;
        const room = rooms[(number >> 4) % 2]!;
        const entry = server.of(room)[number % (server.of(room).length || 1)];
        const connection = [...server.connections][number % (server.connections.size || 1)];
        switch (what) {
          case "burst":
          case "say":
            for (let i = 0; i < (what === "burst" ? 5 : 1); i++) {
              const text = `${at}.${written[at]!.length}`;
              written[at]!.push(text);
              chat.say(room, text);
            }
            break;
          case "stranger":
            for (let i = 0; i <= number % 30; i++) {
              server.say(number % 7 === 0 ? "" : `stranger ${i}`, "stranger", room);
            }
            break;
          case "pass":
            await clock.pass(number % (number % 2 === 0 ? 100 : 20_000));
            break;
          case "cut":
            connection?.cut();
            break;
          case "silence":
            if (connection) connection.silent = true;
            break;
          case "outage":
            server.up = !server.up;
            if (!server.up) cutAll(server, Disconnect.goingAway.code);
            break;
          case "trouble":
            server.refuseSay = () => random() < 0.5 ? random() < 0.5 ? "storage" : "busy" : undefined;
            server.refuseJoin = () => random() < 0.2 ? "busy" : undefined;
            break;
          case "reload":
            // What a browser without room keeps in memory alone is lost by a reload, and the page says so.
            if (!chat.outboxKept) break;
            tabs[at]!.close();
            tabs[at] = open(tabs[at]!.browser);
            break;
          case "older":
            chat.older(room);
            break;
          case "around":
            if (entry) chat.showAround(room, entry.id);
            break;
          case "newer":
            chat.newer(room);
            break;
          case "end":
            chat.showEnd(room);
            break;
          case "read":
            if (entry) chat.read(room, entry.id);
            break;
          case "retry":
            chat.retry();
            break;
          case "full":
            tabs[at]!.browser.full = number % 3 === 0;
            break;
        }
      }

      server.up = true;
      server.refuseSay = () => undefined;
      server.refuseJoin = () => undefined;
      await clock.pass(LONG_MS);
      for (const [at, texts] of written.entries()) {
        assert.deepEqual(server.log.map(({ text }) => text).filter((text) => text.startsWith(`${at}.`)), texts);
      }
      for (const tab of tabs) {
        assert.deepEqual(tab.browser.outbox, []);
        assert.equal(tab.statuses.at(-1)!.state, "open");
        for (const name of rooms) {
          const room = tab.room(name);
          const end = tab.chat.showEnd(name);
          await clock.pass(10_000);
          await end;
          assert.deepEqual([room.joined, room.pending, room.moreAfter], [true, [], false]);
          const log = server.of(name).filter(({ text }) => text !== "");
          assert.deepEqual(tab.said(name), log.slice(log.length - tab.said(name).length));
          const unread = log.filter(({ id, user }) => id > room.lastRead && user !== tab.chat.me!.id).length;
          if (room.unreadMore) assert.ok(room.unread <= unread);
          else assert.equal(room.unread, unread);
          while (room.moreBefore) {
            const older = tab.chat.older(name);
            await clock.pass(10_000);
            await older;
          }
          assert.deepEqual(tab.said(name), log);
        }
      }
      for (const tab of tabs) tab.close();
    }),
    { numRuns: 300 },
  );
});

test("What is deleted goes from what is shown, from what is unread and from what is found, and is not resumed from", async () => {
  const { clock, server, tab, chat } = await connected((server) => sayMany(server, 3));
  const said = server.say("spam");
  server.say("ham");
  await clock.pass(100);
  assert.equal(tab.room().unread, 2);
  server.delete(said);
  await clock.pass(100);
  assert.deepEqual(tab.words(), ["m0", "m1", "m2", "ham"]);
  assert.equal(tab.room().unread, 1);
  assert.deepEqual(tab.deletions, [`lobby: ${said.id}`]);
  assert.equal(await chat.showAround("lobby", said.id), false);
  const [deletion] = server.deletions;
  cutAll(server);
  await clock.pass(LONG_MS);
  assert.deepEqual(hellos(server).at(-1)!.rooms, [{ room: "lobby", after: deletion!.id }]);
  assert.equal(tab.deletions.length, 1);
});

test("What was deleted while the connection was away is gone when it is back, in an older part, too", async () => {
  const { clock, server, tab, chat } = await connected((server) => sayMany(server, 3));
  const [, middle, last] = server.log;
  cutAll(server);
  server.delete(middle!);
  server.say("meanwhile");
  await clock.pass(LONG_MS);
  assert.deepEqual(tab.words(), ["m0", "m2", "missed 1", "meanwhile"]);
  sayMany(server, 200, 3);
  await clock.pass(LONG_MS);
  await clock.pass(0);
  const around = chat.showAround("lobby", last!.id);
  await clock.pass(LONG_MS);
  assert.equal(await around, true);
  server.delete(last!);
  await clock.pass(100);
  assert.ok(!tab.words().includes("m2"));
});

test("A message that goes in the same moment as it comes is not shown, and those around it are", async () => {
  const { clock, server, tab } = await connected();
  server.say("before");
  const said = server.say("spam");
  server.say("between");
  server.delete(said);
  server.say("after");
  await clock.pass(100);
  assert.deepEqual(tab.words(), ["before", "between", "after"]);
});

test("A page that was read before something of it was deleted, and comes with that, does not bring it back", async () => {
  const { clock, server, tab, chat } = await connected((server) => {
    server.pageEntries = 2;
    sayMany(server, 6);
  });
  server.mute = true;
  const [connection] = server.connections;
  const [, searched, paged] = server.log;
  const wholeFrame = (ref: number, type: "found" | "history", said: Said, id: number) => {
    const deletion = { type: "deleted", id, room: "lobby", message: said.id } as const;
    // What was asked for comes first, but the page goes on with it when the whole frame is read.
    connection!.write({ type, ref, entries: [said, server.log[3]!], more: false }, deletion);
  };
  const older = chat.older("lobby");
  const found = chat.search("m");
  wholeFrame(1, "history", paged!, 100);
  wholeFrame(2, "found", searched!, 103);
  await clock.pass(100);
  await older;
  assert.deepEqual(tab.words(), ["m3", "m4", "m5"]);
  assert.deepEqual((await found)!.entries.map(({ text }) => text), ["m3"]);
});

test("Deleting asks the server, which may say that it is not there; without a connection it can't be asked", async () => {
  const { clock, server, tab, chat } = await connected();
  const said = server.say("oops", tab.chat.me!.id);
  await clock.pass(100);
  assert.equal(chat.delete("lobby", said.id), true);
  await clock.pass(100);
  assert.deepEqual(tab.words(), []);
  chat.delete("lobby", said.id);
  await clock.pass(100);
  assert.deepEqual(tab.refusals.map(({ code }) => code), ["notFound"]);
  server.up = false;
  cutAll(server);
  await clock.pass(100);
  assert.equal(chat.delete("lobby", 1), false);
});

test("Who is asked for a key is let in with it, does not try again before, and need not give it a second time", async () => {
  const { clock, server, browser, tab, chat } = await connected((server) => server.key = "sesame");
  await clock.pass(LONG_MS);
  assert.equal(hellos(server).length, 1);
  assert.deepEqual(tab.statuses.map((status) => [status.state, "refusal" in status && status.refusal?.code]), [
    ["connecting", false],
    ["ended", "keyNeeded"],
  ]);
  chat.say("lobby", "waits");
  chat.enter("wrong");
  await clock.pass(LONG_MS);
  const ended = tab.statuses.at(-1)!;
  assert.equal(ended.state === "ended" && ended.refusal?.code, "keyWrong");
  assert.equal(chat.hasPass, false);
  chat.enter("sesame");
  await clock.pass(LONG_MS);
  assert.deepEqual([tab.words(), tab.pendingWords(), browser.kept.get(PASS_KEY)], [["waits"], [], "sesame"]);
  const other = new Tab(server, browser);
  await clock.pass(1_000);
  assert.equal(other.statuses.at(-1)!.state, "open");
  assert.deepEqual(tab.refusals, []);
});

test("A tab that was not let in comes in when another has a key that is good", async () => {
  const { clock, server, browser, tab } = await connected((server) => server.key = "sesame");
  const other = new Tab(server, browser);
  await clock.pass(1_000);
  other.chat.enter("sesame");
  await clock.pass(1_000);
  for (const one of [tab, other]) assert.equal(one.statuses.at(-1)!.state, "open");
});

test("A key that is good for nothing any more is forgotten, and what is tried with too many wrong ones is kept", async () => {
  const { clock, server, browser, tab, chat } = await connected((server, browser) => {
    server.key = "sesame";
    browser.kept.set(PASS_KEY, "sesame");
  });
  server.turnAway("tooManyTries", Disconnect.denied);
  await clock.pass(LONG_MS);
  assert.equal(browser.kept.get(PASS_KEY), "sesame");
  chat.enter();
  await clock.pass(1_000);
  assert.equal(tab.statuses.at(-1)!.state, "open");
  server.turnAway("linkEnded", Disconnect.denied);
  await clock.pass(LONG_MS);
  assert.equal(browser.kept.get(PASS_KEY), undefined);
  server.key = undefined;
  chat.enter();
  await clock.pass(1_000);
  assert.equal(tab.statuses.at(-1)!.state, "open");
});

test("Who is banned is told until when, and does not come back by itself", async () => {
  const { clock, server, tab } = await connected();
  server.turnAway("banned", Disconnect.banned, String(clock.now + 60_000));
  await clock.pass(LONG_MS);
  const ended = tab.statuses.at(-1)!;
  assert.equal(ended.state === "ended" && ended.refusal?.detail, String(clock.now - LONG_MS + 60_000));
  assert.equal(hellos(server).length, 1);
  tab.chat.enter();
  await clock.pass(1_000);
  assert.equal(tab.statuses.at(-1)!.state, "open");
});

test("A guest is in the room of their link and in no other, and their own rooms are there again when they are none", async () => {
  const { clock, server, browser, tab, chat } = await connected((server, browser) => {
    browser.kept.set("hubbub.rooms", '["lobby","dev"]');
    browser.kept.set(PASS_KEY, "g");
    Object.assign(server, { key: "g", role: "guest", onlyRoom: "kitchen" });
    server.say("tea?", "someone", "kitchen");
  });
  assert.deepEqual([[...chat.rooms.keys()], tab.words("kitchen"), chat.role], [["kitchen"], ["tea?"], "guest"]);
  assert.deepEqual(tab.refusals, []);
  chat.join("dev");
  assert.deepEqual(tab.refusals.map(({ code, room }) => [code, room]), [["notAllowed", "dev"]]);
  assert.deepEqual([...chat.rooms.keys()], ["kitchen"]);
  Object.assign(server, { key: undefined, role: "member", onlyRoom: undefined });
  chat.forgetPass();
  await clock.pass(1_000);
  assert.deepEqual(new Set(chat.rooms.keys()), new Set(["kitchen", "lobby", "dev"]));
  assert.deepEqual([...chat.rooms.values()].map(({ joined }) => joined), [true, true, true]);
  assert.equal(browser.kept.get(PASS_KEY), undefined);
});

test("What a guest had yet to say elsewhere fails, and says why", async () => {
  const { server, tab, browser } = await connected((server, browser) => {
    browser.kept.set(`${OUTBOX_PREFIX}000000000000001-n`, '{"room":"dev","nonce":"n","text":"hi","at":1}');
    browser.kept.set("hubbub.secret", "s".repeat(22));
    browser.kept.set("hubbub.rooms", '["dev"]');
    Object.assign(server, { role: "guest", onlyRoom: "kitchen" });
  });
  assert.deepEqual(tab.pendingWords("dev"), ["hi: No: notAllowed"]);
  assert.equal(browser.outbox.length, 1);
  assert.match(browser.kept.get("hubbub.rooms")!, /"dev"/);
  assert.equal(server.log.length, 0);
});

test("An order is answered with what it made, or with why it is not carried out", async () => {
  const { clock, server, chat } = await connected((server) => server.role = "admin");
  const order = async () => {
    const answer = chat.order({ type: "lock", room: "lobby" });
    await clock.pass(LONG_MS);
    return await answer;
  };
  const done = await order();
  assert.equal(done?.type === "done" && done.secret, "made for lock");
  server.role = "member";
  const refused = await order();
  assert.equal(refused?.type === "error" && refused.code, "notAllowed");
  server.up = false;
  cutAll(server);
  await clock.pass(100);
  assert.equal(await order(), undefined);
});

test("What is too soon in a slow room goes out when it may, and what is said elsewhere does not wait for it", async () => {
  const { clock, server, tab, chat } = await connected((server) => server.rules = { locked: false, slow: 30 });
  chat.join("dev");
  await clock.pass(100);
  const may = clock.now + 20_000;
  server.detail = String(may);
  server.refuseSay = ({ room }) => room === "lobby" && clock.now < may ? "slow" : undefined;
  for (const [room, text] of [["lobby", "first"], ["lobby", "second"], ["dev", "third"]] as const) chat.say(room, text);
  await clock.pass(1_000);
  assert.deepEqual([tab.words("dev"), tab.pendingWords(), tab.room().held], [["third"], ["first", "second"], true]);
  const before = sayings(server).length;
  await clock.pass(20_000);
  assert.deepEqual([tab.words(), tab.room().held], [["first", "second"], false]);
  assert.equal(sayings(server).length, before + 2);
});

test("With a clock that is wrong a slow room is neither asked all the time nor left for longer than it is slow", async () => {
  for (const detail of ["0", String(9e15), "soon"]) {
    const { clock, server, chat } = await connected((server) => server.rules = { locked: false, slow: 30 });
    server.detail = detail;
    server.refuseSay = () => "slow";
    chat.say("lobby", "patience");
    await clock.pass(100_000);
    const times = sayings(server).length;
    assert.ok(times >= 3 && times <= 101, `${detail}: ${times}`);
  }
});

test("What is said where one may not speak fails with its reason, and goes out when it is tried again and one may", async () => {
  const { clock, server, tab, chat } = await connected();
  server.refuseSay = () => "locked";
  chat.say("lobby", "hello");
  await clock.pass(100);
  assert.deepEqual(tab.pendingWords(), ["hello: No: locked"]);
  server.refuseSay = () => undefined;
  chat.resend(tab.room().pending[0]!.nonce);
  await clock.pass(100);
  assert.deepEqual(tab.words(), ["hello"]);
});

test("Who is muted knows it until it ends, or until they may speak again, also when that was while they were away", async () => {
  const { clock, server, browser, tab, chat } = await connected();
  const user = chat.me!.id;
  const isMuted = () => chat.muteOf(user) !== undefined;
  const mute = (until?: number) => server.tellAll({ type: "mute", muted: true, user, until });
  mute(clock.now + 60_000);
  await clock.pass(100);
  assert.equal(isMuted(), true);
  const told = tab.rulesTold;
  await clock.pass(60_000);
  assert.equal(isMuted(), false);
  assert.ok(tab.rulesTold > told, "the page was told when it ended");
  mute(clock.now + 60_000);
  mute();
  await clock.pass(LONG_MS);
  assert.equal(isMuted(), true, "the end of a mute is not that of the next");
  server.tellAll({ type: "mute", muted: false, user });
  await clock.pass(100);
  assert.equal(isMuted(), false);

  for (const mutes of [[{ user }], []]) {
    server.up = false;
    cutAll(server);
    Object.assign(server, { up: true, mutes });
    const { rulesTold } = tab;
    await clock.pass(LONG_MS);
    assert.equal(isMuted(), mutes.length > 0);
    assert.ok(tab.rulesTold > rulesTold);
  }
  server.mutes = [{ user }];
  const second = new Tab(server, browser);
  await clock.pass(1_000);
  assert.ok(second.chat.muteOf(user), "in another tab, too");
});

test("An administrator knows who is muted, of those who were before they came, too", async () => {
  const { clock, server, chat } = await connected((server) => {
    Object.assign(server, {
      role: "admin",
      mutes: [{ user: "eve" }, { user: "bob", until: server.clock.now + 60_000 }],
    });
  });
  const muted = () => ["eve", "bob", "ann", chat.me!.id].filter((user) => chat.muteOf(user));
  assert.deepEqual(muted(), ["eve", "bob"]);
  server.tellAll({ type: "mute", muted: true, user: "ann" });
  server.tellAll({ type: "mute", muted: false, user: "eve" });
  await clock.pass(60_000);
  assert.deepEqual(muted(), ["ann"]);
});

test("What holds in a room is known when one is let in, and when it changes", async () => {
  const { clock, server, tab } = await connected((server) => server.rules = { locked: true, slow: 0 });
  assert.deepEqual(tab.room().rules, { locked: true, slow: 0 });
  server.tell({ type: "rules", room: "lobby", locked: false, slow: 10 });
  await clock.pass(100);
  assert.deepEqual([tab.room().rules.locked, tab.room().rules.slow], [false, 10]);
});
