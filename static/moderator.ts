import type { Order, Person, Said } from "../protocol.ts";
import type { ChatActions, RoomView } from "./chat.ts";
import { words } from "./i18n.ts";
import type { Choice, Choices } from "./menu.ts";
import type { Done } from "./outcome.ts";
import { sayRefusal } from "./refusal.ts";
import { endOfSpan, sayMoment, saySpan, SPANS } from "./moment.ts";

const MINUTE = 60;

/** How slow a room can be made, in seconds between two messages of one person; 0 is not at all. */
const PAUSES = [0, 10, 30, MINUTE, 5 * MINUTE];

/** What the order that takes another back is; `id` is that of what was done. */
type Undo = (id: number) => Order;

/** What can be done with messages, people and a room, and what is said when it has been. */
export class Moderator {
  readonly #chat: ChatActions;
  readonly #delete: (said: Said) => void;
  readonly #tell: (done: Done) => void;
  readonly #linkTo: (secret: string) => string;

  /**
   * @param remove deletes a message.
   * @param tell says what was done.
   * @param linkTo makes the address by which guests come in of its secret.
   */
  constructor(
    chat: ChatActions,
    remove: (said: Said) => void,
    tell: (done: Done) => void,
    linkTo: (secret: string) => string,
  ) {
    this.#chat = chat;
    this.#delete = remove;
    this.#tell = tell;
    this.#linkTo = linkTo;
  }

  /** What can be done with a message; undefined when nothing can. */
  message(said: Said): Choices | undefined {
    const deletion = this.deletion(said);
    if (!deletion) return undefined;
    const remove = { label: words.deleteMessage, grave: true, chosen: () => deletion };
    const about = said.user === this.#chat.me?.id ? [] : this.#about({ id: said.user, name: said.name });
    return { title: words.messageActions, choices: [remove, ...about] };
  }

  /** Asks whether a message is to be deleted; undefined when it is not for me to do so. */
  deletion(said: Said): Choices | undefined {
    if (said.user !== this.#chat.me?.id && !this.#isAdministrator) return undefined;
    return {
      title: words.deleteAsk,
      choices: [
        { label: words.deleteIt, grave: true, chosen: () => this.#delete(said) },
        { label: words.cancel, chosen() {} },
      ],
    };
  }

  /** What can be done about somebody else; undefined when nothing can. */
  person(person: Person): Choices | undefined {
    if (!this.#isAdministrator) return undefined;
    return { title: words.personActions(person.name), choices: this.#about(person) };
  }

  /** What can be done in a room. */
  room({ name: room, rules: { locked, slow } }: RoomView): Choices {
    const lock = { type: "lock", room } as const;
    const unlock = { type: "unlock", room } as const;
    return {
      title: words.roomActions(room),
      choices: [
        locked
          ? { label: words.unlockRoom, chosen: () => void this.#order(unlock, words.wasUnlocked(room), () => lock) }
          : { label: words.lockRoom, chosen: () => void this.#order(lock, words.wasLocked(room), () => unlock) },
        { label: words.slowRoom, chosen: () => this.#pauses(room, slow) },
        { label: words.guestLink, chosen: () => this.#links(room) },
      ],
    };
  }

  get #isAdministrator(): boolean {
    return this.#chat.role === "admin";
  }

  #about(person: Person): Choice[] {
    const { id: user, name } = person;
    return [
      this.#chat.muteOf(user)
        ? {
          label: words.unmuteSomebody(name),
          chosen: () => void this.#order({ type: "unmute", user }, words.maySpeak(name)),
        }
        : { label: words.muteSomebody(name), chosen: () => this.#mutes(person) },
      { label: words.banSomebody(name), grave: true, chosen: () => this.#bans(person, false) },
    ];
  }

  #mutes({ id: user, name }: Person): Choices {
    const choices = untilEach((until) =>
      this.#order(
        { type: "mute", user, until },
        until === undefined ? words.wasMuted(name) : words.wasMutedUntil(name, moment(until)),
        () => ({ type: "unmute", user }),
      )
    );
    return { title: words.muteFor(name), choices };
  }

  #bans(person: Person, address: boolean, first?: number): Choices {
    const { id: user, name } = person;
    const choices = untilEach((until) =>
      this.#order(
        { type: "ban", user, until, address },
        until === undefined ? words.wasBanned(name) : words.wasBannedUntil(name, moment(until)),
        (ban) => ({ type: "unban", ban }),
      ), true);
    const all: Choice = {
      label: words.banAddress,
      kind: "switch",
      checked: address,
      chosen: () => this.#bans(person, !address, choices.length),
    };
    return { title: words.banFor(name), choices: [...choices, all], first };
  }

  #pauses(room: string, slow: number): Choices {
    const choices = PAUSES.map((seconds): Choice => ({
      label: seconds === 0 ? words.slowOff : saySpan(seconds),
      kind: "one",
      checked: seconds === slow,
      chosen: () =>
        void this.#order(
          { type: "slow", room, seconds },
          seconds === 0 ? words.wasSlowedNot(room) : words.wasSlowed(room, saySpan(seconds)),
          () => ({ type: "slow", room, seconds: slow }),
        ),
    }));
    return { title: words.slowTitle, choices, first: Math.max(0, PAUSES.indexOf(slow)) };
  }

  #links(room: string): Choices {
    return { title: words.guestLinkFor(room), choices: untilEach((until) => this.#invite(room, until)) };
  }

  async #invite(room: string, until: number | undefined): Promise<void> {
    const answer = await this.#chat.order({ type: "link", room, until });
    if (answer?.type !== "done") return this.#failed(answer);
    this.#tell({
      text: until === undefined ? words.linkMade(room) : words.linkMadeUntil(room, moment(until)),
      link: this.#linkTo(answer.secret!),
      undo: () => this.#order({ type: "unlink", link: answer.id }, words.linkIsOver(room)),
      undoLabel: words.endLink,
    });
  }

  /** Has something done and says so, or why it was not. */
  async #order(order: Order, text: string, undo?: Undo): Promise<void> {
    const answer = await this.#chat.order(order);
    if (answer?.type !== "done") return this.#failed(answer);
    this.#tell({ text, undo: undo && (() => this.#order(undo(answer.id), words.undone)) });
  }

  #failed(answer: Parameters<typeof sayRefusal>[0] | undefined): void {
    this.#tell({ text: answer ? sayRefusal(answer) : words.notNow });
  }
}

/** A choice for each span, which begins when it is chosen. */
function untilEach(chosen: (until: number | undefined) => void, grave = false): Choice[] {
  return SPANS.map((span) => ({
    label: span === undefined ? words.forEver : saySpan(span),
    grave,
    chosen: () => void chosen(endOfSpan(span, Date.now())),
  }));
}

function moment(at: number): string {
  return sayMoment(at, new Date());
}
