import assert from "node:assert/strict";
import { type ActDraft, type Draft, type Entry, type Journal, JournalError, type Kept } from "./journal.ts";
import { openMemory } from "./memory.ts";
import { openRemote } from "./remote.ts";
import { JournalShare } from "./share.ts";
import { openSqlite } from "./sqlite.ts";
import { CapturedWorkers } from "../testing/captured_workers.ts";
import { MemoryLog } from "../testing/memory_log.ts";
import { openReplica } from "../testing/replicas.ts";

let nonces = 0;

function draft(text: string, draft: Partial<Draft> = {}): Draft {
  return { room: "lobby", user: "u-ann", name: "Ann", text, nonce: `n${nonces++}`, at: 1_700_000_000_000, ...draft };
}

function texts({ entries }: { readonly entries: readonly Entry[] }): string[] {
  return entries.map(({ text }) => text);
}

/** What every journal does; `test` opens one that is empty, and ends it. */
function contract(kind: string, use: (test: (journal: Journal) => Promise<void>) => Promise<void>): void {
  const test = (name: string, body: (journal: Journal) => Promise<void>) =>
    Deno.test(`A journal ${kind} ${name}`, () => use(body));

  test("gives ids that grow, in the order of the drafts, over all rooms", async (journal) => {
    assert.equal(journal.last, 0);
    const first = await journal.append([draft("a"), draft("b", { room: "den" })]);
    const second = await journal.append([draft("c")]);
    const ids = [...first, ...second].map(({ entry }) => entry.id);
    assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
    assert.equal(new Set(ids).size, 3);
    assert.deepEqual(texts(await journal.after("lobby", 0, 10)), ["a", "c"]);
  });

  test("gives back what it got", async (journal) => {
    const said = draft("Grüße 你好 🎉\nnext line", { name: "安妮", at: 1_722_222_222_222 });
    const [stored] = await journal.append([said]);
    assert.deepEqual(stored, { entry: { ...said, id: stored!.entry.id }, duplicate: false });
    assert.deepEqual((await journal.before("lobby", Infinity, 1)).entries, [stored!.entry]);
  });

  test("keeps the first of what the same user sends twice", async (journal) => {
    const [first] = await journal.append([draft("once", { nonce: "same" })]);
    const [again, other] = await journal.append([
      draft("again", { nonce: "same", name: "Anna", room: "den" }),
      draft("another's", { nonce: "same", user: "u-bob" }),
    ]);
    assert.deepEqual(again, { entry: first!.entry, duplicate: true });
    assert.equal(other!.duplicate, false);
    assert.deepEqual(texts(await journal.after("lobby", 0, 10)), ["once", "another's"]);
  });

  test("keeps the first of two in the same batch", async (journal) => {
    const stored = await journal.append([draft("x", { nonce: "b" }), draft("y"), draft("z", { nonce: "b" })]);
    assert.deepEqual(stored.map(({ duplicate }) => duplicate), [false, false, true]);
    assert.deepEqual(stored[2]!.entry, stored[0]!.entry);
    assert.deepEqual(texts(await journal.after("lobby", 0, 10)), ["x", "y"]);
  });

  test("tells of all that is new, in order, each once, before whoever asked for it is answered", async (journal) => {
    const told: Kept[] = [];
    journal.listen({ kept: (kept) => told.push(...kept), named() {}, failing() {} });
    const by = { by: "u-ann", name: "Ann", at: 1 };
    const counts = await Promise.all(
      [
        journal.append([draft("a", { nonce: "same" }), draft("b")]),
        journal.append([draft("again", { nonce: "same" })]),
        journal.act({ deed: { type: "lock", room: "den" }, ...by }),
        journal.act({ deed: { type: "delete", room: "lobby", message: 999 }, ...by }),
        journal.append([draft("c")]),
      ].map((answer: Promise<unknown>) => answer.then(() => told.length)),
    );
    for (const [index, least] of [2, 2, 3, 3, 4].entries()) assert(counts[index]! >= least, `${counts}`);
    assert.deepEqual(told, (await journal.since(0, 10)).entries);
  });

  test("can be found out to work without a change of what is kept", async (journal) => {
    await journal.append([draft("a")]);
    await journal.probe();
    assert.deepEqual(texts(await journal.before("lobby", Infinity, 10)), ["a"]);
    await journal.close();
    await assert.rejects(journal.probe(), JournalError);
  });

  test("takes an empty batch", async (journal) => {
    assert.deepEqual(await journal.append([]), []);
  });

  test("gives pages back to the beginning and on to the end", async (journal) => {
    const stored = await journal.append(["1", "2", "3", "4", "5"].map((text) => draft(text)));
    await journal.append([draft("elsewhere", { room: "den" })]);
    const id = (text: string) => stored.find(({ entry }) => entry.text === text)!.entry.id;

    const newest = await journal.before("lobby", Infinity, 2);
    assert.deepEqual([texts(newest), newest.more, newest.gap], [["4", "5"], true, false]);
    const oldest = await journal.before("lobby", id("4"), 3);
    assert.deepEqual([texts(oldest), oldest.more, oldest.gap], [["1", "2", "3"], false, false]);
    const since = await journal.after("lobby", id("1"), 3);
    assert.deepEqual([texts(since), since.more, since.gap], [["2", "3", "4"], true, false]);
    const rest = await journal.after("lobby", id("4"), 3);
    assert.deepEqual([texts(rest), rest.more, rest.gap], [["5"], false, false]);
  });

  test("answers whatever place it is asked for", async (journal) => {
    await journal.append([draft("a")]);
    const nothing = { entries: [], more: false, gap: false };
    for (const id of [-1, -Infinity, NaN, 0, 1e300]) {
      assert.equal((await journal.after("lobby", id, 5)).entries.length, id < 1 ? 1 : 0, `after ${id}`);
      assert.equal((await journal.before("lobby", id, 5)).entries.length, id > 1 ? 1 : 0, `before ${id}`);
    }
    assert.deepEqual(await journal.before("nowhere", Infinity, 5), nothing);
    assert.deepEqual(await journal.after("nowhere", 0, 5), nothing);
    assert.deepEqual(await journal.search({ query: "a", rooms: ["nowhere"], before: Infinity, limit: 5 }), nothing);
    assert.deepEqual(texts(await journal.before("lobby", Infinity, 0)), []);
  });

  test("keeps things in the order in which it is told to, and reads what was kept before", async (journal) => {
    const results = await Promise.all([
      journal.append([draft("first")]).then(() => journal.after("lobby", 0, 1)),
      journal.append([draft("second", { nonce: "f" })]),
      journal.append([draft("third"), draft("second", { nonce: "f" })]),
      journal.append([]),
    ]);
    assert.deepEqual(texts(results[0]), ["first"]);
    assert.deepEqual(results[2].map(({ duplicate }) => duplicate), [false, true]);
    assert.deepEqual(results[3], []);
    const found = await journal.search({ query: "third", rooms: ["lobby"], before: Infinity, limit: 10 });
    assert.deepEqual(texts(found), ["third"]);
    assert.deepEqual(texts(await journal.before("lobby", Infinity, 10)), ["first", "second", "third"]);
  });

  test("keeps all drafts of a call or none, and goes on", async (journal) => {
    const bad = draft("bad", { at: 0.5 });
    const results = await Promise.allSettled([
      journal.append([draft("before")]),
      journal.append([draft("with it", { room: "new", user: "new", name: "New" }), bad]),
      journal.append([draft("after", { room: "new", user: "new", name: "New" })]),
    ]);
    assert.deepEqual(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    assert((results[1] as PromiseRejectedResult).reason instanceof JournalError);
    assert.deepEqual(texts(await journal.after("lobby", 0, 10)), ["before"]);
    assert.deepEqual(texts(await journal.after("new", 0, 10)), ["after"]);
  });

  const deletion = (message: number, author?: string, room = "lobby"): ActDraft => {
    return { deed: { type: "delete", room, message, author }, by: "u-admin", name: "Admin", at: 2 };
  };

  test("what is done has an id in the one order, and is in what comes since", async (journal) => {
    const [before] = await journal.append([draft("before")]);
    const act = await journal.act({ deed: { type: "lock", room: "lobby" }, by: "u-admin", name: "Admin", at: 2 });
    const [after] = await journal.append([draft("after")]);
    assert(before!.entry.id < act!.id && act!.id < after!.entry.id);
    const { entries } = await journal.since(0, 10);
    assert.deepEqual(entries, [before!.entry, act, after!.entry]);
    const pages = [await journal.since(0, 2), await journal.since(act!.id, 2)];
    assert.deepEqual(pages.map(({ entries, more }) => [entries.length, more]), [[2, true], [1, false]]);
    assert.deepEqual(await journal.audit(Infinity, 10), [act]);
    assert.deepEqual(await journal.audit(act!.id, 10), []);
  });

  test("what is deleted is in no page, and not found; said again it is still known", async (journal) => {
    const [gone, stays] = await journal.append([draft("a word", { nonce: "gone" }), draft("another word")]);
    const act = await journal.act(deletion(gone!.entry.id));
    assert.deepEqual(act!.deed, { type: "delete", room: "lobby", message: gone!.entry.id, author: "u-ann" });
    const pages = await Promise.all([
      journal.before("lobby", Infinity, 10),
      journal.after("lobby", 0, 10),
      journal.search({ query: "word", rooms: ["lobby"], before: Infinity, limit: 10 }),
    ]);
    for (const { entries } of pages) assert.deepEqual(entries, [stays!.entry]);
    const [again] = await journal.append([draft("a word", { nonce: "gone" })]);
    assert.deepEqual([again!.duplicate, again!.entry.id, again!.entry.text], [true, gone!.entry.id, ""]);
  });

  test("what was deleted before the index had it is not found, either", async (journal) => {
    const said = await journal.append(Array.from({ length: 50 }, (_, index) => draft(`word ${index}`)));
    for (const { entry } of said.slice(1)) await journal.act(deletion(entry.id));
    const { entries } = await journal.search({ query: "word", rooms: ["lobby"], before: Infinity, limit: 10 });
    assert.deepEqual(entries, [said[0]!.entry]);
  });

  test("nothing is deleted that is not there, is gone, is of another room or of another author than named", async (journal) => {
    const [{ entry } = assert.fail()] = await journal.append([draft("mine")]);
    const refused = [deletion(entry.id + 1), deletion(entry.id, "u-bob"), deletion(entry.id, undefined, "den")];
    for (const each of refused) assert.equal(await journal.act(each), undefined);
    assert.equal((await journal.act(deletion(entry.id, "u-ann")))?.deed.type, "delete");
    assert.equal(await journal.act(deletion(entry.id)), undefined);
    assert.equal((await journal.audit(Infinity, 10)).length, 1);
  });

  test("whoever missed something is told what was said and what was deleted in their room, in order, page by page", async (journal) => {
    const said = await journal.append(["1", "2", "3"].map((text) => draft(text)));
    await journal.append([draft("elsewhere", { room: "den" })]);
    const gone = await journal.act(deletion(said[0]!.entry.id));
    await journal.act({ deed: { type: "lock", room: "lobby" }, by: "u-admin", name: "Admin", at: 2 });
    const [last] = await journal.append([draft("4")]);
    const all = [said[1]!.entry, said[2]!.entry, gone!, last!.entry];
    assert.deepEqual((await journal.missed("lobby", said[0]!.entry.id, 10)).entries, all);
    const pages: Kept[] = [];
    for (let more = true, after = said[0]!.entry.id; more;) {
      const page = await journal.missed("lobby", after, 1);
      pages.push(...page.entries);
      more = page.more;
      after = page.entries.at(-1)!.id;
    }
    assert.deepEqual(pages, all);
    assert.deepEqual((await journal.newest("lobby", 2)).entries, [said[2]!.entry, gone!, last!.entry]);
    assert.deepEqual((await journal.newest("den", 2)).entries.length, 1);
  });

  const search = async (journal: Journal, query: string, rooms = ["lobby", "den"], before = Infinity, limit = 10) =>
    texts(await journal.search({ query, rooms, before, limit }));

  test("finds words, beginnings, phrases and who said them, newest first", async (journal) => {
    await journal.append([
      draft("The quick brown fox"),
      draft("quick as a flash", { user: "u-bob", name: "Bob Stone" }),
      draft("it's in foo-bar, see https://example.org/Path", { room: "den" }),
    ]);
    for (
      const [query, found] of [
        ["quick", ["quick as a flash", "The quick brown fox"]],
        ["QUICK fox", ["The quick brown fox"]],
        ["qui* fl*", ["quick as a flash"]],
        ['"quick brown"', ["The quick brown fox"]],
        ['"brown quick"', []],
        ["from:bob", ["quick as a flash"]],
        ['from:"Bob Stone" quick', ["quick as a flash"]],
        ["from:ann quick", ["The quick brown fox"]],
        ["bob", []],
        ["it's", ["it's in foo-bar, see https://example.org/Path"]],
        ["foo-bar", ["it's in foo-bar, see https://example.org/Path"]],
        ["https://example.org/path", ["it's in foo-bar, see https://example.org/Path"]],
        ["uick", []],
        ["...", []],
        ["", []],
      ] as const
    ) assert.deepEqual(await search(journal, query), found, query);
  });

  test("finds every language, with or without its accents", async (journal) => {
    const said = [
      "今天天气很好",
      "検索エンジンです",
      "한국어로 말해요",
      "ภาษาไทยง่าย",
      "Café in Đà Nẵng",
      "Party 🎉🎉 ❤️",
    ];
    await journal.append(said.map((text) => draft(text)));
    for (
      const [query, found] of [
        ["天气", 0],
        ["气", 0],
        ["气天", undefined],
        ["エンジン", 1],
        ["索エ", 1],
        ["ー", undefined],
        ["국어", 2],
        ["ไทย", 3],
        ["cafe", 4],
        ["CAFÉ", 4],
        ["nang", 4],
        ["🎉", 5],
        ["🎉 ❤", 5],
        ["🎈", undefined],
        ["天气 from:ann", 0],
      ] as const
    ) assert.deepEqual(await search(journal, query), found === undefined ? [] : [said[found]], query);
  });

  test("searches only the rooms that it is told to, and in pages", async (journal) => {
    const stored = await journal.append(
      Array.from({ length: 6 }, (_, index) => draft(`word ${index}`, { room: index % 2 ? "den" : "lobby" })),
    );
    assert.deepEqual(await search(journal, "word", ["den"]), ["word 5", "word 3", "word 1"]);
    assert.deepEqual(await search(journal, "r1", ["den"]), [], "rooms are not part of the text");
    assert.deepEqual(await search(journal, "word", []), []);
    const page = await journal.search({ query: "word", rooms: ["den", "lobby"], before: Infinity, limit: 4 });
    assert.deepEqual([texts(page), page.more], [["word 5", "word 4", "word 3", "word 2"], true]);
    const rest = await journal.search({
      query: "word",
      rooms: ["den", "lobby"],
      before: stored[2]!.entry.id,
      limit: 4,
    });
    assert.deepEqual([texts(rest), rest.more], [["word 1", "word 0"], false]);
  });

  test("refuses what is asked after its end, and ends once", async (journal) => {
    const appended = journal.append([draft("a")]);
    const closed = journal.close();
    await assert.rejects(journal.append([draft("b")]), JournalError);
    assert.equal((await appended).length, 1, "what was asked before is carried out");
    await closed;
    await journal.close();
    await assert.rejects(journal.before("lobby", 9, 9), JournalError);
  });
}

contract("in memory", async (test) => {
  const journal = openMemory();
  await test(journal);
  await journal.close();
});

contract("in a file", async (test) => {
  await inDirectory(async (directory) => {
    const journal = await openSqlite({ directory });
    await test(journal);
    await journal.close();
  });
});

contract("that nodes share", async (test) => {
  const replica = await openReplica(new MemoryLog().connect());
  replica.listen({ kept() {}, named() {}, failing() {} });
  await test(replica);
  await replica.close();
});

contract("that threads share", async (test) => {
  const journal = openMemory();
  const share = new JournalShare(journal, 2);
  const [one, other] = await Promise.all(share.lines.map(openRemote));
  for (const each of [one!, other!]) each.listen({ kept() {}, named() {}, failing() {} });
  await test(one!);
  await Promise.all([one!.close(), other!.close()]);
  share.close();
  await journal.close();
});

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir({ prefix: "journal-" });
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

Deno.test("A journal in memory is a new one each time", async () => {
  const [one, two] = [openMemory(), openMemory()];
  assert.notEqual(one.epoch, two.epoch);
  await one.close();
  await two.close();
});

Deno.test("A journal in a file is the same when it is opened again", async () => {
  await inDirectory(async (directory) => {
    const first = await openSqlite({ directory: `${directory}/made/for/it` });
    const [stored] = await first.append([draft("hello")]);
    first.claim({ user: "u-ann", name: "Annie" });
    first.claim({ user: "u-bob", name: "Bob" });
    first.claim({ user: "u-ann", name: "Ann" });
    await first.close();

    const second = await openSqlite({ directory: `${directory}/made/for/it` });
    assert.equal(second.epoch, first.epoch);
    assert.equal(second.last, stored!.entry.id);
    assert.deepEqual(second.claims, [{ user: "u-ann", name: "Ann" }, { user: "u-bob", name: "Bob" }]);
    assert.deepEqual((await second.after("lobby", 0, 10)).entries, [stored!.entry]);
    assert((await second.append([draft("more")]))[0]!.entry.id > second.last);
    await second.close();
    const files = [...Deno.readDirSync(`${directory}/made/for/it`)].map(({ name }) => name);
    assert.deepEqual(files, ["hubbub.db"], "nothing is left beside the file");
  });
});

Deno.test("A journal in a file deletes what is too old while it is used", async () => {
  await inDirectory(async (directory) => {
    const first = await openSqlite({ directory });
    await first.append(Array.from({ length: 1_200 }, (_, index) => draft(`old ${index}`)));
    await first.append([draft("young", { at: Date.now() })]);
    await first.close();

    const second = await openSqlite({ directory, keepMs: 3_600_000 });
    let page;
    do page = await second.before("lobby", Infinity, 2); while (page.more);
    assert.deepEqual([texts(page), page.gap], [["young"], true]);
    await second.close();
  });
});

Deno.test("A journal whose file can't be used isn't opened, and says why", async () => {
  await inDirectory(async (directory) => {
    await Deno.writeTextFile(`${directory}/hubbub.db`, "not a database, but long enough to be one".repeat(100));
    await assert.rejects(openSqlite({ directory }), (error) => {
      assert(error instanceof JournalError);
      assert.match(error.message, /^Cannot open the journal ".*\/hubbub\.db": it is not a journal: /);
      return true;
    });
  });
});

Deno.test("A journal whose worker died refuses all calls", async () => {
  await inDirectory(async (directory) => {
    using workers = new CapturedWorkers();
    const journal = await openSqlite({ directory });
    workers.all[0]!.postMessage("what the worker can't understand");
    const pending = [journal.append([draft("a")]), journal.before("lobby", 1, 1)];
    for (const call of pending) await assert.rejects(call, /has stopped working/);
    await assert.rejects(journal.append([draft("b")]), JournalError);
    await assert.rejects(journal.close(), JournalError);
  });
});
