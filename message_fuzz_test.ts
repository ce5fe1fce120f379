import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonBytesMax } from "./client.ts";
import { openMemory } from "./journal/memory.ts";
import { type ClientMessage, Disconnect, type Order, type ServerMessage } from "./protocol.ts";
import { anyFrame, ROOMS, TEXT_BYTES_MAX } from "./testing/frames.ts";
import { fuzz } from "./testing/fuzz.ts";
import { Harness, type Peer } from "./testing/harness.ts";

type Type = ClientMessage["type"];

/** How many rooms there can be, and one can be in: so few that chance meets the limits. */
const [ROOMS_MAX, ROOMS_PER_CLIENT_MAX] = [5, 4];

// What a client may say, told once more: in another way than in protocol.ts, which is what is tested.

type Fields = ReadonlyMap<string, unknown>;

const IS_GOOD: { readonly [type in Type]: (fields: Fields) => boolean } = {
  hello: (f) =>
    isWord(f.get("secret"), 22) && isTextIn(f, "name") && isPassIn(f) && isTextIn(f, "epoch") &&
    areCursors(f.get("rooms")),
  join: (f) => isText(f.get("room")),
  leave: (f) => isText(f.get("room")),
  say: (f) => isText(f.get("room")) && isText(f.get("text")) && isWord(f.get("nonce"), 1),
  delete: (f) => isText(f.get("room")) && isId(f.get("id")),
  order: (f) => isId(f.get("ref")) && isOrder(fieldsOf(f.get("order"))),
  typing: (f) => isText(f.get("room")),
  rename: (f) => isText(f.get("name")),
  history: (f) => isId(f.get("ref")) && isText(f.get("room")) && isIdIn(f, "before") && isIdIn(f, "after"),
  search: (f) => isId(f.get("ref")) && isText(f.get("query")) && isIdIn(f, "before"),
  watch: () => true,
  audit: (f) => isId(f.get("ref")) && isIdIn(f, "before"),
  ping: () => true,
};

const IS_GOOD_ORDER: { readonly [type in Order["type"]]: (fields: Fields) => boolean } = {
  mute: (f) => isUser(f) && isIdIn(f, "until"),
  unmute: isUser,
  ban: (f) => isUser(f) && isIdIn(f, "until") && ["boolean", "undefined"].includes(typeof f.get("address")),
  unban: (f) => isId(f.get("ban")),
  lock: isRoom,
  unlock: isRoom,
  slow: (f) => isRoom(f) && isId(f.get("seconds")) && Number(f.get("seconds")) <= 3_600,
  link: (f) => isRoom(f) && isIdIn(f, "until"),
  unlink: (f) => isId(f.get("link")),
  token: (f) => isText(f.get("name")) && isRoomIn(f),
  untoken: (f) => isId(f.get("token")),
  hook: (f) => /^https?:/.test(String(f.get("url"))) && isRoomIn(f) && isIdIn(f, "token"),
  unhook: (f) => isId(f.get("hook")),
};

function isOrder(fields: Fields): boolean {
  const type = String(fields.get("type"));
  return Object.hasOwn(IS_GOOD_ORDER, type) && IS_GOOD_ORDER[type as Order["type"]](fields);
}

function isUser(fields: Fields): boolean {
  return isWord(fields.get("user"), 22) && String(fields.get("user")).length === 22;
}

function isRoom(fields: Fields): boolean {
  const room = fields.get("room");
  return typeof room === "string" && /^[a-z0-9][a-z0-9_-]{0,63}$/.test(room);
}

function isRoomIn(fields: Fields): boolean {
  return !fields.has("room") || isRoom(fields);
}

function isPassIn(fields: Fields): boolean {
  const pass = fields.get("pass");
  return pass === undefined || typeof pass === "string" && pass.length <= 128;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && !/\p{Surrogate}/u.test(value);
}

function isWord(value: unknown, min: number): boolean {
  return typeof value === "string" && value.length >= min && value.length <= 64 && !/[^A-Za-z0-9_-]/.test(value);
}

function isId(value: unknown): boolean {
  return typeof value === "number" && value >= 0 && value < 2 ** 53 && value % 1 === 0;
}

function isTextIn(fields: Fields, name: string): boolean {
  return !fields.has(name) || isText(fields.get(name));
}

function isIdIn(fields: Fields, name: string): boolean {
  return !fields.has(name) || isId(fields.get(name));
}

function areCursors(value: unknown): boolean {
  return Array.isArray(value) && value.length <= 100 &&
    value.map(fieldsOf).every((f) =>
      typeof f.get("room") === "string" && ["number", "undefined"].includes(typeof f.get("after"))
    );
}

function fieldsOf(value: unknown): Fields {
  return new Map(Object.entries(value ?? {}));
}

/** The type of a line, if it is a message; undefined if it is none. */
function typeOf(line: string): Type | undefined {
  let fields: Fields;
  try {
    fields = fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
  const types = Object.keys(IS_GOOD) as Type[];
  return types.find((type) => type === fields.get("type") && IS_GOOD[type](fields));
}

/** What a message is answered with unless it is refused. The others are answered with nothing. */
const ANSWERS: { readonly [type in Type]?: readonly ServerMessage["type"][] } = {
  hello: ["welcome"],
  join: ["joined"],
  say: ["said", "kept"],
  rename: ["renamed"],
  history: ["history"],
  search: ["found"],
  ping: ["pong"],
};

/** With which code the sender of a frame is cut; undefined when they are not. */
function cutFor(frame: unknown, bytesMax: number): number | undefined {
  if (typeof frame !== "string") return Disconnect.notText.code;
  if (new TextEncoder().encode(frame).length > bytesMax) return Disconnect.tooBig.code;
}

/** A hub, and somebody who watches it from two rooms. */
class World {
  readonly #memory = openMemory();
  /** How much was written into the journal: texts and names. */
  writes = 0;
  readonly h = new Harness({
    ...this.#memory,
    append: (drafts) => {
      this.writes += drafts.length;
      return this.#memory.append(drafts);
    },
    act: async (draft) => {
      const act = await this.#memory.act(draft);
      if (act) this.writes++;
      return act;
    },
    claim: (claim) => {
      this.writes++;
      return this.#memory.claim(claim);
    },
  }, {
    message: TEXT_BYTES_MAX,
    rooms: ROOMS_MAX,
    roomsPerClient: ROOMS_PER_CLIENT_MAX,
    malformed: Infinity,
    hello: Infinity,
  });
  readonly witness = this.h.connect();

  /** What others than the sender of something can see of it. */
  get seen() {
    return {
      clients: this.h.hub.size,
      rooms: this.h.hub.rooms,
      writes: this.writes,
      heard: this.witness.socket.lines.length,
    };
  }

  /** Lets everybody be told everything. */
  async settle(): Promise<void> {
    await this.h.deliver(1_000);
    // What is said after something that is done is another commit.
    await this.h.deliver(1_000);
  }

  /** Has somebody speak into it, and looks afterwards whether all is well. */
  static async run(speak: (world: World) => Promise<void>): Promise<void> {
    const world = new World();
    try {
      world.witness.hello("Witness", ...ROOMS);
      await world.settle();
      await speak(world);
    } finally {
      await world.h.end();
      await world.#memory.close();
    }
    assert.deepEqual(world.h.reports, [], "the journal did what it was asked to");
    assert.equal(world.h.clock.waiting, 0);
  }
}

/** Somebody who sends what chance tells them, and knows what has to come of it. */
class Fuzzer {
  readonly #world: World;
  #peer!: Peer;
  #isWelcome = false;

  constructor(world: World) {
    this.#world = world;
  }

  /** Comes, or comes back; sometimes it says hello at once, as people do. */
  async connect(): Promise<void> {
    this.#peer = this.#world.h.connect();
    this.#isWelcome = this.#world.writes % 2 > 0;
    if (this.#isWelcome) this.#peer.hello("Fuzzer", "lobby");
    await this.#world.settle();
  }

  /** Sends a frame, in the same moment in which the witness says something if it has a nonce. */
  async send(frame: unknown, nonce: string | undefined): Promise<void> {
    const { witness, h } = this.#world;
    const before = this.#world.seen;
    const answered = this.#peer.socket.lines.length;
    if (nonce !== undefined) witness.say("lobby", nonce);
    this.#peer.client.received(frame);
    await this.#world.settle();

    const code = cutFor(frame, jsonBytesMax(TEXT_BYTES_MAX));
    assert.equal(this.#peer.closeCode, code);
    if (typeof frame !== "string" || code !== undefined) {
      assert.equal(h.hub.size, before.clients - 1);
      return await this.connect();
    }
    const isTraffic = (message: ServerMessage) => message.type === "said" && message.nonce === nonce;
    const answers = messagesTo(this.#peer, answered).filter((message) => !isTraffic(message));
    const after = { ...before };
    if (nonce !== undefined) {
      assert(messagesTo(witness, before.heard).some(isTraffic), "others go on");
      after.writes++;
      after.heard++;
    }
    this.#judge(frame.split("\n").map((line) => this.#typeOf(line)), answers, after);
  }

  /** As the type of a line, but hello comes first, and once. */
  #typeOf(line: string): Type | undefined {
    const type = typeOf(line);
    if ((type === "hello") === this.#isWelcome) return undefined;
    this.#isWelcome = true;
    return type;
  }

  /** @param unchanged what is to be seen when nothing came of it. */
  #judge(types: (Type | undefined)[], answers: ServerMessage[], unchanged: World["seen"]): void {
    const errors = answers.filter((answer) => answer.type === "error");
    const malformed = errors.filter(({ code }) => code === "malformed");
    assert.equal(malformed.length, types.filter((type) => !type).length, "what is no message is refused, nothing else");
    const isHello = types.includes("hello");
    if (errors.length === types.length && !isHello) {
      assert.deepEqual(answers, errors, "whoever is refused something is told that alone");
      assert.deepEqual(this.#world.seen, unchanged, "what is refused changes nothing");
    }
    if (types.length > 1) return;
    // Of a hello its name or some of its rooms may be refused, and not the rest.
    if (errors.length === 0 || isHello) {
      const wanted = ANSWERS[types[0]!];
      assert(!wanted || answers.some(({ type }) => wanted.includes(type)), "what is not refused is answered");
    }
    if (errors.some(({ code }) => code === "badName" || code === "nameTaken")) {
      assert.equal(this.#world.writes, unchanged.writes, "a name that is refused is nobody's");
    }
    const joined = answers.flatMap((answer) => answer.type === "joined" ? [answer.room] : []);
    assert(!errors.some(({ room }) => joined.includes(room!)), "whoever is refused a room is not let in");
  }
}

/** What came to somebody after so many lines. */
function messagesTo(peer: Peer, after: number): ServerMessage[] {
  return peer.socket.lines.slice(after).map((line) => JSON.parse(line));
}

/** What somebody sends in a row. */
function row<T>(frame: fc.Arbitrary<T>): fc.Arbitrary<T[]> {
  return fc.array(frame, { minLength: 1, maxLength: 120, size: "max" });
}

Deno.test("HOSTILE 9: of all that is sent, what is no message is refused, and what is refused changes nothing", async () => {
  let count = 0;
  const property = fc.asyncProperty(row(anyFrame), (frames) =>
    World.run(async (world) => {
      const fuzzer = new Fuzzer(world);
      await fuzzer.connect();
      for (const [index, frame] of frames.entries()) {
        await fuzzer.send(frame, index % 2 === 0 ? `traffic${index}` : undefined);
        count++;
      }
    }));
  await fuzz(property, { cases: () => count, atLeast: 40_000, what: "messages" });
});

Deno.test("HOSTILE 9: all that is sent as plain text is said, once, unless it is no text or too long", async () => {
  let count = 0;
  const property = fc.asyncProperty(row(anyFrame), (frames) =>
    World.run(async (world) => {
      const { h, witness } = world;
      let program = h.connectPlain("lobby");
      await world.settle();
      for (const frame of frames) {
        const heard = witness.socket.lines.length;
        program.client.received(frame);
        await world.settle();
        const code = cutFor(frame, TEXT_BYTES_MAX);
        assert.equal(program.socket.closedWith?.code, code);
        const said = messagesTo(witness, heard).filter(({ type }) => type === "said");
        assert.equal(said.length, code === undefined ? 1 : 0);
        if (code !== undefined) program = h.connectPlain("lobby");
        count++;
      }
    }));
  await fuzz(property, { cases: () => count, atLeast: 5_000, what: "messages in plain text" });
});
