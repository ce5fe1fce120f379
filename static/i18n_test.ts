import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import test from "node:test";
import { type HtmlElement, parseHtml } from "../testing/html.ts";
import { literalsOf } from "../testing/literals.ts";
import { type Language, languageOf, LANGUAGES, locale, speak, WORDS as CHAT_WORDS, words } from "./i18n.ts";
import { OPERATOR_WORDS } from "./operator_words.ts";

const languages = Object.keys(LANGUAGES) as Language[];
const WORDS = {
  en: { ...CHAT_WORDS.en, ...OPERATOR_WORDS.en },
  zh: { ...CHAT_WORDS.zh, ...OPERATOR_WORDS.zh },
};
type Words = typeof WORDS.en;
const { en, zh } = WORDS;
const keys = Object.keys(en) as (keyof Words)[];

const folder = new URL("./", import.meta.url);
const documents = ["index.html", "operator.html"].map((name) => readFileSync(new URL(name, folder), "utf8"));
/** The names of emoji are English, as they are everywhere else. */
const DATA = new Set(["i18n.ts", "operator_words.ts", "emoji.ts"]);
const sources = readdirSync(folder)
  .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts") && !DATA.has(name))
  .map((name) => ({ name, source: readFileSync(new URL(name, folder), "utf8") }));

/** What a sentence is when it is told 3, 5, 7 …; of one that depends on how many there are, what it is for one, too. */
function spoken(value: Words[keyof Words]): string[] {
  if (typeof value === "string") return [value];
  const say = value as (...told: unknown[]) => string;
  return [3, 1].map((first) => say(...Array.from({ length: say.length }, (_, index) => first + 2 * index)));
}

function placesIn(value: Words[keyof Words]): string[] {
  return typeof value === "string" ? [...value.matchAll(/\{\w+\}/g)].map(String).sort() : [];
}

test("Every language has every word, of the same kind, and none is empty", () => {
  for (const language of languages) {
    const table = WORDS[language];
    assert.deepEqual(Object.keys(table).sort(), [...keys].sort(), language);
    for (const key of keys) {
      assert.equal(typeof table[key], typeof en[key], `${language} ${key}`);
      assert.equal(table[key].length > 0, true, `${language} ${key} is empty, or tells nothing of what it is told`);
      if (typeof table[key] === "function") assert.equal(table[key].length, en[key].length, `${language} ${key}`);
      for (const text of spoken(table[key])) assert.notEqual(text.trim(), "", `${language} ${key}`);
      assert.deepEqual(placesIn(table[key]), placesIn(en[key]), `${language} ${key}`);
    }
  }
});

test("Every sentence tells all that it is told", () => {
  for (const language of languages) {
    for (const key of keys.filter((key) => typeof en[key] === "function")) {
      const [text] = spoken(WORDS[language][key]);
      for (let index = 0; index < en[key].length; index++) {
        assert.ok(text!.includes(String(3 + 2 * index)), `${language} ${key}: ${text}`);
      }
    }
  }
});

test("Every word is said somewhere", () => {
  const said = documents.join("") + sources.map(({ source }) => source).join("");
  const unsaid = keys.filter((key) => !new RegExp(`\\bwords\\.${key}\\b|data-\\w+="${key}"`).test(said));
  assert.deepEqual(unsaid, []);
});

/** Names, and what is typed as it stands. */
const LATIN_IN_CHINESE = /\b(Hubbub|JavaScript|WebSocket|Guest|https?|API)\b|from:|:tada:|\{\w+\}/g;

test("What is said in Chinese is Chinese, in full-width punctuation, and says 你", () => {
  for (const key of keys) {
    for (const text of spoken(zh[key])) {
      const bare = text.replaceAll(LATIN_IN_CHINESE, "");
      assert.doesNotMatch(bare, /[A-Za-z]{2}/, `${key}: ${text}`);
      assert.doesNotMatch(bare, /\p{sc=Han}[,.;:!?()]|[,.;:!?()]\p{sc=Han}/u, `${key}: ${text}`);
      assert.doesNotMatch(bare, /您/, `${key}: ${text}`);
      if (!/^sample/.test(key)) assert.match(bare, /\p{sc=Han}/u, `${key}: ${text}`);
    }
  }
});

const ATTRIBUTES = { "aria-label": "data-label", placeholder: "data-placeholder", title: "data-title" } as const;

/** Calls back for each element, but not for what is the same in every language. */
function walk(element: HtmlElement, visit: (element: HtmlElement) => void): void {
  if (element.tag === "head" || element.attributes.translate === "no") return;
  visit(element);
  for (const child of element.children) if (typeof child !== "string") walk(child, visit);
}

function hasLetters(text: string): boolean {
  return /\p{L}/u.test(text);
}

test("No word of the operator's page has another meaning in the chat", () => {
  assert.deepEqual(Object.keys(OPERATOR_WORDS.en).filter((key) => key in CHAT_WORDS.en), []);
});

test("Every word of a document is one that is known, and what stands there is English", () => {
  const check = ({ tag, attributes, children }: HtmlElement) => {
    for (const [attribute, named] of Object.entries(ATTRIBUTES)) {
      const { [attribute]: text, [named]: key } = attributes;
      assert.equal(text, en[key as keyof Words], `${attribute}="${text}" of a ${tag}`);
    }
    const key = attributes["data-words"];
    if (key === undefined) {
      for (const child of children) {
        assert.ok(typeof child !== "string" || !hasLetters(child), `data-words is missing for "${child}"`);
      }
      return;
    }
    const text = children.map((child) => typeof child === "string" ? child : `{${child.attributes["data-place"]}}`);
    assert.equal(text.join("").replaceAll(/\s+/g, " ").trim(), en[key as keyof Words], `data-words="${key}"`);
  };
  for (const html of documents) walk(parseHtml(html), check);
});

test("Whoever has no script is told so in every language", () => {
  for (const html of documents) {
    const [notice] = /<noscript[^]*<\/noscript>/.exec(html)!;
    assert.match(notice, /needs JavaScript/);
    assert.match(notice, /需要 JavaScript/);
  }
});

/** Names of elements, of keys of a keyboard and of things of the browser, and the name of this all. */
const NOT_WORDS =
  /^(strong|em|mention( me)?|noopener noreferrer nofollow|Enter|Shift|Alt|Esc|Escape|Tab|Home|End|Page(Up|Down)|Arrow\w+|Delete|Backspace|WebSocket|\{\}#\{\} · Hubbub|'Authorization: Bearer \{\}')$/;
/** Where literals are for the program or the browser: names of elements, classes, kinds and modules, selectors. */
const FOR_MACHINES = new RegExp(
  [
    String.raw`\belement\(\s*§\d+§,\s*(§\d+§)?`,
    String.raw`\b(button|row)\(\s*§\d+§`,
    String.raw`\bclassName\s*=[^;]*`,
    String.raw`\bclassList\.\w+\([^)]*\)`,
    String.raw`\b(querySelector(All)?|matches|closest|matchMedia)(<[^(]*>)?\(\s*§\d+§`,
    String.raw`\b(kind|type): §\d+§`,
    String.raw`\.scope = §\d+§`,
    String.raw`[=!]== §\d+§`,
    String.raw`§\d+§ in\b`,
    String.raw`\bfrom §\d+§`,
  ].join("|"),
  "g",
);
const SAYING = /\b(element|button|hint|notice|append|prepend|before|after|replaceChildren|createTextNode)\(/g;
const SHOWING = /\b(textContent|innerText|ariaLabel|ariaDescription|title|placeholder|alt)\s*=(?!=)[^;]*/g;
const SHOWN_ATTRIBUTES = /^(aria-(label|description|roledescription|valuetext)|title|placeholder|alt)$/;
const LIKE_A_SENTENCE = /\p{L}[\p{L}’']* +[^]*\p{L}|(^|\s)\p{Lu}\p{Ll}|(?![\0-\x7f])\p{L}/u;

/** What a program says by itself. */
function sayings(source: string): string[] {
  const { code: all, texts } = literalsOf(source);
  const code = all.replaceAll(FOR_MACHINES, (use) => use.replaceAll(/§\d+§/g, ""));
  const literalsIn = (part: string) => [...part.matchAll(/§(\d+)§/g)].map(([, index]) => texts[Number(index)]!);
  const attributes = argumentsOf(all, /\bsetAttribute\(/g).map(literalsIn)
    .filter(([name]) => SHOWN_ATTRIBUTES.test(name ?? "")).flatMap(([, ...values]) => values);
  const shown = [...argumentsOf(code, SAYING), ...[...code.matchAll(SHOWING)].map(String)].flatMap(literalsIn);
  const said = [...literalsIn(code).filter((text) => LIKE_A_SENTENCE.test(text)), ...shown, ...attributes];
  return said.filter((text) => hasLetters(text) && !NOT_WORDS.test(text));
}

/** What stands between the brackets of calls. */
function argumentsOf(code: string, call: RegExp): string[] {
  return [...code.matchAll(call)].map(({ index, 0: { length } }) => {
    const begin = index + length;
    let end = begin;
    for (let depth = 1; depth > 0 && end < code.length; end++) {
      if (code[end] === "(") depth++;
      if (code[end] === ")") depth--;
    }
    return code.slice(begin, end - 1);
  });
}

test("No module says anything but by the words of i18n.ts", () => {
  for (const { name, source } of sources) assert.deepEqual(sayings(source), [], name);
});

test("It is noticed when one does", () => {
  for (
    const source of [
      'hint("That is too long");',
      'hint("sent");',
      "return `You missed ${count} messages`; // Said to people.",
      'const STATE = "Connected";',
      'this.#more.textContent = found ? words.more : "more";',
      "link.ariaLabel = `leave ${name}`;",
      'node.setAttribute("aria-label", "rooms");',
      'element("span", "you", "you")',
      'button("quiet", "ok", () => {})',
      'list.append("nobody");',
      'const label = "发送";',
      'const quote = /"/; say("Not sent");',
    ]
  ) {
    assert.equal(sayings(source).length > 0, true, source);
  }
  for (
    const source of [
      'node.className = failed ? "mine failed" : "mine pending";',
      'element("span", "only-heard big", words.you)',
      'form.querySelector("#banner [role=status]")',
      'if (event.key !== "Enter") throw new Error(`${code}`);',
      "// It is not said.",
    ]
  ) {
    assert.deepEqual(sayings(source), [], source);
  }
});

test("Dates, numbers and alphabets are those of the language", () => {
  for (const { name, source } of sources) {
    assert.doesNotMatch(source, /toLocale\w+\(\)|localeCompare\([^,()]*\)|Intl\.\w+\((undefined|\))/, name);
  }
});

test("A reader gets the language that they have chosen, else the first that they read of those that there are", () => {
  for (
    const [preferred, chosen, expected] of [
      [["en-GB"], undefined, "en"],
      [["zh-CN"], undefined, "zh"],
      [["zh"], undefined, "zh"],
      [["zh-Hant-TW"], undefined, "zh"],
      [["ZH-hk"], undefined, "zh"],
      [["de-DE", "zh-CN", "en"], undefined, "zh"],
      [["de-DE", "en", "zh-CN"], undefined, "en"],
      [["de"], undefined, "en"],
      [["zhx", "eng"], undefined, "en"],
      [[], undefined, "en"],
      [["zh-CN"], "en", "en"],
      [["en-US"], "zh", "zh"],
      [["zh-CN"], "tlh", "zh"],
      [["zh-CN"], "toString", "zh"],
    ] as const
  ) {
    assert.equal(languageOf(preferred, chosen), expected, `${preferred} ${chosen}`);
  }
});

test("Dates are written as where the reader lives, if they read that language there", () => {
  for (
    const [language, preferred, expected] of [
      ["en", ["de-DE", "en-GB", "en-US"], "en-GB"],
      ["en", ["zh-CN"], "en"],
      ["zh", ["en-US", "zh-TW"], "zh-TW"],
      ["zh", ["en-US"], "zh-CN"],
      ["en", ["en-US@posix", "en-CA"], "en-CA"],
    ] as const
  ) {
    speak(language, preferred);
    assert.deepEqual([{ ...words }, locale()], [WORDS[language], expected]);
  }
  speak("en", []);
});
