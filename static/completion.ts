import { NAME_CHARACTERS_MAX, type Person } from "../protocol.ts";
import type { RoomView } from "./chat.ts";
import type { Emoji } from "./emoji_names.ts";
import { BEFORE_LENGTH_MAX, mayMention } from "./markup.ts";
import { byName } from "./person.ts";

/** How many suggestions there are at most: as many as one reads at a glance. */
export const SUGGESTIONS_MAX = 8;
/** From so many letters on an emoji is found by the inside of its name, too; else `:pp` and `:dd` would be no smileys. */
const INSIDE_LETTERS_MIN = 3;
/** A name is never longer than this, in UTF-16 units; what is further from the caret is not looked at. */
const NAME_LENGTH_MAX = 2 * NAME_CHARACTERS_MAX;

/** What is being written at the caret, and could be completed. */
export interface Token {
  readonly kind: "emoji" | "person";
  /** What there is of the name. */
  readonly query: string;
  /** Where it is in the text, its `:` or `@` included, which may be the wide ones of a Chinese keyboard. */
  readonly from: number;
  readonly to: number;
}

/** What a token could become. */
export type Suggestion =
  | { readonly kind: "emoji"; readonly emoji: string; readonly name: string }
  | { readonly kind: "person"; readonly person: Person };

/** A part of a text, and what is to be there instead. */
export interface Edit {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/**
 * An emoji's name begins after a space or a sign, so that neither `10:30` nor `std::vector` has one. A wide colon behind a
 * word is a colon, and Enter sends what comes after it.
 */
const EMOJI = /(?:(?<![\p{sc=Latin}\p{N}_:：]):|(?<![\p{L}\p{N}_:：])：)([a-z][a-z0-9_+-]+|[+-]1)$/iu;
const CLOSED_EMOJI = /(?<![\p{sc=Latin}\p{N}_:：])[:：]([a-z0-9_+-]+)[:：]$/iu;
/** A name may have spaces inside. */
const PERSON = /[@＠]((?:[^\s@＠][^@＠]*)?)$/u;

/** What is being written at the caret; undefined when it is nothing that could be completed, or code. */
export function tokenAt(text: string, caret: number): Token | undefined {
  const near = lineBefore(text, caret);
  const emoji = EMOJI.exec(near);
  const found = emoji ?? PERSON.exec(near);
  if (!found || (!emoji && !mayMention(near.slice(0, found.index)))) return undefined;
  const query = found[1]!;
  // After a space somebody may be done with the name: its next word has to begin.
  if (query.endsWith(" ") || isInCode(text, caret)) return undefined;
  return { kind: emoji ? "emoji" : "person", query, from: caret - query.length - 1, to: caret };
}

/** The `:name:` of an emoji whose last colon was written just now at the caret, if that is what it is. */
export function closedToken(text: string, caret: number): Token | undefined {
  const query = CLOSED_EMOJI.exec(lineBefore(text, caret))?.[1];
  if (query === undefined || isInCode(text, caret)) return undefined;
  return { kind: "emoji", query, from: caret - query.length - 2, to: caret };
}

/** The emoji that has a name. */
export function emojiNamed(name: string, emoji: readonly Emoji[]): Suggestion | undefined {
  const meant = emoji.find(({ names }) => names.includes(name.toLowerCase()));
  return meant && { kind: "emoji", emoji: meant.emoji, name };
}

/** The emoji for what there is of a name: those that begin with it, then those of which a word does, then the others. */
export function suggestEmoji(query: string, emoji: readonly Emoji[]): Suggestion[] {
  const looked = query.toLowerCase();
  const found = emoji.flatMap(({ emoji, names, words }) => {
    const ranked = names.map((name) => ({ emoji, name, rank: rankOf(name, looked) }))
      .filter(({ rank }) => rank < Rank.inside || looked.length >= INSIDE_LETTERS_MIN)
      .sort(byRank);
    const best = ranked.find(({ rank }) => rank < Rank.none);
    if (best) return [best];
    return words.some((word) => word.startsWith(looked)) ? [{ emoji, name: names[0]!, rank: Rank.none }] : [];
  });
  // Of two that begin alike the shorter is the plain one: heart, then heart_eyes.
  found.sort((a, b) => byRank(a, b) || a.name.length - b.name.length || (a.name < b.name ? -1 : 1));
  return found.slice(0, SUGGESTIONS_MAX).map(({ emoji, name }) => ({ kind: "emoji", emoji, name }));
}

/**
 * The people for what there is of a name: those that begin with it, then those of which a word does, then the others.
 * @param people in the order in which those who fit equally well are offered.
 */
export function suggestPeople(query: string, people: readonly Person[]): Suggestion[] {
  const looked = withoutAccents(query);
  const found = people.map((person) => ({ person, rank: rankOf(withoutAccents(person.name), looked) }))
    .filter(({ rank }) => rank < Rank.none)
    .sort(byRank);
  // Who has written the whole name means to send it now.
  if (found.length === 1 && found[0]!.person.name === query) return [];
  return found.slice(0, SUGGESTIONS_MAX).map(({ person }) => ({ kind: "person", person }));
}

/**
 * Who can be mentioned in a room: those who spoke last first, then by name; never I. Of a big room not everybody is known;
 * there who spoke is taken to be here still.
 */
export function mentionable({ people, items, count }: RoomView, me: string | undefined): Person[] {
  const here = new Map(people.map((person) => [person.id, person]));
  const speakers = new Map<string, Person>();
  for (const item of items.toReversed()) {
    if (item.kind !== "said" || speakers.has(item.said.user)) continue;
    const { user: id, name } = item.said;
    const person = here.get(id) ?? (count > people.length ? { id, name } : undefined);
    if (person) speakers.set(id, person);
  }
  const silent = people.filter(({ id }) => !speakers.has(id)).sort(byName);
  return [...speakers.values(), ...silent].filter(({ id }) => id !== me);
}

/** What has to be done to a text to take a suggestion. */
export function taking(text: string, { from, to }: Token, suggestion: Suggestion): Edit {
  if (suggestion.kind === "emoji") return { from, to, insert: suggestion.emoji };
  // The caret goes behind the space, also where there is one already.
  return { from, to: text[to] === " " ? to + 1 : to, insert: `@${suggestion.person.name} ` };
}

/** The text after an edit, and where the caret is then. */
export function edited(text: string, { from, to, insert }: Edit): { text: string; caret: number } {
  return { text: text.slice(0, from) + insert + text.slice(to), caret: from + insert.length };
}

/** How well a name fits, the best first. */
const Rank = { beginning: 0, word: 1, inside: 2, none: 3 };

function rankOf(name: string, query: string): number {
  let rank = name.startsWith(query) ? Rank.beginning : Rank.none;
  for (let at = name.indexOf(query); at > 0 && rank > Rank.word; at = name.indexOf(query, at + 1)) {
    rank = /[ _-]/.test(name[at - 1]!) ? Rank.word : Rank.inside;
  }
  return rank;
}

function byRank(a: { readonly rank: number }, b: { readonly rank: number }): number {
  return a.rank - b.rank;
}

function withoutAccents(name: string): string {
  return name.normalize("NFKD").replaceAll(/[\u0300-\u036f]/g, "").toLowerCase();
}

/** The line up to the caret, as far as a name can reach. */
function lineBefore(text: string, caret: number): string {
  const start = text.lastIndexOf("\n", caret - 1) + 1;
  return text.slice(Math.max(start, caret - NAME_LENGTH_MAX - 1 - BEFORE_LENGTH_MAX), caret);
}

/** Whether what is written at the caret stands between backticks, or will: there every character is meant as it is. */
function isInCode(text: string, caret: number): boolean {
  const blocks = text.slice(0, caret).split("```");
  const line = blocks.at(-1)!.split("\n").at(-1)!;
  return blocks.length % 2 === 0 || line.split("`").length % 2 === 0;
}
