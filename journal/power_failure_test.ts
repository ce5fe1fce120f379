import assert from "node:assert/strict";
import type { DatabaseSync } from "node:sqlite";
import { withRandom } from "../testing/random.ts";
import { openDatabase } from "./database.ts";
import { type ActDraft, type Draft, JournalError } from "./journal.ts";
import { RESERVED_IDS, Store } from "./store.ts";

/** How often the power fails. */
const FAILURES = 60;

/** SQLite's number for `synchronous = FULL`. */
const FULL = 2;

let nonces = 0;

function drafts(count: number): Draft[] {
  return Array.from({ length: count }, () => {
    return { room: "lobby", user: "u-ann", name: "Ann", text: "some text", nonce: `n${nonces++}`, at: 1 };
  });
}

function lock(): ActDraft {
  return { deed: { type: "lock", room: "lobby" }, by: "u-ann", name: "Ann", at: 1 };
}

/** A journal on a disk that may lose what it was not told to keep. */
class Machine implements Disposable {
  readonly #directory = Deno.makeTempDirSync({ prefix: "journal-" });
  #path = `${this.#directory}/0.db`;
  #failures = 0;
  #db!: DatabaseSync;
  #onDisk = 0;
  store!: Store;

  constructor() {
    this.start();
  }

  [Symbol.dispose](): void {
    this.store.close();
    Deno.removeSync(this.#directory, { recursive: true });
  }

  /** So much of the write-ahead log is on the disk for certain, in bytes. */
  get onDisk(): number {
    return this.#onDisk;
  }

  /** How long the write-ahead log is, in bytes. */
  get written(): number {
    return Deno.statSync(this.store.log).size;
  }

  /** Opens the journal. */
  start(): void {
    const db = this.#db = openDatabase(this.#path);
    const exec = db.exec.bind(db);
    db.exec = (sql) => {
      exec(sql);
      if (sql === "COMMIT" && db.prepare("PRAGMA synchronous").get()!.synchronous === FULL) this.flush();
    };
    this.#onDisk = 0;
    this.store = new Store(db, this.#path);
  }

  /** What a Flusher does. */
  flush(): void {
    this.#onDisk = this.written;
  }

  /** Lets the database grow by so many pages and no more. */
  room(pages: number): void {
    const { page_count: now } = this.#db.prepare("PRAGMA page_count").get()!;
    this.#db.exec(`PRAGMA max_page_count = ${Number(now) + pages}`);
  }

  /** Goes on with what a disk may have after a power failure: of the log the first `kept` bytes. */
  fail(kept: number): void {
    const log = Deno.readFileSync(this.store.log).subarray(0, kept);
    const path = `${this.#directory}/${++this.#failures}.db`;
    Deno.copyFileSync(this.#path, path);
    Deno.writeFileSync(`${path}-wal`, log);
    this.store.close();
    this.#path = path;
    this.start();
  }

  /** Goes on after a regular end. */
  restart(): void {
    this.store.close();
    this.start();
  }
}

Deno.test(`In ${FAILURES} power failures no id is given twice, and who comes back with one that was lost gets all that is newer`, () =>
  withRandom((random) => {
    using machine = new Machine();
    const given = new Set<number>();
    const give = (id: number) => {
      assert(!given.has(id), `${id} is given twice`);
      given.add(id);
    };
    let { epoch } = machine.store;
    let lost = 0;
    for (let failure = 0; failure < FAILURES; failure++) {
      // Some live until they have to reserve more, with one batch or with many.
      const batches = random.below(12);
      const size = 1 + random.below(random.chance(0.2) ? RESERVED_IDS / 5 : 5);
      for (let batch = 0; batch < batches; batch++) {
        for (const { entry } of machine.store.append(drafts(size))) give(entry.id);
        if (random.chance(0.3)) give(machine.store.act(lock())!.id);
        if (random.chance(0.3)) machine.flush();
        if (random.chance(0.3)) machine.store.index(100);
      }
      const newest = Math.max(0, ...given);
      machine.fail(machine.onDisk + random.below(machine.written - machine.onDisk + 1));
      if (given.size > 0) assert.equal(machine.store.epoch, epoch, "ids of an epoch outlive its last moment");
      epoch = machine.store.epoch;
      assert(machine.store.last >= newest, "a resumption from any id that was given is one");

      if (machine.store.since(newest - 1, 1).entries[0]?.id !== newest) lost++;
      const [said] = machine.store.append(drafts(1));
      give(said!.entry.id);
      assert(said!.entry.id > newest);
      assert.deepEqual(machine.store.after("lobby", newest, 10).entries, [said!.entry]);
    }
    assert(lost > FAILURES / 10, `it was a test of something: ${lost}`);
    return Promise.resolve();
  }));

Deno.test("Ids go on without a gap after a regular end, and with one after any other", () => {
  using machine = new Machine();
  const next = () => machine.store.append(drafts(1))[0]!.entry.id;
  assert.deepEqual([next(), next()], [1, 2]);
  machine.restart();
  assert.equal(machine.store.last, 2);
  assert.equal(next(), 3);
  machine.fail(machine.written);
  const { last } = machine.store;
  assert(last >= 3 && last <= 4 + RESERVED_IDS);
  machine.restart();
  assert.equal(machine.store.last, last, "nothing was given meanwhile, and what may have been before is not forgotten");
  assert.equal(next(), last + 1);
});

Deno.test("A commit waits for the disk when it reserves ids, and no other does", () => {
  using machine = new Machine();
  const appended = (count: number) => {
    const before = machine.onDisk;
    machine.store.append(drafts(count));
    return machine.onDisk > before;
  };
  assert(appended(1), "the first since the opening");
  assert(!appended(1));
  assert(!appended(RESERVED_IDS - 1), "the last that was reserved");
  assert(appended(1));
  assert(!appended(1));
  assert(appended(2 * RESERVED_IDS), "more at once than are reserved");
  machine.store.claim({ user: "u-ann", name: "Ann" });
  machine.store.index(100);
  assert(machine.onDisk < machine.written);
  machine.restart();
  machine.store.act(lock());
  assert.equal(machine.onDisk, machine.written, "an act, too");
});

Deno.test("When the disk did not take what was committed the next commit waits until it does", () => {
  using machine = new Machine();
  machine.store.append(drafts(1));
  machine.store.append(drafts(1));
  assert(machine.onDisk < machine.written);
  machine.store.distrustDisk();
  machine.store.append(drafts(1));
  assert.equal(machine.onDisk, machine.written);
});

Deno.test("Without room to reserve ids none is given, and all goes on when there is", () => {
  using machine = new Machine();
  machine.store.append(drafts(1));
  machine.fail(machine.written);
  machine.room(0);
  const many = drafts(500);
  assert.throws(() => machine.store.append(many), (error) => {
    assert(error instanceof JournalError);
    assert.match(error.message, /the disk is full/);
    return true;
  });
  machine.room(1_000);
  const { last } = machine.store;
  assert.deepEqual(machine.store.append(many).map(({ entry }) => entry.id), many.map((_, i) => last + 1 + i));
});
