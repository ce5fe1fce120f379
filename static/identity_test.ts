import assert from "node:assert/strict";
import test from "node:test";
import { Memory } from "./chat_memory.ts";
import { Identity, randomToken } from "./identity.ts";

test("A secret is made once, and is one that the server takes", () => {
  const memory = new Memory(() => undefined);
  const { secret } = new Identity(memory);
  assert.match(secret, /^[\w-]{22,64}$/);
  assert.equal(new Identity(memory).secret, secret);
  assert.notEqual(randomToken(), secret);
});

test("A name is asked for at once, and remembered when it was accepted", () => {
  const memory = new Memory(() => undefined);
  const identity = new Identity(memory);
  assert.equal(identity.name, undefined);
  identity.wish("Ann");
  assert.deepEqual([identity.name, new Identity(memory).name], ["Ann", undefined]);
  identity.accepted("Ann");
  assert.deepEqual([identity.name, new Identity(memory).name], ["Ann", "Ann"]);
});

test("A name that was refused is not asked for again, and the one before holds", () => {
  const identity = new Identity(new Memory(() => undefined));
  identity.accepted("Ann");
  identity.wish("Bob");
  identity.refused();
  assert.equal(identity.name, "Ann");
  identity.refused();
  assert.equal(identity.name, undefined);
});
