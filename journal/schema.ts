import type { DatabaseSync } from "node:sqlite";

/** Says in the file's header whose it is: "hubb". */
export const APPLICATION_ID = 0x68756262;

/**
 * What makes a file of version n one of version n + 1, n being the index. What was released is never changed, only added to.
 *
 * Rooms, users and names are numbers in `messages`, since they are the same over and over. Its `id` is never given
 * twice, not even after what had it was deleted; an index ends with the id, so `messages_by_room` serves pages as it is.
 * `floor` is the highest id that was deleted from a room because of its age.
 *
 * `acts` are what was done, as JSON, with ids of the same sequence; `room` is that of a deletion. What was deleted keeps its
 * row for its nonce's sake, without its text; `deleted` is the id of the act.
 *
 * `search` is an index alone: it keeps no text of its own, and its rowid is the message's id. A mark (as over and under
 * Thai consonants) is part of a word, see query.ts.
 */
export const MIGRATIONS: readonly string[] = [
  `
  PRAGMA application_id = ${APPLICATION_ID};
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE rooms (id INTEGER PRIMARY KEY, room TEXT NOT NULL UNIQUE, floor INTEGER NOT NULL DEFAULT 0) STRICT;
  CREATE TABLE users (id INTEGER PRIMARY KEY, user TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE claims (user TEXT PRIMARY KEY, name TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    room INTEGER NOT NULL,
    user INTEGER NOT NULL,
    name INTEGER NOT NULL,
    at INTEGER NOT NULL,
    nonce TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_room ON messages (room);
  CREATE UNIQUE INDEX messages_by_nonce ON messages (user, nonce);
  CREATE VIRTUAL TABLE search USING fts5 (
    text, author, room, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co Mn Mc'"
  );
  INSERT INTO meta (key, value) VALUES ('epoch', lower(hex(randomblob(8))));
  `,
  `
  ALTER TABLE messages ADD COLUMN deleted INTEGER;
  CREATE TABLE acts (
    id INTEGER PRIMARY KEY,
    user TEXT NOT NULL,
    name TEXT NOT NULL,
    at INTEGER NOT NULL,
    deed TEXT NOT NULL,
    room INTEGER
  ) STRICT;
  CREATE INDEX deletions_by_room ON acts (room) WHERE room IS NOT NULL;
  INSERT INTO sqlite_sequence (name, seq) SELECT 'messages', 0
    WHERE NOT EXISTS (SELECT * FROM sqlite_sequence WHERE name = 'messages');
  `,
];

/** The file's schema version: how many migrations it has had. */
export function versionOf(db: DatabaseSync): number {
  return Number(db.prepare("PRAGMA user_version").get()!.user_version);
}

/** Whether a file is a node's copy of what NATS keeps: false of a journal of its own, and of what is no journal. */
export function isCopy(db: DatabaseSync): boolean {
  const isJournal = db.prepare("PRAGMA application_id").get()!.application_id === APPLICATION_ID;
  return isJournal && db.prepare("SELECT value FROM meta WHERE key = 'log'").get() !== undefined;
}

/** Brings a file up to date, one version after the other. Each is there as a whole or not at all. */
export function migrate(db: DatabaseSync, migrations: readonly string[] = MIGRATIONS): void {
  for (let version = versionOf(db); version < migrations.length; version++) {
    db.exec(`BEGIN IMMEDIATE; ${migrations[version]}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}
