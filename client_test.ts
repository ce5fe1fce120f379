import assert from "node:assert/strict";
import { Channel } from "./channel.ts";
import { Client, type ClientEvent } from "./client.ts";
import { Disconnect } from "./protocol.ts";
import { FakeSocket, settle } from "./testing/fakes.ts";

function newClient({ capacity = 10, messageBytesMax = 100 } = {}) {
  const socket = new FakeSocket();
  const inbox = new Channel<ClientEvent>(capacity);
  const client = new Client(socket, inbox, messageBytesMax);
  /** What the hub would get, in short. */
  const events = () => inbox.drain().map((event) => event.type === "broadcast" ? event.text : event.type);
  return { socket, inbox, client, events };
}

Deno.test("Client registers, broadcasts and unregisters through the one inbox, in order", () => {
  const { client, events } = newClient();
  client.opened();
  client.received("hello");
  client.received("bye");
  client.gone();
  assert.deepEqual(events(), ["register", "hello", "bye", "unregister"]);
});

Deno.test("Newlines in a message become spaces and white space around it goes, as in the seed", () => {
  const { client, events } = newClient();
  for (const text of ["a\nb ", "\n a\n\n b\n", "", " \n"]) client.received(text);
  assert.deepEqual(events(), ["a b", "a   b", "", ""]);
});

Deno.test("A message that is too long is cut with 1009, counted in bytes of UTF-8", () => {
  for (const text of ["x".repeat(101), "é".repeat(51), "好".repeat(34), "😀".repeat(26)]) {
    const { client, socket, events } = newClient();
    client.received(text);
    assert.deepEqual(socket.closedWith, { code: 1009, reason: Disconnect.tooBig.reason });
    assert.deepEqual(events(), ["unregister"], "a peer that never answers the close has left all the same");
  }
});

Deno.test("A message as long as is allowed is taken", () => {
  const longest = ["x".repeat(100), "é".repeat(50), "好".repeat(33), "😀".repeat(25)];
  const { client, events } = newClient();
  for (const text of longest) client.received(text);
  assert.deepEqual(events(), longest);
});

Deno.test("HOSTILE 8: a binary message is cut with 1003", () => {
  const { client, socket, events } = newClient();
  client.received(new ArrayBuffer(3));
  assert.deepEqual(socket.closedWith, { code: 1003, reason: Disconnect.notText.reason });
  assert.deepEqual(events(), ["unregister"]);
});

Deno.test("Nothing is heard from a client after it was cut", () => {
  const { client, events } = newClient();
  client.received("x".repeat(101));
  client.received("once more");
  assert.deepEqual(events(), ["unregister"]);
});

Deno.test("A client whose message finds the inbox full is cut with 1013, and so not left in doubt", () => {
  const { client, socket } = newClient({ capacity: 1 });
  client.opened();
  client.received("no room");
  assert.equal(socket.closedWith?.code, Disconnect.overloaded.code);
});

Deno.test("A client that comes while the hub ends is sent away with 1001", () => {
  const { client, socket, inbox } = newClient();
  inbox.close();
  client.opened();
  assert.equal(socket.closedWith?.code, Disconnect.goingAway.code);
});

Deno.test("A client that speaks while the hub ends is not cut before the hub has sent it its last lines", () => {
  const { client, socket, inbox } = newClient();
  client.opened();
  inbox.close();
  client.received("too late");
  assert.equal(socket.closedWith, undefined);
});

Deno.test("Leaving gets through even if the inbox is full", async () => {
  const { client, events } = newClient({ capacity: 1 });
  client.opened();
  client.gone();
  await settle();
  assert.deepEqual(events(), ["register"]);
  await settle();
  assert.deepEqual(events(), ["unregister"]);
});

Deno.test("Leaving after the hub has ended gives up", async () => {
  const { client, inbox, events } = newClient({ capacity: 1 });
  client.opened();
  inbox.close();
  client.gone();
  await settle();
  assert.deepEqual(events(), ["register"]);
});

Deno.test("Client is busy while its socket holds what was sent, and gone when the socket is not open", () => {
  const { client, socket } = newClient();
  assert.equal(client.state, "ready");
  socket.stuck = true;
  client.write("a");
  assert.equal(client.state, "busy");
  socket.unstick();
  assert.equal(client.state, "ready");
  socket.readyState = 2;
  assert.equal(client.state, "gone");
});

Deno.test("Nothing is written to a client after it was closed", () => {
  const { client, socket } = newClient();
  client.write("a");
  client.close(Disconnect.slow);
  client.write("b");
  assert.deepEqual(socket.sent, ["a"]);
  assert.equal(client.state, "gone");
});

Deno.test("Closing twice sends one close frame, the first", () => {
  const { client, socket } = newClient();
  client.close(Disconnect.slow);
  client.close(Disconnect.goingAway);
  assert.equal(socket.closedWith?.code, Disconnect.slow.code);
});
