// Before everything else, so that the handshake is made meanwhile.
import { openSocket } from "./first_socket.ts";
import { DEFAULT_ROOM, type Person, type Refusal, type Said, WARNING } from "../protocol.ts";
import { Access } from "./access.ts";
import { Attention } from "./attention.ts";
import { Banner } from "./banner.ts";
import { Chat, type ChatActions, type ChatListener, type RoomView, type TimelineChange } from "./chat.ts";
import { Memory } from "./chat_memory.ts";
import { mentionable } from "./completion.ts";
import { Composer } from "./composer.ts";
import type { Status } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { Drafts, type Stored } from "./drafts.ts";
import { Drawer } from "./drawer.ts";
import { element } from "./element.ts";
import { closeByEscape } from "./escape.ts";
import { words } from "./i18n.ts";
import { type Shortcut, shortcutOf, writingInto } from "./keys.ts";
import { beginToSpeak, offerLanguages } from "./language.ts";
import { Menu } from "./menu.ts";
import { MessageMenu } from "./message_menu.ts";
import { saySpan } from "./moment.ts";
import { Moderator } from "./moderator.ts";
import { Notifications } from "./notifications.ts";
import { Outcome } from "./outcome.ts";
import { isGuest, People } from "./people.ts";
import { hrefOf, passOf, type Place, placeOf } from "./place.ts";
import { sayRefusal } from "./refusal.ts";
import { Rooms } from "./rooms.ts";
import { Search } from "./search.ts";
import { Settings } from "./settings.ts";
import { keepShell } from "./shell.ts";
import { Timeline } from "./timeline.ts";
import { showTyping } from "./typing.ts";
import { explainTimes, keepAgo, timeOf, untilTomorrow } from "./time.ts";
import { unreadOf } from "./unread.ts";
import { keepVisible } from "./visible.ts";

/** Where style.css has no third column, and what was found covers the conversation. */
const NARROW = "(max-width: 64rem)";

function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

// At once, lest somebody look over the reader's shoulder.
const broughtAlong = takePass();

const memory = new Memory(() => localStorage);
offerLanguages(byId("language"), beginToSpeak(memory), memory, (text) => byId("language-answer").textContent = text);
const banner = new Banner(document.querySelector("header")!);

/** The page as a whole: which place it is at, and who is told of what. */
class Page implements ChatListener {
  readonly #chat: ChatActions;
  readonly #conversation: Conversation;
  readonly #rooms: Rooms;
  readonly #people: People;
  readonly #search: Search;
  readonly #composer: Composer;
  readonly #attention: Attention;
  readonly #settings: Settings;
  readonly #access: Access;
  readonly #menu = new Menu(() => this.#composer.focus());
  readonly #outcome = new Outcome(byId("outcome-line"), () => this.#composer.focus());
  readonly #moderator: Moderator;
  /** What I want to be deleted, by its id. */
  readonly #deleting = new Set<number>();
  readonly #roomsDrawer = new Drawer(byId("rooms-open"), byId("rooms"), byId("settings"));
  readonly #searchDrawer = new Drawer(byId("search-open"), byId("search"), byId("found"));
  readonly #peopleDrawer = new Drawer(byId("people-open"), byId("people"));
  #connection: Status["state"] = "connecting";
  #shown = "";

  constructor(chat: ChatActions) {
    this.#chat = chat;
    const timeline = new Timeline(byId("timeline"), {
      me: () => chat.me,
      connection: () => this.#connection,
      resend: (nonce) => this.#settle(() => chat.resend(nonce)),
      discard: (nonce) => this.#settle(() => chat.discard(nonce)),
    });
    this.#conversation = new Conversation(chat, {
      viewport: byId("viewport"),
      list: byId("timeline"),
      empty: byId("empty"),
      older: byId("older"),
      unseen: byId("unseen"),
    }, timeline);
    this.#rooms = new Rooms(chat, byId("rooms"), (room) => this.#go({ room }), (room) => chat.leave(room));
    this.#moderator = new Moderator(
      chat,
      (said) => this.#delete(said),
      (done) => this.#outcome.show(done),
      (secret) => new URL(`/#guest=${secret}`, location.href).href,
    );
    new MessageMenu(byId("timeline"), this.#menu, {
      choices: (id) => this.#about(id, (said) => this.#moderator.message(said)),
      deletion: (id) => this.#about(id, (said) => this.#moderator.deletion(said)),
    });
    this.#menu.attach(byId("moderate"), () => {
      const room = chat.rooms.get(this.#shown);
      return room && this.#moderator.room(room);
    });
    this.#people = new People(chat, byId("people"), (person) => this.#offer(person));
    this.#search = new Search(chat, byId("search"), byId("found"), () => this.#composer.focus());
    this.#composer = new Composer(byId("composer"), new Drafts(memory, after), {
      bytesMax: () => chat.textBytesMax,
      send: (text) => this.#say(text),
      typing: () => chat.typing(this.#shown),
      people: () => {
        const room = chat.rooms.get(this.#shown);
        return room ? mentionable(room, chat.me?.id) : [];
      },
      hint,
    });
    const notifications = new Notifications(memory, (href) => {
      const place = placeOf(new URL(href, location.href));
      if (place) this.#go(place);
    });
    const parts = { log: byId("read-out"), icon: byId<HTMLElement & HTMLLinkElement>("icon") };
    this.#attention = new Attention(chat, parts, notifications);
    this.#settings = new Settings(byId("settings"), byId("settings-open"), memory, notifications, chat);
    this.#access = new Access(
      byId("access"),
      (pass) => chat.enter(pass),
      () => chat.hasPass,
      () => document.activeElement === byId("text") && byId<HTMLTextAreaElement>("text").value !== "",
      () => this.#composer.focus(),
    );
    this.#nameDays();
    this.#listen();
  }

  /** Goes to the place of the address. */
  open(): void {
    this.#show(this.#placeOfAddress());
  }

  status(status: Status): void {
    this.#connection = status.state;
    const retry = byId("retry");
    const hadFocus = document.activeElement === retry;
    banner.show(status);
    if (hadFocus && retry.hidden) this.#composer.focus();
    this.#access.show(status);
    this.#conversation.update();
  }

  me(): void {
    const { me, role } = this.#chat;
    byId("moderate").hidden = role !== "admin";
    byId("enter").hidden = role === "guest";
    // The focus does not go back to what is about to go.
    byId("guest").hidden = !me || !isGuest(me.name);
    byId("guest").querySelector("bdi")!.textContent = me?.name ?? "";
    this.#people.showMe();
    this.#conversation.renamed();
    this.rules();
  }

  /** Says what holds in the room that is shown, and why nothing can be said there. */
  rules(): void {
    const { me, role, rooms } = this.#chat;
    const { locked = false, slow = 0 } = rooms.get(this.#shown)?.rules ?? {};
    const mute = role === "admin" ? undefined : this.#chat.muteOf(me?.id);
    const notice = locked
      ? words.roomLocked
      : mute
      ? sayRefusal({ code: "muted", reason: "", detail: mute.until?.toString() })
      : slow > 0
      ? words.slowNotice(saySpan(slow))
      : "";
    const line = byId("rules");
    if (line.textContent !== notice) line.textContent = notice;
    this.#composer.shut(mute !== undefined || locked && role !== "admin", line.id);
  }

  rooms(): void {
    const { rooms } = this.#chat;
    if (!rooms.has(this.#shown)) {
      // It was left, or I was not let in, which the hint goes on telling.
      const place = { room: rooms.keys().next().value ?? DEFAULT_ROOM };
      history.replaceState(null, "", hrefOf(place));
      return this.#show(place);
    }
    this.#rooms.update(this.#shown);
    this.#conversation.counted();
    byId("mute").ariaPressed = String(rooms.get(this.#shown)!.muted);
    this.#attention.counted(this.#shown);
    const elsewhere = unreadOf(...[...rooms.values()].filter(({ name }) => name !== this.#shown));
    byId("elsewhere").textContent = elsewhere;
    byId("rooms-open").ariaLabel = elsewhere === "" ? words.rooms : words.roomsUnread(elsewhere);
    this.#takeAim();
  }

  timeline(room: RoomView, change: TimelineChange): void {
    this.#conversation.changed(room, change);
    this.#takeAim();
    if (change.kind !== "deleted" || room.name !== this.#shown) return;
    const isMine = change.said.some(({ id, user }) => user === this.#chat.me?.id && !this.#deleting.has(id));
    if (isMine) hint(words.deletedYours);
  }

  deleted(_room: RoomView, ids: readonly number[]): void {
    this.#search.remove(ids);
    this.#attention.deleted(ids);
    if (ids.some((id) => this.#deleting.delete(id))) hint(words.deletedIt);
  }

  heard(room: RoomView, said: readonly Said[]): void {
    this.#attention.heard(room, said, () => room.name === this.#shown);
  }

  missed(room: RoomView, said: readonly Said[], isAll: boolean): void {
    this.#attention.missed(room, said, isAll, () => room.name === this.#shown);
  }

  pending(room: RoomView): void {
    this.#conversation.update(room);
  }

  people(room: RoomView): void {
    if (room.name !== this.#shown) return;
    this.#people.update(room);
    this.#conversation.named(room);
    showTyping(byId("typing"), room.typing);
  }

  refused(refusal: Refusal): void {
    const { code, detail, room } = refusal;
    // Nothing but a name is refused without saying what it was.
    const isTooFast = code === "tooFast" && detail !== WARNING && room === undefined;
    const isAboutName = code === "badName" || code === "nameTaken" || isTooFast;
    if (!isAboutName || !this.#people.refused(refusal)) hint(sayRefusal(refusal));
  }

  /** Another tab changed the storage. */
  storageChanged(stored: Stored): void {
    this.#composer.storageChanged(stored);
  }

  #listen(): void {
    const chat = this.#chat;
    document.addEventListener("click", (event) => this.#clicked(event));
    // A machine that slept over midnight was not told.
    document.addEventListener("visibilitychange", () => this.#conversation.nameDays());
    addEventListener("popstate", () => {
      const pass = takePass();
      if (pass) chat.enter(pass);
      this.#show(this.#placeOfAddress());
    });
    byId("unseen").addEventListener("click", () => {
      this.#composer.focus();
      this.#toEnd(words.newestMissing);
    });
    byId("mute").addEventListener("click", () => {
      const room = chat.rooms.get(this.#shown);
      if (room) chat.mute(room.name, !room.muted);
    });
    document.addEventListener("keydown", (event) => {
      const shortcut = shortcutOf(event, writingInto(event.target), this.#settings.singleKeys);
      if (!shortcut || event.repeat || byId<HTMLDialogElement>("settings").open) return;
      event.preventDefault();
      this.#do(shortcut);
    });
    closeByEscape(
      () => this.#composer.focus(),
      () => this.#composer.dismiss(),
      () => this.#menu.close(),
      () => this.#settings.close(),
      // Where both are open, this lies over the form with the name.
      () => this.#search.close(),
      () => this.#people.dismiss(),
      () => [this.#roomsDrawer, this.#searchDrawer, this.#peopleDrawer].some((drawer) => drawer.close()),
      () => this.#search.leave(),
      () => this.#leaveText(),
    );
    byId("retry").addEventListener("click", () => {
      this.#composer.focus();
      if (this.#connection === "ended") chat.enter();
      else chat.retry();
    });
    byId("guest").querySelector("button")!.addEventListener("click", () => {
      this.#peopleDrawer.open();
      this.#people.askForName();
    });
  }

  /** What can be done with a message of the room that is shown. */
  #about<T>(id: number, what: (said: Said) => T): T | undefined {
    const item = this.#chat.rooms.get(this.#shown)?.items.find((item) => item.kind === "said" && item.said.id === id);
    return item?.kind === "said" ? what(item.said) : undefined;
  }

  #offer(person: Person): HTMLElement | undefined {
    if (!this.#moderator.person(person)) return undefined;
    const opener = element("button", "act", "⋯");
    opener.ariaLabel = opener.title = words.personActions(person.name);
    this.#menu.attach(opener, () => this.#moderator.person(person));
    return opener;
  }

  #delete({ room, id }: Said): void {
    if (this.#chat.delete(room, id)) this.#deleting.add(id);
    else hint(words.notNow);
  }

  /** From what is written one comes to what is said. */
  #leaveText(): boolean {
    if (document.activeElement !== byId("text")) return false;
    byId("viewport").focus({ preventScroll: true });
    return true;
  }

  /** What is today is called yesterday from midnight on. */
  #nameDays(): void {
    setTimeout(() => {
      this.#conversation.nameDays();
      this.#nameDays();
    }, untilTomorrow(new Date()));
  }

  /** Does something with a message that failed, whose buttons go then; the focus must not go with them. */
  #settle(action: () => void): void {
    byId("viewport").focus({ preventScroll: true });
    action();
  }

  #do(shortcut: Shortcut): void {
    switch (shortcut) {
      case "search":
        this.#searchDrawer.open();
        byId("query").focus();
        // What is typed next is another question.
        return byId<HTMLInputElement>("query").select();
      case "help":
        return this.#settings.open();
      case "previousRoom":
      case "nextRoom": {
        const rooms = [...this.#chat.rooms.keys()];
        const step = shortcut === "nextRoom" ? 1 : rooms.length - 1;
        return this.#go({ room: rooms[(rooms.indexOf(this.#shown) + step) % rooms.length]! });
      }
    }
  }

  async #say(text: string): Promise<void> {
    this.#conversation.answered();
    this.#chat.say(this.#shown, text);
    await this.#toEnd(words.waitsAtEnd);
  }

  /** Goes to the newest message; says so when it is not to be had. */
  async #toEnd(missing: string): Promise<void> {
    hint(await this.#conversation.toEnd() ? "" : missing);
  }

  /** Goes where a link of this page leads, unless it was clicked to open elsewhere. */
  #clicked(event: MouseEvent): void {
    const link = (event.target as Element).closest<HTMLAnchorElement>("a[href]");
    if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    const place = url.origin === location.origin && url.pathname === location.pathname ? placeOf(url) : undefined;
    if (!place) return;
    event.preventDefault();
    this.#go(place);
  }

  /** The place of the address; for one that there can't be, the lobby. */
  #placeOfAddress(): Place {
    const place = placeOf(new URL(location.href));
    if (place) return place;
    history.replaceState(null, "", hrefOf({ room: DEFAULT_ROOM }));
    hint(words.roomOfAddress);
    return { room: DEFAULT_ROOM };
  }

  /** Goes to a place that somebody wants to go to. */
  #go(place: Place): void {
    hint("");
    const href = hrefOf(place);
    if (href !== location.pathname + location.search + location.hash) history.pushState(null, "", href);
    this.#show(place);
  }

  #show({ room, message }: Place): void {
    const isOther = room !== this.#shown;
    // What gives the focus back does so before the message gets it.
    this.#roomsDrawer.close();
    this.#searchDrawer.close();
    if (matchMedia(NARROW).matches) this.#search.close();
    this.#conversation.aim = message;
    if (isOther) this.#enter(room);
    else if (message === undefined && this.#chat.rooms.get(room)?.moreAfter) this.#toEnd(words.newestMissing);
    this.#takeAim();
    // Where a finger would open the keyboard, the reader decides.
    if (isOther && message === undefined && matchMedia("(pointer: fine)").matches) this.#composer.focus();
  }

  #enter(name: string): void {
    this.#shown = name;
    this.#composer.show(name);
    if (!this.#chat.rooms.has(name)) this.#chat.join(name);
    byId("here").textContent = name;
    this.#outcome.close();
    this.#conversation.show(name);
    this.rooms();
    this.rules();
    const room = this.#chat.rooms.get(name);
    if (room) this.people(room);
  }

  async #takeAim(): Promise<void> {
    const message = this.#conversation.aim;
    if (message === undefined) return;
    // While I am not in the room it can't be asked for, only found among what is here.
    if (!this.#conversation.has(message) && !this.#chat.rooms.get(this.#shown)?.joined) return;
    this.#conversation.aim = undefined;
    if (!await this.#conversation.goTo(message)) hint(words.messageMissing);
  }
}

/** Takes the pass out of the address, where everybody could see it. */
function takePass(): string | undefined {
  const pass = passOf(location);
  if (pass !== undefined) history.replaceState(null, "", location.pathname + location.search);
  return pass;
}

function hint(text: string): void {
  byId("hint").textContent = text;
}

function after(ms: number, callback: () => void): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

function begin(): void {
  const chat = new Chat({
    open: openSocket,
    storage: () => localStorage,
    after,
    now: Date.now,
    random: Math.random,
  }, {
    status: (status) => page.status(status),
    me: () => page.me(),
    rooms: () => page.rooms(),
    timeline: (room, change) => page.timeline(room, change),
    deleted: (room, ids) => page.deleted(room, ids),
    pending: (room) => page.pending(room),
    rules: () => page.rules(),
    people: (room) => page.people(room),
    heard: (room, said) => page.heard(room, said),
    missed: (room, said, isAll) => page.missed(room, said, isAll),
    refused: (refusal) => page.refused(refusal),
  });
  const page = new Page(chat);
  page.open();
  if (broughtAlong) chat.enter(broughtAlong);
  chat.start();
  // What takes long to make the first time is made while the answer is on its way.
  timeOf(Date.now());

  addEventListener("online", () => chat.retry());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") chat.retry();
  });
  addEventListener("storage", (stored) => {
    chat.storageChanged(stored.key);
    page.storageChanged(stored);
  });
  addEventListener("beforeunload", (event) => {
    if (!chat.outboxKept) event.preventDefault();
  });
}

if ("WebSocket" in globalThis) {
  begin();
} else {
  banner.show({ state: "unsupported" });
  for (const id of ["rooms", "people", "search", "composer"]) byId(id).hidden = true;
}
keepVisible();
explainTimes();
keepAgo();
keepShell();
