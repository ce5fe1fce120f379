import type { Person } from "../protocol.ts";
import { element } from "./element.ts";
import { words } from "./i18n.ts";
import { insert } from "./translate.ts";

/** How many names the sentence has at most: more would be longer than its line. */
const NAMES_MAX = 2;

/** Who is typing, as a sentence cut where the names are: every second part is a name. */
export function typingSentence(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [""];
  if (names.length > NAMES_MAX) return [words.manyType];
  const [first, second] = names as [string, string?];
  return second === undefined ? insert(words.oneTypes, { first }) : insert(words.twoType, { first, second });
}

/** Shows who is typing, each name kept apart from the direction of the sentence. */
export function showTyping(line: HTMLElement, people: readonly Person[]): void {
  const parts = typingSentence(people.map(({ name }) => name));
  if (parts.join("") === line.textContent) return;
  line.replaceChildren(...parts.map((part, index) => index % 2 === 1 ? element("bdi", "", part) : part));
}
