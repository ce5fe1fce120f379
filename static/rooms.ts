import { isRoomName } from "../protocol.ts";
import type { ChatActions, RoomView } from "./chat.ts";
import { button, element } from "./element.ts";
import { words } from "./i18n.ts";
import { hrefOf } from "./place.ts";
import { insert } from "./translate.ts";
import { unreadOf } from "./unread.ts";

/** What somebody typed, made into a room's name, or a sentence that says why it can't be one. */
export function toRoomName(typed: string): { readonly name: string } | { readonly problem: string } {
  const name = typed.normalize("NFKC").trim().replace(/^#\s*/, "").toLowerCase().replaceAll(/\s+/g, "-");
  if (isRoomName(name)) return { name };
  if (name === "") return { problem: words.roomMissing };
  if (/[^a-z0-9_-]/.test(name)) return { problem: words.roomCharacters };
  if (!/^[a-z0-9]/.test(name)) return { problem: words.roomBeginning };
  return { problem: words.roomLong };
}

/** A room's line in the list. */
interface Line {
  readonly item: HTMLElement;
  readonly link: HTMLElement;
  readonly badge: HTMLElement;
  readonly mentions: HTMLElement;
  readonly leave: HTMLElement;
}

/** The rooms that I am in, what is unread in them, and a way into others. */
export class Rooms {
  readonly #chat: ChatActions;
  readonly #list: HTMLElement;
  readonly #left: (room: string) => void;
  readonly #lines = new Map<string, Line>();

  /**
   * @param entered is told which room somebody wants to go to.
   * @param left is told which room somebody left.
   */
  constructor(chat: ChatActions, panel: HTMLElement, entered: (room: string) => void, left: (room: string) => void) {
    this.#chat = chat;
    this.#list = panel.querySelector("ul")!;
    this.#left = left;
    const form = panel.querySelector("form")!;
    const input = form.querySelector("input")!;
    const problem = form.querySelector("[role=status]")!;
    input.addEventListener("input", () => problem.textContent = "");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const room = toRoomName(input.value);
      problem.textContent = "problem" in room ? room.problem : "";
      if ("problem" in room) return input.focus();
      input.value = "";
      entered(room.name);
    });
  }

  /** Shows the rooms as they are now. */
  update(shown: string): void {
    const { rooms } = this.#chat;
    let hadFocus = false;
    for (const [name, { item }] of this.#lines) {
      if (rooms.has(name)) continue;
      hadFocus ||= item.contains(document.activeElement);
      item.remove();
      this.#lines.delete(name);
    }
    let index = 0;
    for (const room of rooms.values()) {
      const line = this.#line(room.name);
      // Only what stands elsewhere is moved: what is moved loses the focus.
      const place = this.#list.children[index++] ?? null;
      if (place !== line.item) this.#list.insertBefore(line.item, place);
      this.#show(line, room, shown);
    }
    if (hadFocus) this.#lines.get(shown)?.link.focus();
  }

  #line(name: string): Line {
    const known = this.#lines.get(name);
    if (known) return known;
    const [badge, mentions] = [element("span", "badge"), element("span", "badge mentions")];
    const link = element(
      "a",
      "",
      element("span", "room", name),
      " ",
      element("span", "muted-word", words.muted),
      badge,
      mentions,
    );
    link.href = hrefOf({ room: name });
    const leave = button("quiet leave", "×", () => this.#left(name));
    leave.ariaLabel = leave.title = words.leaveRoom(name);
    const line = { item: element("li", "", link, leave), link, badge, mentions, leave };
    this.#lines.set(name, line);
    return line;
  }

  #show({ item, link, badge, mentions, leave }: Line, room: RoomView, shown: string): void {
    if (room.name === shown) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    item.classList.toggle("muted", room.muted);
    // What mentions me has a badge of its own.
    fill(badge, room.muted ? "" : unreadOf(room), words.unread);
    fill(mentions, room.mentions > 0 ? `@${room.mentions}` : "", words.mentionsOfMe);
    leave.hidden = this.#chat.rooms.size === 1;
  }
}

/** Fills a badge with a count, and around it with what makes it a sentence for those who can't see where it stands. */
function fill(badge: HTMLElement, count: string, sentence: string): void {
  if (badge.dataset.count === count) return;
  badge.dataset.count = count;
  const parts = insert(sentence, { count }).map((part, index) =>
    index % 2 === 1 ? part : element("span", "only-heard", part)
  );
  badge.replaceChildren(...(count === "" ? [] : parts));
}
