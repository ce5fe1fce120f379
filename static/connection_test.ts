import assert from "node:assert/strict";
import test from "node:test";
import { type ClientMessage, Disconnect, encode, type ServerMessage } from "../protocol.ts";
import {
  CONNECT_MS_MAX,
  Connection,
  PONG_MS_MAX,
  PROBE_MS_MAX,
  QUIET_MS_MAX,
  STABLE_MS,
  type Status,
} from "./connection.ts";

const HELLO: ClientMessage = { type: "hello", secret: "s".repeat(22), rooms: [] };
const PING: ClientMessage = { type: "ping" };
const WELCOME: ServerMessage = { type: "welcome", epoch: "e", id: "me", name: "Me", role: "member", textBytesMax: 10 };

/** A browser's WebSocket in memory, of which a test says what happens to it. */
class FakeWebSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: ClientMessage[] = [];
  readyState = 0;

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {}

  open(): void {
    this.readyState = 1;
    this.onopen!();
  }

  /** The server lets it in. */
  welcome(): void {
    this.open();
    this.hear(WELCOME);
  }

  hear(...messages: ServerMessage[]): void {
    this.onmessage!({ data: messages.map(encode).join("\n") });
  }
}

/** A page with no network and no clock of its own: chance always says one half. */
class Harness {
  readonly sockets: FakeWebSocket[] = [];
  readonly heard: (ServerMessage["type"] | "settled")[] = [];
  readonly statuses: Status[] = [];
  now = 0;
  #timer: { ms: number; callback: () => void } | undefined;
  readonly connection = new Connection({
    open: () => {
      this.sockets.push(new FakeWebSocket());
      return this.socket as unknown as WebSocket;
    },
    after: (ms, callback) => {
      assert.equal(this.#timer, undefined, "one timer at a time");
      const timer = this.#timer = { ms, callback };
      return () => {
        if (this.#timer === timer) this.#timer = undefined;
      };
    },
    now: () => this.now,
    random: () => 0.5,
  }, {
    hello: () => HELLO,
    received: ({ type }) => this.heard.push(type),
    settled: () => this.heard.push("settled"),
    changed: (status) => this.statuses.push(status),
  });

  /** The newest socket. */
  get socket(): FakeWebSocket {
    return this.sockets.at(-1)!;
  }

  get status(): Status {
    return this.statuses.at(-1)!;
  }

  /** How long until the timer that is set, in ms. */
  get timerMs(): number | undefined {
    return this.#timer?.ms;
  }

  /** The timer's time has come. */
  tick(): void {
    const { ms, callback } = this.#timer!;
    this.#timer = undefined;
    this.now += ms;
    callback();
  }

  close(code: number, reason = ""): void {
    this.socket.onclose!({ code, reason });
  }
}

test("It is open when the server has answered the hello, not before", () => {
  const h = new Harness();
  h.socket.open();
  assert.deepEqual(h.socket.sent, [HELLO]);
  assert.equal(h.status.state, "connecting");
  h.socket.hear(WELCOME);
  assert.equal(h.status.state, "open");
});

test("A socket that the page had opened before is greeted at once", () => {
  const socket = new FakeWebSocket();
  socket.readyState = 1;
  const ports = { open: () => socket as unknown as WebSocket, after: () => () => {}, now: () => 0, random: () => 0 };
  const connection = new Connection(ports, { hello: () => HELLO, received() {}, settled() {}, changed() {} });
  assert.deepEqual(socket.sent, [HELLO]);
  connection.stop();
});

test("The page is told of each message, also when many come at once, and when that was all", () => {
  const h = new Harness();
  h.socket.open();
  h.socket.hear(WELCOME, { type: "pong" });
  h.socket.hear({ type: "pong" });
  assert.deepEqual(h.heard, ["welcome", "pong", "settled", "pong", "settled"]);
});

test("A message that this page is too old to know, or that is none, is left out", () => {
  const h = new Harness();
  h.socket.welcome();
  h.socket.onmessage!({ data: '{"type":"hologram"}\n\nnull\n<html>\n{"type":"pong"}' });
  assert.deepEqual(h.heard, ["welcome", "settled", "pong", "settled"]);
});

test("What is said while open is sent, what is said while not is refused", () => {
  const h = new Harness();
  assert.equal(h.connection.send(PING), false);
  h.socket.open();
  assert.equal(h.connection.send(PING), false);
  h.socket.hear(WELCOME);
  assert.equal(h.connection.send(PING), true);
  h.close(1006);
  assert.equal(h.connection.send(PING), false);
  assert.deepEqual(h.sockets.flatMap(({ sent }) => sent), [HELLO, PING]);
});

test("What is said while the socket is closing is refused too", () => {
  const h = new Harness();
  h.socket.welcome();
  h.socket.readyState = 2;
  assert.equal(h.connection.send(PING), false);
  assert.deepEqual(h.socket.sent, [HELLO]);
});

test("A lost connection is made again after a wait that grows with every failure", () => {
  const h = new Harness();
  const waits = [];
  for (let i = 0; i < 4; i++) {
    h.close(1006);
    waits.push(h.timerMs);
    assert.deepEqual(h.status, { state: "waiting", retryMs: h.timerMs, code: 1006 });
    h.tick();
    assert.equal(h.status.state, "connecting");
  }
  assert.deepEqual(waits, [750, 1_500, 3_000, 6_000]);
  assert.equal(h.sockets.length, 5);
});

test("The wait starts small again after a connection that lasted, not after one that was lost at once", () => {
  const h = new Harness();
  h.close(1006);
  h.tick();
  h.socket.welcome();
  h.now += STABLE_MS - 1;
  h.close(1006);
  assert.equal(h.timerMs, 1_500);
  h.tick();
  h.socket.welcome();
  h.now += STABLE_MS;
  h.close(1006);
  assert.equal(h.timerMs, 750);
});

test("An attempt that hangs is given up, also one that gets a socket but no welcome, after ever longer waits", () => {
  const h = new Harness();
  assert.equal(h.timerMs, CONNECT_MS_MAX);
  h.tick();
  assert.deepEqual(h.status, { state: "waiting", retryMs: 750, code: 1006 });
  h.tick();
  h.socket.open();
  h.socket.hear({ type: "pong" });
  assert.equal(h.timerMs, CONNECT_MS_MAX);
  h.tick();
  assert.deepEqual(h.status, { state: "waiting", retryMs: 1_500, code: 1006 });
});

test("Nothing that a socket does after it was given up counts", () => {
  const h = new Harness();
  const { socket } = h;
  h.tick();
  assert.deepEqual([socket.onopen, socket.onmessage, socket.onclose], [null, null, null]);
});

test("A server that is quiet is asked whether it is there, and given up if it says nothing", () => {
  const h = new Harness();
  h.socket.welcome();
  assert.equal(h.timerMs, QUIET_MS_MAX);
  h.tick();
  assert.deepEqual(h.socket.sent, [HELLO, PING]);
  assert.equal(h.timerMs, PONG_MS_MAX);
  h.socket.hear({ type: "pong" });
  assert.equal(h.timerMs, QUIET_MS_MAX);
  h.tick();
  h.tick();
  assert.equal(h.status.state, "waiting");
});

test("Trying again at once ends the wait; while an attempt is under way it does nothing", () => {
  const h = new Harness();
  h.connection.retry();
  assert.equal(h.sockets.length, 1);
  h.close(1006);
  h.connection.retry();
  assert.equal(h.sockets.length, 2);
  assert.equal(h.timerMs, CONNECT_MS_MAX);
});

test("Trying again while open asks the server at once, and gives it little time, however often it is called", () => {
  const h = new Harness();
  h.socket.welcome();
  h.connection.retry();
  h.connection.retry();
  assert.deepEqual(h.socket.sent, [HELLO, PING]);
  assert.equal(h.timerMs, PROBE_MS_MAX);
  h.socket.hear({ type: "pong" });
  assert.equal(h.status.state, "open");
  h.connection.retry();
  h.tick();
  assert.equal(h.status.state, "waiting");
});

test("A connection that does not do what it is for can be given up, and one that is not wanted any more ended", () => {
  const h = new Harness();
  h.connection.giveUp();
  assert.equal(h.status.state, "connecting");
  h.socket.welcome();
  h.connection.giveUp();
  assert.equal(h.status.state, "waiting");
  h.connection.stop();
  assert.equal(h.timerMs, undefined);
});

test("Every disconnect of the server's is followed by coming back, or not, as protocol.ts says", () => {
  for (const { code, reason, reconnect } of Object.values(Disconnect)) {
    const h = new Harness();
    h.socket.welcome();
    h.close(code, reason);
    if (reconnect) {
      assert.equal(h.status.state, "waiting");
    } else {
      assert.deepEqual(h.status, { state: "ended", code, reason });
      assert.equal(h.timerMs, undefined);
    }
  }
});

test("What the server said before it ended the connection counts, though its code was lost on the way", () => {
  const h = new Harness();
  h.socket.open();
  const refusal = { type: "error", code: "keyNeeded", reason: "This server takes a key." } as const;
  h.socket.hear(refusal);
  h.close(1006);
  const { code, reason } = Disconnect.denied;
  assert.deepEqual(h.status, { state: "ended", code, reason, refusal });
  assert.equal(h.timerMs, undefined, "it does not try again by itself");
});

test("What the server refused last before it ended the connection is known, and one may begin anew", () => {
  const h = new Harness();
  const refusal = { type: "error", code: "keyNeeded", reason: "This server takes a key." } as const;
  h.socket.open();
  h.socket.hear(refusal);
  const { code, reason } = Disconnect.denied;
  h.close(code, reason);
  assert.deepEqual(h.status, { state: "ended", code, reason, refusal });
  h.connection.retry();
  assert.equal(h.sockets.length, 1);
  h.connection.restart();
  h.socket.welcome();
  h.close(code, reason);
  assert.deepEqual(h.status, { state: "ended", code, reason });
});

test("Beginning anew ends what there is, whatever that is", () => {
  const h = new Harness();
  const [first] = h.sockets;
  h.connection.restart();
  assert.deepEqual([h.sockets.length, first!.onclose], [2, null]);
  h.socket.welcome();
  h.connection.restart();
  assert.equal(h.status.state, "connecting");
  h.close(1006);
  h.connection.restart();
  assert.deepEqual([h.status.state, h.sockets.length, h.timerMs], ["connecting", 4, CONNECT_MS_MAX]);
});
