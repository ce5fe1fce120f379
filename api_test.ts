import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { type Message, userOf } from "./api.ts";
import { KEEP_ALIVE_MS } from "./event_stream.ts";
import { PostRefused } from "./hub.ts";
import { GUESSES_MAX, GUESSES_MS } from "./access.ts";
import { openMemory } from "./journal/memory.ts";
import { openApi } from "./openapi.ts";
import type { Order } from "./protocol.ts";
import { BURST_SECONDS } from "./rate_limit.ts";
import { ApiHarness, conforms, DEPLOY, documented, EventReader } from "./testing/api_harness.ts";
import { settle } from "./testing/fakes.ts";
import { FaultyJournal } from "./testing/faulty_journal.ts";
import { RawSocket } from "./testing/raw_socket.ts";
import { SeedClient } from "./testing/seed_client.ts";
import { onEachTransport, TestServer } from "./testing/test_server.ts";

const LOBBY = "/api/rooms/lobby/messages";
const PLAIN = { ...DEPLOY, "content-type": "text/plain" };
const JSON_BODY = { ...DEPLOY, "content-type": "application/json" };

/** A test of an API over a hub that runs. */
function test(name: string, check: (h: ApiHarness) => Promise<void>, limits = {}): void {
  Deno.test(name, async () => {
    const h = new ApiHarness(openMemory(), limits);
    try {
      await check(h);
    } finally {
      await h.end();
    }
  });
}

test("What a program says is kept, answered with its id, and goes to everyone in the room under the token's name", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  const { status, body } = await h.ask("POST", LOBBY, { headers: PLAIN, body: "deploy\r\ndone " });
  await h.deliver();
  const [said] = ann.got("said");
  assert.equal(status, 201);
  assert.deepEqual({ type: "said", ...body }, said);
  assert.deepEqual([said!.name, said!.user, said!.text], ["Deploy", userOf("1"), "deploy\ndone"]);
});

test("A text comes as plain text, as what curl -d calls a form, or as JSON, in UTF-8", async (h) => {
  const bodies: [string, string, string][] = [
    ["text/plain", "Grüße = 1 & 2", "Grüße = 1 & 2"],
    ["text/plain; charset=UTF-8", "a+b%20c", "a+b%20c"],
    ["application/x-www-form-urlencoded", "deploy done", "deploy done"],
    ["application/json", '{"text":"{\\"a\\"}","more":1}', '{"a"}'],
    ['Application/JSON; charset="utf-8"', '{"text":"\\ud83d\\ude00"}', "😀"],
  ];
  for (const [type, body, text] of bodies) {
    const answer = await h.ask("POST", LOBBY, { headers: { ...DEPLOY, "content-type": type }, body });
    assert.deepEqual([answer.status, answer.body.text], [201, text], type);
  }
});

test("The same Idempotency-Key is the same message: 201, then 200 with the same id, and it is said once", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  for (const key of ["build-7", '"build-7"', "build-7"]) {
    const headers = { ...PLAIN, "idempotency-key": key };
    const { status, body } = await h.ask("POST", LOBBY, { headers, body: "build-7 done" });
    assert.deepEqual([status, body.id, body.text], [
      body.id === 1 && key === "build-7" ? status : 200,
      1,
      "build-7 done",
    ]);
  }
  for (const [path, body] of [[LOBBY, "build-8 done"], ["/api/rooms/den/messages", "build-7 done"]] as const) {
    const answer = await h.ask("POST", path, { headers: { ...PLAIN, "idempotency-key": "build-7" }, body });
    assert.deepEqual([answer.status, answer.body.error.code], [422, "keyUsed"], "it would not be said, unnoticed");
  }
  await h.post("done", "kitchen", { "authorization": "Bearer kitchen-secret", "idempotency-key": "build-7" });
  await h.deliver();
  assert.deepEqual(ann.texts, ["build-7 done"]);
  assert.equal(
    (await h.ask("GET", "/api/rooms/kitchen/messages")).body.messages.length,
    1,
    "the key is the token's own",
  );
});

test("Without a key each request is a message of its own", async (h) => {
  const [first, second] = [await h.post("again"), await h.post("again")];
  assert.notEqual(first.nonce, second.nonce);
  assert.equal(second.id, first.id + 1);
});

test("A room is read from its end, from before an id, or from after one, oldest first", async (h) => {
  for (let i = 1; i <= 7; i++) await h.post(`${i}`);
  const read = async (query: string) => {
    const { status, body } = await h.ask("GET", `${LOBBY}${query}`);
    assert.equal(status, 200);
    assert.deepEqual([body.room, body.epoch, body.gap], ["lobby", h.journal.epoch, false]);
    return [body.messages.map(({ text }: Message) => text).join(""), body.more];
  };
  assert.deepEqual(await read(""), ["1234567", false]);
  assert.deepEqual(await read("?limit=3"), ["567", true]);
  assert.deepEqual(await read("?before=5&limit=3"), ["234", true]);
  assert.deepEqual(await read("?after=5"), ["67", false]);
  assert.deepEqual(await read("?after=0&limit=2"), ["12", true]);
  assert.deepEqual(await read("?after=99"), ["", false]);
  const { status, body } = await h.ask("GET", "/api/rooms/nobody-was-here/messages");
  assert.deepEqual([status, body.messages], [200, []], "any name of a room is a room");
  assert.equal((await h.ask("HEAD", LOBBY)).status, 200);
});

test("What can't be understood is refused with 400 and a reason", async (h) => {
  for (
    const query of ["?limit=0", "?limit=201", "?after=-1", "?before=x", "?after=1&before=2", "?after=1e3", "?limit="]
  ) {
    const { status, body } = await h.ask("GET", `${LOBBY}${query}`);
    assert.deepEqual([status, body.error.code], [400, "badQuery"], query);
  }
  const bad: [RequestInit, string][] = [
    [{ headers: PLAIN, body: " \n " }, "badText"],
    [{ headers: PLAIN }, "badText"],
    [{ headers: PLAIN, body: new Uint8Array([0xff, 0xfe]) }, "badText"],
    [{ headers: JSON_BODY, body: "{" }, "badJson"],
    [{ headers: JSON_BODY, body: "null" }, "badJson"],
    [{ headers: JSON_BODY, body: '{"text":1}' }, "badJson"],
    [{ headers: JSON_BODY, body: '{"__proto__":{"text":"a"}}' }, "badJson"],
    [{ headers: JSON_BODY, body: '{"text":"\\ud800"}' }, "badJson"],
    [{ headers: JSON_BODY, body: "[".repeat(10_000) }, "badJson"],
    [{ headers: { ...PLAIN, "idempotency-key": "a b" }, body: "a" }, "badKey"],
    [{ headers: { ...PLAIN, "idempotency-key": '"a' }, body: "a" }, "badKey"],
    [{ headers: { ...PLAIN, "idempotency-key": "a".repeat(65) }, body: "a" }, "badKey"],
  ];
  for (const [init, code] of bad) {
    const { status, body } = await h.ask("POST", LOBBY, init);
    assert.deepEqual([status, body.error.code], [400, code]);
  }
});

test("What is not there is 404, a wrong method 405 with Allow, before anybody is asked for a token", async (h) => {
  const headers = {};
  for (
    const path of ["/api/", "/api/rooms", "/api/rooms/lobby", "/api/rooms/lobby/people", "/api/rooms/Lobby/messages"]
  ) {
    assert.equal((await h.ask("GET", path, { headers })).status, 404, path);
  }
  const wrong = [["POST", "/api", "GET, HEAD"], ["DELETE", LOBBY, "GET, HEAD, POST"], [
    "HEAD",
    "/api/rooms/lobby/events",
    "GET",
  ]] as const;
  for (const [method, path, allow] of wrong) {
    const answer = await h.ask(method, path, { headers });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, allow]);
  }
});

test("Without a token, or with a wrong one, it is 401; with one for another room 403", async (h) => {
  const refused: [Record<string, string>, number][] = [
    [{}, 401],
    [{ "authorization": "Bearer guess" }, 401],
    [{ "authorization": "Basic ZGVwbG95LXNlY3JldA==" }, 401],
    [{ "authorization": "deploy-secret" }, 401],
    [{ "authorization": "Bearer kitchen-secret" }, 403],
  ];
  for (const [headers, expected] of refused) {
    for (const path of [LOBBY, "/api/rooms/lobby/events"]) {
      const { status, headers: answered, body } = await h.ask("GET", path, { headers });
      assert.equal(status, expected);
      assert.equal(answered.get("www-authenticate")?.startsWith("Bearer"), expected === 401 ? true : undefined);
      assert(!JSON.stringify(body).includes("secret"), "what is told says nothing of secrets");
    }
  }
  assert.equal((await h.ask("GET", "/api/rooms/kitchen/messages", { headers: refused[4]![0] })).status, 200);
  assert.equal(h.places, 0);
});

test("HOSTILE 23: who guesses tokens gets 401, and after five times 429 for a minute", async (h) => {
  for (let i = 0; i < GUESSES_MAX; i++) {
    assert.equal((await h.ask("GET", LOBBY, { headers: { "authorization": `Bearer guess-${i}` } })).status, 401);
  }
  const guess = { headers: { "authorization": "Bearer guess" } };
  const { status, headers, body } = await h.ask("GET", LOBBY, guess);
  assert.deepEqual([status, headers.get("retry-after"), body.error.code], [429, "60", "tooManyTries"]);
  assert.equal((await h.ask("GET", LOBBY)).status, 200, "a good one is no guess");
  h.address = "10.0.0.2";
  assert.equal((await h.ask("GET", LOBBY, guess)).status, 401);
  h.address = "127.0.0.1";
  h.clock.advance(GUESSES_MS);
  assert.equal((await h.ask("GET", LOBBY, guess)).status, 401);
});

test("HOSTILE 25: a token may not speak where it is muted, banned, locked out or too soon", async (h) => {
  const admin = await h.enterAdmin("Ada", "lobby");
  const user = userOf("1");
  const orders: [Order, number, string][] = [
    [{ type: "lock", room: "lobby" }, 403, "locked"],
    [{ type: "unlock", room: "lobby" }, 201, ""],
    [{ type: "mute", user }, 403, "muted"],
    [{ type: "unmute", user }, 201, ""],
    [{ type: "slow", room: "lobby", seconds: 60 }, 201, ""],
    [{ type: "slow", room: "lobby", seconds: 90 }, 429, "slow"],
    [{ type: "slow", room: "lobby", seconds: 0 }, 201, ""],
    [{ type: "ban", user }, 403, "banned"],
  ];
  for (const [order, expected, code] of orders) {
    admin.send({ type: "order", ref: 1, order });
    await h.deliver();
    const { status, headers, body } = await h.ask("POST", LOBBY, { headers: PLAIN, body: "a" });
    assert.deepEqual([status, body.error?.code ?? ""], [expected, code], JSON.stringify(order));
    if (code === "slow") assert.equal(headers.get("retry-after"), "90");
    if (order.type === "slow" && order.seconds === 60) {
      const again = { headers: { ...PLAIN, "idempotency-key": "once" }, body: "b" };
      h.clock.advance(60_000);
      for (const status of [201, 200]) assert.equal((await h.ask("POST", LOBBY, again)).status, status);
    }
  }
});

test("HOSTILE 24: a secret in the query is no token", async (h) => {
  assert.equal((await h.ask("GET", `${LOBBY}?access_token=deploy-secret`, { headers: {} })).status, 401);
});

test(
  "A token that is used too often gets 429 with Retry-After, others go on, and in time it does, too",
  async (h) => {
    const burst = 2 * BURST_SECONDS;
    for (let i = 0; i < burst; i++) assert.equal((await h.ask("GET", LOBBY)).status, 200);
    const { status, headers } = await h.ask("GET", LOBBY);
    assert.deepEqual([status, headers.get("retry-after")], [429, "1"]);
    assert.equal((await h.ask("POST", LOBBY, { headers: PLAIN, body: "a" })).status, 429);
    assert.equal(h.metrics.hits("rate"), 2);
    const other = { headers: { "authorization": "Bearer kitchen-secret" } };
    assert.equal((await h.ask("GET", "/api/rooms/kitchen/messages", other)).status, 200);
    h.clock.advance(1_000);
    assert.equal((await h.ask("GET", LOBBY)).status, 200);
  },
  { rate: 2 },
);

Deno.test("What can't be kept is 503 with Retry-After, and with the same key it is said once when it can", async () => {
  const faulty = new FaultyJournal(openMemory());
  const h = new ApiHarness(faulty);
  const headers = { ...PLAIN, "idempotency-key": "a" };
  const say = async (fate: "refused" | "doubted" | "done") => {
    const answer = h.ask("POST", LOBBY, { headers, body: "a" });
    for (; faulty.waiting === 0;) await settle();
    // It looks first for what was kept all the same.
    if (fate !== "refused") await faulty.decide("done");
    await settle();
    await faulty.decide(fate);
    return await answer;
  };
  const first = await say("refused");
  assert.deepEqual([first.status, first.body.error.code, first.headers.get("retry-after")], [503, "storage", "5"]);
  assert.equal((await say("doubted")).status, 503);
  const last = await say("done");
  assert.deepEqual([last.status, last.body.id], [200, 1]);
  await h.end();
});

Deno.test("What can't be read is 503", async () => {
  const faulty = new FaultyJournal(openMemory());
  const h = new ApiHarness(faulty);
  const answer = h.ask("GET", LOBBY);
  for (; faulty.waiting === 0;) await settle();
  await faulty.decide("refused");
  assert.equal((await answer).status, 503);
  assert.equal(h.reports.length, 1);
  await h.end();
});

Deno.test("A server that is going away answers 503", async () => {
  const h = new ApiHarness();
  await h.end();
  const { status, headers } = await h.ask("POST", LOBBY, { headers: PLAIN, body: "a" });
  assert.deepEqual([status, headers.get("retry-after")], [503, "5"]);
  const draft = { room: "lobby", user: "u", name: "Ann", text: "a", nonce: "n" };
  await assert.rejects(h.hub.post(draft), new PostRefused("busy", "The server is going away."));
});

Deno.test("What /api serves is OpenAPI 3.1", async () => {
  const { valid, errors } = await new Validator().validate(openApi("0.0.0", 1_000, { max: 200, usual: 50 }));
  assert(valid, JSON.stringify(errors));
});

// Following a room.

test("Whoever follows a room gets what is said from then on, and nothing of other rooms", async (h) => {
  await h.post("before");
  const reader = await h.follow();
  await h.post("one");
  await h.post("elsewhere", "kitchen");
  await h.post("two");
  assert.deepEqual(await reader.texts(2), ["one", "two"]);
  await reader.cancel();
});

test("Whoever comes back with the Last-Event-ID gets everything since, once, and then what is said", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  const first = await h.follow();
  await h.post("one");
  assert.deepEqual(await first.texts(1), ["one"]);
  await first.cancel();
  for (let i = 0; i < 120; i++) ann.say("lobby", `missed${i}`);
  await h.deliver();
  const second = await h.follow("lobby", { headers: { ...DEPLOY, "last-event-id": first.lastEventId } });
  ann.say("lobby", "live");
  await h.deliver();
  assert.deepEqual(await second.texts(121), [...Array.from({ length: 120 }, (_, i) => `missed${i}`), "live"]);
  await second.cancel();
});

test("Whoever lost the line before the first message can come back, too", async (h) => {
  await h.post("before");
  const first = await h.follow();
  const next = first.next();
  await settle();
  await first.cancel();
  await next;
  await h.post("missed");
  const second = await h.follow("lobby", { headers: { ...DEPLOY, "last-event-id": first.lastEventId } });
  assert.deepEqual(await second.texts(1), ["missed"]);
  await second.cancel();
});

test("after is where a reader begins who has read the room before; Last-Event-ID counts more", async (h) => {
  for (let i = 1; i <= 3; i++) await h.post(`${i}`);
  const reader = await h.follow("lobby", {}, "?after=1");
  assert.deepEqual(await reader.texts(2), ["2", "3"]);
  await reader.cancel();
  const headers = { ...DEPLOY, "last-event-id": `${h.journal.epoch}.2` };
  const again = await h.follow("lobby", { headers }, "?after=1");
  assert.deepEqual(await again.texts(1), ["3"]);
  await again.cancel();
});

test("Who follows hears of what is deleted, also who comes back", async (h) => {
  const admin = await h.enterAdmin("Ada", "lobby");
  const reader = await h.follow();
  const { id } = await h.post("a mistake");
  assert.deepEqual(await reader.texts(1), ["a mistake"]);
  const { lastEventId } = reader;
  admin.send({ type: "delete", room: "lobby", id });
  await h.deliver();
  const back = await h.follow("lobby", { headers: { ...DEPLOY, "last-event-id": lastEventId } });
  for (const follower of [reader, back]) {
    const { event, data } = (await follower.next())!;
    assert.deepEqual([event, data.room, data.message], ["deleted", "lobby", id]);
    conforms(data, "components", "schemas", "Deletion");
    await follower.cancel();
  }
  assert.deepEqual((await h.ask("GET", LOBBY)).body.messages, []);
});

test("HOSTILE 27: a cursor that was never given out gets a reload, and then what is said", async (h) => {
  await h.post("before");
  const forged = [
    `${h.journal.epoch}.2`,
    "other.1",
    "1",
    "",
    "-1",
    `${h.journal.epoch}.1e0`,
    `${h.journal.epoch}.9999999999999999`,
  ];
  for (const id of forged) {
    const reader = await h.follow("lobby", { headers: { ...DEPLOY, "last-event-id": id } });
    const last = h.hub.last;
    const reload = (await reader.next())!;
    assert.deepEqual([reload.event, reload.data], ["reload", { room: "lobby", last }], id);
    conforms(reload.data, "components", "schemas", "Reload");
    await h.post(`after "${id}"`);
    assert.deepEqual(await reader.texts(1), [`after "${id}"`]);
    await reader.cancel();
  }
  assert.equal((await (await h.follow("lobby", {}, "?after=999")).next())?.event, "reload");
});

test("Of what was deleted because of its age a reader is told by a reload, before what is left", async (h) => {
  for (let i = 1; i <= 3; i++) await h.post(`${i}`);
  const { missed } = h.journal;
  h.journal.missed = async (...args) => {
    const page = await missed(...args);
    return { ...page, entries: page.entries.filter(({ id }) => id > 2), gap: true };
  };
  const reader = await h.follow("lobby", {}, "?after=1");
  assert.deepEqual(await reader.next(), { event: "reload", data: { room: "lobby", last: 2 } });
  assert.equal(reader.lastEventId, `${h.journal.epoch}.2`);
  assert.deepEqual(await reader.texts(1), ["3"]);
  await reader.cancel();
});

test("A quiet stream gets a comment now and then, and no second one before it has taken the first", async (h) => {
  const reader = await h.follow();
  const next = reader.next();
  await settle();
  for (let i = 1; i <= 3; i++) {
    h.clock.advance(KEEP_ALIVE_MS);
    await settle();
    assert.equal(reader.comments, i);
  }
  await h.post("one");
  assert.equal((await next)?.data.text, "one");
  await reader.cancel();

  const raw = (await h.request("GET", "/api/rooms/lobby/events")).body!.getReader();
  const read = async () => new TextDecoder().decode((await raw.read()).value);
  await read();
  const comment = read();
  for (let i = 0; i < 10; i++) h.clock.advance(KEEP_ALIVE_MS);
  assert.equal(await comment, ":\n\n");
  for (let i = 0; i < 10; i++) h.clock.advance(KEEP_ALIVE_MS);
  assert.equal(await read(), ":\n\n");
  await h.post("two");
  assert.match(await read(), /^event: said\n/);
  await raw.cancel();
});

test("A reader that does not read costs a few messages' memory and misses nothing", async (h) => {
  const ann = await h.enter("Ann", "lobby");
  const reader = await h.follow();
  await h.post("0");
  await reader.texts(1);
  let reads = 0;
  const { missed } = h.journal;
  h.journal.missed = (...args) => (reads++, missed(...args));
  for (let i = 1; i <= 2_000; i++) {
    ann.say("lobby", `n${i}`, `${i}`);
    if (i % 100 === 0) await h.deliver();
  }
  assert.equal(reads, 0, "nothing is read for it while it does not read");
  assert.deepEqual(await reader.texts(2_000), Array.from({ length: 2_000 }, (_, i) => `${i + 1}`));
  assert(reads > 30, "for most of it was not kept for it");
  await reader.cancel();
});

test("A stream takes a place until its reader is gone, and is refused where there is none", async (h) => {
  const reader = await h.follow();
  assert.deepEqual([h.places, h.api.streams], [1, 1]);
  await reader.cancel();
  assert.deepEqual([h.places, h.api.streams, h.clock.waiting], [0, 0, 0]);
  h.refusal = { status: 429, reason: "There are too many" };
  const { status, headers, body } = await h.ask("GET", "/api/rooms/lobby/events");
  assert.deepEqual([status, headers.get("retry-after"), body.error.code], [429, "5", "full"]);
});

test("A stream ends when its token is good no more, and when the journal can't be read", async (h) => {
  const reader = await h.follow();
  const next = reader.next();
  await settle();
  h.tokens.revoke("deploy-secret");
  h.clock.advance(KEEP_ALIVE_MS);
  assert.equal(await next, undefined);
  assert.equal(h.places, 0);

  const headers = { "authorization": "Bearer kitchen-secret" };
  h.journal.missed = () => Promise.reject(new Error("the disk is gone"));
  await h.post("one", "kitchen", headers);
  const broken = await h.follow("kitchen", { headers }, "?after=0");
  assert.equal(await broken.next(), undefined);
  assert.deepEqual(h.reports, ["Room kitchen can't be read: the disk is gone"]);
  assert.equal(h.places, 0);
});

// Over a real socket.

onEachTransport("A program says something and follows a room over HTTP, and people hear it", async (transport) => {
  await using server = await TestServer.start({ transport });
  const at = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  const reader = new EventReader(await fetch(at("/api/rooms/lobby/events"), { headers: DEPLOY }));
  const ann = await SeedClient.connect(server.port);
  await server.clients(1);
  const headers = { ...DEPLOY, "content-type": "application/x-www-form-urlencoded" };
  const said = await fetch(at(LOBBY), { method: "POST", headers, body: "deploy done" });
  assert.equal(said.status, 201);
  assert.deepEqual(await documented(said, "POST", LOBBY), { ...(await readAll(server))[0] });
  ann.send("thanks");
  assert.deepEqual(await reader.texts(2), ["deploy done", "thanks"]);
  assert.deepEqual(await ann.received(2), ["deploy done", "thanks"]);
  await documented(await fetch(at("/api")), "GET", "/api");
  await documented(await fetch(at(LOBBY), { method: "HEAD", headers: DEPLOY }), "HEAD", LOBBY);
  await reader.cancel();
  await ann.close();
});

for (const readme of ["README.md", "README.zh-CN.md", "docs/API.md"]) {
  Deno.test(`The line for curl in ${readme} says something, sent as curl sends it`, async () => {
    await using server = await TestServer.start();
    const line = /^curl -H '([\w-]+): (.*)TOKEN' -d '(.*)' http:\/\/localhost:8080(\S+)$/m;
    const [, name, value, body, path] = line.exec(await Deno.readTextFile(readme))!;
    const headers = { [name!]: `${value}deploy-secret`, "content-type": "application/x-www-form-urlencoded" };
    const said = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: "POST", headers, body });
    await documented(said, "POST", LOBBY);
    assert.deepEqual((await readAll(server)).map(({ text }) => text), ["deploy done"]);
  });
}

/** What was said in the lobby, as a program reads it. */
async function readAll(server: TestServer): Promise<Message[]> {
  const response = await fetch(`http://127.0.0.1:${server.port}${LOBBY}`, { headers: DEPLOY });
  return (await documented(response, "GET", LOBBY) as { messages: Message[] }).messages;
}

onEachTransport("A text in many parts is put together", async (transport) => {
  await using server = await TestServer.start({ transport });
  using socket = await RawSocket.connect(server.port);
  const headers = { "Host": "a", "Authorization": "Bearer deploy-secret", "Content-Type": "text/plain" };
  const lines = Object.entries({ ...headers, "Transfer-Encoding": "chunked" }).map(([name, value]) =>
    `${name}: ${value}`
  );
  await socket.write(`POST ${LOBBY} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
  // A character in two parts.
  for (const part of [[0x61, 0xc3], [0xbc], [0x62]]) {
    await socket.write(new Uint8Array([...new TextEncoder().encode(`${part.length}\r\n`), ...part, 13, 10]));
  }
  await socket.write("0\r\n\r\n");
  assert.equal((await socket.head()).status, 201);
  assert.deepEqual((await readAll(server)).map(({ text }) => text), ["aüb"]);
});

onEachTransport("A reader that goes away leaves nothing behind, however it goes", async (transport) => {
  await using server = await TestServer.start({ transport });
  const head = { "Host": "a", "Authorization": "Bearer deploy-secret" };
  for (const how of ["close", "half-close", "cancel"]) {
    if (how === "cancel") {
      const reader = new EventReader(
        await fetch(`http://127.0.0.1:${server.port}/api/rooms/lobby/events`, { headers: DEPLOY }),
      );
      await reader.cancel();
    } else {
      using socket = await RawSocket.connect(server.port);
      const { status, headers } = await socket.request("GET", "/api/rooms/lobby/events", head);
      assert.deepEqual([status, headers.get("content-type")], [200, "text/event-stream"]);
      assert.equal(server.api.streams, 1);
      if (how === "half-close") await socket.closeWrite();
      else socket[Symbol.dispose]();
      await server.until(
        () => `there are ${server.api.streams} streams after a ${how}`,
        () => server.api.streams === 0,
      );
    }
    await server.connections(0);
  }
});

onEachTransport("A stream has one of the places for connections, and nobody has more than those", async (transport) => {
  await using server = await TestServer.start({ transport, limits: { perAddress: 1 } });
  const url = `http://127.0.0.1:${server.port}/api/rooms/lobby/events`;
  const reader = new EventReader(await fetch(url, { headers: DEPLOY }));
  assert.equal(await server.metric("hubbub_connections"), 1);
  const second = await fetch(url, { headers: DEPLOY });
  assert.deepEqual([second.status, second.headers.get("retry-after")], [429, "5"]);
  await documented(second, "GET", "/api/rooms/lobby/events");
  await reader.cancel();
});

onEachTransport(
  "A reader that stops reading holds up nobody, and has missed nothing when it goes on",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    const url = `http://127.0.0.1:${server.port}/api/rooms/lobby/events`;
    const reader = new EventReader(await fetch(url, { headers: DEPLOY }));
    const ann = await SeedClient.connect(server.port);
    await server.clients(1);
    // More than all buffers on the way have.
    const texts = Array.from({ length: 400 }, (_, i) => `${i} ${"x".repeat(60_000)}`);
    const author = { room: "lobby", user: userOf("1"), name: "Deploy" };
    await Promise.all(texts.map((text, i) => server.hub.post({ ...author, text, nonce: `${i}` })));
    await ann.received(400);
    assert.deepEqual(await reader.texts(400), texts);
    await reader.cancel();
    await ann.close();
  },
);

Deno.test("A reader that takes nothing for --idle-timeout is cut, and one that has nothing to take is not (node)", async () => {
  await using server = await TestServer.start({ transport: "node", limits: { silence: 0.5 } });
  const head = { "Host": "a", "Authorization": "Bearer deploy-secret" };
  using stuck = await RawSocket.connect(server.port);
  await stuck.request("GET", "/api/rooms/lobby/events", head);
  using idle = await RawSocket.connect(server.port);
  await idle.request("GET", "/api/rooms/kitchen/events", head);
  const author = { room: "lobby", user: userOf("1"), name: "Deploy", text: "x".repeat(60_000) };
  for (let i = 0; i < 400; i++) await server.hub.post({ ...author, nonce: `${i}` });
  await server.until(() => `there are ${server.api.streams} streams`, () => server.api.streams === 1);
  await server.hub.post({ ...author, room: "kitchen", text: "still here", nonce: "last" });
  await idle.until("still here");
});

onEachTransport("A server that ends has ended its streams", async (transport) => {
  const server = await TestServer.start({ transport });
  const reader = new EventReader(
    await fetch(`http://127.0.0.1:${server.port}/api/rooms/lobby/events`, { headers: DEPLOY }),
  );
  const said = await fetch(`http://127.0.0.1:${server.port}${LOBBY}`, { method: "POST", headers: PLAIN, body: "last" });
  await said.body!.cancel();
  assert.deepEqual(await reader.texts(1), ["last"]);
  const end = reader.next();
  await server.end();
  assert.equal(await end, undefined);
});

onEachTransport(
  "A request that would rather speak HTTP/2, as curl --http2 does, is answered in HTTP/1.1",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    using socket = await RawSocket.connect(server.port);
    const { status } = await socket.request("GET", "/api/rooms/lobby/events", {
      "Host": "a",
      "Authorization": "Bearer deploy-secret",
      "Connection": "Upgrade, HTTP2-Settings",
      "Upgrade": "h2c",
      "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA",
    });
    assert.equal(status, 200);
    socket[Symbol.dispose]();
    await server.connections(0);
  },
);
