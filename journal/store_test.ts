import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { openDatabase } from "./database.ts";
import { type Draft, type Entry, JournalError } from "./journal.ts";
import { migrate, MIGRATIONS, versionOf } from "./schema.ts";
import type { LogRecord } from "./shared_log.ts";
import { JOURNAL_FILE } from "./sqlite.ts";
import { SQL, Store } from "./store.ts";

let nonces = 0;

function draft(text: string, draft: Partial<Draft> = {}): Draft {
  return { room: "lobby", user: "u-ann", name: "Ann", text, nonce: `n${nonces++}`, at: 1, ...draft };
}

function texts({ entries }: { readonly entries: readonly Entry[] }): string[] {
  return entries.map(({ text }) => text);
}

/** A directory that is removed in the end. */
function inDirectory(body: (directory: string) => void): void {
  const directory = Deno.makeTempDirSync({ prefix: "journal-" });
  try {
    body(directory);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function files(directory: string): string[] {
  return [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
}

/** Opening the file is refused for the reason, in one line with the path, and changes no byte of it. */
function assertRefused(path: string, reason: RegExp): void {
  const bytes = Deno.readFileSync(path);
  assert.throws(() => Store.open(path), (error) => {
    assert(error instanceof JournalError);
    assert(error.message.startsWith(`Cannot open the journal "${path}": `), error.message);
    assert(!error.message.includes("\n"));
    assert.match(error.message, reason);
    return true;
  });
  assert.deepEqual(Deno.readFileSync(path), bytes, "the file is as it was");
}

Deno.test("Store refuses a file that isn't a database", () => {
  inDirectory((directory) => {
    for (const text of ["short", "This is a text, longer than any header. ".repeat(200)]) {
      Deno.writeTextFileSync(`${directory}/a.db`, text);
      assertRefused(`${directory}/a.db`, /it is not a journal: move it away/);
    }
  });
});

Deno.test("Store refuses a file that was cut off or is damaged at its beginning", () => {
  inDirectory((directory) => {
    const path = `${directory}/a.db`;
    const store = Store.open(path);
    store.append(Array.from({ length: 100 }, (_, index) => draft(`some text ${index}`)));
    store.close();
    const whole = Deno.readFileSync(path);
    Deno.writeFileSync(path, whole.slice(0, -4096));
    assertRefused(path, /it is damaged: put a backup in its place/);
    Deno.writeFileSync(path, whole.fill(0xFF, 100, 4096));
    assertRefused(path, /it is damaged: put a backup in its place/);
  });
});

Deno.test("Store refuses another program's file, whatever its journal mode", () => {
  inDirectory((directory) => {
    for (const mode of ["DELETE", "WAL"]) {
      const path = `${directory}/${mode}.db`;
      const db = new DatabaseSync(path);
      db.exec(`PRAGMA journal_mode = ${mode}; CREATE TABLE theirs (a)`);
      db.close();
      assertRefused(path, /it belongs to another program/);
      assert.deepEqual(files(directory), [`${mode}.db`], "nothing is left beside it");
      Deno.removeSync(path);
    }
  });
});

Deno.test("Store refuses a newer version's file", () => {
  inDirectory((directory) => {
    const path = `${directory}/a.db`;
    const db = openDatabase(path);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    assertRefused(path, /it was written by a newer Hubbub/);
  });
});

Deno.test("Store refuses a newer version's file whose last writer was killed, and leaves what that one wrote", () => {
  inDirectory((directory) => {
    const db = openDatabase(`${directory}/a.db`);
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length + 1}`);
    Deno.mkdirSync(`${directory}/copy`);
    // A copy of the files in use is what a killed process leaves.
    for (const name of ["a.db", "a.db-wal"]) Deno.copyFileSync(`${directory}/${name}`, `${directory}/copy/${name}`);
    db.close();
    const log = Deno.readFileSync(`${directory}/copy/a.db-wal`);
    assert(log.length > 0);
    assertRefused(`${directory}/copy/a.db`, /it was written by a newer Hubbub/);
    assert.deepEqual(Deno.readFileSync(`${directory}/copy/a.db-wal`), log);
  });
});

Deno.test("Store opens what a killed process left, and leaves one file in the end", () => {
  inDirectory((directory) => {
    const first = Store.open(`${directory}/a.db`);
    first.append([draft("hello")]);
    Deno.mkdirSync(`${directory}/copy`);
    for (const name of ["a.db", "a.db-wal"]) Deno.copyFileSync(`${directory}/${name}`, `${directory}/copy/${name}`);
    first.close();
    const second = Store.open(`${directory}/copy/a.db`);
    assert.deepEqual(texts(second.after("lobby", 0, 10)), ["hello"]);
    assert.deepEqual(texts(second.search({ query: "hello", rooms: ["lobby"], before: 9, limit: 9 })), ["hello"]);
    second.close();
    assert.deepEqual(files(`${directory}/copy`), ["a.db"]);
  });
});

Deno.test("Store refuses a file that another Store has open, in this process or another, which can go on", async () => {
  const directory = await Deno.makeTempDir({ prefix: "journal-" });
  const path = `${directory}/${JOURNAL_FILE}`;
  const store = Store.open(path);
  try {
    store.append([draft("one")]);
    // Unlike the file itself the log can be used by other means.
    Deno.openSync(store.log, { read: true, write: true }).close();
    const refused = /another process has it open/;
    assert.throws(() => Store.open(path), refused);
    const writer = fileURLToPath(import.meta.resolve("./crash_writer.ts"));
    const args = ["run", "--no-check", "--no-prompt", "--allow-read", "--allow-write", writer, directory, "0"];
    for (let attempt = 0; attempt < 2; attempt++) {
      const { stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
      assert.match(new TextDecoder().decode(stderr), refused);
      assert.throws(() => Store.open(path), refused, "trying doesn't end the lock");
    }
    store.append([draft("two")]);
  } finally {
    store.close();
  }
  const again = Store.open(path);
  assert.deepEqual(texts(again.after("lobby", 0, 10)), ["one", "two"]);
  again.close();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("Store refuses a path that is a directory, or under a file", () => {
  inDirectory((directory) => {
    Deno.mkdirSync(`${directory}/a.db`);
    assert.throws(() => Store.open(`${directory}/a.db`), /a\.db": it is a folder: move it away$/);
    Deno.writeTextFileSync(`${directory}/file`, "");
    assert.throws(
      () => Store.open(`${directory}/file/a.db`),
      /^Error: Cannot keep anything in ".*file": it is a file: take the name of a folder$/,
    );
  });
});

Deno.test("What Store makes is for its owner alone, in a directory that is there, too", {
  ignore: Deno.build.os === "windows",
}, () => {
  inDirectory((directory) => {
    Deno.chmodSync(directory, 0o755);
    for (const [folder, mode] of [[directory, 0o755], [`${directory}/deep/data`, 0o700]] as const) {
      const store = Store.open(`${folder}/a.db`);
      store.append([draft("one")]);
      assert.equal(Deno.statSync(folder).mode! & 0o777, mode);
      for (const file of ["a.db", "a.db-wal"]) assert.equal(Deno.statSync(`${folder}/${file}`).mode! & 0o777, 0o600);
      store.close();
    }
  });
});

Deno.test("Store makes its file where a link leads, and loses no start to who makes it at the same time", {
  ignore: Deno.build.os === "windows",
}, () => {
  inDirectory((directory) => {
    // There is nothing when Store looks, and something when it makes it.
    Deno.symlinkSync(`${directory}/elsewhere.db`, `${directory}/a.db`);
    Store.open(`${directory}/a.db`).close();
    assert.deepEqual(files(directory), ["a.db", "elsewhere.db"]);
    assert(Deno.lstatSync(`${directory}/a.db`).isSymlink);
  });
});

Deno.test("Migrations are made once, in order, each as a whole or not at all", () => {
  const db = new DatabaseSync(":memory:");
  const first = "CREATE TABLE a (x); INSERT INTO a VALUES (1)";
  migrate(db, [first]);
  const steps = [first, "ALTER TABLE a ADD COLUMN y DEFAULT 2", "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)"];
  assert.throws(() => migrate(db, steps), /nowhere/);
  db.exec("ROLLBACK");
  assert.equal(versionOf(db), 2, "the second was made, the third was not");
  assert.deepEqual({ ...db.prepare("SELECT * FROM a").get() }, { x: 1, y: 2 });
  migrate(db, [...steps.slice(0, 2), "CREATE TABLE b (x)"]);
  assert.equal(versionOf(db), 3);
  db.close();
});

Deno.test("Store keeps nothing of a batch for which the disk has no room, reads on, and keeps it when there is", () => {
  inDirectory((directory) => {
    const path = `${directory}/a.db`;
    const db = openDatabase(path);
    const store = new Store(db, path);
    store.append([draft("before")]);
    assert.deepEqual(texts(store.search({ query: "before", rooms: ["lobby"], before: 99, limit: 9 })), ["before"]);
    const pages = Number(db.prepare("PRAGMA page_count").get()!.page_count);
    db.exec(`PRAGMA max_page_count = ${pages + 1}`);
    const batch = Array.from(
      { length: 50 },
      (_, index) => draft("word ".repeat(100), { room: "new", user: "u-new", name: `New ${index}` }),
    );
    for (let attempt = 0; attempt < 3; attempt++) {
      assert.throws(() => store.append(batch), (error) => {
        assert(error instanceof JournalError);
        assert.match(error.message, /^Cannot write to the journal ".*a\.db": the disk is full: make room on it$/);
        return true;
      });
    }
    assert.deepEqual(store.after("new", 0, 10).entries, []);
    assert.deepEqual(texts(store.after("lobby", 0, 10)), ["before"]);
    assert.deepEqual(texts(store.search({ query: "before", rooms: ["lobby"], before: 99, limit: 9 })), ["before"]);
    db.exec(`PRAGMA max_page_count = ${pages + 1_000}`);
    assert(store.append(batch).every(({ duplicate }) => !duplicate));
    assert.equal(store.search({ query: "word", rooms: ["new"], before: Infinity, limit: 99 }).entries.length, 50);
    store.close();
  });
});

Deno.test("Store finds what is in its index when a full disk lets it take in no more", () => {
  const db = openDatabase(":memory:");
  const store = new Store(db, ":memory:");
  store.append([draft("old word")]);
  store.index(10);
  const pages = () => Number(db.prepare("PRAGMA page_count").get()!.page_count);
  // All the room that there is goes to entries.
  db.exec(`PRAGMA max_page_count = ${pages() + 2}`);
  assert.throws(() => {
    for (;;) store.append([draft(`new word ${crypto.randomUUID()}`.repeat(9))]);
  }, /the disk is full/);
  const find = () => texts(store.search({ query: "old", rooms: ["lobby"], before: Infinity, limit: 99 }));
  assert.deepEqual(find(), ["old word"]);
  db.exec(`PRAGMA max_page_count = ${pages() + 1_000}`);
  assert(store.search({ query: "new", rooms: ["lobby"], before: Infinity, limit: 99 }).entries.length > 0);
  store.close();
});

Deno.test("No more of long texts waits for the index than a search can take in at once", () => {
  const store = Store.open(":memory:");
  for (let i = 0; i < 100; i++) store.append([draft(`${i} ${"long ".repeat(13_000)}`)]);
  let waiting = 1;
  while (store.index(1)) waiting++;
  assert(waiting * 65_000 <= 4 * 1024 * 1024, `${waiting} texts of 65,000 characters`);
  store.close();
});

Deno.test("Store's index catches up, a little at a time or with the next search, also after the file was closed", () => {
  inDirectory((directory) => {
    const first = Store.open(`${directory}/a.db`);
    assert.equal(first.index(10), false);
    first.append(["a word", "b word", "c word"].map((text) => draft(text)));
    assert.equal(first.index(2), true);
    first.close();
    const second = Store.open(`${directory}/a.db`);
    assert.equal(second.index(2), false);
    second.append([draft("d word")]);
    const found = second.search({ query: "word", rooms: ["lobby"], before: Infinity, limit: 9 });
    assert.deepEqual(texts(found), ["d word", "c word", "b word", "a word"]);
    second.close();
  });
});

Deno.test("Store deletes the oldest in chunks and says where they are missing, in their rooms alone", () => {
  inDirectory((directory) => {
    let store = Store.open(`${directory}/a.db`);
    const stored = store.append([
      ...["1", "2", "3"].map((text) => draft(`word ${text}`, { at: 10 })),
      draft("word 4", { at: 20, room: "den" }),
      draft("word 5", { at: 20 }),
      draft("word 6", { at: 10 }),
    ]);
    const id = (index: number) => stored[index]!.entry.id;
    store.index(5);
    assert.equal(store.prune(20, 2), true);
    assert.equal(store.prune(20, 2), false, "all that are left are young enough, or said after one that is");
    store.close();
    store = Store.open(`${directory}/a.db`);

    const oldest = store.before("lobby", Infinity, 10);
    assert.deepEqual([texts(oldest), oldest.more, oldest.gap], [["word 5", "word 6"], false, true]);
    assert.equal(store.before("lobby", Infinity, 1).gap, false, "the beginning isn't reached");
    assert.deepEqual(store.before("lobby", id(2), 10), { entries: [], more: false, gap: true });
    assert.equal(store.before("den", Infinity, 10).gap, false);
    assert.equal(store.after("lobby", id(1), 10).gap, true);
    assert.equal(store.after("lobby", id(2), 10).gap, false);
    assert.equal(store.after("den", 0, 10).gap, false);
    const search = (rooms: string[], limit: number) => {
      const page = store.search({ query: "word", rooms, before: Infinity, limit });
      return [texts(page), page.gap];
    };
    assert.deepEqual(search(["lobby"], 1), [["word 6"], false]);
    assert.deepEqual(search(["lobby"], 9), [["word 6", "word 5"], true]);
    assert.deepEqual(search(["den"], 9), [["word 4"], false]);

    assert.equal(store.prune(1_000, 10), false);
    assert.deepEqual(store.after("den", 0, 10), { entries: [], more: false, gap: true });
    store.close();
    store = Store.open(`${directory}/a.db`);
    assert.equal(store.last, id(5), "ids go on after everything was deleted");
    const [next] = store.append([draft("word 7")]);
    assert(next!.entry.id > id(5));
    assert.deepEqual(search(["lobby", "den"], 9), [["word 7"], true]);
    store.close();
  });
});

Deno.test("Store finds every page, duplicate and old entry by an index", () => {
  const db = openDatabase(":memory:");
  const plan = (sql: string) => db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => String(detail));
  const assertUses = (sql: string, step: RegExp) => assert(plan(sql).some((line) => step.test(line)), `${plan(sql)}`);
  for (const sql of [SQL.before, SQL.after]) {
    assertUses(sql, /^SEARCH messages USING INDEX messages_by_room \(room=\? AND rowid>\?( AND rowid<\?)?\)$/);
  }
  assertUses(SQL.byNonce, /^SEARCH messages USING INDEX messages_by_nonce \(user=\? AND nonce=\?\)$/);
  assertUses(SQL.notIndexed, /^SEARCH messages USING INTEGER PRIMARY KEY \(rowid>\?\)$/);
  for (const sql of Object.values(SQL)) {
    const slow = plan(sql).filter((line) => /^(SCAN (?!search VIRTUAL TABLE)|USE TEMP B-TREE)/.test(line));
    // The oldest come in the order of their ids, as far as the limit.
    assert.deepEqual(
      slow,
      sql === SQL.oldest || sql === SQL.firstSince ? ["SCAN messages"] : [],
      "nothing else is scanned, and nothing sorted",
    );
  }
  db.close();
});

Deno.test("What was dropped from a log is gone at once, and what comes after it comes to the same, in a copy that has deleted it and in one that has not yet", () => {
  const ban = { deed: { type: "ban", user: "u-eve", name: "Eve" }, by: "u-ada", name: "Ada", at: 1 } as const;
  const deletion = (message: number) => ({
    act: { ...ban, deed: { type: "delete", room: "lobby", message, author: "u-ann" } },
    nonce: `word ${message}`,
  } as const);
  const say = (n: number) => ({ say: draft(`word ${n}`, { nonce: `word ${n}` }) });
  const records: LogRecord[] = [say(1), { act: ban }, say(3), deletion(1), say(5), say(6), { drop: 5 }];
  // Said again, deleted when it is gone, and said again once more.
  const later: LogRecord[] = [say(3), deletion(5), deletion(3), say(5), say(6), deletion(6)];
  const view = (store: Store, deleted: boolean) => {
    const kept = store.apply(records.map((record, index) => ({ place: index + 1, record })));
    while (deleted && store.pruneDropped(2));
    const pages = () => [
      store.newest("lobby", 10),
      store.before("lobby", 6, 10),
      store.after("lobby", 0, 10),
      store.missed("lobby", 0, 10),
      store.since(0, 10),
      store.search({ query: "word", rooms: ["lobby"], before: Infinity, limit: 10 }),
      store.audit(Infinity, 10),
      store.known([3, 5, 6].map((n) => say(n).say)),
      [3, 5, 6].map((message) => store.deletable({ type: "delete", room: "lobby", message })),
    ];
    const before = pages();
    const place = records.length + 1;
    const more = later.map((record, index) => store.apply([{ place: place + index, record }]));
    return { kept, before, more, after: pages() };
  };
  const [first, second] = [false, true].map((deleted) => {
    const store = Store.open(":memory:", { epoch: "e", last: 0 });
    const seen = view(store, deleted);
    store.close();
    return seen;
  });
  assert.deepEqual(first, second);
  assert.deepEqual(first!.before[0], {
    entries: [{ id: 6, ...draft("word 6", { nonce: "word 6" }) }],
    more: false,
    gap: true,
  });
  assert.deepEqual(first!.more.map(([kept]) => kept?.id), [8, undefined, undefined, 11, undefined, 13]);
});

/** What a Store is held against: a list. */
class Model {
  entries: Entry[] = [];
  readonly deleted: Entry[] = [];
  readonly byNonce = new Map<string, Entry>();

  page(room: string, from: (entry: Entry) => boolean): Entry[] {
    return this.entries.filter((entry) => entry.room === room && from(entry));
  }
}

const ROOMS: readonly string[] = ["lobby", "den"];
const WORDS: readonly string[] = ["ape", "bee", "cat", "天", "气"];
const some = {
  room: fc.constantFrom(...ROOMS),
  user: fc.constantFrom("u1", "u2"),
  id: fc.integer({ min: -1, max: 60 }),
  limit: fc.integer({ min: 0, max: 5 }),
};
const said = fc.record({
  room: some.room,
  user: some.user,
  name: fc.constantFrom("Ann", "Bob Lee"),
  text: fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 4 }).map((words) => words.join(" ")),
  nonce: fc.integer({ min: 0, max: 25 }).map(String),
  at: fc.integer({ min: 0, max: 100 }),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("append" as const), drafts: fc.array(said, { maxLength: 6 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("before" as const, "after" as const), ...some }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("search" as const),
      rooms: fc.uniqueArray(some.room),
      words: fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 2 }),
      before: some.id,
      limit: some.limit,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("prune" as const),
      at: fc.integer({ min: 0, max: 60 }),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("index" as const), limit: fc.integer({ min: 1, max: 4 }) }),
  },
);

Deno.test("Store does what a list does in 500 random histories", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: "max" }), (steps) => {
      const store = Store.open(":memory:");
      const model = new Model();
      for (const step of steps) {
        switch (step.do) {
          case "append": {
            const stored = store.append(step.drafts);
            for (const [index, draft] of step.drafts.entries()) {
              const { entry, duplicate } = stored[index]!;
              const key = `${draft.user} ${draft.nonce}`;
              const earlier = model.byNonce.get(key);
              assert.equal(duplicate, earlier !== undefined);
              assert.deepEqual(entry, earlier ?? { ...draft, id: entry.id });
              if (earlier) continue;
              const newest = model.entries.at(-1) ?? model.deleted.at(-1);
              assert(entry.id > (newest?.id ?? 0));
              model.entries.push(entry);
              model.byNonce.set(key, entry);
            }
            break;
          }
          case "before": {
            const all = model.page(step.room, ({ id }) => id < step.id);
            assert.deepEqual(store.before(step.room, step.id, step.limit), {
              entries: step.limit === 0 ? [] : all.slice(-step.limit),
              more: all.length > step.limit,
              gap: all.length <= step.limit && model.deleted.some(({ room }) => room === step.room),
            });
            break;
          }
          case "after": {
            const all = model.page(step.room, ({ id }) => id > step.id);
            assert.deepEqual(store.after(step.room, step.id, step.limit), {
              entries: all.slice(0, step.limit),
              more: all.length > step.limit,
              gap: model.deleted.some(({ room, id }) => room === step.room && id > Math.max(0, step.id)),
            });
            break;
          }
          case "search": {
            const all = model.entries.filter(({ room, id, text }) =>
              step.rooms.includes(room) && id < step.before &&
              step.words.every((word) => text.split(" ").includes(word))
            ).reverse();
            const page = store.search({ ...step, query: step.words.join(" ") });
            assert.deepEqual(page.entries, all.slice(0, step.limit));
            assert.equal(page.more, all.length > step.limit);
            break;
          }
          case "prune": {
            const young = model.entries.findIndex(({ at }) => at >= step.at);
            const count = Math.min(young < 0 ? model.entries.length : young, step.limit);
            assert.equal(store.prune(step.at, step.limit), count === step.limit);
            const deleted = model.entries.splice(0, count);
            for (const { user, nonce } of deleted) model.byNonce.delete(`${user} ${nonce}`);
            model.deleted.push(...deleted);
            break;
          }
          case "index":
            store.index(step.limit);
        }
      }
      store.close();
    }),
    { numRuns: 500 },
  );
});

Deno.test("A file of the first version is brought up to date with all that is in it, also if nothing was ever said", () => {
  inDirectory((directory) => {
    for (const said of [0, 3]) {
      const path = `${directory}/${said}.db`;
      const old = new DatabaseSync(path);
      migrate(old, MIGRATIONS.slice(0, 1));
      old.exec("INSERT INTO rooms (room) VALUES ('lobby'); INSERT INTO users (user) VALUES ('u-ann')");
      old.exec("INSERT INTO names (name) VALUES ('Ann')");
      for (let i = 0; i < said; i++) {
        old.exec(
          `INSERT INTO messages (room, user, name, at, nonce, text) VALUES (1, 1, 1, 1, 'old${i}', 'text ${i}')`,
        );
      }
      old.close();
      const store = Store.open(path);
      assert.deepEqual([store.last, store.acts()], [said, []]);
      const act = store.act({ deed: { type: "lock", room: "lobby" }, by: "u-ada", name: "Ada", at: 2 });
      assert.equal(act!.id, said + 1);
      assert.equal(store.append([draft("new")])[0]!.entry.id, said + 2);
      assert.equal(store.before("lobby", Infinity, 10).entries.length, said + 1);
      store.close();
    }
  });
});

Deno.test("What was done holds in the next process; deletions go with what is as old as they are", () => {
  inDirectory((directory) => {
    const path = `${directory}/a.db`;
    const first = Store.open(path);
    const stored = first.append([draft("old", { at: 1 }), draft("older", { at: 1 }), draft("young", { at: 100 })]);
    const act = { by: "u-ada", name: "Ada", at: 50 };
    const lock = first.act({ deed: { type: "lock", room: "lobby" }, ...act });
    first.act({ deed: { type: "delete", room: "lobby", message: stored[0]!.entry.id }, ...act });
    first.append([draft("youngest", { at: 100 })]);
    first.close();
    const second = Store.open(path);
    assert.deepEqual(second.acts(), [lock]);
    assert.equal(second.audit(Infinity, 10).length, 2);
    while (second.prune(100, 10));
    assert.deepEqual(texts(second.before("lobby", Infinity, 10)), ["young", "youngest"]);
    assert.equal(second.audit(Infinity, 10).length, 2, "younger than what was deleted because of its age");
    while (second.prune(101, 10));
    assert.deepEqual(second.audit(Infinity, 10), [lock]);
    second.close();
  });
});
