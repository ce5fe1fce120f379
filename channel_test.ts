import assert from "node:assert/strict";
import fc from "fast-check";
import { Channel } from "./channel.ts";

async function collect<T>(channel: Channel<T>): Promise<T[]> {
  const values: T[] = [];
  for await (const value of channel) values.push(value);
  return values;
}

Deno.test("Channel gives values in the order they went in", async () => {
  const channel = new Channel<number>(3);
  for (const value of [1, 2, 3]) assert(channel.trySend(value));
  channel.close();
  assert.deepEqual(await collect(channel), [1, 2, 3]);
});

Deno.test("Channel refuses a value when it is full, and takes one again when there is room", async () => {
  const channel = new Channel<string>(1);
  assert.equal(channel.trySend("a"), true);
  assert.equal(channel.trySend("b"), false);
  assert.equal(channel.size, 1);
  const iterator = channel[Symbol.asyncIterator]();
  assert.deepEqual(await iterator.next(), { value: "a", done: false });
  assert.equal(channel.trySend("c"), true);
});

Deno.test("Channel hands a value straight to a consumer that waits", async () => {
  const channel = new Channel<string>(1);
  const next = channel[Symbol.asyncIterator]().next();
  assert(channel.trySend("a"));
  assert.equal(channel.size, 0);
  assert(channel.trySend("b"), "the first did not take up room");
  assert.deepEqual(await next, { value: "a", done: false });
});

Deno.test("Channel drains everything that waits at once", () => {
  const channel = new Channel<number>(3);
  for (const value of [1, 2, 3]) channel.trySend(value);
  assert.deepEqual(channel.drain(), [1, 2, 3]);
  assert.deepEqual(channel.drain(), []);
  assert(channel.trySend(4));
});

Deno.test("A closed Channel refuses values but gives those that it has, then ends", async () => {
  const channel = new Channel<number>(2);
  channel.trySend(1);
  channel.close();
  channel.close();
  assert.equal(channel.closed, true);
  assert.equal(channel.trySend(2), false);
  assert.deepEqual(await collect(channel), [1]);
});

Deno.test("Closing a Channel ends the loop of a consumer that waits", async () => {
  const channel = new Channel<number>(1);
  const collected = collect(channel);
  channel.close();
  assert.deepEqual(await collected, []);
});

Deno.test("Leaving the loop over a Channel closes it and drops what waits", async () => {
  const channel = new Channel<number>(3);
  for (const value of [1, 2, 3]) channel.trySend(value);
  for await (const value of channel) if (value === 1) break;
  assert.equal(channel.closed, true);
  assert.equal(channel.size, 0);
  assert.equal(channel.trySend(4), false);
});

Deno.test("Channel has one consumer, which asks for one value at a time", () => {
  const channel = new Channel<number>(1);
  const iterator = channel[Symbol.asyncIterator]();
  assert.throws(() => channel[Symbol.asyncIterator](), TypeError);
  iterator.next();
  assert.throws(() => iterator.next(), TypeError);
});

Deno.test("Channel does not come without room for anything", () => {
  for (const capacity of [0, -1, NaN]) assert.throws(() => new Channel(capacity), RangeError);
});

// What a producer and a consumer can do, in any order. "tick" lets the other side go on for a microtask.
const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant("send" as const) },
  { weight: 2, arbitrary: fc.constant("tick" as const) },
  { weight: 1, arbitrary: fc.constant("close" as const) },
);

Deno.test("Channel loses, doubles and reorders nothing and keeps to its bound in 2,000 random interleavings", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 6 }),
      fc.array(step, { maxLength: 60, size: "max" }),
      fc.infiniteStream(fc.boolean()),
      fc.option(fc.nat({ max: 20 })),
      async (capacity, steps, drains, leaveAfter) => {
        const channel = new Channel<number>(capacity);
        const accepted: number[] = [];
        const received: number[] = [];
        let left = false;
        const consumer = (async () => {
          for await (const value of channel) {
            received.push(value);
            if (leaveAfter !== null && received.length > leaveAfter) {
              left = true;
              break;
            }
            if (drains.next().value) received.push(...channel.drain());
            else await Promise.resolve();
          }
        })();
        for (const [i, kind] of steps.entries()) {
          const { closed, size } = channel;
          if (kind === "send") {
            const taken = channel.trySend(i);
            assert.equal(taken, !closed && size < capacity, "a value is refused only by a full or closed channel");
            if (taken) accepted.push(i);
          }
          if (kind === "close") channel.close();
          if (kind === "tick") await Promise.resolve();
          assert(channel.size <= capacity);
          if (closed) assert(channel.closed, "closed is for good");
        }
        channel.close();
        await consumer;
        assert.equal(channel.size, 0);
        if (left) assert.deepEqual(received, accepted.slice(0, received.length));
        else assert.deepEqual(received, accepted);
      },
    ),
    { numRuns: 2_000 },
  );
});
