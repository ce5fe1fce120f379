import assert from "node:assert/strict";
import { type Said, SUBPROTOCOL, WEBSOCKET_PATH } from "./protocol.ts";
import { Chat, type ChatListener, type Item, type RoomView, type TimelineChange } from "./static/chat.ts";
import type { Shelf } from "./static/chat_memory.ts";
import { OUTBOX_PREFIX } from "./static/outbox.ts";
import { secretOf } from "./testing/harness.ts";
import { JsonClient } from "./testing/json_client.ts";
import { type Random, withRandom } from "./testing/random.ts";
import { ServerProcess } from "./testing/server_process.ts";
import { TcpProxy } from "./testing/tcp_proxy.ts";
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

/** What a browser keeps for its tabs: the shelf of the one tells the others. */
class Browser {
  readonly rooms: readonly string[];
  readonly tabs: Tab[] = [];
  readonly #kept = new Map<string, string>();

  constructor(rooms: readonly string[]) {
    this.rooms = rooms;
  }

  /** How many messages it is not rid of. */
  get waiting(): number {
    return [...this.#kept.keys()].filter((key) => key.startsWith(OUTBOX_PREFIX)).length;
  }

  shelf(tab: Tab): Shelf {
    const kept = this.#kept;
    const tell = (key: string) => {
      for (const other of this.tabs) if (other !== tab) queueMicrotask(() => other.chat.storageChanged(key));
    };
    return {
      get length() {
        return kept.size;
      },
      key: (index) => [...kept.keys()][index] ?? null,
      getItem: (key) => kept.get(key) ?? null,
      setItem(key, value) {
        kept.set(key, value);
        tell(key);
      },
      removeItem(key) {
        kept.delete(key);
        tell(key);
      },
    };
  }
}

/** A page as the browser runs it, without its looks: it shows what it is told has changed. */
class Tab implements ChatListener {
  readonly name: string;
  readonly browser: Browser;
  /** What was said in it, over all reloads. */
  readonly said: string[] = [];
  readonly shown = new Map<string, Item[]>();
  readonly #world: World;
  chat!: Chat;

  constructor(world: World, browser: Browser, name: string) {
    this.#world = world;
    this.browser = browser;
    this.name = name;
    browser.tabs.push(this);
    this.open();
  }

  open(): void {
    const { random, port, sockets } = this.#world;
    this.shown.clear();
    this.chat = new Chat({
      open() {
        const socket = new WebSocket(`ws://127.0.0.1:${port}${WEBSOCKET_PATH}`, SUBPROTOCOL);
        sockets.push(new Promise((resolve) => socket.addEventListener("close", () => resolve())));
        return socket;
      },
      after(ms, callback) {
        const timer = setTimeout(callback, ms / HASTE);
        return () => clearTimeout(timer);
      },
      now: () => Math.floor(performance.timeOrigin + HASTE * performance.now()),
      random: () => random.next(),
      storage: () => this.browser.shelf(this),
    }, this);
    for (const room of this.browser.rooms) this.chat.join(room);
    this.chat.start();
  }

  reload(): void {
    this.chat.stop();
    this.open();
  }

  say(room: string): void {
    const text = `${this.name} says ${this.said.length}`;
    this.said.push(text);
    this.chat.say(room, text);
  }

  /** What it has of a room. */
  entries(room: string): Said[] {
    return this.chat.rooms.get(room)!.items.flatMap((item) => item.kind === "said" ? [item.said] : []);
  }

  timeline({ name, items }: RoomView, change: TimelineChange): void {
    const before = this.shown.get(name) ?? [];
    if (change.kind === "reset") this.shown.set(name, [...items]);
    else if (change.kind === "prepended") this.shown.set(name, [...items.slice(0, change.count), ...before]);
    else this.shown.set(name, [...before, ...items.slice(items.length - change.count)]);
    this.#world.watch.wake();
  }

  heard(): void {}
  missed(): void {}

  pending(): void {
    this.#world.watch.wake();
  }

  refused(refusal: unknown): void {
    this.#world.watch.fail(new Error(`Refused: ${JSON.stringify(refusal)}`));
  }

  status(): void {}
  me(): void {}
  rooms(): void {}
  people(): void {}
}

interface World {
  readonly random: Random;
  readonly port: number;
  readonly watch: Watch;
  /** The end of each WebSocket that was ever opened. */
  readonly sockets: Promise<void>[];
}

Deno.test("HOSTILE 26: 30 pages behind a network that cuts, delays, halves and swallows all have the same log in the end", () =>
  withRandom(async (random) => {
    // In a process of its own: of a connection that is reset in the middle of the handshake Deno keeps something for ever,
    // which the sanitizers would hold against this test.
    await using server = await ServerProcess.start();
    const watch = new Watch();
    const sockets: Promise<void>[] = [];
    const browsers: Browser[] = [];
    {
      await using proxy = await TcpProxy.listen(server.port, random);
      const world = { random, port: proxy.port, watch, sockets };
      for (let i = 0; i < BROWSERS; i++) {
        const browser = new Browser(["lobby", ...ROOMS.slice(1).filter(() => random.chance(0.7))]);
        browsers.push(browser);
        for (let tab = 0; tab < (i < TWO_TABS ? 2 : 1); tab++) new Tab(world, browser, `tab ${tab} of browser ${i}`);
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
  }));

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
