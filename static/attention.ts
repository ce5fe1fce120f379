import type { Said } from "../protocol.ts";
import { Announcer, READ_OUT_MAX } from "./announcer.ts";
import type { ChatActions, RoomView } from "./chat.ts";
import { element } from "./element.ts";
import { words } from "./i18n.ts";
import { hasMention, parseMarkup, plainText } from "./markup.ts";
import type { Notifications } from "./notifications.ts";
import { hrefOf } from "./place.ts";
import { titleOf, unreadOf } from "./unread.ts";

/** So many of the sentences that were read out stay in the page: who listens may be slow. */
const READ_OUT_KEPT = 10;
/** So much of a message is in a notification, in UTF-16 units. */
const NOTIFIED_LENGTH_MAX = 200;

/** Draws attention to what is new: reads it out, notifies of it, and says in the title and the icon that there is some. */
export class Attention {
  readonly #chat: ChatActions;
  readonly #notifications: Notifications;
  readonly #log: HTMLElement;
  readonly #announcer: Announcer;
  readonly #icon: HTMLLinkElement;

  /** @param parts the icon of the page, and the log that is read out. */
  constructor(
    chat: ChatActions,
    parts: { readonly log: HTMLElement; readonly icon: HTMLLinkElement },
    notifications: Notifications,
  ) {
    this.#chat = chat;
    this.#notifications = notifications;
    this.#icon = parts.icon;
    this.#log = parts.log;
    this.#announcer = new Announcer({
      readOut: (sentence) => this.#readOut(sentence),
      more: (count) => words.moreMessages(count),
      after: (ms, callback) => setTimeout(callback, ms),
    });
  }

  /**
   * Others said something in a room just now.
   * @param isShown whether the room is the one that is shown.
   */
  heard(room: RoomView, said: readonly Said[], isShown: () => boolean): void {
    for (const message of said) this.#tell(room, message, isShown, isShown());
  }

  /**
   * Others said something in a room while there was no connection. Much of it is only counted.
   * @param isAll else there was more before it.
   * @param isShown whether the room is the one that is shown.
   */
  missed(room: RoomView, said: readonly Said[], isAll: boolean, isShown: () => boolean): void {
    const isMuch = !isAll || said.length > READ_OUT_MAX;
    if (isMuch && isShown()) this.#readOut(isAll ? words.youMissed(said.length) : words.reloaded);
    for (const message of said) this.#tell(room, message, isShown, isShown() && !isMuch);
  }

  /** Messages were deleted: nobody is to read them here any more. */
  deleted(ids: readonly number[]): void {
    for (const id of ids) {
      this.#log.querySelector(`[data-id="${id}"]`)?.remove();
      this.#notifications.withdraw(tagOf(id));
    }
  }

  /** How much is unread has changed, or another room is shown. */
  counted(shown: string): void {
    const { rooms } = this.#chat;
    document.title = titleOf(shown, rooms.values());
    const icon = unreadOf(...rooms.values()) === "" ? "/static/icon.svg" : "/static/icon_unread.svg";
    // Even to set what is set makes some browsers load it again.
    if (this.#icon.getAttribute("href") !== icon) this.#icon.href = icon;
  }

  /** Tells of a message, if it is one to be read out or mentions me. */
  #tell(room: RoomView, message: Said, isShown: () => boolean, isReadOut: boolean): void {
    const markup = parseMarkup(message.text, room.names);
    const isMention = hasMention(markup, this.#chat.me?.name ?? "");
    if (!isReadOut && !isMention) return;
    const text = plainText(markup);
    const author = isShown() ? message.name : words.authorIn(message.name, room.name);
    if (this.#announcer.announce(author, text)) {
      (this.#log.lastElementChild as HTMLElement).dataset.id = String(message.id);
    }
    if (isMention) this.#notify(room, message, text, isShown);
  }

  #readOut(sentence: string): void {
    this.#log.append(element("p", "", sentence));
    if (this.#log.childElementCount > READ_OUT_KEPT) this.#log.firstElementChild!.remove();
  }

  #notify(room: RoomView, { id, name, room: roomName }: Said, text: string, isShown: () => boolean): void {
    const notice = {
      title: words.authorIn(name, roomName),
      body: text.slice(0, NOTIFIED_LENGTH_MAX).toWellFormed().trim(),
      tag: tagOf(id),
      href: hrefOf({ room: roomName, message: id }),
    };
    this.#notifications.notify(notice, () => {
      if (room.isDeleted(id)) return false;
      // Behind another window a page shows it, and takes it for read, though nobody may look.
      if (isShown() && document.visibilityState === "visible") return !document.hasFocus();
      // Whichever of my tabs I look at has read it by now.
      return room.lastRead < id;
    });
  }
}

/** What the notification of a message is known by. */
function tagOf(id: number): string {
  return `hubbub-${id}`;
}
