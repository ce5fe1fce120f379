import assert from "node:assert/strict";
import { Ahead, AHEAD_IDS_MAX, AHEAD_MAX, AHEAD_MS_MAX } from "./ahead.ts";
import { FakeClock } from "./testing/fakes.ts";

Deno.test("Who waits for an id goes on when it, or a later one, has come, each once", () => {
  const clock = new FakeClock();
  const ahead = new Ahead(clock);
  const went: string[] = [];
  for (const id of [7, 5, 6]) ahead.wait(id, 4, (hasCome) => went.push(`${id} ${hasCome}`));
  ahead.reached(4);
  assert.deepEqual(went, []);
  ahead.reached(6);
  assert.deepEqual(went, ["5 true", "6 true"]);
  clock.advance(AHEAD_MS_MAX);
  ahead.reached(7);
  assert.deepEqual(went, ["5 true", "6 true", "7 false"]);
  assert.equal(clock.waiting, 0);
});

Deno.test("Nobody waits for what is too far away, or when too many do, and who goes makes room", () => {
  const clock = new FakeClock();
  const ahead = new Ahead(clock);
  const never = () => assert.fail("it was called off");
  assert.equal(ahead.wait(AHEAD_IDS_MAX + 1, 0, never), undefined);
  const callOffs = Array.from({ length: AHEAD_MAX }, () => ahead.wait(AHEAD_IDS_MAX, 0, never)!);
  assert.equal(ahead.wait(1, 0, never), undefined);
  for (const callOff of callOffs) callOff();
  assert.equal(clock.waiting, 0);
  ahead.reached(AHEAD_IDS_MAX);
  assert(ahead.wait(1, 0, () => {}));
});

Deno.test("Who goes on may call off others who would have gone on with them", () => {
  const ahead = new Ahead(new FakeClock());
  const callOffs: ((() => void) | undefined)[] = [];
  let went = 0;
  const go = () => {
    went++;
    for (const callOff of callOffs) callOff!();
  };
  for (let i = 0; i < 3; i++) callOffs.push(ahead.wait(1, 0, go));
  ahead.reached(1);
  assert.equal(went, 1);
});
