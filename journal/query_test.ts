import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { indexed, QUERY_LENGTH_MAX, TERMS_MAX, toMatch } from "./query.ts";
import { MIGRATIONS } from "./schema.ts";

/** What a query asks for, without the room that it is asked in. */
function asked(query: string): string | undefined {
  return toMatch(query, [1])?.replace(' AND room : ("r1")', "");
}

Deno.test("All words of a query have to be there", () => {
  assert.equal(asked(" two  words "), 'text : "two" AND text : "words"');
});

Deno.test("A star asks for every word that begins so", () => {
  assert.equal(asked("pre* fix"), 'text : "pre*"* AND text : "fix"');
  assert.equal(asked('"two wor"*'), 'text : "two wor"*');
});

Deno.test("Quotes of any kind hold a phrase together, closed or not", () => {
  for (const query of ['"a phrase"', "“a phrase”", "„a phrase“", "＂a phrase＂", '"a phrase']) {
    assert.equal(asked(query), 'text : "a phrase"', query);
  }
  assert.equal(asked('before"a phrase"after'), 'text : "before" AND text : "a phrase" AND text : "after"');
});

Deno.test("from: asks for who said it", () => {
  assert.equal(asked("from:ann hello"), 'author : "ann" AND text : "hello"');
  assert.equal(asked('FROM:"Two Words"'), 'author : "Two Words"');
  assert.equal(asked("from:an*"), 'author : "an*"*');
  assert.equal(asked("from：小明"), 'author : " 小  明 "', "as a Chinese keyboard writes the colon");
});

Deno.test("from: without a name, and elsewhere than in front, is a word", () => {
  assert.equal(asked("from: ann"), 'text : "from:" AND text : "ann"');
  assert.equal(asked("from:"), 'text : "from:"');
  assert.equal(asked("a:from"), 'text : "a:from"');
});

Deno.test("A query without anything to look for, or no room to look in, asks for nothing", () => {
  for (const query of ["", "  ", "*", '"', '""', "...", "-- !?", 'from:""', "\0", "\uFE0F", "。、「」"]) {
    assert.equal(asked(query), undefined, JSON.stringify(query));
  }
  assert.equal(toMatch("word", []), undefined);
});

Deno.test("All rooms are looked in", () => {
  assert.equal(toMatch("word", [3, 7]), 'text : "word" AND room : ("r3" OR "r7")');
});

Deno.test("Each character of a script without spaces is a word of its own", () => {
  assert.equal(indexed("搜索chat"), " 搜  索 chat");
  assert.equal(indexed("すーぱー"), " す  ー  ぱ  ー ", "with the mark that makes it long");
  assert.equal(indexed("한국어"), " 한  국  어 ");
  assert.equal(indexed("ไทย กั"), " ไ  ท  ย   ก  ั ", "and with its marks");
});

Deno.test("Full-width and half-width letters are the usual ones", () => {
  assert.equal(indexed("Ｈｉ ｶﾞ"), "Hi  ガ ");
});

Deno.test("An emoji is a word, whatever its look and colour", () => {
  assert.equal(indexed("hi🎉"), "hi emoji1f389 ");
  assert.equal(indexed("❤️"), indexed("❤"));
  assert.match(indexed("👍🏽"), /^ emoji1f44d /);
  assert.equal(indexed("1️⃣"), "1\u20E3");
});

Deno.test("Only so much of a query is looked at", () => {
  assert.equal(asked("a ".repeat(QUERY_LENGTH_MAX))?.match(/"a"/g)?.length, TERMS_MAX);
  assert.equal(asked(" ".repeat(QUERY_LENGTH_MAX) + "a"), undefined);
});

Deno.test("The beginning of a word is more than one Latin letter", () => {
  for (const query of ["a*", '"a"*', "from:A*"]) assert.doesNotMatch(asked(query)!, /"\*/, query);
  for (const query of ["ab*", '"ab"*', "from:Ab*", "я*", "中*"]) assert.match(asked(query)!, /"\*/, query);
});

const typed = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.array(
    fc.constantFrom(..."\"*:()-+^{}'~,. \0ab中ไ🎉", "from:", " AND ", " OR ", " NOT ", "NEAR(", "text:", "“", "\uD800"),
    { maxLength: 30 },
  ).map((parts) => parts.join("")),
);

Deno.test("Whatever a person types is a query that the index understands", () => {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  db.prepare("INSERT INTO search (rowid, text, author, room) VALUES (1, ?, 'ann', 'r1')").run(indexed("a b 中文"));
  const find = db.prepare("SELECT rowid FROM search WHERE search MATCH ?");
  fc.assert(
    fc.property(typed, (query) => {
      const match = toMatch(query, [1, 2]);
      if (match !== undefined) find.all(match);
    }),
    { numRuns: 5_000 },
  );
  find.all(toMatch("word ".repeat(QUERY_LENGTH_MAX), Array.from({ length: 5_000 }, (_, room) => room))!);
  db.close();
});

Deno.test("Any part of a text without spaces is found by the index", () => {
  const db = new DatabaseSync(":memory:");
  for (const sql of MIGRATIONS) db.exec(sql);
  const add = db.prepare("INSERT INTO search (rowid, text, author, room) VALUES (1, ?, 'ann', 'r1')");
  const find = db.prepare("SELECT rowid FROM search WHERE search MATCH ?");
  const remove = db.prepare("DELETE FROM search WHERE rowid = 1");
  const character = fc.constantFrom(..."今天天气很好ひらカター한국ไทยกัวนລາວខ្មែမြန");
  fc.assert(
    fc.property(fc.array(character, { minLength: 1, maxLength: 12 }), fc.nat(), fc.nat(), (text, from, length) => {
      const start = from % text.length;
      const part = text.slice(start, start + 1 + length % text.length).join("");
      add.run(indexed(text.join("")));
      assert.equal(find.all(toMatch(part, [1])!).length, 1, `${part} in ${text.join("")}`);
      remove.run();
    }),
    { numRuns: 300 },
  );
  db.close();
});
