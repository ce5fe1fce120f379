import { type ClientMessage, type Cursor, encode, MESSAGE_BYTES_MAX, type ServerMessage } from "../protocol.ts";
import { secretOf } from "./harness.ts";
import type { Random } from "./random.ts";
import { frame } from "./raw_socket.ts";
import { RudeSocket } from "./rude_socket.ts";

/** So many at most have the same room as their home. */
const NEIGHBOURS = 25;
/** There are so many other rooms, of which some are empty some of the time. */
const ROOMS = 200;
/** How many rooms somebody is in at most. */
const ROOMS_EACH = 4;
/** How long somebody stays at most, in ms. */
const STAY_MS_MAX = 40_000;
/** Somebody who is there does something so often, in ms, in the mean: far from any limit. */
const ACT_MS = 4_000;
/** How long they are away at most, in ms. */
const AWAY_MS_MAX = 4_000;

/** Where wanderers go, and how long they go on. */
export interface World {
  readonly port: number;
  /** Ends it all when it is aborted. */
  readonly end: AbortSignal;
  /** All times are so many times shorter. */
  readonly haste: number;
  /** Is told how a visit ends, just before. */
  leaving(how: string): void;
  /** Is told what somebody has heard: the type of a message, and the code of an error. */
  heard(what: string): void;
}

/** Sees to the end of a visit. What is left of the connection when it returns is reset. */
type End = (wanderer: Wanderer, socket: RudeSocket) => void | Promise<void>;

/** How visits end that have begun as they should. */
const ENDS: Readonly<Record<string, End>> = {
  closes: async (_wanderer, socket) => {
    socket.close();
    await socket.gone;
  },
  resets: (_wanderer, socket) => socket.reset(),
  "hangs up": (_wanderer, socket) => socket.hangUp(),
  "stops reading, reads on and closes": async (wanderer, socket) => {
    socket.stopReading();
    await wanderer.ask(socket, 5_000);
    socket.readOn();
    socket.close();
    await socket.gone;
  },
  "never reads again": async (wanderer, socket) => {
    socket.stopReading();
    await wanderer.ask(socket, 30_000);
  },
  "sends what is no frame": async (_wanderer, socket) => {
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await socket.gone;
  },
  "sends what is no UTF-8": async (_wanderer, socket) => {
    socket.write(frame(0x81, new Uint8Array([0xff, 0xfe])));
    await socket.gone;
  },
  "sends a binary frame": async (_wanderer, socket) => {
    socket.write(frame(0x82, "binary"));
    await socket.gone;
  },
  "says too much at once": async (_wanderer, socket) => {
    socket.send("x".repeat(4 * MESSAGE_BYTES_MAX));
    await socket.gone;
  },
  "talks nonsense": async (_wanderer, socket) => {
    for (let i = 0; i < 20; i++) socket.send(`{"type":"nonsense ${i}`);
    socket.close();
    await socket.gone;
  },
  "floods": async (_wanderer, socket) => {
    for (let i = 0; i < 500; i++) socket.send(encode({ type: "ping" }));
    await socket.gone;
  },
  "never answers a close": async (wanderer, socket) => {
    socket.polite = false;
    socket.write(frame(0x82, "binary"));
    await wanderer.rest(10_000);
  },
  "hangs up in the middle of a frame": async (wanderer, socket) => {
    socket.write(frame(0x81, "x".repeat(10_000)).subarray(0, 5_000));
    await wanderer.rest(3_000);
    socket.hangUp();
  },
  "resets in the middle of a message": async (wanderer, socket) => {
    for (let i = 0; i < 10; i++) socket.write(frame(i === 0 ? 0x01 : 0x00, "x".repeat(10_000)));
    await wanderer.rest(3_000);
  },
};

/**
 * How visits end that never begin. One is not among them, to reset between the request of a handshake and its response: of
 * that Deno's own server keeps a file for ever.
 */
const FALSE_STARTS: Readonly<Record<string, End>> = {
  "sends half a request": async (wanderer, socket) => {
    socket.write("GET / HTTP/1.1\r\nHost: ");
    await wanderer.rest(15_000);
    socket.hangUp();
  },
  "resets in half a handshake": async (wanderer, socket) => {
    const handshake = RudeSocket.handshake();
    socket.write(handshake.slice(0, wanderer.random.below(handshake.length)));
    await wanderer.rest(5_000);
  },
  "never says hello": async (wanderer, socket) => {
    await socket.upgrade();
    await wanderer.rest(15_000);
  },
  "asks for the page and hangs up": (_wanderer, socket) => {
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    socket.hangUp();
  },
};

const ALL = Object.entries({ ...ENDS, ...FALSE_STARTS });

/** Somebody who comes and goes, in all the ways in which one can go, and between that does what everyone does. */
export class Wanderer {
  readonly random: Random;
  readonly #world: World;
  readonly #name: string;
  readonly #home: string;
  /** What they have of the rooms that they are in, of which their home is the first. */
  readonly #cursors = new Map<string, number | undefined>();
  #epoch: string | undefined;
  #count = 0;

  constructor(number: number, world: World, random: Random) {
    this.#name = `person ${number}`;
    this.#home = `home-${Math.floor(number / NEIGHBOURS)}`;
    this.#cursors.set(this.#home, undefined);
    this.#world = world;
    this.random = random;
  }

  /** Comes and goes until the world ends. */
  async wander(): Promise<void> {
    while (!this.#world.end.aborted) {
      const [how, end] = this.random.pick(ALL);
      const socket = await RudeSocket.connect(this.#world.port);
      if (how in ENDS) await this.#visit(socket);
      if (socket.isOpen) {
        this.#world.leaving(how);
        await end(this, socket);
      }
      socket.reset();
      await socket.gone;
      await this.rest(this.random.below(AWAY_MS_MAX));
    }
  }

  /** Does nothing for a while; not longer than the world stands. */
  rest(ms: number): Promise<void> {
    const { end, haste } = this.#world;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        end.removeEventListener("abort", done);
        resolve();
      };
      const timer = setTimeout(done, ms / haste);
      end.addEventListener("abort", done);
      if (end.aborted) done();
    });
  }

  /** Asks for more and more, for a while. */
  async ask(socket: RudeSocket, ms: number): Promise<void> {
    for (let rest = ms; rest > 0 && socket.isOpen; rest -= 100) {
      this.#send(socket, { type: "history", ref: this.#count++, room: this.#home });
      await this.rest(100);
    }
  }

  async #visit(socket: RudeSocket): Promise<void> {
    const isPlain = this.random.chance(0.25);
    await socket.upgrade(isPlain ? this.#home : undefined);
    if (!isPlain) {
      socket.received = (text) => {
        for (const line of text.split("\n")) this.#received(JSON.parse(line));
      };
      const rooms = [...this.#cursors].map(([room, after]): Cursor => after === undefined ? { room } : { room, after });
      this.#send(socket, { type: "hello", secret: secretOf(this.#name), name: this.#name, epoch: this.#epoch, rooms });
    }
    const isOver = this.rest(this.random.below(STAY_MS_MAX)).then(() => true);
    while (socket.isOpen && !await Promise.race([isOver, this.rest(this.random.next() * 2 * ACT_MS)])) {
      if (isPlain) socket.send(this.#text());
      else this.#act(socket);
    }
  }

  #act(socket: RudeSocket): void {
    const { random } = this;
    const room = random.pick([...this.#cursors.keys()]);
    const dice = random.next();
    if (dice < 0.5) {
      this.#send(socket, { type: "typing", room });
      this.#send(socket, { type: "say", room, nonce: crypto.randomUUID(), text: this.#text() });
    } else if (dice < 0.7) this.#move(socket);
    else if (dice < 0.8) this.#send(socket, { type: "search", ref: this.#count++, query: `word${random.below(50)}` });
    else if (dice < 0.9) this.#send(socket, { type: "history", ref: this.#count++, room });
    else if (dice < 0.95) {
      this.#send(socket, { type: "rename", name: `${this.#name}${random.pick(["", " the second"])}` });
    } else this.#send(socket, { type: "ping" });
  }

  /** Leaves a room that is not their home, or joins another. */
  #move(socket: RudeSocket): void {
    const [room] = [...this.#cursors.keys()].slice(1);
    if (room !== undefined && (this.#cursors.size >= ROOMS_EACH || this.random.chance(0.5))) {
      this.#cursors.delete(room);
      return this.#send(socket, { type: "leave", room });
    }
    const other = `room-${this.random.below(ROOMS)}`;
    if (!this.#cursors.has(other)) this.#cursors.set(other, undefined);
    this.#send(socket, { type: "join", room: other });
  }

  #text(): string {
    return `word${this.random.below(50)} ${"x".repeat(this.random.below(this.random.chance(0.1) ? 4_000 : 100))}`;
  }

  #received(message: ServerMessage): void {
    this.#world.heard(message.type === "error" ? `error ${message.code}` : message.type);
    if (message.type === "welcome") this.#epoch = message.epoch;
    else if (message.type === "said" && this.#cursors.has(message.room)) this.#cursors.set(message.room, message.id);
    else if (message.type === "joined" && this.#cursors.has(message.room)) {
      this.#cursors.set(message.room, message.last);
    }
  }

  #send(socket: RudeSocket, message: ClientMessage): void {
    socket.send(encode(message));
  }
}
