import assert from "node:assert/strict";
import fc from "fast-check";
import { type Follower, Followers, READY_ENTRIES_MAX } from "./follower.ts";
import { type Deed, type Entry, isAct, type Kept } from "./journal/journal.ts";
import { openMemory } from "./journal/memory.ts";
import { settle } from "./testing/fakes.ts";
import { fuzz } from "./testing/fuzz.ts";

/** A journal, and a hub of which only what it delivers matters: a test says when it does. */
class Delivery {
  readonly journal = openMemory();
  readonly followers: Followers;
  last = 0;
  /** The journal can't be read at the moment. */
  failing = false;
  /** How often it was. */
  reads = 0;
  readonly #kept: Kept[] = [];
  #deliver: (kept: Kept) => void = () => {};

  constructor() {
    const read = async <T>(how: () => Promise<T>) => {
      this.reads++;
      if (this.failing) throw new Error("the disk is gone");
      const page = await how();
      // More may be kept and delivered before the answer is there.
      await settle();
      return page;
    };
    const { journal } = this;
    this.followers = new Followers({
      hub: this,
      journal: {
        missed: (...args) => read(() => journal.missed(...args)),
        since: (...args) => read(() => journal.since(...args)),
      },
    });
  }

  listen(listener: (kept: Kept) => void): void {
    this.#deliver = listener;
  }

  /** Keeps messages in a room, which are not delivered yet. */
  async keep(room: string, count: number, text = "x"): Promise<void> {
    const drafts = Array.from({ length: count }, (_, i) => ({
      room,
      user: "u",
      name: "Ann",
      text,
      nonce: `${this.#kept.length}-${i}`,
      at: 0,
    }));
    const stored = await this.journal.append(drafts);
    this.#kept.push(...stored.map(({ entry }) => entry));
  }

  /** Keeps that something is done: that one of the newest messages is deleted, or something that concerns nobody here. */
  async act(back: number | undefined): Promise<void> {
    const message = back === undefined ? undefined : this.#kept.filter((kept) => !isAct(kept)).at(-1 - back) as Entry;
    const deed: Deed = message
      ? { type: "delete", room: message.room, message: message.id }
      : { type: "unmute", user: "u", name: "" };
    const act = await this.journal.act({ deed, by: "u", name: "Ann", at: 0 });
    if (act) this.#kept.push(act);
  }

  /** Delivers the next of what is kept. */
  deliver(count = Infinity): void {
    for (const kept of this.#kept.filter(({ id }) => id > this.last).slice(0, count)) {
      this.last = kept.id;
      this.#deliver(kept);
    }
  }

  /** What somebody who had everything up to an id has of a room, or of all, now. */
  view(room: string | undefined, after: number): { said: number[]; deleted: number[] } {
    const kept = this.#kept.filter(({ id }) => id <= this.last);
    const gone = kept.flatMap((each) =>
      isAct(each) && each.deed.type === "delete" && isIn(each.deed.room) ? [each] : []
    );
    const messages = gone.map(({ deed }) => (deed as { message: number }).message);
    function isIn(other: string) {
      return room === undefined || room === other;
    }
    return {
      said: kept.filter((each) => !isAct(each) && each.id > after && isIn(each.room) && !messages.includes(each.id))
        .map(({ id }) => id),
      deleted: messages.filter((message, i) => message <= after && gone[i]!.id > after),
    };
  }
}

/** Takes what a follower follows, whenever a test lets it. */
class Reader {
  readonly kept: Kept[] = [];
  readonly follower: Follower;
  #isReading = false;

  constructor(follower: Follower) {
    this.follower = follower;
  }

  /** Takes what comes next, if it does not wait for that already. */
  take(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    this.follower.next().then(({ kept }) => {
      this.kept.push(...kept);
    }, () => {}).finally(() => this.#isReading = false);
  }

  /** What it has, of what it had up to an id and what it took. */
  view(after: number): { said: number[]; deleted: number[] } {
    const said = new Set<number>();
    const deleted: number[] = [];
    for (const each of this.kept) {
      if (!isAct(each)) said.add(each.id);
      else if (each.deed.type === "delete" && !said.delete(each.deed.message) && each.deed.message <= after) {
        deleted.push(each.deed.message);
      }
    }
    return { said: [...said], deleted };
  }
}

Deno.test("Whoever follows gets everything once, in order, without a hole, however it is kept, delivered, read and taken", async () => {
  const room = fc.constantFrom("a", "b");
  const step = fc.oneof(
    fc.record({ do: fc.constant("keep" as const), room, count: fc.constantFrom(1, 3, 120), long: fc.boolean() }),
    fc.record({ do: fc.constant("act" as const), back: fc.option(fc.nat(150), { nil: undefined }) }),
    fc.record({ do: fc.constant("deliver" as const), count: fc.constantFrom(1, 2, 50, 1_000) }),
    fc.record({ do: fc.constant("follow" as const), room: fc.option(room, { nil: undefined }), back: fc.nat(200) }),
    fc.record({ do: fc.constantFrom("take" as const, "settle" as const, "fail" as const, "recover" as const) }),
  );
  let count = 0;
  await fuzz(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60, size: "max" }), async (steps) => {
      const delivery = new Delivery();
      const readers: { reader: Reader; room: string | undefined; after: number }[] = [];
      for (const step of steps) {
        if (step.do === "keep") await delivery.keep(step.room, step.count, step.long ? "x".repeat(5_000) : "x");
        if (step.do === "act") await delivery.act(step.back);
        if (step.do === "deliver") delivery.deliver(step.count);
        if (step.do === "follow") {
          const after = Math.max(0, delivery.last - step.back);
          readers.push({ reader: new Reader(delivery.followers.follow(step.room, after)), room: step.room, after });
        }
        if (step.do === "take") { for (const { reader } of readers) reader.take(); }
        if (step.do === "settle") await settle();
        if (step.do === "fail" || step.do === "recover") delivery.failing = step.do === "fail";
      }
      delivery.failing = false;
      delivery.deliver();
      for (const { reader, room, after } of readers) {
        for (let count = -1; count < reader.kept.length;) {
          count = reader.kept.length;
          // A page may take a few turns.
          for (let i = 0; i < 5; i++) {
            reader.take();
            await settle();
          }
        }
        const ids = reader.kept.map(({ id }) => id);
        assert.deepEqual(ids, [...new Set(ids)].toSorted((a, b) => a - b), "each once, in order");
        assert.deepEqual(reader.view(after), delivery.view(room, after));
        reader.follower.close();
      }
      await delivery.journal.close();
      count++;
    }),
    { cases: () => count, atLeast: 200, what: "histories of followers" },
  );
});

Deno.test("What is delivered while a follower reads it all needs no journal", async () => {
  const delivery = new Delivery();
  const follower = delivery.followers.follow("a", 0);
  const reader = new Reader(follower);
  for (let i = 0; i < 10; i++) {
    await delivery.keep("a", READY_ENTRIES_MAX);
    delivery.deliver();
    reader.take();
    await settle();
  }
  assert.equal(reader.kept.length, 10 * READY_ENTRIES_MAX);
  assert.equal(delivery.reads, 0);
  follower.close();
  await delivery.journal.close();
});

Deno.test("A follower whose entries nobody takes keeps few of them, and reads the rest when somebody does", async () => {
  for (const text of ["x", "x".repeat(10_000)]) {
    const delivery = new Delivery();
    const follower = delivery.followers.follow("a", 0);
    for (let i = 0; i < 10; i++) await delivery.keep("a", 100, text);
    delivery.deliver();
    const { kept } = await follower.next();
    assert.equal(delivery.reads, 1, "what did not fit was forgotten");
    assert(kept.length < 100);
    follower.close();
    await delivery.journal.close();
  }
});

Deno.test("Whoever is told that what they follow was deleted is told once", async () => {
  const delivery = new Delivery();
  await delivery.keep("a", 3);
  delivery.deliver();
  const { missed } = delivery.journal;
  delivery.journal.missed = async (...args) => ({ ...await missed(...args), entries: [], gap: true });
  const follower = delivery.followers.follow("a", 1);
  assert.deepEqual(await follower.next(), { kept: [], gap: true });
  delivery.journal.missed = missed;
  const next = follower.next();
  await delivery.keep("a", 1);
  delivery.deliver();
  assert.deepEqual((await next).kept.map(({ id }) => id), [4]);
  follower.close();
  await delivery.journal.close();
});

Deno.test("A follower that is closed waits for nothing more", async () => {
  const delivery = new Delivery();
  const follower = delivery.followers.follow(undefined, 0);
  const next = follower.next();
  follower.close();
  follower.close();
  assert.deepEqual(await next, { kept: [], gap: false });
  assert.deepEqual(await follower.next(), { kept: [], gap: false });
  await delivery.journal.close();
});
