import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { NAME_CHARACTERS_MAX, type Person, type Said } from "../protocol.ts";
import type { RoomView } from "./chat.ts";
import {
  closedToken,
  edited,
  emojiNamed,
  mentionable,
  suggestEmoji,
  SUGGESTIONS_MAX,
  suggestPeople,
  taking,
  tokenAt,
} from "./completion.ts";
import { EMOJI } from "./emoji.ts";
import { readEmoji } from "./emoji_names.ts";
import { mentions } from "./markup.ts";

const emoji = readEmoji(EMOJI);

/** What is completed where `|` is, as it stands in the text. */
function token(textWithCaret: string): string | undefined {
  const [before, after] = textWithCaret.split("|");
  const found = tokenAt(before! + after, before!.length);
  return found && `${found.kind} ${(before! + after).slice(found.from, found.to)}`;
}

function people(...names: string[]): Person[] {
  return names.map((name) => ({ id: `id of ${name}`, name }));
}

function suggestedPeople(query: string, ...names: string[]): string[] {
  return suggestPeople(query, people(...names)).map((found) => found.kind === "person" ? found.person.name : "");
}

function suggestedEmoji(query: string): string[] {
  return suggestEmoji(query, emoji).map((found) => found.kind === "emoji" ? `${found.emoji} ${found.name}` : "");
}

test("A colon and two letters begin the name of an emoji", () => {
  assert.equal(token(":sm|"), "emoji :sm");
  assert.equal(token("Well done :tad| everyone"), "emoji :tad");
  assert.equal(token("太好了:tad|"), "emoji :tad");
  assert.equal(token("🎉:Tad|"), "emoji :Tad");
  assert.equal(token("(:+1|"), "emoji :+1");
  assert.equal(token("first\n:hea|"), "emoji :hea");
});

test("Times, smileys, addresses and code with colons complete nothing", () => {
  const texts = [
    "at 10:30|",
    "now :30|",
    ":|",
    ":s|",
    ":)|",
    ":-D|",
    ":D|",
    "http://ab|",
    "std::ve|",
    "note:th|",
    ": th|",
  ];
  for (const text of [...texts, ":smile:|", "a :sm ile|", "`:sm|", "`a b :sm|` c", "```\n:sm|\n```", "```\n:sm|"]) {
    assert.equal(token(text), undefined, text);
  }
  assert.equal(token("`code` :sm|"), "emoji :sm");
  assert.equal(token("```\ncode\n```\n:sm|"), "emoji :sm");
  assert.equal(token("it`s\n:sm|"), "emoji :sm");
});

test("An @ begins somebody's name, which goes on over single spaces, but not in an e-mail address", () => {
  assert.equal(token("@|"), "person @");
  assert.equal(token("Ask @An|"), "person @An");
  assert.equal(token("你好@安|"), "person @安");
  assert.equal(token("@Ana M|"), "person @Ana M");
  assert.equal(token("@Ana @Bo|"), "person @Bo");
  assert.equal(token("(@Bo|"), "person @Bo");
  for (const text of ["ana@ex|", "ana2@|", "é@ex|", "@ |", "@Ana |", "`@An|", "@Ana\nhello|", `@${"a".repeat(80)}|`]) {
    assert.equal(token(text), undefined, text);
  }
});

test("Names are offered behind the same signs behind which a mention is one", () => {
  for (
    const before of ["-", "...", "wait...", "（", "：", "①", "你", "a", "é", "7", "_", "a.", "a-", "a_", "ana@ex."]
  ) {
    const isOffered = token(`${before}@An|`) === "person @An";
    assert.equal(isOffered, mentions(`${before}@Ana`, "Ana"), before);
  }
  for (const before of ["-", "...", "wait..."]) assert.equal(token(`${before}@An|`), "person @An");
});

test("The wide signs of a Chinese keyboard complete as the narrow ones do", () => {
  assert.equal(token("＠An|"), "person ＠An");
  assert.equal(token("你好＠安|"), "person ＠安");
  assert.equal(token("：tad|"), "emoji ：tad");
  assert.equal(token("太好了！：tad|"), "emoji ：tad");
  for (const text of ["ana＠ex|", "10：30|", "注意：see|", "注意：：see|", "`：tad|"]) {
    assert.equal(token(text), undefined, text);
  }
});

test("The longest name can be completed to its last letter, also when its letters are long", () => {
  const name = "𠮷".repeat(NAME_CHARACTERS_MAX);
  assert.equal(token(`@${name}|`), `person @${name}`);
});

test("What is at the caret counts, not what is at the end", () => {
  assert.equal(token("|@Ana"), undefined);
  assert.equal(token("@A|na"), "person @A");
  assert.equal(token("x|\n:smile"), undefined);
});

test("A token always is a part of the text that ends at the caret", () => {
  const part = fc.constantFrom("@", ":", "＠", "：", "a", "Ana", " ", "\n", "`", "```", "安", "👩‍🔧", "+1", "\ud83d");
  fc.assert(fc.property(fc.array(part), fc.nat(), (parts, at) => {
    const text = parts.join("");
    const caret = at % (text.length + 1);
    const found = tokenAt(text, caret);
    if (!found) return;
    assert.equal(found.to, caret);
    const [sign, ...query] = text.slice(found.from, found.to);
    assert.ok((found.kind === "emoji" ? ":：" : "@＠").includes(sign!));
    assert.equal(query.join(""), found.query);
  }));
});

test("Emoji whose name begins so come first, the shortest of them at the top, then those with such a word", () => {
  assert.equal(suggestedEmoji("smi")[0], "😄 smile");
  assert.equal(suggestedEmoji("SMI")[0], "😄 smile");
  assert.equal(suggestedEmoji("heart")[0], "❤️ heart");
  assert.deepEqual(suggestedEmoji("+1"), ["👍 +1"]);
  const names = suggestedEmoji("eyes").map((found) => found.split(" ")[1]!);
  assert.equal(names[0], "eyes");
  assert(names.slice(1).every((name) => name.includes("_eyes")), names.join());
  assert.equal(suggestedEmoji("a").length, SUGGESTIONS_MAX);
});

test("What people mean by an emoji finds it, too, but two letters only find what begins with them", () => {
  assert(suggestedEmoji("happy").some((found) => found.startsWith("😄")));
  assert(suggestedEmoji("umb").includes("👍 thumbsup"));
  for (const smiley of ["pp", "dd", "xd", "zzzz"]) assert.deepEqual(suggestedEmoji(smiley), []);
});

test("An emoji is offered once, under the name that fits best", () => {
  assert(suggestedEmoji("thumbsu").includes("👍 thumbsup"));
  const found = suggestedEmoji("thum").map((found) => found.split(" ")[0]!);
  assert.equal(new Set(found).size, found.length);
});

test("People whose name begins so come first, then those with such a word, then the others, each in the order given", () => {
  assert.deepEqual(suggestedPeople("an", "Zoran", "Maria Ana", "Anton", "Bob", "Ana"), [
    "Anton",
    "Ana",
    "Maria Ana",
    "Zoran",
  ]);
  assert.deepEqual(suggestedPeople("", "Bob", "Ana"), ["Bob", "Ana"]);
  assert.deepEqual(suggestedPeople("娜", "安娜"), ["安娜"]);
  assert.deepEqual(suggestedPeople("jose", "José"), ["José"]);
  assert.deepEqual(suggestedPeople("ana m", "Ana", "Ana Maria", "Ana Lovelace"), ["Ana Maria"]);
  assert.deepEqual(suggestedPeople("Ana is", "Ana"), []);
  assert.equal(suggestedPeople("", ..."abcdefghijkl").length, SUGGESTIONS_MAX);
});

test("A name that is complete needs no suggestion, unless somebody else's goes on from it", () => {
  assert.deepEqual(suggestedPeople("Ana", "Ana", "Bob"), []);
  assert.deepEqual(suggestedPeople("ana", "Ana", "Bob"), ["Ana"]);
  assert.deepEqual(suggestedPeople("Ana", "Ana", "Ana Maria"), ["Ana", "Ana Maria"]);
});

test("Who spoke last can be mentioned first, then come the silent by their names, and never I", () => {
  const [me, ana, bob, cleo, dan, gone] = people("Me", "Ana", "Bob", "Cleo", "Dan", "Gone");
  const said = ({ id, name }: Person) => ({ kind: "said" as const, said: { user: id, name } as Said });
  const room = {
    people: [me!, dan!, cleo!, bob!, ana!],
    items: [said(bob!), said({ ...cleo!, name: "Cleo's old name" }), said(gone!), said(bob!), said(me!)],
    count: 5,
  } as unknown as RoomView;
  assert.deepEqual(mentionable(room, me!.id), [bob, cleo, ana, dan]);
  assert.deepEqual(mentionable({ ...room, count: 900 }, me!.id), [bob, gone, cleo, ana, dan]);
});

test("An emoji takes the place of what was written of its name, a person's name is followed by a space", () => {
  const take = (text: string, caret: number, suggestion: Parameters<typeof taking>[2]) =>
    edited(text, taking(text, tokenAt(text, caret)!, suggestion));
  const [ana] = people("Ana María");
  assert.deepEqual(take("Yes :smi!", 8, { kind: "emoji", emoji: "😄", name: "smile" }), { text: "Yes 😄!", caret: 6 });
  assert.deepEqual(take("@an", 3, { kind: "person", person: ana! }), { text: "@Ana María ", caret: 11 });
  assert.deepEqual(take("Ask @an now", 7, { kind: "person", person: ana! }), { text: "Ask @Ana María now", caret: 15 });
});

test("The last colon of a known name makes it the emoji, outside of code", () => {
  const closed = (text: string) => {
    const token = closedToken(text, text.length);
    const meant = token && emojiNamed(token.query, emoji);
    return meant ? edited(text, taking(text, token, meant)).text : text;
  };
  assert.equal(closed("Done :tada:"), "Done 🎉");
  assert.equal(closed("好的:100:"), "好的💯");
  assert.equal(closed(":TADA:"), "🎉");
  for (const text of ["好：tada：", "好:tada：", "好：tada:"]) assert.equal(closed(text), "好🎉");
  for (const text of [":nothing:", "10:30:", "`:tada:", "a::tada:", "a:tada:", "::", "10：30："]) {
    assert.equal(closed(text), text);
  }
});
