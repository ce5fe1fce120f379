import assert from "node:assert/strict";
import {
  BATCH_BYTES_MAX,
  type Line,
  LOG_BYTES_MAX,
  type Member,
  PAUSE_MS_MAX,
  PAUSE_MS_MIN,
  QUEUE_BYTES_MAX,
  QUEUE_LINES_MAX,
  Room,
  SLOW_GRACE_MS,
  SWEEP_WRITES,
  WRITE_WAIT_MS,
} from "./room.ts";

class FakeMember implements Member {
  readonly form: keyof Line;
  state: "ready" | "busy" | "gone" = "ready";
  readonly written: string[] = [];
  readonly #room: Room<FakeMember>;
  #blockedMs = 0;
  #lookedAt: number | undefined;

  constructor(room: Room<FakeMember>, form: keyof Line = "json") {
    this.#room = room;
    this.form = form;
  }

  blockedMs(now: number): number {
    this.#blockedMs += now - (this.#lookedAt ?? now);
    this.#lookedAt = now;
    return this.#blockedMs;
  }

  flush(): void {
    const text = this.#room.take(this);
    if (text === undefined) return;
    this.written.push(text);
    this.#blockedMs = 0;
    this.#lookedAt = undefined;
  }
}

function roomOf(count: number): { room: Room<FakeMember>; members: FakeMember[] } {
  const room = new Room<FakeMember>();
  const members = Array.from({ length: count }, () => new FakeMember(room));
  for (const member of members) room.join(member);
  return { room, members };
}

/** Pushes a line that is the same for everyone. */
function say(room: Room<FakeMember>, line: string): void {
  room.push({ json: line, plain: line });
}

/** Sweeps every `stepMs` for a while; who was evicted. */
function sweepFor(room: Room<FakeMember>, fromMs: number, forMs: number, stepMs: number): FakeMember[] {
  const evicted: FakeMember[] = [];
  for (let now = fromMs; now <= fromMs + forMs; now += stepMs) evicted.push(...room.sweep(now).evicted);
  return evicted;
}

Deno.test("Room gives a member everything it has not seen in one message, lines joined by newlines", () => {
  const { room, members: [ann] } = roomOf(1);
  for (const line of ["a", "b", "", "c"]) say(room, line);
  assert.deepEqual(room.sweep(0), { evicted: [], writes: 1, looks: 1, again: PAUSE_MS_MIN });
  assert.deepEqual(room.sweep(PAUSE_MS_MIN), { evicted: [], writes: 0, looks: 1, again: undefined });
  assert.deepEqual(ann!.written, ["a\nb\n\nc"]);
});

Deno.test("Room gives a member only what is said after it joined", () => {
  const { room, members: [ann] } = roomOf(1);
  say(room, "before");
  const bob = new FakeMember(room);
  room.join(bob);
  say(room, "after");
  room.sweep(0);
  assert.deepEqual(ann!.written, ["before\nafter"]);
  assert.deepEqual(bob.written, ["after"]);
});

Deno.test("Joining a room twice is harmless: each line still comes once", () => {
  const { room, members: [ann] } = roomOf(1);
  say(room, "a");
  room.join(ann!);
  room.sweep(0);
  assert.equal(room.size, 1);
  assert.deepEqual(ann!.written, ["a"]);
});

Deno.test("Leaving a room twice is harmless", () => {
  const { room, members: [ann] } = roomOf(2);
  assert.equal(room.leave(ann!), true);
  assert.equal(room.leave(ann!), false);
  say(room, "a");
  room.sweep(0);
  assert.deepEqual(ann!.written, []);
  assert.equal(room.size, 1);
});

Deno.test("A sweep writes to a few members and goes on with the rest at the next turn", () => {
  const { room, members } = roomOf(2 * SWEEP_WRITES + 1);
  say(room, "a");
  const served = () => members.filter(({ written }) => written.length > 0).length;
  assert.equal(room.sweep(0).again, 0);
  assert.equal(served(), SWEEP_WRITES);
  assert.equal(room.sweep(0).again, 0);
  assert.equal(served(), 2 * SWEEP_WRITES);
  assert.equal(room.sweep(0).again, PAUSE_MS_MIN);
  assert.equal(served(), members.length);
});

Deno.test("A line that comes during a sweep reaches the rest of it in the same message, and then the others", () => {
  const { room, members } = roomOf(SWEEP_WRITES + 1);
  say(room, "a");
  room.sweep(0);
  say(room, "b");
  assert.equal(room.sweep(0).again, 0, "those who were served before have something to come");
  assert.deepEqual(members.at(-1)!.written, ["a\nb"]);
  assert.equal(room.sweep(0).again, 0);
  assert.equal(room.sweep(0).again, PAUSE_MS_MIN);
  for (const { written } of members.slice(0, -1)) assert.deepEqual(written, ["a", "b"]);
  assert.equal(room.backlog, 0);
});

Deno.test("Nobody is missed when members leave in the middle of a sweep", () => {
  const { room, members } = roomOf(3 * SWEEP_WRITES);
  say(room, "a");
  room.sweep(0);
  for (const member of members.slice(0, SWEEP_WRITES + 3)) room.leave(member);
  while (room.sweep(0).again === 0);
  for (const { written } of members.slice(SWEEP_WRITES + 3)) assert.deepEqual(written, ["a"]);
});

Deno.test("A busy member is passed over and gets everything in one message when it is ready", () => {
  const { room, members: [ann, bob] } = roomOf(2);
  ann!.state = "busy";
  say(room, "a");
  assert.equal(room.sweep(0).again, PAUSE_MS_MIN);
  say(room, "b");
  assert.equal(room.sweep(5).again, PAUSE_MS_MIN);
  ann!.state = "ready";
  room.sweep(20);
  assert.deepEqual(ann!.written, ["a\nb"]);
  assert.deepEqual(bob!.written, ["a", "b"]);
});

Deno.test("The looks at a member that stays busy become rare", () => {
  const { room, members: [ann] } = roomOf(1);
  ann!.state = "busy";
  say(room, "a");
  const pauses = Array.from({ length: 9 }, () => room.sweep(0).again!);
  assert.equal(pauses[0], PAUSE_MS_MIN);
  for (let i = 1; i < pauses.length; i++) assert.equal(pauses[i], Math.min(2 * pauses[i - 1]!, PAUSE_MS_MAX));
  assert.equal(pauses.at(-1), PAUSE_MS_MAX);
  ann!.state = "ready";
  assert.equal(room.sweep(0).again, PAUSE_MS_MIN, "a write makes the pause short again");
});

Deno.test("Room keeps no line that everybody has been sent, and a busy member's lines until it has them", () => {
  const { room, members: [ann] } = roomOf(2);
  say(room, "a");
  room.sweep(0);
  assert.equal(room.backlog, 0);
  ann!.state = "busy";
  for (const line of ["b", "c"]) say(room, line);
  room.sweep(1);
  assert.equal(room.backlog, 2);
  ann!.state = "ready";
  room.sweep(2);
  assert.equal(room.backlog, 0);
});

Deno.test("A long backlog goes out in messages of a bounded size", () => {
  const { room, members: [ann] } = roomOf(1);
  const line = "x".repeat(BATCH_BYTES_MAX / 4);
  for (let i = 0; i < 10; i++) say(room, line);
  while (room.sweep(0).again === 0);
  assert.deepEqual(ann!.written.map((message) => message.split("\n").length), [4, 4, 2]);
});

Deno.test("A line longer than a message should be goes out all the same, alone", () => {
  const { room, members: [ann] } = roomOf(1);
  const long = "x".repeat(2 * BATCH_BYTES_MAX);
  for (const line of ["a", long, "b"]) say(room, line);
  while (room.sweep(0).again === 0);
  assert.deepEqual(ann!.written, ["a", long, "b"]);
});

Deno.test("A member that is busy with its queue full for too long is evicted, the others are not", () => {
  for (
    const fill of [{ count: QUEUE_LINES_MAX + 1, line: "a" }, { count: 2, line: "x".repeat(QUEUE_BYTES_MAX / 2 + 1) }]
  ) {
    const { room, members: [ann, bob] } = roomOf(2);
    ann!.state = "busy";
    for (let i = 0; i < fill.count; i++) say(room, fill.line);
    assert.deepEqual(sweepFor(room, 0, SLOW_GRACE_MS - 100, 100), [], "not yet: it may read again");
    assert.deepEqual(room.sweep(SLOW_GRACE_MS + 1).evicted, [ann]);
    assert.equal(room.has(ann!), false);
    assert.equal(room.has(bob!), true);
    room.sweep(SLOW_GRACE_MS + 200);
    assert.equal(room.backlog, 0, "nothing is kept for it any more");
  }
});

Deno.test("A member that is busy but not far behind is not evicted before a single write takes too long", () => {
  const { room, members: [ann] } = roomOf(1);
  ann!.state = "busy";
  for (let i = 0; i < QUEUE_LINES_MAX; i++) say(room, "a");
  assert.deepEqual(sweepFor(room, 0, WRITE_WAIT_MS, 500), []);
  assert.deepEqual(room.sweep(WRITE_WAIT_MS + 500).evicted, [ann]);
});

Deno.test("A member that has been sent everything but does not read it is found without another line being said", () => {
  const { room, members: [ann] } = roomOf(1);
  say(room, "a");
  let now = 0;
  let sweep = room.sweep(now);
  ann!.state = "busy";
  while (sweep.again !== undefined) sweep = room.sweep(now += sweep.again);
  assert.deepEqual(sweep.evicted, [ann]);
  assert(now < 2 * WRITE_WAIT_MS);
});

Deno.test("A member that reads, if slowly, is not evicted for somebody else's burst", () => {
  const { room, members: [ann] } = roomOf(1);
  for (let i = 0; i < 20 * QUEUE_LINES_MAX; i++) say(room, "x".repeat(128));
  let now = 0;
  while (room.backlog > 0) {
    ann!.state = "ready";
    assert.deepEqual(room.sweep(now).evicted, []);
    ann!.state = "busy";
    assert.deepEqual(sweepFor(room, now + 10, 100, 10), []);
    now += 120;
  }
  assert.equal(ann!.written.join("\n").split("\n").length, 20 * QUEUE_LINES_MAX);
});

Deno.test("A full room takes no more, until who is busy and furthest behind has been evicted", () => {
  const { room, members: [ann, bob] } = roomOf(2);
  const line = "x".repeat(1024 * 1024);
  ann!.state = "busy";
  let pushed = 0;
  for (; !room.full; pushed++) say(room, line);
  assert.equal(pushed * line.length, LOG_BYTES_MAX);
  assert.deepEqual(room.evictHindmost(), [ann], "who is ready is not to blame");
  assert.equal(room.full, true);
  while (room.sweep(0).again === 0);
  assert.equal(bob!.written.length, pushed);
  assert.equal(room.full, false);
});

Deno.test("A full room has space again when who kept it full is evicted in the middle of a round", () => {
  const { room, members } = roomOf(SWEEP_WRITES + 2);
  const [ann] = members;
  ann!.state = "busy";
  const line = "x".repeat(1024 * 1024);
  for (let i = 0; i < LOG_BYTES_MAX / line.length; i++) {
    say(room, line);
    for (let writes = 0; writes < 3; writes++) room.sweep(0);
  }
  room.sweep(0);
  assert.equal(room.full, true);
  assert.deepEqual(room.evictHindmost(), [ann]);
  assert.equal(room.full, false);
  say(room, line);
  while (room.sweep(0).again === 0);
  for (const { written } of members.slice(1)) assert.equal(written.length, LOG_BYTES_MAX / line.length + 1);
});

Deno.test("Each member gets a line in its own form, and nothing of a line that has none for it", () => {
  const { room, members: [ann] } = roomOf(1);
  const bob = new FakeMember(room, "plain");
  room.join(bob);
  room.push({ json: "1", plain: "one" });
  room.push({ json: "2" });
  room.push({ json: "3", plain: "" });
  while (room.sweep(0).again === 0);
  room.push({ json: "4" });
  while (room.sweep(0).again === 0);
  assert.deepEqual(ann!.written, ["1\n2\n3", "4"]);
  assert.deepEqual(bob.written, ["one\n"]);
  assert.equal(room.backlog, 0);
});

Deno.test("A member that is gone leaves the room at the next sweep", () => {
  const { room, members: [ann, bob] } = roomOf(2);
  ann!.state = "gone";
  say(room, "a");
  assert.deepEqual(room.sweep(0), { evicted: [ann], writes: 1, looks: 2, again: PAUSE_MS_MIN });
  assert.deepEqual([...room.members()], [bob]);
  assert.deepEqual(ann!.written, []);
});
