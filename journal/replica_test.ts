import assert from "node:assert/strict";
import { eventually } from "../testing/eventually.ts";
import { FakeClock, settle } from "../testing/fakes.ts";
import { inFolder } from "../testing/folder.ts";
import { type LogLine, MemoryLog } from "../testing/memory_log.ts";
import { Random, withRandom } from "../testing/random.ts";
import { openReplica } from "../testing/replicas.ts";
import { type Copy, RETURN_MS_MAX } from "./copier.ts";
import {
  type Draft,
  type Entry,
  isAct,
  type Journal,
  JournalError,
  type Kept,
  RETENTION_INTERVAL_MS,
  type Stored,
} from "./journal.ts";
import { openMemoryCopy } from "./memory.ts";
import type { LogRecord } from "./shared_log.ts";
import { openSqlite, openSqliteCopy } from "./sqlite.ts";

const DAY_MS = 86_400_000;
const BY = { by: "u-ann", name: "Ann", at: 1 };

let nonces = 0;

function draft(text: string, draft: Partial<Draft> = {}): Draft {
  return { room: "lobby", user: "u-ann", name: "Ann", text, nonce: `n${nonces++}`, at: 1_000, ...draft };
}

/** A node: its journal, its line to the log, and what its hub was told. */
class Node implements AsyncDisposable {
  readonly kept: Kept[] = [];
  readonly named: (readonly [user: string, name: string | undefined])[] = [];
  readonly failures: JournalError[] = [];
  readonly journal: Journal;
  readonly line: LogLine;

  private constructor(journal: Journal, line: LogLine) {
    this.journal = journal;
    this.line = line;
    journal.listen({
      kept: (kept) => this.kept.push(...kept),
      named: (...named) => this.named.push(named),
      failing: (error) => this.failures.push(error),
    });
  }

  static async open(log: MemoryLog, options: Parameters<typeof openReplica>[1] = {}): Promise<Node> {
    const line = log.connect();
    return new Node(await openReplica(line, options), line);
  }

  /** What is in the copy of a room. */
  async texts(room = "lobby"): Promise<string[]> {
    return (await this.journal.before(room, Infinity, 10_000)).entries.map(({ text }) => text);
  }

  /** Waits until it has everything that the log has. */
  async upToDate(): Promise<void> {
    await this.journal.probe();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.journal.close();
  }
}

Deno.test("What is said on one node is kept on all, with one id, and each hub hears of it once, in one order", async () => {
  const log = new MemoryLog();
  await using one = await Node.open(log);
  await using two = await Node.open(log);
  const [a, b] = await Promise.all([one.journal.append([draft("a"), draft("b")]), two.journal.append([draft("c")])]);
  await Promise.all([one.upToDate(), two.upToDate()]);
  assert.equal(one.journal.epoch, two.journal.epoch);
  assert.deepEqual(one.kept, two.kept);
  assert.deepEqual(new Set(one.kept), new Set([...a, ...b].map(({ entry }) => entry)));
  assert.deepEqual(await one.texts(), await two.texts());
});

Deno.test("Who has asked is answered when their hub has heard of it", async () => {
  await using node = await Node.open(new MemoryLog());
  const [stored] = await node.journal.append([draft("a")]);
  assert.deepEqual(node.kept, [stored!.entry]);
  const act = await node.journal.act({ deed: { type: "lock", room: "lobby" }, ...BY });
  assert.deepEqual(node.kept.at(-1), act);
});

Deno.test("What is said again is not kept again, not even on another node, long after the log has forgotten it", async () => {
  const log = new MemoryLog();
  await using one = await Node.open(log);
  await using two = await Node.open(log);
  const said = draft("once");
  const [first] = await one.journal.append([said]);
  const [soon] = await two.journal.append([said]);
  log.forgetKeys();
  const [late] = await two.journal.append([said]);
  for (const again of [soon, late]) assert.deepEqual(again, { entry: first!.entry, duplicate: true });
  assert.deepEqual(await one.texts(), ["once"]);
  assert.equal(log.records.length, 1, "nothing was published that was known");
});

Deno.test("Of what two nodes append under one nonce, when neither knows of the other, the first is kept on both", async () => {
  const log = new MemoryLog();
  await using one = await Node.open(log);
  await using two = await Node.open(log);
  two.line.holdTail();
  const [first] = await one.journal.append([draft("first", { nonce: "same" })]);
  log.forgetKeys();
  const second = two.journal.append([draft("second", { nonce: "same" })]);
  while (log.records.length < 2) await settle();
  two.line.mend();
  assert.deepEqual(await second, [{ entry: first!.entry, duplicate: true }]);
  assert.deepEqual([await one.texts(), await two.texts()], [["first"], ["first"]]);
  assert.equal(two.kept.length, 1);
});

Deno.test("Whose message is lost on its way is told so, and nothing of what they said after it is kept before it", async () => {
  const log = new MemoryLog();
  await using node = await Node.open(log);
  let lost = 0;
  node.line.delivery = (record) => "say" in record && record.say.text === "2" && lost++ === 0 ? "lost" : "kept";
  const drafts = [draft("1"), draft("2"), draft("3"), draft("other", { user: "u-bob" })];
  await assert.rejects(node.journal.append(drafts), JournalError);
  await node.upToDate();
  assert(!(await node.texts()).includes("3"), "3 is not before 2");
  const stored = await node.journal.append(drafts);
  assert.deepEqual((await node.texts()).filter((text) => text !== "other"), ["1", "2", "3"]);
  assert(stored.some(({ duplicate }) => duplicate), "what was kept is not kept again");
});

Deno.test("What was kept though it seemed lost is told all the same, and known when it is said again", async () => {
  const log = new MemoryLog();
  await using node = await Node.open(log);
  node.line.delivery = () => "doubted";
  const said = draft("a");
  await assert.rejects(node.journal.append([said]), JournalError);
  await node.upToDate();
  assert.deepEqual((node.kept as Entry[]).map(({ text }) => text), ["a"]);
  node.line.delivery = () => "kept";
  assert.equal((await node.journal.append([said]))[0]!.duplicate, true);
});

Deno.test("A node whose line is cut says so, goes on reading, refuses to keep, and catches up when it is mended", async () => {
  const log = new MemoryLog();
  await using one = await Node.open(log);
  await using two = await Node.open(log);
  await two.journal.append([draft("before")]);
  await one.upToDate();
  one.line.cut();
  assert.equal(one.failures.length, 1);
  await assert.rejects(one.journal.append([draft("lost")]), JournalError);
  await assert.rejects(one.journal.probe(), JournalError);
  await two.journal.append([draft("meanwhile")]);
  assert.deepEqual(await one.texts(), ["before"]);
  one.line.mend();
  await one.upToDate();
  assert.deepEqual(one.kept, two.kept);
});

Deno.test("Who waits for what does not come back out of the log is told after a while", async () => {
  const log = new MemoryLog();
  const clock = new FakeClock();
  await using node = await Node.open(log, { clock });
  node.line.holdTail();
  const appended = node.journal.append([draft("a")]);
  while (log.records.length === 0 || clock.waiting === 0) await settle();
  clock.advance(RETURN_MS_MAX);
  await assert.rejects(appended, JournalError);
  node.line.mend();
  await node.upToDate();
  assert.deepEqual(await node.texts(), ["a"]);
});

Deno.test("A node that starts has everything before it is open, and then hears what comes, without a hole", async () => {
  const log = new MemoryLog();
  await using one = await Node.open(log);
  await one.journal.append(Array.from({ length: 250 }, (_, n) => draft(`m${n}`)));
  await one.journal.act({ deed: { type: "lock", room: "den" }, ...BY });
  await one.journal.claim({ user: "u-ann", name: "Ann" });
  const places: number[] = [];
  const line = log.connect();
  const late = await openReplica(line, { report: (place) => places.push(place) });
  assert.deepEqual(places.at(-1), 252);
  assert.equal(late.last, 252);
  assert.deepEqual(late.acts.map(({ deed }) => deed.type), ["lock"]);
  assert.deepEqual(late.claims, [{ user: "u-ann", name: "Ann" }]);
  await one.journal.append([draft("between")]);
  await settle();
  const heard: Kept[] = [];
  late.listen({ kept: (kept) => heard.push(...kept), named() {}, failing() {} });
  await late.probe();
  assert.deepEqual(heard.map((kept) => (kept as Entry).text), ["between"]);
  await late.close();
});

Deno.test("A name belongs to who claimed it first in the order of the log; who was second is told, on whichever node", async () => {
  const log = new MemoryLog();
  await using one = await Node.open(log);
  await using two = await Node.open(log);
  assert.equal(await two.journal.claim({ user: "u-bob", name: "Bob" }), true);
  const claims = [
    one.journal.claim({ user: "u-ann", name: "Ann" }),
    // It looks like it.
    two.journal.claim({ user: "u-bob", name: "Anп" }),
  ];
  assert.deepEqual((await Promise.all(claims)).toSorted(), [false, true]);
  await Promise.all([one.upToDate(), two.upToDate()]);
  assert.deepEqual(one.named, two.named);
  assert.deepEqual(one.named.at(-1)?.[0] === "u-bob" ? one.named.at(-1) : one.named.at(-2), [
    "u-bob",
    (await claims[1]) ? "Anп" : "Bob",
  ]);
  // A name that was given up is free, and that holds for who starts later, too.
  await one.journal.claim({ user: "u-ann", name: "Carol" });
  assert.equal(await two.journal.claim({ user: "u-eve", name: "Ann" }), await claims[0]);
  await using three = await Node.open(log);
  assert.equal(await three.journal.claim({ user: "u-dan", name: "CAROL" }), false);
});

Deno.test("A message is deleted on all nodes, once, and its text is gone from the log; a node that starts later knows its nonce", async () => {
  const log = new MemoryLog();
  await using one = await Node.open(log);
  await using two = await Node.open(log);
  const said = draft("secret");
  const [{ entry }] = await one.journal.append([said]) as [Stored];
  await two.upToDate();
  const deed = { type: "delete", room: "lobby", message: entry.id } as const;
  const acts = await Promise.all([one.journal.act({ deed, ...BY }), two.journal.act({ deed, ...BY })]);
  assert.equal(acts.filter((act) => act !== undefined).length, 1, "only one of them did it");
  await Promise.all([one.upToDate(), two.upToDate()]);
  assert.deepEqual([await one.texts(), await two.texts()], [[], []]);
  while (log.records[entry.id - 1] !== undefined) await settle();
  assert(!JSON.stringify(log.records).includes("secret"));

  log.forgetKeys();
  await using late = await Node.open(log);
  const [again] = await late.journal.append([said]);
  assert.equal(again!.duplicate, true);
  assert.equal(again!.entry.id, entry.id);
  assert.deepEqual(await late.texts(), []);
  assert.equal(await late.journal.act({ deed: { ...deed, message: 99 }, ...BY }), undefined);
});

Deno.test("What is too old goes from the log and every copy; a node that starts then says that something is gone", async () => {
  const log = new MemoryLog();
  const clock = new FakeClock();
  const at = clock.date() - 10 * DAY_MS;
  await using one = await Node.open(log);
  const old = await one.journal.append([draft("old", { at }), draft("old, too", { room: "den", at })]);
  await one.journal.act({ deed: { type: "ban", user: "u-eve", name: "Eve" }, ...BY });
  await one.journal.append([draft("new", { at: clock.date() })]);
  await using keeping = await Node.open(log, { keepMs: DAY_MS, clock });
  while (log.records.some((record) => record && "say" in record && record.say.at === at)) await settle();
  await keeping.upToDate();

  await using late = await Node.open(log);
  assert.deepEqual(await late.texts(), ["new"]);
  assert.deepEqual(late.journal.acts.map(({ deed }) => deed.type), ["ban"], "what was done still holds");
  assert.equal((await late.journal.missed("den", old[1]!.entry.id - 1, 10)).gap, true);
  assert.equal((await keeping.journal.missed("lobby", 0, 10)).gap, true);
  const records = log.records.length;
  clock.advance(RETENTION_INTERVAL_MS);
  await settle();
  assert(log.records.length <= records + 1);
});

Deno.test(
  "What one node drops is deleted from every copy, whether its node keeps everything or not, and also if it ended before it had",
  inFolder(async (folder) => {
    const log = new MemoryLog();
    const said = [...Array.from({ length: 1_200 }, (_, n) => draft(`old ${n}`)), draft("young", { at: 2_000 })];
    const records: LogRecord[] = [...said.map((say) => ({ say })), { drop: 1_200 }];
    for (const [index, record] of records.entries()) log.append(record, `${index}`);
    const placed = records.map((record, index) => ({ place: index + 1, record }));
    const isPruned = async (copy: Copy) => assert.equal(await copy.expired(2_000), undefined);
    const inMemory = openMemoryCopy(log.state);
    const inFile = await openSqliteCopy({ directory: `${folder}/a` }, log.state);
    for (const copy of [inMemory, inFile]) {
      await copy.apply(placed);
      await eventually(() => isPruned(copy));
      await copy.close();
    }
    const ending = await openSqliteCopy({ directory: `${folder}/b` }, log.state);
    await Promise.all([ending.apply(placed), ending.close()]);
    const begun = await openSqliteCopy({ directory: `${folder}/b` }, log.state);
    await eventually(() => isPruned(begun));
    await begun.close();
  }),
);

Deno.test("A record that nobody understands comes to nothing, and holds nothing up", async () => {
  const log = new MemoryLog();
  await using node = await Node.open(log);
  log.append({ shout: "what?" } as never, "strange");
  assert.equal((await node.journal.append([draft("a")])).length, 1);
  assert.deepEqual(node.kept.map(({ id }) => id), [2]);
});

Deno.test("While the copy can't be written to nothing is told that is not in it, and then everything is", async () => {
  const log = new MemoryLog();
  const clock = new FakeClock();
  let full = true;
  await using node = await Node.open(log, {
    clock,
    openCopy: (state) => {
      const copy = openMemoryCopy(state);
      const apply: typeof copy.apply = (records) =>
        full ? Promise.reject(new JournalError("the disk is full")) : copy.apply(records);
      return Promise.resolve({ ...copy, apply });
    },
  });
  const appended = node.journal.append([draft("a")]);
  while (node.failures.length < 2) {
    await settle();
    clock.advance(1_000);
  }
  assert.deepEqual(node.kept, []);
  full = false;
  clock.advance(1_000);
  assert.equal((await appended)[0]!.duplicate, false);
  assert.deepEqual(await node.texts(), ["a"]);
});

Deno.test(
  "A copy in a file goes on from where it was, and is not taken for another journal, nor another for it",
  inFolder(async (folder) => {
    const log = new MemoryLog();
    const openCopy = (state: typeof log.state) => openSqliteCopy({ directory: folder }, state);
    {
      await using node = await Node.open(log, { openCopy });
      await node.journal.append([draft("a"), draft("b")]);
      await node.journal.claim({ user: "u-ann", name: "Ann" });
      assert.equal(await node.journal.claim({ user: "u-eve", name: "ANN" }), false);
    }
    await using other = await Node.open(log);
    await other.journal.append([draft("c")]);
    {
      await using node = await Node.open(log, { openCopy });
      assert.deepEqual(await node.texts(), ["a", "b", "c"]);
      assert.deepEqual(node.journal.claims, [{ user: "u-ann", name: "Ann" }]);
      assert.deepEqual(node.kept, [], "what it had before is not told again");
      const [stored] = await node.journal.append([draft("d")]);
      assert.equal(stored!.entry.id, log.records.length);
    }
    await assert.rejects(openSqlite({ directory: folder }), /it is a copy of what NATS keeps: start with --nats/);
    await assert.rejects(Node.open(new MemoryLog("another"), { openCopy }), /it is a copy of another stream/);
    await assert.rejects(Node.open(new MemoryLog(), { openCopy }), /NATS has lost some of what is in it/);
  }),
);

Deno.test(
  "A journal that was begun without NATS is not made a copy",
  inFolder(async (folder) => {
    const journal = await openSqlite({ directory: folder });
    await journal.append([draft("a")]);
    await journal.close();
    const openCopy = (state: MemoryLog["state"]) => openSqliteCopy({ directory: folder }, state);
    await assert.rejects(Node.open(new MemoryLog(), { openCopy }), /it holds what was said without NATS/);
  }),
);

/** Something that a node does, or that happens to it, at random. */
async function act(node: Node, random: Random, log: MemoryLog, said: Draft[]): Promise<void> {
  const user = `u-${random.below(4)}`;
  switch (random.below(9)) {
    case 0:
      return node.line.cut();
    case 1:
      return node.line.mend();
    case 2:
      return void await node.journal.claim({ user, name: `${random.pick(["Ann", "ANN", "Bob", "Eve"])}` });
    case 3: {
      const message = 1 + random.below(log.records.length + 1);
      return void await node.journal.act({ deed: { type: "delete", room: "lobby", message }, ...BY });
    }
    case 4: {
      const drop = random.below(log.records.length + 1);
      await node.line.publish({ drop }, crypto.randomUUID());
      return await node.line.prune(drop);
    }
    case 5:
      return void await node.journal.append([...said.slice(random.below(said.length + 1)).slice(0, 1)]);
    default: {
      const drafts = Array.from({ length: 1 + random.below(4) }, () => draft(`by ${user}`, { user }));
      said.push(...drafts);
      return void await node.journal.append(drafts);
    }
  }
}

Deno.test("Whatever is cut, lost or doubted, all copies become the same, and nothing is kept twice, in 200 random runs", async () => {
  await withRandom(async (random) => {
    for (let run = 0; run < 200; run++) {
      const log = new MemoryLog();
      const said: Draft[] = [];
      const nodes = await Promise.all([Node.open(log), Node.open(log), Node.open(log)]);
      for (const { line } of nodes) {
        line.delivery = () => random.chance(0.8) ? "kept" : random.pick(["lost", "doubted"]);
      }
      const pending = new Set<Promise<void>>();
      for (let step = 0; step < 30; step++) {
        // It remembers for longer than anything is on its way.
        if (random.chance(0.1)) {
          await Promise.all(pending);
          log.forgetKeys();
        }
        const done = act(random.pick(nodes), random, log, said).catch((error) => assert(error instanceof JournalError));
        pending.add(done.finally(() => pending.delete(done)));
        // Some wait for the answer and some do not.
        if (random.chance(0.5)) await settle();
      }
      await Promise.all(pending);
      for (const { line } of nodes) {
        line.delivery = () => "kept";
        line.mend();
      }
      // What was refused, or dropped, is said again, somewhere else.
      log.forgetKeys();
      await random.pick(nodes).journal.append(said);
      nodes.push(await Node.open(log));
      for (const node of nodes) await node.upToDate();
      const views = await Promise.all(nodes.map(({ journal }) => journal.since(0, 10_000)));
      for (const view of views) assert.deepEqual(view, views[0]);
      const deleted = new Set(
        views[0]!.entries.filter(isAct).map(({ deed }) => deed.type === "delete" && deed.message),
      );
      const floor = Math.max(0, ...log.records.map((record) => record && "drop" in record ? record.drop : 0));
      for (const { kept, named } of nodes.slice(0, 3)) {
        const ids = kept.map(({ id }) => id);
        assert.deepEqual(ids, [...new Set(ids)].toSorted((a, b) => a - b), "in order, each once");
        // Who was behind when something was deleted or dropped never heard of it.
        assert.deepEqual(kept.filter(({ id }) => id > floor && !deleted.has(id)), views[0]!.entries);
        assert.deepEqual(named, nodes[0]!.named);
      }
      const stored = await Promise.all(nodes.map(({ journal }) => journal.append(said)));
      assert(
        stored.flat().every(({ duplicate }) => duplicate),
        "everything that was said is kept, and known everywhere",
      );
      const ids = stored[0]!.map(({ entry }) => entry.id);
      assert.equal(new Set(ids).size, said.length, "each once");
      for (const each of stored) assert.deepEqual(each.map(({ entry }) => entry.id), ids);
      for (const node of nodes) await node[Symbol.asyncDispose]();
    }
  });
});
