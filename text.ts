import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { cleanName, NAME_CHARACTERS_MAX, type NameRule, type Person } from "./protocol.ts";

/** How many marks may stand on one character of a name, and of a text: real writing needs two or three. */
export const NAME_MARKS_MAX = 3;
/** The rest of a heap of marks in a text is dropped, since it would be drawn over other people's messages. */
export const TEXT_MARKS_MAX = 8;

/**
 * Makes a text harmless to show (HOSTILE 20): line ends become `\n`, control characters but for tabs and line ends go, and
 * so does white space around it. Bidirectional controls stay: the page isolates each text.
 */
export function cleanText(text: string): string {
  return text
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/(?![\t\n])\p{Cc}/gu, "")
    .replaceAll(HEAP_OF_MARKS, "$1")
    .trim();
}

/** Whether a text has more bytes of UTF-8. */
export function isLongerThan(bytesMax: number, text: string): boolean {
  // A UTF-16 unit is one to three bytes of UTF-8: most texts need no look inside.
  if (text.length > bytesMax) return true;
  return 3 * text.length > bytesMax && Buffer.byteLength(text) > bytesMax;
}

const HEAP_OF_MARKS = new RegExp(String.raw`(\p{M}{${TEXT_MARKS_MAX}})\p{M}+`, "gu");
const TOO_MANY_MARKS = new RegExp(String.raw`\p{M}{${NAME_MARKS_MAX + 1}}`, "u");

/** What the rules for names say (HOSTILE 19), for people. */
const NAME_REASONS: { readonly [R in NameRule]: string } = {
  control: "A name is a single line, without control characters.",
  invisible: "A name can't have characters that nobody can see.",
  marks: "A name can't have that many marks on one letter.",
  letter: "A name needs a letter or a number.",
  long: `A name has at most ${NAME_CHARACTERS_MAX} characters.`,
  guest: "Names like “Guest 123” are for those who have not chosen one.",
  mixed: "A word of a name can't mix Latin letters with those of another alphabet.",
};

/** The rule that a name, as `cleanName` gives it, breaks already by itself; undefined when it breaks none. */
export function nameProblem(name: string): NameRule | undefined {
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) return "control";
  if (/[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Co}\p{Cs}\u2800]/u.test(name)) return "invisible";
  if (TOO_MANY_MARKS.test(name)) return "marks";
  if (!/[\p{L}\p{N}\p{S}]/u.test(name)) return "letter";
  if ([...name].length > NAME_CHARACTERS_MAX) return "long";
  if (/^guest[lo\p{N}]*$/u.test(inLatin(name))) return "guest";
}

/**
 * What a name looks like, in each of the ways in which it could be taken for another: as it is, in small letters and in
 * capitals. Names that share a look are too close. In the manner of the skeleton of Unicode's UTS 39, section 4: NFKD,
 * without accents, spaces and punctuation, letters that look like Latin ones replaced by these, with a subset of its data:
 * Cyrillic, Greek, Armenian, Cherokee, Coptic, Lisu, small capitals. Vowel signs and the like, which make other words, stay.
 */
export function looksOf(name: string): Set<string> {
  const bare = name.normalize("NFKD").replaceAll(ACCENTS, "");
  return new Set([bare, bare.toUpperCase().toLowerCase(), bare.toUpperCase()].map(inLatin));
}

function inLatin(text: string): string {
  let latin = "";
  for (const character of text) latin += LATIN.get(character) ?? letterInBox(character) ?? character.toLowerCase();
  return latin.replaceAll(/[^\p{L}\p{N}\p{S}\p{M}]/gu, "").replaceAll("rn", "m").replaceAll("vv", "w");
}

/** The letter in a circle, a black square or a flag, which NFKD leaves as they are. */
function letterInBox(character: string): string | undefined {
  const code = character.codePointAt(0)!;
  const first = [0x1f150, 0x1f170, 0x1f1e6].find((first) => code >= first && code < first + 26);
  return first === undefined ? undefined : inLatin(String.fromCharCode(0x61 + code - first));
}

const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/gu;

/** Characters that look like a Latin letter, by that letter: a capital by what the capital looks like. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  a: "аɑαАΑᴀᎪꓮⲀⲁ",
  ae: "æÆӕӔᴁ",
  b: "ЬьВʙΒƄƅᏏᏼᏴɓꓐⲂ",
  c: "сСϲϹᴄᏟҫҪςꓚⲤⲥ",
  d: "ԁԀɗđĐᴅᎠժꓓ",
  e: "еЕΕεҽᴇᎬɛ℮ꓰⲈ",
  f: "ƒꜰϝꓝ",
  g: "ɡցᶃɢᏀɠꓖ",
  h: "һҺНΗнħĦʜᎻհꓧⲎ",
  j: "јЈϳʝᴊᎫյꓙ",
  k: "кКκΚᴋᏦқҚꓗⲔⲕ",
  // What nobody can tell apart in many typefaces.
  l: "iI1|ıіІӀӏΙιɩɪłŁʟᏞᎥᏆוןا∣ꓲⲒꓡⳐ",
  m: "мМΜᴍᎷꓟⲘ",
  n: "ηпɴΝոռꓠⲚ",
  o: "0оОοΟσøØᴏօՕסه٥੦०໐ꓳⲞⲟ",
  oe: "œŒ",
  p: "рРρΡᴘᏢꓑⲢⲣ",
  q: "ԛԚգզ",
  r: "гʀᎡɼꓣ",
  s: "ѕЅꜱᏚՏʂꓢ",
  t: "тТτΤŧŦᴛᎢꓔⲦⲧ",
  u: "υսՍᴜμцʋꓴ",
  v: "νѵѴᴠᏙꓦ",
  w: "ԝԜωᴡᎳաꓪ",
  x: "хХχΧ×ꓫⲬⲭ",
  y: "уУүҮγʏΥყꓬⲨ",
  z: "ΖᴢᏃꓜⲌ",
};

const LATIN = new Map(
  Object.entries(LOOKALIKES).flatMap(([latin, others]) => [...others].map((other): [string, string] => [other, latin])),
);

/**
 * Whether a word has Latin letters beside those of a script with which it is not written: nobody means that but to look
 * like somebody else. As in UTS 39, section 5.2, Latin goes together with Chinese, Japanese and Korean.
 */
function mixesAlphabets(word: string): boolean {
  return /\p{sc=Latin}/u.test(word) &&
    /(?!\p{sc=Latin}|\p{sc=Han}|\p{sc=Hira}|\p{sc=Kana}|\p{sc=Hang}|\p{sc=Bopo})\p{L}/u.test(
      word.replaceAll(/[\p{sc=Common}\p{sc=Inherited}]/gu, ""),
    );
}

/** The public id that follows from a browser's secret; the secret does not follow from it. 22 letters, digits, `-` and `_`. */
export function userIdOf(secret: string): string {
  return createHash("sha256").update(`hubbub user ${secret}`).digest().subarray(0, 16).toString("base64url");
}

/** What somebody is called who has not chosen a name. */
export function guestName(id: string): string {
  let number = 0;
  for (const character of id) number = (31 * number + character.charCodeAt(0)) % 9_000;
  return `Guest ${1_000 + number}`;
}

/** Why a name can't be had. */
export interface NameRefusal {
  readonly code: "badName" | "nameTaken";
  readonly reason: string;
  /** The rule that it breaks, or the name that it is too close to. */
  readonly detail: string;
}

/**
 * Who is called what. A name belongs to the id that took it first; another that looks like it is refused (HOSTILE 21). An
 * id has one name: taking another frees the one before.
 */
export class Names {
  readonly #names = new Map<string, string>();
  readonly #owners = new Map<string, string>();

  constructor(claims: Iterable<{ readonly user: string; readonly name: string }>) {
    for (const { user, name } of claims) this.set(user, name);
  }

  /** What an id is called, if it has chosen a name. */
  of(user: string): string | undefined {
    return this.#names.get(user);
  }

  /** Gives an id a name, as clean as it is shown; or says why not, and then nothing changes. */
  claim(user: string, wish: string): Person | NameRefusal {
    const name = cleanName(wish);
    const rule = nameProblem(name);
    if (rule) return breaks(rule);
    const owner = [...looksOf(name)].map((look) => this.#owners.get(look)).find((owner) => owner && owner !== user);
    if (owner) {
      const taken = this.of(owner)!;
      const reason = taken === name
        ? `“${name}” is somebody else.`
        : `“${name}” is too close to “${taken}”, who is somebody else.`;
      return { code: "nameTaken", reason, detail: taken };
    }
    if (name.split(" ").some(mixesAlphabets)) return breaks("mixed");
    this.set(user, name);
    return { id: user, name };
  }

  /** An id has this name, whatever was thought before; undefined is none. */
  set(user: string, name: string | undefined): void {
    const before = this.#names.get(user);
    // Somebody else may have been given it since.
    for (const look of before === undefined ? [] : looksOf(before)) {
      if (this.#owners.get(look) === user) this.#owners.delete(look);
    }
    if (name === undefined) return void this.#names.delete(user);
    this.#names.set(user, name);
    for (const look of looksOf(name)) this.#owners.set(look, user);
  }
}

function breaks(rule: NameRule): NameRefusal {
  return { code: "badName", reason: NAME_REASONS[rule], detail: rule };
}
