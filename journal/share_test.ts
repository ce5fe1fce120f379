import assert from "node:assert/strict";
import { FaultyJournal } from "../testing/faulty_journal.ts";
import { withRandom } from "../testing/random.ts";
import { type Draft, isAct, type Journal, JournalError, type Kept } from "./journal.ts";
import { openMemory } from "./memory.ts";
import { openRemote, QUESTIONS_MAX } from "./remote.ts";
import { JournalShare } from "./share.ts";

let nonces = 0;

function draft(text: string, draft: Partial<Draft> = {}): Draft {
  return { room: "lobby", user: "u-ann", name: "Ann", text, nonce: `n${nonces++}`, at: 1_000, ...draft };
}

/** A hub in another thread: its end of the journal, and what it was told. */
class Listener {
  readonly told: string[] = [];
  readonly kept: Kept[] = [];
  readonly journal: Journal;

  constructor(journal: Journal) {
    this.journal = journal;
    journal.listen({
      kept: (kept, last) => {
        this.kept.push(...kept);
        this.told.push(...kept.map((each) => isAct(each) ? each.deed.type : each.text));
        if (last !== undefined) this.told.push(`everything up to ${last}`);
      },
      named: (user, name) => this.told.push(`${user} is ${name}`),
      failing: ({ message }) => this.told.push(`failing: ${message}`),
    });
  }
}

interface Shared {
  readonly journal: FaultyJournal;
  readonly hubs: readonly Listener[];
  /** Decides about calls as they come, until something is so. */
  until(what: string, isSo: () => boolean): Promise<void>;
  /** Waits until so many calls have reached the journal. */
  waiting(calls: number): Promise<void>;
}

/** Three hubs that share a journal whose calls a test decides about. */
async function shared(test: (shared: Shared) => Promise<void>, memory = openMemory()): Promise<void> {
  const journal = new FaultyJournal(memory);
  const share = new JournalShare(journal, 3);
  const hubs = (await Promise.all(share.lines.map(openRemote))).map((remote) => new Listener(remote));
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const waiting = async (calls: number) => {
    while (journal.waiting < calls) await turn();
  };
  const until = async (what: string, isSo: () => boolean) => {
    const deadline = performance.now() + 10_000;
    while (!isSo()) {
      if (performance.now() > deadline) throw new Error(`It never was so that ${what}`);
      if (journal.waiting > 0) await journal.decide("done");
      else await turn();
    }
  };
  try {
    await test({ journal, hubs, until, waiting });
    for (const { journal } of hubs) await journal.close();
  } finally {
    share.close();
    await memory.close();
  }
}

Deno.test("Every hub hears of everything that any of them kept, in the journal's order, before who asked is answered", () =>
  shared(async ({ hubs, until }) => {
    const [one, two, three] = hubs as [Listener, Listener, Listener];
    const calls = [
      one.journal.append([draft("a"), draft("b")]),
      two.journal.act({ deed: { type: "lock", room: "lobby" }, by: "u-bob", name: "Bob", at: 1 }),
      three.journal.append([draft("c")]),
    ];
    const knew = [one, two, three].map(({ told }, index) =>
      calls[index]!.then(() => told.filter((text) => [["b"], ["lock"], ["c"]][index]!.includes(text)).length)
    );
    await until("all heard of it", () => hubs.every(({ told }) => told.length === 4));
    assert.deepEqual(await Promise.all(knew), [1, 1, 1]);
    const ids = one.kept.map(({ id }) => id);
    assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
    for (const { kept } of hubs) assert.deepEqual(kept, one.kept);
  }));

Deno.test("What seems to have failed and is kept all the same is a hole for no hub: it comes before anything newer", () =>
  shared(async ({ journal, hubs, waiting, until }) => {
    const [one, two] = hubs as [Listener, Listener];
    const doubted = one.journal.append([draft("doubted")]);
    await waiting(1);
    const kept = two.journal.append([draft("newer")]);
    await waiting(2);
    // In one turn, so that of the second is heard before it is known that the first failed.
    await Promise.all([journal.decide("doubted"), journal.decide("done")]);
    const failed = assert.rejects(doubted, JournalError);
    await until("all heard of it", () => hubs.every(({ told }) => told.length === 2));
    for (const { told } of hubs) assert.deepEqual(told, ["doubted", "newer"]);
    await failed;
    await kept;
  }));

Deno.test("When it can't be found out what was kept nobody is told anything newer, or that it was, until it can be", () =>
  shared(async ({ journal, hubs, waiting, until }) => {
    const [one, two, three] = hubs as [Listener, Listener, Listener];
    const doubted = one.journal.append([draft("doubted")]);
    const newer = two.journal.append([draft("newer")]);
    await waiting(2);
    await Promise.all([journal.decide("doubted"), journal.decide("done")]);
    await waiting(1);
    await journal.decide("refused");
    await assert.rejects(doubted, JournalError);
    await assert.rejects(newer, JournalError, "it is kept, but the hub has to find that out");
    const page = three.journal.since(0, 10);
    await settled(until, [page]);
    await until("all heard of it", () => hubs.every(({ told }) => told.length === 2));
    for (const { told } of hubs) assert.deepEqual(told, ["doubted", "newer"]);
    assert.equal((await page).entries.length, 2);
  }));

Deno.test("Who reads is answered though something else can't be kept at the moment", () =>
  shared(async ({ journal, hubs, waiting, until }) => {
    const [one, two] = hubs as [Listener, Listener];
    const first = one.journal.append([draft("first")]);
    await until("it is kept", () => hubs.every(({ told }) => told.length === 1));
    await first;
    const stuck = two.journal.append([draft("stuck")]);
    await waiting(1);
    const rest = two.journal.newest("lobby", 10);
    await waiting(2);
    await journal.decide("done", 1);
    assert.equal((await rest).entries.length, 1);
    await journal.decide("done");
    await stuck;
  }));

Deno.test("Of two hubs where different people claim the same name at once one has it, and all know who", () =>
  shared(async ({ hubs, until }) => {
    const [one, two, three] = hubs as [Listener, Listener, Listener];
    const claims = [
      one.journal.claim({ user: "u-ann", name: "Sam" }),
      two.journal.claim({ user: "u-bob", name: "Säm" }),
    ];
    await until("both are answered", () => three.told.length === 1 && two.told.length === 2);
    assert.deepEqual((await Promise.all(claims)).toSorted(), [false, true]);
    const [winner] = three.told;
    assert.match(winner!, /^u-ann is Sam$|^u-bob is Säm$/);
    assert(one.told.includes(winner!) && two.told.includes(winner!));
    const [loser, other] = winner!.startsWith("u-ann") ? ["u-bob", two] : ["u-ann", one];
    assert(other.told.includes(`${loser} is undefined`));
  }));

Deno.test("A name that can't be kept is theirs on every hub, as it is on one", () =>
  shared(async ({ journal, hubs, waiting, until }) => {
    const claim = hubs[0]!.journal.claim({ user: "u-ann", name: "Ann" });
    await waiting(1);
    await journal.decide("refused");
    await assert.rejects(claim, JournalError);
    await until("all heard of it", () => hubs.every(({ told }) => told.length === 1));
    for (const { told } of hubs) assert.deepEqual(told, ["u-ann is Ann"]);
  }));

Deno.test("What the journal says by itself goes on to every hub", () =>
  shared(async ({ journal, hubs, until }) => {
    journal.listener!.failing(new JournalError("the line is cut"));
    journal.listener!.named("u-eve", "Eve");
    await until("all heard of it", () => hubs.every(({ told }) => told.length === 2));
    for (const { told } of hubs) assert.deepEqual(told, ["failing: the line is cut", "u-eve is Eve"]);
    assert.equal(await hubs[0]!.journal.claim({ user: "u-ann", name: "Eve" }), false);
  }));

Deno.test("Up to which id everything was told is told to every hub after what it covers", () =>
  shared(async ({ journal, hubs, until }) => {
    await settled(until, [hubs[0]!.journal.append([draft("said")])]);
    journal.listener!.kept([], 9);
    await until("all heard of it", () => hubs.every(({ told }) => told.length === 2));
    for (const { told } of hubs) assert.deepEqual(told, ["said", "everything up to 9"]);
  }));

Deno.test("A hub has so many questions answered at once, and the others after those", () =>
  shared(async ({ journal, hubs, waiting, until }) => {
    const pages = Array.from({ length: 2 * QUESTIONS_MAX }, () => hubs[0]!.journal.newest("lobby", 1));
    const other = hubs[1]!.journal.newest("lobby", 1);
    await waiting(QUESTIONS_MAX + 1);
    assert.equal(journal.waiting, QUESTIONS_MAX + 1);
    await settled(until, [...pages, other]);
  }));

/** Waits until all of them have an outcome. */
async function settled(until: Shared["until"], calls: readonly Promise<unknown>[]): Promise<void> {
  let open = calls.length;
  for (const call of calls) call.catch(() => {}).finally(() => open--);
  await until("all are answered", () => open === 0);
}

Deno.test("Whatever fails or is in doubt, in 200 random histories each hub hears of everything that is kept, once, in order", () =>
  withRandom(async (random) => {
    for (let history = 0; history < 200; history++) {
      await shared(async ({ journal, hubs, until, waiting }) => {
        const calls: Promise<unknown>[] = [];
        for (let step = 0; step < 30; step++) {
          const { journal: mine } = hubs[random.below(3)]!;
          const kind = random.below(4);
          const call: Promise<unknown> = kind === 0
            ? mine.act({ deed: { type: "lock", room: "lobby" }, by: "u-ann", name: "Ann", at: 1 })
            : kind === 1
            ? mine.newest("lobby", 10)
            : mine.append([draft(`${step}`)]);
          calls.push(call.catch(() => {}));
          if (random.chance(0.5)) await waiting(1);
          const fates = Array.from({ length: random.below(4) }, () => random.next());
          await Promise.all(
            fates.map((fate) => journal.decide(fate < 0.6 ? "done" : fate < 0.8 ? "refused" : "doubted")),
          );
        }
        await settled(until, calls);
        // Whoever could not have something kept looks for it until that can be done.
        const page = hubs[0]!.journal.since(0, 100);
        await settled(until, [page]);
        const count = journal.kept.length + journal.done.length;
        await until("all heard of it", () => hubs.every(({ kept }) => kept.length >= count));
        for (const { kept } of hubs) assert.deepEqual(kept, (await page).entries);
      });
    }
  }));
