import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { CHECKPOINT_PAGES, openDatabase } from "./database.ts";
import { journalError } from "./errors.ts";
import {
  type Act,
  type ActDraft,
  type Claim,
  type Deed,
  type Draft,
  type Entry,
  isEntry,
  JournalError,
  type Kept,
  newOf,
  type Page,
  type Search,
  type Stored,
} from "./journal.ts";
import { indexed, roomWord, toMatch } from "./query.ts";
import type { LogState, Placed } from "./shared_log.ts";

/** Every entry, as SQL: the rest of the statement says which of them. */
const ENTRIES = `
  SELECT messages.id, rooms.room, users.user, names.name, messages.text, messages.nonce, messages.at
  FROM messages JOIN rooms ON rooms.id = messages.room JOIN users ON users.id = messages.user
  JOIN names ON names.id = messages.name`;

/** Every act, likewise. */
const ACTS = "SELECT id, user, name, at, deed FROM acts";

/** The statements of a Store, which show what it asks of the indexes. */
export const SQL = {
  before:
    `${ENTRIES} WHERE messages.room = ? AND messages.id < ? AND messages.id > ? AND deleted IS NULL ORDER BY messages.id DESC LIMIT ?`,
  after: `${ENTRIES} WHERE messages.room = ? AND messages.id > ? AND deleted IS NULL ORDER BY messages.id LIMIT ?`,
  since: `${ENTRIES} WHERE messages.id > ? AND deleted IS NULL ORDER BY messages.id LIMIT ?`,
  byNonce: `${ENTRIES} WHERE messages.user = ? AND messages.nonce = ?`,
  search: `${ENTRIES} WHERE messages.id IN (
    SELECT rowid FROM search WHERE search MATCH ? AND rowid < ? AND rowid > ? ORDER BY rowid DESC LIMIT ?
  ) ORDER BY messages.id DESC`,
  deletions: "SELECT id, user, name, at, deed FROM acts WHERE room = ? AND id > ? ORDER BY id LIMIT ?",
  newestDeletions: "SELECT id, user, name, at, deed FROM acts WHERE room = ? AND id > ? ORDER BY id DESC LIMIT ?",
  notIndexed: `SELECT messages.id, messages.room, names.name, messages.text FROM messages
    JOIN names ON names.id = messages.name WHERE messages.id > ? AND deleted IS NULL ORDER BY messages.id LIMIT ?`,
  oldest: "SELECT id, room, at FROM messages ORDER BY id LIMIT ?",
  firstSince: "SELECT id FROM messages WHERE at >= ? ORDER BY id LIMIT 1",
} as const;

/** How many entries may wait for the index: what a search has to do first takes less than half a second then. */
const NOT_INDEXED_MAX = 30_000;

/** The same for their texts, in UTF-16 units. */
const NOT_INDEXED_LENGTH_MAX = 3 * 1024 * 1024;

/** How long the texts of a page are in all, unless it is one text, in UTF-16 units. */
const PAGE_LENGTH_MAX = 256 * 1024;

/** How many rows of a page are read at once: with the longest texts, 3 MiB. */
const PAGE_CHUNK = 51;

/** How many entries are taken into the index in one transaction, when all that wait are. */
const INDEX_CHUNK = 1000;

/** For how many ids in advance it is on the disk that they may have been given. A process that is killed leaves such a gap. */
export const RESERVED_IDS = 10_000;

/**
 * The journal's engine: everything that was said, in one SQLite database. What it does is done when it returns, and
 * holds up its thread until then; but it is in the operating system's hands then, and not yet on the disk. Only one
 * Store, in one process, has a file.
 *
 * An id never means two things, not even when the power fails and takes the last commits with it. The number `reserved`
 * in the file is not below any id that was ever given, and it is on the disk before they are: see `#givingIds`. An
 * opening begins above it. Who comes back with an id that was lost gets all that is newer.
 *
 * The index for searching lags behind the entries, for it takes two or three times as long to write as they do: `index` brings
 * it nearer, for whoever has time; `search` brings it up to date first.
 *
 * A copy of the file in use is made by SQLite's own means. For this process to open and close the file by any other
 * means would end its lock (POSIX); its write-ahead log has none.
 *
 * Or it is the copy of a shared log, whose places are its ids: then `apply` alone writes to it. What takes effect follows from
 * the records alone, in their order, so that all copies are the same. What the log drops is gone at once, to whoever asks
 * and to what comes after it; when `pruneDropped` deletes it makes no difference.
 */
export class Store {
  /** Changes if ids ever start again. */
  readonly epoch: string;
  /** No id that was given before the store was opened is above it; 0 if there is none. */
  readonly last: number;
  /** Where the write-ahead log is, which holds what was committed last. */
  readonly log: string;
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #rooms: Numbers;
  readonly #users: Numbers;
  readonly #names: Numbers;
  readonly #insert: StatementSync;
  readonly #index: StatementSync;
  readonly #claim: StatementSync;
  readonly #room: StatementSync;
  readonly #before: StatementSync;
  readonly #after: StatementSync;
  readonly #since: StatementSync;
  readonly #byNonce: StatementSync;
  readonly #search: StatementSync;
  readonly #notIndexed: StatementSync;
  readonly #oldest: StatementSync;
  readonly #firstSince: StatementSync;
  readonly #unindex: StatementSync;
  readonly #delete: StatementSync;
  readonly #deleteOne: StatementSync;
  readonly #raise: StatementSync;
  readonly #deletable: StatementSync;
  readonly #wipe: StatementSync;
  readonly #nextId: StatementSync;
  readonly #act: StatementSync;
  readonly #deletions: StatementSync;
  readonly #newestDeletions: StatementSync;
  readonly #actsSince: StatementSync;
  readonly #audit: StatementSync;
  readonly #forget: StatementSync;
  readonly #given: StatementSync;
  readonly #goOn: StatementSync;
  readonly #meta: StatementSync;
  // Of which log it is the copy, and up to which place; undefined if it is none.
  #log: { readonly epoch: string; applied: number } | undefined;
  // What has no higher id was dropped from the log: it may not have come here, or may not be deleted yet.
  #floor: number;
  // Entries up to this one are in the index, those above are not.
  #indexed: number;
  // Of the texts that are not in it, as far as they came since the store was opened.
  #notIndexedLength = 0;
  #newest: number;
  // It is on the disk that ids up to this one may have been given.
  #reserved: number;
  #closed = false;

  /**
   * Opens the file at `path` for this process alone, or a database that is in memory only.
   * @param log of which it is to be the copy; an empty one is from here on.
   * @throws {JournalError} when that isn't possible, for example because another process has it; it is as it was then.
   */
  static open(path: string, log?: LogState): Store {
    const store = new Store(openDatabase(path), path);
    try {
      store.#belongTo(log);
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /**
   * Makes sure that it is the copy of a log, or of none.
   * @throws {JournalError} when it is something else.
   */
  #belongTo(log: LogState | undefined): void {
    if (this.#log?.epoch !== log?.epoch) this.#begin(log?.epoch);
    if (log && log.last < this.#log!.applied) {
      throw this.#refusal(
        "NATS has lost some of what is in it: give the stream back what it had, or use another folder",
      );
    }
  }

  #begin(epoch: string | undefined): void {
    if (epoch === undefined) {
      throw this.#refusal("it is a copy of what NATS keeps: start with --nats, or use another folder");
    }
    if (this.#log) throw this.#refusal("it is a copy of another stream of NATS: use another folder");
    if (this.last > 0 || this.claims().length > 0) {
      throw this.#refusal("it holds what was said without NATS: use another folder");
    }
    this.#writing(() => this.#meta.run("log", epoch));
    this.#log = { epoch, applied: 0 };
  }

  #refusal(reason: string): JournalError {
    return journalError("open the journal", this.#path, new Error(reason));
  }

  #drop(upTo: number): void {
    this.#floor = Math.max(this.#floor, upTo);
    this.#meta.run("floor", String(this.#floor));
    this.#forget.run(this.#floor);
  }

  /** Takes over a database that `openDatabase` opened; the path is for messages. */
  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
    this.log = `${path}-wal`;
    this.#meta = db.prepare(
      "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    );
    const meta = new Map(db.prepare("SELECT key, value FROM meta").all().map(({ key, value }) => [key, String(value)]));
    this.epoch = meta.get("epoch")!;
    this.#floor = Number(meta.get("floor") ?? 0);
    const log = meta.get("log");
    this.#log = log === undefined ? undefined : { epoch: log, applied: Number(meta.get("applied") ?? 0) };
    this.#given = db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'messages'");
    const given = Number(this.#given.get()!.seq);
    this.#reserved = Math.max(given, Number(meta.get("reserved") ?? 0));
    this.last = this.#log?.applied ?? this.#reserved;
    this.#rooms = new Numbers(db, "rooms", "room");
    this.#users = new Numbers(db, "users", "user");
    this.#names = new Numbers(db, "names", "name");
    this.#insert = db.prepare(
      "INSERT INTO messages (id, room, user, name, at, nonce, text) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#index = db.prepare("INSERT INTO search (rowid, text, author, room) VALUES (?, ?, ?, ?)");
    this.#claim = db.prepare(
      "INSERT INTO claims (user, name) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name",
    );
    this.#room = db.prepare("SELECT id, floor FROM rooms WHERE room = ?");
    this.#before = db.prepare(SQL.before);
    this.#after = db.prepare(SQL.after);
    this.#since = db.prepare(SQL.since);
    this.#byNonce = db.prepare(SQL.byNonce);
    this.#search = db.prepare(SQL.search);
    this.#notIndexed = db.prepare(SQL.notIndexed);
    this.#oldest = db.prepare(SQL.oldest);
    this.#unindex = db.prepare("DELETE FROM search WHERE rowid = ?");
    this.#delete = db.prepare("DELETE FROM messages WHERE id <= ?");
    this.#deleteOne = db.prepare("DELETE FROM messages WHERE id = ?");
    this.#raise = db.prepare("UPDATE rooms SET floor = ? WHERE id = ?");
    this.#deletable = db.prepare(
      `SELECT users.user, messages.room, messages.nonce FROM messages JOIN users ON users.id = messages.user
      JOIN rooms ON rooms.id = messages.room WHERE messages.id = ? AND rooms.room = ? AND deleted IS NULL`,
    );
    this.#wipe = db.prepare("UPDATE messages SET text = '', deleted = ? WHERE id = ?");
    this.#nextId = db.prepare("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'messages' RETURNING seq");
    this.#act = db.prepare("INSERT INTO acts (id, user, name, at, deed, room) VALUES (?, ?, ?, ?, ?, ?)");
    this.#deletions = db.prepare(SQL.deletions);
    this.#newestDeletions = db.prepare(SQL.newestDeletions);
    this.#actsSince = db.prepare(`${ACTS} WHERE id > ? ORDER BY id LIMIT ?`);
    this.#audit = db.prepare(`${ACTS} WHERE id < ? ORDER BY id DESC LIMIT ?`);
    this.#forget = db.prepare("DELETE FROM acts WHERE id <= ? AND room IS NOT NULL");
    this.#firstSince = db.prepare(SQL.firstSince);
    this.#goOn = db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'messages'");
    this.#newest = this.last;
    // The index may be empty because everything in it was deleted: all that is left is not in it then, as it should be.
    this.#indexed = Number(db.prepare("SELECT rowid FROM search ORDER BY rowid DESC LIMIT 1").get()?.rowid ?? 0);
  }

  /** Every name that is owned. */
  claims(): Claim[] {
    return this.#reading(() =>
      this.#db.prepare("SELECT user, name FROM claims ORDER BY user").all()
        .map(({ user, name }) => ({ user: String(user), name: String(name) }))
    );
  }

  /** Everything that was done, but for deletions, oldest first. */
  acts(): Act[] {
    return this.#reading(() => this.#db.prepare(`${ACTS} WHERE room IS NULL ORDER BY id`).all().map(toAct));
  }

  /**
   * Keeps what is done; of a deletion, what it is of goes in the same commit, and from the search index.
   * @returns undefined when there is no such message, or it is not by the author whom the deed names.
   * @throws {JournalError} when it can't be kept. Trying again is safe.
   */
  act({ deed, by, name, at }: ActDraft): Act | undefined {
    return this.#givingIds(1, () => {
      const found = deed.type === "delete" ? this.#find(deed) : undefined;
      if (deed.type === "delete" && !found) return undefined;
      const done: Deed = deed.type === "delete" ? { ...deed, author: found!.author } : deed;
      return this.#do({ id: Number(this.#nextId.get()!.seq), deed: done, by, name, at });
    });
  }

  /**
   * The author and the nonce of the message that is to be deleted.
   * @returns undefined when there is no such message, or it is not by the author whom the deed names.
   */
  deletable(deed: Deletion): { author: string; nonce: string } | undefined {
    return this.#reading(() => this.#find(deed));
  }

  #find({ message, room, author }: Deletion): { author: string; nonce: string } | undefined {
    const found = message > this.#floor ? this.#deletable.get(message, room) : undefined;
    if (!found || (author ?? found.user) !== found.user) return undefined;
    return { author: String(found.user), nonce: String(found.nonce) };
  }

  #do(act: Act): Act {
    const { id, deed, by, name, at } = act;
    const room = deed.type === "delete" ? this.#rooms.of(deed.room) : null;
    this.#act.run(id, by, name, at, JSON.stringify(deed), room);
    if (deed.type === "delete") {
      this.#wipe.run(id, deed.message);
      if (deed.message <= this.#indexed) this.#unindex.run(deed.message);
    }
    return act;
  }

  /** The newest acts with an id below `before`, newest first. */
  audit(before: number, limit: number): Act[] {
    return this.#reading(() => this.#audit.all(position(before), limit).map(toAct));
  }

  /**
   * Keeps drafts, in order, all of them or none.
   * @throws {JournalError} when they can't be kept. Trying again is safe.
   */
  append(drafts: readonly Draft[]): Stored[] {
    if (drafts.length === 0) return [];
    const stored = this.#givingIds(drafts.length, () => drafts.map((draft) => this.#add(draft)));
    this.#added(newOf(stored));
    return stored;
  }

  /** What of the drafts is there already, under their users and nonces. */
  known(drafts: readonly Draft[]): (Entry | undefined)[] {
    return this.#reading(() => drafts.map(({ user, nonce }) => this.#entryOf(user, nonce)))
      .map((entry) => entry && entry.id > this.#floor ? entry : undefined);
  }

  /**
   * Takes in what comes next in the log of which it is the copy, in order, all of it or nothing.
   * @returns what took effect: not what was said twice, nor a deletion of what is not there.
   * @throws {JournalError} when it can't be kept. Trying again is safe.
   */
  apply(records: readonly Placed[]): Kept[] {
    const log = this.#log!;
    const next = records.filter(({ place }) => place > log.applied);
    if (next.length === 0) return [];
    const { place: applied } = next.at(-1)!;
    const kept = this.#writing(() => {
      this.#meta.run("applied", String(applied));
      return next.map((placed) => this.#applyOne(placed)).filter((each) => each !== undefined);
    });
    log.applied = applied;
    this.#added(kept.filter(isEntry));
    return kept;
  }

  #applyOne({ place: id, record }: Placed): Kept | undefined {
    if (record === undefined) return;
    if ("say" in record) return this.#insertNew(id, record.say);
    if ("claim" in record) return void this.#claim.run(record.claim.user, record.claim.name);
    if ("drop" in record) return void this.#drop(record.drop);
    const act = { id, ...record.act };
    if (act.deed.type !== "delete") return this.#do(act);
    if (this.#find(act.deed)) return this.#do(act);
    // Its text is wiped out of the log: what is left of it is that it was said.
    const { deed: { room, message, author }, name, at } = act;
    if (author === undefined || record.nonce === undefined || message <= this.#floor) return;
    const wiped = { room, user: author, name, text: "", nonce: record.nonce, at };
    return this.#insertNew(message, wiped) && this.#do(act);
  }

  /** As `#insertAt`; but what was dropped, and has the user and nonce of the draft, does not stand in its way. */
  #insertNew(id: number, draft: Draft): Entry | undefined {
    const entry = this.#insertAt(id, draft);
    const earlier = entry ? undefined : this.#entryOf(draft.user, draft.nonce);
    if (!earlier || earlier.id > this.#floor) return entry;
    if (earlier.id <= this.#indexed) this.#unindex.run(earlier.id);
    this.#deleteOne.run(earlier.id);
    return this.#insertAt(id, draft);
  }

  /** They will be in the index. */
  #added(entries: readonly Entry[]): void {
    for (const { id, text } of entries) {
      this.#newest = Math.max(this.#newest, id);
      this.#notIndexedLength += text.length;
    }
    // More than came, so that they get fewer; of short ones many, since many together are cheaper; not all, since somebody waits.
    if (this.#newest - this.#indexed > NOT_INDEXED_MAX) this.#catchUp(Math.max(2 * entries.length, INDEX_CHUNK));
    else if (this.#notIndexedLength > NOT_INDEXED_LENGTH_MAX) this.#catchUp(2 * entries.length);
  }

  /**
   * Takes the oldest entries that are not in the search index into it, at most `limit` of them.
   * @returns whether there may be more.
   * @throws {JournalError} when the index can't be written. Trying again is safe.
   */
  index(limit: number): boolean {
    if (this.#indexed >= this.#newest) return false;
    const rows = this.#reading(() => this.#notIndexed.all(this.#indexed, limit));
    this.#writing(() => {
      for (const { id, room, name, text } of rows) {
        this.#index.run(id!, indexed(String(text)), indexed(String(name)), roomWord(Number(room)));
      }
    });
    const length = rows.reduce((sum, { text }) => sum + String(text).length, 0);
    this.#notIndexedLength = Math.max(0, this.#notIndexedLength - length);
    this.#indexed = rows.length < limit ? this.#newest : Number(rows.at(-1)!.id);
    return this.#indexed < this.#newest;
  }

  /**
   * Writes something that changes nothing, and waits until the disk has it.
   * @throws {JournalError} when nothing can be kept.
   */
  probe(): void {
    this.#onDisk(() => this.#db.exec("UPDATE meta SET value = value WHERE key = 'epoch'"));
  }

  /** Keeps who owns a name; their earlier name is free again. */
  claim({ user, name }: Claim): void {
    this.#writing(() => this.#claim.run(user, name));
  }

  /** The newest entries of a room, at most `limit`, and deletions since they begin, one more of them at most. */
  newest(room: string, limit: number): Page<Kept> {
    const said = this.before(room, Number.MAX_SAFE_INTEGER, limit);
    return this.#reading(() => {
      const start = said.more ? said.entries[0]!.id : 0;
      const deletions = this.#newestDeletions.all(this.#roomOf(room).id, start, limit + 1).map(toAct);
      return { ...said, entries: [...said.entries, ...deletions].sort((a, b) => a.id - b.id) };
    });
  }

  /** The newest entries of a room with an id below `before`, oldest of them first. */
  before(room: string, before: number, limit: number): Page {
    return this.#reading(() => {
      const { id, floor } = this.#roomOf(room);
      const { entries, more } = page(
        position(before),
        limit,
        (from, count) => this.#before.all(id, from, this.#floor, count),
      );
      return { entries: entries.reverse(), more, gap: !more && floor > 0 };
    });
  }

  /** The oldest entries of a room with an id above `after`, oldest first. */
  after(room: string, after: number, limit: number): Page {
    return this.#reading(() => {
      const { id, floor } = this.#roomOf(room);
      const start = position(after);
      const said = page(Math.max(start, this.#floor), limit, (from, count) => this.#after.all(id, from, count));
      return { ...said, gap: start < floor };
    });
  }

  /** The same, and deletions of what was said there before. */
  missed(room: string, after: number, limit: number): Page<Kept> {
    const { gap, ...said } = this.after(room, after, limit);
    return this.#reading(() => {
      const deletions = this.#deletions.all(this.#roomOf(room).id, position(after), limit + 1).map(toAct);
      return { ...merged(said, deletions, limit), gap };
    });
  }

  /** The oldest of all that was said or done with an id above `id`, oldest first. */
  since(id: number, limit: number): Page<Kept> {
    return this.#reading(() => {
      const start = position(id);
      const said = page(Math.max(start, this.#floor), limit, (from, count) => this.#since.all(from, count));
      return { ...merged(said, this.#actsSince.all(start, limit + 1).map(toAct), limit), gap: false };
    });
  }

  /** The newest entries that match, newest first. A query without anything to look for finds nothing. */
  search({ query, rooms, before, limit }: Search): Page {
    while (this.#catchUp(INDEX_CHUNK));
    return this.#reading(() => {
      const found = rooms.map((room) => this.#roomOf(room)).filter(({ id }) => id > 0);
      const match = toMatch(query, found.map(({ id }) => id));
      if (match === undefined) return { entries: [], more: false, gap: false };
      const { entries, more } = page(
        position(before),
        limit,
        (from, count) => this.#search.all(match, from, this.#floor, count),
      );
      return { entries, more, gap: !more && found.some(({ floor }) => floor > 0) };
    });
  }

  /**
   * Deletes the oldest entries, at most `limit` of them, up to the first that the server got at `beforeMs` or later:
   * a clock that was ahead for a while makes things stay longer, and never makes them go too early.
   * @returns whether there may be more to delete.
   */
  prune(beforeMs: number, limit: number): boolean {
    return this.#prune(limit, ({ at }) => Number(at) >= beforeMs);
  }

  /**
   * Deletes what its log has dropped, oldest first, at most `limit` entries.
   * @returns whether there may be more to delete.
   */
  pruneDropped(limit: number): boolean {
    return this.#prune(limit, ({ id }) => Number(id) > this.#floor);
  }

  #prune(limit: number, stays: (row: Row) => boolean): boolean {
    const oldest = this.#reading(() => this.#oldest.all(limit));
    const firstToStay = oldest.findIndex(stays);
    const old = firstToStay < 0 ? oldest : oldest.slice(0, firstToStay);
    if (old.length === 0) return false;
    this.#writing(() => {
      const floors = new Map<SQLOutputValue, SQLOutputValue>();
      for (const { id, room } of old) {
        if (Number(id) <= this.#indexed) this.#unindex.run(id!);
        floors.set(room!, id!);
      }
      for (const [room, floor] of floors) this.#raise.run(floor, room);
      this.#delete.run(old.at(-1)!.id!);
      // Whoever resumes from before is told of a gap. What else was done stays, for it may still hold.
      this.#forget.run(old.at(-1)!.id!);
    });
    return old.length === limit;
  }

  /**
   * Which entries `prune` would delete if it were no copy.
   * @returns the highest of their ids; undefined when there are none.
   */
  expired(beforeMs: number): number | undefined {
    return this.#reading(() => {
      const [oldest] = this.#oldest.all(1);
      const firstToStay = this.#firstSince.get(beforeMs);
      const last = firstToStay ? Number(firstToStay.id) - 1 : this.#newest;
      return oldest && Number(oldest.id) <= last ? last : undefined;
    });
  }

  /** The disk failed to take what was committed: the next ids are given when it has, so that whoever wants them is told. */
  distrustDisk(): void {
    this.#reserved = 0;
  }

  /** Brings everything into the file, which does not change then until `release`: what is kept is in its log. */
  hold(): void {
    this.#refuseIfClosed();
    try {
      this.#db.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 0");
    } catch (error) {
      throw journalError("write to the journal", this.#path, error);
    }
  }

  /** Ends what `hold` began. */
  release(): void {
    this.#db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  }

  /** Ends the use of the file and leaves it complete in itself. Closing twice is harmless. */
  close(): void {
    if (this.#closed) return;
    try {
      // No other ids were given: the next opening need not leave a gap.
      if (!this.#log && this.#reserved > this.last) {
        this.#writing(() => this.#meta.run("reserved", String(this.#newestGiven())));
      }
    } catch { /* On a full disk: then it does. */ }
    this.#db.close();
    this.#closed = true;
  }

  #add(draft: Draft): Stored {
    const entry = this.#insertAt(null, draft);
    return entry ? { entry, duplicate: false } : { entry: this.#entryOf(draft.user, draft.nonce)!, duplicate: true };
  }

  /** Undefined, and nothing was added, if its user and nonce are there; without an id it gets the next. */
  #insertAt(id: number | null, { room, user, name, at, nonce, text }: Draft): Entry | undefined {
    const { changes, lastInsertRowid } = this.#insert.run(
      id,
      this.#rooms.of(room),
      this.#users.of(user),
      this.#names.of(name),
      at,
      nonce,
      text,
    );
    return changes === 0 ? undefined : { id: Number(lastInsertRowid), room, user, name, text, nonce, at };
  }

  #entryOf(user: string, nonce: string): Entry | undefined {
    const row = this.#byNonce.get(this.#users.find(user), nonce);
    return row && toEntry(row);
  }

  /** As `index`, but a full disk must not end searching for what is in the index already, nor fail what was kept. */
  #catchUp(limit: number): boolean {
    try {
      return this.index(limit);
    } catch {
      return false;
    }
  }

  /** A room's number, 0 if nothing was ever said in it, and the highest id that may have been deleted from it. */
  #roomOf(room: string): { id: number; floor: number } {
    const row = this.#room.get(room);
    return { id: Number(row?.id ?? 0), floor: Math.max(Number(row?.floor ?? 0), this.#floor) };
  }

  /**
   * A transaction that gives at most so many ids of `sqlite_sequence`: there is no other way to any. If they are not
   * among those reserved, it reserves more, and is on the disk when it returns.
   */
  #givingIds<T>(count: number, write: () => T): T {
    const newest = this.#newestGiven();
    if (newest + count <= this.#reserved) return this.#writing(write);
    const reserved = newest + count + RESERVED_IDS;
    const result = this.#onDisk(() => {
      this.#meta.run("reserved", String(reserved));
      this.#goOn.run(newest);
      return write();
    });
    this.#reserved = reserved;
    return result;
  }

  /** No id that was given is above it. */
  #newestGiven(): number {
    return this.#reading(() => Math.max(Number(this.#given.get()!.seq), this.last));
  }

  #writing<T>(write: () => T): T {
    this.#refuseIfClosed();
    for (const numbers of [this.#rooms, this.#users, this.#names]) numbers.forget();
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      const result = write();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      try {
        this.#db.exec("ROLLBACK");
      } catch { /* A full disk and the like have ended the transaction already. */ }
      throw journalError("write to the journal", this.#path, error);
    }
  }

  /** As `#writing`, and returns when the disk has it, and all that was committed before. */
  #onDisk<T>(write: () => T): T {
    this.#refuseIfClosed();
    this.#db.exec("PRAGMA synchronous = FULL");
    try {
      return this.#writing(write);
    } finally {
      this.#db.exec("PRAGMA synchronous = NORMAL");
    }
  }

  /** Deno 2.4 crashes when a statement is used after its database was closed. */
  #refuseIfClosed(): void {
    if (this.#closed) throw new JournalError(`The journal "${this.#path}" is closed`);
  }

  #reading<T>(read: () => T): T {
    this.#refuseIfClosed();
    try {
      return read();
    } catch (error) {
      throw journalError("read the journal", this.#path, error);
    }
  }
}

/** The numbers that stand for rooms, users or names in the database. */
export class Numbers {
  readonly #find: StatementSync;
  readonly #add: StatementSync;
  readonly #known = new Map<string, number>();

  constructor(db: DatabaseSync, table: string, column: string) {
    this.#find = db.prepare(`SELECT id FROM ${table} WHERE ${column} = ?`);
    this.#add = db.prepare(`INSERT INTO ${table} (${column}) VALUES (?)`);
  }

  /** The text's number, a new one if it has none. */
  of(text: string): number {
    let number = this.#known.get(text);
    if (number === undefined) {
      number = this.find(text) || Number(this.#add.run(text).lastInsertRowid);
      this.#known.set(text, number);
    }
    return number;
  }

  /** The text's number, 0 if it has none. */
  find(text: string): number {
    return Number(this.#find.get(text)?.id ?? 0);
  }

  /** Called as a transaction begins: what one found out is not true after it was rolled back. */
  forget(): void {
    this.#known.clear();
  }
}

/** An id that SQLite can compare with: a client may ask for anything. */
function position(id: number): number {
  return Math.min(Math.max(Math.trunc(id), 0), Number.MAX_SAFE_INTEGER);
}

type Row = Record<string, SQLOutputValue>;
type Deletion = Extract<Deed, { type: "delete" }>;

/**
 * As many rows as were asked for, or fit on a page; one more says that there is more.
 * @param read reads so many rows from an id on, without it: Deno 2.4 can't leave a statement's `iterate` early.
 */
function page(
  from: number,
  limit: number,
  read: (from: number, count: number) => Row[],
): { entries: Entry[]; more: boolean } {
  const entries: Entry[] = [];
  let length = 0;
  for (;;) {
    const count = Math.min(PAGE_CHUNK, limit + 1 - entries.length);
    const rows = read(entries.at(-1)?.id ?? from, count);
    for (const row of rows) {
      length += String(row.text).length;
      if (entries.length === limit || (length > PAGE_LENGTH_MAX && entries.length > 0)) return { entries, more: true };
      entries.push(toEntry(row));
    }
    if (rows.length < count) return { entries, more: false };
  }
}

/** What was said and what was done, in one order; what was done after the page's end comes with the next one. */
function merged(
  { entries, more }: { readonly entries: readonly Entry[]; readonly more: boolean },
  acts: readonly Act[],
  limit: number,
): { entries: Kept[]; more: boolean } {
  if (acts.length === 0) return { entries: [...entries], more };
  const end = more ? entries.at(-1)!.id : Infinity;
  const kept = [...entries, ...acts.filter(({ id }) => id < end)].sort((a, b) => a.id - b.id);
  return { entries: kept.slice(0, limit), more: more || kept.length > limit };
}

function toAct({ id, user, name, at, deed }: Record<string, SQLOutputValue>): Act {
  return { id: Number(id), deed: JSON.parse(String(deed)), by: String(user), name: String(name), at: Number(at) };
}

function toEntry({ id, room, user, name, text, nonce, at }: Record<string, SQLOutputValue>): Entry {
  return {
    id: Number(id),
    room: String(room),
    user: String(user),
    name: String(name),
    text: String(text),
    nonce: String(nonce),
    at: Number(at),
  };
}
