import assert from "node:assert/strict";
import { MemoryAdministrator } from "./administrator.ts";
import { parseCommand } from "./config.ts";
import { openMemory } from "./journal/memory.ts";
import { noLog } from "./log.ts";
import { NodeError } from "./node.ts";
import type { Said } from "./protocol.ts";
import { CapturedWorkers } from "./testing/captured_workers.ts";
import { inFolder } from "./testing/folder.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { PROCESS_TRANSPORTS, ServerProcess } from "./testing/server_process.ts";
import { hasTerminal, TERMINAL } from "./testing/terminal.ts";
import { startWorkers } from "./workers.ts";

const isLinux = Deno.build.os === "linux";

/** A test of several workers, which take Linux. */
function onLinux(name: string, fn: () => Promise<void>, ignore = false): void {
  Deno.test({ name: isLinux ? name : `${name} (skipped: it takes Linux)`, ignore: ignore || !isLinux, fn });
}

/** So many people in the lobby; the system spreads them over the workers. */
async function people(server: ServerProcess, count: number): Promise<JsonClient[]> {
  const clients = await Promise.all(Array.from({ length: count }, () => JsonClient.connect(server.port)));
  for (const [index, client] of clients.entries()) {
    client.send({ type: "hello", secret: secretOf(`person ${index}`), rooms: [{ room: "lobby" }] });
  }
  for (const client of clients) await client.got("joined");
  return clients;
}

/** What somebody was told how many people are there, at last. */
function countOf({ messages }: JsonClient): number | undefined {
  return messages.flatMap((message) => message.type === "people" || message.type === "joined" ? [message.count] : [])
    .at(-1);
}

async function knows(client: JsonClient, count: number): Promise<void> {
  while (countOf(client) !== count) await client.more();
}

for (const transport of PROCESS_TRANSPORTS) {
  onLinux(
    `60 people over three workers are one chat: all see all, in one order, know how many they are, and are counted once (${transport})`,
    async () => {
      await using server = await ServerProcess.start({ args: ["--workers=3", `--transport=${transport}`] });
      const clients = await people(server, 60);
      for (const client of clients) await knows(client, 60);
      for (const [index, client] of clients.entries()) {
        for (let i = 0; i < 5; i++) {
          client.send({ type: "say", room: "lobby", nonce: `nonce-${index}-${i}`, text: `${index} says ${i}` });
        }
      }
      const saidTo = ({ messages }: JsonClient) =>
        messages.filter((message): message is Said => message.type === "said");
      for (const client of clients) while (saidTo(client).length < 300) await client.more();
      const expected = saidTo(clients[0]!);
      const ids = expected.map(({ id }) => id);
      assert.deepEqual(ids, ids.toSorted((a, b) => a - b));
      assert.equal(new Set(ids).size, 300);
      for (const client of clients) assert.deepEqual(saidTo(client), expected);
      for (const index of clients.keys()) {
        const own = expected.filter(({ nonce }) => nonce.startsWith(`nonce-${index}-`)).map(({ text }) => text);
        assert.deepEqual(own, [0, 1, 2, 3, 4].map((i) => `${index} says ${i}`));
      }
      assert.equal(await server.metric("hubbub_clients"), 60);
      assert.equal(await server.metric("hubbub_messages_total"), 300);
      assert.equal(await server.metric("hubbub_deliveries_total"), 300 * 60);
      assert.equal(await server.metric("hubbub_echo_seconds_count"), 300);

      const [gone, stay] = [clients.slice(0, 25), clients.slice(25)];
      for (const client of gone) await client[Symbol.asyncDispose]();
      for (const client of stay) await knows(client, 35);
      const { code, ms } = await server.end();
      assert.equal(code, 0);
      assert(ms < 3_000, `${ms} ms, though everyone answered`);
      for (const client of stay) assert.equal((await client.ended).code, 1001);
    },
  );
}

onLinux("Of twenty who claim one name at once, on three workers, one has it, and the others are told", async () => {
  await using server = await ServerProcess.start({ args: ["--workers=3"] });
  const clients = await people(server, 20);
  for (const client of clients) client.send({ type: "rename", name: "Sam" });
  for (const client of clients) {
    const isTold = () => client.messages.some(({ type }) => type === "error" || type === "renamed");
    while (!isTold()) await client.more();
  }
  await using late = await JsonClient.connect(server.port);
  late.send({ type: "hello", secret: secretOf("late"), rooms: [{ room: "lobby" }] });
  const namesOf = () => {
    const names = new Map<string, string>();
    for (const message of late.messages) {
      const persons = message.type === "joined" ? message.people : message.type === "people" ? message.joined : [];
      for (const { id, name } of persons) names.set(id, name);
    }
    return [...names.values()];
  };
  while (namesOf().length < 21 || namesOf().filter((name) => name === "Sam").length !== 1) await late.more();
  for (const client of clients) await client[Symbol.asyncDispose]();
});

onLinux("What an administrator makes is good on every worker, and a webhook hears of each message once", async () => {
  const heard: string[] = [];
  const all = Promise.withResolvers<void>();
  await using receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    heard.push((await request.json()).data.text);
    if (heard.length === 30) all.resolve();
    return new Response();
  });
  const data = await Deno.makeTempDir();
  try {
    await using server = await ServerProcess.start({ data, args: ["--workers=3"] });
    const pass = server.makeAdminLink().hash.slice("#admin=".length);
    await using ada = await JsonClient.connect(server.port);
    ada.send({ type: "hello", secret: secretOf("Ada"), pass, rooms: [{ room: "lobby" }] });
    ada.send({ type: "order", ref: 1, order: { type: "token", name: "Deploy" } });
    ada.send({ type: "order", ref: 2, order: { type: "hook", url: `http://127.0.0.1:${receiver.addr.port}/` } });
    const { secret } = await ada.got("done", ({ ref }) => ref === 1);
    await ada.got("done", ({ ref }) => ref === 2);
    const headers = { "authorization": `Bearer ${secret}`, "content-type": "text/plain", "connection": "close" };
    const url = new URL("/api/rooms/lobby/messages", server.url);
    for (let i = 0; i < 30; i++) {
      const { status, body } = await fetch(url, { method: "POST", headers, body: `news ${i}` });
      assert.equal(status, 201);
      await body!.cancel();
    }
    await all.promise;
    assert.deepEqual(heard.toSorted(), Array.from({ length: 30 }, (_, i) => `news ${i}`).toSorted());
    assert.equal((await server.end()).code, 0);
    assert.equal(heard.length, 30);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

onLinux("The administrator's link of a server that keeps nothing is shown once and good on every worker", async () => {
  await using server = await ServerProcess.start({ args: ["--workers=3"], under: TERMINAL });
  const [, pass] = await server.says(/#admin=([\w-]{43})\r\n/);
  for (let i = 0; i < 12; i++) {
    await using ada = await JsonClient.connect(server.port);
    ada.send({ type: "hello", secret: secretOf(`Ada ${i}`), pass, rooms: [] });
    assert.equal((await ada.got("welcome")).role, "admin");
  }
  await server.end();
  assert.equal([...(await server.ended).stdout.matchAll(/#admin=/g)].length, 1);
}, !hasTerminal);

onLinux("So many workers let in no more than one server would", async () => {
  await using server = await ServerProcess.start({ args: ["--workers=2", "--max-clients=10"] });
  const tried = await Promise.allSettled(Array.from({ length: 40 }, () => JsonClient.connect(server.port)));
  const clients = tried.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  assert(clients.length >= 5 && clients.length <= 10, String(clients.length));
  assert.equal(await server.metric('hubbub_limit_hits_total{limit="max-clients"}'), 40 - clients.length);
  for (const client of clients) await client[Symbol.asyncDispose]();
});

onLinux(
  "HOSTILE 35: a port that another server has is not shared with it, however many workers both have",
  async () => {
    for (const [first, second] of [[2, 2], [1, 2], [2, 1]]) {
      await using server = await ServerProcess.start({ args: [`--workers=${first}`] });
      const used = await ServerProcess.run([
        `--addr=${server.url.host}`,
        "--data=:memory:",
        `--workers=${second}`,
      ]);
      assert.equal(used.code, 1);
      assert.match(used.stderr, /^hubbub: Cannot listen on 127\.0\.0\.1:\d+: another program uses this port\..*\n$/);
    }
  },
);

onLinux("When a worker dies the others do not go on without it", async () => {
  using workers = new CapturedWorkers();
  const settings = { HUBBUB_WORKERS: "2", HUBBUB_ADDR: "127.0.0.1:0", HUBBUB_DATA: ":memory:" };
  for (const [name, value] of Object.entries(settings)) Deno.env.set(name, value);
  const journal = openMemory();
  try {
    const command = parseCommand([], Deno.env.get);
    assert(command.name === "serve");
    const node = await startWorkers({
      journal,
      administrator: new MemoryAdministrator(),
      sharesAdministrator: false,
      assets: new Map(),
      config: command.config,
      certificate: undefined,
      log: noLog,
    });
    workers.all[1]!.postMessage({ order: "readings", readings: "what nobody has asked for" });
    const told = /^The worker "hubbub 2" has stopped working: /;
    await assert.rejects(node.failed!, (error) => error instanceof NodeError && told.test(error.message));
    await assert.rejects(node.end(), NodeError);
  } finally {
    for (const worker of workers.all) worker.terminate();
    for (const name of Object.keys(settings)) Deno.env.delete(name);
    await journal.close();
  }
});

onLinux(
  "What was echoed by workers that are killed is there, once, when they are started again",
  inFolder(async (data) => {
    const args = ["--workers=3"];
    const said: string[] = [];
    for (let life = 0; life < 3; life++) {
      const server = await ServerProcess.start({ args, data });
      const clients = await people(server, 6);
      await Promise.all(clients.map(async (client, index) => {
        const nonce = `${life}-${index}`;
        client.send({ type: "say", room: "lobby", nonce, text: nonce });
        assert.equal((await client.fateOf(nonce)).type, "said");
        said.push(nonce);
      }));
      await server[Symbol.asyncDispose]();
      for (const client of clients) await client.ended;
    }
    await using server = await ServerProcess.start({ args, data });
    const [late] = await people(server, 1);
    assert.deepEqual((await late!.history("lobby")).map(({ text }) => text).toSorted(), said.toSorted());
    await late![Symbol.asyncDispose]();
  }),
);
