import assert from "node:assert/strict";
import { Disconnect } from "./protocol.ts";
import { passOf } from "./static/place.ts";
import { TestCertificate } from "./testing/certificates.ts";
import { eventually } from "./testing/eventually.ts";
import { inFolder } from "./testing/folder.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { credentialsOf, NatsOperator } from "./testing/nats_accounts.ts";
import { NatsServer } from "./testing/nats_server.ts";
import { withPrograms } from "./testing/programs.ts";
import { REVERSE_PROXIES, ReverseProxy, type ReverseProxyName } from "./testing/reverse_proxy.ts";
import { SecureSocket } from "./testing/secure_socket.ts";
import { ServerProcess } from "./testing/server_process.ts";

/** Somebody comes into the lobby of a node. */
async function enter({ port }: ServerProcess, name: string): Promise<JsonClient> {
  const client = await JsonClient.connect(port);
  client.send({ type: "hello", secret: secretOf(name), name, rooms: [{ room: "lobby" }] });
  await client.got("joined");
  return client;
}

/** An administrator comes to a node. @throws when their secret is not good there. */
async function administrate({ port }: ServerProcess, pass: string | undefined): Promise<JsonClient> {
  const client = await JsonClient.connect(port);
  client.send({ type: "hello", secret: secretOf("Root"), pass, rooms: [{ room: "lobby" }] });
  const isAdministrator = await client.got("welcome").then(({ role }) => role === "admin", () => false);
  if (isAdministrator) return client;
  await client[Symbol.asyncDispose]();
  throw new Error("It is no administrator");
}

withPrograms(
  ["nats-server"],
  "Two nodes are one chat: words, people and names are the same on both; a node that is killed takes its people with it",
  inFolder(async (folder) => {
    await using nats = await NatsServer.start();
    const args = [`--nats=${nats.url}`];
    await using one = await ServerProcess.start({ args, data: `${folder}/one` });
    const two = await ServerProcess.start({ args, data: `${folder}/two` });
    await using ann = await enter(one, "Ann");
    await using bob = await enter(two, "Bob");
    await ann.got("people", ({ count }) => count === 2);
    ann.send({ type: "say", room: "lobby", nonce: "n1", text: "hello" });
    const heard = await bob.got("said", ({ text }) => text === "hello");
    assert.equal((await ann.fateOf("n1") as { id: number }).id, heard.id);

    // Somebody else can't have the name on the other node.
    await using eve = await enter(two, "Eve");
    eve.send({ type: "rename", name: "ANN" });
    await eve.got("error", ({ code }) => code === "nameTaken");

    // Who moves to the other node resumes there from what they have, and what they say again is not said twice.
    await using moved = await JsonClient.connect(two.port);
    const { epoch } = await ann.got("welcome");
    bob.send({ type: "say", room: "lobby", nonce: "n2", text: "meanwhile" });
    await bob.fateOf("n2");
    const rooms = [{ room: "lobby", after: heard.id }];
    moved.send({ type: "hello", secret: secretOf("Ann"), epoch, rooms });
    const joined = await moved.got("joined");
    assert.deepEqual([joined.start, joined.entries.map(({ text }) => text)], ["resumed", ["meanwhile"]]);
    moved.send({ type: "say", room: "lobby", nonce: "n1", text: "hello" });
    assert.deepEqual(await moved.fateOf("n1"), { type: "kept", room: "lobby", nonce: "n1", id: heard.id });

    await two[Symbol.asyncDispose]();
    await ann.got("people", ({ count }) => count === 1);
  }),
);

withPrograms(
  ["nats-server"],
  "While NATS is away nodes are not ready, keep nothing and go on reading; when it is back all is well, with nothing lost or doubled",
  inFolder(async (folder) => {
    await using nats = await NatsServer.start();
    const args = [`--nats=${nats.url}`];
    await using one = await ServerProcess.start({ args, data: `${folder}/one` });
    await using two = await ServerProcess.start({ args, data: `${folder}/two` });
    await using ann = await enter(one, "Ann");
    await using bob = await enter(two, "Bob");
    ann.send({ type: "say", room: "lobby", nonce: "n1", text: "before" });
    await bob.got("said");
    await nats.kill();
    await Promise.all([one.readiness(503), two.readiness(503)]);
    ann.send({ type: "say", room: "lobby", nonce: "n2", text: "lost?" });
    const refused = await ann.fateOf("n2");
    assert.equal(refused.type === "error" && refused.code, "storage");
    assert.deepEqual((await bob.history("lobby")).map(({ text }) => text), ["before"]);
    await nats.start();
    await Promise.all([one.readiness(200), two.readiness(200)]);
    ann.send({ type: "say", room: "lobby", nonce: "n2", text: "lost?" });
    await bob.got("said", ({ text }) => text === "lost?");
    assert.deepEqual((await ann.history("lobby")).map(({ text }) => text), ["before", "lost?"]);
    assert.equal((await one.end()).code, 0);
  }),
);

withPrograms(
  ["nats-server"],
  "A node with workers and one without are one chat, too, and go on after NATS was away",
  inFolder(async (folder) => {
    await using nats = await NatsServer.start();
    const args = [`--nats=${nats.url}`, "--rate=0"];
    await using one = await ServerProcess.start({ args: [...args, "--workers=2"], data: `${folder}/one` });
    await using two = await ServerProcess.start({ args, data: `${folder}/two` });
    const people = await Promise.all(Array.from({ length: 10 }, (_, n) => enter(n % 2 ? one : two, `Person ${n}`)));
    for (const person of people) await person.got("people", ({ count }) => count === people.length);
    await nats.kill();
    await Promise.all([one.readiness(503), two.readiness(503)]);
    await nats.start();
    await Promise.all([one.readiness(200), two.readiness(200)]);
    for (const [n, person] of people.entries()) {
      // Another worker may not have heard yet what the one that was asked has.
      await eventually(async () => {
        const nonce = crypto.randomUUID();
        person.send({ type: "say", room: "lobby", nonce, text: `says ${n}` });
        assert.equal((await person.fateOf(nonce)).type, "said");
      });
    }
    for (const person of people) {
      for (const n of people.keys()) {
        await person.got("said", ({ text }) => text === `says ${n}`);
      }
    }
    for (const person of people) await person[Symbol.asyncDispose]();
  }),
);

withPrograms(
  ["nats-server"],
  "An administrator's link is good on all nodes, and what they do holds there; a new one ends it everywhere, also where a node was not there",
  inFolder(async (folder) => {
    await using nats = await NatsServer.start();
    const args = [`--nats=${nats.url}`];
    await using one = await ServerProcess.start({ args, data: `${folder}/one` });
    const two = await ServerProcess.start({ args, data: `${folder}/two` });
    const first = passOf(one.makeAdminLink());
    await using admin = await eventually(() => administrate(two, first));
    await using bob = await enter(one, "Bob");
    const { id } = await bob.got("welcome");
    admin.send({ type: "order", ref: 1, order: { type: "ban", user: id } });
    assert.equal((await bob.ended).code, Disconnect.banned.code);

    await two[Symbol.asyncDispose]();
    const second = passOf(one.makeAdminLink());
    await using again = await ServerProcess.start({ args, data: `${folder}/two` });
    await using late = await eventually(() => administrate(again, second));
    late.send({ type: "audit", ref: 2 });
    const { acts } = await late.got("audited");
    assert.deepEqual(acts.map(({ deed }) => deed.type), ["administrator", "ban", "administrator"]);
    assert(!JSON.stringify(acts).includes("digest"));
    await assert.rejects(administrate(again, first));
  }),
);

withPrograms(
  ["nats-server"],
  "A node that can't have NATS, or whose folder is something else, says why in one line, and not the password",
  inFolder(async (folder) => {
    await using nats = await NatsServer.start({ args: ["--user=hub", "--pass=s3cret"] });
    const url = (password: string) => `nats://hub:${password}@127.0.0.1:${nats.port}`;
    const run = (password: string) =>
      ServerProcess.run(["--addr=127.0.0.1:0", `--data=${folder}/data`], { HUBBUB_NATS: url(password) });
    const wrong = await run("wr0ng");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /Cannot use NATS at 127\.0\.0\.1:\d+: it does not let this user in/);
    assert.doesNotMatch(wrong.stderr + wrong.stdout, /wr0ng/);
    const alone = await ServerProcess.start({ data: `${folder}/data` });
    await using ann = await enter(alone, "Ann");
    ann.send({ type: "say", room: "lobby", nonce: "n1", text: "alone" });
    await ann.fateOf("n1");
    await alone[Symbol.asyncDispose]();
    assert.match((await run("s3cret")).stderr, /it holds what was said without NATS: use another folder/);
  }),
);

withPrograms(
  ["nats-server"],
  "A node that has to catch up says so before it does, and one that has everything does not",
  inFolder(async (folder) => {
    await using nats = await NatsServer.start();
    const args = [`--nats=${nats.url}`];
    await using one = await ServerProcess.start({ args });
    await using ann = await enter(one, "Ann");
    ann.send({ type: "say", room: "lobby", nonce: "n1", text: "hello" });
    await ann.fateOf("n1");
    for (const isBehind of [true, false]) {
      await using two = await ServerProcess.start({ args, data: `${folder}/two` });
      await two.end();
      const { stdout } = await two.ended;
      assert.equal(/^Catching up with NATS, which is ahead by \d[^]* is open\./.test(stdout), isBehind, stdout);
    }
  }),
);

withPrograms(
  ["nats-server"],
  "A node's backup goes on elsewhere with the same stream, its archive without NATS; into its folder nothing is restored or imported",
  inFolder(async (folder) => {
    await using nats = await NatsServer.start();
    const args = [`--nats=${nats.url}`];
    const node = await ServerProcess.start({ args, data: `${folder}/node` });
    await using ann = await enter(node, "Ann");
    ann.send({ type: "say", room: "lobby", nonce: "n1", text: "hello" });
    await ann.fateOf("n1");
    const command = (name: string, data: string, file: string) =>
      ServerProcess.run([name, `--data=${folder}/${data}`, `${folder}/${file}`]);
    for (const name of ["backup", "export"]) assert.equal((await command(name, "node", name)).code, 0);
    await node[Symbol.asyncDispose]();

    for (const [name, file] of [["restore", "backup"], ["import", "export"]] as const) {
      const { code, stderr } = await command(name, "node", file);
      assert.equal(code, 1);
      assert.match(stderr, /^hubbub: Cannot [^\n]* is a copy of what NATS keeps, [^\n]*use another folder\n$/);
    }
    assert.match((await command("restore", "copy", "backup")).stdout, /for servers with --nats alone/);
    assert.equal((await command("import", "alone", "export")).code, 0);
    for (const data of ["copy", "alone"]) {
      await using server = await ServerProcess.start({ args: data === "copy" ? args : [], data: `${folder}/${data}` });
      await using bob = await enter(server, "Bob");
      assert.deepEqual((await bob.history("lobby")).map(({ text }) => text), ["hello"]);
    }
  }),
);

withPrograms(
  ["nats-server"],
  "Nodes come in with files of credentials, each with its own; who has another operator's is told so in one line, and no secret",
  inFolder(async (folder) => {
    const operator = new NatsOperator();
    await using nats = await NatsServer.start(operator);
    const flagsOf = async (name: string, user = operator.makeUser()) => {
      await Deno.writeTextFile(`${folder}/${name}.creds`, credentialsOf(user));
      return [`--nats=${nats.url}`, `--nats-creds=${folder}/${name}.creds`];
    };
    await using one = await ServerProcess.start({ args: await flagsOf("one"), data: `${folder}/one` });
    await using two = await ServerProcess.start({ args: await flagsOf("two"), data: `${folder}/two` });
    await using ann = await enter(one, "Ann");
    await using bob = await enter(two, "Bob");
    await ann.got("people", ({ count }) => count === 2);
    ann.send({ type: "say", room: "lobby", nonce: "n1", text: "hello" });
    await bob.got("said", ({ text }) => text === "hello");

    const eve = new NatsOperator().makeUser();
    const args = ["--addr=127.0.0.1:0", `--data=${folder}/eve`, ...await flagsOf("eve", eve)];
    const { code, stdout, stderr } = await ServerProcess.run(args);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^hubbub: Cannot use NATS at 127\.0\.0\.1:\d+: it does not let this user in: check the .* file\n$/,
    );
    for (const secret of [eve.seed, eve.token]) assert(!(stdout + stderr).includes(secret));
  }),
);

/** For each proxy, what to put into its file for a second node, as the manual says. */
const SECOND_NODES: Record<ReverseProxyName, (one: number, two: number) => Record<string, string>> = {
  nginx: (_, two) => ({ "keepalive 16;": `server 127.0.0.1:${two}; keepalive 16;` }),
  caddy(one, two) {
    const manual = Deno.readTextFileSync("docs/OPERATING.md");
    const [, settings] = /^reverse_proxy .*:8080 .*:8081 \{\n([^}]+)\}/m.exec(manual)!;
    // The proxy's own change has put the first node there.
    const line = `reverse_proxy 127.0.0.1:${one}`;
    return { [`${line}\n`]: `${line} 127.0.0.1:${two} {\n${settings}}\n` };
  },
};

for (const name of REVERSE_PROXIES) {
  withPrograms(
    ["nats-server", name, "openssl"],
    `Behind ${name} people come to either of two nodes, and are one chat; where a node has ended the other takes them`,
    inFolder(async (folder) => {
      await using nats = await NatsServer.start();
      const args = [`--nats=${nats.url}`, "--trust-proxy=127.0.0.1"];
      await using one = await ServerProcess.start({ args, data: `${folder}/one` });
      const two = await ServerProcess.start({ args, data: `${folder}/two` });
      await using certificate = await TestCertificate.make();
      await using proxy = await ReverseProxy.start(name, one.port, certificate, SECOND_NODES[name](one.port, two.port));
      using client = await certificate.client();
      await using ann = await SecureSocket.connect(proxy.url, client);
      await using bob = await SecureSocket.connect(proxy.url, client);
      await Promise.all([one.clients(1), two.clients(1)]);
      await Promise.all([ann.hears("hello"), bob.echo("hello")]);

      assert.equal((await two.end()).code, 0);
      // The proxy chooses who comes to which.
      const stays = await Promise.race([ann.closed.then(() => bob), bob.closed.then(() => ann)]);
      await using back = await SecureSocket.connect(proxy.url, client);
      await Promise.all([stays.hears("again"), back.echo("again")]);
      await one.clients(2);
      // Whoever asks for the page is not sent to the one that is gone.
      for (let i = 0; i < 10; i++) {
        const response = await fetch(proxy.url, { client });
        await response.body?.cancel();
        assert.equal(response.status, 200);
      }
    }),
  );
}
