import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { tokensOf, userOf } from "./api.ts";
import type { Log } from "./log.ts";
import type { Order } from "./protocol.ts";
import { ApiHarness, conforms } from "./testing/api_harness.ts";
import { settle } from "./testing/fakes.ts";
import type { Peer } from "./testing/harness.ts";
import {
  ANSWER_MS_MAX,
  GIVE_UP_MS,
  type Hook,
  OTHERS_LOOK_MS,
  OTHERS_MS,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
  sign,
  Webhooks,
} from "./webhooks.ts";

const SECRET = `whsec_${Buffer.from("a secret of twenty-four.").toString("base64")}`;
const HOOK: Hook = { id: "7", url: "https://bot.example/in?key=private", secret: SECRET };

/** What a receiver got, and what it answers: nothing before a test says so. */
interface Attempt {
  readonly url: string;
  readonly init: RequestInit;
  readonly answer: (response: Response | Error) => void;
}

/** Webhooks of a hub that runs, and a network that is a test's. */
class WebhooksHarness extends ApiHarness {
  readonly attempts: Attempt[] = [];
  readonly webhooks: Webhooks;
  /** What chance says. */
  chance = 0;
  /** Whether it is this node that sends. */
  isFirst = true;

  constructor() {
    super();
    const { hub, journal, followers, clock, log } = this;
    const isFirst = () => this.isFirst;
    this.webhooks = new Webhooks({
      hub: {
        get last() {
          return hub.last;
        },
        get isFirst() {
          return isFirst();
        },
        listen: (listener) => hub.listen(listener),
        watchHooks: (stateOf) => hub.watchHooks(stateOf),
      },
      journal,
      followers,
      clock,
      random: () => this.chance,
      fetch: (url, init) => {
        const { promise, resolve, reject } = Promise.withResolvers<Response>();
        const { signal } = init!;
        signal!.addEventListener("abort", () => reject(signal!.reason));
        const answer = (response: Response | Error) => response instanceof Error ? reject(response) : resolve(response);
        this.attempts.push({ url: String(url), init: init!, answer });
        return promise;
      },
      log,
    });
  }

  /** The texts that were sent, again if it was again. */
  get sent(): string[] {
    return this.attempts.map(({ init }) => JSON.parse(String(init.body)).data.text);
  }

  /** The last attempt is answered. */
  async answer(response: Response | Error | number): Promise<void> {
    await settle();
    this.attempts.at(-1)!.answer(typeof response === "number" ? new Response(null, { status: response }) : response);
    await settle();
  }

  /** Has something done as an administrator, and gives what it made. */
  async order(admin: Peer, order: Order): Promise<{ id: number; secret?: string }> {
    admin.send({ type: "order", ref: 1, order });
    await this.deliver();
    return admin.last("done");
  }

  override async end(): Promise<void> {
    await this.webhooks.close();
    await super.end();
  }
}

function test(name: string, check: (h: WebhooksHarness) => Promise<void>): void {
  Deno.test(name, async () => {
    const h = new WebhooksHarness();
    try {
      await check(h);
    } finally {
      await h.end();
    }
  });
}

Deno.test("A signature is that of the Standard Webhooks specification's example", () => {
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", '{"test": 2432232314}');
  assert.equal(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
});

test("What is said is sent, signed, as the API's document says", async (h) => {
  h.webhooks.set([HOOK]);
  const message = await h.post("hello");
  let isRead = true;
  await h.answer(new Response(new ReadableStream({ cancel: () => void (isRead = false) })));
  assert(!isRead, "what is answered is nobody's concern");
  const { url, init } = h.attempts[0]!;
  const headers = new Headers(init.headers);
  assert.deepEqual([url, init.method, init.redirect], [HOOK.url, "POST", "manual"]);
  const body = JSON.parse(String(init.body));
  conforms(body, "components", "schemas", "SaidEvent");
  assert.deepEqual(body.data, message);
  assert.equal(body.timestamp, new Date(message.at).toISOString());
  const [id, timestamp] = ["id", "timestamp"].map((name) => headers.get(`webhook-${name}`)!);
  assert.equal(id, `msg_${h.journal.epoch}_${message.id}`);
  assert.equal(timestamp, String(Math.floor(h.clock.date() / 1_000)));
  assert.equal(headers.get("webhook-signature"), sign(SECRET, id!, timestamp!, String(init.body)));
});

test("Of several nodes one sends; when it ends, the next sends what was said since it may have been missed", async (h) => {
  h.isFirst = false;
  h.webhooks.set([HOOK]);
  await h.post("sent by another");
  await settle();
  h.clock.run(OTHERS_MS + OTHERS_LOOK_MS);
  await settle();
  await h.post("maybe not sent");
  await settle();
  assert.deepEqual(h.sent, []);
  h.isFirst = true;
  h.clock.run(OTHERS_LOOK_MS);
  await settle();
  assert.deepEqual(h.sent, ["maybe not sent"]);
});

test("A hook of one room gets that room alone, one of none all of them, each from when it was made", async (h) => {
  await h.post("too early");
  h.webhooks.set([{ ...HOOK, id: "kitchen", room: "kitchen" }, { ...HOOK, id: "all" }]);
  await h.post("in the lobby");
  await h.post("in the kitchen", "kitchen");
  await settle();
  assert.deepEqual(h.sent.toSorted(), ["in the kitchen", "in the lobby"]);
  for (const { answer } of h.attempts) answer(new Response());
  await settle();
  assert.deepEqual(h.sent.toSorted(), ["in the kitchen", "in the kitchen", "in the lobby"]);
});

test("What its receiver says itself is not sent to a hook", async (h) => {
  h.webhooks.set([{ ...HOOK, except: userOf("1") }]);
  await h.post("an answer");
  const ann = await h.enter("Ann", "lobby");
  ann.say("lobby", "n1", "a question");
  await h.deliver();
  assert.deepEqual(h.sent, ["a question"]);
});

test("Hooks and tokens are those that an administrator makes, until they are ended", async (h) => {
  const admin = await h.enterAdmin("Ada", "lobby");
  const tokens = tokensOf(h.hub.moderation);
  h.webhooks.follow(h.hub.moderation);
  const token = await h.order(admin, { type: "token", name: "Bot", room: "lobby" });
  const hook = await h.order(admin, { type: "hook", url: HOOK.url, room: "lobby", token: token.id });
  assert.deepEqual(tokens.authorize(token.secret!), { id: String(token.id), name: "Bot", room: "lobby" });
  await h.hub.post({ room: "lobby", user: userOf(String(token.id)), name: "Bot", text: "an answer", nonce: "1" });
  admin.say("lobby", "n1", "a question");
  await h.deliver();
  await h.answer(200);
  assert.deepEqual(h.sent, ["a question"]);
  const { headers, body } = h.attempts[0]!.init;
  const [id, timestamp, signature] = ["id", "timestamp", "signature"].map((name) =>
    new Headers(headers).get(`webhook-${name}`)!
  );
  assert.match(hook.secret!, /^whsec_[A-Za-z0-9+/]{43}=$/);
  assert.equal(signature, sign(hook.secret!, id!, timestamp!, String(body)));
  await h.order(admin, { type: "unhook", hook: hook.id });
  await h.order(admin, { type: "untoken", token: token.id });
  admin.say("lobby", "n2", "another");
  await h.deliver();
  assert.equal(h.attempts.length, 1);
  assert.equal(tokens.authorize(token.secret!), undefined);
});

test("A deletion is sent, too", async (h) => {
  const admin = await h.enterAdmin("Ada", "lobby");
  h.webhooks.set([HOOK]);
  const { id } = await h.post("a mistake");
  await h.answer(200);
  admin.send({ type: "delete", room: "lobby", id });
  await h.deliver();
  await h.answer(200);
  const event = JSON.parse(String(h.attempts[1]!.init.body));
  conforms(event, "components", "schemas", "DeletedEvent");
  assert.deepEqual([event.data.room, event.data.message], ["lobby", id]);
});

test("The next message is sent when the one before was taken, and not before", async (h) => {
  h.webhooks.set([HOOK]);
  for (const text of ["one", "two", "three"]) await h.post(text);
  await settle();
  assert.deepEqual(h.sent, ["one"]);
  await h.answer(500);
  h.clock.advance(RETRY_MS_MIN);
  await h.answer(200);
  await h.answer(200);
  await h.answer(200);
  assert.deepEqual(h.sent, ["one", "one", "two", "three"]);
});

test("What fails is tried again, as the same message with a signature of its own, later each time and by chance sooner", async (h) => {
  h.webhooks.set([HOOK]);
  await h.post("one");
  await h.answer(new TypeError("no route to https://bot.example/in?key=private"));
  const waits: number[] = [];
  for (const chance of [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]) {
    // Drawn when the attempt failed, so it is of the wait after this one.
    const count = h.attempts.length;
    const start = h.clock.now();
    while (h.attempts.length === count) {
      h.clock.advance(100);
      await settle();
    }
    waits.push(h.clock.now() - start);
    h.chance = chance;
    await h.answer(503);
  }
  const doubled = [1, 2, 4, 8, 16, 32, 64, 128, 256].map((times) => times * RETRY_MS_MIN);
  doubled[3]! /= 2;
  assert.deepEqual(waits, [...doubled, RETRY_MS_MAX]);
  assert.equal(new Set(h.attempts.map(({ init }) => new Headers(init.headers).get("webhook-id"))).size, 1);
  assert(new Set(h.attempts.map(({ init }) => new Headers(init.headers).get("webhook-signature"))).size > 5);
  assert.deepEqual(h.reports, [
    "Webhook 7 (bot.example) can't be sent to: no route to its address. It is tried again.",
  ]);
});

test("A redirect is not followed, and an answer that never comes is not waited for", async (h) => {
  h.webhooks.set([HOOK]);
  await h.post("one");
  await h.answer(new Response(null, { status: 302, headers: { location: "http://127.0.0.1/" } }));
  h.clock.advance(RETRY_MS_MIN);
  await settle();
  assert.deepEqual(h.attempts.map(({ url }) => url), [HOOK.url, HOOK.url]);
  h.clock.advance(ANSWER_MS_MAX);
  await settle();
  h.clock.advance(2 * RETRY_MS_MIN);
  await settle();
  assert.equal(h.attempts.length, 3);
});

test("A message is given up when it is too old, and what is said now is sent as soon as it can be", async (h) => {
  h.webhooks.set([HOOK]);
  await h.post("old");
  for (let since = 0; since <= GIVE_UP_MS; since += RETRY_MS_MAX) {
    await h.answer(500);
    await h.post(`${since}`);
    h.clock.advance(RETRY_MS_MAX);
    await settle();
  }
  await h.answer(500);
  h.clock.advance(RETRY_MS_MAX);
  await settle();
  const given = h.sent.lastIndexOf("old") + 1;
  assert(given >= GIVE_UP_MS / RETRY_MS_MAX && given < h.sent.length, `${given} attempts of ${h.sent.length}`);
  await h.answer(200);
  assert.match(h.reports.at(-1)!, /^Webhook 7 \(bot.example\) can be sent to again\. Messages given up: [1-9]\.$/);
});

test("What is deleted while it waits to be sent again is not sent", async (h) => {
  const ann = await h.enterAdmin("Ann", "lobby");
  h.webhooks.set([HOOK]);
  ann.say("lobby", "n1", "a secret");
  ann.say("lobby", "n2", "no secret");
  await h.deliver(0);
  await h.answer(500);
  const ids = ann.got("said").map(({ id }) => id);
  ann.send({ type: "delete", room: "lobby", id: ids[0]! });
  await h.deliver(0);
  h.clock.advance(RETRY_MS_MIN);
  for (let i = 0; i < 3; i++) await h.answer(200);
  const bodies = h.attempts.map(({ init }) => JSON.parse(String(init.body)));
  assert.deepEqual(bodies.map(({ data }) => data.text ?? data.message), ["a secret", "no secret", ids[0]]);
});

test("A receiver that is away for long takes no memory: what it missed is read when it is back", async (h) => {
  h.webhooks.set([HOOK]);
  await h.post("0");
  await h.answer(500);
  let reads = 0;
  const { since } = h.journal;
  h.journal.since = (...args) => (reads++, since(...args));
  for (let i = 1; i <= 1_000; i++) await h.post(`${i}`);
  assert.equal(reads, 0);
  h.clock.advance(RETRY_MS_MIN);
  for (let i = 0; i <= 1_000; i++) await h.answer(200);
  assert.deepEqual(h.sent.slice(1), Array.from({ length: 1_001 }, (_, i) => `${i}`));
  assert(reads > 10);
});

test("A journal that can't be read is tried again", async (h) => {
  const { since } = h.journal;
  await h.post("0");
  h.webhooks.set([HOOK]);
  h.journal.since = () => Promise.reject(new Error("the disk is gone"));
  for (let i = 1; i <= 400; i++) await h.post(`${i}`);
  // What was delivered first is with it, the rest is not.
  await h.answer(200);
  await settle();
  assert.match(h.reports[0]!, /can't be read: the disk is gone/);
  h.journal.since = since;
  h.clock.advance(RETRY_MS_MIN);
  for (let i = h.attempts.length; i < 400; i++) await h.answer(200);
  assert.deepEqual(h.sent, Array.from({ length: 400 }, (_, i) => `${i + 1}`));
});

test("A receiver that answers 410 gets nothing more", async (h) => {
  h.webhooks.set([HOOK]);
  await h.post("one");
  await h.answer(410);
  await h.post("two");
  await settle();
  assert.deepEqual(h.sent, ["one"]);
  assert.equal(h.clock.waiting, 0);
});

test("Who watches is told since when a hook fails and why, that it works again, and that its receiver wants no more", async (h) => {
  const admin = await h.enterAdmin("Ada", "lobby");
  h.webhooks.follow(h.hub.moderation);
  const { id } = await h.order(admin, { type: "hook", url: HOOK.url });
  admin.send({ type: "watch" });
  const told = async () => {
    h.hub.tick();
    await h.deliver(0);
    const [hook] = admin.got("status").findLast(({ hooks }) => hooks)!.hooks!.first;
    const { failing, gone } = hook!;
    return { failing, gone };
  };
  const well = { failing: undefined, gone: undefined };
  assert.deepEqual(await told(), well);
  await h.post("one");
  const since = h.clock.date();
  await h.answer(503);
  assert.deepEqual(await told(), { ...well, failing: { since, reason: "it answers 503" } });
  h.clock.advance(RETRY_MS_MIN);
  await h.answer(new TypeError("no route to https://bot.example/in?key=private"));
  assert.deepEqual(await told(), { ...well, failing: { since, reason: "no route to its address" } });
  // The system's own words have the address a second time.
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  closed.close();
  const url = `http://127.0.0.1:${closed.addr.port}/it's-private?key=private`;
  h.clock.advance(2 * RETRY_MS_MIN);
  await settle();
  await h.answer(await fetch(url).then(() => assert.fail(), (error) => error));
  const { reason } = (await told()).failing!;
  assert(!reason.includes("private") && reason.includes("its address"), reason);
  h.clock.advance(4 * RETRY_MS_MIN);
  await h.answer(200);
  assert.deepEqual(await told(), well);
  await h.post("two");
  await h.answer(503);
  h.clock.advance(RETRY_MS_MIN);
  await h.answer(410);
  assert.deepEqual(await told(), { ...well, gone: h.clock.date() });
  assert(!h.reports.at(-1)!.includes("again"), "that it is gone is no success");
  await h.order(admin, { type: "unhook", hook: id });
});

test("A hook that is taken away is ended in the middle of what it does, the others go on", async (h) => {
  h.webhooks.set([HOOK, { ...HOOK, id: "8" }]);
  await h.post("one");
  await settle();
  h.webhooks.set([{ ...HOOK, id: "8" }, { ...HOOK, id: "9" }]);
  await settle();
  assert(h.attempts[0]!.init.signal!.aborted && !h.attempts[1]!.init.signal!.aborted);
  h.attempts[1]!.answer(new Response());
  await h.post("two");
  await settle();
  assert.deepEqual(h.sent, ["one", "one", "two", "two"]);
});

Deno.test("Over a real socket a receiver gets what is said, whatever else it answers", async () => {
  const received = Promise.withResolvers<{ body: string; headers: Headers }>();
  let count = 0;
  const receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    if (count++ === 0) return Response.redirect(`http://${request.headers.get("host")}/elsewhere`);
    received.resolve({ body: await request.text(), headers: request.headers });
    // Without an end.
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000)) }));
  });
  const h = new ApiHarness();
  const { hub, journal, followers, clock } = h;
  const tried = Promise.withResolvers<string>();
  const log: Log = (_, fields) => tried.resolve(JSON.stringify(fields));
  const webhooks = new Webhooks({ hub, journal, followers, clock, random: () => 0, fetch, log });
  webhooks.set([{ ...HOOK, url: `http://127.0.0.1:${receiver.addr.port}/in` }]);
  await h.post("hello");
  assert.match(await tried.promise, /it answers 302/);
  await settle();
  h.clock.advance(RETRY_MS_MIN);
  const { body, headers } = await received.promise;
  const [id, timestamp] = ["webhook-id", "webhook-timestamp"].map((name) => headers.get(name)!);
  assert.equal(headers.get("webhook-signature"), sign(SECRET, id!, timestamp!, body));
  assert.equal(JSON.parse(body).data.text, "hello");
  await webhooks.close();
  await h.end();
  await receiver.shutdown();
});
