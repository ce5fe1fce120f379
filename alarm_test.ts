import assert from "node:assert/strict";
import { Alarm, TELLING_MS } from "./alarm.ts";
import { FakeClock } from "./testing/fakes.ts";

/** An alarm, and everything that it told, with when. */
function alarmOf(clock: FakeClock) {
  const told: [number, string | undefined][] = [];
  return { told, alarm: new Alarm(clock, (reason) => told.push([clock.now(), reason])) };
}

Deno.test("An alarm tells at once that something began, and that it is over, and the same only once", () => {
  const clock = new FakeClock();
  const { told, alarm } = alarmOf(clock);
  alarm.set(undefined);
  for (let i = 0; i < 3; i++) alarm.set("cut");
  clock.advance(5_000);
  for (let i = 0; i < 3; i++) alarm.set(undefined);
  assert.deepEqual(told, [[0, "cut"], [5_000, undefined]]);
});

Deno.test("What begins and ends again and again is told to begin twice a minute at most, and the last that is told is how it is", () => {
  const clock = new FakeClock();
  const { told, alarm } = alarmOf(clock);
  for (let second = 0; second < 90; second++) {
    alarm.set(second % 2 === 0 ? `cut ${second}` : undefined);
    clock.advance(1_000);
  }
  alarm.set("cut for good");
  for (let i = 0; i < 4; i++) clock.advance(30_000);
  assert.deepEqual(told, [
    [0, "cut 0"],
    [1_000, undefined],
    [2_000, "cut 2"],
    [3_000, undefined],
    [60_000, "cut 60"],
    [61_000, undefined],
    [62_000, "cut 62"],
    [63_000, undefined],
    [120_000, "cut for good"],
  ]);
});

Deno.test("What is over again before it can be told is not told; another reason is", () => {
  const clock = new FakeClock();
  const { told, alarm } = alarmOf(clock);
  alarm.set("cut");
  alarm.set("another stream");
  alarm.set("cut");
  alarm.set("another stream");
  clock.advance(TELLING_MS);
  assert.deepEqual(told, [[0, "cut"], [0, "another stream"]]);
});

Deno.test("That it is over is told at once, whatever reasons it had", () => {
  const clock = new FakeClock();
  const { told, alarm } = alarmOf(clock);
  for (const reason of ["slow", "cut", "gone"]) alarm.set(reason);
  clock.advance(1_000);
  alarm.set(undefined);
  clock.advance(2 * TELLING_MS);
  assert.deepEqual(told, [[0, "slow"], [0, "cut"], [1_000, undefined]]);
});

Deno.test("An alarm that is closed tells nothing more", () => {
  const clock = new FakeClock();
  const { told, alarm } = alarmOf(clock);
  for (const reason of ["cut", undefined, "cut", undefined, "cut"]) alarm.set(reason);
  alarm.close();
  clock.advance(2 * TELLING_MS);
  assert.equal(told.length, 4);
});
