/**
 * Makes static/emoji.ts: the names of emoji that people know from GitHub, of the package gemoji. The flags of countries
 * are left out, for they are a sixth of it.
 * @module
 */
import { type Gemoji, gemoji } from "gemoji";
import project from "../deno.json" with { type: "json" };

/** Where the names are. */
export const EMOJI = new URL("../static/emoji.ts", import.meta.url);

/** The text of static/emoji.ts. */
export function emojiModule(): string {
  return `// Made by \`deno task emoji\` from ${project.imports.gemoji}, MIT licence, Copyright (c) 2014 Titus Wormer.

/** What \`readEmoji\` reads: in the order of code points, so that most emoji follow from the one before. */
export const EMOJI =
  ${JSON.stringify(lines())};
`;
}

function lines(): string {
  let next = -1;
  return gemoji.filter(({ emoji }) => !COUNTRY.test(emoji)).sort(byCodePoints).map((entry) => {
    const [code, ...more] = codePoints(entry.emoji);
    const emoji = code === next && more.length === 0 ? "" : entry.emoji;
    next = code! + 1;
    const words = wordsOf(entry);
    return [emoji, entry.names.join(","), ...(words.length > 0 ? [words.join(",")] : [])].join(" ");
  }).join("\n");
}

const COUNTRY = /^[\u{1F1E6}-\u{1F1FF}]{2}$/u;

/** The tags that no name contains, for by those it is found anyway. */
function wordsOf({ tags, names }: Gemoji): string[] {
  return tags.map((tag) => tag.replaceAll(" ", "_")).filter((tag) => !names.some((name) => name.includes(tag)));
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => character.codePointAt(0)!);
}

function byCodePoints(a: Gemoji, b: Gemoji): number {
  const others = codePoints(b.emoji);
  const difference = codePoints(a.emoji).map((code, index) => code - (others[index] ?? -1)).find((by) => by !== 0);
  return difference ?? a.emoji.length - b.emoji.length;
}

if (import.meta.main) await Deno.writeTextFile(EMOJI, emojiModule());
