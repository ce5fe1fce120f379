import assert from "node:assert/strict";
import test from "node:test";
import type { Mute, Order, Role, Said } from "../protocol.ts";
import type { ChatActions, RoomView } from "./chat.ts";
import type { Choices } from "./menu.ts";
import { Moderator } from "./moderator.ts";
import type { Done } from "./outcome.ts";

const SAID = { type: "said", id: 7, room: "lobby", user: "bob", name: "Bob", text: "", nonce: "", at: 0 } as const;

function setUp(role: Role = "admin") {
  const orders: Order[] = [];
  const told: Done[] = [];
  const deleted: Said[] = [];
  const mutes: Mute[] = [];
  let answers = true;
  const chat = {
    me: { id: "ada", name: "Ada" },
    role,
    muteOf: (id: string) => mutes.find(({ user }) => user === id),
    order(order: Order) {
      orders.push(order);
      return Promise.resolve(answers ? { type: "done", ref: 1, id: 100 + orders.length, secret: "s3cret" } : undefined);
    },
  } as unknown as ChatActions;
  const moderator = new Moderator(
    chat,
    (said) => deleted.push(said),
    (done) => told.push(done),
    (secret) => `/#guest=${secret}`,
  );
  const isAway = () => answers = false;
  return { moderator, orders, told, deleted, mutes, isAway };
}

const labels = (choices: Choices | undefined) => choices?.choices.map(({ label }) => label);

/** Chooses one after the other by their labels; what is told comes a moment later. */
async function choose(choices: Choices | undefined, ...path: string[]): Promise<void> {
  for (const label of path) {
    choices = choices!.choices.find((choice) => choice.label === label)!.chosen() as Choices | undefined;
  }
  for (let turn = 0; turn < 5; turn++) await undefined;
}

const room = (rules: RoomView["rules"]) => ({ name: "lobby", rules }) as RoomView;

test("Everybody can delete what they said, after a question, and an administrator what anybody said", async () => {
  const { moderator, deleted } = setUp("member");
  assert.equal(moderator.message(SAID), undefined);
  assert.equal(moderator.deletion(SAID), undefined);
  assert.equal(moderator.person({ id: "bob", name: "Bob" }), undefined);
  const mine = { ...SAID, user: "ada" };
  assert.deepEqual(labels(moderator.message(mine)), ["Delete…"]);
  await choose(moderator.message(mine), "Delete…", "Cancel");
  assert.deepEqual(deleted, []);
  await choose(moderator.message(mine), "Delete…", "Delete");
  assert.deepEqual(deleted, [mine]);
  const { moderator: administrator } = setUp();
  assert.deepEqual(labels(administrator.message(SAID)), ["Delete…", "Mute Bob…", "Ban Bob…"]);
  assert.deepEqual(labels(administrator.message(mine)), ["Delete…"]);
});

test("An administrator mutes and bans until an end or for ever, and takes it back", async () => {
  const { moderator, orders, told, mutes } = setUp();
  const bob = { id: "bob", name: "Bob" };
  const spans = moderator.person(bob)!.choices[0]!.chosen() as Choices;
  assert.deepEqual(labels(spans), ["10 minutes", "1 hour", "1 day", "1 week", "30 days", "ever"]);
  const before = Date.now();
  await choose(moderator.person(bob), "Mute Bob…", "1 hour");
  const [mute] = orders;
  assert.ok(mute!.type === "mute" && mute.user === "bob" && mute.until! - before >= 3_600_000);
  assert.ok(mute.until! - before < 3_660_000);
  assert.match(told[0]!.text, /^Bob is muted until /);
  told[0]!.undo!();
  assert.deepEqual(orders[1], { type: "unmute", user: "bob" });
  mutes.push({ user: "bob" });
  assert.deepEqual(labels(moderator.person(bob)), ["Let Bob speak", "Ban Bob…"]);
  await choose(moderator.message(SAID), "Let Bob speak");
  assert.deepEqual(orders[2], { type: "unmute", user: "bob" });

  await choose(moderator.message(SAID), "Ban Bob…", "and everybody from that address", "ever");
  assert.deepEqual(orders[3], { type: "ban", user: "bob", until: undefined, address: true });
  assert.equal(told.at(-1)!.text, "Bob is banned.");
  told.at(-1)!.undo!();
  assert.deepEqual(orders[4], { type: "unban", ban: 104 });
});

test("A room is locked, slowed down and opened to guests, and all of it taken back", async () => {
  const { moderator, orders, told } = setUp();
  const open = room({ locked: false, slow: 10 });
  await choose(moderator.room(open), "Lock this room");
  await choose(moderator.room(room({ locked: true, slow: 0 })), "Unlock this room");
  await choose(moderator.room(open), "Slow mode…", "5 minutes");
  told.at(-1)!.undo!();
  assert.deepEqual(orders, [
    { type: "lock", room: "lobby" },
    { type: "unlock", room: "lobby" },
    { type: "slow", room: "lobby", seconds: 300 },
    { type: "slow", room: "lobby", seconds: 10 },
  ]);
  await choose(moderator.room(open), "Link for guests…", "ever");
  const made = told.at(-1)!;
  assert.deepEqual([made.link, made.undoLabel], ["/#guest=s3cret", "End the link"]);
  made.undo!();
  assert.deepEqual(orders.at(-1), { type: "unlink", link: 105 });
});

test("The pause that a room has is the one that is marked, and that the menu begins at", () => {
  const { moderator } = setUp();
  const slow = moderator.room(room({ locked: false, slow: 30 })).choices[1]!.chosen() as Choices;
  assert.deepEqual(slow.choices.filter(({ checked }) => checked).map(({ label }) => label), ["30 seconds"]);
  assert.equal(slow.choices[slow.first!]!.label, "30 seconds");
});

test("When the server can't be asked, that is told, and nothing can be taken back", async () => {
  const { moderator, told, isAway } = setUp();
  isAway();
  await choose(moderator.room(room({ locked: false, slow: 0 })), "Lock this room");
  assert.deepEqual(told, [{ text: "The server can’t be asked now." }]);
});
