import assert from "node:assert/strict";
import test from "node:test";
import { Memory } from "./chat_memory.ts";
import { Identity, PASS_KEY, randomToken } from "./identity.ts";

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

test("A pass is kept for all tabs when it has let me in, and is this tab's own before", () => {
  const memory = new Memory(() => undefined);
  const [identity, other] = [new Identity(memory), new Identity(memory)];
  identity.bring("sesame open");
  assert.deepEqual([identity.pass, other.pass], ["sesame open", undefined]);
  identity.admitted("member");
  assert.deepEqual([identity.pass, other.pass], ["sesame open", "sesame open"]);
  other.forget("sesame open");
  assert.equal(identity.pass, undefined);
});

test("A link that lets me do less does not take away the pass that lets me do more, and a wrong one takes nothing", () => {
  const memory = new Memory(() => undefined);
  const identity = new Identity(memory);
  for (const [pass, role, kept] of [["a", "guest", "a"], ["b", "admin", "b"], ["c", "member", "b"]] as const) {
    identity.bring(pass);
    identity.admitted(role);
    assert.deepEqual([identity.pass, new Identity(memory).pass], [pass, kept]);
  }
  identity.bring("wrong");
  identity.forget("wrong");
  assert.equal(identity.pass, "b");
  identity.bring("d");
  identity.admitted("admin");
  assert.equal(new Identity(memory).pass, "d");
});

test("What is too long for a pass is none, wherever it comes from", () => {
  const memory = new Memory(() => undefined);
  memory.set(PASS_KEY, "x".repeat(129));
  assert.equal(new Identity(memory).pass, undefined);
});
