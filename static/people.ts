import { cleanName, type Person, type Role } from "../protocol.ts";
import type { ChatActions, RoomView } from "./chat.ts";
import { element } from "./element.ts";
import { giveFocus } from "./focus.ts";
import { words } from "./i18n.ts";
import { avatarOf, byName, nameOf } from "./person.ts";
import { type Reason, sayRefusal } from "./refusal.ts";

/** Whether a name is one that the server gave to somebody who had not said what to be called. */
export function isGuest(name: string): boolean {
  return /^Guest \d+$/.test(name);
}

/** The people who are in the room that is shown, I first, and the form in which I change my name. */
export class People {
  readonly #chat: ChatActions;
  readonly #offer: (person: Person) => HTMLElement | undefined;
  readonly #heading: HTMLElement;
  readonly #me: HTMLElement;
  readonly #others: HTMLElement;
  readonly #rest: HTMLElement;
  readonly #rename: HTMLButtonElement;
  readonly #form: HTMLFormElement;
  readonly #input: HTMLInputElement;
  readonly #answer: HTMLElement;
  #shown: readonly Person[] = [];
  /** As what I was let in when they were shown. */
  #role: Role | undefined;
  /** The name that I have asked for and that has not been answered. */
  #asked: string | undefined;
  /** What had the focus before the form. */
  #from: Element | null = null;

  /** @param offer makes the button for what can be done about somebody; undefined when nothing can. */
  constructor(chat: ChatActions, panel: HTMLElement, offer: (person: Person) => HTMLElement | undefined) {
    this.#chat = chat;
    this.#offer = offer;
    this.#heading = panel.querySelector("h2")!;
    this.#me = panel.querySelector("#me")!;
    this.#others = panel.querySelector("ul")!;
    this.#rest = panel.querySelector("#rest")!;
    this.#rename = panel.querySelector("#rename")!;
    this.#form = panel.querySelector("form")!;
    this.#input = this.#form.querySelector("input")!;
    this.#answer = this.#form.querySelector("[role=status]")!;
    this.#rename.addEventListener("click", () => this.askForName());
    this.#form.querySelector("[type=button]")!.addEventListener("click", () => this.#close());
    this.#input.addEventListener("input", () => this.#answer.textContent = "");
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
  }

  /** Shows who is in a room now. */
  update({ people, count }: RoomView): void {
    this.#heading.textContent = count === 0 ? words.people : words.peopleCount(count);
    this.showMe();
    const me = this.#chat.me?.id;
    const others = people.filter(({ id }) => id !== me).sort(byName);
    const unlisted = count - others.length - 1;
    this.#rest.textContent = unlisted > 0 ? words.andMore(unlisted) : "";
    // Somebody types far more often than somebody comes or goes.
    if (isSame(others, this.#shown) && this.#role === this.#chat.role) return;
    [this.#shown, this.#role] = [others, this.#chat.role];
    const focused = this.#others.contains(document.activeElement) &&
      document.activeElement!.closest<HTMLElement>("li")!.dataset.id;
    this.#others.replaceChildren(...others.map((person) => this.#render(person)));
    if (focused) giveFocus(this.#others.querySelector(`[data-id="${focused}"] button`), this.#rename);
  }

  #render(person: Person): HTMLElement {
    const item = element("li", "", avatarOf(person), nameOf(person));
    item.dataset.id = person.id;
    const offered = this.#offer(person);
    if (offered) item.append(offered);
    return item;
  }

  /** Shows what I am called now. */
  showMe(): void {
    const { me } = this.#chat;
    this.#rename.hidden = !me || !this.#form.hidden;
    if (!me) return;
    const administrator = element("span", "you administrator", words.administrator);
    this.#me.replaceChildren(
      avatarOf(me),
      nameOf(me),
      element("span", "you", words.you),
      ...this.#chat.role === "admin" ? [administrator] : [],
    );
    if (me.name === this.#asked) this.#close();
  }

  /** Opens the form, with the name that I have. */
  askForName(): void {
    if (this.#form.hidden) this.#from = document.activeElement;
    this.#form.hidden = false;
    this.#rename.hidden = true;
    this.#input.value = this.#chat.me?.name ?? "";
    this.#input.select();
    this.#input.focus();
  }

  /** The name that I asked for was refused; false when I asked for none. */
  refused(refusal: Reason): boolean {
    if (this.#asked === undefined) return false;
    this.#answer.textContent = sayRefusal(refusal, this.#asked);
    this.#asked = undefined;
    this.#input.focus();
    return true;
  }

  /** Closes the form; false when it can't be seen. */
  dismiss(): boolean {
    if (!this.#form.checkVisibility()) return false;
    this.#close();
    return true;
  }

  #submit(): void {
    // As the server will write it, so that its answer is known for what it is.
    const name = cleanName(this.#input.value);
    if (name === "" || name === this.#chat.me?.name) return this.#close();
    this.#asked = name;
    this.#answer.textContent = words.askingServer;
    this.#chat.rename(name);
  }

  /** Closes the form and gives the focus back. */
  #close(): void {
    const hadFocus = this.#form.contains(document.activeElement);
    this.#asked = undefined;
    this.#answer.textContent = "";
    this.#form.hidden = true;
    this.#rename.hidden = false;
    if (hadFocus) giveFocus(this.#from, this.#rename);
  }
}

function isSame(some: readonly Person[], others: readonly Person[]): boolean {
  return some.length === others.length &&
    some.every(({ id, name }, index) => id === others[index]!.id && name === others[index]!.name);
}
