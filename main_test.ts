import assert from "node:assert/strict";
import project from "./deno.json" with { type: "json" };
import { Disconnect } from "./protocol.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { HANDSHAKE, RawSocket } from "./testing/raw_socket.ts";
import { SeedClient } from "./testing/seed_client.ts";
import { onEachProcessTransport, PROCESS_TRANSPORTS, ServerProcess } from "./testing/server_process.ts";
import { hasTerminal, TERMINAL } from "./testing/terminal.ts";

Deno.test("--transport=node runs, or says in one line which Deno it takes", async () => {
  try {
    await using server = await ServerProcess.start({ args: ["--transport=node"] });
    assert.equal(await (await fetch(new URL("/healthz", server.url))).text(), "ok\n");
  } catch (error) {
    // A binary may have an older runtime.
    if (PROCESS_TRANSPORTS.includes("node")) throw error;
    assert.match(
      (error as Error).message,
      /: hubbub: Cannot use --transport=node with Deno [\d.]+: it takes Deno 2\.9\n$/,
    );
  }
});

Deno.test("The server prints a link to the page, which is there", async () => {
  await using server = await ServerProcess.start();
  assert.notEqual(server.port, 0);
  const response = await fetch(server.url);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /<title>Hubbub<\/title>/);
});

for (const form of ["json", "pretty"]) {
  const name =
    `At its first start the server shows a terminal the administrator's link, once, though it logs as ${form}`;
  Deno.test({ name, ignore: !hasTerminal }, async () => {
    const data = await Deno.makeTempDir();
    try {
      const start = { data, args: [`--log=${form}`], under: TERMINAL };
      await using first = await ServerProcess.start(start);
      await first.says(/#admin=\S+\r\n/);
      await first.end();
      const { stdout } = await first.ended;
      const [, link, secret] = /(\S+#admin=([\w-]{43}))\r\n/.exec(stdout)!;
      assert(link!.startsWith(new URL("/admin#", first.url).href), link);
      const files = [...Deno.readDirSync(data)].filter(({ isFile }) => isFile).map(({ name }) => `${data}/${name}`);
      for (const file of files) assert(!Deno.readTextFileSync(file).includes(secret!), file);
      await using second = await ServerProcess.start(start);
      await using ada = await JsonClient.connect(second.port);
      ada.send({ type: "hello", secret: secretOf("Ada"), pass: secret, rooms: [] });
      assert.equal((await ada.got("welcome")).role, "admin");
      await second.end();
      assert(!(await second.ended).stdout.includes("admin"), "it is shown once");
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });

  Deno.test(`Where nobody looks there is no administrator's link, but a line that says how to make one, as ${form}`, async () => {
    const data = await Deno.makeTempDir();
    try {
      for (const [folder, hint] of [[data, `hubbub admin-link --data=${data}`], [":memory:", "a terminal"]] as const) {
        await using server = await ServerProcess.start({ data: folder, args: [`--log=${form}`] });
        await server.end();
        const { stdout, stderr } = await server.ended;
        assert(!(stdout + stderr).includes("admin="), stdout);
        if (form === "pretty") assert(stdout.includes(hint), stdout);
        else assert.match(stdout, /"event":"administrator_missing","data":(null|"[^"]+")/);
      }
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });
}

Deno.test("hubbub admin-link makes a new link beside a running server, and who came by the old one is cut", async () => {
  const data = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ data });
    const old = server.makeAdminLink().hash.slice("#admin=".length);
    await using ada = await JsonClient.connect(server.port);
    ada.send({ type: "hello", secret: secretOf("Ada"), pass: old, rooms: [] }, { type: "watch" });
    await ada.got("status");
    const { code, stdout, stderr } = await ServerProcess.run([
      "admin-link",
      `--data=${data}`,
      `--addr=${server.url.host}`,
    ]);
    assert.deepEqual([code, stderr], [0, ""]);
    const [, link, secret] = /^(\S+#admin=([\w-]{43}))\n$/.exec(stdout)!;
    assert(link!.startsWith(new URL("/admin#", server.url).href), link);
    assert.equal((await ada.ended).code, Disconnect.denied.code);
    await using bea = await JsonClient.connect(server.port);
    bea.send({ type: "hello", secret: secretOf("Bea"), pass: secret, rooms: [] });
    assert.equal((await bea.got("welcome")).role, "admin");
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("hubbub admin-link says in one line why there can be no link", async () => {
  const data = await Deno.makeTempDir();
  try {
    for (const folder of [data, `${data}/none`]) {
      const none = await ServerProcess.run(["admin-link", `--data=${folder}`]);
      assert.deepEqual([none.code, none.stdout], [1, ""]);
      assert.match(none.stderr, /^hubbub: Cannot make an administrator's link: no server has kept anything in .*\n$/);
      assert(none.stderr.includes(`"${folder}"`));
    }
    const memory = await ServerProcess.run(["admin-link", "--data=:memory:"]);
    assert.deepEqual(memory, {
      code: 2,
      stdout: "",
      stderr: "hubbub: hubbub admin-link takes a folder, and --data=:memory: is none\n",
    });
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("HOSTILE 24: the server's key is in nothing that it prints", async () => {
  await using server = await ServerProcess.start({ env: { HUBBUB_KEY: "open-sesame" } });
  const refused = await fetch(new URL("/ws?key=open-sesame", server.url));
  assert.equal(refused.status, 426);
  await refused.body?.cancel();
  const eve = await JsonClient.connect(server.port);
  eve.send({ type: "hello", secret: secretOf("Eve"), pass: "open-barley", rooms: [] });
  assert.equal((await eve.got("error")).code, "keyWrong");
  await eve.ended;
  await server.end();
  const { stdout, stderr } = await server.ended;
  assert(!/sesame|barley/.test(stdout + stderr), stdout + stderr);
});

onEachProcessTransport(
  "An administrator makes a token and a webhook; a program says something with the one and hears of it by the other, after a restart, too",
  async (transport) => {
    const heard: string[] = [];
    let hear = Promise.withResolvers<void>();
    await using receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
      heard.push((await request.json()).data.text);
      hear.resolve();
      return new Response();
    });
    const data = await Deno.makeTempDir();
    const args = [`--transport=${transport}`];
    try {
      await using first = await ServerProcess.start({ data, args });
      const pass = first.makeAdminLink().hash.slice("#admin=".length);
      await using ada = await JsonClient.connect(first.port);
      ada.send({ type: "hello", secret: secretOf("Ada"), name: "Ada", pass, rooms: [{ room: "lobby" }] });
      ada.send({ type: "order", ref: 1, order: { type: "token", name: "Deploy", room: "lobby" } });
      ada.send({ type: "order", ref: 2, order: { type: "hook", url: `http://127.0.0.1:${receiver.addr.port}/` } });
      const { secret } = await ada.got("done", ({ ref }) => ref === 1);
      await ada.got("done", ({ ref }) => ref === 2);
      const headers = { "authorization": `Bearer ${secret}`, "content-type": "text/plain" };
      const url = new URL("/api/rooms/lobby/messages", first.url);
      const said = await fetch(url, { method: "POST", headers, body: "deploy done" });
      assert.deepEqual([said.status, (await said.json()).name], [201, "Deploy"]);
      assert.equal((await ada.got("said")).text, "deploy done");
      await hear.promise;
      const stream = await fetch(new URL("/api/rooms/lobby/events", first.url), { headers });
      assert.equal((await first.end()).code, 0, "though somebody follows");
      await stream.body!.cancel().catch(() => {});

      hear = Promise.withResolvers();
      await using second = await ServerProcess.start({ data, args });
      const again = await fetch(new URL(url.pathname, second.url), { method: "POST", headers, body: "and again" });
      assert.equal(again.status, 201);
      await again.body!.cancel();
      await hear.promise;
      assert.deepEqual(heard, ["deploy done", "and again"]);
      await second.end();
      for (const { stdout, stderr } of [await first.ended, await second.ended]) {
        // Deno 2.4 warns of what its own createHmac does.
        const said = stderr.replace(/^\(node:\d+\) \[DEP0181\].*\n/m, "");
        assert(!(stdout + stderr).includes(secret!) && said === "", said);
      }
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  },
);

onEachProcessTransport("--addr takes localhost and IPv6, and the printed link leads there", async (transport) => {
  for (const addr of ["localhost:0", "[::1]:0"]) {
    await using server = await ServerProcess.start({ args: [`--transport=${transport}`], addr });
    assert.equal(await (await fetch(new URL("/healthz", server.url))).text(), "ok\n");
  }
});

onEachProcessTransport(
  "A seed client works unchanged: everyone gets what it sends, itself too, newlines as spaces and trimmed",
  async (transport) => {
    await using server = await ServerProcess.start({ args: [`--transport=${transport}`] });
    const [ann, bob] = [await SeedClient.connect(server.port), await SeedClient.connect(server.port)];
    await server.clients(2);
    ann.send("a\nb ");
    assert.deepEqual(await ann.received(1), ["a b"]);
    assert.deepEqual(await bob.received(1), ["a b"]);
    await ann.close();
    await bob.close();
  },
);

onEachProcessTransport(
  "1,000 messages in one burst reach 50 readers, the sender too, in order, many to a frame, nobody dropped",
  async (transport) => {
    await using server = await ServerProcess.start({ args: [`--transport=${transport}`, "--rate=0"] });
    for (const bytes of [0, 20_000]) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => SeedClient.connect(server.port)));
      await server.clients(50);
      const burst = Array.from({ length: 1_000 }, (_, i) => `message ${i} ${"x".repeat(bytes)}`.trim());
      for (const text of burst) clients[0]!.send(text);
      await Promise.all(clients.map(async (client) => {
        // Looked at as they come: who keeps a gigabyte of them is the slow one.
        for (let seen = 0; seen < burst.length;) {
          const lines = (await client.received(seen + 1)).splice(0);
          assert.deepEqual(lines, burst.slice(seen, seen += lines.length));
        }
        assert(client.messages < burst.length / 2, `${client.messages} frames`);
      }));
      await Promise.all(clients.map((client) => client.close()));
      await server.clients(0);
    }
  },
);

Deno.test("Peers that reset in the middle of the handshake do not hold up the end", async () => {
  await using server = await ServerProcess.start();
  const headers = Object.entries(HANDSHAKE).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await Promise.all(Array.from({ length: 100 }, async () => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(`GET /ws HTTP/1.1\r\n${headers}\r\n`);
  }));
  const { code, ms } = await server.end();
  assert.equal(code, 0);
  assert(ms < 2_500, `${ms} ms`);
});

Deno.test("--max-message and HUBBUB_MAX_MESSAGE limit a message, the flag wins", async () => {
  await using server = await ServerProcess.start({ args: ["--max-message=10"], env: { HUBBUB_MAX_MESSAGE: "20" } });
  const ann = await SeedClient.connect(server.port);
  ann.send("x".repeat(10));
  await ann.received(1);
  ann.send("x".repeat(11));
  assert.equal((await ann.closed).code, 1009);
});

onEachProcessTransport(
  "HOSTILE 29: SIGTERM and SIGINT close everyone with 1001 and end the server with code 0",
  async (transport) => {
    const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGTERM", "SIGINT"];
    for (const signal of signals) {
      await using server = await ServerProcess.start({ args: [`--transport=${transport}`] });
      const clients = [await SeedClient.connect(server.port), await SeedClient.connect(server.port)];
      const { code, ms } = await server.end(signal);
      assert.equal(code, 0);
      assert(ms < 3_000, `${ms} ms, though everyone answered`);
      for (const client of clients) assert.equal((await client.closed).code, 1001);
    }
  },
);

onEachProcessTransport(
  "HOSTILE 29: the server ends in time with code 0 when peers are silent, stuck or in the middle of a request",
  async (transport) => {
    await using server = await ServerProcess.start({ args: [`--transport=${transport}`, "--rate=0"] });
    using _silent = await RawSocket.upgrade(server.port);
    using halfway = await RawSocket.connect(server.port);
    await halfway.write("GET / HTTP/1.1\r\nHost: ");
    using stuck = await RawSocket.upgrade(server.port);
    const ann = await SeedClient.connect(server.port);
    await stuck.frame(0x81, "I will not read");
    for (let i = 1; i < 500; i++) {
      ann.send("x".repeat(32_000));
      await ann.received(i);
    }
    const { code, ms } = await server.end();
    assert.equal(code, 0);
    assert(ms < 10_000, `${ms} ms`);
    assert.equal((await ann.closed).code, 1001);
  },
);

Deno.test("--help and --version print and end with code 0", async () => {
  const { code, stdout } = await ServerProcess.run(["--help"]);
  assert.equal(code, 0);
  assert.match(stdout, /--addr=ADDRESS/);
  assert.deepEqual(await ServerProcess.run(["--version"]), {
    code: 0,
    stdout: `hubbub ${project.version}\n`,
    stderr: "",
  });
});

Deno.test("HOSTILE 35: a wrong flag ends with code 2, a port in use with 1, each with one line and no stack trace", async () => {
  const usage = await ServerProcess.run(["--adr=:80"]);
  assert.deepEqual(usage, { code: 2, stdout: "", stderr: "hubbub: Unknown option '--adr'; see --help\n" });
  const variable = await ServerProcess.run([], { HUBBUB_ADDR: "here" });
  assert.equal(variable.code, 2);
  assert.match(variable.stderr, /^hubbub: HUBBUB_ADDR takes .*\n$/);
  await using server = await ServerProcess.start();
  const used = await ServerProcess.run([`--addr=${server.url.host}`, "--data=:memory:"]);
  assert.equal(used.code, 1);
  assert.match(used.stderr, /^hubbub: Cannot listen on 127\.0\.0\.1:\d+: another program uses this port\..*\n$/);
});
