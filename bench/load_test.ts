import assert from "node:assert/strict";
import { generate, type Workload } from "./load.ts";

const WORKLOAD: Workload = { clients: 6, senders: 3, pace: { window: 4 }, ms: 200 };

/** Sends a message on to a receiver, or does something else with it. */
type Relay = (receiver: WebSocket, text: string, count: number) => void;

/** Loads a server that relays what is said to everyone, but the `count`th message from the start to the second client by `relay`. */
async function loadOn(relay: Relay, workload = WORKLOAD) {
  const clients: WebSocket[] = [];
  let count = 0;
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => clients.push(socket);
    socket.onmessage = ({ data }) => {
      const isCall = data.startsWith("call");
      if (!isCall) count++;
      for (const [i, client] of clients.entries()) {
        if (i === 1 && !isCall) relay(client, data, count);
        else client.send(data);
      }
    };
    return response;
  });
  return await generate([new URL(`http://127.0.0.1:${server.addr.port}/`)], workload);
}

Deno.test("The load generator finds nothing wrong with a server that relays everything, and measures it", async () => {
  const { lost, doubled, reordered, deliveriesPerSecond, latency, busy } = await loadOn((client, text) =>
    client.send(text)
  );
  assert.deepEqual({ lost, doubled, reordered }, { lost: 0, doubled: 0, reordered: 0 });
  assert(deliveriesPerSecond > 100, `${deliveriesPerSecond} deliveries a second`);
  assert(latency.percentile(0.5) > 0);
  assert(busy > 0);
});

Deno.test("The load generator notices every message that a server loses", async () => {
  const faults = await loadOn((client, text, count) => {
    if (count !== 5 && count !== 8) client.send(text);
  });
  assert.deepEqual([faults.lost, faults.doubled, faults.reordered], [2, 0, 0]);
});

Deno.test("The load generator notices every message that a server sends twice", async () => {
  const faults = await loadOn((client, text, count) => {
    for (let i = 0; i < (count === 5 || count === 8 ? 2 : 1); i++) client.send(text);
  });
  assert.deepEqual([faults.lost, faults.doubled, faults.reordered], [0, 2, 0]);
});

Deno.test("The load generator notices a message that comes after a later one of its sender", async () => {
  let late: string | undefined;
  const faults = await loadOn((client, text, count) => {
    if (count === 5) {
      late = text;
      return;
    }
    client.send(text);
    // The next of the same sender has gone out before it.
    if (late !== undefined && text.slice(0, 9) === late.slice(0, 9)) {
      client.send(late);
      late = undefined;
    }
  });
  assert.deepEqual([faults.lost, faults.doubled, faults.reordered], [0, 0, 1]);
});

Deno.test("The load generator takes many messages joined by newlines for what they are, and not what nobody said", async () => {
  const kept: string[] = [];
  const workload: Workload = { ...WORKLOAD, clients: 2, senders: 1, pace: { perSecond: 100 } };
  const faults = await loadOn((client, text) => {
    if (kept.push(text) === 1) setTimeout(() => client.send(kept.splice(0).join("\n")), 35);
  }, workload);
  assert.deepEqual([faults.lost, faults.doubled, faults.reordered], [0, 0, 0]);
  await assert.rejects(loadOn((client, text) => client.send(`${text}!`)), /Nobody said "said 0/);
});

Deno.test("The load generator ends with the reason when a server cuts a client", async () => {
  // Only the first one speaks: of one that does, Deno's server may drop the connection before it has said why.
  const cut = loadOn((client) => client.close(4000, "reads too slowly"), { ...WORKLOAD, senders: 1 });
  await assert.rejects(cut, /closed a connection: 4000 reads too slowly/);
});

Deno.test("The load generator counts time from when a message should have been said, though the server held up its sender", async () => {
  const workload: Workload = { clients: 2, senders: 1, pace: { perSecond: 100 }, ms: 500 };
  const { latency } = await loadOn((client, text, count) => {
    // 400 ms in which nothing is read, in the time that is measured.
    if (count === 60) { for (const end = performance.now() + 400; performance.now() < end;); }
    client.send(text);
  }, workload);
  assert(latency.percentile(0.75) > 100_000, `${latency.percentile(0.75)} µs`);
});
