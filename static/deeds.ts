import type { ToldAct } from "../protocol.ts";
import { element } from "./element.ts";
import { words } from "./operator_words.ts";
import { nameOf } from "./person.ts";
import { sayMoment } from "./moment.ts";
import { insert } from "./translate.ts";

/** A sentence, and what its places are taken by. */
type Sentence = readonly [sentence: string, places: Readonly<Record<string, Node | string>>];

/** What somebody did, as a sentence with names in it. */
export function sayDeed(act: ToldAct): (Node | string)[] {
  const [sentence, places] = sentenceOf(act);
  return insert<Node | string>(sentence, { by: nameOf({ id: act.by, name: act.name }), ...places });
}

function sentenceOf({ by, deed }: ToldAct): Sentence {
  switch (deed.type) {
    case "delete":
      return [deed.author === by ? words.didDeleteOwn : words.didDelete, {
        id: String(deed.message),
        room: roomOf(deed.room),
      }];
    case "mute":
      return [words.didMute, { name: personOf(deed), end: sayEnd(deed.until) }];
    case "unmute":
      return [words.didUnmute, { name: personOf(deed) }];
    case "ban": {
      const others = deed.network === undefined ? [] : [" ", words.withAddress(deed.network)];
      return [words.didBan, { name: element("span", "", personOf(deed), ...others), end: sayEnd(deed.until) }];
    }
    case "unban":
      return [words.didUnban, { id: String(deed.ban) }];
    case "lock":
      return [words.didLock, { room: roomOf(deed.room) }];
    case "unlock":
      return [words.didUnlock, { room: roomOf(deed.room) }];
    case "slow":
      if (deed.seconds === 0) return [words.didUnslow, { room: roomOf(deed.room) }];
      return [words.didSlow, { room: roomOf(deed.room), seconds: String(deed.seconds) }];
    case "link":
      return [words.didLink, { room: roomOf(deed.room), end: sayEnd(deed.until) }];
    case "unlink":
      return [words.didUnlink, { id: String(deed.link) }];
    case "token":
      return [words.didToken, { name: element("bdi", "", deed.name) }];
    case "untoken":
      return [words.didUntoken, { id: String(deed.token) }];
    case "hook":
      return [words.didHook, { url: element("bdi", "", deed.url) }];
    case "unhook":
      return [words.didUnhook, { id: String(deed.hook) }];
    case "administrator":
      return [words.didAdministrator, {}];
    default:
      // A newer server may know more.
      deed satisfies never;
      return [words.didUnknown, {}];
  }
}

/** Until when something holds. */
export function sayEnd(until: number | undefined): string {
  return until === undefined ? words.noEnd : insert(words.until, { end: sayMoment(until, new Date()) }).join("");
}

/** A room as it is written everywhere. */
export function roomOf(room: string): HTMLElement {
  return element("span", "room", room);
}

/** Whom something was done to. */
function personOf({ user, name }: { readonly user: string; readonly name: string }): HTMLElement {
  return nameOf({ id: user, name });
}
