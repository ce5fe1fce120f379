import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { GUESSES_MAX } from "./access.ts";
import { jsonBytesMax } from "./client.ts";
import { type ClientMessage, Disconnect, encode } from "./protocol.ts";
import { BURST_SECONDS } from "./rate_limit.ts";
import { ADMIN_PASS, secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { HANDSHAKE, type Head, RawSocket } from "./testing/raw_socket.ts";
import { SeedClient } from "./testing/seed_client.ts";
import { onEachProcessTransport, ServerProcess } from "./testing/server_process.ts";
import { onEachTransport, TestServer, TRANSPORTS } from "./testing/test_server.ts";

/** Text frames, whole or in parts (RFC 6455, section 5.4). */
const TEXT = 0x81;
const FIRST_PART = 0x01;
const NEXT_PART = 0x00;

const KEY = "open-sesame";

/** Asks for a WebSocket, and gives the answer. The connection stays with the caller. */
async function knock(port: number, headers: Record<string, string> = {}): Promise<{ socket: RawSocket; head: Head }> {
  const socket = await RawSocket.connect(port);
  try {
    return { socket, head: await socket.request("GET", "/ws", { ...HANDSHAKE, ...headers }) };
  } catch (error) {
    socket[Symbol.dispose]();
    throw error;
  }
}

/** Somebody who is in the lobby. */
async function enter(server: { port: number }, name: string): Promise<JsonClient> {
  const client = await JsonClient.connect(server.port);
  client.send({ type: "hello", secret: secretOf(name), name, rooms: [{ room: "lobby" }] });
  await client.got("joined");
  return client;
}

onEachTransport("HOSTILE 3: a wrong method is 405 with Allow, on the wire", async (transport) => {
  await using server = await TestServer.start({ transport });
  for (const [method, target, allow] of [["POST", "/healthz", "GET, HEAD"], ["POST", "/ws", "GET"]] as const) {
    using socket = await RawSocket.connect(server.port);
    const { status, headers } = await socket.request(method, target, { "Host": "a", "Content-Length": "0" });
    assert.deepEqual([status, headers.get("allow")], [405, allow]);
  }
});

Deno.test("HOSTILE 6: fragments without end are cut with 1009 as soon as they are longer than a message may be (node)", async () => {
  await using server = await TestServer.start({ transport: "node", limits: { message: 1_000 } });
  const ann = await SeedClient.connect(server.port);
  using endless = await RawSocket.upgrade(server.port);
  await server.clients(2);
  const part = "x".repeat(1_000);
  await endless.frame(FIRST_PART, part);
  const parts = Math.ceil(jsonBytesMax(1_000) / part.length);
  for (let i = 1; i < parts; i++) await endless.frame(NEXT_PART, part);
  await server.clients(2);
  await endless.frame(NEXT_PART, part);
  assert.equal(await endless.closeCode(), 1009);
  await server.clients(1);
  assert.equal(server.metrics.hits("message"), 1);
  ann.send("still here");
  await ann.received(1);
  await ann.close();
});

Deno.test("HOSTILE 6: a message in fragments is cut with 1009 when it is whole; before that, those who are in stay, and nobody else comes in when memory runs short (native)", async () => {
  let memoryShare = 0;
  await using server = await TestServer.start({
    transport: "native",
    limits: { message: 1_000 },
    resources: { memoryShare: () => memoryShare },
  });
  const ann = await SeedClient.connect(server.port);
  using endless = await RawSocket.upgrade(server.port);
  await server.clients(2);
  await endless.frame(FIRST_PART, "x".repeat(1_000));
  for (let i = 0; i < 100; i++) await endless.frame(NEXT_PART, "x".repeat(1_000));
  memoryShare = 0.8;
  const { socket, head } = await knock(server.port);
  using _late = socket;
  assert.equal(head.status, 503);
  assert.equal(head.headers.get("retry-after"), "5");
  assert.equal(server.metrics.hits("memory"), 1);
  ann.send("still here");
  await ann.received(1);
  await endless.frame(0x80, "the end");
  assert.equal(await endless.closeCode(), 1009);
  await ann.close();
});

onEachTransport(
  "HOSTILE 9: what means nothing is answered with an error and the socket stays; the tenth in a minute cuts it",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    await using ann = await enter(server, "Ann");
    using rude = await RawSocket.connect(server.port);
    await rude.request("GET", "/ws", { ...HANDSHAKE, "Sec-WebSocket-Protocol": "hubbub.v1" });
    const nonsense = [
      "not JSON",
      "[]",
      '{"type":"nothing"}',
      '{"type":"say","room":1}',
      '{"__proto__":{"type":"ping"}}',
      "[".repeat(10_000),
      '{"type":"join","room":"\\ud800"}',
      '{"type":"hello"}',
      "",
    ];
    for (const text of nonsense) {
      await rude.frame(TEXT, text);
      const { payload } = (await rude.next())!;
      assert.equal(JSON.parse(new TextDecoder().decode(payload)).code, "malformed", text.slice(0, 20));
    }
    await rude.frame(TEXT, "once too often");
    assert.equal(await rude.closeCode(), 4002);
    assert.equal(server.metrics.hits("malformed"), 1);
    ann.send({ type: "ping" });
    await ann.got("pong");
  },
);

onEachTransport(
  "HOSTILE 10: a connection that says no hello is cut, one of a program that speaks plain text is not",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { hello: 0.2 } });
    using plain = await RawSocket.upgrade(server.port);
    await using mute = await JsonClient.connect(server.port);
    assert.equal((await mute.ended).code, 4001);
    await server.clients(1);
    assert.equal(server.metrics.hits("hello"), 1);
    await plain.frame(TEXT, "still here");
    assert.equal(new TextDecoder().decode((await plain.next())!.payload), "still here");
  },
);

Deno.test("HOSTILE 11: half-sent headers, and a byte now and then, get 408 in time (node)", async () => {
  await using server = await TestServer.start({ transport: "node", limits: { headers: 0.3 } });
  using half = await RawSocket.connect(server.port);
  await half.write("GET / HTTP/1.1\r\nHost: ");
  using slow = await RawSocket.connect(server.port);
  const dripping = (async () => {
    try {
      for (;;) {
        await slow.write("G");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } catch { /* It was closed. */ }
  })();
  assert.equal((await half.head()).status, 408);
  assert.equal(await half.next(), undefined, "and closed");
  await dripping;
  assert(server.metrics.hits("headers") >= 1);
});

Deno.test("HOSTILE 11: half-sent headers take no place and disturb nobody (native)", async () => {
  await using server = await TestServer.start({ transport: "native", limits: { clients: 1 } });
  const halves = await Promise.all(Array.from({ length: 200 }, () => RawSocket.connect(server.port)));
  for (const half of halves) await half.write("GET /ws HTTP/1.1\r\nHost: ");
  const ann = await SeedClient.connect(server.port);
  ann.send("undisturbed");
  await ann.received(1);
  await ann.close();
  for (const half of halves) half[Symbol.dispose]();
});

onEachTransport(
  "HOSTILE 14: a peer that never answers a close is out of the hub at once, and counted until its connection is gone",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { perAddress: 2 } });
    using silent = await RawSocket.upgrade(server.port);
    await server.clients(1);
    await silent.frame(0x82, "binary");
    assert.equal(await silent.closeCode(), 1003);
    await server.clients(0);
    assert.equal(await server.metric("hubbub_connections"), 1);
    using second = await RawSocket.upgrade(server.port);
    const { socket, head } = await knock(server.port);
    using _third = socket;
    assert.equal(head.status, 429);
    // Deno can't cut it, but knows when it goes; ws cuts it by itself.
    if (transport === "native") silent[Symbol.dispose]();
    else assert.equal(await silent.next(), undefined);
    await server.connections(1);
    await second.frame(TEXT, "still here");
    assert((await second.next())!.payload.length > 0);
  },
);

/** Sends one message after the other, hearing what becomes of each, until it is cut. */
async function flood(client: JsonClient, message: (i: number) => ClientMessage): Promise<number> {
  for (let i = 0; client.isOpen; i++) {
    client.send(message(i), { type: "ping" });
    await client.more();
  }
  return (await client.ended).code;
}

onEachTransport(
  "HOSTILE 15: a flood is warned once, then refused, then cut, and nobody else is disturbed",
  async (transport) => {
    const rate = 5;
    const burst = rate * BURST_SECONDS;
    await using server = await TestServer.start({ transport, limits: { rate } });
    await using ann = await enter(server, "Ann");
    await using rude = await enter(server, "Rude");
    const code = await flood(rude, (i) => ({ type: "say", room: "lobby", nonce: `n${i}`, text: `${i}` }));
    assert.equal(code, 4004);
    const errors = rude.messages.filter((message) => message.type === "error");
    assert(errors.every(({ code }) => code === "tooFast"));
    const refused = errors.flatMap(({ nonce }) => nonce ?? []);
    const said = rude.messages.filter(({ type }) => type === "said");
    assert(said.length > burst / 4 && said.length <= burst, `${said.length} said`);
    assert(refused.length > burst / 4 && refused.length <= burst, `${refused.length} refused`);
    const warning = rude.messages.findIndex((message) => message.type === "error");
    assert(!("nonce" in rude.messages[warning]!) && rude.messages.indexOf(said.at(-1)!) > warning, "warned before");
    assert(server.metrics.hits("rate") > burst);
    ann.send({ type: "say", room: "lobby", nonce: "last", text: "undisturbed" });
    assert.equal((await ann.fateOf("last")).type, "said");
    assert.equal(ann.messages.filter(({ type }) => type === "said").length, said.length + 1);
  },
);

onEachTransport("HOSTILE 15: floods of joining, typing, renaming and searching are one flood", async (transport) => {
  await using server = await TestServer.start({ transport, limits: { rate: 5 } });
  const floods: ((i: number) => ClientMessage)[] = [
    (i) => ({ type: i % 2 ? "leave" : "join", room: `room${i >> 1}` }),
    () => ({ type: "typing", room: "lobby" }),
    (i) => ({ type: "rename", name: `Rude ${i}` }),
    (i) => ({ type: "search", ref: i, query: "x" }),
    (i) => floods[i % 4]!(i),
  ];
  for (const message of floods) {
    await using rude = await enter(server, "Rude");
    assert.equal(await flood(rude, message), 4004);
  }
});

onEachTransport(
  "HOSTILE 15: a plain-text client that floods is cut, for it can't be told what was refused",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { rate: 5 } });
    const rude = await SeedClient.connect(server.port);
    const taken = 5 * BURST_SECONDS;
    for (let i = 0; i < taken; i++) {
      rude.send(`${i}`);
      await rude.received(i + 1);
    }
    while (rude.isOpen) {
      rude.send("once too often");
      await Promise.race([rude.closed, rude.received(rude.count + 1).catch(() => {})]);
    }
    assert.equal((await rude.closed).code, 4004);
    assert(rude.count < taken + 20, "the bucket fills while it speaks");
  },
);

onEachTransport(
  "HOSTILE 16: of 1,000 connections from one address those over --max-per-ip get 429, and the others talk",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { perAddress: 900 } });
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => knock(server.port)));
    const statuses = Map.groupBy(answers, ({ head }) => head.status);
    assert.deepEqual([...statuses].map(([status, all]) => [status, all.length]).sort(), [[101, 900], [429, 100]]);
    assert.equal(statuses.get(429)![0]!.head.headers.get("retry-after"), "5");
    assert.equal(server.metrics.hits("perAddress"), 100);
    const { socket } = statuses.get(101)![0]!;
    await socket.frame(TEXT, "one of many");
    assert.equal(new TextDecoder().decode((await socket.next())!.payload), "one of many");
    for (const { socket } of answers) socket[Symbol.dispose]();
    await server.connections(0);
  },
);

onEachTransport("HOSTILE 16: over --max-clients it is 503 with Retry-After, until somebody goes", async (transport) => {
  await using server = await TestServer.start({ transport, limits: { clients: 2 } });
  using first = await RawSocket.upgrade(server.port);
  using _second = await RawSocket.upgrade(server.port);
  {
    const { socket, head } = await knock(server.port);
    using third = socket;
    assert.equal(head.status, 503);
    assert.equal(head.headers.get("retry-after"), "5");
    // Deno's own server leaves that to the client.
    if (transport === "node") await third.end();
  }
  first[Symbol.dispose]();
  await server.connections(1);
  using _fourth = await RawSocket.upgrade(server.port);
});

for (const transport of TRANSPORTS) {
  Deno.test({
    name:
      `HOSTILE 17: at the limit of open files new connections are refused with 503, those that are there go on, and it recovers (${transport})` +
      (Deno.build.os === "windows" ? " (skipped: there is no such limit)" : ""),
    ignore: Deno.build.os === "windows",
    async fn() {
      await using server = await ServerProcess.start({
        args: [`--transport=${transport}`, "--header-timeout=1"],
        under: ["sh", "-c", 'ulimit -n 200; exec "$@"', "sh"],
      });
      await using ann = await enter(server, "Ann");
      // More than it can have, also of those that are not WebSockets: these take files that nobody counts beforehand.
      const guests: RawSocket[] = [];
      let refused = 0;
      for (let i = 0; i < 300; i++) {
        try {
          const { socket, head } = await knock(server.port);
          if (head.status === 101) guests.push(socket);
          else socket[Symbol.dispose]();
          if (head.status === 503) refused++;
        } catch {
          // The system itself refuses, while nobody listens.
        }
      }
      assert(refused > 150, `${refused} of 300 got a 503`);
      ann.send({ type: "say", room: "lobby", nonce: "full", text: "still here" });
      assert.equal((await ann.fateOf("full")).type, "said");
      for (const guest of guests) guest[Symbol.dispose]();
      const halves: RawSocket[] = [];
      for (let i = 0; i < 300; i++) {
        await RawSocket.connect(server.port).then((half) => halves.push(half), () => {});
      }
      ann.send({ type: "say", room: "lobby", nonce: "still", text: "still here" });
      assert.equal((await ann.fateOf("still")).type, "said");
      for (const half of halves) half[Symbol.dispose]();
      await using _bob = await eventually(() => enter(server, "Bob"));
      if (transport === "native") return;
      using half = await RawSocket.connect(server.port);
      await half.write("GET / HTTP/1.1\r\n");
      assert.equal((await half.head()).status, 408, "it still looks after its requests");
    },
  });
}

/** Tries again until it works, for as long as one waits for anything. */
async function eventually<T>(what: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    try {
      return await what();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

onEachTransport(
  "HOSTILE 18: X-Forwarded-For is ignored, unless the peer is a proxy that is believed",
  async (transport) => {
    const believed = new BlockList();
    believed.addAddress("127.0.0.1");
    believed.addSubnet("10.0.0.0", 8);
    for (const proxies of [new BlockList(), believed]) {
      await using server = await TestServer.start({ transport, limits: { perAddress: 1 }, proxies });
      const statusFor = async (forwarded: string) => {
        const { socket, head } = await knock(server.port, { "X-Forwarded-For": forwarded });
        guests.push(socket);
        return head.status;
      };
      const guests: RawSocket[] = [];
      assert.equal(await statusFor("192.0.2.1"), 101);
      if (proxies === believed) {
        assert.equal(await statusFor("192.0.2.1"), 429);
        assert.equal(await statusFor("192.0.2.7, 192.0.2.1"), 429, "what the client itself wrote counts for nothing");
        assert.equal(await statusFor("192.0.2.1, 10.1.2.3"), 429, "a proxy before the proxy");
        assert.equal(await statusFor("192.0.2.2"), 101);
        assert.equal(await statusFor("nonsense"), 101, "then it is the proxy's own");
        assert.equal(await statusFor("nonsense"), 429);
      } else {
        for (const forwarded of ["192.0.2.1", "192.0.2.2", "10.0.0.1"]) assert.equal(await statusFor(forwarded), 429);
      }
      for (const guest of guests) guest[Symbol.dispose]();
    }
  },
);

onEachTransport(
  "HOSTILE 34: rooms are capped in all, whoever asks for more is refused, and empty ones are forgotten",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { rooms: 50 } });
    await using ann = await JsonClient.connect(server.port);
    const rooms = (from: number) => Array.from({ length: 40 }, (_, i) => ({ room: `room${from + i}` }));
    ann.send({ type: "hello", secret: secretOf("Ann"), rooms: rooms(0) });
    await ann.got("joined", ({ room }) => room === "room39");
    await using bob = await JsonClient.connect(server.port);
    bob.send({ type: "hello", secret: secretOf("Bob"), rooms: rooms(30) });
    await bob.got("joined", ({ room }) => room === "room49");
    assert.equal((await bob.got("error", ({ room }) => room === "room50")).code, "busy");
    assert.equal(server.hub.rooms.length, 50);
    assert.equal(server.metrics.hits("rooms"), 20);
    for (const { room } of rooms(0)) ann.send({ type: "leave", room });
    for (const { room } of rooms(30)) bob.send({ type: "leave", room });
    await server.until(() => `there are ${server.hub.rooms.length} rooms`, () => server.hub.rooms.length === 0);
    bob.send({ type: "join", room: "room50" });
    await bob.got("joined", ({ room }) => room === "room50");
  },
);

for (const form of ["json", "pretty"]) {
  onEachProcessTransport(
    `HOSTILE 24: no line of the log has what people say, a secret or the query of a URL, as ${form}`,
    async (transport) => {
      const args = [`--log=${form}`, `--transport=${transport}`, "--rate=1", "--max-malformed=2", "--max-message=100"];
      await using server = await ServerProcess.start({ args });
      const hidden = ["s3cr3t-in-a-query", "s3cr3t-in-a-header", "what-somebody-says", "A\u202enn", secretOf("Ann")];
      const [query, header, text, name, secret] = hidden as [string, string, string, string, string];
      for (const path of ["/", "/nothing", "/healthz", "/metrics", "/ws", `/ws/${query}`]) {
        using socket = await RawSocket.connect(server.port);
        const headers = { ...HANDSHAKE, "Sec-WebSocket-Version": "1", "Authorization": `Bearer ${header}` };
        await socket.request("GET", `${path}?room=lobby&key=${query}&token=${query}`, headers);
      }
      await using ann = await JsonClient.connect(server.port);
      ann.send({ type: "hello", secret, name, rooms: [{ room: "lobby" }] });
      await ann.got("joined");
      ann.send({ type: "say", room: "lobby", nonce: "1", text });
      await ann.got("said");
      ann.send({ type: "say", room: "lobby", nonce: "2", text: text.repeat(10) });
      await ann.got("error", ({ nonce }) => nonce === "2");
      for (let i = 0; i < 10; i++) ann.send({ type: "search", ref: i, query: text });
      await ann.got("error", ({ code }) => code === "tooFast");
      {
        using rude = await RawSocket.connect(server.port);
        await rude.request("GET", `/ws?key=${query}`, { ...HANDSHAKE, "Sec-WebSocket-Protocol": "hubbub.v1" });
        await rude.frame(TEXT, `{"type":"${text}"}\n${secret}`);
        await rude.closeCode();
        using binary = await RawSocket.upgrade(server.port);
        await binary.frame(0x82, text);
        await binary.closeCode();
      }
      await server.end();
      const { stdout, stderr } = await server.ended;
      const log = stdout + stderr;
      for (const each of hidden) assert(!log.includes(each), log);
      assert.doesNotMatch(log, /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u);
      // That it has nothing to say would be no proof.
      for (const told of ["max-message", "rate", "max-malformed", "notText"]) assert(log.includes(told), log);
      assert(!log.includes("admin="), "the administrator's link is for people, not for where logs are kept");
      if (form === "json") {
        const events = log.trimEnd().split("\n").map((line) => JSON.parse(line).event);
        assert.deepEqual(
          new Set(events),
          new Set(["opened", "listening", "administrator_missing", "keeping", "limit_reached", "cut", "ending"]),
        );
      }
    },
  );
}

Deno.test("HOSTILE 16: a handshake that is refused keeps no file, though its peer does not close (node)", async () => {
  await using server = await TestServer.start({ transport: "node", limits: { perAddress: 0 } });
  const refused: Record<string, string>[] = [{}, { "Sec-WebSocket-Key": "wrong" }, { "Upgrade": "h2c" }];
  for (const headers of refused) {
    const { socket } = await knock(server.port, headers);
    using open = socket;
    await open.end();
  }
});

onEachTransport(
  "HOSTILE 23: who guesses the key is answered with 401, and after five times with 429 for a minute",
  async (transport) => {
    await using server = await TestServer.start({ transport, key: KEY });
    const answers: [number, string | null][] = [];
    const guess = async (headers: Record<string, string>) => {
      const { socket, head } = await knock(server.port, headers);
      socket[Symbol.dispose]();
      answers.push([head.status, head.headers.get("retry-after") ?? head.headers.get("www-authenticate")]);
    };
    await guess({});
    for (let i = 0; i < GUESSES_MAX; i++) await guess({ "Authorization": `Bearer guess-${i}` });
    await guess({ "Authorization": `Bearer ${KEY}` });
    assert.deepEqual(answers, [...Array(GUESSES_MAX + 1).fill([401, "Bearer"]), [429, "60"]]);
    await using eve = await JsonClient.connect(server.port);
    eve.send({ type: "hello", secret: secretOf("Eve"), pass: KEY, rooms: [] });
    assert.equal((await eve.got("error")).code, "tooManyTries");
    await eve.ended;
    await using ada = await JsonClient.connect(server.port);
    ada.send({ type: "hello", secret: secretOf("Ada"), pass: ADMIN_PASS, rooms: [] });
    assert.equal((await ada.got("welcome")).role, "admin", "whom others from the same address must not keep out");
  },
);

onEachTransport(
  "HOSTILE 24: a secret in the address is not read, one in the headers or in hello is",
  async (transport) => {
    await using server = await TestServer.start({ transport, key: KEY });
    for (const query of [`?key=${KEY}`, `?pass=${KEY}&room=lobby`, `?access_token=${KEY}`]) {
      using socket = await RawSocket.connect(server.port);
      assert.equal((await socket.request("GET", `/ws${query}`, HANDSHAKE)).status, 401);
    }
    const { socket, head } = await knock(server.port, { "Authorization": `Bearer ${KEY}` });
    using plain = socket;
    assert.equal(head.status, 101);
    await server.clients(1);
    await using ann = await JsonClient.connect(server.port);
    ann.send({ type: "hello", secret: secretOf("Ann"), pass: KEY, rooms: [{ room: "lobby" }] });
    await ann.got("joined");
    await plain.frame(TEXT, "hello");
    assert.equal((await ann.got("said")).text, "hello");
  },
);

onEachTransport(
  "HOSTILE 25: a ban closes the member's sockets at once, and they can't come back",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    await using admin = await JsonClient.connect(server.port);
    admin.send({ type: "hello", secret: secretOf("Ada"), pass: ADMIN_PASS, rooms: [{ room: "lobby" }] });
    const [phone, laptop] = [await enter(server, "Eve"), await enter(server, "Eve")];
    const { id } = await phone.got("welcome");
    admin.send({ type: "order", ref: 1, order: { type: "ban", user: id } });
    for (const eve of [phone, laptop]) {
      assert.equal((await eve.ended).code, Disconnect.banned.code);
      assert.equal((await eve.got("error")).code, "banned");
    }
    const again = await JsonClient.connect(server.port);
    again.send({ type: "hello", secret: secretOf("Eve"), rooms: [{ room: "lobby" }] });
    assert.equal((await again.ended).code, Disconnect.banned.code);
    assert.deepEqual(again.messages.map(({ type }) => type), ["error"]);
    await server.clients(1);
  },
);

/** Sends a request to the API with part of a body, and gives the answer, whose body has to be a reason in JSON. */
async function callApi(port: number, headers: Record<string, string>, body: string): Promise<Head> {
  using socket = await RawSocket.connect(port);
  const lines = Object.entries({ "Host": "a", "Content-Type": "text/plain", ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await socket.write(`POST /api/rooms/lobby/messages HTTP/1.1\r\n${head}\r\n${body}`);
  const answer = await socket.head();
  assert.equal(answer.headers.get("content-type"), "application/json; charset=utf-8");
  assert.match(await socket.until("}}"), /\{"error":\{"code":"\w+","message":"[^"]+\."\}\}/);
  return answer;
}

onEachTransport(
  "HOSTILE 36: a body that is too large, of a wrong type or without a good token is 413, 415, 401, with a reason in JSON",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { message: 1_000 } });
    const good = { "Authorization": "Bearer deploy-secret" };
    const max = jsonBytesMax(1_000);
    const chunk = (length: number) => `${length.toString(16)}\r\n${"x".repeat(length)}\r\n`;
    const refused: [number, Record<string, string>, string][] = [
      [413, { ...good, "Content-Length": "1001" }, "x".repeat(1_001)],
      // Before it has come, or as soon as it is too long.
      [413, { ...good, "Content-Length": `${max + 1}` }, ""],
      [413, { ...good, "Content-Length": "99999999999999" }, "x"],
      [413, { ...good, "Transfer-Encoding": "chunked" }, chunk(max) + chunk(1)],
      [415, { ...good, "Content-Type": "image/png", "Content-Length": "1" }, ""],
      [415, { ...good, "Content-Type": "text/plain; charset=latin1", "Content-Length": "1" }, ""],
      [415, { ...good, "Content-Type": "", "Content-Length": "1" }, ""],
      [401, { "Content-Length": "1001" }, ""],
      [401, { "Authorization": "Bearer wrong", "Content-Length": "1" }, ""],
    ];
    for (const [status, headers, body] of refused) {
      const answer = await callApi(server.port, headers, body);
      assert.equal(answer.status, status, JSON.stringify(headers));
      if (status === 401) assert.match(answer.headers.get("www-authenticate")!, /^Bearer /);
    }
    assert.equal(server.metrics.hits("message"), 4);
    assert.equal((await server.journal.since(0, 1)).entries.length, 0, "nothing of it was said");
    assert.equal(await server.metric("hubbub_connections"), 0);
  },
);

onEachTransport("HOSTILE 36: a body that does not come in time is 408", async (transport) => {
  await using server = await TestServer.start({ transport, limits: { headers: 0.3 } });
  using socket = await RawSocket.connect(server.port);
  const headers = { "Host": "a", "Authorization": "Bearer deploy-secret", "Content-Type": "text/plain" };
  const { status } = await socket.request("POST", "/api/rooms/lobby/messages", { ...headers, "Content-Length": "2" });
  assert.equal(status, 408);
  assert.equal(server.metrics.hits("headers"), 1);
});

Deno.test("Every message of the protocol can be said in a frame that is not too long for its transport", () => {
  const text = '"'.repeat(1_000);
  assert(encode({ type: "say", room: "a".repeat(64), nonce: "n".repeat(64), text }).length < jsonBytesMax(1_000));
});

Deno.test("docs/OPERATING.md has every row, and its tests are where it says", async () => {
  const document = await Deno.readTextFile("docs/OPERATING.md");
  const rows = [...document.matchAll(/^\| (\d+)(?: N)? +\|.*\| ([^|]*) \|$/gm)];
  assert.deepEqual(rows.map(([, row]) => Number(row)), Array.from({ length: 36 }, (_, i) => i + 1));
  for (const [, row, files] of rows) {
    const name = new RegExp(`HOSTILE (\\d+ and )?${row}( and \\d+)?: `);
    for (const [, file] of files!.matchAll(/`([^`]+)`/g)) {
      assert.match(await Deno.readTextFile(file!), name, `HOSTILE ${row} in ${file}`);
    }
  }
});
