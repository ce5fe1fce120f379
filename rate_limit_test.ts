import assert from "node:assert/strict";
import { BURST_SECONDS, RateLimit, type Verdict } from "./rate_limit.ts";

const RATE = 20;
const BURST = RATE * BURST_SECONDS;

/** What becomes of so many messages that come at once. */
function flood(limit: RateLimit, count: number, now = 0): Partial<Record<Verdict, number>> {
  const verdicts: Partial<Record<Verdict, number>> = {};
  for (let i = 0; i < count; i++) {
    const verdict = limit.take("say", now);
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
  }
  return verdicts;
}

Deno.test("A burst of ten seconds' worth is taken, with one warning when three quarters of it are gone", () => {
  const limit = new RateLimit(RATE);
  assert.deepEqual(flood(limit, BURST * 3 / 4), { good: BURST * 3 / 4 });
  assert.deepEqual(flood(limit, 1), { warned: 1 });
  assert.deepEqual(flood(limit, BURST / 4 - 1), { good: BURST / 4 - 1 });
});

Deno.test("What comes on top is refused, and who goes on all the same is cut", () => {
  const limit = new RateLimit(RATE);
  flood(limit, BURST);
  assert.deepEqual(flood(limit, BURST + 1), { refused: BURST, cut: 1 });
});

Deno.test("Who sends just as much as is allowed can do so for ever", () => {
  const limit = new RateLimit(RATE);
  flood(limit, BURST - 1);
  for (let second = 1; second <= 1_000; second++) {
    const { refused, cut } = flood(limit, RATE, second * 1_000);
    assert.equal(refused ?? cut, undefined);
  }
});

Deno.test("When the bucket is half full again what was refused is forgotten, and it is warned anew", () => {
  const limit = new RateLimit(RATE);
  flood(limit, 2 * BURST);
  const now = BURST_SECONDS / 2 * 1_000;
  assert.deepEqual(flood(limit, BURST / 2 + BURST, now), { good: BURST / 2 - 1, warned: 1, refused: BURST });
});

Deno.test("A search costs as much as five messages, a new name as much as ten", () => {
  for (const [type, cost] of [["search", 5], ["rename", 10], ["typing", 1], ["ping", 1], ["leave", 1]] as const) {
    const limit = new RateLimit(RATE);
    let taken = 0;
    while (limit.take(type, 0) !== "refused") taken++;
    assert.equal(taken, BURST / cost, type);
  }
});

Deno.test("Without a limit everything is taken", () => {
  assert.deepEqual(flood(new RateLimit(Infinity), 100_000), { good: 100_000 });
});

Deno.test("A bucket that was full for a day holds no more than a full one", () => {
  const limit = new RateLimit(RATE);
  limit.take("say", 0);
  assert.equal(flood(limit, 2 * BURST, 86_400_000).refused, BURST);
});
