import type { Joined, Person, Rules, Said, ServerMessage } from "../protocol.ts";
import type { Item, Pending, RoomView, TimelineChange } from "./chat.ts";
import { ITEMS_MAX, type Page, Timeline, UNREAD_ITEMS_MAX } from "./chat_timeline.ts";
import { Typing } from "./chat_typing.ts";
import { KnownNames } from "./known_names.ts";
import { mentions } from "./markup.ts";

/** So many unread messages are counted; what comes on top is "at least". */
export const UNREAD_MAX = 1_000;
/** So many names are known in a room; then those are forgotten whose owners are not here. */
export const NAMES_MAX = 2_000;
/** So many deletions are remembered of a room, for pages that were on their way when they came. */
const DELETED_MAX = 1_000;

/** Something that others said and that I have not read. */
interface Unread {
  readonly id: number;
  /** It mentions me. */
  readonly mention: boolean;
}

/** What a page has of a room: the part of the conversation that is on show, how far I have read, who is there. */
export class Room implements RoomView {
  readonly name: string;
  readonly typists: Typing;
  pending: readonly Pending[] = [];
  joined = false;
  /** The server was asked to let me in, and has not answered. */
  entering = false;
  /** How often it said "not now" since it last let me in. */
  refusals = 0;
  /** When I last told that I am typing, in ms since 1970. */
  hintedAt = 0;
  /** The newest id up to which I have had everything, on show or not: what to resume from. */
  cursor: number | undefined;
  timeline = new Timeline({ entries: [], more: false }, 0, false);
  lastRead = 0;
  unreadMore = false;
  count = 0;
  people: readonly Person[] = [];
  muted = false;
  rules: Rules = { locked: false, slow: 0 };
  held = false;
  names = new KnownNames([]);
  #unread: Unread[] = [];
  readonly #catchers = new Set<Said[]>();
  readonly #deleted = new Set<number>();
  /** I, once it is known what I am called. */
  #me: readonly Person[] = [];

  constructor(name: string, typists: Typing) {
    this.name = name;
    this.typists = typists;
  }

  get items(): readonly Item[] {
    return this.timeline.items;
  }

  get moreBefore(): boolean {
    return this.timeline.moreBefore;
  }

  get moreAfter(): boolean {
    return this.timeline.moreAfter;
  }

  get unread(): number {
    return this.#unread.length;
  }

  get mentions(): number {
    return this.#unread.filter(({ mention }) => mention).length;
  }

  get typing(): readonly Person[] {
    return this.typists.people;
  }

  /**
   * The server let me in.
   * @param me what I said is never unread, nor missed.
   * @param remembered how far I have read it in this epoch, if I was ever here.
   */
  enter(joined: Joined, me: Person, remembered: number | undefined): TimelineChange | undefined {
    this.joined = true;
    this.entering = false;
    this.refusals = 0;
    this.people = joined.people;
    this.count = joined.count;
    this.rules = joined.rules ?? this.rules;
    this.called(me);
    this.know([...joined.people, ...joined.entries]);
    return joined.start === "resumed" ? this.#resume(joined, me) : this.#restart(joined, me, remembered);
  }

  /** The connection is gone, or I am sent out. */
  exit(): void {
    this.joined = this.entering = false;
    this.typists.clear();
  }

  /** Everything that was known is void: ids start again. */
  forget(): void {
    this.cursor = undefined;
    this.timeline = new Timeline({ entries: [], more: false }, 0, false);
    this.lastRead = 0;
    this.unreadMore = false;
    this.#unread = [];
    this.#deleted.clear();
  }

  /** Whether I have not had an id yet. */
  isNews(id: number): boolean {
    return id > (this.cursor ?? 0);
  }

  /** What of some entries others said and I have not had. */
  newsIn(entries: readonly Said[], me: Person): Said[] {
    return entries.filter(({ id, user, text }) => this.isNews(id) && user !== me.id && text !== "");
  }

  /** Something was said just now that is news. */
  hear(said: Said, me: Person): TimelineChange | undefined {
    this.know([said]);
    this.#advance([said], me, said.id);
    for (const caught of this.#catchers) caught.push(said);
    return this.moreAfter ? undefined : this.timeline.append([said]);
  }

  /** Messages were deleted: they are neither shown nor unread, and what of them is still to come is nothing to show. */
  delete(ids: readonly number[]): TimelineChange | undefined {
    for (const id of ids) this.#deleted.add(id);
    for (const id of this.#deleted) {
      if (this.#deleted.size <= DELETED_MAX) break;
      this.#deleted.delete(id);
    }
    const gone = new Set(ids);
    this.#unread = this.#unread.filter(({ id }) => !gone.has(id));
    for (const caught of this.#catchers) caught.splice(0, caught.length, ...caught.filter(({ id }) => !gone.has(id)));
    return this.timeline.delete(gone);
  }

  /** Whether a message was deleted while this page was open. */
  isDeleted(id: number): boolean {
    return this.#deleted.has(id);
  }

  /** A deletion has an id, too, up to which I now have everything. */
  advance(id: number): void {
    this.cursor = Math.max(this.cursor ?? 0, id);
  }

  /** A page as it is by now: what was deleted since it was read has no text, and so is nothing to show. */
  current(page: Page): Page {
    return { ...page, entries: page.entries.map((said) => this.isDeleted(said.id) ? { ...said, text: "" } : said) };
  }

  /**
   * Lets go of the oldest if there are too many.
   * @param fresh so many have come just now: nobody can have read them.
   */
  trim(fresh: number): TimelineChange | undefined {
    return this.timeline.trim(this.unread <= fresh ? ITEMS_MAX : UNREAD_ITEMS_MAX);
  }

  /** Keeps what is said from now on while a page is fetched to which it may have to be joined. */
  catch(): { readonly caught: readonly Said[]; release(): void } {
    const caught: Said[] = [];
    this.#catchers.add(caught);
    return { caught, release: () => this.#catchers.delete(caught) };
  }

  /** Goes on to the page that follows, and if that was the last, to what was said meanwhile. */
  extend(page: Page, caught: readonly Said[]): TimelineChange | undefined {
    this.know(page.entries);
    this.timeline.moreAfter = page.more;
    return this.timeline.append(page.more ? page.entries : [...page.entries, ...caught]);
  }

  /** Goes back to the page before. */
  prepend(page: Page): TimelineChange | undefined {
    this.know(page.entries);
    return this.timeline.prepend(page);
  }

  /** Shows another part. */
  show(page: Page, moreAfter: boolean, caught: readonly Said[]): TimelineChange {
    this.know(page.entries);
    this.timeline = new Timeline(page, page.entries.at(-1)?.id ?? 0, moreAfter);
    if (!moreAfter) this.timeline.append(caught);
    return { kind: "reset" };
  }

  /** I have read up to an id; false if that was known. */
  read(id: number): boolean {
    if (id <= this.lastRead) return false;
    this.lastRead = id;
    const unread = this.#unread.filter((other) => other.id > id);
    if (unread.length < this.#unread.length) this.unreadMore = false;
    this.#unread = unread;
    return true;
  }

  /** That is what I am called now. */
  called(me: Person): void {
    this.#me = [me];
    this.know(this.#me);
  }

  /** Somebody is here or has said something, and so can be mentioned. */
  know(people: readonly { readonly name: string }[]): void {
    for (const { name } of people) this.names.add(name);
    if (this.names.size <= NAMES_MAX) return;
    this.names = new KnownNames([...this.#me, ...this.people, ...people].map(({ name }) => name));
  }

  /** People came and went. */
  update({ joined, left, count }: Extract<ServerMessage, { type: "people" }>): void {
    const people = new Map(this.people.map((person) => [person.id, person]));
    for (const person of joined) people.set(person.id, person);
    this.know(joined);
    for (const id of left) people.delete(id);
    this.people = [...people.values()];
    this.count = count;
    for (const id of left) this.typists.stopped(id);
  }

  #restart({ start, entries, more, last }: Joined, me: Person, remembered: number | undefined): TimelineChange {
    // On the first visit ever nothing is unread.
    this.lastRead = Math.max(remembered ?? last, this.lastRead);
    this.#unread = [];
    this.unreadMore = more && entries.length > 0 && entries[0]!.id > this.lastRead;
    this.cursor = 0;
    this.#advance(entries, me, last);
    this.timeline = new Timeline({ entries, more }, last, false, start === "reload" ? [{ kind: "reloaded" }] : []);
    return { kind: "reset" };
  }

  #resume({ entries, last }: Joined, me: Person): TimelineChange | undefined {
    const missed = this.#advance(entries, me, last);
    if (this.moreAfter) return undefined;
    return this.timeline.append(entries, missed > 0 ? { kind: "missed", count: missed } : undefined);
  }

  /** I have everything up to `last` now; counts what others said that is new. */
  #advance(entries: readonly Said[], me: Person, last: number): number {
    const others = this.newsIn(entries, me);
    this.advance(last);
    this.#unread.push(
      ...others.filter(({ id }) => id > this.lastRead)
        .map(({ id, text }) => ({ id, mention: mentions(text, me.name, this.names) })),
    );
    if (this.#unread.length > UNREAD_MAX) {
      this.#unread.splice(0, this.#unread.length - UNREAD_MAX);
      this.unreadMore = true;
    }
    return others.length;
  }
}
