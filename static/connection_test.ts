import assert from "node:assert/strict";
import test from "node:test";
import { Disconnect } from "../protocol.ts";
import { CONNECT_MS_MAX, Connection, STABLE_MS, type Status } from "./connection.ts";

/** A browser's WebSocket in memory, of which a test says what happens to it. */
class FakeWebSocket {
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: string[] = [];
  readyState = 1;

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {}
}

/** A page with no network and no clock of its own: chance always says one half. */
class Harness {
  readonly sockets: FakeWebSocket[] = [];
  readonly lines: string[] = [];
  readonly statuses: Status[] = [];
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
    random: () => 0.5,
  }, {
    received: (lines) => this.lines.push(...lines),
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
    const { callback } = this.#timer!;
    this.#timer = undefined;
    callback();
  }

  close(code: number, reason = ""): void {
    this.socket.onclose!({ code, reason });
  }
}

test("The page is told of each line, also when many come in one message", () => {
  const h = new Harness();
  h.socket.onopen!();
  h.socket.onmessage!({ data: "a\nb\n\nc" });
  assert.deepEqual(h.lines, ["a", "b", "", "c"]);
});

test("What is said while connected is sent, what is said while not is refused", () => {
  const h = new Harness();
  assert.equal(h.connection.send("too early"), false);
  h.socket.onopen!();
  assert.equal(h.connection.send("hello"), true);
  h.close(1006);
  assert.equal(h.connection.send("too late"), false);
  assert.deepEqual(h.sockets.flatMap(({ sent }) => sent), ["hello"]);
});

test("What is said while the socket is closing is refused too", () => {
  const h = new Harness();
  h.socket.onopen!();
  h.socket.readyState = 2;
  assert.equal(h.connection.send("too late"), false);
  assert.deepEqual(h.socket.sent, []);
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
  h.socket.onopen!();
  h.close(1006);
  assert.equal(h.timerMs, 1_500);
  h.tick();
  h.socket.onopen!();
  assert.equal(h.timerMs, STABLE_MS);
  h.tick();
  h.close(1006);
  assert.equal(h.timerMs, 750);
});

test("An attempt that hangs is given up", () => {
  const h = new Harness();
  assert.equal(h.timerMs, CONNECT_MS_MAX);
  h.tick();
  assert.equal(h.status.state, "waiting");
});

test("Nothing that a socket does after it was given up counts", () => {
  const h = new Harness();
  const { socket } = h;
  h.tick();
  assert.deepEqual([socket.onopen, socket.onmessage, socket.onclose], [null, null, null]);
});

test("Trying again at once ends the wait; while there is none it does nothing", () => {
  const h = new Harness();
  h.connection.retry();
  assert.equal(h.sockets.length, 1);
  h.close(1006);
  h.connection.retry();
  assert.equal(h.sockets.length, 2);
  assert.equal(h.timerMs, CONNECT_MS_MAX);
  h.socket.onopen!();
  h.connection.retry();
  assert.equal(h.sockets.length, 2);
});

test("Every disconnect of the server's is followed by coming back, or not, as protocol.ts says", () => {
  for (const { code, reason, reconnect } of Object.values(Disconnect)) {
    const h = new Harness();
    h.socket.onopen!();
    h.close(code, reason);
    if (reconnect) {
      assert.equal(h.status.state, "waiting");
    } else {
      assert.deepEqual(h.status, { state: "ended", reason });
      assert.equal(h.timerMs, undefined);
    }
  }
});
