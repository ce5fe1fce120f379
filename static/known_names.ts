/** A name that stands somewhere in a text. */
export interface FoundName {
  /** As its owner writes it. */
  readonly name: string;
  /** Where it ends in the text. */
  readonly end: number;
}

/** The names that can be mentioned. Looking for one takes no longer when there are many, nor does one more. */
export class KnownNames {
  readonly #root = new Branch();
  readonly #all = new Set<string>();

  constructor(names: Iterable<string>) {
    for (const name of names) this.add(name);
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  /** One more can be mentioned. */
  add(name: string): void {
    if (this.#all.has(name)) return;
    this.#all.add(name);
    // Some keyboards write an accent as a character of its own; it is the same name.
    for (const form of ["NFC", "NFD"]) this.#add(name.normalize(form), name);
  }

  /** Those that were added when there were so many. */
  since(size: number): KnownNames {
    return new KnownNames([...this.#all].slice(size));
  }

  /** The longest of the names that stands at a place of a text, in capitals or not, and does not go on as another word. */
  at(text: string, start: number): FoundName | undefined {
    let branch: Branch | undefined = this.#root;
    let found: FoundName | undefined;
    for (let end = start; end < text.length;) {
      const character = characterAt(text, end);
      branch = branch.next.get(folded(character));
      if (!branch) break;
      end += character.length;
      if (branch.name !== undefined && !goesOn(character, text, end)) found = { name: branch.name, end };
    }
    return found;
  }

  #add(spelling: string, name: string): void {
    let branch = this.#root;
    for (const character of spelling) {
      const key = folded(character);
      let next = branch.next.get(key);
      if (!next) branch.next.set(key, next = new Branch());
      branch = next;
    }
    branch.name ??= name;
  }
}

/** Whether two names are one, in capitals or not. */
export function isSameName(one: string, other: string): boolean {
  return allFolded(one) === allFolded(other);
}

/** All names that begin with the same characters. */
class Branch {
  readonly next = new Map<string, Branch>();
  /** The name that ends here. */
  name: string | undefined;
}

function allFolded(name: string): string {
  return Array.from(name.normalize("NFC"), folded).join("");
}

/** A character without regard to case. By way of the capital, of which the Greek sigma has one and small ones two. */
function folded(character: string): string {
  return character.toUpperCase().toLowerCase();
}

const MARK = /^\p{M}/u;
const IN_WORD = /^[\p{L}\p{N}_]/u;
/** Scripts that put no space between words, and Korean, which puts none between a name and the particle after it. */
const WITHOUT_SPACES =
  /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Bopo}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;

/** Whether a word that has come to its character `last` goes on at `end`: `Ana` is not mentioned by `@Anastasia`. */
function goesOn(last: string, text: string, end: number): boolean {
  const next = characterAt(text, end);
  if (MARK.test(next)) return true;
  // A full stop or hyphen may be within a word, or after it.
  const letter = next === "." || next === "-" ? characterAt(text, end + 1) : next;
  return IN_WORD.test(letter) && !WITHOUT_SPACES.test(letter) && IN_WORD.test(last) && !WITHOUT_SPACES.test(last);
}

function characterAt(text: string, index: number): string {
  return index < text.length ? String.fromCodePoint(text.codePointAt(index)!) : "";
}
