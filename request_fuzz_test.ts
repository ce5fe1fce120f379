import assert from "node:assert/strict";
import { BlockList } from "node:net";
import fc from "fast-check";
import { loadAssets } from "./assets.ts";
import { Hub } from "./hub.ts";
import { openMemory } from "./journal/memory.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { answer } from "./native_transport.ts";
import { Server } from "./server.ts";
import { makeApi } from "./testing/api_harness.ts";
import { fuzz } from "./testing/fuzz.ts";
import { FRIEND, HOST, type WrittenRequest, writtenRequest } from "./testing/requests.ts";
import type { Upgrade } from "./transport.ts";

/** How many connections there may be, from one address and in all: so few that chance meets the limits. */
const LIMITS = { ...DEFAULT_LIMITS, perAddress: 3, clients: 5 };

const proxies = new BlockList();
proxies.addAddress("127.0.0.1");
proxies.addSubnet("fe80::", 10, "ipv6");
const assets = await loadAssets();
const journal = openMemory();
const hub = new Hub({ journal });
const api = makeApi({ hub, journal });

function newServer(): Server {
  return new Server({
    hub,
    api,
    assets,
    config: { transport: "native", origins: [FRIEND], proxies, limits: LIMITS },
    metrics: new Metrics(),
    resources: { memoryShare: () => 0, hasFiles: () => true },
  });
}

/** How many connections there are, as the server tells it. */
async function connections(server: Server): Promise<number> {
  const answer = server.handle({ method: "GET", url: `http://${HOST}/metrics`, headers: new Headers() }, "127.0.0.1");
  assert(answer instanceof Response);
  return Number(/^hubbub_connections (\d+)$/m.exec(await answer.text())![1]);
}

function headersOf({ headers }: WrittenRequest): Headers {
  return new Headers(headers.map(([name, value]): [string, string] => [name, value]));
}

// What a good handshake is, told once more: in another way than in server.ts, which is what is tested.

/** Whether a request is to become a WebSocket (RFC 6455, section 4.2.1), from a page that may and for a room that can be. */
function isHandshake(
  { method, path, query }: Pick<WrittenRequest, "method" | "path" | "query">,
  headers: Headers,
): boolean {
  const value = (name: string) => headers.get(name) ?? "";
  const room = new URL(query, "http://localhost/ws").searchParams.get("room") ?? "lobby";
  return method === "GET" && path === "/ws" && isHost(headers) &&
    /(^|,)[ \t]*websocket[ \t]*(,|$)/i.test(value("upgrade")) &&
    /(^|,)[ \t]*upgrade[ \t]*(,|$)/i.test(value("connection")) &&
    value("sec-websocket-version") === "13" && isKey(value("sec-websocket-key")) &&
    // Deno knows no other way to write a list.
    (!headers.has("sec-websocket-protocol") || /(^|, )hubbub\.v1(, |$)/.test(value("sec-websocket-protocol"))) &&
    room.length <= 64 && /^[^-_]/.test(room) && !/[^0-9a-z_-]/.test(room) &&
    [null, `http://${value("host")}`, `https://${value("host")}`, FRIEND].includes(headers.get("origin"));
}

function isHost(headers: Headers): boolean {
  return !/[/?#]/.test(headers.get("host") ?? "");
}

function isKey(text: string): boolean {
  try {
    return atob(text).length === 16 && btoa(atob(text)) === text;
  } catch {
    return false;
  }
}

/** What a request may be answered with. */
function fitting(request: WrittenRequest, headers: Headers): (number | "upgrade")[] {
  const { method, path } = request;
  if (!isHost(headers)) return [400];
  if (path === "/api") return method === "GET" || method === "HEAD" ? [200] : [405];
  if (path.startsWith("/api/rooms/lobby/")) return path.endsWith("s") ? [401, 405] : [404];
  if (path.startsWith("/api/")) return [404];
  if (path === "/ws") return isHandshake(request, headers) ? ["upgrade", 429, 503] : [400, 403, 405, 426];
  if (!assets.has(path) && !["/healthz", "/readyz", "/metrics"].includes(path)) return [404];
  return method === "GET" || method === "HEAD" ? [200, headers.has("if-none-match") ? 304 : 200] : [405];
}

const peer = fc.constantFrom("127.0.0.1", "::ffff:127.0.0.1", "::1", "fe80::1%eth0", "10.0.0.1", "");

Deno.test("HOSTILE 2, 3, 4: every request has an answer, a WebSocket only if it is a handshake, and else it takes no place", async () => {
  let count = 0;
  const requests = fc.array(fc.tuple(writtenRequest, peer), { minLength: 1, maxLength: 100, size: "max" });
  const property = fc.asyncProperty(requests, async (requests) => {
    const server = newServer();
    const open: Upgrade[] = [];
    for (const [index, [request, peer]] of requests.entries()) {
      const { method, base, path, query } = request;
      const headers = headersOf(request);
      const answer = await server.handle({ method, url: base + path + query, headers }, peer);
      const status = answer instanceof Response ? answer.status : "upgrade";
      assert(fitting(request, headers).includes(status), `${status}`);
      if (!(answer instanceof Response)) {
        assert.equal(answer.protocol, headers.has("sec-websocket-protocol") ? "hubbub.v1" : undefined);
        open.push(answer);
      }
      if (status === 429) assert(open.length >= LIMITS.perAddress);
      if (status === 503) assert(open.length >= LIMITS.clients);
      if (index % 4 === 0) open.shift()?.gone();
      // It takes its time, and whoever takes a place that is not theirs keeps it.
      if (index % 10 === 0) assert.equal(await connections(server), open.length);
    }
    count += requests.length;
    for (const upgrade of open) {
      upgrade.gone();
      upgrade.gone();
    }
    assert.equal(await connections(server), 0);
  });
  await fuzz(property, { cases: () => count, atLeast: 40_000, what: "requests" });
});

Deno.test("HOSTILE 2: what Deno makes a WebSocket of is answered with the response that Deno gives for it, and nothing throws", async () => {
  const { upgradeWebSocket } = Deno;
  let upgrades: Deno.WebSocketUpgrade[] = [];
  Deno.upgradeWebSocket = (request, options) => {
    const upgrade = upgradeWebSocket(request, options);
    upgrades.push(upgrade);
    return upgrade;
  };
  const server = newServer();
  let count = 0;
  const property = fc.property(writtenRequest, peer, (request, peer) => {
    upgrades = [];
    const { method, query } = request;
    const asked = new Request(`http://${HOST}/ws${query}`, { method, headers: headersOf(request) });
    const response = answer(server, asked, peer, 45);
    assert(response instanceof Response, "at once");
    const isGood = isHandshake({ method: asked.method, path: "/ws", query }, asked.headers);
    assert.equal(upgrades.length, isGood ? 1 : 0);
    assert((isGood ? [101] : [400, 403, 405, 426]).includes(response.status), `${response.status}`);
    for (const { socket, response: own } of upgrades) {
      assert.equal(response, own);
      socket.dispatchEvent(new Event("open"));
      socket.dispatchEvent(new CloseEvent("close"));
    }
    count++;
  });
  try {
    await fuzz(property, { cases: () => count, atLeast: 10_000, what: "requests to Deno's server" });
  } finally {
    Deno.upgradeWebSocket = upgradeWebSocket;
  }
  assert.equal(await connections(server), 0);
});
