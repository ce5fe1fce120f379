import type { Person, Said } from "../protocol.ts";
import type { Item, Pending, RoomView } from "./chat.ts";
import { button, element } from "./element.ts";
import { words } from "./i18n.ts";
import { nameOf } from "./person.ts";
import { hrefOf } from "./place.ts";
import { sayFailure } from "./refusal.ts";
import { TabStop } from "./tab_stop.ts";
import { timeOf } from "./time.ts";

/** What the timeline needs to know, and what can be done with a message that was refused. */
export interface TimelinePorts {
  /** Who I am, as far as it is known yet. */
  me(): Person | undefined;
  /** Whether there is a connection. */
  connected(): boolean;
  resend(nonce: string): void;
  discard(nonce: string): void;
}

/**
 * Shows the items of a room, one below the other, and after them what is not known to be kept yet. It touches what
 * changed and nothing else: a room with thousands of messages takes a new one as fast as an empty room.
 */
export class Timeline {
  readonly #list: HTMLElement;
  readonly #ports: TimelinePorts;
  readonly #tabStop: TabStop;
  readonly #said = new Map<number, HTMLElement>();
  readonly #pending = new Map<string, HTMLElement>();
  /** Of those the ones that are pending no more. */
  readonly #gone = new Set<string>();

  constructor(list: HTMLElement, ports: TimelinePorts) {
    this.#list = list;
    this.#ports = ports;
    this.#tabStop = new TabStop(list, "a.when");
  }

  /** Shows another room, or another part of the same. */
  reset(room: RoomView): void {
    this.#said.clear();
    this.#pending.clear();
    this.#gone.clear();
    this.#list.replaceChildren(...room.items.map((item) => this.#render(item)));
    this.update(room);
  }

  /** Puts the last `count` items after the others. */
  append(room: RoomView, count: number): void {
    for (const item of room.items.slice(room.items.length - count)) {
      const next = this.#firstPending();
      const node = this.#settled(item) ?? this.#render(item);
      // What was pending usually stands where it belongs already, and to move it would take the focus from it.
      if (node !== next) this.#list.insertBefore(node, next);
    }
  }

  /** Puts the first `count` items before the others. */
  prepend(room: RoomView, count: number): void {
    this.#list.prepend(...room.items.slice(0, count).map((item) => this.#render(item)));
  }

  /** Shows what is pending in a room now. In an older part of it that would be in the wrong place. */
  update(room: RoomView): void {
    const pending = room.moreAfter ? [] : room.pending;
    for (const nonce of this.#pending.keys()) this.#gone.add(nonce);
    for (const { nonce } of pending) this.#gone.delete(nonce);
    // What was said in place of one comes later in the same turn, and takes over its element.
    if (this.#gone.size > 0) queueMicrotask(() => this.#removeGone());
    for (const message of pending) {
      const known = this.#pending.get(message.nonce);
      const node = known ?? element("li", "");
      this.#renderPending(node, message);
      if (!known) this.#putLast(message.nonce, node);
    }
    // What is tried once more comes last.
    const order = [...this.#pending.keys()].filter((nonce) => !this.#gone.has(nonce));
    if (pending.every(({ nonce }, index) => nonce === order[index])) return;
    for (const { nonce } of pending) this.#putLast(nonce, this.#pending.get(nonce)!);
  }

  /** Where a message is; undefined when it is not shown. */
  find(id: number): HTMLElement | undefined {
    return this.#said.get(id);
  }

  /** The id of the first message that reaches below a line on the screen, as getBoundingClientRect tells its place. */
  firstBelow(line: number): number | undefined {
    const { children } = this.#list;
    for (let index = this.#indexBelow(line); index < children.length; index++) {
      const id = (children[index] as HTMLElement).dataset.id;
      if (id !== undefined) return Number(id);
    }
  }

  /** Lets Tab stop at the last message above a line, so that nothing has to be scrolled for it. */
  stopAbove(line: number): void {
    const { children } = this.#list;
    this.#tabStop.put(children[Math.max(0, this.#indexBelow(line) - 1)] ?? null);
  }

  /** The index of the first item that reaches below a line. */
  #indexBelow(line: number): number {
    const { children } = this.#list;
    let [low, high] = [0, children.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (children[middle]!.getBoundingClientRect().bottom > line) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #putLast(nonce: string, node: HTMLElement): void {
    this.#pending.delete(nonce);
    this.#pending.set(nonce, node);
    this.#list.append(node);
  }

  #removeGone(): void {
    for (const nonce of this.#gone) {
      this.#pending.get(nonce)?.remove();
      this.#pending.delete(nonce);
    }
    this.#gone.clear();
  }

  #firstPending(): HTMLElement | null {
    for (const node of this.#pending.values()) return node;
    return null;
  }

  /** What was pending becomes what was said, in the element that is already there; undefined when it was not mine. */
  #settled(item: Item): HTMLElement | undefined {
    if (item.kind !== "said" || item.said.user !== this.#ports.me()?.id) return undefined;
    const node = this.#pending.get(item.said.nonce);
    if (!node) return undefined;
    this.#pending.delete(item.said.nonce);
    this.#gone.delete(item.said.nonce);
    this.#renderSaid(node, item.said);
    return node;
  }

  #render(item: Item): HTMLElement {
    switch (item.kind) {
      case "said":
        return this.#renderSaid(element("li", ""), item.said);
      case "missed":
        return notice(words.youMissed(item.count));
      case "reloaded":
        return notice(words.reloaded);
    }
  }

  #renderSaid(node: HTMLElement, said: Said): HTMLElement {
    const link = element("a", "when", timeOf(said.at));
    link.href = hrefOf({ room: said.room, message: said.id });
    link.tabIndex = -1;
    fill(node, { id: said.user, name: said.name }, link, said.text);
    node.className = said.user === this.#ports.me()?.id ? "mine" : "";
    node.dataset.id = String(said.id);
    delete node.dataset.state;
    this.#said.set(said.id, node);
    return node;
  }

  #renderPending(node: HTMLElement, { nonce, text, failed }: Pending): void {
    const me = this.#ports.me() ?? { id: "", name: words.me };
    node.className = failed === undefined ? "mine pending" : "mine failed";
    const state = failed !== undefined ? words.notSent : this.#ports.connected() ? words.sending : words.waiting;
    const why = failed && sayFailure(failed);
    // Its text is as it was, and what has the focus stays there, unless something has changed.
    if (node.dataset.state === (why ?? state)) return;
    node.dataset.state = why ?? state;
    fill(node, me, element("span", "when", state), text);
    if (why === undefined) return;
    node.append(element(
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
}

/** Fills a message. The second line of its head takes as much room whatever it says, so nothing moves when it changes. */
function fill(node: HTMLElement, author: Person, when: HTMLElement, text: string): void {
  const said = element("p", "", text);
  said.dir = "auto";
  node.replaceChildren(nameOf(author), when, said);
}

function notice(text: string): HTMLElement {
  return element("li", "notice", element("span", "", text));
}
