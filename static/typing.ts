import type { Person } from "../protocol.ts";
import { element } from "./element.ts";

/** How many names the sentence has at most: more would be longer than its line. */
const NAMES_MAX = 2;

/** Who is typing, as a sentence cut where the names are: every second part is a name. */
export function typingSentence(names: readonly string[]): readonly string[] {
  if (names.length === 0) return [""];
  if (names.length > NAMES_MAX) return ["Several people are typing…"];
  const [first, second] = names as [string, string?];
  return second === undefined ? ["", first, " is typing…"] : ["", first, " and ", second, " are typing…"];
}

/** Shows who is typing, each name kept apart from the direction of the sentence. */
export function showTyping(line: HTMLElement, people: readonly Person[]): void {
  const parts = typingSentence(people.map(({ name }) => name));
  if (parts.join("") === line.textContent) return;
  line.replaceChildren(...parts.map((part, index) => index % 2 === 1 ? element("bdi", "", part) : part));
}
