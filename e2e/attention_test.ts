/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  AWAY,
  comesBack,
  isCalled,
  isIn,
  isMarkedInView,
  joinRoom,
  listen,
  numbered,
  reaches,
  rename,
  scenario,
  shows,
  type Stage,
  write,
} from "./stage.ts";

/** Waits until the rooms that one is not looking at say this. */
async function lists(page: Page, name: string): Promise<void> {
  await page.locator("#rooms").getByRole("link", { name: `#${name}`, exact: true }).waitFor();
}

/** Ada, in the kitchen and the lobby, and looking at the kitchen. */
async function ada(page: Page): Promise<Page> {
  await rename(page, "Ada");
  await isCalled(page, "Ada");
  await joinRoom(page, "kitchen");
  await isIn(page, "kitchen");
  return page;
}

/** A page that has not been anywhere, and on which a test sees what the system would show. */
async function pageThatNotifies(stage: Stage): Promise<Page> {
  const page = await stage.blank();
  await page.context().grantPermissions(["notifications"], { origin: stage.url });
  // What the system shows can't be seen from here.
  await page.addInitScript(() => {
    const shown: unknown[] = [];
    class FakeNotification {
      static permission = "granted";
      static requestPermission = () => Promise.resolve("granted");
      onclick: (() => void) | undefined;
      onclose: (() => void) | undefined;
      readonly #shown: unknown;
      constructor(title: string, { body }: { body: string }) {
        shown.push(this.#shown = { title, body, click: () => this.onclick!() });
      }
      close(): void {
        shown.splice(shown.indexOf(this.#shown), 1);
        this.onclose!();
      }
    }
    Object.assign(globalThis, { Notification: FakeNotification, shown });
  });
  return page;
}

/** Waits for the notifications that a page has shown. */
async function notifies(page: Page, ...expected: { title: string; body: string }[]): Promise<void> {
  const shown = () => page.evaluate(() => JSON.stringify((globalThis as unknown as { shown: unknown[] }).shown));
  await page.waitForFunction(
    (expected) => JSON.stringify((globalThis as unknown as { shown: unknown[] }).shown) === expected,
    JSON.stringify(expected),
  ).catch(async () => assert.equal(await shown(), JSON.stringify(expected)));
}

/** Somebody asks for notifications. */
async function asksForNotifications(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Settings and keys" }).click();
  await page.getByLabel("Notify me when I am mentioned").check();
  await page.keyboard.press("Escape");
}

scenario("a mention has a badge of its own, and title and icon say that there is something new", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const page = await ada(await stage.open());
  const icon = () => page.locator("#icon").getAttribute("href");
  assert.equal(await icon(), "/static/icon.svg");
  await bob.say("lobby", "Hello", "Where is @Ada?");
  await lists(page, "lobby 2 unread @1 mention you");
  assert.equal(await page.title(), "(2) #kitchen · Hubbub");
  assert.equal(await icon(), "/static/icon_unread.svg");

  await page.locator("#rooms").getByRole("link", { name: /lobby/ }).click();
  await lists(page, "lobby");
  assert.equal(await page.title(), "#lobby · Hubbub");
  assert.equal(await icon(), "/static/icon.svg");
  assert.equal(await page.locator(".mention.me").textContent(), "@Ada");
});

scenario("who takes another name is mentioned by it, and what mentions it is highlighted at once", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  const page = await stage.open();
  await bob.say("lobby", "Has anybody seen @Grace?");
  await shows(page, "Has anybody seen @Grace?");
  assert.equal(await page.locator(".mention").count(), 0);
  await rename(page, "Grace");
  await page.locator(".mention.me").getByText("@Grace").waitFor();
});

scenario("who is mentioned before they come is highlighted when they come, and nothing moves", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  const page = await stage.open();
  const timeline = page.locator("#timeline");
  await bob.say("lobby", "Is @Grace Hopper here? `@Grace Hopper`", ...numbered(1, 60));
  await timeline.getByText("Message 60", { exact: true }).waitFor();
  await page.locator("#viewport").evaluate((viewport) => viewport.scrollTop = 0);
  const first = timeline.getByText("Is @Grace Hopper here?");
  await first.waitFor();
  assert.equal(await page.locator(".mention").count(), 0);
  const place = () =>
    timeline.getByText("Message 9", { exact: true }).evaluate((text) => text.getBoundingClientRect().top);
  const before = await place();
  await stage.speaker("Grace Hopper", "lobby");
  await first.locator(".mention").getByText("@Grace Hopper", { exact: true }).waitFor();
  assert.equal(await page.locator(".mention").count(), 1);
  assert.equal(await place(), before);
});

scenario("of a muted room one hears nothing but what mentions one, also after a reload", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const page = await ada(await stage.open());
  const mute = page.getByRole("button", { name: "Mute this room" });
  await page.locator("#rooms").getByRole("link", { name: "lobby" }).click();
  await isIn(page, "lobby");
  await mute.click();
  assert.equal(await mute.getAttribute("aria-pressed"), "true");
  await page.locator("#rooms").getByRole("link", { name: "kitchen" }).click();
  await isIn(page, "kitchen");
  assert.equal(await mute.getAttribute("aria-pressed"), "false");
  await page.reload();
  await isIn(page, "kitchen");

  await bob.say("lobby", ...numbered(1, 3));
  await bob.say("kitchen", "Now");
  await shows(page, "Now");
  await lists(page, "lobby muted");
  assert.equal(await page.title(), "#kitchen · Hubbub");
  await bob.say("lobby", "But @Ada should know");
  await lists(page, "lobby muted @1 mention you");
  assert.equal(await page.title(), "(1) #kitchen · Hubbub");
});

scenario(
  "a screen reader hears author and text of what others say, once, and not what was said before",
  async (stage) => {
    const bob = await stage.speaker("Bob", "lobby", "kitchen");
    await bob.say("lobby", "Before");
    const page = await stage.open();
    await shows(page, "Before");
    const heard = () => page.locator("#read-out").locator("p").allTextContents();
    assert.equal(await page.getByRole("log").getAttribute("aria-label"), "New messages");
    // Nothing else that changes all the time is read out.
    assert.equal(await page.locator("#timeline").evaluate((list) => list.closest("[aria-live], [role=log]")), null);

    await write(page, "My own");
    await shows(page, "Before", "My own");
    await bob.say("lobby", "This is **new**, see `code`");
    await page.locator("#read-out p").waitFor({ state: "attached" });
    assert.deepEqual(await heard(), ["Bob, This is new, see code"]);

    await joinRoom(page, "kitchen");
    await isIn(page, "kitchen");
    await bob.say("lobby", "Nobody is called", `but @${await page.locator("#me .name").textContent()} is`);
    await page.locator("#read-out p").nth(1).waitFor({ state: "attached" });
    assert.match((await heard())[1]!, /^Bob in lobby, but @Guest \d+ is$/);
  },
);

scenario("one outage is told once, with its reason, however often it is tried to end it", async (stage) => {
  const line = await stage.line();
  const page = await stage.open({ line });
  const told = await listen(page);
  await stage.stopServer();
  await page.locator("#banner").getByText(AWAY).waitFor();
  const countdown = () => page.locator("#banner [aria-hidden]").textContent();
  for (let attempts = 0; attempts < 3; attempts++) {
    const before = await countdown();
    const attempt = page.waitForEvent("websocket");
    await page.click("#retry");
    await attempt;
    await page.waitForFunction(
      (before) => document.querySelector("#banner [aria-hidden]")!.textContent !== before,
      before,
    );
  }
  await stage.restartServer();
  await comesBack(page);
  const [lost, ...then] = await told();
  assert.match(lost!, AWAY);
  assert.deepEqual(then, ["Connected"]);
});

scenario(
  "who listens hears what they missed, or how much it was, and is notified of what mentions them",
  async (stage) => {
    const bob = await stage.speaker("Bob", "lobby", "kitchen");
    const line = await stage.line();
    const page = await pageThatNotifies(stage);
    await page.goto(line.url);
    await ada(page);
    await asksForNotifications(page);
    const told = await listen(page);
    const misses = async (room: string, texts: string[], ...expected: string[]) => {
      line.carry("nothing");
      await reaches(page, "waiting");
      await bob.say(room, ...texts);
      line.carry("all");
      await comesBack(page);
      await page.locator("#read-out p").filter({ hasText: expected.at(-1)! }).waitFor({ state: "attached" });
      assert.deepEqual((await told()).filter((text) => !/connect/i.test(text)), expected);
    };
    await misses("kitchen", ["One", "Two"], "Bob, One", "Bob, Two");
    await misses("kitchen", numbered(1, 20), "You missed 20 messages");
    await misses("lobby", ["Not for you", "@Ada, **come**!"], "Bob in lobby, @Ada, come!");
    await notifies(page, { title: "Bob in lobby", body: "@Ada, come!" });
    assert.deepEqual(await told(), []);
  },
);

scenario("somebody who asked for it is notified of a mention, and the notification leads to it", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const page = await pageThatNotifies(stage);
  await page.goto(stage.url);
  await ada(page);
  await bob.say("lobby", "@Ada, nobody has asked for this");

  await asksForNotifications(page);
  await bob.say("lobby", "Not for you", ...numbered(1, 60), "@Ada, **come**!");
  await notifies(page, { title: "Bob in lobby", body: "@Ada, come!" });
  await page.evaluate(() => (globalThis as unknown as { shown: { click(): void }[] }).shown[0]!.click());
  await isIn(page, "lobby");
  await isMarkedInView(page, "@Ada, come!");
});

scenario("the notification of what is deleted goes, and comes no more if it was about to", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const page = await pageThatNotifies(stage);
  await page.goto(stage.url);
  await ada(page);
  await asksForNotifications(page);
  const id = await bob.say("lobby", "@Ada, buy now");
  await bob.say("lobby", "@Ada, this is for you");
  const wanted = { title: "Bob in lobby", body: "@Ada, this is for you" };
  await notifies(page, { title: "Bob in lobby", body: "@Ada, buy now" }, wanted);
  bob.delete("lobby", id);
  await notifies(page, wanted);
  bob.delete("lobby", await bob.say("lobby", "@Ada, buy now or never"));
  const last = { title: "Bob in lobby", body: "@Ada, and this" };
  await bob.say("lobby", "@Ada, and this");
  await notifies(page, wanted, last);
});

scenario("where only a service worker can notify, it does, and leads to the message, too", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const page = await stage.blank();
  const context = page.context();
  await context.grantPermissions(["notifications"], { origin: stage.url });
  await page.addInitScript(() => {
    const { Notification } = globalThis;
    // As in Chromium on Android.
    const refuse = () => {
      throw new TypeError("Illegal constructor");
    };
    Object.assign(globalThis, { Notification: new Proxy(Notification, { construct: refuse }) });
    const { showNotification } = ServiceWorkerRegistration.prototype;
    ServiceWorkerRegistration.prototype.showNotification = async function (...args) {
      const outcome = await showNotification.apply(this, args).then(() => "shown", String);
      Object.assign(globalThis, { outcome });
    };
  });
  await page.goto(stage.url);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await ada(page);
  await asksForNotifications(page);
  await bob.say("lobby", "@Ada, come!");
  const outcome = await page.waitForFunction(() => (globalThis as unknown as { outcome?: string }).outcome);
  assert.equal(await outcome.jsonValue(), "shown");
  const [worker] = context.serviceWorkers();
  await worker!.evaluate(async () => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration };
    const [notification] = await scope.registration.getNotifications();
    const click = new Event("notificationclick");
    Object.assign(click, { notification, waitUntil: (done: Promise<unknown>) => done.catch(() => {}) });
    dispatchEvent(click);
  });
  await isIn(page, "lobby");
  await isMarkedInView(page, "@Ada, come!");
});
