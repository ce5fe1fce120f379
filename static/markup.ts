import { addTo, EmphasisBuilder } from "./emphasis.ts";
import { isSameName, KnownNames } from "./known_names.ts";
import { LINK_START, linkAt } from "./link.ts";

/** A part of a message. Nothing of what was typed is lost: marks that are not shown are kept, or follow from the kind. */
export type Markup =
  | { readonly kind: "text"; readonly text: string }
  /** `**` on both sides. */
  | { readonly kind: "bold"; readonly inner: readonly Markup[] }
  /** `*` on both sides. */
  | { readonly kind: "italic"; readonly inner: readonly Markup[] }
  /** Code within a line, with the same one to three backticks on both sides. */
  | { readonly kind: "code"; readonly ticks: string; readonly text: string }
  /** Lines of code, each with its line end, between the fences. */
  | { readonly kind: "block"; readonly opening: string; readonly text: string; readonly closing: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  /** `@`, or the wide one of a Chinese keyboard, and a name; `name` is as its owner writes it. */
  | { readonly kind: "mention"; readonly text: string; readonly name: string };

const CALL = /[@＠]/;
/** So much before an @, in UTF-16 units, decides whether it begins a mention. */
export const BEFORE_LENGTH_MAX = 3;

const FENCE = /^```[^`]*$/;
/** A fence that says at most which language follows. */
const BARE_FENCE = /^```[\w+#.-]{0,20}[ \t]*$/;
const CLOSING_FENCE = /^```[ \t]*$/;

/**
 * Reads the markup of a message: `code`, blocks of code, **bold**, *italic*, addresses, mentions of names that are known,
 * and nothing else. Whatever is not well formed is text. The time it takes grows with the length of the text, no faster.
 */
export function parseMarkup(text: string, names: KnownNames): readonly Markup[] {
  const all: Markup[] = [];
  const lines = text.split("\n").map((line, index, { length }) => index < length - 1 ? `${line}\n` : line);
  let mayClose = true;
  for (let index = 0; index < lines.length; index++) {
    const line = withoutEnd(lines[index]!);
    if (mayClose && FENCE.test(line)) {
      let closing = index + 1;
      while (closing < lines.length && !CLOSING_FENCE.test(withoutEnd(lines[closing]!))) closing++;
      if (closing < lines.length) {
        // What is not a language is the first line of the code.
        const opening = BARE_FENCE.test(line) ? lines[index]! : "```";
        const code = lines[index]!.slice(opening.length) + lines.slice(index + 1, closing).join("");
        all.push({ kind: "block", opening, text: code, closing: lines[closing]! });
        index = closing;
        continue;
      }
      // Nor will any fence after this one be closed: looking for it each time would take too long.
      mayClose = false;
    }
    for (const markup of parseLine(line, names)) addTo(all, markup);
    if (line !== lines[index]) addTo(all, { kind: "text", text: "\n" });
  }
  return all;
}

/** The words without the marks, as they are shown, to be read aloud or told somewhere else. */
export function plainText(markup: readonly Markup[]): string {
  return markup.map((part) => "inner" in part ? plainText(part.inner) : part.text).join("");
}

/**
 * Whether somebody is mentioned in a text. With the names of the others, `@Ana María` does not mention Ana, too, when
 * there is an Ana María.
 */
export function mentions(text: string, name: string, names: KnownNames = new KnownNames([name])): boolean {
  return CALL.test(text) && hasMention(parseMarkup(text, names), name);
}

/** Whether anybody of these is mentioned in a text. */
export function mentionsAny(text: string, names: KnownNames): boolean {
  return CALL.test(text) && hasMention(parseMarkup(text, names));
}

/** Whether somebody is mentioned, or anybody. */
export function hasMention(markup: readonly Markup[], name?: string): boolean {
  return markup.some((part) =>
    "inner" in part
      ? hasMention(part.inner, name)
      : part.kind === "mention" && (name === undefined || isSameName(part.name, name))
  );
}

/**
 * Whether an @ begins a mention, and no part of an address.
 * @param before what stands before it on its line, or the last BEFORE_LENGTH_MAX of that.
 */
export function mayMention(before: string): boolean {
  return !IN_ADDRESS.test(before.slice(-BEFORE_LENGTH_MAX));
}

function withoutEnd(line: string): string {
  return line.endsWith("\n") ? line.slice(0, -1) : line;
}

const SPECIAL = new RegExp(`\`+|\\*+|[@＠]|${LINK_START}`, "gi");
const LATIN_OR_DIGIT = /[\p{sc=Latin}\p{Nd}\u0300-\u036f]/u;
/** What stands before an @ in the address of somebody. */
const IN_ADDRESS = /[\p{sc=Latin}\p{Nd}\u0300-\u036f_][.-]?$/u;

function parseLine(line: string, names: KnownNames): readonly Markup[] {
  const builder = new EmphasisBuilder();
  const ends = codeEnds(line);
  /** What comes before it is read. */
  let end = 0;
  SPECIAL.lastIndex = 0;
  for (let found; (found = SPECIAL.exec(line)); SPECIAL.lastIndex = end) {
    const [mark] = found;
    const start = found.index;
    builder.add({ kind: "text", text: line.slice(end, start) });
    end = start + mark.length;
    const before = line[start - 1] ?? " ";
    if (mark[0] === "*" && mark.length <= 3) {
      const after = line[end] ?? " ";
      // As in 2*3*4. In Chinese no space is needed.
      const inWord = (outside: string) => mark.length % 2 === 1 && LATIN_OR_DIGIT.test(outside);
      builder.addStars(mark.length, /\S/.test(after) && !inWord(before), /\S/.test(before) && !inWord(after));
    } else {
      const part = mark[0] === "`"
        ? codeAt(line, start, mark, ends.get(start))
        : mark === "@" || mark === "＠"
        ? mentionAt(line, start, names)
        : mark[0] !== "*" && !LATIN_OR_DIGIT.test(before)
        ? addressAt(line, start)
        : undefined;
      builder.add(part?.markup ?? { kind: "text", text: mark });
      end = part?.end ?? end;
    }
  }
  builder.add({ kind: "text", text: line.slice(end) });
  return builder.finish();
}

/** A part of a line, and where it ends. */
interface Part {
  readonly markup: Markup;
  readonly end: number;
}

function codeAt(line: string, start: number, ticks: string, closing: number | undefined): Part | undefined {
  if (closing === undefined) return undefined;
  const text = line.slice(start + ticks.length, closing);
  return { markup: { kind: "code", ticks, text }, end: closing + ticks.length };
}

function mentionAt(line: string, start: number, names: KnownNames): Part | undefined {
  const before = line.slice(Math.max(0, start - BEFORE_LENGTH_MAX), start);
  const found = mayMention(before) ? names.at(line, start + 1) : undefined;
  return found && { markup: { kind: "mention", text: line.slice(start, found.end), name: found.name }, end: found.end };
}

function addressAt(line: string, start: number): Part {
  const { end, href } = linkAt(line, start);
  const text = line.slice(start, end);
  return { markup: href === undefined ? { kind: "text", text } : { kind: "link", text, href }, end };
}

/** Where the backticks are that close those at a place: the next ones of the same number. */
function codeEnds(line: string): Map<number, number> {
  const ends = new Map<number, number>();
  const opened = new Map<number, number>();
  for (const { index, 0: { length } } of line.matchAll(/`+/g)) {
    const start = opened.get(length);
    if (start !== undefined) ends.set(start, index);
    if (length <= 3) opened.set(length, index);
  }
  return ends;
}
