import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { JOURNAL_FILE, openSqlite } from "./journal/sqlite.ts";
import type { Said } from "./protocol.ts";
import { inFolder } from "./testing/folder.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { ServerProcess } from "./testing/server_process.ts";

/** So large may the files get of a server whose disk is soon full, in KiB: more than a new journal, and little. */
const SOON_FULL_KIB = 256;
/** prlimit, of util-linux, gives a process room while it runs. */
const canGiveRoom = Deno.build.os === "linux" && await exists("/usr/bin/prlimit");

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** A test with a folder for data. */
function test(name: string, check: (data: string) => Promise<void>, ignore = false): void {
  Deno.test({ name, ignore, fn: inFolder(check) });
}

/** Somebody who is in the lobby. */
async function enter(server: ServerProcess, who: string, name?: string): Promise<JsonClient> {
  const client = await JsonClient.connect(server.port);
  client.send({ type: "hello", secret: secretOf(who), name, rooms: [{ room: "lobby" }] });
  await client.got("joined");
  return client;
}

/** Says something in the lobby and gives what became of it. */
async function say(client: JsonClient, nonce: string, text = nonce): ReturnType<JsonClient["fateOf"]> {
  client.messages.length = 0;
  client.send({ type: "say", room: "lobby", nonce, text });
  return await client.fateOf(nonce);
}

/** All that was said in the lobby. */
async function readLobby(server: ServerProcess): Promise<Said[]> {
  await using reader = await enter(server, "a reader");
  return await reader.history("lobby");
}

const texts = (log: readonly Said[]) => log.map(({ text }) => text);

/** Every file of a folder. */
async function filesOf(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name, isFile } of Deno.readDir(folder)) {
    files.set(name, isFile ? await Deno.readFile(`${folder}/${name}`) : new Uint8Array());
  }
  return files;
}

/** HOLDS: on this folder no server starts; it says why in one line, and leaves every file as it is. */
async function assertRefused(data: string, reason: RegExp, under: string[] = []): Promise<void> {
  const before = await filesOf(data);
  const { code, stdout, stderr } = await ServerProcess.run(["--addr=127.0.0.1:0", `--data=${data}`], {}, under);
  assert.deepEqual([code, stdout], [1, ""]);
  const start = `hubbub: Cannot open the journal "${data}/${JOURNAL_FILE}": `;
  assert.equal(stderr.slice(0, start.length), start);
  assert.match(stderr.slice(start.length), reason);
  assert.equal(stderr.indexOf("\n"), stderr.length - 1, "one line");
  assert.deepEqual(await filesOf(data), before);
}

/** A folder in which something was said and kept. */
async function fill(data: string): Promise<void> {
  await using server = await ServerProcess.start({ data });
  await using ann = await enter(server, "Ann", "Ann");
  assert.equal((await say(ann, "n1", "hello")).type, "said");
  await server.end();
}

test("What was said, who is called what and where somebody was are the same after a restart", async (data) => {
  let log: Said[];
  let epoch: string;
  {
    await using server = await ServerProcess.start({ data });
    await using ann = await enter(server, "Ann", "Ann");
    await using bob = await enter(server, "Bob");
    ({ epoch } = await ann.got("welcome"));
    for (let i = 1; i <= 60; i++) await say(i % 2 ? ann : bob, `n${i}`);
    log = await readLobby(server);
    assert.deepEqual(texts(log), Array.from({ length: 60 }, (_, i) => `n${i + 1}`));
    // Nobody waits for these, and yet they are kept.
    bob.send(...[61, 62, 63].map((i) => ({ type: "say", room: "lobby", nonce: `n${i}`, text: `n${i}` } as const)));
    bob.send({ type: "ping" });
    await bob.got("pong");
    assert.equal((await server.end()).code, 0);
  }
  await using server = await ServerProcess.start({ data });
  const after = await readLobby(server);
  assert.deepEqual(after.slice(0, 60), log);
  assert.deepEqual(texts(after.slice(60)), ["n61", "n62", "n63"]);

  await using eve = await enter(server, "Eve", "Аnn");
  assert.equal((await eve.got("error")).code, "nameTaken");
  await using ann = await JsonClient.connect(server.port);
  ann.send({ type: "hello", secret: secretOf("Ann"), epoch, rooms: [{ room: "lobby", after: log[57]!.id }] });
  assert.equal((await ann.got("welcome")).name, "Ann");
  assert.equal((await ann.got("welcome")).epoch, epoch);
  const { start, entries } = await ann.got("joined");
  assert.deepEqual([start, texts(entries)], ["resumed", ["n59", "n60", "n61", "n62", "n63"]]);
  const again = await say(ann, "n59");
  assert(again.type === "kept" && again.id === log[58]!.id);
});

test("With --keep what is older is deleted, and what is newer stays", async (data) => {
  const journal = await openSqlite({ directory: data });
  const old = { room: "lobby", user: "u", name: "Ann", text: "old", nonce: "n1", at: Date.now() - 3 * 86_400_000 };
  await journal.append([old, { ...old, text: "new", nonce: "n2", at: Date.now() - 86_400_000 }]);
  await journal.close();
  {
    await using server = await ServerProcess.start({ data });
    assert.deepEqual(texts(await readLobby(server)), ["old", "new"]);
    await server.end();
  }
  await using server = await ServerProcess.start({ data, args: ["--keep=2d"] });
  assert.deepEqual(texts(await readLobby(server)), ["new"]);
});

test("HOSTILE 32: a second server on the same folder does not start, and the first goes on", async (data) => {
  await using server = await ServerProcess.start({ data });
  await using ann = await enter(server, "Ann", "Ann");
  await say(ann, "n1");
  // It brings the index for searching up to date, after which nothing is written until somebody talks.
  ann.send({ type: "search", ref: 1, query: "n1" });
  await ann.got("found");
  await assertRefused(data, /^another process has it open: end that one, or use another folder\n$/);
  assert.equal((await say(ann, "n2")).type, "said");
  assert.deepEqual(texts(await readLobby(server)), ["n1", "n2"]);
  await server.end();
  await using next = await ServerProcess.start({ data });
  assert.deepEqual(texts(await readLobby(next)), ["n1", "n2"]);
});

test("HOSTILE 32: a file that is no journal, is damaged, or is a newer version's keeps the server from starting", async (data) => {
  const path = `${data}/${JOURNAL_FILE}`;
  await Deno.writeTextFile(path, "Dear diary, ".repeat(1_000));
  await assertRefused(data, /^it is not a journal: move it away, or use another folder\n$/);

  await Deno.remove(path);
  await fill(data);
  const good = await Deno.readFile(path);
  // What the file's tables are stands on its first page, behind the header of 100 bytes.
  await Deno.writeFile(path, good.map((byte, i) => i >= 100 && i < 4_096 ? 0xff : byte));
  await assertRefused(data, /^it is damaged: put a backup in its place, or move it away to start a new one\n$/);

  await Deno.writeFile(path, good.subarray(0, good.length / 2));
  await assertRefused(data, /^it is damaged: /);

  await Deno.writeFile(path, good);
  const db = new DatabaseSync(path);
  db.exec("PRAGMA user_version = 99");
  db.close();
  await assertRefused(
    data,
    /^it was written by a newer Hubbub \(format 99, this one knows \d+\): use that one, or another folder\n$/,
  );

  await Deno.writeFile(path, good);
  await using server = await ServerProcess.start({ data });
  assert.deepEqual(texts(await readLobby(server)), ["hello"], "the good file is good");
});

test(
  "HOSTILE 31: when the disk is full senders are told so, reading goes on, and it recovers when there is room again",
  async (data) => {
    await using server = await ServerProcess.start({
      data,
      // Its files can't grow beyond that, which it is told by an error and not by a signal.
      under: ["bash", "-c", `trap "" XFSZ; ulimit -S -f ${SOON_FULL_KIB}; exec "$@"`, "--"],
    });
    await using ann = await enter(server, "Ann", "Ann");
    await using eve = await enter(server, "Eve", "Eve");
    await using bob = await enter(server, "Bob", "Bob");
    const longText = (nonce: string) => `${nonce} is long ${"x".repeat(8_000)}`;

    const kept: string[] = [];
    for (let isFull = false; !isFull;) {
      const nonce = `n${kept.length + 1}`;
      const fate = await say(ann, nonce, longText(nonce));
      isFull = fate.type === "error";
      if (!isFull) kept.push(nonce);
      else assert(fate.type === "error" && fate.code === "storage" && fate.room === "lobby", JSON.stringify(fate));
      assert(kept.length < SOON_FULL_KIB, "it never gets full");
    }
    assert(kept.length > 2);
    const lost = `n${kept.length + 1}`;
    for (const [client, nonce] of [[eve, "e1"], [ann, lost]] as const) {
      const fate = await say(client, nonce, longText(nonce));
      assert(fate.type === "error" && fate.code === "storage");
    }
    const nonces = (log: readonly Said[]) => log.map(({ nonce }) => nonce);
    assert.deepEqual(nonces(await readLobby(server)), kept);
    bob.send({ type: "search", ref: 1, query: "n1" });
    await bob.got("found");
    await using late = await enter(server, "somebody who comes now", "Late");

    await giveRoom(server.pid);
    assert.equal((await say(ann, lost, longText(lost))).type, "said");
    const readiness = await fetch(new URL("/readyz", server.url));
    assert.deepEqual([readiness.status, await readiness.text()], [200, "ready\n"]);
    assert.equal((await say(eve, "e1", longText("e1"))).type, "said");
    assert.equal((await say(late, "l1")).type, "said");
    const log = await readLobby(server);
    assert.deepEqual(nonces(log), [...kept, lost, "e1", "l1"]);
    await bob.got("said", ({ nonce }) => nonce === "l1");
    const heard = bob.messages.filter((message) => message.type === "said");
    assert.deepEqual(heard, log, "the others heard what is kept, and nothing else");
    bob.send({ type: "search", ref: 2, query: "long" });
    assert.equal((await bob.got("found", ({ ref }) => ref === 2)).entries.length > 0, true);

    assert.equal((await server.end()).code, 0);
    const lines = (await server.ended).stderr.trimEnd().split("\n");
    assert.match(lines[0]!, /^What is said can't be kept: Cannot write to the journal ".*": the disk .*make room/);
    assert(lines.includes("What is said can be kept again."), lines.join("\n"));
    assert(lines.every((line) => /^(What is said|A name) can/.test(line)), lines.join("\n"));

    await using next = await ServerProcess.start({ data });
    assert.deepEqual(await readLobby(next), log);
  },
  !canGiveRoom,
);

/** To root everything is allowed, unless it gives that up. */
const LIKE_ANYBODY = Deno.uid() === 0 ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] : [];

test(
  "HOSTILE 31: a file or a folder that may not be written to keeps the server from starting, and nothing is changed",
  async (data) => {
    await fill(data);
    const path = `${data}/${JOURNAL_FILE}`;
    await Deno.chmod(path, 0o400);
    await assertRefused(data, /^it may not be written to: change its permissions.*\n$/, LIKE_ANYBODY);
    await Deno.chmod(path, 0o600);
    await Deno.remove(path);
    await Deno.chmod(data, 0o500);
    await assertRefused(
      data,
      /^it can't be created or opened: check the permissions of its folder.*\n$/,
      LIKE_ANYBODY,
    );
    await Deno.chmod(data, 0o700);
  },
  Deno.build.os === "windows" || (Deno.uid() === 0 && !await exists("/usr/bin/setpriv")),
);

/** Lets the files of a process grow as large as they like. */
async function giveRoom(pid: number): Promise<void> {
  const { success } = await new Deno.Command("prlimit", { args: [`--pid=${pid}`, "--fsize=unlimited"] }).output();
  assert(success, "prlimit");
}
