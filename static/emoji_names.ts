/** An emoji and what it is found by. */
export interface Emoji {
  readonly emoji: string;
  /** As one writes it between colons, in small letters; the first is the usual one. */
  readonly names: readonly string[];
  /** More words that lead to it. */
  readonly words: readonly string[];
}

/**
 * Reads the lines that tools/emoji.ts writes: `emoji name,name word,word`. Without an emoji the line is about the code
 * point that comes after the one with which the line before begins.
 */
export function readEmoji(lines: string): Emoji[] {
  let code = 0;
  return lines.split("\n").map((line) => {
    const [written, names, words] = line.split(" ");
    const emoji = written || String.fromCodePoint(code + 1);
    code = emoji.codePointAt(0)!;
    return { emoji, names: names!.split(","), words: words?.split(",") ?? [] };
  });
}
