/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Locator, Page } from "playwright-core";
import {
  choose,
  chooseOf,
  hasMessages,
  isCalled,
  isIn,
  joinRoom,
  listen,
  messages,
  numbered,
  PHONE,
  reaches,
  readBack,
  rename,
  scenario,
  shows,
  type Stage,
  write,
} from "./stage.ts";
import { userIdOf } from "../text.ts";

/** Two people, the second of whom is an administrator. */
async function two(stage: Stage): Promise<[Page, Page]> {
  const pages = await Promise.all([stage.open(), stage.open({ at: stage.admin })]) as [Page, Page];
  for (const [page, name] of [[pages[0], "Bob"], [pages[1], "Ada"]] as const) {
    await rename(page, name);
    await isCalled(page, name);
    await page.focus("#text");
  }
  return pages;
}

/** The time of a message, by which one comes to it by keyboard. */
function timeOf(page: Page, text: string): Locator {
  return page.locator("#timeline .message").filter({ has: page.getByText(text, { exact: true }) }).locator("a.when");
}

/** Waits until the line says what an administrator has had done. */
async function isDone(page: Page, text: string | RegExp): Promise<void> {
  await page.locator("#outcome-line [role=status]").getByText(text).waitFor();
}

scenario("what somebody deletes is gone for all, from what was found and after a reload, too", async (stage) => {
  const [bob, ada] = await two(stage);
  for (const text of ["Good morning", "My password is hunter2", "Nobody saw that"]) await write(bob, text);
  await shows(ada, "Good morning", "My password is hunter2", "Nobody saw that");
  await ada.fill("#query", "hunter2");
  await ada.press("#query", "Enter");
  await ada.locator("#found li").waitFor();

  const told = await listen(bob);
  await chooseOf(bob, "My password is hunter2", "Delete…", "Cancel");
  await chooseOf(bob, "My password is hunter2", "Delete…", "Delete");
  for (const page of [bob, ada]) await shows(page, "Good morning", "Nobody saw that");
  assert.deepEqual(await told(), ["The message is deleted."]);
  await ada.getByText("Nothing found").waitFor();
  assert.equal(await ada.locator("#found li").count(), 0);
  assert.ok(!(await ada.content()).includes("hunter2"));
  for (const page of [bob, ada]) {
    await page.reload();
    await shows(page, "Good morning", "Nobody saw that");
  }
});

scenario("nobody is offered what they may not do", async (stage) => {
  const [bob, ada] = await two(stage);
  await write(ada, "Not yours");
  await shows(bob, "Not yours");
  await bob.getByText("Not yours", { exact: true }).hover();
  await timeOf(bob, "Not yours").focus();
  assert.equal(await bob.locator(".act").count(), 0);
  await bob.keyboard.press("Delete");
  assert.equal(await bob.getByRole("menu").count(), 0);
  assert.equal(await bob.locator("#moderate").isVisible(), false);
});

scenario("by keyboard Delete asks, Escape takes that back, and the focus goes to what is next to it", async (stage) => {
  const [bob] = await two(stage);
  for (const text of numbered(1, 3)) await write(bob, text);
  await shows(bob, ...numbered(1, 3));
  const time = timeOf(bob, "Message 2");
  await time.focus();
  // Wherever the pointer is.
  await bob.getByText("Message 1", { exact: true }).hover();
  await bob.keyboard.press("Delete");
  const menu = bob.getByRole("menu", { name: "Delete this message for everybody?" });
  assert.equal(await menu.locator(":focus").textContent(), "Delete");
  await bob.keyboard.press("Escape");
  await menu.waitFor({ state: "detached" });
  assert.ok(await time.evaluate((link) => link === document.activeElement));

  // The button is the next stop behind the message.
  await bob.keyboard.press("Tab");
  await bob.locator(".act:focus").waitFor();
  await bob.keyboard.press("Enter");
  await bob.getByRole("menu").waitFor();
  assert.equal(await bob.locator(".act").getAttribute("aria-expanded"), "true");
  await bob.keyboard.press("Tab");
  await bob.getByRole("menu").waitFor({ state: "detached" });

  await time.focus();
  await bob.keyboard.press("Delete");
  await bob.keyboard.press("ArrowUp");
  assert.equal(await menu.locator(":focus").textContent(), "Cancel");
  await bob.keyboard.press("Home");
  await bob.keyboard.press("Enter");
  await shows(bob, "Message 1", "Message 3");
  await bob.waitForFunction(() => document.activeElement!.matches("#timeline a.when"));
  // What was the second of a group still is in the group.
  assert.equal(await bob.locator("#timeline .said li.continued").count(), 1);
});

scenario(
  "what can be done follows the mouse, also after a menu, but not away from who is at it by keyboard",
  async (stage) => {
    const [bob] = await two(stage);
    for (const text of numbered(1, 2)) await write(bob, text);
    await shows(bob, ...numbered(1, 2));
    const button = (text: string) => bob.locator("#timeline .message", { hasText: text }).locator(".act");
    const point = (text: string) => bob.getByText(text, { exact: true }).hover();
    await point("Message 1");
    await button("Message 1").click();
    await bob.getByRole("menu").waitFor();
    await point("Message 2");
    await bob.keyboard.press("Escape");
    await bob.locator(".act:focus").waitFor();
    await point("Message 1");
    await point("Message 2");
    await button("Message 2").waitFor();
    assert.ok(await timeOf(bob, "Message 1").evaluate((link) => link === document.activeElement));

    await bob.keyboard.press("Tab");
    await button("Message 1").and(bob.locator(":focus")).waitFor();
    await point("Message 1");
    await point("Message 2");
    assert.ok(await button("Message 1").evaluate((button) => button === document.activeElement));
  },
);

scenario("what is deleted moves nothing for who reads back, and a date is handed on", async (stage) => {
  const day = 24 * 60 * 60_000;
  const at = new Date().setHours(9, 0, 0, 0) - day;
  await stage.remember(
    ...numbered(1, 40).map((text, index) => ({ name: "Ana", text, at: at + index * 1_000 })),
    ...numbered(41, 90).map((text, index) => ({ name: "Ana", text, at: at + day + index * 1_000 })),
  );
  const [page, ada] = await two(stage);
  for (const one of [page, ada]) {
    await one.locator("#viewport").evaluate((viewport) => viewport.scrollTop = 0);
    await hasMessages(one, 90);
  }
  await ada.focus("#text");
  await write(ada, "The end");
  await hasMessages(page, 91);
  const spots = await readBack(page);
  const unseen = await page.locator("#unseen").textContent();
  const first = await page.evaluate(() => {
    const { top } = document.getElementById("viewport")!.getBoundingClientRect();
    const rows = [...document.querySelectorAll("#timeline li")];
    return rows.find((row) => row.getBoundingClientRect().bottom > top)!.querySelector(".text")!.textContent!;
  });
  assert.match(first, /^Message [123]\d$/);
  // Above what is read, the first of it, the first of a day, below, and what was not seen yet.
  for (const text of ["Message 5", first, "Message 41", "Message 90", "The end"]) {
    await timeOf(ada, text).focus();
    await ada.keyboard.press("Delete");
    await ada.keyboard.press("Enter");
    await page.getByText(text, { exact: true }).waitFor({ state: "detached" });
  }
  const tops = new Set((await spots()).map(({ top }) => Math.round(top)));
  assert.equal(tops.size, 1, `what is read was at ${[...tops]}`);
  assert.notEqual(await page.locator("#unseen").textContent(), unseen);
  const today = page.locator("#timeline li").filter({ has: page.locator("h2.day") }).last();
  assert.equal(await today.locator(".text").textContent(), "Message 42");
  assert.equal(await page.locator("#timeline h2.day").count(), 2);
});

scenario("what is deleted is not unread any more, and whoever said it is told", async (stage) => {
  const [bob, ada] = await two(stage);
  await joinRoom(bob, "kitchen");
  await isIn(bob, "kitchen");
  for (const text of ["One", "Two"]) await write(ada, text);
  await bob.getByRole("link", { name: /lobby 2 unread/ }).waitFor();
  await chooseOf(ada, "One", "Delete…", "Delete");
  await bob.getByRole("link", { name: /lobby 1 unread/ }).waitFor();
  await bob.getByRole("link", { name: /lobby/ }).click();
  await shows(bob, "Two");
  await bob.focus("#text");
  await write(bob, "Buy now");
  await shows(ada, "Two", "Buy now");
  const told = await listen(bob);
  await chooseOf(ada, "Buy now", "Delete…", "Delete");
  await shows(bob, "Two");
  assert.deepEqual(await told(), ["A message of yours was deleted."]);
});

scenario("what is deleted while somebody is away is gone when they are back", async (stage) => {
  const line = await stage.line();
  const [, ada] = await two(stage);
  for (const text of ["One", "Two", "Three"]) await write(ada, text);
  const page = await stage.open({ line });
  await shows(page, "One", "Two", "Three");
  line.carry("nothing");
  await reaches(page, "waiting");
  await chooseOf(ada, "Two", "Delete…", "Delete");
  await shows(ada, "One", "Three");
  line.carry("all");
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await shows(page, "One", "Three");
});

scenario(
  "who is muted knows until when, and can write nothing but a draft until they may speak again",
  async (stage) => {
    const [bob, ada] = await two(stage);
    await write(bob, "Buy now");
    await shows(ada, "Buy now");
    await bob.keyboard.type("I was about to say");
    await timeOf(ada, "Buy now").focus();
    await ada.keyboard.press("Tab");
    await ada.keyboard.press("Enter");
    // Mute Bob… is the second, an hour the second span.
    for (const key of ["ArrowDown", "Enter", "ArrowDown", "Enter"]) await ada.keyboard.press(key);
    await isDone(ada, /^Bob is muted until .*:\d\d/);
    await bob.locator("#rules").getByText(/^You can’t say anything here until .*:\d\d/).waitFor();
    await bob.locator("#text[readonly][aria-describedby=rules]").waitFor();
    await bob.keyboard.press("Enter");
    assert.equal(await bob.inputValue("#text"), "I was about to say");
    await bob.reload();
    await bob.locator("#rules").getByText("You can’t say anything here until").waitFor();
    await bob.locator("#text[readonly]").waitFor();
    await ada.getByRole("button", { name: "Undo" }).click();
    await isDone(ada, "That is taken back.");
    await bob.locator("#rules").getByText("You can’t").waitFor({ state: "detached" });
    await bob.locator("#text:not([readonly])").waitFor();
    await bob.press("#text", "Enter");
    await shows(ada, "Buy now", "I was about to say");
  },
);

scenario("an administrator whom another has muted speaks all the same, and is not told otherwise", async (stage) => {
  const [, ada] = await two(stage);
  const secret = await ada.evaluate(() => localStorage.getItem("hubbub.secret")!);
  await stage.order({ type: "mute", user: userIdOf(secret) });
  await write(ada, "Here I am");
  await shows(ada, "Here I am");
  assert.equal(await ada.locator("#rules").textContent(), "");
});

scenario("in a locked room only administrators speak, and a draft waits until it is open again", async (stage) => {
  const [bob, ada] = await two(stage);
  await bob.keyboard.type("I was about to say");
  await choose(ada.locator("#moderate"), "Lock this room");
  await isDone(ada, "#lobby is locked.");
  await bob.locator("#rules").getByText("This room is locked: only administrators can say anything.").waitFor();
  await bob.keyboard.type(" something");
  await bob.keyboard.press("Enter");
  assert.equal(await bob.inputValue("#text"), "I was about to say");
  assert.equal(await bob.locator("#text").getAttribute("aria-describedby"), "rules");
  await ada.focus("#text");
  await write(ada, "A word from me");
  await shows(bob, "A word from me");

  await bob.reload();
  await bob.locator("#text[readonly]").waitFor();
  await joinRoom(bob, "kitchen");
  await isIn(bob, "kitchen");
  await bob.locator("#text:not([readonly])").waitFor();
  await bob.getByRole("link", { name: /lobby/ }).click();
  await bob.locator("#text[readonly]").waitFor();
  await ada.getByRole("button", { name: "Undo" }).click();
  await bob.locator("#text:not([readonly])").waitFor();
  await bob.press("#text", "Enter");
  await shows(ada, "A word from me", "I was about to say");
});

scenario("in a slow room what comes too soon says so and goes out by itself", async (stage) => {
  const [bob, ada] = await two(stage);
  await choose(ada.locator("#moderate"), "Slow mode…", "10 seconds");
  await bob.locator("#rules").getByText("Slow mode: one message every 10 seconds.").waitFor();
  // Nobody needs to wait that long to see it.
  await stage.order({ type: "slow", room: "lobby", seconds: 2 });
  await bob.locator("#rules").getByText("Slow mode: one message every 2 seconds.").waitFor();
  for (const text of ["One", "Two"]) await write(bob, text);
  await bob.locator(".pending").getByText("Waits its turn…").waitFor();
  await joinRoom(bob, "kitchen");
  await isIn(bob, "kitchen");
  await write(bob, "Elsewhere");
  await shows(bob, "Elsewhere");
  await shows(ada, "One", "Two");
});

scenario("who is banned from the list of people is gone, on a phone, too, and may come again", async (stage) => {
  const bob = await stage.open();
  await rename(bob, "Bob");
  await isCalled(bob, "Bob");
  const ada = await stage.open({ at: stage.admin, viewport: PHONE, hasTouch: true, isMobile: true });
  await ada.tap("#people-open");
  await ada.getByRole("button", { name: "What to do about Bob" }).tap();
  await ada.getByText("Ban Bob…").tap();
  const everybody = ada.getByRole("menuitemcheckbox");
  await everybody.tap();
  await ada.locator("[role=menuitemcheckbox][aria-checked=true]").waitFor();
  await everybody.tap();
  await ada.getByRole("menuitem", { name: "ever" }).tap();
  await bob.getByText("You are banned here.").waitFor();
  await ada.locator("#people h2").getByText("1 person").waitFor();
  await ada.keyboard.press("Escape");
  await isDone(ada, "Bob is banned.");
  await ada.getByRole("button", { name: "Undo" }).tap();
  await isDone(ada, "That is taken back.");
  await bob.reload();
  await reaches(bob, "open");
});

scenario("by touch one comes to what can be done with a message, and nothing is done by the way", async (stage) => {
  const [bob] = await two(stage);
  await write(bob, "Buy now");
  const ada = await stage.open({ at: stage.admin, viewport: PHONE, hasTouch: true, isMobile: true });
  await ada.getByText("Buy now", { exact: true }).tap();
  await ada.locator("#timeline .act").tap();
  await ada.getByText("Delete…").tap();
  // Whoever taps elsewhere wants none of it.
  await ada.locator("#here").tap();
  await ada.getByRole("menu").waitFor({ state: "detached" });
  assert.deepEqual(await messages(ada), ["Buy now"]);
  await ada.locator("#timeline .act").tap();
  await ada.getByText("Delete…").tap();
  await ada.getByRole("menuitem", { name: "Delete" }).tap();
  await shows(bob);
});

scenario("a menu gives the focus back to its button, and closes when one goes elsewhere", async (stage) => {
  const [, ada] = await two(stage);
  await ada.focus("#moderate");
  await ada.keyboard.press("Enter");
  await ada.getByRole("menu", { name: "What to do in #lobby" }).waitFor();
  await ada.keyboard.press("End");
  await ada.keyboard.press("Enter");
  await ada.getByRole("menu", { name: "It lets guests into #lobby for" }).waitFor();
  await ada.keyboard.press("Escape");
  await ada.locator("#moderate:focus[aria-expanded=false]").waitFor();
  await ada.click("#moderate");
  await ada.click("#text");
  await ada.getByRole("menu").waitFor({ state: "detached" });
  await ada.locator("#text:focus").waitFor();
  await ada.click("#moderate");
  await ada.click("#moderate");
  await ada.getByRole("menu").waitFor({ state: "detached" });
});
