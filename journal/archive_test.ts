import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { inFolder, useJournal as use } from "../testing/folder.ts";
import { exportArchive, importArchive, type Imported, type Source } from "./archive.ts";
import { type Deed, type Draft, type Entry, isAct, JournalError } from "./journal.ts";
import { JOURNAL_FILE } from "./sqlite.ts";
import { Store } from "./store.ts";

let nonces = 0;

function draft(text: string, draft: Partial<Draft> = {}): Draft {
  return { room: "lobby", user: "u-ann", name: "Ann", text, nonce: `n${nonces++}`, at: 1, ...draft };
}

function test(name: string, body: (folder: string) => Promise<void>): void {
  Deno.test(name, inFolder(body));
}

/** The journal in a folder, as text; by small writes, as a pipe may take them. */
async function exported(folder: string, room?: string): Promise<string> {
  const written: Uint8Array[] = [];
  const output = {
    write: (bytes: Uint8Array) => {
      written.push(bytes.slice(0, 1_000));
      return Promise.resolve(written.at(-1)!.length);
    },
  };
  const lines = await exportArchive(folder, { room, output, report: () => {} });
  const text = await new Blob(written as BlobPart[]).text();
  assert.equal(text.split("\n").length, lines + 3);
  return text;
}

/** Takes a text in as an archive. */
async function imported(folder: string, text: string | Uint8Array<ArrayBuffer>): Promise<Imported> {
  return await importArchive(folder, sourceOf(text), { report: () => {}, indexing: () => {} });
}

function sourceOf(text: string | Uint8Array<ArrayBuffer>): Source {
  const reader = new Blob([text]).stream().getReader({ mode: "byob" });
  const read = async (buffer: Uint8Array) => {
    const { value } = await reader.read(new Uint8Array(buffer.length));
    if (value) buffer.set(value);
    return value?.length || null;
  };
  return { name: "it", size: text.length, read };
}

const ROOMS = ["lobby", "den", "attic"];

/** All that a client can find out about a journal, but for the epoch. */
function everything(store: Store) {
  return {
    claims: store.claims(),
    acts: store.acts(),
    audit: store.audit(Infinity, 10_000),
    since: store.since(0, 10_000),
    rooms: ROOMS.map((room) => [store.before(room, Infinity, 10_000), store.after(room, 0, 10_000)]),
    found: store.search({ query: "a", rooms: ROOMS, before: Infinity, limit: 10_000 }),
    last: store.last,
  };
}

/** Everything that was said. */
const said = (store: Store) => store.since(0, 1_000).entries.filter((kept): kept is Entry => !isAct(kept));

const texts = (entries: readonly Entry[]) => entries.map(({ text }) => text);

Deno.test("What is exported and imported into an empty journal is the same, in 100 random histories", async () => {
  const strings = fc.string({ unit: "grapheme", maxLength: 20 });
  const someone = fc.integer({ min: 1, max: 5 });
  const history = fc.array(
    fc.oneof(
      fc.record({
        room: fc.constantFrom(...ROOMS),
        user: someone.map((number) => `u${number}`),
        name: fc.constantFrom("Ann", "安妮", "O'Neil \"\\", "🎉"),
        text: strings,
        nonce: fc.integer({ min: 1, max: 60 }).map((number) => `n${number}`),
        at: fc.integer({ min: -1e6, max: 2e12 }),
      }),
      fc.record({ user: someone.map((number) => `u${number}`), name: fc.constantFrom("Ann", "Bob", "Eve") }),
      fc.record({ deleting: fc.integer({ min: 1, max: 30 }), room: fc.constantFrom(...ROOMS) }),
      fc.record({
        deed: fc.oneof(
          fc.record({ type: fc.constant("mute"), user: fc.constant("u1"), name: fc.constant("Ann") }),
          fc.record({ type: fc.constant("ban"), user: fc.constant("u2"), name: fc.constant("安"), until: someone }),
          fc.record({ type: fc.constant("slow"), room: fc.constantFrom(...ROOMS), seconds: someone }),
          fc.record({ type: fc.constant("link"), room: fc.constant("den"), digest: fc.constant("d1") }),
          // Each with everything that it may have.
          fc.constantFrom<Deed>(
            { type: "ban", user: "u2", name: "Bob", network: "2001:db8:0:1::/64", until: 9 },
            { type: "mute", user: "u1", name: "Ann", until: 9 },
            { type: "link", room: "den", digest: "d2", until: 9 },
            { type: "token", name: "CI", room: "den", digest: "d3" },
            { type: "hook", url: "https://a.example/in?key=1", room: "den", secret: "whsec_AA==", token: 7 },
          ),
        ) as fc.Arbitrary<Deed>,
      }),
      fc.record({ beforeMs: fc.integer({ min: -1e6, max: 2e12 }), limit: fc.integer({ min: 1, max: 5 }) }),
    ),
    { maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(history, (steps) =>
      inFolder(async (folder) => {
        const before = use(`${folder}/a`, (store) => {
          for (const step of steps) {
            if ("text" in step) store.append([step]);
            else if ("deed" in step) store.act({ deed: step.deed, by: "u9", name: "Root", at: 5 });
            else if ("deleting" in step) {
              const { deleting: message, room } = step;
              store.act({ deed: { type: "delete", room, message }, by: "u9", name: "Root", at: 6 });
            } else if ("beforeMs" in step) store.prune(step.beforeMs, step.limit);
            else store.claim(step);
          }
          return everything(store);
        });
        const archive = await exported(`${folder}/a`);
        await imported(`${folder}/b`, archive);
        assert.equal(await exported(`${folder}/b`), archive);
        // The ids of what was deleted at the end can be given again: the epoch is another.
        assert.deepEqual({ ...use(`${folder}/b`, everything), last: 0 }, { ...before, last: 0 });
      })()),
    { numRuns: 100 },
  );
});

test("An archive of one room has what was said there, and the names of those who spoke", async (folder) => {
  use(folder, (store) => {
    store.append([
      draft("here", { room: "den" }),
      draft("elsewhere", { user: "u-bob" }),
      draft("again", { room: "den", user: "u-eve" }),
    ]);
    for (const [user, name] of [["u-ann", "Ann"], ["u-bob", "Bob"]] as const) store.claim({ user, name });
  });
  const lines = (await exported(folder, "den")).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines[0], { hubbub: 1, room: "den" });
  assert.deepEqual(lines[1], { type: "claim", user: "u-ann", name: "Ann" });
  assert.deepEqual(lines.slice(2, -1).map(({ type, id, text }) => [type, id, text]), [
    ["entry", 1, "here"],
    ["entry", 3, "again"],
  ]);
  assert.deepEqual(lines.at(-1), { type: "end", lines: 3 });
  await assert.rejects(
    exported(folder, "none"),
    /^Error: Cannot export to the standard output: nothing was ever said in a room "none"$/,
  );
});

test("Importing twice adds nothing the second time", async (folder) => {
  use(`${folder}/a`, (store) => {
    store.append([draft("one"), draft("two")]);
    store.claim({ user: "u-ann", name: "Ann" });
  });
  const archive = await exported(`${folder}/a`);
  const first = await imported(`${folder}/b`, archive);
  assert.deepEqual(first, { added: { names: 1, messages: 2 }, known: {}, left: {} });
  const again = await imported(`${folder}/b`, archive);
  assert.deepEqual(again, { added: {}, known: { names: 1, messages: 2 }, left: {} });
  assert.equal(await exported(`${folder}/b`), archive);
});

test("What is imported into a journal that has something gets new ids, in order, and is found", async (folder) => {
  use(`${folder}/a`, (store) => {
    store.append([draft("one"), draft("two", { room: "den" }), draft("both", { nonce: "same" })]);
  });
  use(`${folder}/b`, (store) => {
    store.append([draft("zero"), draft("both", { nonce: "same" }), draft("deleted")]);
    store.prune(2, 3);
    store.append([draft("three")]);
  });
  await imported(`${folder}/b`, await exported(`${folder}/a`));
  const db = new DatabaseSync(`${folder}/b/${JOURNAL_FILE}`);
  const searchable = "SELECT id FROM search_docsize ORDER BY id";
  assert.deepEqual(
    db.prepare(searchable).all().map(({ id }) => id),
    [4, 5, 6, 7],
    "no search has to wait for its index",
  );
  db.close();
  use(`${folder}/b`, (store) => {
    assert.deepEqual(said(store).map(({ id, text }) => [id, text]), [[4, "three"], [5, "one"], [6, "two"], [
      7,
      "both",
    ]]);
    assert.deepEqual(texts(store.search({ query: "two", rooms: ROOMS, before: Infinity, limit: 9 }).entries), ["two"]);
    assert.equal(store.append([draft("next")])[0]!.entry.id, 8);
  });
});

test("What was deleted stays so where there is something already; what else was done is for its own server", async (folder) => {
  use(`${folder}/a`, (store) => {
    store.append([draft("secret", { nonce: "s" }), draft("one")]);
    store.act({ deed: { type: "delete", room: "lobby", message: 1 }, by: "u9", name: "Root", at: 1 });
    store.act({ deed: { type: "lock", room: "lobby" }, by: "u9", name: "Root", at: 1 });
  });
  assert(!(await exported(`${folder}/a`)).includes("secret"));
  use(`${folder}/b`, (store) => store.append([draft("zero")]));
  const { added, left } = await imported(`${folder}/b`, await exported(`${folder}/a`));
  assert.deepEqual([added, left], [{ messages: 2 }, { acts: 2 }]);
  use(`${folder}/b`, (store) => {
    assert.deepEqual(texts(said(store)), ["zero", "one"]);
    assert.deepEqual(store.audit(Infinity, 9), []);
    assert.equal(store.append([draft("secret", { nonce: "s" })])[0]!.duplicate, true);
    assert.deepEqual(texts(said(store)), ["zero", "one"]);
  });
});

test("What a node has can be imported into a journal of its own, and nothing into a node's", async (folder) => {
  Deno.mkdirSync(`${folder}/node`);
  const useNode = <T>(body: (store: Store) => T): T => {
    const store = Store.open(`${folder}/node/${JOURNAL_FILE}`, { epoch: "e", last: 3 });
    const result = body(store);
    store.close();
    return result;
  };
  const records = [{ say: draft("hello") }, { claim: { user: "u-ann", name: "Ann" } }, { say: draft("a") }];
  useNode((node) => node.apply(records.map((record, index) => ({ place: index + 1, record }))));
  const kept = useNode(everything);
  const archive = await exported(`${folder}/node`);
  await imported(`${folder}/other`, archive);
  assert.deepEqual(use(`${folder}/other`, everything), kept);
  await assert.rejects(imported(`${folder}/node`, archive), ({ message }: Error) => {
    assert.match(message, /^Cannot import into ".*hubbub\.db": it is a copy of what NATS keeps.*: use another folder$/);
    return true;
  });
  assert.deepEqual(useNode(everything), kept, "it is as it was");
});

test("A name that is somebody else's in the journal, or looks like it, stays theirs", async (folder) => {
  use(`${folder}/a`, (store) => {
    for (const [user, name] of [["u1", "Аnn"], ["u2", "Bob"], ["u3", "Eve"]] as const) store.claim({ user, name });
  });
  use(`${folder}/b`, (store) => {
    for (const [user, name] of [["u9", "Ann"], ["u2", "Robert"]] as const) store.claim({ user, name });
  });
  const { added, known, left } = await imported(`${folder}/b`, await exported(`${folder}/a`));
  assert.deepEqual([added, known, left], [{ names: 1 }, { names: 1 }, { names: 1 }]);
  assert.deepEqual(use(`${folder}/b`, (store) => store.claims()), [
    { user: "u2", name: "Robert" },
    { user: "u3", name: "Eve" },
    { user: "u9", name: "Ann" },
  ]);
});

test("Long texts, which end in the middle of what is read at once, come back as they were", async (folder) => {
  const long = Array.from({ length: 40 }, (_, i) => draft("é🎉".repeat(1 + i * 700)));
  use(`${folder}/a`, (store) => store.append(long));
  const archive = await exported(`${folder}/a`);
  assert(archive.length > 1e6);
  await imported(`${folder}/b`, archive);
  assert.equal(await exported(`${folder}/b`), archive);
});

test("A line that is wrong is named with what is wrong, and nothing is imported", async (folder) => {
  const entry = { type: "entry", id: 7, room: "lobby", user: "u", name: "Ann", at: 1, nonce: "n", text: "hi" };
  const first = '{"hubbub":1}';
  const end = (lines: number) => JSON.stringify({ type: "end", lines });
  const good = JSON.stringify(entry);
  const bad = (change: object) => JSON.stringify({ ...entry, id: 8, nonce: "m", ...change });
  const act = (change: object) => {
    return JSON.stringify({
      type: "act",
      id: 9,
      by: "u",
      name: "Ann",
      at: 1,
      deed: { type: "lock", room: "den" },
      ...change,
    });
  };
  const files: [string[], RegExp][] = [
    [[], /line 1 is missing, for the last is \{"type":"end"…\}/],
    [["hello"], /line 1 is not a JSON object/],
    [[good], /line 1 is not the first of an archive/],
    [['{"hubbub":2}', end(0)], /line 1 says that a newer Hubbub wrote it \(format 2\)/],
    [[first, good], /line 3 is missing/],
    [[first, good, end(2)], /line 3 says that there are 2 lines before it/],
    [[first, good, end(1), good], /line 4 comes after the end/],
    [[first, good, ""], /line 3 is not a JSON object/],
    [[first, good, "[1]"], /line 3 is not a JSON object/],
    [[first, good, "null"], /line 3 is not a JSON object/],
    [[first, good, bad({ type: "ban" })], /line 3 is of a type that is unknown here: "ban"/],
    [[first, good, bad({ type: "toString" })], /line 3 is of a type that is unknown here: "toString"/],
    [[first, good, bad({ type: undefined })], /line 3 is of a type that is unknown here: undefined/],
    [[first, good, bad({ id: 7 })], /line 3 has an id that is not above that of the one before it/],
    [[first, good, act({ id: 7 })], /line 3 has an id that something else has already/],
    [[first, act({}), act({})], /line 3 has an id that is not above that of the one before it/],
    [[first, act({ deed: "lock" })], /line 2 has no good "deed": it must be one of delete, mute, /],
    [[first, act({ deed: { type: "rename" } })], /line 2 has no good "deed"/],
    [[first, act({ deed: { type: "lock" } })], /line 2 has no good "deed"/],
    [[first, act({ deed: { type: "lock", room: "den", key: 1 } })], /line 2 has no good "deed"/],
    [[first, good, bad({ deleted: "yes" })], /line 3 has no good "deleted"/],
    [[first, good, bad({ id: 0 })], /line 3 has no good "id": it must be a whole number from 1/],
    [[first, good, bad({ id: "8" })], /line 3 has no good "id"/],
    [[first, good, bad({ id: 2 ** 53 })], /line 3 has no good "id"/],
    [[first, good, bad({ room: "Lobby" })], /line 3 has no good "room"/],
    [[first, good, bad({ user: "" })], /line 3 has no good "user"/],
    [[first, good, bad({ name: "x".repeat(257) })], /line 3 has no good "name"/],
    [[first, good, bad({ at: 1.5 })], /line 3 has no good "at"/],
    [[first, good, bad({ text: undefined })], /line 3 has no good "text"/],
    [[first, good, bad({ text: "\ud800" })], /line 3 has no good "text": it must be a well-formed string/],
    [[first, good, bad({ colour: "red" })], /line 3 has something that is unknown here for the type "entry": "colour"/],
  ];
  for (const [lines, reason] of files) {
    await assert.rejects(imported(`${folder}/a`, lines.map((line) => `${line}\n`).join("")), (error) => {
      assert(error instanceof JournalError, String(error));
      assert.match(error.message, /^Cannot import it: [^\n]*\. Nothing was imported$/);
      assert.match(error.message, reason);
      return true;
    });
    await assert.rejects(
      imported(`${folder}/a/deep/one`, "\n"),
      /line 1 is not a JSON object: it is no archive of hubbub export/,
    );
    assert.deepEqual([...Deno.readDirSync(folder)], [], "neither a folder nor a journal is left");
  }
  const notUtf8 = new Uint8Array([...new TextEncoder().encode(`${first}\n`), 0x22, 0xFF, 0x22]);
  await assert.rejects(imported(`${folder}/a`, notUtf8), /line 2 is not a JSON object/);
  // Without the last newline, and with those of Windows.
  await imported(`${folder}/a`, [first, good, end(1)].join("\r\n"));
  assert.deepEqual(use(`${folder}/a`, (store) => store.since(0, 9).entries.map(({ id }) => id)), [7]);
});

test("An archive is not written over a file, and not left when it fails; importing is refused while a process has the journal", async (folder) => {
  const report = () => {};
  const options = { output: Deno.stdout, report };
  use(`${folder}/data`, (store) => store.append([draft("one")]));
  const data = `${folder}/data`;
  const [there, file] = [`${folder}/there.jsonl`, `${folder}/new.jsonl`];
  await Deno.writeTextFile(there, "precious");
  await assert.rejects(exportArchive(data, { ...options, file: there }), /it is there already, and is not overwritten/);
  assert.equal(await Deno.readTextFile(there), "precious");
  await assert.rejects(exportArchive(data, { ...options, file, room: "none" }), /nothing was ever said in a room/);
  await exportArchive(data, { ...options, file });
  assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), ["data", "new.jsonl", "there.jsonl"]);

  const store = Store.open(`${data}/${JOURNAL_FILE}`);
  try {
    await assert.rejects(
      importArchive(data, sourceOf(await Deno.readTextFile(file)), { report, indexing: report }),
      /another process has it open: end that one/,
    );
    assert.deepEqual(texts(said(store)), ["one"]);
  } finally {
    store.close();
  }
});
