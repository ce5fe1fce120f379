/** What looks like an address in a text. */
export interface Link {
  /** Where it ends. */
  readonly end: number;
  /** Where it leads; undefined when nobody should be led there. */
  readonly href: string | undefined;
}

/** What an address begins with that one may be led to. */
export const LINK_START = "https?://|mailto:";

const MAY_FOLLOW = new Set(["http:", "https:", "mailto:"]);

/**
 * What can't be in an address, though a browser would take some of it: white space, quotes, what is full-width in Chinese,
 * and what nobody can see or what turns the direction, by which an address could look like another.
 */
const ADDRESS =
  /[^\s\p{Cc}<>"`\\\u061c\u200b\u200e\u200f\u2014-\u201f\u2026\u202a-\u202e\u2060-\u206f\u3000-\u3003\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]*/uy;

/** What belongs to the sentence when it ends an address. */
const AFTER = ".,;:!?'؟،؛۔।";
const BRACKETS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** The address that begins, as `LINK_START` tells, at a place in a text. */
export function linkAt(text: string, start: number): Link {
  ADDRESS.lastIndex = start;
  const address = withoutEnd(ADDRESS.exec(text)![0]);
  return { end: start + address.length, href: hrefOf(address) };
}

/** Stars around an address make it bold; those inside belong to it, and then those at its end do, too. */
function withoutEnd(address: string): string {
  const bare = trimmed(address, AFTER + "*");
  return bare.includes("*") ? trimmed(address, AFTER) : bare;
}

/** An address without the punctuation at its end. A bracket that was opened in it stays. */
function trimmed(address: string, after: string): string {
  const counts = new Map<string, number>();
  for (const character of address) counts.set(character, (counts.get(character) ?? 0) + 1);
  let end = address.length;
  for (; end > 0; end--) {
    const last = address[end - 1]!;
    const opening = BRACKETS[last];
    const count = counts.get(last) ?? 0;
    if (opening === undefined ? !after.includes(last) : count <= (counts.get(opening) ?? 0)) break;
    counts.set(last, count - 1);
  }
  return address.slice(0, end);
}

function hrefOf(address: string): string | undefined {
  // With a query a letter would be filled in already, and some programs would even put a file into it. With slashes a
  // browser takes what is before the @ for something else than who gets the letter.
  const isPlain = /^mailto:[^@?#%/]+@[^@?#%/]+$/i.test(address) ||
    // What comes before an @ would look like the host.
    /^https?:\/\/[^/?#@]+(?:[/?#]|$)/i.test(address);
  if (!isPlain) return undefined;
  try {
    const { protocol, href } = new URL(address);
    return MAY_FOLLOW.has(protocol) ? href : undefined;
  } catch {
    return undefined;
  }
}
