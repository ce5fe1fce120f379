import { type Said, SUBPROTOCOL, WEBSOCKET_PATH } from "../protocol.ts";
import { Chat, type ChatListener, type Item, type RoomView, type TimelineChange } from "../static/chat.ts";
import type { Shelf } from "../static/chat_memory.ts";
import type { Status } from "../static/connection.ts";
import { OUTBOX_PREFIX } from "../static/outbox.ts";
import type { Random } from "./random.ts";
import type { Watch } from "./watch.ts";

/** What all tabs of a test have in common. */
export interface World {
  readonly random: Random;
  /** Where the server is, on this machine. */
  readonly port: number;
  /** Is woken whenever a tab shows something else. */
  readonly watch: Watch;
  /** The clocks of the browsers go so much faster than ours, lest a test wait for their deadlines and back-offs. */
  readonly haste: number;
  /** The end of each WebSocket that was ever opened. */
  readonly sockets: Promise<void>[];
}

/** What a browser keeps for its tabs: the shelf of the one tells the others. */
export class Browser {
  readonly rooms: readonly string[];
  readonly tabs: Tab[] = [];
  readonly #kept = new Map<string, string>();

  /** @param rooms those that its tabs are in. */
  constructor(rooms: readonly string[]) {
    this.rooms = rooms;
  }

  /** How many messages it is not rid of. */
  get waiting(): number {
    return [...this.#kept.keys()].filter((key) => key.startsWith(OUTBOX_PREFIX)).length;
  }

  /** Its `localStorage`, as a tab sees it. */
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

/** A page as the browser runs it, over real WebSockets and without its looks: it shows what it is told has changed. */
export class Tab implements ChatListener {
  readonly name: string;
  readonly browser: Browser;
  /** What was said in it, over all reloads. */
  readonly said: string[] = [];
  readonly shown = new Map<string, Item[]>();
  readonly #world: World;
  chat!: Chat;

  /** Does nothing before `open`. */
  constructor(world: World, browser: Browser, name: string) {
    this.#world = world;
    this.browser = browser;
    this.name = name;
    browser.tabs.push(this);
  }

  /** Loads the page. */
  open(): void {
    const { random, haste } = this.#world;
    this.shown.clear();
    this.chat = new Chat({
      open: () => this.connect(),
      after(ms, callback) {
        const timer = setTimeout(callback, ms / haste);
        return () => clearTimeout(timer);
      },
      now: () => Math.floor(performance.timeOrigin + haste * performance.now()),
      random: () => random.next(),
      storage: () => this.browser.shelf(this),
    }, this);
    for (const room of this.browser.rooms) this.chat.join(room);
    this.chat.start();
  }

  /** Loads the page anew: only what the browser keeps is left. */
  reload(): void {
    this.chat.stop();
    this.open();
  }

  /** Says what nobody said before. */
  say(room: string): void {
    const text = `${this.name} says ${this.said.length}`;
    this.said.push(text);
    this.chat.say(room, text);
  }

  /** What it has of a room. */
  entries(room: string): Said[] {
    return this.chat.rooms.get(room)!.items.flatMap((item) => item.kind === "said" ? [item.said] : []);
  }

  /** A new socket to the server. */
  connect(): WebSocket {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#world.port}${WEBSOCKET_PATH}`, SUBPROTOCOL);
    this.#world.sockets.push(new Promise((resolve) => socket.addEventListener("close", () => resolve())));
    return socket;
  }

  timeline({ name, items }: RoomView, change: TimelineChange): void {
    const before = this.shown.get(name) ?? [];
    if (change.kind === "reset") this.shown.set(name, [...items]);
    else if (change.kind === "deleted") {
      this.shown.set(name, before.filter((item) => item.kind !== "said" || !change.said.includes(item.said)));
    } else if (change.kind === "prepended") this.shown.set(name, [...items.slice(0, change.count), ...before]);
    else this.shown.set(name, [...before, ...items.slice(items.length - change.count)]);
    this.#world.watch.wake();
  }

  heard(): void {}
  missed(): void {}
  deleted(): void {}
  rules(): void {}

  pending(): void {
    this.#world.watch.wake();
  }

  refused(refusal: unknown): void {
    this.#world.watch.fail(new Error(`Refused: ${JSON.stringify(refusal)}`));
  }

  status(_status: Status): void {}
  me(): void {}
  rooms(): void {}
  people(): void {}
}
