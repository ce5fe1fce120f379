import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type ClientMessage,
  Disconnect,
  encode,
  FIELDS,
  isRoomName,
  Malformed,
  NAME_RULES,
  parseClientMessage,
  parseServerMessage,
  REFUSALS,
  SERVER_TYPES,
  shouldReconnect,
} from "./protocol.ts";
import { Harness, type Peer } from "./testing/harness.ts";

const document = await Deno.readTextFile("docs/PROTOCOL.md");
const secret = "MsAXbWDHQqSw5rMyBh9Xmg";

Deno.test("docs/PROTOCOL.md has a row for every message, every refusal, every rule for names and every close code", () => {
  for (const type of [...Object.keys(FIELDS), ...SERVER_TYPES, ...Object.keys(REFUSALS), ...NAME_RULES]) {
    assert.match(document, new RegExp(`^\\| \`${type}\``, "m"), type);
  }
  for (const [type, fields] of Object.entries(FIELDS)) {
    const [row] = document.match(new RegExp(`^\\| \`${type}\`.*$`, "m"))!;
    for (const field of Object.keys(fields)) assert(row.includes(`\`${field}\``), `${type} ${field}`);
  }
  for (const { code, reconnect } of Object.values(Disconnect)) {
    const row = document.match(new RegExp(`^\\| ${code} .*$`, "m"))?.[0] ?? "";
    assert.match(row, reconnect ? /\| (yes|as you like).*\|$/ : /\| no +\|$/, String(code));
  }
  for (const [code, { retry }] of Object.entries(REFUSALS)) {
    const [row] = document.match(new RegExp(`^\\| \`${code}\`.*$`, "m"))!;
    assert.match(row, retry ? /\| yes +\|$/ : /\| no +\|$/, code);
  }
});

Deno.test("The transcript of docs/PROTOCOL.md is what happens, and has every message in it", async () => {
  const h = new Harness(undefined, { message: 65_536 });
  const peers = new Map<string, { peer: Peer; seen: number }>();
  const expected: string[] = [];
  const happened: string[] = [];
  const transcript = document.match(/^```\n(ann connects\n[^]*?)```$/m)![1]!.trim().split("\n");
  for (const line of transcript) {
    const [, name = "", what, text = ""] = /^(\w+) (connects|is gone|>|<) ?(.*)$/.exec(line)!;
    if (what === "<") {
      expected.push(line);
      continue;
    }
    if (what === "connects") peers.set(name, { peer: h.connect(), seen: 0 });
    else if (what === "is gone") peers.get(name)!.peer.client.gone();
    else peers.get(name)!.peer.client.received(text.replaceAll("$epoch", h.journal.epoch));
    await h.deliver(1_000);
    if (what === "is gone") peers.delete(name);
    for (const [name, of] of peers) {
      const lines = of.peer.socket.lines.slice(of.seen);
      of.seen += lines.length;
      happened.push(...lines.map((line) => `${name} < ${line.replaceAll(h.journal.epoch, "$epoch")}`));
    }
  }
  assert.deepEqual(happened, expected);
  for (const type of [...Object.keys(FIELDS), ...SERVER_TYPES]) {
    assert(transcript.some((line) => line.includes(`{"type":"${type}"`)), type);
  }
  await h.end();
});

const messages: ClientMessage[] = [
  { type: "hello", secret, rooms: [] },
  { type: "hello", secret, name: "Ann", epoch: "e", rooms: [{ room: "lobby" }, { room: "kitchen", after: -1.5 }] },
  { type: "join", room: "lobby" },
  { type: "leave", room: "lobby" },
  { type: "say", room: "lobby", nonce: "n-1_A", text: "a\nb \u{1f600}" },
  { type: "typing", room: "lobby" },
  { type: "rename", name: "小明" },
  { type: "history", ref: 0, room: "lobby" },
  { type: "history", ref: 1, room: "lobby", before: 7 },
  { type: "history", ref: 1, room: "lobby", after: 7 },
  { type: "search", ref: 2, query: "", before: 9 },
  { type: "ping" },
];

Deno.test("What is written is read again", () => {
  for (const message of messages) assert.deepEqual(parseClientMessage(encode(message)), message);
});

Deno.test("Fields that nobody asked for are left out, from wherever they come", () => {
  const line = `{"type":"ping","__proto__":{"polluted":1},"constructor":{"prototype":1},"extra":[1]}`;
  assert.deepEqual(Object.entries(parseClientMessage(line)), [["type", "ping"]]);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

Deno.test("HOSTILE 9: what is no message has a reason that names what is wrong", () => {
  const bad: [string, RegExp][] = [
    ["", /not JSON/],
    ["{", /not JSON/],
    ["null", /object/],
    ['"hello"', /object/],
    ["{}", /type/],
    ['{"type":1}', /type/],
    ['{"type":"said"}', /type/],
    ['{"type":"toString"}', /type/],
    ['{"type":"__proto__"}', /type/],
    ["[".repeat(10_000), /not JSON/],
    ["[".repeat(10_000) + "]".repeat(10_000), /type/],
    ['{"type":"join"}', /"room"/],
    ['{"type":"join","room":null}', /"room"/],
    ['{"type":"join","__proto__":{"room":"lobby"}}', /"room"/],
    ['{"type":"say","room":"a","nonce":"","text":"a"}', /"nonce"/],
    ['{"type":"say","room":"a","nonce":"a b","text":"a"}', /"nonce"/],
    [`{"type":"say","room":"a","nonce":"${"n".repeat(65)}","text":"a"}`, /"nonce"/],
    ['{"type":"say","room":"a","nonce":"n","text":"\\ud800"}', /"text"/],
    ['{"type":"say","room":"a","nonce":"n","text":["a"]}', /"text"/],
    ['{"type":"hello","secret":"short","rooms":[]}', /"secret"/],
    [`{"type":"hello","secret":"${secret}"}`, /"rooms"/],
    [`{"type":"hello","secret":"${secret}","rooms":{}}`, /"rooms"/],
    [`{"type":"hello","secret":"${secret}","rooms":[{"room":"a","after":"1"}]}`, /"rooms"/],
    [`{"type":"hello","secret":"${secret}","rooms":[null]}`, /"rooms"/],
    [`{"type":"hello","secret":"${secret}","rooms":[${Array(101).fill('{"room":"a"}')}]}`, /"rooms"/],
    ['{"type":"history","ref":-1,"room":"a"}', /"ref"/],
    ['{"type":"history","ref":1,"room":"a","before":1.5}', /"before"/],
    ['{"type":"history","ref":1,"room":"a","after":1e300}', /"after"/],
  ];
  for (const [line, reason] of bad) {
    const result = parseClientMessage(line);
    assert(result instanceof Malformed, line);
    assert.match(result.reason, reason, line);
  }
});

Deno.test("Reading never throws, whatever is sent, and gives a message only for what is one", () => {
  const mutated = fc.tuple(fc.constantFrom(...messages), fc.dictionary(fc.string(), fc.jsonValue())).map((
    [message, more],
  ) => JSON.stringify({ ...message, ...more }));
  const parts = Object.values(FIELDS).flatMap((fields) => Object.keys(fields));
  const known = fc.record({ type: fc.constantFrom(...Object.keys(FIELDS)) }).chain((base) =>
    fc.dictionary(fc.constantFrom(...parts), fc.jsonValue()).map((more) => JSON.stringify({ ...more, ...base }))
  );
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json(), mutated, known), (line) => {
      const result = parseClientMessage(line);
      if (result instanceof Malformed) return;
      assert.deepEqual(parseClientMessage(encode(result)), result);
    }),
    { numRuns: 20_000 },
  );
});

Deno.test("A client that is older than its server ignores what it does not know", () => {
  assert.equal(parseServerMessage('{"type":"fireworks"}'), undefined);
  assert.deepEqual(parseServerMessage('{"type":"pong"}'), { type: "pong" });
});

Deno.test("HOSTILE 19: a room's name is 1 to 64 of a fixed alphabet", () => {
  for (const name of ["a", "lobby", "0", "a-b_c", "x".repeat(64)]) assert(isRoomName(name), name);
  for (const name of ["", "A", "-a", "_a", "a b", "a\n", "é", "a/b", "..", "x".repeat(65)]) {
    assert(!isRoomName(name), name);
  }
});

Deno.test("Everyone comes back but those who were told not to", () => {
  for (const code of [1000, 1001, 1005, 1006, 1009, 1011, 1013, 4000, 4001, 4003]) {
    assert(shouldReconnect(code), `${code}`);
  }
  for (const code of [1003, 4002]) assert(!shouldReconnect(code), `${code}`);
});
