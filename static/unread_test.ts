import assert from "node:assert/strict";
import test from "node:test";
import { titleOf, unreadOf } from "./unread.ts";

const room = (unread: number, more: { unreadMore?: boolean; mentions?: number; muted?: boolean } = {}) => ({
  unread,
  unreadMore: false,
  mentions: 0,
  muted: false,
  ...more,
});

test("What is unread is said in a few letters", () => {
  assert.equal(unreadOf(room(0)), "");
  assert.equal(unreadOf(room(3)), "3");
  assert.equal(unreadOf(room(50, { unreadMore: true })), "50+");
});

test("Of a muted room nothing counts but what mentions me", () => {
  assert.equal(unreadOf(room(50, { unreadMore: true, muted: true })), "");
  assert.equal(unreadOf(room(50, { unreadMore: true, muted: true, mentions: 2 }), room(3)), "5");
});

test("The title has the room that is shown and what is unread in all rooms together", () => {
  assert.equal(titleOf("lobby", [room(0), room(0)]), "#lobby · Hubbub");
  assert.equal(titleOf("kitchen", [room(2), room(1)]), "(3) #kitchen · Hubbub");
  assert.equal(titleOf("kitchen", [room(50, { unreadMore: true }), room(1)]), "(51+) #kitchen · Hubbub");
});
