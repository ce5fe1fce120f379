import type { LimitName } from "../limits.ts";
import type { HookStatus, LimitStatus, Listed, Order, Presence, RoomStatus, ToldAct } from "../protocol.ts";
import { measure } from "./chart.ts";
import type { Known, Part } from "./dashboard.ts";
import { roomOf, sayEnd } from "./deeds.ts";
import { button, element } from "./element.ts";
import { LiveList } from "./live_list.ts";
import type { Question } from "./operator_dialogs.ts";
import { sayMoment } from "./moment.ts";
import { words } from "./operator_words.ts";
import { nameOf } from "./person.ts";
import { agoOf } from "./time.ts";
import { insert } from "./translate.ts";

/** Has something done; first it is asked whether it really is to be, if there is a question. */
export type Do = (order: (until?: number, address?: boolean) => Order, question?: Question) => void;

/** Somebody who is here, and what else decides what can be done about them. */
interface PresenceRow extends Presence {
  readonly isMuted: boolean;
  readonly isMe: boolean;
}

/** Who is here, rooms, and what holds, each with what can be done about it. */
export class Lists {
  readonly #byId: (id: string) => HTMLElement;
  readonly #act: Do;
  readonly #people: LiveList<PresenceRow>;
  readonly #rooms: LiveList<RoomStatus>;
  readonly #mutes: LiveList<ToldAct<"mute">>;
  readonly #bans: LiveList<ToldAct<"ban">>;
  readonly #links: LiveList<ToldAct<"link">>;
  readonly #tokens: LiveList<ToldAct<"token">>;
  readonly #hooks: LiveList<HookStatus>;
  /** Where it is chosen which token's messages a webhook is not sent: those of its own receiver. */
  readonly #leftOut: HTMLSelectElement;
  readonly #limits: HTMLElement;

  /** @param byId gives the section of each list. */
  constructor(byId: (id: string) => HTMLElement, act: Do) {
    this.#byId = byId;
    this.#act = act;
    const list = <T>(id: string, keyOf: (item: T) => string | number, draw: (item: T) => HTMLElement) =>
      new LiveList(byId(id).querySelector("ul")!, keyOf, draw);
    const idOf = ({ id }: { readonly id: number }) => id;
    this.#people = list("people", ({ id }) => id, (person) => this.#drawPerson(person));
    this.#rooms = list("rooms", ({ room }) => room, (room) => this.#drawRoom(room));
    this.#mutes = list("mutes", idOf, (act: ToldAct<"mute">) => this.#drawMute(act));
    this.#bans = list("bans", idOf, (act: ToldAct<"ban">) => this.#drawBan(act));
    this.#links = list("links", idOf, (act: ToldAct<"link">) => this.#drawLink(act));
    this.#tokens = list("tokens", idOf, (act: ToldAct<"token">) => this.#drawToken(act));
    this.#hooks = list("hooks", idOf, (hook: HookStatus) => this.#drawHook(hook));
    this.#leftOut = byId("hooks").querySelector("select")!;
    this.#limits = byId("limits").querySelector("tbody")!;
  }

  /** Draws what has changed. */
  show(known: Known, changed: readonly Part[], me: string | undefined): void {
    const { people, rooms, mutes, bans, links, tokens, hooks, limits } = known;
    const has = (...parts: readonly Part[]) => parts.some((part) => changed.includes(part));
    if (people && has("people", "mutes")) {
      const muted = new Set(mutes?.first.map(({ deed }) => deed.user));
      const first = people.first.map((one) => ({ ...one, isMuted: muted.has(one.id), isMe: one.id === me }));
      this.#show("people", this.#people, { ...people, first }, words.nobodyHere);
    }
    if (rooms && has("rooms")) this.#show("rooms", this.#rooms, rooms, words.noRooms);
    if (mutes && has("mutes")) this.#show("mutes", this.#mutes, mutes, words.nobodyMuted);
    if (bans && has("bans")) this.#show("bans", this.#bans, bans, words.nobodyBanned);
    if (links && has("links")) this.#show("links", this.#links, links, words.noLinks);
    if (tokens && has("tokens")) {
      this.#show("tokens", this.#tokens, tokens, words.noTokens);
      this.#offerTokens(tokens.first);
    }
    if (hooks && has("hooks")) this.#show("hooks", this.#hooks, hooks, words.noHooks, hooks.first.some(isBroken));
    if (limits && has("limits")) {
      this.#limits.replaceChildren(...limits.map(drawLimit));
      this.#count("limits", limits.filter(({ hits }) => hits > 0).length, true);
    }
  }

  #show<T>(id: string, list: LiveList<T>, { first, count }: Listed<T>, none: string, isWrong = false): void {
    list.show(first, count === 0 ? none : count > first.length ? words.andMoreOfThem(count - first.length) : "");
    this.#count(id, count, isWrong);
  }

  /** What is told of a section that is closed: how much is in it, and whether that is nothing good. */
  #count(id: string, count: number, isWrong: boolean): void {
    const shown = this.#byId(id).querySelector(".count")!;
    shown.textContent = count === 0 ? "" : measure(count);
    shown.classList.toggle("wrong", isWrong);
  }

  /** Offers tokens to choose from, of which the one that was chosen stays chosen. */
  #offerTokens(tokens: readonly ToldAct<"token">[]): void {
    const { value } = this.#leftOut;
    const option = (id: string, name: string) => Object.assign(element("option", "", name), { value: id });
    this.#leftOut.replaceChildren(
      option("", words.nobody),
      ...tokens.map(({ id, deed: { name } }) => option(String(id), name)),
    );
    this.#leftOut.value = tokens.some(({ id }) => String(id) === value) ? value : "";
  }

  #drawPerson({ isMuted, isMe, role, connections, since, rooms, ...person }: PresenceRow): HTMLElement {
    const { id: user, name } = person;
    const what: (Node | string)[] = [nameOf(person)];
    if (isMe) what.push(element("span", "tag", words.you));
    else if (role === "admin") what.push(element("span", "tag", words.administrator));
    else if (role === "guest") what.push(element("span", "tag", words.visitor));
    const details = [
      rooms.length === 0 ? words.noRoom : element("span", "", ...joined(rooms.map(roomOf), " ")),
      words.severalConnections(connections),
      element("span", "", ...insert<Node | string>(words.since, { time: agoOf(since) })),
    ];
    const actions: HTMLButtonElement[] = [];
    if (role !== "admin" && !isMuted) {
      actions.push(this.#button(words.muteThem, words.muteName(name), (until) => ({ type: "mute", user, until }), {
        what: words.muteName(name),
        time: true,
      }));
    }
    if (role !== "admin") {
      actions.push(
        this.#button(words.banThem, words.banName(name), (until, address) => ({ type: "ban", user, until, address }), {
          what: words.banName(name),
          time: true,
          address: true,
        }),
      );
    }
    return rowOf(what, details, actions);
  }

  #drawRoom({ room, people, locked, slow }: RoomStatus): HTMLElement {
    const details = [words.peopleCount(people)];
    if (slow > 0) details.push(words.slowed(slow));
    const actions = [
      locked
        ? this.#button(words.unlock, words.unlockNamed(room), () => ({ type: "unlock", room }))
        : this.#button(words.lock, words.lockNamed(room), () => ({ type: "lock", room })),
    ];
    if (slow > 0) {
      actions.push(
        this.#button(words.slowEnd, words.slowOffRoom(room), () => ({ type: "slow", room, seconds: 0 })),
      );
    }
    return rowOf([roomOf(room), ...locked ? [element("span", "tag", words.locked)] : []], details, actions);
  }

  #drawMute(act: ToldAct<"mute">): HTMLElement {
    const { user, name, until } = act.deed;
    return rowOf([nameOf({ id: user, name })], [sayEnd(until), byWhom(act)], [
      this.#button(words.unmute, words.unmuteName(name), () => ({ type: "unmute", user })),
    ]);
  }

  #drawBan(act: ToldAct<"ban">): HTMLElement {
    const { user, name, network, until } = act.deed;
    const address = network === undefined ? [] : [words.withAddress(network)];
    return rowOf([nameOf({ id: user, name })], [...address, sayEnd(until), byWhom(act)], [
      this.#button(words.unban, words.unbanName(name), () => ({ type: "unban", ban: act.id })),
    ]);
  }

  #drawLink(act: ToldAct<"link">): HTMLElement {
    const { room, until } = act.deed;
    return rowOf([element("span", "number", words.number(act.id)), " ", roomOf(room)], [sayEnd(until), byWhom(act)], [
      this.#end(words.theLink(act.id), () => ({ type: "unlink", link: act.id })),
    ]);
  }

  #drawToken(act: ToldAct<"token">): HTMLElement {
    const { name, room } = act.deed;
    return rowOf([element("bdi", "name", name)], [whereOf(room), byWhom(act)], [
      this.#end(words.theToken(name), () => ({ type: "untoken", token: act.id })),
    ]);
  }

  #drawHook({ failing, gone, ...act }: HookStatus): HTMLElement {
    const { url, room } = act.deed;
    const state = gone !== undefined
      ? insert<Node | string>(words.hookGone, { time: agoOf(gone) })
      : failing
      ? insert<Node | string>(words.hookFailing, {
        time: sayMoment(failing.since, new Date()),
        reason: element("bdi", "", failing.reason),
      })
      : [];
    const details = [whereOf(room), byWhom(act), ...state.length > 0 ? [element("strong", "wrong", ...state)] : []];
    return rowOf([element("bdi", "address", url)], details, [
      this.#end(words.theHook(url), () => ({ type: "unhook", hook: act.id }), words.endHookExplained),
    ]);
  }

  /** @param label tells those who can't see in which row it is what the button is about. */
  #button(text: string, label: string, order: Parameters<Do>[0], question?: Question): HTMLButtonElement {
    const made = button("quiet", text, () => this.#act(order, question));
    made.ariaLabel = label;
    return made;
  }

  #end(what: string, order: () => Order, explained = words.endExplained): HTMLButtonElement {
    return this.#button(words.end, words.endIt(what), order, {
      what: words.endIt(what),
      explained,
    });
  }
}

function isBroken({ failing, gone }: HookStatus): boolean {
  return failing !== undefined || gone !== undefined;
}

function rowOf(
  what: readonly (Node | string)[],
  details: readonly (Node | string)[],
  actions: readonly Node[],
): HTMLElement {
  const line = element("p", "what", ...what);
  const more = element("p", "details", ...joined(details, " · "));
  return element("li", "", element("div", "", line, more), element("div", "actions", ...actions));
}

function joined(parts: readonly (Node | string)[], separator: string): (Node | string)[] {
  return parts.flatMap((part, index) => index === 0 ? [part] : [separator, part]);
}

function byWhom({ by, name, at }: ToldAct): Node {
  return element(
    "span",
    "",
    ...insert<Node | string>(words.byWhom, { name: nameOf({ id: by, name }), time: agoOf(at) }),
  );
}

function whereOf(room: string | undefined): Node | string {
  return room === undefined ? words.allRooms : roomOf(room);
}

function drawLimit({ limit, flag, max, hits }: LimitStatus): HTMLElement {
  const name = Object.hasOwn(LIMIT_NAMES, limit) ? LIMIT_NAMES[limit as LimitName]() : limit;
  const head = element("th", "", name, ...flag === undefined ? [] : [" ", element("code", "", `--${flag}`)]);
  head.scope = "row";
  const set = max === null ? words.unlimited : measure(max);
  const row = element("tr", "", head, element("td", "", set), element("td", "", measure(hits)));
  row.classList.toggle("hit", hits > 0);
  return row;
}

/** What each limit is called. */
const LIMIT_NAMES: { readonly [L in LimitName]: () => string } = {
  clients: () => words.limitClients,
  perAddress: () => words.limitPerAddress,
  memory: () => words.limitMemory,
  rate: () => words.limitRate,
  message: () => words.limitMessage,
  malformed: () => words.limitMalformed,
  hello: () => words.limitHello,
  headers: () => words.limitHeaders,
  silence: () => words.limitSilence,
  rooms: () => words.limitRooms,
  files: () => words.limitFiles,
  roomsPerClient: () => words.limitRoomsPerClient,
  questions: () => words.limitQuestions,
  queue: () => words.limitQueue,
  backlog: () => words.limitBacklog,
  inbox: () => words.limitInbox,
};
