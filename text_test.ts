import assert from "node:assert/strict";
import { cleanName, NAME_CHARACTERS_MAX, NAME_RULES, type NameRule } from "./protocol.ts";
import { cleanText, guestName, looksOf, nameProblem, Names, userIdOf } from "./text.ts";

Deno.test("HOSTILE 19: line ends, control, zero-width and bidi characters, heaps of marks are no part of a name", () => {
  const names: [string, NameRule, RegExp][] = [
    ["a\rb", "control", /single line/],
    ["a\nb", "control", /single line/],
    ["a\0b", "control", /single line/],
    ["a\u2028b", "control", /single line/],
    ["a\u200bb", "invisible", /can see/],
    ["a\u200db", "invisible", /can see/],
    ["a\u202eb", "invisible", /can see/],
    ["a\u2066b", "invisible", /can see/],
    ["\u3164", "invisible", /can see/],
    ["a\u2800", "invisible", /can see/],
    ["a" + "\u0301".repeat(100), "marks", /marks/],
    ["", "letter", /letter/],
    [" ", "letter", /letter/],
    ["...", "letter", /letter/],
    ["x".repeat(NAME_CHARACTERS_MAX + 1), "long", /at most 32/],
    ["Guest 12", "guest", /chosen/],
    ["gue\u0455t", "guest", /chosen/],
    ["Guest ٣٤", "guest", /chosen/],
    ["ᗅnn", "mixed", /alphabet/],
    ["Annа Lee", "mixed", /alphabet/],
  ];
  for (const [name, rule, reason] of names) {
    const refusal = new Names([]).claim("me", name);
    assert("code" in refusal && refusal.code === "badName", JSON.stringify(name));
    assert.equal(refusal.detail, rule, JSON.stringify(name));
    assert.match(refusal.reason, reason, JSON.stringify(name));
  }
  assert.deepEqual([...new Set(names.map(([, rule]) => rule))], [...NAME_RULES]);
});

Deno.test("Names in any script are good, accents, emoji and single spaces included", () => {
  for (
    const name of [
      "Ann",
      "José María",
      "Ünal",
      "小明",
      "さくら",
      "Владимир",
      "أحمد",
      "नीरज",
      "O’Neil",
      "🦊",
      "小明Ming",
      "Ann Иванова",
      "R2-D2",
      "guests",
    ]
  ) {
    assert.deepEqual(new Names([]).claim("me", name), { id: "me", name });
  }
  assert.equal(nameProblem("x".repeat(NAME_CHARACTERS_MAX)), undefined);
});

Deno.test("A name is shown normalized", () => {
  assert.equal(cleanName("  Ａｎｎ   Lee "), "Ann Lee");
  assert.equal(cleanName("Ann ❤️"), "Ann ❤");
});

Deno.test("HOSTILE 21: a name that looks like somebody's is refused, whatever the case, accents, script or spaces", () => {
  const close: [string, string][] = [
    ["Ann", "ann"],
    ["Ann", "ANN"],
    ["Ann", "Änn"],
    ["Ann", "Аnn"], // A Cyrillic А.
    ["Ann", "Α𝗻𝕟"],
    ["Ann", "Ａｎｎ"],
    ["Ann Lee", "annlee"],
    ["Ann Lee", "Ann_Lee."],
    ["Bill", "BilI"],
    ["Bill", "Bi11"],
    ["Bob", "B0b"],
    ["Harry", "Ηаrrу"], // A Greek capital Eta.
    ["Nan", "Νaη"], // A Greek capital Nu and a small eta.
    ["Ann", "ꓮꓠꓠ"], // Lisu.
    ["Toxic", "ⲧoⲬic"], // Coptic.
    ["Ann", "🅰nn"],
    ["Ann", "🇦🇳🇳"],
    ["Tom", "Torn"],
    ["Strauß", "STRAUSS"],
    ["Владимир", "владимир"],
    ["Михаил", "Миxaил"],
    ["Σωκράτης", "ΣΩΚΡΆΤΗΣ"],
  ];
  for (const [name, other] of close) {
    const names = new Names([{ user: "first", name }]);
    const refusal = names.claim("second", other);
    assert("code" in refusal && refusal.code === "nameTaken", `${name} ${other}`);
    assert.equal(refusal.detail, name);
    assert.match(refusal.reason, new RegExp(`(too close to “${name}”, who|“${name}”) is somebody else`));
    assert.equal(names.of("second"), undefined);
  }
});

Deno.test("Names that people can tell apart are different names", () => {
  const names = [
    "Ann",
    "Anna",
    "Bob",
    "Rob",
    "小明",
    "小红",
    "はは",
    "ばば",
    "राम",
    "रम",
    "Tom",
    "Tim",
    "Иван",
    "Ирина",
  ];
  const all = names.flatMap((name) => [...looksOf(name)]);
  assert.equal(new Set(all).size, all.length);
});

Deno.test("A name belongs to who took it first, who may write it in another way", () => {
  const names = new Names([]);
  assert.deepEqual(names.claim("first", "ann"), { id: "first", name: "ann" });
  assert.deepEqual(names.claim("second", "ann"), {
    code: "nameTaken",
    reason: "“ann” is somebody else.",
    detail: "ann",
  });
  assert("code" in names.claim("second", "Ann"));
  assert.deepEqual(names.claim("first", "Ann"), { id: "first", name: "Ann" });
  assert.equal(names.of("first"), "Ann");
});

Deno.test("Taking another name frees the one before", () => {
  const names = new Names([{ user: "first", name: "Ann" }]);
  names.claim("first", "Bea");
  assert.deepEqual(names.claim("second", "Ann"), { id: "second", name: "Ann" });
  assert("code" in names.claim("second", "Bea"));
  assert.equal(names.of("second"), "Ann");
});

Deno.test("HOSTILE 20: a text keeps its line ends and loses control characters and heaps of marks", () => {
  assert.equal(cleanText(" a\r\nb\rc\0\x1b[31m\x85\td "), "a\nb\nc[31m\td");
  assert.equal(cleanText("Z" + "\u0335".repeat(100) + "!"), "Z" + "\u0335".repeat(8) + "!");
  assert.equal(cleanText("👩🏽‍🔧 é ה\u202eabc"), "👩🏽‍🔧 é ה\u202eabc");
});

Deno.test("An id follows from the secret, always the same, and tells nothing of it", () => {
  const id = userIdOf("abcdefghijklmnopqrstuv");
  assert.equal(id, userIdOf("abcdefghijklmnopqrstuv"));
  assert.notEqual(id, userIdOf("abcdefghijklmnopqrstuw"));
  assert.match(id, /^[\w-]{22}$/);
  assert.match(guestName(id), /^Guest \d{4}$/);
});
