import assert from "node:assert/strict";
import { BlockList } from "node:net";
import { buildPage, loadAssets, makeAssets, pack } from "./assets.ts";
import { Hub } from "./hub.ts";
import { openMemory } from "./journal/memory.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Metrics } from "./metrics.ts";
import { DRAIN_MS, explain, links, ListenError, Server, type Site } from "./server.ts";
import { makeApi } from "./testing/api_harness.ts";
import { HANDSHAKE, RawSocket } from "./testing/raw_socket.ts";
import { SeedClient } from "./testing/seed_client.ts";
import { onEachTransport, TestServer } from "./testing/test_server.ts";

const assets = await loadAssets();
const journal = openMemory();
const hub = new Hub({ journal });
const parts: Site = {
  hub,
  api: makeApi({ hub, journal }),
  assets,
  config: { transport: "native", origins: [], proxies: new BlockList(), limits: DEFAULT_LIMITS },
  metrics: new Metrics(),
  resources: { memoryShare: () => 0, hasFiles: () => true },
};
const site = new Server(parts);

function get(path: string, init?: RequestInit): Response {
  const response = site.handle(new Request(`http://localhost${path}`, init), "127.0.0.1");
  assert(response instanceof Response);
  return response;
}

Deno.test("The page is at /, and everything that it names is there with its type", async () => {
  const page = get("/");
  assert.equal(page.status, 200);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  const html = await page.text();
  const named = [...html.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map((match) => match[1]!);
  const types: Record<string, string> = {
    css: "text/css; charset=utf-8",
    svg: "image/svg+xml",
    ts: "text/javascript; charset=utf-8",
    webmanifest: "application/manifest+json",
  };
  for (const path of named) {
    const response = get(path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("content-type"), types[path.split(".").at(-1)!], path);
  }
});

Deno.test("The page's TypeScript reaches the browser as JavaScript", () => {
  for (const [path, { body }] of assets) {
    if (path.endsWith(".ts")) {
      new Function(new TextDecoder().decode(body).replaceAll(/^(import [^;]*;|export (?=\w))/gm, ""));
    }
  }
});

Deno.test("The service worker is at the root, under the same rules as everything else, and knows every other file of the chat", async () => {
  const response = get("/service_worker.ts");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  const etag = response.headers.get("etag")!;
  assert.equal(get("/service_worker.ts", { headers: { "if-none-match": etag } }).status, 304);
  assert.equal(get("/service_worker.ts", { method: "HEAD" }).status, 200);
  assert.equal(get("/service_worker.ts", { method: "POST" }).status, 405);
  assert.equal(get("/static/service_worker.ts").status, 404);

  const { VERSION, SHELL } = new Function("self", `${await response.text()}; return { VERSION, SHELL };`)(
    new EventTarget(),
  );
  assert.equal(get("/").headers.get("etag"), `"${VERSION}"`);
  const others = new Map(assets);
  others.delete("/service_worker.ts");
  for (const path of ["/admin", "/static/operator.ts", "/static/operator.css"]) assert(others.delete(path), path);
  assert.deepEqual(SHELL.map(([path]: [string]) => path), [...others.keys()]);
  const paths = SHELL.map(([path, integrity]: [string, string]) => `${path} ${integrity}`);
  const digests = await Promise.all(
    [...others].map(async ([path, { body }]) => {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
      return `${path} sha256-${btoa(String.fromCharCode(...hash))}`;
    }),
  );
  assert.deepEqual(paths, digests);
});

Deno.test("When any file changes, the page and the service worker are other ones, too, and nothing else is", async () => {
  const page = await buildPage();
  for (const name of ["static/page.ts", "static/emoji.ts", "static/style.css", "static/icon.svg"]) {
    const changed = await makeAssets(new Map(page).set(name, `${page.get(name)} `));
    const path = [...assets.keys()].filter((path) => changed.get(path)!.etag !== assets.get(path)!.etag);
    assert.deepEqual(path.toSorted(), ["/", `/${name}`, "/service_worker.ts"].toSorted());
  }
});

Deno.test("Tests and settings that lie beside the page are not served", () => {
  for (const path of assets.keys()) assert(!/_test|json/.test(path), path);
});

Deno.test("A browser that has an asset already gets 304 without a body, and the whole of a changed one", async () => {
  const etag = get("/").headers.get("etag")!;
  for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
    const response = get("/", { headers: { "if-none-match": tags } });
    assert.equal(response.status, 304, tags);
    assert.equal(response.headers.get("etag"), etag);
    assert.equal(await response.text(), "");
  }
  assert.equal(get("/", { headers: { "if-none-match": '"other"' } }).status, 200);
  assert.notEqual(get("/static/style.css").headers.get("etag"), etag);
});

Deno.test("HOSTILE 22: whatever can be a document or a worker is under a strict Content-Security-Policy", () => {
  for (const path of ["/", "/service_worker.ts", "/static/icon.svg", "/nothing", "/ws", "/healthz"]) {
    const { headers } = get(path);
    const policy = headers.get("content-security-policy")!;
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /worker-src 'self'; manifest-src 'self'/);
    assert.match(policy, /trusted-types service-worker/);
    assert(!policy.includes("unsafe"));
    assert.equal(headers.get("referrer-policy"), "no-referrer");
  }
});

Deno.test("Every response is taken for what it says it is, and for this site only", () => {
  for (const path of [...assets.keys(), "/nothing", "/ws", "/healthz"]) {
    const { headers } = get(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff", path);
    assert.equal(headers.get("cross-origin-resource-policy"), "same-origin", path);
    const isPart = /^(\/static\/|\/protocol\.ts)/.test(path) && !path.endsWith(".svg");
    assert.equal(headers.has("content-security-policy"), !isPart, path);
  }
});

Deno.test("/healthz says that the server is well", async () => {
  const response = get("/healthz");
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "ok\n");
});

Deno.test("/readyz says whether anybody should be sent here, and if not why", async () => {
  const response = get("/readyz");
  assert.deepEqual([response.status, await response.text()], [200, "ready\n"]);
  let reason: string | undefined = "What is said can't be kept";
  const hub = Object.create(parts.hub, { unready: { get: () => reason }, inbox: { value: parts.hub.inbox } });
  const server = new Server({ ...parts, hub });
  const ask = (path: string) => server.handle(new Request(`http://localhost${path}`), "127.0.0.1") as Response;
  const answer = ask("/readyz");
  assert.deepEqual([answer.status, await answer.text()], [503, "What is said can't be kept\n"]);
  assert.equal(ask("/healthz").status, 200, "the process lives");
  reason = undefined;
  assert.equal(ask("/readyz").status, 200);
});

Deno.test("Any other path is 404, and so is a good one with something after it", () => {
  for (
    const path of ["/chat", "/index.html", "/static/", "/static/page.js", "/ws/", "/main.ts", "//", "/static/page.ts/"]
  ) {
    assert.equal(get(path).status, 404, path);
  }
  assert.equal(get("/?room=a").status, 200, "a query is no part of the path");
  for (const url of ["http://localhost?/healthz", "http://localhost#/healthz", "localhost:80", "*"]) {
    const response = site.handle({ method: "GET", url, headers: new Headers() }, "127.0.0.1");
    assert(response instanceof Response);
    assert.equal(response.status, 404, url);
  }
});

Deno.test("HOSTILE 3: a wrong method is 405 with Allow", () => {
  const wrong: [string, string, string][] = [
    ["POST", "/", "GET, HEAD"],
    ["DELETE", "/static/page.ts", "GET, HEAD"],
    ["PUT", "/healthz", "GET, HEAD"],
    ["POST", "/ws", "GET"],
    ["HEAD", "/ws", "GET"],
  ];
  for (const [method, path, allow] of wrong) {
    const response = get(path, { method });
    assert.equal(response.status, 405, `${method} ${path}`);
    assert.equal(response.headers.get("allow"), allow);
  }
  assert.equal(get("/", { method: "HEAD" }).status, 200);
});

Deno.test("Even before it is packed the page is compressed for a browser that takes it so", async () => {
  await using server = await TestServer.start({ assets });
  using socket = await RawSocket.connect(server.port);
  const { headers } = await socket.request("GET", "/static/style.css", { "Host": "a", "Accept-Encoding": "gzip" });
  assert.equal(headers.get("content-encoding"), "gzip");
  assert.match(headers.get("vary")!, /accept-encoding/i);
  const again = { "Host": "a", "Accept-Encoding": "gzip", "If-None-Match": headers.get("etag")! };
  using other = await RawSocket.connect(server.port);
  assert.equal((await other.request("GET", "/static/style.css", again)).status, 304);
});

onEachTransport(
  "What is packed is sent so, the smallest way that the browser takes, and is the same thing",
  async (transport) => {
    const packed = await makeAssets(await buildPage());
    await pack(packed.values());
    await using server = await TestServer.start({ transport, assets: packed });
    const { body, etag } = packed.get("/static/page.ts")!;
    const ask = async (accepted: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}/static/page.ts`, {
        headers: { "accept-encoding": accepted },
      });
      assert.deepEqual(new Uint8Array(await response.arrayBuffer()), body, accepted);
      return response.headers;
    };
    for (const accepted of ["gzip, deflate, br, zstd", "BR;q=0.5", "gzip;q=0, br"]) {
      const headers = await ask(accepted);
      assert.match(headers.get("vary")!, /accept-encoding/i);
      assert.equal(headers.get("etag"), `W/${etag}`);
    }
    assert(
      packed.get("/static/page.ts")!.packed.get("br")!.length <
        packed.get("/static/page.ts")!.packed.get("gzip")!.length,
    );
    assert.equal((await ask("br;q=0, identity")).get("etag"), etag);
  },
);

/** What the server answers to a handshake with some headers changed, or without those that are undefined. */
async function handshake(
  port: number,
  changes: Record<string, string | undefined>,
  method = "GET",
  target = "/ws",
) {
  using socket = await RawSocket.connect(port);
  const headers = Object.entries({ ...HANDSHAKE, ...changes }).filter(([, value]) => value !== undefined);
  return await socket.request(method, target, Object.fromEntries(headers) as Record<string, string>);
}

onEachTransport("HOSTILE 1: a page of another site may not connect, a program may", async (transport) => {
  await using server = await TestServer.start({ transport, origins: ["https://chat.example"] });
  const host = `127.0.0.1:${server.port}`;
  const origins: [string | undefined, number][] = [
    ["https://evil.example", 403],
    ["null", 403],
    ["", 403],
    [`http://${host}.evil.example`, 403],
    ["http://127.0.0.1", 403],
    ["http://chat.example", 403],
    [`ftp://${host}`, 403],
    [`http://${host}`, 101],
    [`https://${host}`, 101],
    ["https://chat.example", 101],
    [undefined, 101],
  ];
  for (const [origin, status] of origins) {
    assert.equal((await handshake(server.port, { Host: host, Origin: origin })).status, status, String(origin));
  }
});

onEachTransport(
  "HOSTILE 2: /ws without an upgrade, with a wrong version, with no or a malformed key",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    const wrong: [Record<string, string | undefined>, number][] = [
      [{ "Upgrade": undefined, "Connection": undefined }, 426],
      [{ "Upgrade": "h2c" }, 426],
      [{ "Connection": "keep-alive" }, 426],
      [{ "Sec-WebSocket-Version": undefined }, 426],
      [{ "Sec-WebSocket-Version": "12" }, 426],
      [{ "Sec-WebSocket-Version": "13, 8" }, 426],
      [{ "Sec-WebSocket-Key": undefined }, 400],
      [{ "Sec-WebSocket-Key": "" }, 400],
      [{ "Sec-WebSocket-Key": "short" }, 400],
      [{ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZR==" }, 400],
    ];
    for (const [changes, status] of wrong) {
      const head = await handshake(server.port, changes);
      assert.equal(head.status, status, JSON.stringify(changes));
      if (status === 426) {
        assert.equal(head.headers.get("upgrade"), "websocket");
        assert.equal(head.headers.get("sec-websocket-version"), "13");
      }
    }
    assert.equal((await handshake(server.port, {}, "POST")).status, 405);
    using old = await RawSocket.connect(server.port);
    const lines = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}\r\n`);
    await old.write(`GET /ws HTTP/1.0\r\n${lines.join("")}\r\n`);
    assert((await old.head()).status < 500);
    assert.equal(
      (await handshake(server.port, { "Upgrade": "WebSocket", "Connection": "keep-alive, upgrade" })).status,
      101,
    );
  },
);

onEachTransport("HOSTILE 2: what only looks like a handshake takes no place", async (transport) => {
  await using server = await TestServer.start({ transport });
  const almost: Record<string, string>[] = [
    { "Upgrade": "websocket\xa0" },
    { "Connection": "upgrade\xa0" },
    { "Sec-WebSocket-Protocol": "a,hubbub.v1" },
    { "Sec-WebSocket-Protocol": "HUBBUB.V1" },
  ];
  for (const changes of almost) {
    const { status } = await handshake(server.port, changes);
    assert([400, 426].includes(status), `${JSON.stringify(changes)} ${status}`);
  }
  // Node takes it for none.
  const { status } = await handshake(server.port, { "Connection": "upgrade\t, a" });
  assert.equal(status, transport === "node" ? 400 : 101);
  await server.connections(0);
});

onEachTransport(
  "A client speaks hubbub.v1 if it asks for it, plain text if it asks for nothing, and nothing else",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    const asked: [string | undefined, number, string | null][] = [
      [undefined, 101, null],
      ["hubbub.v1", 101, "hubbub.v1"],
      ["other, hubbub.v1", 101, "hubbub.v1"],
      ["other", 400, null],
      ["", 400, null],
    ];
    for (const [protocol, status, answered] of asked) {
      const head = await handshake(server.port, { "Sec-WebSocket-Protocol": protocol });
      assert.deepEqual([head.status, head.headers.get("sec-websocket-protocol")], [status, answered], protocol);
    }
  },
);

onEachTransport(
  "HOSTILE 19: the room of a plain-text client is named in the query, or it is no room",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    const rooms: [string, number][] = [
      ["/ws?room=kitchen", 101],
      ["/ws?a=b&room=a-b_c", 101],
      ["/ws?room=", 400],
      ["/ws?room=Kitchen", 400],
      ["/ws?room=%00", 400],
      ["/ws?room=../a", 400],
      [`/ws?room=${"a".repeat(65)}`, 400],
    ];
    for (const [target, status] of rooms) {
      assert.equal((await handshake(server.port, {}, "GET", target)).status, status, target);
    }
  },
);

onEachTransport("HOSTILE 4: paths that climb, hide or never end are 404 or 400", async (transport) => {
  await using server = await TestServer.start({ transport, assets });
  const long = "/" + "a".repeat(16_000);
  for (
    const path of [
      "/../main.ts",
      "/%2e%2e/",
      "/static/..%2f",
      "/static/../main.ts",
      "/%00",
      "/\0",
      "/\\..\\main.ts",
      long,
    ]
  ) {
    using socket = await RawSocket.connect(server.port);
    const { status } = await socket.request("GET", path, { Host: "127.0.0.1" });
    assert([400, 404, 414].includes(status), `${path.slice(0, 30)}: ${status}`);
  }
});

onEachTransport("HOSTILE 4: a host that goes on as a path does is 400, lest it be taken for one", async (transport) => {
  await using server = await TestServer.start({ transport, assets });
  for (const host of ["a/healthz?", "a/healthz#", "a/ws", "a?"]) {
    using socket = await RawSocket.connect(server.port);
    assert.equal((await socket.request("GET", "/", { "Host": host })).status, 400, host);
  }
});

onEachTransport(
  "HOSTILE 5: a message over the limit is cut with 1009, one of just the limit is delivered",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { message: 1_000 } });
    using big = await RawSocket.upgrade(server.port);
    using good = await RawSocket.upgrade(server.port);
    await server.clients(2);
    await good.frame(0x81, "x".repeat(1_000));
    assert.equal((await good.next())!.payload.length, 1_000);
    await big.frame(0x81, "x".repeat(1_001));
    assert.equal(await big.closeCode(), 1009);
    await server.clients(1);
  },
);

onEachTransport("HOSTILE 7 and 8: what is no text message ends its own connection and no other", async (transport) => {
  await using server = await TestServer.start({ transport });
  const ann = await SeedClient.connect(server.port);
  const bad: [string, number, Uint8Array | string][] = [
    ["a binary frame", 0x82, "binary"],
    ["invalid UTF-8", 0x81, new Uint8Array([0xff, 0xfe])],
    ["a reserved bit", 0xc1, "text"],
    ["an unknown opcode", 0x83, "text"],
    ["an oversized ping", 0x89, "x".repeat(126)],
  ];
  for (const [name, firstByte, payload] of bad) {
    using socket = await RawSocket.upgrade(server.port);
    await server.clients(2);
    await socket.frame(firstByte, payload);
    const code = await socket.closeCode();
    if (firstByte === 0x82) assert.equal(code, 1003);
    await server.clients(1);
    ann.send(`still here after ${name}`);
  }
  assert.equal((await ann.received(bad.length)).at(-1), "still here after an oversized ping");
  assert.equal(await server.metric("hubbub_broken_connections_total"), bad.length - 1, "all but the binary frame");
  assert.equal(await server.metric('hubbub_disconnects_total{reason="notText"}'), 1);
  await ann.close();
});

onEachTransport(
  "HOSTILE 12: a silent peer is gone within its keepalive, one that answers pings stays",
  async (transport) => {
    await using server = await TestServer.start({ transport, limits: { silence: 1 } });
    const ann = await SeedClient.connect(server.port);
    using silent = await RawSocket.upgrade(server.port);
    await server.clients(2);
    assert.equal((await silent.next())!.opcode, 9, "a ping, which it does not answer");
    await server.clients(1);
    assert.equal(server.metrics.hits("silence"), 1);
    ann.send("still here");
    await ann.received(1);
    await ann.close();
  },
);

onEachTransport("A connection lost without a close frame is out of the hub", async (transport) => {
  await using server = await TestServer.start({ transport });
  {
    using _lost = await RawSocket.upgrade(server.port);
    await server.clients(1);
  }
  await server.clients(0);
});

onEachTransport("HOSTILE 29: a server that is ending lets nobody in", async (transport) => {
  await using server = await TestServer.start({ transport });
  server.hub.close();
  for (const path of ["/ws", "/", "/healthz", "/readyz"]) {
    using socket = await RawSocket.connect(server.port);
    const head = await socket.request("GET", path, HANDSHAKE);
    assert.equal(head.status, 503);
    assert.equal(head.headers.get("retry-after"), "5");
  }
});

onEachTransport("Ending sends everyone the last lines, then 1001", async (transport) => {
  await using server = await TestServer.start({ transport });
  const clients = await Promise.all(Array.from({ length: 20 }, () => SeedClient.connect(server.port)));
  for (let i = 0; i < 500; i++) clients[0]!.send(`${i} ${"x".repeat(2_000)}`);
  await clients[0]!.received(500);
  await server.end();
  for (const client of clients) {
    assert.equal((await client.closed).code, 1001);
    assert.equal(client.lines.length, 500);
  }
});

onEachTransport("Ending waits for a peer that never answers, but not for ever", async (transport) => {
  const server = await TestServer.start({ transport });
  using silent = await RawSocket.upgrade(server.port);
  await server.clients(1);
  const start = performance.now();
  await server.end();
  const ms = performance.now() - start;
  assert(ms > DRAIN_MS - 100 && ms < DRAIN_MS + 3_000, `${ms} ms`);
  assert.equal(await silent.closeCode(), 1001);
});

onEachTransport(
  "HOSTILE 35: an address that can't be had is explained in one line with what to do",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    const addr = { hostname: "127.0.0.1", port: server.port };
    const other = new Server({ ...parts, config: { ...parts.config, transport } });
    await assert.rejects(other.listen(addr), (error) => {
      assert(error instanceof ListenError);
      const line = `Cannot listen on 127.0.0.1:${server.port}: another program uses this port.`;
      assert(error.message.startsWith(line), error.message);
      return true;
    });
    assert.match(explain(new Deno.errors.PermissionDenied()), /Choose one from 1024 up/);
    assert.match(explain(new Deno.errors.AddrNotAvailable()), /Choose one of its own/);
    assert.match(explain(new Error("failed to lookup")), /^failed to lookup\. Choose another/);
  },
);

Deno.test("The links to click name the address, or this machine when the server listens on all", () => {
  const addr = { transport: "tcp" as const, port: 8080 };
  assert.deepEqual(links({ ...addr, hostname: "127.0.0.1" }, "https"), ["https://127.0.0.1:8080/"]);
  assert.deepEqual(links({ ...addr, hostname: "::1" }, "http"), ["http://[::1]:8080/"]);
  for (const hostname of ["0.0.0.0", "::"]) {
    assert.equal(links({ ...addr, hostname }, "http")[0], "http://localhost:8080/");
  }
});
