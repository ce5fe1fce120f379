/**
 * Between what people write and the full-text index: what a text looks like to the index, and what a query asks of it.
 *
 * The index knows words only. Where a script doesn't put spaces between words, each character is a word, and a run of
 * them in a query is a phrase: any part of such a text is found. Both sides go through `indexed`, so they agree.
 * @module
 */

/** How much of a query is looked at, in UTF-16 code units: more than anyone types, little to search for. */
export const QUERY_LENGTH_MAX = 500;

/** How many words and phrases of a query are looked for. */
export const TERMS_MAX = 8;

// Thai and its kin with all their marks; of the others letters and numbers only, since they share signs with Latin.
const SPACELESS =
  /[\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}]&&[\p{L}\p{N}]]]/gv;

// The index holds no symbols, so an emoji is written as a word. Skin colours and other variants are left to be ignored.
const EMOJI = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/gv;

// Invisible choosers between two looks of one character: marks to the index, which would make them part of a word.
const VARIATION_SELECTORS = /[\uFE00-\uFE0F]/g;

// What the index takes for a part of a word: see the tokenizer in schema.ts.
const WORD_CHARACTER = /[\p{L}\p{N}\p{M}\p{Co}]/u;

// An optional from:, then something in quotes, whose closing may be missing, or a word; an optional * after either.
const TERM = /(?<from>from:)?(?:["“”„](?<phrase>[^"“”„]*)["“”„]?(?<star>\*)?|(?<word>[^\s"“”„]+))/gi;

/** The text as the index gets it. */
export function indexed(text: string): string {
  // deno-lint-ignore no-control-regex -- Nearly everything is ASCII, and then there is nothing to do.
  if (/^[\x01-\x7F]*$/.test(text)) return text;
  return text.normalize("NFKC")
    .replaceAll("\0", " ")
    .replace(VARIATION_SELECTORS, "")
    .replace(EMOJI, (emoji) => ` emoji${emoji.codePointAt(0)!.toString(16)} `)
    .replace(SPACELESS, " $& ");
}

/** The word in the index's room column that stands for a room. */
export function roomWord(room: number): string {
  return `r${room}`;
}

/**
 * What a query asks of the index, in FTS5's language; undefined if it has nothing to look for, or no room to look in.
 * Understands words, `prefix*`, `"a phrase"`, `from:name` and `from:"Two Words"`; a word with punctuation in it is a
 * phrase of its parts. Every string is a query: what means nothing is passed over, as is `*` after a single
 * Latin letter, and what comes after TERMS_MAX.
 */
export function toMatch(query: string, rooms: readonly number[]): string | undefined {
  const terms: string[] = [];
  // Full-width quotes, colons and stars are what a Chinese or Japanese keyboard gives: NFKC makes them the usual ones.
  for (const { groups = {} } of query.slice(0, QUERY_LENGTH_MAX).normalize("NFKC").matchAll(TERM)) {
    const { from, phrase, star, word } = groups;
    const text = indexed(phrase ?? word ?? "").replaceAll('"', " ");
    if (!WORD_CHARACTER.test(text)) continue;
    // Half of all words begin with a given letter: to look through them takes tenths of a second.
    const isPrefix = (star || word?.endsWith("*")) && !/^[a-z]?$/i.test(text.replaceAll(/[^\p{L}\p{N}]/gu, ""));
    const prefix = isPrefix ? "*" : "";
    if (terms.length === TERMS_MAX) break;
    terms.push(`${from ? "author" : "text"} : "${text}"${prefix}`);
  }
  if (terms.length === 0 || rooms.length === 0) return undefined;
  return `${terms.join(" AND ")} AND room : (${rooms.map((room) => `"${roomWord(room)}"`).join(" OR ")})`;
}
