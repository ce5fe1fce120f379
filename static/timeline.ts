import type { Person, Said } from "../protocol.ts";
import type { Item, Pending, RoomView } from "./chat.ts";
import { Chunks, row } from "./chunks.ts";
import type { Status } from "./connection.ts";
import { button, element } from "./element.ts";
import { standing, type Utterance } from "./grouping.ts";
import { words } from "./i18n.ts";
import { KnownNames } from "./known_names.ts";
import { mentionsAny, parseMarkup } from "./markup.ts";
import { renderMarkup } from "./markup_nodes.ts";
import { avatarOf, nameOf } from "./person.ts";
import { hrefOf } from "./place.ts";
import { sayFailure } from "./refusal.ts";
import { TabStop } from "./tab_stop.ts";
import { dayOf, timeOf } from "./time.ts";

/** What the timeline needs to know, and what can be done with a message that was refused. */
export interface TimelinePorts {
  /** Who I am, as far as it is known yet. */
  me(): Person | undefined;
  /** How the connection is. */
  connection(): Status["state"];
  resend(nonce: string): void;
  discard(nonce: string): void;
}

/** A message that is shown. */
interface Message {
  /** Its row in the list, */
  readonly row: HTMLElement;
  /** and what of it is no separator. */
  readonly box: HTMLElement;
}

/**
 * Shows the items of a room, one below the other, and after them what is not known to be kept yet. It touches what
 * changed and nothing else: a room with thousands of messages takes a new one as fast as an empty room.
 */
export class Timeline {
  readonly #ports: TimelinePorts;
  readonly #rows: Chunks;
  readonly #waiting = element("ul", "waiting");
  readonly #tabStop: TabStop;
  readonly #said = new Map<number, Message>();
  readonly #pending = new Map<string, Message>();
  /** Of those the ones that are pending no more. */
  readonly #gone = new Set<string>();
  #names = new KnownNames([]);
  /** So many of them were known when the messages that are shown were made. */
  #namesKnown = 0;
  /** Behind this id begins what is new; undefined when nothing is. */
  #newAfter: number | undefined;
  #firstNew: number | undefined;

  constructor(list: HTMLElement, ports: TimelinePorts) {
    this.#ports = ports;
    const said = element("div", "said");
    said.ariaLabel = words.messages;
    this.#waiting.ariaLabel = words.unsent;
    list.append(said, this.#waiting);
    this.#rows = new Chunks(said);
    this.#tabStop = new TabStop(list, this.#rows, "a.when");
  }

  /** Shows another room, or another part of the same. */
  reset(room: RoomView): void {
    this.#said.clear();
    this.#pending.clear();
    this.#gone.clear();
    this.#firstNew = undefined;
    this.#rows.clear();
    this.#waiting.replaceChildren();
    this.#names = room.names;
    this.#namesKnown = room.names.size;
    this.append(room, room.items.length);
    this.update(room);
  }

  /** Puts the last `count` items after the others. */
  append(room: RoomView, count: number): void {
    const { items } = room;
    for (let index = items.length - count; index < items.length; index++) {
      this.#rows.append(this.#render(items, index));
    }
    if (this.#firstNew === undefined) this.#placeNew(room);
    this.#standPending(room);
  }

  /** Puts the first `count` items before the others. */
  prepend(room: RoomView, count: number): void {
    const { items } = room;
    this.#rows.prepend(items.slice(0, count).map((_, index) => this.#render(items, index)));
    this.#stand(items, count);
    this.#placeNew(room);
  }

  /** Takes the first `count` rows out, whose items are not held any more. */
  drop(room: RoomView, count: number): void {
    for (const { dataset } of this.#rows.drop(count)) this.#said.delete(Number(dataset.id));
    this.#stand(room.items, 0);
    this.#placeNew(room);
  }

  /** Takes out messages that are not among the items any more. */
  remove(room: RoomView, said: readonly Said[]): void {
    const { items } = room;
    for (const { id } of said) {
      const message = this.#said.get(id);
      if (message) this.#rows.remove(message.row);
      this.#said.delete(id);
    }
    // What came after one begins a group now, or the day.
    for (const { id } of said) this.#stand(items, items.findIndex((item) => item.kind === "said" && item.said.id > id));
    this.#placeNew(room);
    this.#standPending(room);
  }

  /** Shows what is pending in a room now. In an older part of it that would be in the wrong place. */
  update(room: RoomView): void {
    const pending = room.moreAfter ? [] : room.pending;
    for (const nonce of this.#pending.keys()) this.#gone.add(nonce);
    for (const { nonce } of pending) this.#gone.delete(nonce);
    // What was said in place of one comes later in the same turn. If it went before that, what is read would move.
    if (this.#gone.size > 0) queueMicrotask(() => this.#removeGone());
    for (const message of pending) {
      const known = this.#pending.get(message.nonce);
      const made = known ?? makeMessage();
      this.#renderPending(made, message, room.held);
      if (!known) this.#putLast(message.nonce, made);
    }
    // What is tried once more comes last.
    const order = [...this.#pending.keys()].filter((nonce) => !this.#gone.has(nonce));
    if (!pending.every(({ nonce }, index) => nonce === order[index])) {
      for (const { nonce } of pending) this.#putLast(nonce, this.#pending.get(nonce)!);
    }
    this.#standPending(room);
  }

  /** Learns the names that have become known, and tells which messages mention them and do not show it. */
  learnNames({ names, items }: RoomView): readonly Said[] {
    // Most of what comes brings no new name.
    if (names === this.#names && names.size === this.#namesKnown) return [];
    const learned = names === this.#names ? names.since(this.#namesKnown) : names;
    [this.#names, this.#namesKnown] = [names, names.size];
    return items.flatMap((item) => item.kind === "said" && mentionsAny(item.said.text, learned) ? [item.said] : []);
  }

  /** Makes the texts of messages anew. */
  rewrite(messages: readonly Said[]): void {
    for (const { id, text } of messages) {
      const message = this.#said.get(id);
      if (!message) continue;
      const before = message.box.querySelector(".text")!;
      const made = this.#renderText(text);
      made.id = before.id;
      before.replaceWith(made);
      this.#tabStop.made(message.row);
    }
  }

  /** Whether nothing that was said is shown. */
  get isEmpty(): boolean {
    return this.#said.size === 0;
  }

  /** Shows where what is new begins, also in what is shown later: before the first that others said after an id. */
  markNew(room: RoomView, after: number | undefined): void {
    this.#newAfter = after;
    this.#placeNew(room);
  }

  /** The row with the line above what is new; undefined when there is none. */
  get newLine(): HTMLElement | undefined {
    return this.#firstNew === undefined ? undefined : this.#said.get(this.#firstNew)?.row;
  }

  /** Another day has begun: yesterday is called so from now on. */
  nameDays(): void {
    for (const { row } of this.#said.values()) {
      const time = row.querySelector<HTMLTimeElement>(".day time");
      if (time) time.replaceWith(dayOf(Date.parse(time.dateTime)));
    }
  }

  /** Where a message is; undefined when it is not shown. */
  find(id: number): HTMLElement | undefined {
    return this.#said.get(id)?.box;
  }

  /** The message with an id, else the one that was said next to it; undefined when it is no id, or nothing is shown. */
  nearest(id: number): HTMLElement | undefined {
    if (Number.isNaN(id)) return undefined;
    const distance = (other: number) => Math.abs(other - id);
    const ids = [...this.#said.keys()];
    return this.find(ids.reduce((best, other) => distance(other) < distance(best) ? other : best, ids[0]!));
  }

  /**
   * The id of the first message that reaches below a line on the screen, as getBoundingClientRect tells its place; of those
   * that are about to go, none.
   */
  firstBelow(line: number, going: ReadonlySet<number>): number | undefined {
    let row = this.#rows.firstBelow(line);
    while (row && (row.dataset.id === undefined || going.has(Number(row.dataset.id)))) row = this.#rows.after(row);
    return row && Number(row.dataset.id);
  }

  /** Lets Tab stop at the last message above a line, so that nothing has to be scrolled for it. */
  stopAbove(line: number): void {
    const below = this.#rows.firstBelow(line);
    this.#tabStop.put(below ? this.#rows.before(below) ?? below : this.#rows.last);
  }

  #putLast(nonce: string, message: Message): void {
    this.#pending.delete(nonce);
    this.#pending.set(nonce, message);
    this.#waiting.append(message.row);
  }

  #removeGone(): void {
    for (const nonce of this.#gone) {
      this.#pending.get(nonce)?.row.remove();
      this.#pending.delete(nonce);
    }
    this.#gone.clear();
  }

  #render(items: readonly Item[], index: number): HTMLElement {
    const item = items[index]!;
    switch (item.kind) {
      case "said":
        return this.#renderSaid(item.said, items, index);
      case "missed":
        return notice(words.youMissed(item.count));
      case "reloaded":
        return notice(words.reloaded);
    }
  }

  #renderSaid(said: Said, items: readonly Item[], index: number): HTMLElement {
    const message = makeMessage();
    const link = element("a", "when", timeOf(said.at));
    link.href = hrefOf({ room: said.room, message: said.id });
    this.#fill(message, { id: said.user, name: said.name }, link, said.text);
    describe(link, message.box, said.id);
    this.#tabStop.made(message.row);
    message.row.classList.toggle("mine", said.user === this.#ports.me()?.id);
    message.row.dataset.id = String(said.id);
    this.#said.set(said.id, message);
    this.#standAt(message, said, items, index);
    return message.row;
  }

  #renderPending(message: Message, { nonce, text, failed }: Pending, held: boolean): void {
    const { row, box } = message;
    const me = this.#ports.me() ?? { id: "", name: words.me };
    row.classList.add("mine");
    row.classList.toggle("pending", failed === undefined);
    row.classList.toggle("failed", failed !== undefined);
    const why = failed && sayFailure(failed);
    const state = failed === undefined ? this.#explainWait(held) : words.notSent;
    // Its text is as it was, and what has the focus stays there, unless something has changed.
    if (row.dataset.state === (why ?? state)) return;
    row.dataset.state = why ?? state;
    this.#fill(message, me, element("span", "when", state), text);
    if (why === undefined) return;
    box.append(element(
      "div",
      "refusal",
      element("span", "", why),
      element(
        "div",
        "row",
        button("quiet", words.tryAgain, () => this.#ports.resend(nonce)),
        button("quiet", words.discard, () => this.#ports.discard(nonce)),
      ),
    ));
  }

  /** Why a message is not there yet. */
  #explainWait(held: boolean): string {
    const connection = this.#ports.connection();
    if (connection !== "open" && connection !== "stalled") return words.waiting;
    return held || connection === "stalled" ? words.waitsItsTurn : words.sending;
  }

  /** Fills a message. */
  #fill({ box }: Message, author: Person, when: HTMLElement, text: string): void {
    box.replaceChildren(avatarOf(author), nameOf(author), when, this.#renderText(text));
  }

  #renderText(text: string): HTMLElement {
    const markup = renderMarkup(parseMarkup(text, this.#names), this.#ports.me()?.name);
    const made = element("div", "text", markup);
    made.dir = "auto";
    return made;
  }

  /** How the first message from an index on stands, after what is above it has changed. */
  #stand(items: readonly Item[], index: number): void {
    // A notice stands by itself.
    while (items[index] && items[index]!.kind !== "said") index++;
    const item = items[index];
    const message = item?.kind === "said" ? this.#said.get(item.said.id) : undefined;
    if (item?.kind === "said" && message) this.#standAt(message, item.said, items, index);
  }

  #standAt({ row, box }: Message, said: Said, items: readonly Item[], index: number): void {
    const isFirstNew = said.id === this.#firstNew;
    const { before, interrupted } = lastBefore(items, index);
    const { beginsDay, continues } = standing(said, before, interrupted);
    row.classList.toggle("continued", continues && !isFirstNew);
    // The message itself stays where it is: what is moved loses the focus.
    while (row.firstChild !== box) row.firstChild!.remove();
    box.before(
      ...beginsDay ? [element("h2", "separator day", dayOf(said.at))] : [],
      ...isFirstNew ? [element("p", "separator new", element("span", "", words.new))] : [],
    );
  }

  #standPending({ items, pending }: RoomView): void {
    const me = this.#ports.me();
    let { before, interrupted } = lastBefore(items, items.length);
    for (const { nonce, at, failed } of pending) {
      const said = { user: me?.id ?? "", name: me?.name ?? "", at };
      // What failed stands by itself, as it takes some room to say why.
      const continues = failed === undefined && standing(said, before, interrupted).continues;
      this.#pending.get(nonce)?.row.classList.toggle("continued", continues);
      [before, interrupted] = [said, false];
    }
  }

  #placeNew({ items, moreBefore }: RoomView): void {
    const [before, after, me] = [this.#firstNew, this.#newAfter, this.#ports.me()?.id];
    const isNew = (item: Item) => item.kind === "said" && item.said.id > after! && item.said.user !== me;
    const found = after === undefined ? -1 : items.findIndex(isNew);
    // Where nothing that is known stands before it, it may begin further up.
    const index = moreBefore && !items.slice(0, found).some(({ kind }) => kind === "said") ? -1 : found;
    const first = items[index];
    this.#firstNew = first?.kind === "said" ? first.said.id : undefined;
    if (this.#firstNew === before) return;
    this.#stand(items, items.findIndex((item) => item.kind === "said" && item.said.id === before));
    this.#stand(items, index);
  }
}

function makeMessage(): Message {
  const box = element("div", "message");
  return { row: row("", box), box };
}

/** Who goes from time to time by the arrow keys hears who said what then. */
function describe(link: HTMLElement, box: HTMLElement, id: number): void {
  const ids = [".name", ".text"].map((selector, index) => box.querySelector(selector)!.id = `said-${id}-${index}`);
  link.setAttribute("aria-describedby", ids.join(" "));
}

/** What was said last before the item at an index, and whether there is something else in between. */
function lastBefore(items: readonly Item[], index: number): { before: Utterance | undefined; interrupted: boolean } {
  let last = index - 1;
  while (items[last] && items[last]!.kind !== "said") last--;
  const item = items[last];
  return { before: item?.kind === "said" ? item.said : undefined, interrupted: last < index - 1 };
}

function notice(sentence: string): HTMLElement {
  return row("notice separator", element("span", "", sentence));
}
