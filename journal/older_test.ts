import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { openDatabase } from "./database.ts";
import { JournalError } from "./journal.ts";
import { MIGRATIONS, versionOf } from "./schema.ts";

/** What the next version might need. */
const NEXT = [...MIGRATIONS, "CREATE TABLE next (a)"];

/** The version that this program writes. */
const VERSION = MIGRATIONS.length;

function test(name: string, body: (path: string, names: () => string[]) => void, ignore = false): void {
  Deno.test({
    name,
    ignore,
    fn() {
      const directory = Deno.makeTempDirSync({ prefix: "older-" });
      try {
        body(`${directory}/hubbub.db`, () => [...Deno.readDirSync(directory)].map(({ name }) => name).sort());
      } finally {
        Deno.removeSync(directory, { recursive: true });
      }
    },
  });
}

/** Makes a journal of this version in which there is something, or adds to it. */
function write(path: string, room: string): void {
  const db = openDatabase(path);
  db.prepare("INSERT INTO rooms (room) VALUES (?)").run(room);
  db.close();
}

/** The version of a file and the rooms in it. */
function read(path: string): [number, string[]] {
  const db = new DatabaseSync(path, { readOnly: true });
  const rooms = db.prepare("SELECT room FROM rooms ORDER BY id").all().map(({ room }) => String(room));
  const version = versionOf(db);
  db.close();
  return [version, rooms];
}

test(
  "A journal that an older version wrote is brought up to date, and a copy is kept that the older one can open",
  (path, names) => {
    write(path, "lobby");
    openDatabase(path, NEXT).close();
    const copy = path.replace(/\.db$/, `.v${VERSION}.db`);
    assert.deepEqual(names(), ["hubbub.db", `hubbub.v${VERSION}.db`]);
    assert.deepEqual([read(path), read(copy)], [[VERSION + 1, ["lobby"]], [VERSION, ["lobby"]]]);
    write(copy, "den");
    assert.deepEqual(read(copy), [VERSION, ["lobby", "den"]]);
  },
);

test("Nothing is copied of a new journal, of one that is up to date, or of one in memory", (path, names) => {
  for (let time = 1; time <= 2; time++) openDatabase(path, NEXT).close();
  openDatabase(":memory:", NEXT).close();
  assert.deepEqual(names(), ["hubbub.db"]);
});

test("A copy that is there is not overwritten, and one that was cut off is made anew", (path, names) => {
  write(path, "lobby");
  openDatabase(path, NEXT).close();
  // Somebody went back, and said something.
  Deno.copyFileSync(path.replace(/\.db$/, `.v${VERSION}.db`), path);
  write(path, "den");
  Deno.writeTextFileSync(path.replace(/\.db$/, `.v${VERSION}.2.db.partial`), "cut off");
  openDatabase(path, NEXT).close();
  assert.deepEqual(names(), ["hubbub.db", `hubbub.v${VERSION}.2.db`, `hubbub.v${VERSION}.db`]);
  assert.deepEqual(read(path.replace(/\.db$/, `.v${VERSION}.2.db`)), [VERSION, ["lobby", "den"]]);
  assert.deepEqual(read(path.replace(/\.db$/, `.v${VERSION}.db`)), [VERSION, ["lobby"]]);
});

test("A migration that fails leaves the older journal as it is, beside its copy", (path, names) => {
  write(path, "lobby");
  assert.throws(() => openDatabase(path, [...NEXT, "CREATE TABLE rooms (a)"]), JournalError);
  assert.deepEqual(names(), ["hubbub.db", `hubbub.v${VERSION}.db`]);
  write(path.replace(/\.db$/, `.v${VERSION}.db`), "den");
});

test(
  "A journal for whose copy there is no room is not brought up to date, and one line says so",
  (path, names) => {
    write(path, "lobby");
    const before = Deno.readFileSync(path);
    const database = fileURLToPath(import.meta.resolve("./database.ts"));
    const script = `import { openDatabase } from ${JSON.stringify(`file://${database}`)};
      try { openDatabase(Deno.args[0], ${JSON.stringify(NEXT)}); }
      catch (error) { console.log(error.message); }`;
    const scriptPath = `${path}.ts`;
    Deno.writeTextFileSync(scriptPath, script);
    // No file may grow beyond that, which the process is told by an error and not by a signal.
    const limit = `trap "" XFSZ; ulimit -S -f ${before.length / 1024 / 2}; exec "$@"`;
    const { stdout } = new Deno.Command("bash", {
      args: [
        "-c",
        limit,
        "--",
        Deno.execPath(),
        "run",
        "--no-check",
        "--allow-read",
        "--allow-write",
        scriptPath,
        path,
      ],
    }).outputSync();
    Deno.removeSync(scriptPath);
    assert.match(
      new TextDecoder().decode(stdout),
      /^Cannot bring the journal ".*hubbub\.db" up to date, for before it has to be copied to ".*\.v\d+\.db": the disk is full: make room on it\n$/,
    );
    assert.deepEqual(names(), ["hubbub.db"]);
    assert.deepEqual(Deno.readFileSync(path), before);
  },
  Deno.build.os === "windows",
);
