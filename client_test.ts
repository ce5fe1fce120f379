import assert from "node:assert/strict";
import { Channel } from "./channel.ts";
import { Client, type ClientEvent, type Feed, PRIVATE_LENGTH_MAX, PRIVATE_LINES_MAX } from "./client.ts";
import { Metrics } from "./metrics.ts";
import { Disconnect } from "./protocol.ts";
import { BATCH_BYTES_MAX } from "./room.ts";
import { FakeSocket, settle } from "./testing/fakes.ts";

function newClient({ capacity = 10, form = "plain" as "plain" | "json", rate = Infinity } = {}) {
  const metrics = new Metrics();
  let now = 0;
  const socket = new FakeSocket();
  const inbox = new Channel<ClientEvent>(capacity);
  const ports = { inbox, metrics, now: () => now };
  const client = new Client(socket, ports, { form, room: "kitchen", address: "127.0.0.1", textBytesMax: 100, rate });
  /** What the hub would get, in short. */
  const events = () => inbox.drain().map(({ message }) => message.type === "say" ? message.text : message.type);
  const pass = (seconds: number) => now += 1_000 * seconds;
  return { socket, inbox, client, events, metrics, pass };
}

/** A room that has lines for a client, each of which comes in a batch of its own. */
function feed(...lines: string[]): Feed {
  return { take: () => lines.shift() };
}

/** Sends a line as the hub would. */
function write(client: Client, line: string): void {
  assert(client.tell(line));
  client.flush();
}

Deno.test("Client opens, speaks and leaves through the one inbox, in order", () => {
  const { client, events } = newClient();
  client.opened();
  client.received("hello");
  client.received("bye");
  client.gone();
  assert.deepEqual(events(), ["opened", "hello", "bye", "gone"]);
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
    assert.deepEqual(events(), ["gone"], "a peer that never answers the close has left all the same");
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
  assert.deepEqual(events(), ["gone"]);
});

Deno.test("Nothing is heard from a client after it was cut", () => {
  const { client, events } = newClient();
  client.received("x".repeat(101));
  client.received("once more");
  assert.deepEqual(events(), ["gone"]);
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
  assert.deepEqual(events(), ["opened"]);
  await settle();
  assert.deepEqual(events(), ["gone"]);
});

Deno.test("Leaving after the hub has ended gives up", async () => {
  const { client, inbox, events } = newClient({ capacity: 1 });
  client.opened();
  inbox.close();
  client.gone();
  await settle();
  assert.deepEqual(events(), ["opened"]);
});

Deno.test("Client is busy while its socket holds what was sent, and gone when the socket is not open", () => {
  const { client, socket } = newClient();
  assert.equal(client.state, "ready");
  socket.stuck = true;
  write(client, "a");
  assert.equal(client.state, "busy");
  socket.unstick();
  assert.equal(client.state, "ready");
  socket.readyState = 2;
  assert.equal(client.state, "gone");
});

Deno.test("Nothing is written to a client after it was closed", () => {
  const { client, socket } = newClient();
  write(client, "a");
  client.close(Disconnect.slow);
  client.tell("b");
  client.flush();
  assert.deepEqual(socket.sent, ["a"]);
  assert.equal(client.state, "gone");
});

Deno.test("Closing twice sends one close frame, the first", () => {
  const { client, socket } = newClient();
  client.close(Disconnect.slow);
  client.close(Disconnect.goingAway);
  assert.equal(socket.closedWith?.code, Disconnect.slow.code);
});

Deno.test("A plain-text client speaks in the room that it asked for, each message under a nonce of its own", () => {
  const { client, inbox } = newClient();
  for (const text of ["a", "a"]) client.received(text);
  const [first, second] = inbox.drain().map(({ message }) => message);
  assert(first!.type === "say" && second!.type === "say");
  assert.equal(first.room, "kitchen");
  assert.notEqual(first.nonce, second.nonce);
});

Deno.test("A client that speaks JSON may say several things in one message, and is told apart from one that does not", () => {
  const { client, inbox } = newClient({ form: "json" });
  client.received('{"type":"join","room":"a"}\n{"type":"ping","more":1}\n');
  client.received("hello");
  assert.deepEqual(inbox.drain().map(({ message }) => message), [
    { type: "join", room: "a" },
    { type: "ping" },
    { type: "malformed", reason: "This is not JSON" },
    { type: "malformed", reason: "This is not JSON" },
  ]);
});

Deno.test("A text as long as is allowed is not too long for its JSON", () => {
  const { client, events } = newClient({ form: "json" });
  const text = '"'.repeat(100);
  client.received(JSON.stringify({ type: "say", room: "a", nonce: "n", text }));
  assert.deepEqual(events(), [text]);
  client.received(" ".repeat(20_000));
  assert.equal(client.state, "gone");
});

Deno.test("A flush is one message: first what is for the client alone, then what its rooms have", () => {
  const { client, socket } = newClient();
  client.follow(feed("c"));
  client.follow(feed("d"));
  for (const line of ["a", "b"]) client.tell(line);
  client.flush();
  assert.deepEqual(socket.sent, ["a\nb\nc\nd"]);
  client.flush();
  assert.equal(socket.sent.length, 1, "nothing more, nothing sent");
});

Deno.test("A room with much to say does not starve the others", () => {
  const { client, socket } = newClient();
  const much = "x".repeat(BATCH_BYTES_MAX);
  client.follow(feed(much, much, much));
  client.follow(feed("a"));
  for (let i = 0; i < 3; i++) client.flush();
  assert.deepEqual(socket.sent, [much, `a\n${much}`, much]);
});

Deno.test("Nothing is taken from a room that the client no longer follows", () => {
  const { client, socket } = newClient();
  const kitchen = feed("a");
  client.follow(kitchen);
  client.unfollow(kitchen);
  client.flush();
  assert.deepEqual(socket.sent, []);
});

Deno.test("What is meant for a client alone is bounded in lines and in length, until it is sent", () => {
  for (const [line, count] of [["a", PRIVATE_LINES_MAX], ["x".repeat(PRIVATE_LENGTH_MAX / 4), 4]] as const) {
    const { client } = newClient();
    for (let i = 0; i < count; i++) assert.equal(client.tell(line), true);
    assert.equal(client.tell("one too many"), false);
    assert.equal(client.privateLength, count * line.length);
    client.flush();
    assert.equal(client.privateLength, 0);
    assert.equal(client.tell(line), true);
  }
});

Deno.test("Only time between two looks at one write counts as blocked", () => {
  const { client } = newClient();
  assert.equal(client.blockedMs(0), 0);
  assert.equal(client.blockedMs(300), 300);
  assert.equal(client.blockedMs(500), 500);
  write(client, "a");
  assert.equal(client.blockedMs(10_000), 0);
  assert.equal(client.blockedMs(10_100), 100);
});

Deno.test("A stall of the server's own is not held against a blocked client", () => {
  const { client } = newClient();
  client.blockedMs(0);
  assert.equal(client.blockedMs(3_600_000), 1_000);
});
