import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { SUBPROTOCOL } from "./protocol.ts";
import { type Effort, fuzz, mostly } from "./testing/fuzz.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { HANDSHAKE, RawSocket } from "./testing/raw_socket.ts";
import { writtenRequest } from "./testing/requests.ts";
import { onEachTransport, TestServer, type TransportName } from "./testing/test_server.ts";

/** What is sent on a connection, piece by piece, a character for a byte. */
type Pieces = string[];

const bytes = (maxLength: number) =>
  fc.string({ unit: fc.nat(0xff).map((byte) => String.fromCharCode(byte)), maxLength });

/** Puts other bytes in the place of some. */
const change = fc.tuple(
  fc.nat(1_000),
  fc.nat(3),
  fc.oneof(bytes(3), fc.constantFrom("\r\n", "\r\n\r\n", "\n", "\0", " ", ":")),
).map(([place, lost, come]) => (text: string): string => {
  const at = place % (text.length + 1);
  return text.slice(0, at) + come + text.slice(at + lost);
});

/** With some bytes changed, and here and there in several pieces. */
function spoilt(text: fc.Arbitrary<string>): fc.Arbitrary<Pieces> {
  const cuts = mostly(fc.constant<number[]>([]), fc.array(fc.nat(1_000), { maxLength: 4 }));
  return fc.tuple(text, fc.array(change, { maxLength: 2 }), cuts).map(([text, changes, cuts]) => {
    const sent = changes.reduce((text, change) => change(text), text);
    const places = cuts.map((place) => place % (sent.length + 1)).sort((a, b) => a - b);
    return [0, ...places].map((place, index) => sent.slice(place, places[index]));
  });
}

function requestOf(method: string, target: string, headers: readonly (readonly [string, string])[]): string {
  return `${method} ${target} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

const handshake = fc.constantFrom("/ws", "/ws?room=kitchen").map((target) =>
  requestOf("GET", target, Object.entries(HANDSHAKE))
);
const request = fc.tuple(writtenRequest, mostly(fc.constant(""), fc.constantFrom("*", "a:443", "http://a", "x:", "?")))
  .map(([{ method, path, query, headers }, before]) => {
    // Behind an answer that Deno compresses, it never answers a request for a WebSocket that came along with the first.
    const others = headers.filter(([name]) => name !== "Accept-Encoding");
    return requestOf(method, before + path + query, others);
  });
const requests = spoilt(fc.oneof(
  { weight: 8, arbitrary: handshake },
  { weight: 8, arbitrary: request },
  { weight: 2, arbitrary: fc.array(fc.oneof(handshake, request), { maxLength: 3 }).map((all) => all.join("")) },
  { weight: 1, arbitrary: bytes(100) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "GET /\n\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03",
    ),
  },
));

const payload = fc.oneof(
  fc.constantFrom('{"type":"ping"}', '{"type":"join","room":"a"}', "{", "", "\n", "\x03\xe8bye", "\x03", "\xff"),
  bytes(200),
  mostly(fc.constantFrom(125, 126), fc.constantFrom(65_535, 65_536)).map((length) => "x".repeat(length)),
);
/** A frame (RFC 6455, section 5.2), seldom a good one. */
const frame = fc.record({
  first: mostly(fc.constantFrom(0x81, 0x81, 0x01, 0x80, 0x82, 0x88, 0x89, 0x8a), fc.nat(0xff)),
  isMasked: mostly(fc.constant(true), fc.constant(false)),
  /** How many bytes more it promises than it has. */
  missing: mostly(fc.constant(0n), fc.constantFrom(1n, 70_000n, 1n << 31n, 1n << 62n, (1n << 64n) - 70_000n)),
  payload,
}).map(({ first, isMasked, missing, payload }) => {
  const length = BigInt(payload.length) + missing;
  const head = Buffer.alloc(length < 126n ? 2 : length < 65_536n ? 4 : 10);
  head[0] = first;
  head[1] = (isMasked ? 0x80 : 0) | (length < 126n ? Number(length) : length < 65_536n ? 126 : 127);
  if (head.length === 4) head.writeUInt16BE(Number(length), 2);
  if (head.length === 10) head.writeBigUInt64BE(length, 2);
  // A mask of zeros leaves the payload as it is.
  return head.toString("latin1") + (isMasked ? "\0\0\0\0" : "") + payload;
});
const frames = spoilt(fc.array(frame, { minLength: 1, maxLength: 5 }).map((frames) => frames.join("")));

/** Sends the pieces and that nothing more comes, and gives what came until the server ended the connection. */
async function send(socket: RawSocket, pieces: Pieces): Promise<string> {
  try {
    for (const piece of pieces) await socket.write(Buffer.from(piece, "latin1"));
    await socket.closeWrite();
  } catch { /* The server has heard enough. */ }
  return new TextDecoder("latin1").decode(await socket.end());
}

/** Checks that a server goes on with others, whatever comes over connections of its own, and keeps nothing of these. */
async function survives<T>(
  transport: TransportName,
  connection: fc.Arbitrary<T>,
  effort: Pick<Effort, "atLeast" | "what">,
  use: (port: number, connection: T) => Promise<void>,
): Promise<void> {
  await using server = await TestServer.start({ transport, limits: { message: 1_000 } });
  {
    await using good = await JsonClient.connect(server.port);
    good.send({ type: "hello", secret: secretOf("good"), rooms: [{ room: "good" }] });
    let count = 0;
    const connections = fc.array(connection, { minLength: 1, maxLength: 30, size: "max" });
    const property = fc.asyncProperty(connections, async (connections) => {
      for (const connection of connections) {
        count++;
        await use(server.port, connection);
      }
      const nonce = String(count);
      good.send({ type: "say", room: "good", nonce, text: "still here" });
      assert.equal((await good.fateOf(nonce)).type, "said");
    });
    await fuzz(property, { ...effort, cases: () => count });
  }
  await server.clients(0);
  await server.connections(0);
  assert.deepEqual(server.reports, []);
}

onEachTransport(
  "HOSTILE 2, 4: whatever bytes come for a request, the server lives on and keeps nothing",
  async (transport) => {
    await survives(transport, requests, { atLeast: 2_000, what: "connections" }, async (port, pieces) => {
      using socket = await RawSocket.connect(port);
      const answer = await send(socket, pieces);
      for (const [line, status] of answer.matchAll(/^HTTP\/1\.[01] (\d+).*$/gm)) {
        assert(Number(status) < 500, line);
      }
    });
  },
);

onEachTransport("HOSTILE 5 to 9: whatever frames come, the server lives on and keeps nothing", async (transport) => {
  const talk = fc.tuple(frames, fc.boolean());
  await survives(transport, talk, { atLeast: 1_250, what: "WebSockets" }, async (port, [pieces, isJson]) => {
    using socket = await RawSocket.connect(port);
    const protocol = isJson ? { "Sec-WebSocket-Protocol": SUBPROTOCOL } : undefined;
    assert.equal((await socket.request("GET", "/ws", { ...HANDSHAKE, ...protocol })).status, 101);
    await send(socket, pieces);
  });
});
