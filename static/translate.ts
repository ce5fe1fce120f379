import { type Words, words } from "./i18n.ts";

/** Where a word of an element goes, by the attribute that names it. */
const ATTRIBUTES = { label: "aria-label", placeholder: "placeholder", title: "title" } as const;

/**
 * Puts the reader's words into elements that name them: `data-words` is the text, `data-label`, `data-placeholder` and
 * `data-title` are attributes. An element inside a text stands where the text has its `data-place` in braces.
 */
export function translate(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLElement>("[data-words]")) {
    const places = [...node.children].map((child) => [(child as HTMLElement).dataset.place!, child] as const);
    node.replaceChildren(...insert(word(node.dataset.words!), Object.fromEntries(places)));
  }
  for (const [kind, attribute] of Object.entries(ATTRIBUTES)) {
    for (const node of root.querySelectorAll<HTMLElement>(`[data-${kind}]`)) {
      node.setAttribute(attribute, word(node.dataset[kind]!));
    }
  }
}

/**
 * A sentence whose places, names in braces, are taken by something, for languages put things in different orders. Every
 * second part is what was put there.
 */
export function insert<T>(sentence: string, places: Readonly<Record<string, T>>): (string | T)[] {
  return sentence.split(/\{(\w+)\}/).map((part, index) => index % 2 === 1 ? places[part]! : part);
}

/** A test sees to it that each of these is a sentence. */
function word(key: string): string {
  return words[key as keyof Words] as string;
}
