import assert from "node:assert/strict";
import test from "node:test";
import { NAME_RULES, type Refusal, REFUSALS } from "../protocol.ts";
import { type Language, LANGUAGES, speak } from "./i18n.ts";
import { readFailure, sayFailure, sayRefusal } from "./refusal.ts";

const codes = Object.keys(REFUSALS) as Refusal["code"][];
const reason = "What the server says in English.";

/** What is said in each language. */
function inEach<T>(say: () => T): T[] {
  const said = (Object.keys(LANGUAGES) as Language[]).map((language) => {
    speak(language, []);
    return say();
  });
  speak("en", []);
  return said;
}

test("The page has a sentence of its own for every refusal, in every language", () => {
  const sentences = codes.filter((code) => code !== "badName").flatMap((code) =>
    inEach(() => sayRefusal({ code, reason, detail: "Ann" }))
  );
  const rules = NAME_RULES.flatMap((detail) => inEach(() => sayRefusal({ code: "badName", reason, detail })));
  const all = [...sentences, ...rules];
  assert.ok(!all.includes(reason));
  assert.equal(new Set(all).size, all.length);
});

test("What the page does not know is said as the server says it, or at least that it was refused", () => {
  const unknown = "tooEarly" as Refusal["code"];
  assert.equal(sayRefusal({ code: unknown, reason }), reason);
  assert.equal(sayRefusal({ code: "badName", reason }), reason);
  assert.equal(sayRefusal({ code: "badName", reason, detail: "toString" }), reason);
  assert.equal(sayRefusal({ code: "nameTaken", reason }), reason);
  assert.deepEqual(inEach(() => sayRefusal({ code: unknown, reason: "" })), [
    "The server refused it.",
    "服务器拒绝了这个请求。",
  ]);
});

test("A name that is taken is told from one that is too close to one", () => {
  const taken = { code: "nameTaken", reason, detail: "Ann" } as const;
  assert.equal(sayRefusal(taken, "Ann"), "“Ann” is somebody else.");
  assert.equal(sayRefusal(taken, "ann"), "That is too close to “Ann”, who is somebody else.");
  assert.equal(sayRefusal(taken), "That is too close to “Ann”, who is somebody else.");
});

test("Why a message failed is said in the language of the moment, also when it was read from the storage", () => {
  const said = (failed: unknown) => inEach(() => sayFailure(readFailure(JSON.parse(JSON.stringify(failed)))));
  assert.deepEqual(said({ code: "tooLong", bytes: 39, bytesMax: 20 }), [
    "This has 39 bytes; the server takes 20",
    "消息有 39 字节，服务器最多接收 20 字节",
  ]);
  assert.deepEqual(said({ code: "tooLong" }), ["This is too long for the server", "消息太长，服务器无法接收"]);
  assert.deepEqual(said({ code: "tooLong", bytes: "39" }), said({ code: "tooLong" }));
  assert.deepEqual(said({ code: "badText", reason }), inEach(() => sayRefusal({ code: "badText", reason })));
  for (const failed of ["It is longer than 20 bytes.", null, 1, {}, { code: "tooEarly", reason: 1 }]) {
    assert.deepEqual(said(failed), ["The server refused it.", "服务器拒绝了这个请求。"]);
  }
});

test("Who is muted or banned is told until when, if that has an end", () => {
  const end = String(new Date(2026, 2, 4, 12, 30).getTime());
  for (const code of ["muted", "banned"] as const) {
    assert.match(sayRefusal({ code, reason, detail: end }), /until .*12:30/);
    for (const detail of [undefined, "soon", "9e99"]) {
      assert.doesNotMatch(sayRefusal({ code, reason, detail }), /until/);
    }
  }
  const kept = readFailure(JSON.parse(JSON.stringify({ code: "muted", reason, detail: end })));
  assert.match(sayFailure(kept), /12:30/);
});
