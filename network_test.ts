import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Refusal, Said } from "./protocol.ts";
import { BURST_SECONDS } from "./rate_limit.ts";
import { secretOf } from "./testing/harness.ts";
import { Browser, Tab } from "./testing/headless_page.ts";
import { JsonClient } from "./testing/json_client.ts";
import { withRandom } from "./testing/random.ts";
import { onEachProcessTransport, ServerProcess } from "./testing/server_process.ts";
import { TcpProxy } from "./testing/tcp_proxy.ts";
import { onEachTransport, TestServer } from "./testing/test_server.ts";
import { Watch } from "./testing/watch.ts";

const ROOMS = ["lobby", "kitchen", "attic"];
const BROWSERS = 26;
/** So many of them have two tabs. */
const TWO_TABS = 4;
const MESSAGES = 600;
/** How many messages wait at most, of all browsers together. */
const WAITING_MAX = 90;
/** The network behaves when it has spoiled so many connections: about five of each tab. */
const SPOILED_MAX = 150;
/** The clocks of the browsers go so much faster than ours, lest we wait for their deadlines and back-offs. */
const HASTE = 20;

onEachProcessTransport(
  "HOSTILE 26: 30 pages behind a network that cuts, delays, halves and swallows all have the same log in the end",
  (transport) =>
    withRandom(async (random) => {
      // In a process of its own: of a connection that is reset in the middle of the handshake Deno keeps something for ever,
      // which the sanitizers would hold against this test.
      await using server = await ServerProcess.start({ args: [`--transport=${transport}`] });
      const watch = new Watch();
      const sockets: Promise<void>[] = [];
      const browsers: Browser[] = [];
      {
        await using proxy = await TcpProxy.listen(server.port, random);
        const world = { random, port: proxy.port, watch, haste: HASTE, sockets };
        for (let i = 0; i < BROWSERS; i++) {
          const browser = new Browser(["lobby", ...ROOMS.slice(1).filter(() => random.chance(0.7))]);
          browsers.push(browser);
          for (let tab = 0; tab < (i < TWO_TABS ? 2 : 1); tab++) {
            new Tab(world, browser, `tab ${tab} of browser ${i}`).open();
          }
        }
        const tabs = browsers.flatMap(({ tabs }) => tabs);
        try {
          const waiting = () => browsers.reduce((sum, browser) => sum + browser.waiting, 0);
          for (let i = 0; i < MESSAGES; i++) {
            await watch.until(() => `fewer than ${waiting()} messages wait`, () => waiting() < WAITING_MAX);
            const tab = random.pick(tabs);
            if (proxy.spoiled >= SPOILED_MAX) proxy.heal();
            if (random.chance(0.05)) tab.reload();
            if (random.chance(0.05)) tab.chat.retry();
            tab.say(random.pick(tab.browser.rooms));
          }

          proxy.heal();
          await watch.until(() => `the ${waiting()} messages that wait are said`, () => waiting() === 0);
          // Those who have nothing to say must find out, too, that nothing comes through any more.
          proxy.swallow();
          const log = await endTalk(server.port);
          assert.equal(log.length, MESSAGES + ROOMS.length, "everything is there once");
          const idsOf = (room: string) => log.filter((said) => said.room === room).map(({ id }) => id);
          const isUpToDate = (tab: Tab) =>
            tab.browser.rooms.every((room) => tab.entries(room).at(-1)?.id === idsOf(room).at(-1));
          await watch.until(
            () => `these have everything: ${tabs.filter((tab) => !isUpToDate(tab)).map(({ name }) => name)}`,
            () => tabs.every(isUpToDate),
          );

          const texts = Map.groupBy(log, ({ text }) => text.split(" says ")[0]!);
          for (const tab of tabs) {
            assert.deepEqual(texts.get(tab.name)?.map(({ text }) => text) ?? [], tab.said, "in the order of saying");
            for (const [name, room] of tab.chat.rooms) {
              const entries = tab.entries(name);
              const all = log.filter((said) => said.room === name);
              assert.deepEqual(
                entries,
                room.moreBefore ? all.slice(-entries.length) : all,
                `${tab.name} has all of ${name}`,
              );
              assert.deepEqual(tab.shown.get(name), room.items, `${tab.name} shows all of ${name}`);
              assert.deepEqual([room.pending, room.moreAfter], [[], false]);
            }
          }
          const { closed, reset, swallowed } = proxy.count;
          assert(Math.min(closed, reset, swallowed) > 20, `It was no test of much: ${JSON.stringify(proxy.count)}`);
        } finally {
          for (const { chat } of tabs) chat.stop();
        }
      }
      await Promise.all(sockets);
    }),
);

/** A page whose server refuses now and then what it sends. */
class Patient extends Tab {
  readonly refusals: Refusal[] = [];

  override refused(refusal: Refusal): void {
    this.refusals.push(refusal);
  }
}

onEachTransport(
  "HOSTILE 15: a page with more to send than the server takes at once brings all of it, in order, and is not cut",
  (transport) =>
    withRandom(async (random) => {
      await using server = await TestServer.start({ transport, limits: { rate: DEFAULT_LIMITS.rate } });
      const watch = new Watch();
      const sockets: Promise<void>[] = [];
      const browser = new Browser(["lobby"]);
      const tab = new Patient({ random, port: server.port, watch, haste: 4, sockets }, browser, "a page");
      tab.open();
      const count = DEFAULT_LIMITS.rate * BURST_SECONDS + 50;
      for (let i = 0; i < count; i++) tab.say("lobby");
      await watch.until(() => `the ${browser.waiting} that wait are said`, () => browser.waiting === 0);
      assert.deepEqual(tab.entries("lobby").map(({ text }) => text), tab.said.slice(-tab.entries("lobby").length));
      assert(server.metrics.hits("rate") > 0, "it was no test of much");
      assert.deepEqual(tab.refusals.map(({ code }) => code), ["tooFast"], "one warning is seen");
      assert.equal(sockets.length, 1, "on one connection");
      tab.chat.stop();
      await Promise.all(sockets);
    }),
);

/** Has the last word in each room, and gives all that was said in them. */
async function endTalk(port: number): Promise<Said[]> {
  await using reader = await JsonClient.connect(port);
  reader.send({ type: "hello", secret: secretOf("a reader"), rooms: ROOMS.map((room) => ({ room })) });
  const log: Said[] = [];
  for (const room of ROOMS) {
    await reader.got("joined", (joined) => joined.room === room);
    reader.send({ type: "say", room, nonce: room, text: "The end" });
    await reader.fateOf(room);
    log.push(...await reader.history(room));
  }
  return log.sort((a, b) => a.id - b.id);
}
