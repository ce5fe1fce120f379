import type { ChatActions, RoomView, TimelineChange } from "./chat.ts";
import { words } from "./i18n.ts";
import { ScrollKeeper } from "./scroll.ts";
import { Timeline } from "./timeline.ts";
import { unreadOf } from "./unread.ts";

/** The elements of the page that the conversation is made of. */
export interface ConversationParts {
  readonly viewport: HTMLElement;
  readonly list: HTMLElement;
  /** Shown while there is nothing else. */
  readonly empty: HTMLElement;
  /** Loads what is before the first message. */
  readonly older: HTMLElement;
  /** Goes to the end. */
  readonly unseen: HTMLElement;
}

const NONE: ReadonlySet<number> = new Set();

/** Where the reader was in a room: a message, and how far below the top of the viewport it was, in px. */
interface Reading {
  readonly id: number;
  readonly offset: number;
}

/** What the people in one room say: shows it, loads more of it where the reader gets near, and says what was read. */
export class Conversation {
  readonly #chat: ChatActions;
  readonly #parts: ConversationParts;
  readonly #timeline: Timeline;
  #keeper: ScrollKeeper;
  #name = "";
  /**
   * The message that the reader is to be taken to as soon as its room can be asked for it. Until then what is shown is not
   * what they want to read.
   */
  aim: number | undefined;
  /** Where the reader was in the rooms that they are not in now, if it was not the end. */
  readonly #readings = new Map<string, Reading>();
  /** What has the focus in place of a message that is gone, and may be fetched. */
  #standIn: { readonly link: HTMLElement; readonly id: number } | undefined;
  #loading = false;
  /** How many journeys wait for the server. Until they end, what is shown is not what the reader wants to read. */
  #waiting = 0;
  /** How often the reader was taken somewhere, so that a journey knows whether there was a later one. */
  #journeys = 0;

  constructor(chat: ChatActions, parts: ConversationParts, timeline: Timeline) {
    this.#chat = chat;
    this.#parts = parts;
    this.#timeline = timeline;
    const { viewport, list, older } = parts;
    this.#keeper = new ScrollKeeper(viewport, () => {});
    viewport.addEventListener("scroll", () => this.#moved(() => this.#keeper.scrolled()), { passive: true });
    const resizes = new ResizeObserver(() => this.#moved(() => this.#keeper.resized()));
    resizes.observe(viewport);
    resizes.observe(list);
    older.addEventListener("click", () => this.#load("older"));
    document.addEventListener("visibilitychange", () => this.#read());
  }

  /** Shows a room; where I was reading it before I go on, unless there is an aim. */
  show(name: string): void {
    this.#leave();
    this.#name = name;
    this.#journeys++;
    const room = this.#room;
    this.#keepFocus(() => {
      if (room) this.#begin(room, this.aim === undefined ? this.#readings.get(name) : undefined);
    }, false);
  }

  /** The timeline of a room changed. */
  changed(room: RoomView, change: TimelineChange): void {
    if (room.name === this.#name) this.#keepFocus(() => this.#change(room, change));
  }

  #change(room: RoomView, change: TimelineChange): void {
    // Nothing was shown yet, so nobody is reading anything.
    if (change.kind === "reset" && this.#timeline.isEmpty) return this.#begin(room);
    const keeper = this.#keeper;
    const frame = () => this.#frame(room);
    // An older part grows at its end: nobody has to be told, and nobody is taken along.
    const grows = !keeper.mayFollow;
    if (change.kind === "appended") {
      const others = room.items.slice(room.items.length - change.count)
        .filter((item) => item.kind === "said" && item.said.user !== this.#chat.me?.id);
      // Where the reader has to go on is where the first is that they do not see come.
      const isSeen = keeper.following && document.visibilityState === "visible";
      if (!isSeen && !grows && room.unread > 0 && room.unread <= others.length) {
        this.#timeline.markNew(room, room.lastRead);
      }
      keeper.append(grows ? 0 : others.length, () => {
        this.#timeline.append(room, change.count);
        frame();
      });
    } else if (change.kind === "deleted") {
      this.#stay(() => {
        this.#timeline.remove(room, change.said);
        frame();
      }, new Set(change.said.map(({ id }) => id)));
      keeper.left(room.unread);
    } else {
      const reading = this.#stay(() => {
        if (change.kind === "prepended") this.#timeline.prepend(room, change.count);
        else if (change.kind === "dropped") this.#timeline.drop(room, change.count);
        else this.#timeline.reset(room);
        if (change.kind === "reset" && room.unread > 0) this.#timeline.markNew(room, room.lastRead);
        frame();
      });
      if (reading && !this.has(reading.id) && this.#waiting === 0) this.#fetch(reading);
    }
    keeper.mayFollow = !room.moreAfter;
    this.#moved(() => keeper.scrolled());
    this.named(room);
  }

  /** Names may have become known: what mentions them shows it. */
  named(room: RoomView): void {
    if (room.name !== this.#name) return;
    const messages = this.#timeline.learnNames(room);
    if (messages.length > 0) this.#keepFocus(() => this.#stay(() => this.#timeline.rewrite(messages)));
  }

  /** What is pending in a room changed, or how the connection is. */
  update(room: RoomView | undefined = this.#room): void {
    if (!room || room.name !== this.#name) return;
    this.#keepFocus(() =>
      this.#keeper.append(0, () => {
        this.#timeline.update(room);
        this.#frame(room);
      })
    );
  }

  /** I am called something else: what mentions me does so by another name. */
  renamed(): void {
    const room = this.#room;
    if (room && !this.#timeline.isEmpty) this.changed(room, { kind: "reset" });
  }

  /** Another day has begun. */
  nameDays(): void {
    this.#timeline.nameDays();
  }

  /** I have answered, so nothing is new to me any more. */
  answered(): void {
    if (this.#room) this.#timeline.markNew(this.#room, undefined);
  }

  /** The count of what is unread changed. */
  counted(): void {
    this.#offerEnd();
  }

  /** Whether a message is among those that are shown. */
  has(id: number): boolean {
    return this.#timeline.find(id) !== undefined;
  }

  /** Goes to the newest message; false when it is not to be had. */
  async toEnd(): Promise<boolean> {
    const journey = ++this.#journeys;
    if (this.#room?.moreAfter) await this.#wait(this.#chat.showEnd(this.#name));
    // The reader has gone elsewhere meanwhile.
    if (journey !== this.#journeys) return true;
    this.#moved(() => this.#keeper.toEnd());
    return !this.#room?.moreAfter;
  }

  /** Goes to a message, marks it and gives it the focus; false when it is not to be had. */
  async goTo(id: number): Promise<boolean> {
    const journey = ++this.#journeys;
    const from = document.activeElement;
    const known = this.has(id) || await this.#wait(this.#chat.showAround(this.#name, id));
    // The reader has gone elsewhere meanwhile.
    if (journey !== this.#journeys) return true;
    const node = this.#timeline.find(id);
    if (!known || !node) {
      this.#moved(() => {});
      return false;
    }
    this.#parts.list.querySelector(".aimed")?.classList.remove("aimed");
    node.classList.add("aimed");
    const { clientHeight } = this.#parts.viewport;
    // The beginning of a message that is higher than the viewport is what one wants to see.
    const above = Math.max(16, (clientHeight - node.offsetHeight) / 2);
    this.#moved(() => this.#keeper.goTo(this.#offsetOf(node) - above, this.#room?.unread));
    // Unless they have begun to do something else meanwhile.
    const hasStayed = document.activeElement === from || document.activeElement === document.body;
    if (hasStayed || !from?.isConnected) focusOn(linkOf(node));
    return true;
  }

  /**
   * Begins to show a room: where the reader was, else at the line above what is new if the rest does not fit below it, else
   * at the end. A line that is further up than what is here is fetched.
   */
  #begin(room: RoomView, reading?: Reading): void {
    this.#keeper = new ScrollKeeper(this.#parts.viewport, () => this.#offerEnd(), room.unread);
    this.#keeper.mayFollow = !room.moreAfter;
    this.#timeline.reset(room);
    this.#timeline.markNew(room, room.unread > 0 ? room.lastRead : undefined);
    this.#frame(room);
    if (reading && !this.has(reading.id)) this.#fetch(reading);
    else if (!reading && this.aim === undefined && room.unread > 0 && !this.#timeline.newLine) this.#fetchNew();
    this.#moved(() => {
      if (reading && this.#goOnReading(reading)) return;
      if (this.aim !== undefined || !this.#goToNew()) this.#keeper.toEnd();
    });
  }

  /** Goes to the line above what is new; false when it is not here. */
  #goToNew(): boolean {
    const { newLine } = this.#timeline;
    if (newLine) this.#keeper.goTo(this.#offsetOf(newLine), this.#room?.unread);
    return newLine !== undefined;
  }

  /**
   * Changes what is shown. The message that has the focus keeps it, though it is made anew; when it goes, the one that is
   * nearest gets it.
   * @param isSameRoom else no message is near to it.
   */
  #keepFocus(change: () => void, isSameRoom = true): void {
    const { list, viewport } = this.#parts;
    const focused = document.activeElement as HTMLElement;
    if (!list.contains(focused)) return change();
    const id = this.#standIn?.link === focused
      ? this.#standIn.id
      : Number(focused.closest<HTMLElement>("[data-id]")?.dataset.id);
    change();
    const keep = () => {
      if (document.activeElement !== document.body) return;
      // What was only moved has lost it, too.
      if (focused.isConnected) return focusOn(focused);
      const node = isSameRoom ? this.#timeline.nearest(id) : undefined;
      const link = node && linkOf(node);
      this.#standIn = link && { link, id };
      focusOn(link ?? viewport);
    };
    keep();
    // What is pending no more goes at the end of this turn.
    queueMicrotask(keep);
  }

  get #room(): RoomView | undefined {
    return this.#chat.rooms.get(this.#name);
  }

  /** Where the viewport begins on the screen. */
  get #top(): number {
    return this.#parts.viewport.getBoundingClientRect().top;
  }

  /** How far a message is below the beginning of all that can be scrolled. */
  #offsetOf(node: HTMLElement): number {
    return this.#parts.viewport.scrollTop + node.getBoundingClientRect().top - this.#top;
  }

  /** Remembers where the reader is in the room that they leave. */
  #leave(): void {
    const reading = this.#reading();
    if (reading) this.#readings.set(this.#name, reading);
    else this.#readings.delete(this.#name);
  }

  /** Where the reader is, which is at nothing that is about to go; undefined when it is the end. */
  #reading(going: ReadonlySet<number> = NONE): Reading | undefined {
    const id = this.#keeper.following ? undefined : this.#timeline.firstBelow(this.#top, going);
    return id === undefined
      ? undefined
      : { id, offset: this.#timeline.find(id)!.getBoundingClientRect().top - this.#top };
  }

  /** Changes what is shown while the reader stays where they are; returns where that is. */
  #stay(change: () => void, going?: ReadonlySet<number>): Reading | undefined {
    this.#keeper.scrolled();
    const reading = this.#reading(going);
    // Its end: above its text the author may go, when it turns out that they had spoken before.
    this.#keeper.prepend(change, () => reading && this.#timeline.find(reading.id)?.getBoundingClientRect().bottom);
    return reading;
  }

  /** Goes where the reader was, to the px; false when it is not here. */
  #goOnReading({ id, offset }: Reading): boolean {
    const node = this.#timeline.find(id);
    if (node) this.#keeper.goTo(this.#offsetOf(node) - offset);
    return node !== undefined;
  }

  /** What the reader was reading is not here any more: it is fetched. */
  async #fetch(reading: Reading): Promise<void> {
    const journey = ++this.#journeys;
    await this.#wait(this.#chat.showAround(this.#name, reading.id));
    this.#moved(() => {
      if (journey === this.#journeys) this.#goOnReading(reading);
    });
  }

  /** What is new begins before what is here. */
  async #fetchNew(): Promise<void> {
    const journey = ++this.#journeys;
    const isHere = await this.#wait(this.#chat.showUnread(this.#name));
    this.#moved(() => {
      if (isHere && journey === this.#journeys) this.#goToNew();
    });
  }

  async #wait<T>(answer: Promise<T>): Promise<T> {
    this.#waiting++;
    try {
      return await answer;
    } finally {
      this.#waiting--;
    }
  }

  /** Shows what stands around the messages. */
  #frame(room: RoomView): void {
    const { empty, older } = this.#parts;
    empty.hidden = !room.joined || room.items.length > 0 || room.pending.length > 0 || room.moreBefore;
    if (!room.moreBefore && document.activeElement === older) focusOn(this.#parts.viewport);
    older.hidden = !room.moreBefore;
  }

  /** Whatever moves the reader lets them read something else, and perhaps calls for more. */
  #moved(move: () => void): void {
    move();
    const room = this.#room;
    if (!room) return;
    this.#offerEnd();
    this.#read();
    this.#timeline.stopAbove(this.#parts.viewport.getBoundingClientRect().bottom);
    const { scrollTop, scrollHeight, clientHeight } = this.#parts.viewport;
    // One screen ahead, so that who scrolls steadily need not wait.
    if (room.moreBefore && scrollTop < clientHeight) this.#load("older");
    else if (room.moreAfter && scrollHeight - clientHeight - scrollTop < clientHeight) this.#load("newer");
  }

  /** Loads one page at a time; the next one follows if it is still called for and the last one brought something. */
  async #load(way: "older" | "newer"): Promise<void> {
    const room = this.#room;
    if (this.#loading || !room) return;
    this.#loading = true;
    const edge = () => this.#room?.items.at(way === "older" ? 0 : -1);
    const before = edge();
    await this.#chat[way](room.name);
    this.#loading = false;
    if (edge() !== before) this.#moved(() => {});
  }

  /** Says that the newest message was read when it can be seen. */
  #read(): void {
    const room = this.#room;
    if (!room || this.aim !== undefined || this.#waiting > 0 || !this.#keeper.following) return;
    if (document.visibilityState !== "visible") return;
    const last = room.items.findLast((item) => item.kind === "said");
    if (last?.kind === "said" && last.said.id > room.lastRead) this.#chat.read(room.name, last.said.id);
  }

  #offerEnd(): void {
    const room = this.#room;
    const { unseen } = this.#keeper;
    const { unseen: offer } = this.#parts;
    const away = room?.moreAfter ?? false;
    const isIdle = !away && unseen === 0;
    if (isIdle && document.activeElement === offer) focusOn(this.#parts.viewport);
    offer.hidden = isIdle;
    const count = away ? unreadOf(room!) : `${unseen}${room?.unreadMore ? "+" : ""}`;
    const text = count === "" ? words.newest : words.newMessages(count);
    if (offer.textContent !== text) offer.textContent = text;
  }
}

/** The link of a message, by which one comes to it by keyboard. */
function linkOf(node: HTMLElement): HTMLElement {
  return node.querySelector("a.when")!;
}

function focusOn(element: HTMLElement): void {
  element.focus({ preventScroll: true });
}
