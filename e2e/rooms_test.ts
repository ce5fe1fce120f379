/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  comesBack,
  isIn,
  joinRoom,
  lastIsInView,
  messages,
  numbered,
  reaches,
  scenario,
  shows,
  write,
} from "./stage.ts";

/** What the list of rooms says: each room, and how much is unread in it. */
async function rooms(page: Page): Promise<string[]> {
  return await page.locator("#rooms li a").evaluateAll((links) =>
    links.map((link) =>
      `${link.querySelector(".room")!.textContent} ${link.querySelector(".badge")!.textContent}`.trim()
    )
  );
}

/** Waits until the list of rooms says that. */
async function listsRooms(page: Page, ...expected: string[]): Promise<void> {
  const isSo = (expected: string[]) => {
    const links = [...document.querySelectorAll("#rooms li a")];
    const said = links.map((link) =>
      `${link.querySelector(".room")!.textContent} ${link.querySelector(".badge")!.textContent}`.trim()
    );
    return JSON.stringify(said) === JSON.stringify(expected);
  };
  await page.waitForFunction(isSo, expected).catch(async () => assert.deepEqual(await rooms(page), expected));
}

scenario("a room is made by its name, and whoever has its address is in it", async (stage) => {
  const ada = await stage.open();
  await joinRoom(ada, " #Tea Kitchen ");
  await isIn(ada, "tea-kitchen");
  await ada.locator("#text:focus").waitFor();
  await write(ada, "The water boils");
  await shows(ada, "The water boils");

  const bob = await stage.blank();
  await bob.goto(ada.url());
  await isIn(bob, "tea-kitchen");
  await shows(bob, "The water boils");
  await bob.getByRole("heading", { name: "2 people" }).waitFor();
  await write(bob, "Coming");
  await shows(ada, "The water boils", "Coming");

  await joinRoom(ada, "Küche");
  await ada.getByText("A room’s name has only letters from a to z, digits, - and _.").waitFor();
  await isIn(ada, "tea-kitchen");
});

scenario("what is said where I am not looking is counted until I look, also over a reload", async (stage) => {
  const ada = await stage.open();
  await joinRoom(ada, "kitchen");
  await isIn(ada, "kitchen");
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  await bob.say("lobby", "One", "Two");
  await bob.say("kitchen", "Seen");
  await listsRooms(ada, "lobby 2 unread", "kitchen");
  assert.equal(await ada.title(), "(2) #kitchen · Hubbub");
  await bob.say("lobby", "Three");
  await listsRooms(ada, "lobby 3 unread", "kitchen");

  await ada.reload();
  await listsRooms(ada, "lobby 3 unread", "kitchen");
  await bob.say("lobby", "Four");
  await listsRooms(ada, "lobby 4 unread", "kitchen");

  await ada.locator("#rooms").getByRole("link", { name: "lobby" }).click();
  await isIn(ada, "lobby");
  await shows(ada, "One", "Two", "Three", "Four");
  await listsRooms(ada, "lobby", "kitchen");
  assert.equal(await ada.title(), "#lobby · Hubbub");
  await ada.reload();
  await isIn(ada, "lobby");
  await shows(ada, "One", "Two", "Three", "Four");
  await listsRooms(ada, "lobby", "kitchen");
});

scenario("what is said elsewhere while I am offline counts, and reading it in one tab is enough", async (stage) => {
  const line = await stage.line();
  const ada = await stage.open({ line });
  await joinRoom(ada, "kitchen");
  await isIn(ada, "kitchen");
  const tab = await ada.context().newPage();
  await tab.goto(ada.url());
  await listsRooms(tab, "lobby", "kitchen");
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  line.carry("nothing");
  for (const page of [ada, tab]) await reaches(page, "waiting");
  await bob.say("lobby", "One", "Two");
  line.carry("all");
  for (const page of [ada, tab]) {
    await comesBack(page);
    await listsRooms(page, "lobby 2 unread", "kitchen");
  }
  await tab.locator("#rooms").getByRole("link", { name: "lobby" }).click();
  await shows(tab, "One", "Two");
  for (const page of [ada, tab]) await listsRooms(page, "lobby", "kitchen");
});

scenario("who leaves a room hears no more of it, and can come back", async (stage) => {
  const ada = await stage.open();
  await joinRoom(ada, "kitchen");
  await isIn(ada, "kitchen");
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  await bob.say("kitchen", "Before");
  await shows(ada, "Before");
  await ada.getByRole("button", { name: "Leave kitchen" }).click();
  await isIn(ada, "lobby");
  await bob.say("kitchen", "Meanwhile");
  await bob.say("lobby", "Where is Ada?");
  await shows(ada, "Where is Ada?");
  await listsRooms(ada, "lobby");
  await ada.reload();
  await shows(ada, "Where is Ada?");
  await listsRooms(ada, "lobby");

  await joinRoom(ada, "kitchen");
  await isIn(ada, "kitchen");
  await shows(ada, "Before", "Meanwhile");
});

scenario(
  "back and forward go through the rooms, each where one was reading it, with what one was writing",
  async (stage) => {
    const ada = await stage.open();
    const bob = await stage.speaker("Bob", "lobby");
    await bob.say("lobby", ...numbered(1, 50));
    await ada.getByText("Message 50", { exact: true }).waitFor();
    await ada.evaluate(async () => {
      const viewport = document.getElementById("viewport")!;
      const scrolled = new Promise((resolve) => viewport.addEventListener("scroll", resolve, { once: true }));
      viewport.scrollTop = 500;
      await scrolled;
    });
    const place = () => ada.getByText("Message 30", { exact: true }).evaluate((p) => p.getBoundingClientRect().top);
    const before = await place();
    await ada.fill("#text", "What I wanted to s");

    await joinRoom(ada, "kitchen");
    await isIn(ada, "kitchen");
    assert.equal(await ada.inputValue("#text"), "");
    await joinRoom(ada, "cellar");
    await isIn(ada, "cellar");
    await write(ada, "It is dark here");
    await shows(ada, "It is dark here");

    await ada.goBack();
    await isIn(ada, "kitchen");
    await shows(ada);
    await ada.goBack();
    await isIn(ada, "lobby");
    assert.equal(await ada.inputValue("#text"), "What I wanted to s");
    assert.equal(await place(), before);
    assert.equal((await messages(ada)).length, 50);
    await ada.goForward();
    await ada.goForward();
    await isIn(ada, "cellar");
    await shows(ada, "It is dark here");
    assert.ok(await ada.evaluate(lastIsInView));
  },
);
