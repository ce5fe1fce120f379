import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { inFolder, useJournal as use } from "../testing/folder.ts";
import { backup, restore } from "./backup.ts";
import { Holder } from "./hold.ts";
import { type Draft, type Entry, JournalError, type Kept } from "./journal.ts";
import { MIGRATIONS } from "./schema.ts";
import { JOURNAL_FILE } from "./sqlite.ts";
import { Store } from "./store.ts";

let nonces = 0;

function draft(text: string, draft: Partial<Draft> = {}): Draft {
  return { room: "lobby", user: "u-ann", name: "Ann", text, nonce: `n${nonces++}`, at: 1, ...draft };
}

function test(name: string, body: (folder: string) => Promise<void>): void {
  Deno.test(name, inFolder(body));
}

/** All that a journal has. */
function everything(store: Store): { claims: unknown; entries: readonly Kept[]; found: readonly Entry[] } {
  const { entries } = store.since(0, 1_000);
  const { entries: found } = store.search({ query: "some", rooms: ["lobby", "den"], before: Infinity, limit: 1_000 });
  return { claims: store.claims(), entries, found };
}

function fill(store: Store): void {
  store.append(Array.from({ length: 100 }, (_, i) => draft(`some text ${i}`, { room: i % 3 ? "lobby" : "den" })));
  store.claim({ user: "u-ann", name: "Ann" });
}

const files = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Every file of a folder and a hash of it, for comparing. */
function contents(folder: string): Map<string, string> {
  const paths = files(folder).filter((name) => Deno.statSync(`${folder}/${name}`).isFile);
  return new Map(paths.map((name) => [name, hash(Deno.readFileSync(`${folder}/${name}`))]));
}

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** A backup of the folder `from`, which nobody has open. */
const save = (from: string, file: string, report = (_done: number, _total: number) => {}) => backup(from, file, report);

const put = (folder: string, file: string, now?: Date) => restore(folder, file, () => {}, now);

/** That it is refused in one line that names the file, and changes no file of the folder. */
async function assertRefused(folder: string, attempt: () => Promise<unknown>, reason: RegExp): Promise<void> {
  const before = contents(folder);
  await assert.rejects(attempt, (error) => {
    assert(error instanceof JournalError, String(error));
    assert.match(error.message, /^Cannot [^\n]*$/);
    assert.match(error.message, reason);
    return true;
  });
  assert.deepEqual(contents(folder), before);
}

test("A backup is one file that anybody can open, and is what the journal is", async (folder) => {
  use(`${folder}/data`, fill);
  const reports: [number, number][] = [];
  const size = await save(`${folder}/data`, `${folder}/b.db`, (...report) => reports.push(report));
  assert.deepEqual(files(folder), ["b.db", "data"]);
  assert.deepEqual(files(`${folder}/data`), [JOURNAL_FILE]);
  assert.equal(Deno.statSync(`${folder}/b.db`).size, size);
  assert.deepEqual([reports[0], reports.at(-1)], [[0, size], [size, size]]);

  // Without a log or shared memory beside it, as SQLite's own program opens it in a folder that may only be read.
  const db = new DatabaseSync(`${folder}/b.db`, { readOnly: true });
  assert.equal(db.prepare("PRAGMA journal_mode").get()!.journal_mode, "delete");
  assert.equal(db.prepare("SELECT count(*) AS count FROM messages").get()!.count, 100);
  db.close();
  assert.deepEqual(files(folder), ["b.db", "data"]);
});

test("What a killed server left in its log is in the backup", async (folder) => {
  const store = Store.open(`${folder}/${JOURNAL_FILE}`);
  fill(store);
  Deno.mkdirSync(`${folder}/killed`);
  for (const suffix of ["", "-wal"]) {
    Deno.copyFileSync(`${folder}/${JOURNAL_FILE}${suffix}`, `${folder}/killed/${JOURNAL_FILE}${suffix}`);
  }
  store.close();
  await save(`${folder}/killed`, `${folder}/b.db`);
  await put(`${folder}/restored`, `${folder}/b.db`);
  assert.equal(use(`${folder}/restored`, everything).entries.length, 100);
});

test("A backup is readable for its owner alone", async (folder) => {
  if (Deno.build.os === "windows") return;
  use(`${folder}/data`, fill);
  await save(`${folder}/data`, `${folder}/b.db`);
  assert.equal(Deno.statSync(`${folder}/b.db`).mode! & 0o777, 0o600);
});

/** Somebody has the journal and grants holds, while the test does something with it. */
async function withHolder(folder: string, body: (store: Store, holder: Holder) => Promise<void>): Promise<void> {
  Deno.mkdirSync(folder);
  const path = `${folder}/${JOURNAL_FILE}`;
  const store = Store.open(path);
  const holder = new Holder(path, store);
  const looking = setInterval(() => holder.look(performance.now()), 5);
  try {
    await body(store, holder);
  } finally {
    clearInterval(looking);
    holder.end();
    store.close();
  }
}

test("A backup beside who has the journal is of one moment, however much is kept meanwhile", async (folder) => {
  await withHolder(`${folder}/data`, async (store) => {
    fill(store);
    let written = 0;
    await save(`${folder}/data`, `${folder}/b.db`, () => {
      // More than is usually left in the log.
      for (; written < 40e6; written += 1e6) store.append([draft("x".repeat(1e6))]);
    });
    assert(written > 0);
    assert.equal(store.since(100, 10).more || store.since(100, 10).entries.length > 0, true);
  });
  await put(`${folder}/restored`, `${folder}/b.db`);
  assert.equal(use(`${folder}/restored`, everything).entries.length, 100);
});

test("A second backup to the same file is refused, and the first is made", async (folder) => {
  await withHolder(`${folder}/data`, async (store) => {
    fill(store);
    let second: Promise<unknown> | undefined;
    const refused = /another backup or export does\. Wait for it, and try again$/;
    await save(`${folder}/data`, `${folder}/b.db`, () => {
      second ??= assert.rejects(save(`${folder}/data`, `${folder}/b.db`), refused);
    });
    await second;
  });
  assert.deepEqual(files(folder), ["b.db", "data"]);
});

test("A backup during which who has the journal could not wait is none", async (folder) => {
  await withHolder(`${folder}/data`, async (store, holder) => {
    fill(store);
    await assert.rejects(
      save(`${folder}/data`, `${folder}/b.db`, (done, total) => done === total && holder.end()),
      /^Error: Cannot read ".*hubbub\.db" to its end: the server has ended, or could not wait any longer\. Try again$/,
    );
  });
  assert.deepEqual(files(folder), ["data"]);
});

test("Restoring gives back everything, under another epoch, and keeps what was there", async (folder) => {
  const data = `${folder}/data`;
  const before = use(data, (store) => {
    fill(store);
    return { ...everything(store), epoch: store.epoch };
  });
  await save(data, `${folder}/b.db`);
  const backupBytes = Deno.readFileSync(`${folder}/b.db`);
  const later = use(data, (store) => {
    store.append([draft("later")]);
    store.claim({ user: "u-ann", name: "Anna" });
    return { ...everything(store), epoch: store.epoch };
  });

  const { kept } = await put(data, `${folder}/b.db`, new Date("2026-11-26T03:04:05.678Z"));
  assert.equal(kept, `${data}/hubbub.2026-11-26T03-04-05Z.db`);
  assert.deepEqual(files(data), ["hubbub.2026-11-26T03-04-05Z.db", "hubbub.db"]);
  const { epoch, ...restored } = use(data, (store) => ({ ...everything(store), epoch: store.epoch }));
  const { epoch: oldEpoch, ...saved } = before;
  assert.deepEqual(restored, saved);
  assert.notEqual(epoch, oldEpoch);
  assert.equal(hash(Deno.readFileSync(`${folder}/b.db`)), hash(backupBytes), "the backup is as it was");

  Deno.mkdirSync(`${folder}/kept`);
  Deno.renameSync(kept!, `${folder}/kept/${JOURNAL_FILE}`);
  assert.deepEqual(use(`${folder}/kept`, (store) => ({ ...everything(store), epoch: store.epoch })), later);
});

test("Restoring into a new folder makes it, and there is nothing to keep", async (folder) => {
  use(`${folder}/data`, fill);
  await save(`${folder}/data`, `${folder}/b.db`);
  assert.deepEqual(await put(`${folder}/other/data`, `${folder}/b.db`), { kept: undefined, isCopy: false });
  assert.deepEqual(files(`${folder}/other/data`), [JOURNAL_FILE]);
  assert.equal(use(`${folder}/other/data`, everything).entries.length, 100);
});

test("In the place of a node's copy of what NATS keeps nothing is restored; one elsewhere is of the same stream, and goes on", async (folder) => {
  const log = { epoch: "e1", last: 2 };
  Deno.mkdirSync(`${folder}/node`);
  const node = Store.open(`${folder}/node/${JOURNAL_FILE}`, log);
  node.apply([1, 2].map((place) => ({ place, record: { say: draft(`${place}`) } })));
  node.close();
  use(`${folder}/data`, fill);
  await save(`${folder}/data`, `${folder}/b.db`);
  await save(`${folder}/node`, `${folder}/n.db`);
  for (const file of ["b.db", "n.db"]) {
    const attempt = () => put(`${folder}/node`, `${folder}/${file}`);
    await assertRefused(
      `${folder}/node`,
      attempt,
      /is a copy of what NATS keeps.*: restore NATS, or use another folder$/,
    );
  }
  assert.deepEqual(await put(`${folder}/other`, `${folder}/n.db`), { kept: undefined, isCopy: true });
  assert.throws(() => use(`${folder}/other`, everything), /it is a copy of what NATS keeps: start with --nats/);
  const other = Store.open(`${folder}/other/${JOURNAL_FILE}`, log);
  assert.equal(other.last, 2);
  assert.equal(other.apply([{ place: 3, record: { say: draft("3") } }]).length, 1);
  other.close();
});

test("Restoring in the place of a damaged journal keeps that with its log, which is not taken for the restored one's", async (folder) => {
  use(`${folder}/data`, fill);
  await save(`${folder}/data`, `${folder}/b.db`);
  // A log without the first page, which would repair it.
  const path = `${folder}/data/${JOURNAL_FILE}`;
  const db = new DatabaseSync(path);
  db.exec("UPDATE messages SET text = replace(text, 'some', 'SOME')");
  const log = Deno.readFileSync(`${path}-wal`);
  db.close();
  const damaged = Deno.readFileSync(path).fill(0xFF, 0, 4096);
  Deno.writeFileSync(path, damaged);
  Deno.writeFileSync(`${path}-wal`, log);

  const { kept } = await put(`${folder}/data`, `${folder}/b.db`);
  assert.equal(hash(Deno.readFileSync(kept!)), hash(damaged));
  assert.equal(hash(Deno.readFileSync(`${kept}-wal`)), hash(log));
  assert(!files(`${folder}/data`).includes(`${JOURNAL_FILE}-wal`));
  const { entries } = use(`${folder}/data`, everything);
  assert(entries.length === 100 && entries.every((kept) => "text" in kept && kept.text.startsWith("some")));
});

test("Restoring takes a plain copy of the files of a server that was killed, too", async (folder) => {
  const store = Store.open(`${folder}/${JOURNAL_FILE}`);
  fill(store);
  for (const suffix of ["", "-wal"]) {
    Deno.copyFileSync(`${folder}/${JOURNAL_FILE}${suffix}`, `${folder}/copy.db${suffix}`);
  }
  store.close();
  const before = contents(folder);
  await put(`${folder}/data`, `${folder}/copy.db`);
  assert.equal(use(`${folder}/data`, everything).entries.length, 100);
  Deno.removeSync(`${folder}/data`, { recursive: true });
  assert.deepEqual(contents(folder), before);
});

test("Restoring is refused while a process has the journal, and when the backup is no good; nothing changes", async (folder) => {
  const data = `${folder}/data`;
  use(data, fill);
  await save(data, `${folder}/b.db`);
  const good = Deno.readFileSync(`${folder}/b.db`);
  const store = Store.open(`${data}/${JOURNAL_FILE}`);
  await assertRefused(
    data,
    () => put(data, `${folder}/b.db`),
    /Cannot replace the journal ".*": another process has it open: end that one$/,
  );
  store.append([draft("it goes on")]);
  store.close();

  const refuse = async (bytes: Uint8Array, reason: RegExp) => {
    Deno.writeFileSync(`${folder}/bad.db`, bytes);
    await assertRefused(data, () => put(data, `${folder}/bad.db`), reason);
    await assert.rejects(put(`${folder}/new/deep`, `${folder}/bad.db`), JournalError);
    assert.deepEqual(files(folder), ["b.db", "bad.db", "data"], "neither a folder nor a journal is left");
  };
  await refuse(new TextEncoder().encode("Dear diary, ".repeat(1_000)), /bad\.db": it is not a journal$/);
  await refuse(new Uint8Array(0), /it is not a journal$/);
  await refuse(good.slice(0, good.length / 2), /bad\.db": it is damaged$/);
  // A page in the middle, which opening it does not look at.
  await refuse(good.slice().fill(0xFF, good.length - 4096, good.length - 3000), /bad\.db": it is damaged$/);
  Deno.writeFileSync(`${folder}/bad.db`, good);
  const db = new DatabaseSync(`${folder}/bad.db`);
  db.exec("PRAGMA user_version = 99");
  db.close();
  await refuse(
    Deno.readFileSync(`${folder}/bad.db`),
    /bad\.db": it was written by a newer Hubbub \(format 99, this one knows \d+\): use that one$/,
  );
  await assertRefused(
    data,
    () => put(`${folder}/b.db`, `${folder}/b.db`),
    /in ".*\/b\.db": it is a file: take the name of a folder$/,
  );
  await assertRefused(data, () => put(data, `${folder}/none.db`), /there is no such file or folder$/);
  await assertRefused(data, () => put(data, `${data}/${JOURNAL_FILE}`), /it is the journal itself$/);
});

test("A backup is refused when there is no journal, it is damaged, or the file is there or can't be made; nothing is left", async (folder) => {
  const [data, out] = [`${folder}/data`, `${folder}/out`];
  Deno.mkdirSync(out);
  const refuse = (file: string, reason: RegExp) => assertRefused(out, () => save(data, `${out}/${file}`), reason);
  await refuse("b.db", /hubbub\.db": there is no such file\. Is --data right\?$/);
  use(data, fill);
  const journal = contents(data);
  Deno.writeTextFileSync(`${out}/there.db`, "precious");
  await refuse("there.db", /out\/there\.db": it is there already, and is not overwritten/);
  await refuse("none/b.db", /there is no such file or folder$/);
  await refuse("there.db/b.db", /what should be its folder is a file$/);
  assert.deepEqual(contents(data), journal);

  const good = Deno.readFileSync(`${data}/${JOURNAL_FILE}`);
  Deno.writeFileSync(`${data}/${JOURNAL_FILE}`, good.slice().fill(0xFF, good.length - 4096, good.length - 3000));
  await refuse("b.db", /back up the journal ".*hubbub\.db": it is damaged: put a backup in its place/);
});

test("A backup that an older Hubbub made is restored as it is, and a newer one brings it up to date", async (folder) => {
  const older = new DatabaseSync(`${folder}/b.db`);
  older.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1`);
  older.close();
  await put(`${folder}/data`, `${folder}/b.db`);
  const db = new DatabaseSync(`${folder}/data/${JOURNAL_FILE}`, { readOnly: true });
  assert.equal(db.prepare("PRAGMA user_version").get()!.user_version, 1);
  db.close();
  use(`${folder}/data`, (store) => store.append([draft("it works")]));
});
