import assert from "node:assert/strict";
import test from "node:test";
import { type ClientMessage, Disconnect, encode, type Sample, type ServerMessage } from "../protocol.ts";
import { Dashboard, type Part } from "./dashboard.ts";

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

  hear(...messages: ServerMessage[]): void {
    this.onmessage!({ data: messages.map(encode).join("\n") });
  }

  /** The server lets it in. */
  welcome(role: "admin" | "member" = "admin"): void {
    this.readyState = 1;
    this.onopen!();
    this.hear({ type: "welcome", epoch: "e", id: "me", name: "Olga", role, textBytesMax: 10 });
  }
}

class Harness {
  readonly sockets: FakeWebSocket[] = [];
  readonly told: string[] = [];
  readonly updates: (readonly Part[])[] = [];
  #timer = () => {};
  readonly dashboard = new Dashboard({
    open: () => {
      this.sockets.push(new FakeWebSocket());
      return this.socket as unknown as WebSocket;
    },
    after: (_, callback) => {
      this.#timer = callback;
      return () => this.#timer = () => {};
    },
    now: () => 0,
    random: () => 0.5,
  }, {
    hello: () => ({ type: "hello", secret: "s".repeat(22), pass: "p", rooms: [] }),
    connection: ({ state }) => this.told.push(state),
    admitted: () => this.told.push("admitted"),
    updated: (parts) => this.updates.push(parts),
    denied: (code) => this.told.push(`denied ${code}`),
  });

  get socket(): FakeWebSocket {
    return this.sockets.at(-1)!;
  }

  /** What waits for its time happens. */
  wait(): void {
    this.#timer();
  }
}

/** Samples of these seconds. */
function samples(...seconds: number[]): Sample[] {
  return seconds.map((second) => ({
    at: second * 1_000,
    connections: second,
    rooms: 0,
    messages: 0,
    echoP50: null,
    echoP99: null,
    loopP99: null,
    memoryBytes: 0,
    databaseBytes: 0,
  }));
}

test("As soon as it is let in it watches, and again when it was away", () => {
  const h = new Harness();
  h.socket.welcome();
  assert.deepEqual(h.socket.sent.map(({ type }) => type), ["hello", "watch"]);
  h.socket.onclose!({ code: Disconnect.goingAway.code, reason: "" });
  h.wait();
  h.socket.welcome();
  assert.deepEqual([h.sockets.length, h.socket.sent.map(({ type }) => type)], [2, ["hello", "watch"]]);
  assert.deepEqual(h.told, ["connecting", "admitted", "open", "waiting", "connecting", "admitted", "open"]);
});

test("What was told is put together, and what is new is named", () => {
  const h = new Harness();
  h.socket.welcome();
  const limits = [{ limit: "rate", max: 20, hits: 0 }];
  h.socket.hear({ type: "status", samples: [], limits, acted: 0 }, { type: "status", samples: [], acted: 3 });
  assert.deepEqual(h.updates, [["limits", "acted"], ["acted"]]);
  assert.deepEqual(h.dashboard.known, { limits, acted: 3 });
});

test("Samples are those of the last five minutes, each once, over lost connections and restarts of the server", () => {
  const h = new Harness();
  h.socket.welcome();
  h.socket.hear({ type: "status", samples: samples(1, 2, 3) }, { type: "status", samples: samples(4) });
  h.socket.hear({ type: "status", samples: samples(2, 3, 4, 5) });
  assert.deepEqual(h.dashboard.samples, samples(1, 2, 3, 4, 5));
  h.socket.hear({ type: "status", samples: [] }, { type: "status", samples: samples(302) });
  assert.deepEqual(h.dashboard.samples, samples(3, 4, 5, 302));
});

test("An order comes to what the server says of it, and to nothing that is known when the connection is lost", async () => {
  const h = new Harness();
  h.socket.welcome();
  const [done, refused, lost] = [1, 2, 3].map((ban) => h.dashboard.order({ type: "unban", ban }));
  const audit = h.dashboard.audit(7);
  const refs = h.socket.sent.slice(2).map((message) => "ref" in message ? message.ref : -1);
  h.socket.hear(
    { type: "error", code: "notFound", reason: "", ref: refs[1] },
    { type: "done", ref: refs[0]!, id: 9 },
    { type: "audited", ref: refs[3]!, acts: [], more: false },
  );
  h.socket.onclose!({ code: 1006, reason: "" });
  assert.deepEqual([await done, await lost], [{ type: "done", ref: refs[0], id: 9 }, undefined]);
  assert.equal((await refused)?.type, "error");
  assert.equal((await audit)?.type, "audited");
  assert.equal(await h.dashboard.order({ type: "unban", ban: 4 }), undefined, "not connected");
});

test("Who is no administrator, or not any more, is told so with the reason, and it tries no more", () => {
  const member = new Harness();
  member.socket.welcome("member");
  assert.deepEqual(member.told, ["connecting", "denied undefined"]);
  assert.equal(member.socket.sent.length, 1);

  const replaced = new Harness();
  replaced.socket.welcome();
  replaced.socket.hear({ type: "error", code: "keyWrong", reason: "" });
  replaced.socket.onclose!({ code: Disconnect.denied.code, reason: "" });
  replaced.wait();
  assert.equal(replaced.told.at(-1), "denied keyWrong");
  assert.equal(replaced.sockets.length, 1);
});
