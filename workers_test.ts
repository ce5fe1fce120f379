import assert from "node:assert/strict";
import { Disconnect } from "./protocol.ts";
import { inFolder } from "./testing/folder.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { ServerProcess } from "./testing/server_process.ts";

const WORKERS = 3;
const PEOPLE = 60;
const ARGS = [`--workers=${WORKERS}`];

/** A test of workers, which there are on Linux alone. */
function onLinux(name: string, fn: () => Promise<void>): void {
  const ignore = Deno.build.os !== "linux";
  if (ignore) console.log(`Skipped, for this is not Linux: ${name}`);
  Deno.test({ name, ignore, fn });
}

async function enter({ port }: ServerProcess, name: string): Promise<JsonClient> {
  const client = await JsonClient.connect(port);
  client.send({ type: "hello", secret: secretOf(name), name, rooms: [{ room: "lobby" }] });
  await client.got("joined");
  return client;
}

onLinux(
  "60 people on three workers are one chat: all hear the same in one order, see each other, and are counted once",
  inFolder(async (data) => {
    await using server = await ServerProcess.start({ args: ARGS, data });
    const people = await Promise.all(Array.from({ length: PEOPLE }, (_, n) => enter(server, `Person ${n}`)));
    await people[0]!.got("people", ({ count }) => count === PEOPLE);
    for (const [n, person] of people.entries()) {
      person.send({ type: "say", room: "lobby", nonce: `n${n}`, text: `says ${n}` });
    }
    const heard = await Promise.all(people.map(async (person) => {
      for (let n = 0; n < PEOPLE; n++) await person.got("said", ({ text }) => text === `says ${n}`);
      return person.messages.filter(({ type }) => type === "said");
    }));
    for (const each of heard) assert.deepEqual(each, heard[0]);
    await server.clients(PEOPLE);
    assert.equal(await server.metric("hubbub_messages_total"), PEOPLE);

    people[0]!.send({ type: "rename", name: "PERSON 7" });
    await people[0]!.got("error", ({ code }) => code === "nameTaken");
    const { code, ms } = await server.end();
    assert.equal(code, 0);
    assert(ms < 9_000, `it took ${ms} ms`);
    for (const person of people) assert.equal((await person.ended).code, Disconnect.goingAway.code);
  }),
);

onLinux(
  "What was echoed by workers that are killed is there, once, when they are started again",
  inFolder(async (data) => {
    const said: string[] = [];
    for (let life = 0; life < 3; life++) {
      const server = await ServerProcess.start({ args: ARGS, data });
      const people = await Promise.all(Array.from({ length: 6 }, (_, n) => enter(server, `Person ${n}`)));
      await Promise.all(people.map(async (person, n) => {
        const nonce = `${life}-${n}`;
        person.send({ type: "say", room: "lobby", nonce, text: nonce });
        assert.equal((await person.fateOf(nonce)).type, "said");
        said.push(nonce);
      }));
      await server[Symbol.asyncDispose]();
      for (const person of people) await person.ended;
    }
    await using server = await ServerProcess.start({ args: ARGS, data });
    await using late = await enter(server, "Late");
    assert.deepEqual((await late.history("lobby")).map(({ text }) => text).toSorted(), said.toSorted());
  }),
);

onLinux("A port that is taken is not shared with whoever has it", async () => {
  await using server = await ServerProcess.start({ args: ARGS });
  const other = await ServerProcess.run([`--addr=127.0.0.1:${server.port}`, "--data=:memory:", ...ARGS]);
  assert.equal(other.code, 1);
  assert.match(other.stderr, /Cannot listen on 127\.0\.0\.1:\d+: /);
});
