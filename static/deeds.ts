import type { ToldAct } from "../protocol.ts";
import { element } from "./element.ts";
import { words } from "./operator_words.ts";
import { nameOf } from "./person.ts";
import { sayMoment } from "./moment.ts";
import { insert } from "./translate.ts";

/** What somebody did, as a sentence with names in it. */
export function sayDeed({ by, name, deed }: ToldAct): (Node | string)[] {
  const author = nameOf({ id: by, name });
  switch (deed.type) {
    case "delete": {
      const sentence = deed.author === by ? words.didDeleteOwn : words.didDelete;
      return insert<Node | string>(sentence, { by: author, room: roomOf(deed.room) });
    }
    case "mute":
    case "ban": {
      const sentence = deed.type === "mute" ? words.didMute : words.didBan;
      const parts = insert<Node | string>(sentence, { by: author, name: nameOf({ id: deed.user, name: deed.name }) });
      const network = deed.type === "ban" ? deed.network : undefined;
      return [...parts, ...network === undefined ? [] : [" ", words.withAddress(network)], ", ", ...sayEnd(deed.until)];
    }
    case "unmute":
      return insert<Node | string>(words.didUnmute, { by: author, name: nameOf({ id: deed.user, name: deed.name }) });
    case "unban":
      return insert<Node | string>(words.didUnban, { by: author, id: numberOf(deed.ban) });
    case "lock":
      return insert<Node | string>(words.didLock, { by: author, room: roomOf(deed.room) });
    case "unlock":
      return insert<Node | string>(words.didUnlock, { by: author, room: roomOf(deed.room) });
    case "slow": {
      const sentence = deed.seconds > 0 ? words.didSlow : words.didUnslow;
      return insert<Node | string>(sentence, { by: author, room: roomOf(deed.room), seconds: String(deed.seconds) });
    }
    case "link":
      return [
        ...insert<Node | string>(words.didLink, { by: author, room: roomOf(deed.room) }),
        ", ",
        ...sayEnd(deed.until),
      ];
    case "unlink":
      return insert<Node | string>(words.didUnlink, { by: author, id: numberOf(deed.link) });
    case "token":
      return insert<Node | string>(words.didToken, { by: author, name: element("bdi", "", deed.name) });
    case "untoken":
      return insert<Node | string>(words.didUntoken, { by: author, id: numberOf(deed.token) });
    case "hook":
      return insert<Node | string>(words.didHook, { by: author, url: element("bdi", "address", deed.url) });
    case "unhook":
      return insert<Node | string>(words.didUnhook, { by: author, id: numberOf(deed.hook) });
    default:
      // A newer server may know more.
      deed satisfies never;
      return insert<Node | string>(words.didUnknown, { by: author });
  }
}

/** Until when something holds. */
export function sayEnd(until: number | undefined): (Node | string)[] {
  return until === undefined
    ? [words.noEnd]
    : insert<Node | string>(words.until, { end: sayMoment(until, new Date()) });
}

/** A room as it is written everywhere. */
export function roomOf(room: string): HTMLElement {
  return element("span", "room", room);
}

/** How an act is referred to. */
export function numberOf(id: number): string {
  return `#${id}`;
}
