import type { Person } from "../protocol.ts";
import { element } from "./element.ts";
import { locale } from "./i18n.ts";

/** How many colours there are for names; style.css has a class for each. */
export const COLOURS = 8;

/** The class of the colour that a person's name has, always the same one. */
export function colourOf(id: string): string {
  let hash = 0;
  for (let index = 0; index < id.length; index++) hash = (hash * 31 + id.charCodeAt(index)) >>> 0;
  return `colour-${hash % COLOURS}`;
}

/** A person's name in their colour, kept apart from the direction of the text around it. */
export function nameOf({ id, name }: Person): HTMLElement {
  return element("bdi", `name ${colourOf(id)}`, name);
}

/** The first letter of a person's name on a disc in their colour, for the eye only. */
export function avatarOf({ id, name }: Person): HTMLElement {
  const [letter] = /[\p{L}\p{N}\p{S}]\p{M}*/u.exec(name) ?? ["?"];
  const disc = element("span", `avatar ${colourOf(id)}`, letter.toLocaleUpperCase(locale()));
  disc.ariaHidden = "true";
  return disc;
}

let collator: Intl.Collator | undefined;

/** Orders people by their names, as the reader's language does, and numbers in them by their size. */
export function byName(a: Person, b: Person): number {
  // One for all names: to make it takes longer than to compare with it.
  collator ??= new Intl.Collator(locale(), { numeric: true });
  return collator.compare(a.name, b.name);
}
