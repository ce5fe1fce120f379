/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { PAGE_ENTRIES } from "../protocol.ts";
import type { Line } from "./line.ts";
import {
  comesBack,
  hasMessages,
  isCalled,
  isMarkedInView,
  lastIsInView,
  messages,
  numbered,
  reaches,
  readBack,
  rename,
  scenario,
  shows,
  write,
} from "./stage.ts";

/** The network is gone, as when a train enters a tunnel. */
async function goOffline(page: Page, line: Line): Promise<void> {
  line.carry("nothing");
  await page.context().setOffline(true);
  await reaches(page, "waiting");
}

/** The network is back, and the browser tells the page. */
async function goOnline(page: Page, line: Line): Promise<void> {
  line.carry("all");
  await page.context().setOffline(false);
  await comesBack(page);
}

/** What is shown as pending, and what is said of each. */
async function pending(page: Page): Promise<string[]> {
  const items = page.locator("#timeline .pending");
  const texts = await items.locator(".text").allTextContents();
  const states = await items.locator(".when").allTextContents();
  return texts.map((text, index) => `${text} (${states[index]})`);
}

const TYPED_OFFLINE = ["I am in the tunnel", "Can you hear me?", "Never mind"];
const LOOK_PENDING = TYPED_OFFLINE.map((text) => `${text} (Waiting for the connection…)`);

scenario("what is typed offline outlives a reload and arrives once, in order, for everybody", async (stage) => {
  const line = await stage.line();
  const [ada, bob] = await Promise.all([stage.open({ line }), stage.open()]);
  await write(ada, "Good morning!");
  await shows(bob, "Good morning!");

  await goOffline(ada, line);
  for (const text of TYPED_OFFLINE) await write(ada, text);
  assert.deepEqual(await pending(ada), LOOK_PENDING);
  await write(bob, "Ada?");

  // There is enough of a network for the page, but not for its WebSocket.
  line.carry("files");
  await ada.context().setOffline(false);
  await ada.reload();
  await reaches(ada, "waiting");
  assert.deepEqual(await pending(ada), LOOK_PENDING);
  await shows(bob, "Good morning!", "Ada?");

  await goOnline(ada, line);
  const said = ["Good morning!", "Ada?", ...TYPED_OFFLINE];
  await shows(ada, ...said);
  await shows(bob, ...said);
  await shows(await stage.open(), ...said);
  await ada.reload();
  await shows(ada, ...said);
});

scenario("what two tabs of somebody could not send is sent once, also when both are loaded anew", async (stage) => {
  const line = await stage.line();
  const [ada, bob] = await Promise.all([stage.open({ line }), stage.open()]);
  const tab = await ada.context().newPage();
  await tab.goto(line.url);
  await reaches(tab, "open");
  line.carry("files");
  for (const page of [ada, tab]) await reaches(page, "waiting");
  const typed = ["Here 1", "There 1", "Here 2", "There 2"];
  for (const text of typed) await write(text.startsWith("Here") ? ada : tab, text);
  for (const page of [ada, tab]) {
    await page.reload();
    await reaches(page, "waiting");
    assert.deepEqual(await messages(page), typed);
  }

  line.carry("all");
  await Promise.all([ada, tab].map((page) => comesBack(page)));
  for (const page of [ada, tab, bob]) await shows(page, ...typed);
  await shows(await stage.open(), ...typed);
});

scenario("what arrived although its answer was lost is not said twice", async (stage) => {
  const line = await stage.line();
  const [ada, bob] = await Promise.all([stage.open({ line }), stage.open()]);
  await write(ada, "Good morning!");
  for (const page of [ada, bob]) await shows(page, "Good morning!");
  line.carry("questions");
  await write(ada, "Did that arrive?");
  await shows(bob, "Good morning!", "Did that arrive?");
  assert.deepEqual(await pending(ada), ["Did that arrive? (Sending…)"]);

  await goOffline(ada, line);
  assert.deepEqual(await pending(ada), ["Did that arrive? (Waiting for the connection…)"]);
  await goOnline(ada, line);
  await shows(ada, "Good morning!", "Did that arrive?");
  await write(ada, "It did.");
  await shows(bob, "Good morning!", "Did that arrive?", "It did.");
  await shows(ada, "Good morning!", "Did that arrive?", "It did.");
});

scenario("what others said while I was away is there once, under a line that counts it", async (stage) => {
  const line = await stage.line();
  const [ada, bob] = await Promise.all([stage.open({ line }), stage.open()]);
  await write(bob, "Before");
  await shows(ada, "Before");

  await goOffline(ada, line);
  for (const text of ["One", "Two", "Three"]) await write(bob, text);
  await shows(bob, "Before", "One", "Two", "Three");
  await goOnline(ada, line);
  await shows(ada, "Before", "One", "Two", "Three");
  assert.deepEqual(
    await ada.locator("#timeline li").evaluateAll((items) =>
      items.map((item) => item.querySelector(".text, .notice > span, span:not(.avatar)")!.textContent)
    ),
    ["Before", "You missed 3 messages", "One", "Two", "Three"],
  );

  await write(bob, "Four");
  await shows(ada, "Before", "One", "Two", "Three", "Four");
  assert.equal(await ada.locator(".notice").count(), 1);
});

scenario(
  "who missed more than the server goes through sees the newest, and that something is left out",
  async (stage) => {
    const line = await stage.line();
    const ada = await stage.open({ line });
    const bob = await stage.speaker("Bob", "lobby");
    await bob.say("lobby", "Before");
    await shows(ada, "Before");

    await goOffline(ada, line);
    await write(ada, "Am I late?");
    const missed = Array.from({ length: 1_100 }, (_, index) => `Missed ${index + 1}`);
    await bob.say("lobby", ...missed);
    await goOnline(ada, line);
    await ada.locator("#timeline").getByText("Reloaded after the connection was lost").waitFor();
    await ada.locator("#timeline li:not(.pending)").last().getByText("Am I late?").waitFor();
    const shown = await messages(ada);
    assert.deepEqual(shown, [...missed, "Am I late?"].slice(-shown.length));
    assert.ok(shown.length >= 50, `only ${shown.length} are shown`);
  },
);

scenario("who reads back while too much is missed goes on reading where they were", async (stage) => {
  const line = await stage.line();
  const ada = await stage.open({ line });
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 100));
  await hasMessages(ada, 100);
  const spots = await readBack(ada);
  const [before] = await spots();
  const text = await ada.locator("#timeline li").nth(39).locator(".text").textContent();
  await goOffline(ada, line);
  await bob.say("lobby", ...numbered(101, 1_200));
  await goOnline(ada, line);
  await ada.getByText(/^\d+\+ new ↓$/).waitFor();
  await ada.waitForFunction(([text, top]) => {
    const p = [...document.querySelectorAll("#timeline .text")].find((p) => p.textContent === text);
    return p?.closest("li")?.getBoundingClientRect().top === top;
  }, [text, before!.top] as const);

  await ada.locator("#unseen").click();
  await ada.getByText("Message 1200", { exact: true }).waitFor();
  assert.ok(await ada.evaluate(lastIsInView));
});

scenario("who asks for the newest without a connection is told that they can’t be had", async (stage) => {
  const line = await stage.line();
  const bob = await stage.speaker("Bob", "lobby");
  const first = await bob.say("lobby", "Message 1");
  await bob.say("lobby", ...numbered(2, 200));
  const page = await stage.open({ line, at: `#m${first}` });
  await isMarkedInView(page, "Message 1");
  await goOffline(page, line);
  await page.getByRole("button", { name: "Newest" }).click();
  await page.getByText("The newest messages can’t be shown now: the server does not answer.").waitFor();
  await goOnline(page, line);
  await page.getByRole("button", { name: "Newest" }).click();
  await page.getByText("Message 200", { exact: true }).waitFor();
  assert.ok(await page.evaluate(lastIsInView));
  assert.equal(await page.textContent("#hint"), "");
});

scenario("a name chosen offline is taken when the connection is back", async (stage) => {
  const line = await stage.line();
  const [ada, bob] = await Promise.all([stage.open({ line }), stage.open()]);
  await goOffline(ada, line);
  await rename(ada, "Ada");
  await goOnline(ada, line);
  await isCalled(ada, "Ada");
  await bob.locator("#people li").getByText("Ada", { exact: true }).waitFor();

  await goOffline(ada, line);
  await rename(ada, "Countess");
  await rename(bob, "Countess");
  await isCalled(bob, "Countess");
  await goOnline(ada, line);
  await ada.locator("#people form [role=status]").getByText("“Countess” is somebody else.").waitFor();
  await isCalled(ada, "Ada");
});

scenario("when the server has lost everything, the page shows what there is now, and nothing twice", async (stage) => {
  const ada = await stage.open();
  await rename(ada, "Ada");
  await isCalled(ada, "Ada");
  await ada.focus("#text");
  await write(ada, "In the old days");
  await shows(ada, "In the old days");
  await stage.stopServer();
  await reaches(ada, "waiting");
  await write(ada, "Is it a new age?");
  await stage.wipeData();
  await stage.restartServer();

  await comesBack(ada);
  await ada.locator("#timeline").getByText("Reloaded after the connection was lost").waitFor();
  await shows(ada, "Is it a new age?");
  await isCalled(ada, "Ada");
  const bob = await stage.open();
  await write(bob, "It is");
  await shows(ada, "Is it a new age?", "It is");
});

scenario("a text that the server will not have looks failed, and can be tried again or deleted", async (stage) => {
  const ada = await stage.open();
  await stage.stopServer();
  await reaches(ada, "waiting");
  await write(ada, "This is far too long for a small server");
  await write(ada, "This is short");
  await write(ada, "This is too long for it, too");
  await stage.restartServer("--max-message=20");
  await comesBack(ada);

  const failed = ada.locator(".failed");
  await failed.nth(1).waitFor();
  await ada.locator("#timeline li:not(.pending, .failed)").getByText("This is short").waitFor();
  assert.deepEqual(await failed.locator(".refusal span").allTextContents(), [
    "This has 39 bytes; the server takes 20",
    "This has 28 bytes; the server takes 20",
  ]);
  assert.deepEqual(await failed.locator(".when").allTextContents(), ["Not sent", "Not sent"]);

  await ada.reload();
  await reaches(ada, "open");
  await failed.nth(1).waitFor();
  await failed.nth(0).getByRole("button", { name: "Delete" }).click();
  await ada.getByText("This is far too long").waitFor({ state: "detached" });

  await stage.stopServer();
  await reaches(ada, "waiting");
  await failed.getByRole("button", { name: "Try again" }).click();
  assert.deepEqual(await pending(ada), ["This is too long for it, too (Waiting for the connection…)"]);
  await stage.restartServer();
  await comesBack(ada);
  await shows(ada, "This is short", "This is too long for it, too");
  await shows(await stage.open(), "This is short", "This is too long for it, too");
});

scenario("when the server is killed while people write, nothing is lost and nothing is there twice", async (stage) => {
  const [ada, bob] = await Promise.all([stage.open(), stage.open()]);
  await rename(ada, "Ada");
  await isCalled(ada, "Ada");
  await ada.focus("#text");
  let killed = false;
  const writeOn = async (page: Page, name: string) => {
    const written: string[] = [];
    // Both together no more than whoever comes later is shown at once.
    for (let left = 3; left > 0 && written.length < PAGE_ENTRIES / 2; left -= killed ? 1 : 0) {
      written.push(`${name} ${written.length + 1}`);
      await write(page, written.at(-1)!);
    }
    return written;
  };
  const writing = Promise.all([writeOn(ada, "A"), writeOn(bob, "B")]);
  await ada.getByText("B 5", { exact: true }).waitFor();
  await stage.killServer();
  killed = true;
  const [byAda, byBob] = await writing;
  await stage.restartServer();

  const count = byAda.length + byBob.length;
  for (const page of [ada, bob]) {
    await comesBack(page);
    await page.locator(".pending").first().waitFor({ state: "detached" });
    await hasMessages(page, count);
  }
  const carol = await stage.open();
  await hasMessages(carol, count);
  const said = await messages(carol);
  assert.deepEqual(said.filter((text) => text.startsWith("A")), byAda);
  assert.deepEqual(said.filter((text) => text.startsWith("B")), byBob);
  assert.deepEqual(await messages(ada), said);
  assert.deepEqual(await messages(bob), said);
  await isCalled(ada, "Ada");
});
