import assert from "node:assert/strict";
import { RawSocket } from "./testing/raw_socket.ts";
import { SeedClient } from "./testing/seed_client.ts";
import { ServerProcess } from "./testing/server_process.ts";
import { onEachTransport, TestServer } from "./testing/test_server.ts";

const HEALTHY = 50;
/** Many, because memory goes up and down by some MB all the time. */
const STUCK = 100;
/** What one stuck client may cost the server, in bytes. */
const STUCK_BYTES_MAX = 512 * 1024;
/** LINES of these are several times what the kernel is ready to hold for somebody who does not read. */
const LINE = "x".repeat(8_000);
const LINES = 1_000;
/** After so many talks the server's heap has the size that they give it, with or without anybody stuck. */
const WARM_UP_TALKS = 6;

/** Has everyone talk in turn, waiting for what they said before, until all have LINES more lines and no others. */
async function talk(clients: SeedClient[]): Promise<void> {
  const from = clients[0]!.count;
  for (const { lines } of clients) lines.length = 0;
  for (let i = from; i < from + LINES; i++) {
    clients[i % clients.length]!.send(`${i} ${LINE}`);
    await clients[0]!.received(i + 1 - 2 * clients.length);
  }
  await Promise.all(clients.map((client) => client.received(from + LINES)));
}

function connect(port: number): Promise<SeedClient[]> {
  return Promise.all(Array.from({ length: HEALTHY }, () => SeedClient.connect(port)));
}

onEachTransport(
  "HOSTILE 13: a client that never reads is out when its queue is full, while 50 others get every message",
  async (transport) => {
    await using server = await TestServer.start({ transport });
    const healthy = await connect(server.port);
    using _stuck = await RawSocket.upgrade(server.port);
    await server.clients(HEALTHY + 1);
    await talk(healthy);
    await server.clients(HEALTHY);
    for (const { lines } of healthy) {
      // Each has its own order of who came first, but the hub's is one: all saw the same, and each sender's in order.
      assert.deepEqual(lines, healthy[0]!.lines);
      assert.equal(new Set(lines).size, LINES);
      const numbers = lines.map((line) => parseInt(line));
      for (let sender = 0; sender < HEALTHY; sender++) {
        const own = numbers.filter((number) => number % HEALTHY === sender);
        assert.deepEqual(own, own.toSorted((a, b) => a - b));
      }
    }
    await Promise.all(healthy.map((client) => client.close()));
  },
);

async function residentBytes(pid: number): Promise<number> {
  // By cat, because Deno lets nobody read there itself without --allow-all.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/status`] }).output();
  const status = new TextDecoder().decode(stdout);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

Deno.test({
  name: "HOSTILE 13: a client that never reads costs the server at most 512 KiB, and does not keep it from ending" +
    (Deno.build.os === "linux" ? "" : " (skipped: memory is read from /proc)"),
  ignore: Deno.build.os !== "linux",
  async fn() {
    const data = await Deno.makeTempDir();
    await using server = await ServerProcess.start({ data, args: ["--rate=0"] });
    const healthy = await connect(server.port);
    for (let i = 0; i < WARM_UP_TALKS; i++) await talk(healthy);
    const before = await residentBytes(server.pid);
    const stuck = await Promise.all(Array.from({ length: STUCK }, () => RawSocket.upgrade(server.port)));
    await talk(healthy);
    const each = (await residentBytes(server.pid) - before) / STUCK;
    console.log(`a client that never reads costs ${Math.round(each / 1024)} KiB`);
    assert(each <= STUCK_BYTES_MAX);
    const { code, ms } = await server.end();
    assert.equal(code, 0);
    assert(ms < 10_000, `${ms} ms`);
    for (const client of healthy) assert.equal((await client.closed).code, 1001);
    for (const socket of stuck) socket[Symbol.dispose]();
    await Deno.remove(data, { recursive: true });
  },
});
