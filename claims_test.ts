import assert from "node:assert/strict";
import { CLAIM_AGAIN_MS, Claims, CLAIMS_MAX } from "./claims.ts";
import { openMemory } from "./journal/memory.ts";
import type { Claim } from "./journal/journal.ts";
import { FakeClock, settle } from "./testing/fakes.ts";
import { type Fate, FaultyJournal } from "./testing/faulty_journal.ts";

const ANN: Claim = { user: "u-ann", name: "Ann" };
const BOB: Claim = { user: "u-bob", name: "Bob" };

/** Claims on a journal that a test decides about, whose calls it notes. */
class Setting {
  readonly clock = new FakeClock();
  readonly journal = new FaultyJournal(openMemory());
  readonly logged: string[] = [];
  readonly asked: string[] = [];
  readonly claims = new Claims({
    journal: {
      claim: (claim) => {
        this.asked.push(claim.name);
        return this.journal.claim(claim);
      },
    },
    clock: this.clock,
    log: (event) => this.logged.push(event),
    taken: () => assert.fail("nobody else is there"),
  });

  async decide(...fates: Fate[]): Promise<void> {
    for (const fate of fates) {
      await this.journal.decide(fate);
      await settle();
    }
  }
}

Deno.test("Names that can't be kept are tried again each second, the last that each has chosen, until they are", async () => {
  const s = new Setting();
  s.claims.keep(ANN);
  s.claims.keep(BOB);
  await s.decide("refused");
  s.claims.keep({ ...ANN, name: "Anna" });
  assert.deepEqual([s.asked, s.journal.waiting], [["Ann"], 0], "meanwhile nothing is asked of the journal");
  for (const fate of ["refused", "doubted"] as const) {
    s.clock.advance(CLAIM_AGAIN_MS);
    await s.decide(fate);
  }
  s.clock.advance(CLAIM_AGAIN_MS);
  await s.decide("done", "done");
  assert.deepEqual(s.asked, ["Ann", "Bob", "Bob", "Bob", "Anna"]);
  assert.deepEqual([s.clock.waiting, s.logged], [0, ["name_not_kept"]], "which is told once");
});

Deno.test("Who chooses another name while the first is on its way has the other in the end", async () => {
  const s = new Setting();
  s.claims.keep(ANN);
  s.claims.keep({ ...ANN, name: "Anna" });
  await s.decide("done", "done");
  assert.deepEqual([s.asked, s.journal.waiting], [["Ann", "Anna"], 0]);
});

Deno.test("No more names wait than a number, and there is room again when they are kept", async () => {
  const s = new Setting();
  for (let i = 0; i < CLAIMS_MAX; i++) s.claims.keep({ user: `u${i}`, name: `Name ${i}` });
  await s.decide("refused");
  assert.equal(s.claims.full, true);
  s.clock.advance(CLAIM_AGAIN_MS);
  await s.decide("done");
  assert.equal(s.claims.full, false);
});

Deno.test("At the end names that wait are kept, but what can't be is not tried again", async () => {
  const s = new Setting();
  s.claims.keep(ANN);
  s.claims.keep(BOB);
  const finished = s.claims.finish();
  await s.decide("done", "refused");
  await finished;
  assert.deepEqual([s.asked, s.clock.waiting], [["Ann", "Bob"], 0]);
  const failing = new Setting();
  failing.claims.keep(ANN);
  await failing.decide("refused");
  await failing.claims.finish();
  assert.equal(failing.clock.waiting, 0);
});
