import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { sizeOf } from "./commands.ts";
import { answerOf, requestOf } from "./journal/hold.ts";
import { JOURNAL_FILE } from "./journal/sqlite.ts";
import type { Said } from "./protocol.ts";
import { inFolder } from "./testing/folder.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { ServerProcess } from "./testing/server_process.ts";
import { hasTerminal, TERMINAL } from "./testing/terminal.ts";

/** A test with a folder, in which `data` is that of a server. */
function test(name: string, body: (folder: string, data: string) => Promise<void>, ignore = false): void {
  Deno.test({ name, ignore, fn: inFolder((folder) => body(folder, `${folder}/data`)) });
}

/** Somebody who is in the lobby. */
async function enter(server: ServerProcess, who: string, name?: string): Promise<JsonClient> {
  const client = await JsonClient.connect(server.port);
  client.send({ type: "hello", secret: secretOf(who), name, rooms: [{ room: "lobby" }] });
  await client.got("joined");
  return client;
}

/** Says something in the lobby, and returns when it is kept. */
async function say(client: JsonClient, nonce: string): Promise<void> {
  client.messages.length = 0;
  client.send({ type: "say", room: "lobby", nonce, text: nonce });
  const fate = await client.fateOf(nonce);
  assert.equal(fate.type, "said");
}

async function readLobby(server: ServerProcess): Promise<readonly Said[]> {
  await using reader = await enter(server, "a reader");
  return await reader.history("lobby");
}

const texts = (log: readonly Said[]) => log.map(({ text }) => text);

/** Runs a command that is to succeed, and gives what it printed. */
async function run(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ServerProcess.run(args);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

/** Runs a command that is to fail with one line, which it gives. */
async function refused(code: number, ...args: string[]): Promise<string> {
  const result = await ServerProcess.run(args);
  assert.deepEqual([result.code, result.stdout], [code, ""]);
  assert.match(result.stderr, /^hubbub: [^\n]+\n$/);
  return result.stderr.slice("hubbub: ".length, -1);
}

/** The files of a folder that belong to its journal. */
const journalFiles = (data: string) => names(data).filter((name) => name.startsWith("hubbub."));

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** Waits until a file of a folder is there. */
async function untilThere(folder: string, name: string): Promise<void> {
  using changes = Deno.watchFs(folder);
  if (names(folder).includes(name)) return;
  for await (const _ of changes) if (names(folder).includes(name)) return;
}

test(
  "Beside a running server a backup and an archive are made that have everything that was said before, while people talk",
  async (folder, data) => {
    await using server = await ServerProcess.start({ data, args: ["--rate=0"] });
    await using ann = await enter(server, "Ann", "Ann");
    for (let i = 1; i <= 20; i++) await say(ann, `before-${i}`);

    // It goes on, one after the other, until both are made.
    await using bob = await enter(server, "Bob", "Bob");
    let isDone = false;
    const talking = (async () => {
      let count = 0;
      while (!isDone) await say(bob, `meanwhile-${++count}`);
      return count;
    })();
    const commands = [["backup", `${folder}/b.db`], ["export", `${folder}/a.jsonl`], ["export"]];
    const printed: string[] = [];
    try {
      for (const command of commands) printed.push(await run(...command, `--data=${data}`));
    } finally {
      isDone = true;
    }
    const said = await talking;
    const archive = printed.pop()!;
    assert.match(printed.join(""), /^Backed up to .*\/b\.db: [\d.]+ kB\.\nExported \d+ lines to .*\/a\.jsonl\.\n$/);
    assert(said > 20, `${said} messages`);
    await say(ann, "after");
    const log = texts(await readLobby(server));
    assert.equal(log.length, 20 + said + 1);
    assert.deepEqual(names(folder), ["a.jsonl", "b.db", "data"]);
    assert.equal((await server.end()).code, 0);
    assert.deepEqual(journalFiles(data), [JOURNAL_FILE]);

    const isBeginning = (texts: readonly unknown[]) => {
      assert(texts.length >= 20 && texts.length < log.length, `${texts.length} messages`);
      assert.deepEqual(texts, log.slice(0, texts.length));
    };
    const db = new DatabaseSync(`${folder}/b.db`, { readOnly: true });
    isBeginning(db.prepare("SELECT text FROM messages ORDER BY id").all().map(({ text }) => text));
    db.close();
    for (const text of [archive, await Deno.readTextFile(`${folder}/a.jsonl`)]) {
      const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
      isBeginning(lines.filter(({ type }) => type === "entry").map(({ text }) => text));
      assert.deepEqual(lines.filter(({ type }) => type === "claim").map(({ name }) => name).sort(), ["Ann", "Bob"]);
    }
  },
);

Deno.test("A size has three digits and a unit that fits", () => {
  const sizes = [0, 400, 77_824, 999_999, 1_000_000, 1_540_000, 12_345_678, 2_500_000_000, 1_234_000_000_000];
  assert.deepEqual(
    sizes.map(sizeOf),
    ["0 kB", "0.4 kB", "77.8 kB", "1,000 kB", "1 MB", "1.54 MB", "12.3 MB", "2.5 GB", "1,230 GB"],
  );
});

test(
  "Last night's backup is restored: everything is as it was then, and who saw more starts again",
  async (folder, data) => {
    let epoch: string;
    let log: readonly Said[];
    {
      await using server = await ServerProcess.start({ data });
      await using ann = await enter(server, "Ann", "Ann");
      ({ epoch } = await ann.got("welcome"));
      for (let i = 1; i <= 60; i++) await say(ann, `n${i}`);
      log = await readLobby(server);
      await run("backup", `--data=${data}`, `${folder}/night.db`);
      await say(ann, "after");
      assert.match(
        await refused(1, "restore", `--data=${data}`, `${folder}/night.db`),
        /^Cannot replace the journal ".*": another process has it open: end that one$/,
      );
      await say(ann, "goes-on");
      await server.end();
    }
    const printed = await run("restore", `--data=${data}`, `${folder}/night.db`);
    const kept = /What was there is kept in (.*\/hubbub\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.db)\.\n$/.exec(printed)?.[1];
    assert(kept, printed);
    assert.deepEqual(journalFiles(data), [kept.slice(data.length + 1), JOURNAL_FILE]);

    await using server = await ServerProcess.start({ data });
    assert.deepEqual(await readLobby(server), log);
    await using ann = await JsonClient.connect(server.port);
    const after = log.at(-1)!.id + 1;
    ann.send({ type: "hello", secret: secretOf("Ann"), epoch, rooms: [{ room: "lobby", after }] });
    assert.notEqual((await ann.got("welcome")).epoch, epoch);
    assert.equal((await ann.got("welcome")).name, "Ann");
    assert.equal((await ann.got("joined")).start, "reload");
    await say(ann, "and-on");
    ann.send({ type: "search", ref: 1, query: "n60" });
    assert.deepEqual(texts((await ann.got("found")).entries), ["n60"]);
  },
);

test(
  "What was exported is imported elsewhere, the same to the byte when it is exported again",
  async (folder, data) => {
    {
      await using server = await ServerProcess.start({ data });
      await using ann = await enter(server, "Ann", "Ann");
      for (const nonce of ["one", "two", "three"]) await say(ann, nonce);
      await server.end();
    }
    const [archive, other] = [`${folder}/a.jsonl`, `${folder}/other`];
    await run("export", `--data=${data}`, archive);
    const importing = () => run("import", `--data=${other}`, archive);
    assert.equal(await importing(), "Imported names: 1, messages: 3.\n");
    assert.equal(await importing(), "Imported nothing. Were there already: names: 1, messages: 3.\n");
    const packed = `${folder}/a.jsonl.gz`;
    const piped = [
      await ServerProcess.run(["export", `--data=${data}`], {}, ["sh", "-c", `"$@" | gzip > ${packed}`, "--"]),
      await ServerProcess.run(["import", `--data=${folder}/piped`, "-"], {}, [
        "sh",
        "-c",
        `gunzip -c ${packed} | "$@"`,
        "--",
      ]),
    ];
    assert.deepEqual(piped.map(({ stdout }) => stdout), ["", "Imported names: 1, messages: 3.\n"]);
    const text = await Deno.readTextFile(archive);
    assert.equal(await run("export", `--data=${folder}/piped`), text);
    assert.equal(await run("export", `--data=${other}`), text);
    assert.equal(await run("export", "--room=lobby", `--data=${other}`), text.replace("1}", '1,"room":"lobby"}'));

    // Ann is somebody else here, and nobody locks rooms from elsewhere.
    const theirs = [
      { hubbub: 1 },
      { type: "claim", user: "another", name: "Ann" },
      { type: "entry", id: 1, room: "lobby", user: "another", name: "Ann", at: 1, nonce: "n", text: "four" },
      { type: "act", id: 2, by: "boss", name: "Boss", at: 1, deed: { type: "lock", room: "lobby" } },
      { type: "end", lines: 3 },
    ];
    await Deno.writeTextFile(archive, theirs.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const left = "Left out, for they hold only where they are from: names: 1, acts: 1.\n";
    assert.equal(await importing(), `Imported messages: 1. ${left}`);
    assert.equal(await importing(), `Imported nothing. Were there already: messages: 1. ${left}`);

    await using server = await ServerProcess.start({ data: other });
    assert.deepEqual(texts(await readLobby(server)), ["one", "two", "three", "four"]);
    assert.match(
      await refused(1, "import", `--data=${other}`, archive),
      /^Cannot open the journal ".*": another process has it open/,
    );
  },
);

test(
  "A server that ends or is killed while its file is held ends the hold, and keeps everything",
  async (_folder, data) => {
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await using server = await ServerProcess.start({ data });
      await using ann = await enter(server, "Ann", "Ann");
      // As a command does that is killed before it has read anything.
      await Deno.writeTextFile(requestOf(`${data}/${JOURNAL_FILE}`), `token-${signal}`);
      await untilThere(data, answerOf(JOURNAL_FILE));
      await say(ann, signal);
      assert.match(await refused(1, "backup", `--data=${data}`, `${data}/b.db`), /another backup or export does/);
      await server.end(signal);
      if (signal === "SIGTERM") assert.deepEqual(journalFiles(data), [JOURNAL_FILE, `${JOURNAL_FILE}-hold`]);
      await Deno.remove(requestOf(`${data}/${JOURNAL_FILE}`));
    }
    assert(names(data).includes(`${JOURNAL_FILE}-held`));
    await using server = await ServerProcess.start({ data });
    assert(!names(data).includes(`${JOURNAL_FILE}-held`));
    assert.deepEqual(texts(await readLobby(server)), ["SIGTERM", "SIGKILL"]);
  },
);

test(
  "HOSTILE 35: a command that is given too little, too much or what it does not take says so in one line and ends with 2, one that fails with 1",
  async (folder, data) => {
    assert.equal(await refused(2, "backup"), "hubbub backup takes FILE; see hubbub backup --help");
    assert.equal(
      await refused(2, "backup", "--rate=1", "b.db"),
      "hubbub backup does not take --rate; see hubbub backup --help",
    );
    assert.equal(await refused(2, "import", "a", "b"), "Unexpected argument 'b'; see hubbub import --help");
    assert.equal(await refused(2, "export", "--room=A b"), '--room takes the name of a room; got "A b"');
    const missing = `Cannot read "${data}/${JOURNAL_FILE}": there is no such file. Is --data right?`;
    assert.equal(await refused(1, "backup", `--data=${data}`, `${folder}/b.db`), missing);
    assert.equal(await refused(1, "export", `--data=${data}`), missing);
    for (const command of ["restore", "import"]) {
      assert.equal(
        await refused(1, command, `--data=${data}`, `${folder}/none`),
        `Cannot ${command} "${folder}/none": there is no such file or folder`,
      );
    }
    assert.deepEqual(names(folder), []);
  },
);

test("On a terminal there is a progress line, which is gone in the end", async (folder, data) => {
  {
    await using server = await ServerProcess.start({ data });
    await using ann = await enter(server, "Ann", "Ann");
    await say(ann, "hello");
    await server.end();
  }
  const commands: [string, string[]][] = [
    ["Backing up", ["backup", `${folder}/b.db`]],
    ["Restoring", ["restore", `${folder}/b.db`]],
  ];
  for (const [what, args] of commands) {
    const { code, stdout } = await ServerProcess.run([...args, `--data=${data}`], {}, TERMINAL);
    assert.equal(code, 0, stdout);
    const [start, first, ...more] = stdout.split("\r\x1b[K");
    assert.deepEqual([start, first], ["", `${what}: 0 %`]);
    assert.match(more.at(-1)!, /^(Backed up|Restored) [^\r]*\.\r\n$/);
  }
}, !hasTerminal);
