import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, NatsConnectionImpl, setTransportFactory } from "@nats-io/nats-core/internal";
import { NAME_CHARACTERS_MAX } from "../protocol.ts";
import { systemClock } from "../sweeper.ts";
import { TestCertificate } from "../testing/certificates.ts";
import { eventually } from "../testing/eventually.ts";
import { inFolder } from "../testing/folder.ts";
import { credentialsOf, NatsOperator } from "../testing/nats_accounts.ts";
import { NatsServer, type NatsSettings } from "../testing/nats_server.ts";
import { run, withPrograms } from "../testing/programs.ts";
import { Random } from "../testing/random.ts";
import { TcpProxy } from "../testing/tcp_proxy.ts";
import { Watch } from "../testing/watch.ts";
import { cleanText } from "../text.ts";
import type { Draft, Entry } from "./journal.ts";
import { type NatsOptions, openJetStream } from "./jetstream.ts";
import { openMemoryCopy } from "./memory.ts";
import { NatsTransport } from "./nats_transport.ts";
import { Replica } from "./replica.ts";
import type { Placed, SharedLog } from "./shared_log.ts";
import { openSqliteCopy } from "./sqlite.ts";

const TEXT_BYTES_MAX = 65_536;

let nonces = 0;

function draft(text: string, draft: Partial<Draft> = {}): Draft {
  return { room: "lobby", user: "u-ann", name: "Ann", text, nonce: `n${nonces++}`, at: 1_000, ...draft };
}

async function open(
  url: string,
  options: Partial<NatsOptions> = {},
  textBytesMax = TEXT_BYTES_MAX,
): Promise<SharedLog> {
  return (await openJetStream({ urls: [new URL(url)], replicas: 1, ...options }, textBytesMax)).log;
}

/** A test with a real nats-server. */
function withNats(name: string, body: (server: NatsServer) => Promise<void>, settings?: NatsSettings): void {
  withPrograms(["nats-server"], name, async () => {
    await using server = await NatsServer.start(settings);
    await body(server);
  });
}

/** Connects to servers, as their one user if they have one. */
function connect(...servers: NatsServer[]): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new NatsTransport("0", []) });
  return NatsConnectionImpl.connect({
    servers: servers.map(({ port }) => `127.0.0.1:${port}`),
    user: "hub",
    pass: "PASSWORD",
    maxReconnectAttempts: -1,
  });
}

/** Follows a log until the test is over. */
class Reader {
  readonly placed: Placed[] = [];
  readonly watch = new Watch();
  readonly ended: Promise<void>;

  constructor(log: SharedLog, after = 0) {
    this.ended = this.#read(log, after).catch((error) => this.watch.fail(error));
  }

  get texts(): string[] {
    return this.placed.map(({ record }) => record && "say" in record ? record.say.text : "?");
  }

  async has(...texts: string[]): Promise<void> {
    await this.watch.until(
      () => `${texts} came: ${this.texts}`,
      () => texts.every((text) => this.texts.includes(text)),
    );
  }

  async #read(log: SharedLog, after: number): Promise<void> {
    for await (const batch of log.tail(after)) {
      this.placed.push(...batch);
      this.watch.wake();
    }
  }
}

/** Publishes until it is kept, as whoever has something to say does. */
function insist(log: SharedLog, said: Draft): Promise<number> {
  return eventually(() => log.publish({ say: said }, said.nonce));
}

withNats(
  "What is published comes out in its order, in its place, once for each key; the epoch is the stream's",
  async (server) => {
    const [one, two] = await Promise.all([open(server.url), open(server.url)]);
    const reader = new Reader(two);
    const places = await Promise.all(["a", "b", "c"].map((text) => one.publish({ say: draft(text) }, text)));
    assert.deepEqual(places, [1, 2, 3]);
    assert.equal(await two.publish({ say: draft("again") }, "b"), 2);
    await one.publish({ claim: { user: "u-ann", name: "Ann" } }, "strange\r\nkey: of a client");
    await reader.watch.until("all is there", () => reader.placed.length === 4);
    assert.deepEqual(reader.placed.map(({ place }) => place), [1, 2, 3, 4]);
    assert.deepEqual(reader.texts, ["a", "b", "c", "?"]);
    const late = new Reader(one, 2);
    await late.has("c");
    assert.equal(late.placed[0]!.place, 3);
    assert.deepEqual(await one.state(), await two.state());
    assert.equal((await one.state()).last, 4);
    await one.close();
    await two.close();
    await Promise.all([reader.ended, late.ended]);
  },
);

withNats(
  "A nats-server that is killed is waited for: nothing is lost, doubled or out of order, and what is cut is said",
  async (server) => {
    const log = await open(server.url);
    const failures = new Watch();
    let failed = 0;
    log.listen(() => {
      failed++;
      failures.wake();
    });
    const reader = new Reader(log);
    await log.publish({ say: draft("a") }, "a");
    await server.kill();
    await failures.until("the log says that it is cut", () => failed > 0);
    await assert.rejects(log.publish({ say: draft("lost") }, "lost"), /The line to NATS is cut/);
    await server.start();
    await insist(log, draft("b", { nonce: "b" }));
    await reader.has("a", "b");
    assert.deepEqual(reader.texts, ["a", "b"]);
    await log.close();
    await reader.ended;
  },
);

withNats("A line that swallows everything is found out, and another one taken", async (server) => {
  await using proxy = await TcpProxy.listen(server.port, new Random(1));
  proxy.heal();
  const log = await open(`nats://127.0.0.1:${proxy.port}`);
  const reader = new Reader(log);
  await log.publish({ say: draft("a") }, "a");
  await reader.has("a");
  proxy.swallow();
  await insist(log, draft("b", { nonce: "b" }));
  await reader.has("b");
  assert.deepEqual(reader.texts, ["a", "b"]);
  await log.close();
  await reader.ended;
});

withNats("What is wiped out or dropped comes out no more, and what else there is does", async (server) => {
  const log = await open(server.url);
  const ban = { deed: { type: "ban", user: "u-eve", name: "Eve" }, by: "u-ann", name: "Ann", at: 1 } as const;
  await log.publish({ act: ban }, "ban");
  for (const text of ["old", "secret", "new"]) await log.publish({ say: draft(text) }, text);
  for (const place of [3, 3, 99]) await log.erase(place);
  await log.prune(2);
  const reader = new Reader(log);
  await reader.has("new");
  assert.deepEqual(reader.texts, ["?", "new"]);
  await log.close();
  await reader.ended;
});

withNats("Records that are not Hubbub's come to nothing", async (server) => {
  const log = await open(server.url);
  await log.publish({ shout: "what?" } as never, "strange").catch(() => log.publish({ drop: 0 }, "drop"));
  await log.publish({ say: draft("bad", { at: 0.5 }) }, "bad");
  await log.publish({ say: draft("good") }, "good");
  const reader = new Reader(log);
  await reader.has("good");
  assert.equal(reader.placed.at(-2)!.record, undefined);
  await log.close();
  await reader.ended;
});

withNats("A stream that was made anew is not taken for the one before", async (server) => {
  const log = await open(server.url);
  await log.publish({ say: draft("a") }, "a");
  const reader = new Reader(log);
  await reader.has("a");
  const { epoch } = await log.state();
  const connection = await connect(server);
  await (await jetstreamManager(connection)).streams.delete("HUBBUB");
  const other = await open(server.url);
  assert.notEqual((await other.state()).epoch, epoch);
  await assert.rejects(reader.watch.until("it fails", () => false), /The stream in NATS is not what it was/);
  for (const each of [log, other, connection]) await each.close();
});

withNats("That the stream is gone is said, though nobody writes and the line is there", async (server) => {
  const log = await open(server.url);
  const failures = new Watch();
  let reason = "";
  log.listen(({ message }) => {
    reason = message;
    failures.wake();
  });
  const reader = new Reader(log);
  await log.publish({ say: draft("a") }, "a");
  await reader.has("a");
  const connection = await connect(server);
  await (await jetstreamManager(connection)).streams.delete("HUBBUB");
  await failures.until("it is said", () => reason !== "");
  assert.equal(reason, "NATS does not do what it should: the stream is gone");
  for (const each of [log, connection]) await each.close();
  await reader.ended;
});

withNats("A stream that was given back from a copy, and has gone on, is not taken for what it was", async (server) => {
  const log = await open(server.url);
  const reader = new Reader(log);
  await log.publish({ say: draft("a") }, "a");
  await server.kill();
  await run("cp", "-r", `${server.folder}/jetstream`, `${server.folder}/copy`);
  await server.start();
  await insist(log, draft("b", { nonce: "b" }));
  await reader.has("b");
  await server.kill();
  await run("rm", "-r", `${server.folder}/jetstream`);
  await run("mv", `${server.folder}/copy`, `${server.folder}/jetstream`);
  await server.start();
  const other = await open(server.url);
  await insist(other, draft("c", { nonce: "c" }));
  await assert.rejects(reader.watch.until("it fails", () => false), /The stream in NATS is not what it was/);
  for (const each of [log, other]) await each.close();
});

withNats(
  "The longest text fits into NATS, whatever it is of; where it might not, the node does not start",
  async (server) => {
    const longest = (2 ** 20 - 2_048) / 2;
    await assert.rejects(open(server.url, {}, longest + 1), /it takes 1048576 bytes at once, and a message of 523265/);
    const log = await open(server.url, {}, longest);
    const [room, user, nonce, name] = ["r".repeat(64), "u".repeat(64), "n".repeat(64), "𝕏".repeat(NAME_CHARACTERS_MAX)];
    const reader = new Reader(log);
    for (const character of ['"', "\\", "\n", "\t", "x", "é", "語", "😀"]) {
      const text = character.repeat(longest / Buffer.byteLength(character));
      await log.publish({ say: { room, user, name, text, nonce, at: Number.MAX_SAFE_INTEGER } }, character);
      await reader.has(text);
    }
    await log.close();
    await reader.ended;
  },
);

Deno.test("Nothing that may be said is more than twice as long in JSON", () => {
  for (let code = 0; code <= 0xffff; code++) {
    // Between others, since white space around a text goes; half a character is none.
    if (code >= 0xd800 && code < 0xe000) continue;
    const character = cleanText(`a${String.fromCharCode(code)}b`).slice(1, -1);
    assert(Buffer.byteLength(JSON.stringify(character)) - 2 <= 2 * Buffer.byteLength(character), `${code}`);
  }
});

const STREAMS = [
  { storage: "memory" },
  { retention: "interest" },
  { max_age: 86_400_000_000_000 },
  { max_msgs: 10 },
  { max_msg_size: 100 },
  { duplicate_window: 1_000_000_000 },
  { subjects: ["hubbub.>"] },
] as const;

withNats("A stream that has other settings is refused, and the setting is named", async (server) => {
  const connection = await connect(server);
  const manager = await jetstreamManager(connection);
  const subjects = ["hubbub.room.*", "hubbub.act", "hubbub.claim", "hubbub.drop"];
  for (const setting of STREAMS) {
    await manager.streams.add({ name: "HUBBUB", subjects, discard: "new", ...setting } as never);
    const [name] = Object.keys(setting);
    await assert.rejects(open(server.url), new RegExp(`The stream HUBBUB in NATS has ${name} `));
    await manager.streams.delete("HUBBUB");
  }
  await connection.close();
  await assert.rejects(open(server.url, { replicas: 3 }), /Cannot use NATS at 127.0.0.1:\d+: /);
});

withPrograms(["nats-server"], "Where NATS can't be used one line says why, and no secret", async () => {
  await using server = await NatsServer.start({ args: ["--user=hub", "--pass=s3cret"] });
  const at = (userinfo: string) => `nats://${userinfo}@127.0.0.1:${server.port}`;
  const log = await open(at("hub:s3cret"));
  await log.close();
  for (const url of [at("hub:wr0ng"), at("t0ken"), server.url]) {
    await assert.rejects(open(url), ({ message }: Error) => {
      assert.match(message, /^Cannot use NATS at 127\.0\.0\.1:\d+: it does not let this user in/);
      assert.doesNotMatch(message, /wr0ng|t0ken|\n/);
      return true;
    });
  }
  await using small = await NatsServer.start({ config: "max_payload: 1024" });
  await assert.rejects(open(small.url), /it takes 1024 bytes at once.*may need 133120\. Set its max_payload/);
  await using token = await NatsServer.start({ args: ["--auth=t0ken"] });
  await (await open(`nats://t0ken@127.0.0.1:${token.port}`)).close();
  await token.kill();
  await assert.rejects(open(token.url), /nothing listens there/);
  await assert.rejects(
    open(server.url, { creds: "/nowhere.creds" }),
    /Cannot read the credentials of NATS in "\/nowhere.creds": there is no such file/,
  );
});

withPrograms(
  ["nats-server"],
  "A token is good with the key that it names, where its operator is trusted and its account may have streams",
  inFolder(async (folder) => {
    const operator = new NatsOperator();
    await using server = await NatsServer.start(operator);
    const creds = `${folder}/hub.creds`;
    const openAs = async (user: ReturnType<NatsOperator["makeUser"]>, { url } = server) => {
      await Deno.writeTextFile(creds, credentialsOf(user));
      return await open(url, { creds });
    };
    const user = operator.makeUser();
    const log = await openAs(user);
    assert.equal(await log.publish({ say: draft("a") }, "a"), 1);
    await log.close();
    const { token } = operator.makeUser();
    for (const stranger of [{ ...user, token }, new NatsOperator().makeUser()]) {
      await assert.rejects(openAs(stranger), /^Error: Cannot use NATS at .*: it does not let this user in/);
    }
    const poor = new NatsOperator({ withJetStream: false });
    await using other = await NatsServer.start(poor);
    await assert.rejects(openAs(poor.makeUser(), other), /the account of this user has no JetStream/);
    for (const damaged of [user.token, credentialsOf({ ...user, seed: "SUA" })]) {
      await Deno.writeTextFile(creds, damaged);
      await assert.rejects(open(server.url, { creds }), /hub.creds": it is no file of credentials of NATS/);
    }
  }),
);

/** Of the manual. */
const PERMISSIONS = /```\n(authorization .*?)```/s.exec(
  readFileSync(new URL("../docs/OPERATING.md", import.meta.url), "utf8"),
)![1]!;

function urlOfHub({ port }: NatsServer): URL {
  return new URL(`nats://hub:PASSWORD@127.0.0.1:${port}`);
}

/** The subjects that a permission of NATS names, where `*` is a word and `>` all that comes. */
function patternOf(permission: string): RegExp {
  const words = permission.split(".").map((word) => word === "*" ? "[^.]+" : word === ">" ? ".+" : RegExp.escape(word));
  return new RegExp(`^${words.join("\\.")}$`);
}

withPrograms(
  ["nats-server"],
  "The permissions of the manual are enough for everything, and each is needed",
  async () => {
    await using server = await NatsServer.start({ config: `${PERMISSIONS}\ntrace: true` });
    const options = { urls: [urlOfHub(server)], replicas: 1 };
    const { log, bus } = await openJetStream(options, TEXT_BYTES_MAX);
    const other = await openJetStream(options, TEXT_BYTES_MAX);
    const hints = new Watch();
    let hint = "";
    other.bus.listen((heard) => {
      hint = heard;
      hints.wake();
    });
    const reader = new Reader(other.log);
    const ban = { deed: { type: "ban", user: "u-eve", name: "Eve" }, by: "u-ann", name: "Ann", at: 1 } as const;
    await log.publish({ act: ban }, "ban");
    await log.publish({ claim: { user: "u-ann", name: "Ann" } }, "claim");
    for (const text of ["old", "secret"]) await log.publish({ say: draft(text) }, text);
    await reader.has("secret");
    await log.erase(4);
    await log.publish({ drop: 3 }, "drop");
    await log.prune(3);
    bus.send("I am here");
    await hints.until("a hint comes", () => hint === "I am here");
    await server.kill();
    await server.start();
    await insist(log, draft("back", { nonce: "back" }));
    await reader.has("back");
    for (const each of [log, other.log]) await each.close();
    await reader.ended;

    assert.doesNotMatch(server.printed, /Violation/);
    const used = [...server.printed.matchAll(/cid:\d+ .*<<- \[(?:H?PUB|SUB) (\S+)/g)].map(([, subject]) => subject!);
    for (const [, permission] of PERMISSIONS.matchAll(/"(.+?)"/g)) {
      assert(used.some((subject) => patternOf(permission!).test(subject)), `nobody uses ${permission}`);
    }
  },
);

withPrograms(["nats-server"], "Who is not permitted what a node needs is told what", async () => {
  const without = (permission: string) => NatsServer.start({ config: PERMISSIONS.replace(permission, "other") });
  for (const permission of ["$JS.API.INFO", "$JS.API.STREAM.CREATE.HUBBUB"]) {
    await using server = await without(permission);
    await assert.rejects(open(urlOfHub(server).href), ({ message }: Error) => {
      assert.match(message, /^Cannot use NATS at 127\.0\.0\.1:\d+: this user may not publish to /);
      return message.endsWith(` ${permission}: permit it`);
    });
  }
  for (const permission of ["$JS.API.CONSUMER.CREATE.HUBBUB.*", "$JS.API.CONSUMER.MSG.NEXT.HUBBUB.*"]) {
    await using server = await without(permission);
    const log = await open(urlOfHub(server).href);
    const reader = new Reader(log);
    await assert.rejects(reader.has("anything"), /this user may not publish to \$JS\.API\.CONSUMER\./);
    await log.close();
  }
});

withPrograms(
  ["nats-server"],
  "Of a cluster of three, one server may end, whichever it is: what was kept is, and more can be",
  async () => {
    const cluster = await NatsServer.startCluster(PERMISSIONS);
    const urls = cluster.map(urlOfHub);
    // It takes the cluster a moment to choose its leader.
    const { log } = await eventually(() => openJetStream({ urls, replicas: 3 }, TEXT_BYTES_MAX));
    const reader = new Reader(log);
    const administrator = await connect(...cluster);
    const isWhole = async () => {
      const { cluster } = await (await jetstreamManager(administrator)).streams.info("HUBBUB");
      assert(cluster!.replicas!.every(({ current, offline }) => current && !offline));
    };
    const expected: string[] = [];
    for (const [index, server] of cluster.entries()) {
      // Before, what the last one lacks may be with those alone of whom one is to end.
      await eventually(isWhole);
      for (const text of [`before ${index}`, `after ${index}`]) {
        await insist(log, draft(text, { nonce: text }));
        expected.push(text);
        if (text.startsWith("before")) await server.kill();
      }
      await server.start();
    }
    await reader.has(...expected);
    assert.deepEqual(reader.texts, expected);
    await administrator.close();
    await log.close();
    await reader.ended;
    for (const server of cluster) await server[Symbol.asyncDispose]();
  },
);

withPrograms(["nats-server", "openssl"], "NATS by TLS, with the certificate of an authority of one's own", async () => {
  await using certificate = await TestCertificate.make();
  const { cert, key } = certificate.files;
  await using server = await NatsServer.start({ args: ["--tls", `--tlscert=${cert}`, `--tlskey=${key}`] });
  const url = `tls://127.0.0.1:${server.port}`;
  const log = await open(url, { ca: cert });
  assert.equal(await log.publish({ say: draft("a") }, "a"), 1);
  await log.close();
  await assert.rejects(open(url), /Cannot use NATS at 127.0.0.1:\d+: .*(certificate|issuer)/i);
});

withPrograms(
  ["nats-server"],
  "Nodes that share a stream keep the same, through kills of nats-server and cuts of their lines",
  inFolder(async (folder) => {
    await using server = await NatsServer.start();
    const random = new Random(Math.floor(Math.random() * 2 ** 31));
    const proxies = await Promise.all([0, 1, 2].map(() => TcpProxy.listen(server.port, random)));
    for (const proxy of proxies) proxy.heal();
    const nodes = await Promise.all(proxies.map(async ({ port }, index) => {
      const kept: Entry[] = [];
      const journal = await Replica.open({
        log: await open(`nats://127.0.0.1:${port}`),
        openCopy: (state) =>
          index === 0 ? openSqliteCopy({ directory: folder }, state) : Promise.resolve(openMemoryCopy(state)),
        keepMs: undefined,
        clock: systemClock,
        report() {},
      });
      journal.listen({ kept: (each) => kept.push(...each as Entry[]), named() {}, failing() {} });
      return { journal, kept };
    }));
    const said: Draft[] = [];
    const talk = async (index: number) => {
      for (let n = 0; n < 40; n++) {
        const drafts = Array.from(
          { length: 1 + random.below(5) },
          () => draft(`${index}.${n}`, { user: `u-${index}` }),
        );
        said.push(...drafts);
        // Whoever is refused says it again, as likely on another node.
        let node = index;
        await eventually(() => {
          const { journal } = nodes[node]!;
          node = random.below(nodes.length);
          return journal.append(drafts);
        });
      }
    };
    const talking = Promise.all(nodes.map((_, index) => talk(index)));
    for (let round = 0; round < 2; round++) {
      await nodes[0]!.journal.probe().catch(() => {});
      proxies[round]!.swallow();
      await server.kill();
      await server.start();
    }
    await talking;
    for (const { journal } of nodes) await eventually(() => journal.probe());
    for (const { kept, journal } of nodes) {
      assert.deepEqual(kept, nodes[0]!.kept, "all heard the same, in one order");
      assert.deepEqual((await journal.since(0, 10_000)).entries, kept);
    }
    assert.deepEqual(
      new Set(nodes[0]!.kept.map(({ nonce }) => nonce)),
      new Set(said.map(({ nonce }) => nonce)),
      "nothing is lost",
    );
    assert.equal(nodes[0]!.kept.length, said.length, "nothing is doubled");
    for (let index = 0; index < nodes.length; index++) {
      const isTheirs = ({ user }: Draft) => user === `u-${index}`;
      assert.deepEqual(
        nodes[0]!.kept.filter(isTheirs).map(({ nonce }) => nonce),
        said.filter(isTheirs).map(({ nonce }) => nonce),
        "in their sender's order",
      );
    }
    for (const { journal } of nodes) await journal.close();
    for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
  }),
);
