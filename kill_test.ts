import assert from "node:assert/strict";
import { eventually } from "./testing/eventually.ts";
import { inFolder } from "./testing/folder.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { NatsServer } from "./testing/nats_server.ts";
import { withPrograms } from "./testing/programs.ts";
import { type Random, withRandom } from "./testing/random.ts";
import { onEachProcess, ServerProcess } from "./testing/server_process.ts";
import { steadyPort } from "./testing/steady_port.ts";
import { readAll, RELOADS, ROOMS, Seen, settle, Talker } from "./testing/talker.ts";
import { TcpProxy } from "./testing/tcp_proxy.ts";
import { Watch } from "./testing/watch.ts";

const KILLS = 20;
const PEOPLE = 50;
/** So many of them come to few of the servers, while the others talk, and have missed more than these have in memory: … */
const RARE_PEOPLE = 12;
/** … to one of so many. Chance may have it that one or the other has not missed that much, but not all. */
const RARE_VISITS = 10;
/** How many echoes to their senders a server may live for at most; the mean is a third of it. */
const ECHOES_MAX = 300;
/** How many messages somebody has under way at most. */
const UNDER_WAY_MAX = 4;

/** How many people talk on how many nodes, and how often one of these, or their NATS, is killed. */
const NODES = 3;
const NODE_PEOPLE = 60;
const NODE_KILLS = 8;
/** How many echoes there are between two of these events at most. */
const NODE_ECHOES_MAX = 100;
/** How many bytes a line to NATS lasts at most, if it does not last: some seconds of what is said. */
const LINE_BYTES_MAX = 700_000;

onEachProcess(
  `HOSTILE 28: a server that is killed ${KILLS} times under load loses, doubles and reorders nothing that was echoed`,
  (args) =>
    withRandom(async (random) => {
      const directory = await Deno.makeTempDir({ prefix: "hubbub-kill-" });
      const seen = new Seen();
      const watch = new Watch();
      // NATS may take too long on a machine that is busy; what is refused then is said again, and nothing before it is kept.
      const isOnNats = args.some((arg) => arg.startsWith("--nats="));
      const talkers = Array.from({ length: PEOPLE }, (_, i) => {
        const manner = isOnNats ? { underWayMax: 1, againMs: 100 } : { underWayMax: 1 + random.below(UNDER_WAY_MAX) };
        return new Talker(`person ${i}`, seen, watch, random, manner);
      });
      try {
        let addr = "127.0.0.1:0";
        for (let kill = 1; kill <= KILLS; kill++) {
          await using server = await ServerProcess.start({ addr, data: directory, args });
          addr = server.url.host;
          const early = talkers.slice(RARE_PEOPLE).filter(() => random.chance(0.85));
          const late = talkers.slice(0, RARE_PEOPLE).filter((_, i) => (kill + i) % RARE_VISITS === 0);
          const here = [...early, ...late];
          for (const talker of here) if (random.chance(RELOADS)) talker.reload();
          const birth = seen.echoes;
          const lifetime = ECHOES_MAX * random.next() ** 2;
          const isAged = (share: number) =>
            watch.until(
              () => `server ${kill} is ${share * lifetime} echoes old; it is ${seen.echoes - birth}`,
              () => seen.echoes - birth >= share * lifetime,
            );
          const connecting = early.map((talker) => talker.connect(server.port));
          await isAged(0.3);
          connecting.push(...late.map((talker) => talker.connect(server.port)));
          await isAged(1);
          await server.end("SIGKILL");
          await Promise.all(connecting);
          await Promise.all(here.map((talker) => talker.gone()));
        }

        await using server = await ServerProcess.start({ addr, data: directory, args });
        for (const talker of talkers) talker.talking = false;
        await Promise.all(talkers.map((talker) => talker.connect(server.port)));
        const log = await settle(talkers, seen, watch, server.port);
        // It was a test of something.
        const { kept, starts, longAway } = seen;
        assert(kept > 0 && starts.fresh > PEOPLE * ROOMS.length && starts.resumed > 5 * PEOPLE && longAway > 0);

        await Promise.all(talkers.map((talker) => talker.leave()));
        assert.equal((await server.end()).code, 0);
        await using again = await ServerProcess.start({ addr, data: directory, args });
        assert.deepEqual(await readAll(again.port), log);
      } finally {
        await Deno.remove(directory, { recursive: true });
      }
    }),
);

/** A whole node, whose line to NATS fails at times. */
class Node {
  readonly folder: string;
  readonly #addr: string;
  readonly #line: TcpProxy;
  process: ServerProcess | undefined;

  constructor(folder: string, line: TcpProxy, random: Random) {
    this.folder = folder;
    this.#addr = `127.0.0.1:${steadyPort(random)}`;
    this.#line = line;
  }

  async kill(): Promise<void> {
    const { process } = this;
    this.process = undefined;
    await process?.end("SIGKILL");
  }

  /** Its line may fail meanwhile, and then it does not start; somebody starts it again. */
  async start(): Promise<void> {
    const args = [`--nats=nats://127.0.0.1:${this.#line.port}`, "--rate=0"];
    this.process = await eventually(() => ServerProcess.start({ addr: this.#addr, data: this.folder, args }));
  }
}

/** How many people a node says there are, somebody who asks included. */
async function countAt(port: number): Promise<number> {
  await using asking = await JsonClient.connect(port);
  asking.send({ type: "hello", secret: secretOf("who asks"), rooms: [{ room: ROOMS[0]! }] });
  return (await asking.got("joined")).count;
}

withPrograms(
  ["nats-server"],
  `${NODE_PEOPLE} people on ${NODES} nodes lose, double and reorder nothing while nodes and NATS are killed ${NODE_KILLS} times and lines between them fail`,
  inFolder((folder) =>
    withRandom(async (random) => {
      await using nats = await NatsServer.start();
      await using lines = new AsyncDisposableStack();
      const seen = new Seen();
      const watch = new Watch();
      const talkers = Array.from({ length: NODE_PEOPLE }, (_, i) => {
        return new Talker(`person ${i}`, seen, watch, random, {
          underWayMax: 1,
          thinkMs: 400,
          againMs: 100,
          wanderlust: 0.02,
        });
      });
      const proxies: TcpProxy[] = [];
      const nodes: Node[] = [];
      for (let n = 0; n < NODES; n++) {
        proxies.push(lines.use(await TcpProxy.listen(nats.port, random, LINE_BYTES_MAX)));
        nodes.push(new Node(`${folder}/${n}`, proxies[n]!, random));
      }
      try {
        for (const node of nodes) await node.start();
        const roaming = talkers.map((talker) =>
          talker.roam(() => random.pick(nodes.filter(({ process }) => process)).process!.port)
        );
        const more = async () => {
          const enough = seen.echoes + random.below(NODE_ECHOES_MAX);
          await watch.until("more is echoed", () => seen.echoes >= enough);
        };
        for (let kill = 1; kill <= NODE_KILLS; kill++) {
          await more();
          if (kill % 4 === 0) {
            const { refused } = seen;
            await nats.kill();
            await watch.until("somebody is refused", () => seen.refused > refused);
            await nats.start();
          } else {
            const victim = random.pick(nodes);
            await victim.kill();
            await more();
            await victim.start();
          }
        }
        for (const talker of talkers) talker.talking = false;
        for (const proxy of proxies) proxy.heal();
        const processes = nodes.map(({ process }) => process!);
        const log = await settle(talkers, seen, watch, processes[0]!.port);
        for (const { port } of processes) {
          assert.deepEqual(await readAll(port), log);
          await eventually(async () => assert.equal(await countAt(port), NODE_PEOPLE + 1));
        }
        // It was a test of something.
        const { starts, refused } = seen;
        const spoiled = proxies.reduce((sum, proxy) => sum + proxy.spoiled, 0);
        assert(starts.fresh > NODE_PEOPLE * ROOMS.length && starts.resumed > NODE_PEOPLE && refused > 0 && spoiled > 0);

        await Promise.all(talkers.map((talker) => talker.leave()));
        await Promise.all(roaming);
        for (const process of processes) assert.equal((await process.end()).code, 0);
      } finally {
        await Promise.all(talkers.map((talker) => talker.leave()));
        for (const node of nodes) await node.process?.[Symbol.asyncDispose]();
      }
    })
  ),
);
