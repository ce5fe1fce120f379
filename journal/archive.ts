/**
 * The journal as lines of JSON, for people and other programs to read and write: docs/ARCHIVE.md. What is exported and
 * imported into an empty journal is the same in everything that a client can see, ids and all.
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { isRoomName } from "../protocol.ts";
import { Names } from "../text.ts";
import { existing, removeDatabase, type Report, snapshot } from "./backup.ts";
import { openDatabase } from "./database.ts";
import { fileError, isLocked, journalError } from "./errors.ts";
import { discard, discardFolders, missingFolders, publish, refuseExisting } from "./files.ts";
import { type Deed, JournalError } from "./journal.ts";
import { isCopy } from "./schema.ts";
import { JOURNAL_FILE } from "./sqlite.ts";
import { Numbers, Store } from "./store.ts";

/** The format's version, in the first line. A reader refuses a newer one. */
const FORMAT = 1;

/** How much goes into the file at once, in UTF-16 units. */
const WRITE_LENGTH = 64 * 1024;

/** How much is read at once, in bytes. */
const READ_BYTES = 64 * 1024;

/** The longest line: the longest text that a server can be told to take, with every byte of it escaped, and some more. */
const LINE_BYTES_MAX = 6 * 2 ** 24 + 64 * 1024;

/** How many lines are read between two reports. */
const REPORT_LINES = 1_000;

/** How many entries are taken into the search index in one transaction. */
const INDEX_CHUNK = 1_000;

/** What a field may hold: a check, and what it is called in a sentence. */
interface Field {
  readonly is: (value: unknown) => boolean;
  readonly what: string;
  readonly optional?: true;
  /** The journal has it as JSON. */
  readonly json?: true;
}

const text: Field = { is: (value) => typeof value === "string" && value.isWellFormed(), what: "a well-formed string" };
const word: Field = {
  is: (value) => text.is(value) && /^.{1,256}$/su.test(String(value)),
  what: "a well-formed string of 1 to 256 characters",
};
const room: Field = {
  is: (value) => typeof value === "string" && isRoomName(value),
  what: "1 to 64 small letters, digits, - and _, with a letter or digit first",
};
const url: Field = {
  is: (value) => typeof value === "string" && /^https?:$/.test(URL.parse(value)?.protocol ?? ""),
  what: "an http or https address",
};
const id: Field = { is: (value) => Number.isSafeInteger(value) && Number(value) > 0, what: "a whole number from 1" };
const optional = (field: Field): Field => ({ ...field, optional: true });
const time: Field = { is: (value) => Number.isSafeInteger(value), what: "a whole number of ms since 1970" };

type Line = Readonly<Record<string, unknown>>;

type Fields = Readonly<Record<string, Field>>;

/** What can be done, and what has to be known of each. */
const DEEDS: { readonly [T in Deed["type"]]: Record<Exclude<keyof Extract<Deed, { type: T }>, "type">, Field> } = {
  "delete": { room, message: id, author: optional(word) },
  "mute": { user: word, name: word, until: optional(time) },
  "unmute": { user: word, name: word },
  "ban": { user: word, name: word, network: optional(word), until: optional(time) },
  "unban": { ban: id },
  "lock": { room },
  "unlock": { room },
  "slow": { room, seconds: time },
  "link": { room, digest: word, until: optional(time) },
  "unlink": { link: id },
  "token": { name: word, room: optional(room), digest: word },
  "untoken": { token: id },
  "hook": { url, room: optional(room), secret: word, token: optional(id) },
  "unhook": { hook: id },
  "administrator": { digest: word },
};

const deed: Field = {
  is: (value) => {
    if (typeof value !== "object" || value === null) return false;
    const { type } = value as Line;
    return typeof type === "string" && Object.hasOwn(DEEDS, type) &&
      problemOf(type, DEEDS[type as Deed["type"]], value as Line) === undefined;
  },
  what: `one of ${Object.keys(DEEDS).join(", ")}, with what belongs to it`,
  json: true,
};

/** One type of line: what it holds, how it is read from a journal and how it gets into one. */
interface Kind {
  /** What several of them are called. */
  readonly plural: string;
  readonly fields: Fields;
  /** Ids grow from line to line. */
  readonly grows?: true;
  /** SQL for them, in columns named like the fields. `:room` is the room whose they are to be, NULL for all. */
  readonly rows: string;
  /** Takes a line into the journal, unless it has it, or it is not for this one. */
  add(journal: Target, line: Line): Fate;
}

/** What becomes of a line: it is new to the journal, was there before, or stays behind, for it holds in its own journal alone. */
type Fate = "added" | "known" | "left";

const ROOM = "(SELECT id FROM rooms WHERE room = :room)";

/** Every type, in the order in which they are in an archive. Whoever adds one adds it here, and nowhere else. */
const KINDS: Readonly<Record<string, Kind>> = {
  /** Who owns which name; in an archive of one room, of those who spoke there. */
  claim: {
    plural: "names",
    fields: { user: word, name: word },
    rows: `SELECT user, name FROM claims WHERE :room IS NULL OR user IN (
      SELECT users.user FROM messages JOIN users ON users.id = messages.user WHERE messages.room = ${ROOM}
    ) ORDER BY user`,
    add: (journal, { user, name }) => journal.claim(String(user), String(name)),
  },
  /** What was said in a room up to this id has been deleted because of its age. */
  floor: {
    plural: "ends of what was deleted",
    fields: { room, id },
    rows: "SELECT room, floor AS id FROM rooms WHERE floor > 0 AND (:room IS NULL OR room = :room) ORDER BY room",
    add: (journal, { room, id }) => journal.raise(String(room), Number(id)),
  },
  /** Something that was said. Of what was deleted there is no text, but the nonce, and the id of the act. */
  entry: {
    plural: "messages",
    fields: { id, room, user: word, name: word, at: time, nonce: word, text, deleted: optional(id) },
    grows: true,
    rows: `SELECT messages.id, rooms.room, users.user, names.name, messages.at, messages.nonce, messages.text, deleted
      FROM messages JOIN rooms ON rooms.id = messages.room JOIN users ON users.id = messages.user
      JOIN names ON names.id = messages.name
      WHERE :room IS NULL OR messages.room = ${ROOM} ORDER BY messages.id`,
    add: (journal, line) => journal.say(line),
  },
  /** Something that was done. Of one room, what was deleted there: the rest may be secret, or hold for all. */
  act: {
    plural: "acts",
    fields: { id, by: word, name: word, at: time, deed },
    grows: true,
    rows: `SELECT id, user AS "by", name, at, deed FROM acts WHERE :room IS NULL OR room = ${ROOM} ORDER BY id`,
    add: (journal, line) => journal.act(line),
  },
};

/** How many lines of an archive were new to the journal, were there before and stay behind, by what they are called. */
export type Imported = { readonly [F in Fate]: Readonly<Record<string, number>> };

/** Where an archive comes from. */
export interface Source {
  /** What it is called in a sentence. */
  readonly name: string;
  /** As of `Deno.FsFile`. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** In bytes; undefined if that is not known before its end. */
  readonly size: number | undefined;
}

/** Where an archive goes. */
export interface Sink {
  write(bytes: Uint8Array): Promise<number>;
}

/**
 * Writes the journal in a folder as an archive, while a server runs or not: as it is at the moment of the call.
 * @param room the only one that is written; undefined for all.
 * @param file is made, and must not be there; undefined to write to `output`.
 * @returns how many lines there are, without the first and last.
 * @throws {JournalError} when it can't be done. The file isn't made then.
 */
export async function exportArchive(
  directory: string,
  { room, file, output, report }: {
    readonly room?: string;
    readonly file?: string;
    readonly output: Sink;
    readonly report: Report;
  },
): Promise<number> {
  const path = existing(directory);
  const partial = `${file}.partial`;
  try {
    if (file === undefined) return await reading(path, (db) => write(db, room, output, report));
    refuseExisting(file);
    discard(partial);
    using target = await Deno.open(partial, { write: true, createNew: true, mode: 0o600 });
    const lines = await reading(path, (db) => write(db, room, target, report));
    await target.sync();
    publish(partial, file);
    return lines;
  } catch (error) {
    if (file !== undefined) discard(partial);
    throw file === undefined
      ? fileError("export to the standard output", undefined, error)
      : fileError("export to", file, error);
  }
}

/** Reads a journal that does not change meanwhile: itself, or a copy beside it when another process has it. */
async function reading<T>(path: string, read: (db: DatabaseSync) => Promise<T>): Promise<T> {
  let db: DatabaseSync;
  try {
    db = openDatabase(path);
  } catch (error) {
    if (isLocked(error)) return await readingCopy(path, read);
    throw error;
  }
  try {
    return await read(db);
  } finally {
    db.close();
  }
}

async function readingCopy<T>(path: string, read: (db: DatabaseSync) => Promise<T>): Promise<T> {
  const copy = await Deno.makeTempFile({ dir: dirname(path), prefix: "hubbub.export-", suffix: ".db" });
  try {
    await snapshot(path, copy, () => {});
    const db = new DatabaseSync(copy);
    try {
      return await read(db);
    } finally {
      db.close();
    }
  } finally {
    removeDatabase(copy);
  }
}

/** Writes the lines of a journal that does not change meanwhile. Returns how many there are but for the first and last. */
async function write(db: DatabaseSync, room: string | undefined, output: Sink, report: Report): Promise<number> {
  if (room !== undefined && !db.prepare("SELECT id FROM rooms WHERE room = ?").get(room)) {
    throw new Error(`nothing was ever said in a room "${room}"`);
  }
  const { first, last } = db.prepare("SELECT min(id) AS first, max(id) AS last FROM messages").get()!;
  const encoder = new TextEncoder();
  let waiting = `${JSON.stringify({ hubbub: FORMAT, room })}\n`;
  let lines = 0;
  const flush = async () => {
    const bytes = encoder.encode(waiting);
    for (let written = 0; written < bytes.length;) written += await output.write(bytes.subarray(written));
    waiting = "";
  };
  for (const [type, { fields, rows }] of Object.entries(KINDS)) {
    const columns = Object.entries(fields);
    // Not by for…of: Deno 2.4 can't leave it early, as when nobody reads any more.
    const iterator = db.prepare(rows).iterate({ room: room ?? null });
    for (let next; !(next = iterator.next()).done; lines++) {
      const row = next.value as Line;
      const parts = columns.filter(([name]) => row[name] !== null)
        .map(([name, { json }]) => [name, json ? JSON.parse(String(row[name])) : row[name]]);
      waiting += `${JSON.stringify({ type, ...Object.fromEntries(parts) })}\n`;
      if (waiting.length < WRITE_LENGTH) continue;
      await flush();
      if (type === "entry") report(Number(row.id) - Number(first), Number(last) - Number(first));
    }
  }
  waiting += `${JSON.stringify({ type: "end", lines })}\n`;
  await flush();
  return lines;
}

/**
 * Takes an archive into the journal in a folder, which is made if there is none: all of it or nothing. What the journal
 * has already, by user and nonce, it does not get again. If it is empty it gets everything as it was, else what is new
 * gets new ids, in order, above those that were given.
 * @param report is told bytes, if it is known how many there are.
 * @throws {JournalError} when that can't be done, because a server runs, for example, or a line is wrong: it says which.
 * A journal and a folder that were not there are not there then either.
 */
export async function importArchive(
  directory: string,
  source: Source,
  { report, indexing }: { readonly report: Report; readonly indexing: Report },
): Promise<Imported> {
  const path = join(directory, JOURNAL_FILE);
  const missing = missingFolders(directory);
  const isMissing = !existsSync(path);
  let isOurs = false;
  try {
    const db = openDatabase(path);
    // Not before: a server may have made it just now, and has it.
    isOurs = isMissing;
    try {
      const imported = await read(source, new Target(db, path), report);
      indexAll(new Store(db, path), imported.added[KINDS.entry!.plural] ?? 0, indexing);
      return imported;
    } finally {
      db.close();
    }
  } catch (error) {
    if (isOurs) removeDatabase(path);
    discardFolders(missing);
    throw fileError(`import ${source.name}`, undefined, error);
  }
}

/** Takes all lines of an archive, or none. */
async function read(source: Source, journal: Target, report: Report): Promise<Imported> {
  const imported: Record<Fate, Record<string, number>> = { added: {}, known: {}, left: {} };
  const { name, size } = source;
  let number = 0;
  let isWhole = false;
  const newest = new Map<string, number>();
  journal.begin();
  try {
    for await (const { text, end } of linesOf(source, (line) => new LineError(name, line, "is too long"))) {
      number++;
      const fail = (reason: string): never => {
        throw new LineError(name, number, reason);
      };
      if (isWhole) fail("comes after the end");
      const line = parse(text) ??
        fail(`is not a JSON object${number === 1 ? ": it is no archive of hubbub export" : ""}`);
      if (number === 1) {
        if (!Number.isSafeInteger(line.hubbub)) fail('is not the first of an archive, {"hubbub":1}');
        if (Number(line.hubbub) > FORMAT) {
          fail(`says that a newer Hubbub wrote it (format ${line.hubbub}): use that one`);
        }
        continue;
      }
      const type = String(line.type);
      if (type === "end") {
        if (line.lines !== number - 2) fail(`says that there are ${line.lines} lines before it, but for the first`);
        isWhole = true;
        continue;
      }
      if (!Object.hasOwn(KINDS, type)) fail(`is of a type that is unknown here: ${JSON.stringify(line.type)}`);
      const kind = KINDS[type]!;
      const problem = problemOf(type, kind.fields, line);
      if (problem !== undefined) fail(problem);
      if (kind.grows) {
        if (Number(line.id) <= (newest.get(type) ?? 0)) fail("has an id that is not above that of the one before it");
        newest.set(type, Number(line.id));
        if (journal.isGiven(Number(line.id))) fail("has an id that something else has already");
      }
      const counts = imported[kind.add(journal, line)];
      counts[kind.plural] = (counts[kind.plural] ?? 0) + 1;
      if (number % REPORT_LINES === 0 && size !== undefined) report(end, size);
    }
    if (!isWhole) throw new LineError(name, number + 1, 'is missing, for the last is {"type":"end"…}');
    journal.commit();
    return imported;
  } catch (error) {
    journal.rollback();
    throw error;
  }
}

/** Brings the search index up to date. */
function indexAll(store: Store, entries: number, report: Report): void {
  for (let done = 0; store.index(INDEX_CHUNK); done += INDEX_CHUNK) report(done, entries);
}

/** What is wrong with a line of an archive. */
class LineError extends JournalError {
  constructor(source: string, number: number, reason: string) {
    super(`Cannot import ${source}: line ${number} ${reason}. Nothing was imported`);
  }
}

/** What is wrong with a line of this kind, as the rest of a sentence; undefined if nothing is. */
function problemOf(type: string, fields: Fields, line: Line): string | undefined {
  for (const [name, field] of Object.entries(fields)) {
    if (field.optional && line[name] === undefined) continue;
    if (!Object.hasOwn(line, name) || !field.is(line[name])) return `has no good "${name}": it must be ${field.what}`;
  }
  const strange = Object.keys(line).find((name) => name !== "type" && !Object.hasOwn(fields, name));
  return strange && `has something that is unknown here for the type "${type}": ${JSON.stringify(strange)}`;
}

function parse(text: string | undefined): Line | undefined {
  try {
    const value = JSON.parse(text!);
    return typeof value === "object" && !Array.isArray(value) && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a file, one at a time, and where each ends, in bytes; the text is undefined if it isn't UTF-8. */
async function* linesOf(
  source: Source,
  tooLong: (number: number) => Error,
): AsyncGenerator<{ text: string | undefined; end: number }> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let parts: Uint8Array[] = [];
  let length = 0;
  let end = 0;
  let number = 1;
  const take = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
    end += part.length;
    if (length > LINE_BYTES_MAX) throw tooLong(number);
  };
  const line = () => {
    const text = decode(decoder, parts.length === 1 ? parts[0]! : concat(parts, length));
    [parts, length, number] = [[], 0, number + 1];
    return { text, end };
  };
  for (;;) {
    const chunk = new Uint8Array(READ_BYTES);
    const count = await source.read(chunk);
    if (count === null) break;
    let start = 0;
    for (let newline; (newline = chunk.subarray(0, count).indexOf(0x0A, start)) >= 0; start = newline + 1) {
      take(chunk.subarray(start, newline));
      yield line();
      end++;
    }
    if (start < count) take(chunk.subarray(start, count));
  }
  if (length > 0) yield line();
}

function concat(parts: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The journal into which an archive is taken, in one transaction. */
class Target {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #rooms: Numbers;
  readonly #users: Numbers;
  readonly #names: Numbers;
  readonly #owners: Names;
  readonly #say: StatementSync;
  readonly #claim: StatementSync;
  readonly #raise: StatementSync;
  readonly #act: StatementSync;
  readonly #given: StatementSync;
  readonly #goOn: StatementSync;
  // Nothing was ever kept in it, so that everything can be as it was.
  readonly #isEmpty: boolean;
  // No id that was given is above it.
  #last: number;

  constructor(db: DatabaseSync, path: string) {
    this.#db = db;
    this.#path = path;
    this.#rooms = new Numbers(db, "rooms", "room");
    this.#users = new Numbers(db, "users", "user");
    this.#names = new Numbers(db, "names", "name");
    this.#say = db.prepare(
      `INSERT INTO messages (id, room, user, name, at, nonce, text, deleted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT DO NOTHING`,
    );
    this.#claim = db.prepare("INSERT INTO claims (user, name) VALUES (?, ?)");
    this.#raise = db.prepare("UPDATE rooms SET floor = ? WHERE id = ? AND floor < ?");
    this.#act = db.prepare("INSERT INTO acts (id, user, name, at, deed, room) VALUES (?, ?, ?, ?, ?, ?)");
    this.#given = db.prepare("SELECT id FROM messages WHERE id = ?");
    this.#goOn = db.prepare("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'messages'");
    if (isCopy(db)) {
      const reason = "it is a copy of what NATS keeps, to which nothing can be imported: use another folder";
      throw journalError("import into", path, new Error(reason));
    }
    const store = new Store(db, path);
    const claims = store.claims();
    this.#last = store.last;
    this.#isEmpty = this.#last === 0 && claims.length === 0;
    this.#owners = new Names(claims);
  }

  begin(): void {
    this.#db.exec("BEGIN IMMEDIATE");
  }

  commit(): void {
    this.#write(() => this.#goOn.run(this.#last));
    this.#db.exec("COMMIT");
  }

  rollback(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch { /* A full disk and the like have ended the transaction already. */ }
  }

  /** Whoever has a name here keeps it; what is somebody else's here, or looks like it, is not taken from them. */
  claim(user: string, name: string): Fate {
    if (!this.#isEmpty) {
      if (this.#owners.of(user) !== undefined) return "known";
      if ("code" in this.#owners.claim(user, name)) return "left";
    }
    this.#write(() => this.#claim.run(user, name));
    return "added";
  }

  /** Of a journal that is not empty nothing was deleted at ids that are new in it. */
  raise(room: string, id: number): Fate {
    if (!this.#isEmpty) return "left";
    return this.#write(() => this.#raise.run(id, this.#rooms.of(room), id)) > 0 ? "added" : "known";
  }

  /** Whether something in the archive has this id already. */
  isGiven(id: number): boolean {
    return this.#isEmpty && this.#given.get(id) !== undefined;
  }

  say({ id, room, user, name, at, nonce, text, deleted }: Line): Fate {
    const place = this.#isEmpty ? Number(id) : this.#last + 1;
    // Where the act is not, for which this stands: that it was deleted has to be known all the same.
    const act = deleted === undefined ? null : this.#isEmpty ? Number(deleted) : place;
    const isNew = this.#write(() =>
      this.#say.run(
        place,
        this.#rooms.of(String(room)),
        this.#users.of(String(user)),
        this.#names.of(String(name)),
        Number(at),
        String(nonce),
        act === null ? String(text) : "",
        act,
      )
    ) > 0;
    if (isNew) this.#last = place;
    return isNew ? "added" : "known";
  }

  /** A journal that is not empty keeps what was done in it, and nothing else: bans, links and tokens are for one server. */
  act({ id, by, name, at, deed }: Line): Fate {
    if (!this.#isEmpty) return "left";
    const { type, room } = deed as Line;
    const place = type === "delete" ? this.#rooms.of(String(room)) : null;
    this.#write(() => this.#act.run(Number(id), String(by), String(name), Number(at), JSON.stringify(deed), place));
    this.#last = Math.max(this.#last, Number(id));
    return "added";
  }

  #write(run: () => { readonly changes: number | bigint }): number {
    try {
      return Number(run().changes);
    } catch (error) {
      throw journalError("write to the journal", this.#path, error);
    }
  }
}
