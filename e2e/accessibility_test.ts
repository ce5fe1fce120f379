/// <reference lib="dom" />
import assert from "node:assert/strict";
import { isAccessible, LOOKS } from "./axe.ts";
import {
  hasMessages,
  isCalled,
  isIn,
  joinRoom,
  numbered,
  PHONE,
  reaches,
  scenario,
  type Speaker,
  write,
} from "./stage.ts";

/** Everything that can be in a conversation. */
async function talk(ana: Speaker, bob: Speaker): Promise<void> {
  await ana.say(
    "lobby",
    "**Bold**, *italic*, `code`, see https://example.org/ and mailto:a@example.org",
    "And more of it",
  );
  await bob.say("lobby", "@Ana 👍", "صباح الخير", "```\nconst a = 1;\n```", "大家早上好");
}

for (const [look, options] of Object.entries(LOOKS)) {
  scenario(`axe-core finds nothing to complain about in any state of the page: ${look}`, async (stage) => {
    const isPhone = options.isMobile ?? false;
    const ana = await stage.speaker("Ana", "lobby", "kitchen", "garden");
    const bob = await stage.speaker("Bob", "lobby", "kitchen", "garden");
    const page = await stage.open(options);
    const check = (state: string) => isAccessible(page, state);
    await check("an empty room, as a guest");

    await talk(ana, bob);
    await hasMessages(page, 6);
    await page.focus("#text");
    await write(page, "Mine");
    await page.locator("#timeline .mine:not(.pending)").waitFor();
    ana.type("lobby");
    await page.locator("#typing bdi").waitFor();
    await check("a conversation");
    await page.locator("#timeline a.when").nth(1).focus();
    await check("the time of a message in the middle of a group");

    if (isPhone) await page.click("#people-open");
    await check("people");
    await page.click("#rename");
    await page.fill("#name", "Ana");
    await page.keyboard.press("Enter");
    await page.locator("#people form [role=status]:not(:empty)").waitFor();
    await check("a name that somebody has");
    await page.fill("#name", `Eva ${look.length}`);
    await page.keyboard.press("Enter");
    await isCalled(page, `Eva ${look.length}`);
    if (isPhone) await page.keyboard.press("Escape");

    for (const room of ["garden", "kitchen"]) {
      if (isPhone) await page.click("#rooms-open");
      await page.fill("#room", room);
      await page.press("#room", "Enter");
      await isIn(page, room);
      if (room === "garden") await page.click("#mute");
    }
    await bob.say("lobby", "One", `@Eva ${look.length}, two`);
    await bob.say("garden", `@Eva ${look.length} in a muted room`);
    await page.waitForFunction(() => document.querySelectorAll(".mentions:not(:empty)").length === 2);
    if (isPhone) await page.click("#rooms-open");
    await check("rooms with badges");
    await page.locator("#rooms a").first().click();
    await page.locator("#timeline .new").waitFor();
    await check("the line above what is new");

    await page.focus("#text");
    await page.keyboard.type("@");
    await page.locator("#suggestions li").first().waitFor();
    await check("people suggested");
    await page.keyboard.type("n :tad");
    await page.locator("#suggestions .emoji").first().waitFor();
    await check("emoji suggested");
    await page.keyboard.press("Escape");
    await page.fill("#text", "x".repeat(65_000));
    await page.locator("#limit:not(:empty)").waitFor();
    await check("near the limit");
    await page.fill("#text", "x".repeat(70_000));
    await check("over the limit");
    await page.fill("#text", "");

    for (const [query, result] of [["bold", "#found li"], ["nowhere", "#found [role=status]:not(:empty)"]]) {
      if (isPhone && !await page.isVisible("#query")) await page.click("#search-open");
      await page.fill("#query", query!);
      await page.press("#query", "Enter");
      await page.locator(result!).first().waitFor();
      await page.waitForFunction(() => !/…$/.test(document.querySelector("#found [role=status]")!.textContent!));
      await check(`a search for ${query}`);
    }
    await page.click("#found-close");
    if (isPhone) await page.keyboard.press("Escape");

    await page.focus("#viewport");
    await page.keyboard.press("?");
    await page.locator("dialog[open]").waitFor();
    await check("the settings");
    await page.keyboard.press("Escape");

    await ana.say("lobby", ...numbered(1, 60));
    // It is kept, which is not to say that it is shown.
    await page.getByText("Message 60", { exact: true }).waitFor();
    await page.locator("#viewport").evaluate((viewport) => viewport.scrollTop = 0);
    await ana.say("lobby", "Down here");
    await page.locator("#unseen").waitFor();
    await check("reading back");
    await page.click("#unseen");

    await stage.stopServer();
    await reaches(page, "waiting");
    await page.focus("#text");
    for (const text of ["This waits", "and this is too long for a small server"]) await write(page, text);
    await page.locator(".pending").nth(1).waitFor();
    await check("without a connection");
    await stage.restartServer("--max-message=20");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.locator(".failed").waitFor();
    await check("a message that failed");
  });
}

for (const [look, options] of Object.entries(LOOKS)) {
  scenario(`axe-core finds nothing to complain about in what keeps order and lets in: ${look}`, async (stage) => {
    const bob = await stage.speaker("Bob", "lobby");
    await bob.say("lobby", "One", "Two");
    const page = await stage.open({ ...options, at: stage.admin });
    const check = (state: string) => isAccessible(page, state);
    const item = (index: number) => page.locator(".menu button").nth(index);
    await hasMessages(page, 2);
    await page.locator("#timeline a.when").nth(1).focus();
    await page.keyboard.press("Tab");
    await check("the button of a message");
    await page.keyboard.press("Enter");
    await check("the menu of a message");
    await item(0).click();
    await check("the question before deleting");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await item(2).click();
    await item(6).click();
    await check("for how long somebody is banned");
    await page.keyboard.press("Escape");
    await page.click("#moderate");
    await item(1).click();
    await check("how slow the room is");
    await item(1).click();
    await page.locator("#rules:not(:empty)").waitFor();
    await check("a slow room");
    await page.click("#moderate");
    await item(2).click();
    await item(0).click();
    await page.locator("#outcome-line input").waitFor();
    await check("a link for guests");
    if (options.isMobile) await page.click("#people-open");
    await page.locator("#people .act").click();
    await check("the menu of a person");
    for (const _ of ["menu", "drawer"]) await page.keyboard.press("Escape");
    await page.focus("#viewport");
    await page.keyboard.press("?");
    await check("the settings of an administrator");
    await page.getByRole("dialog").locator("#pass-state button").click();
    await page.locator("#moderate").waitFor({ state: "hidden" });
    await stage.order({ type: "lock", room: "lobby" });
    await page.locator("#text[readonly]").waitFor();
    await check("a locked room");

    await stage.stopServer();
    await stage.restartServer("--key=open-sesame");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.locator("#access").waitFor();
    await check("a key is needed");
    await page.fill("#pass", "open-barley");
    await page.press("#pass", "Enter");
    await page.locator("#pass[aria-invalid=true]").waitFor();
    await check("the key is wrong");
  });
}

scenario("at 200 % nothing scrolls sideways, and at the size of a small phone neither", async (stage) => {
  const ana = await stage.speaker("Ana", "lobby", "a-room-with-a-rather-long-name-that-does-not-fit");
  const bob = await stage.speaker("Bob", "lobby");
  await talk(ana, bob);
  for (const viewport of [{ width: 640, height: 400 }, { width: 320, height: 568 }]) {
    const page = await stage.open({
      viewport,
      deviceScaleFactor: 2,
      at: "?room=a-room-with-a-rather-long-name-that-does-not-fit",
    });
    for (const room of ["a-room-with-a-rather-long-name-that-does-not-fit", "lobby"]) {
      await page.goto(new URL(`?room=${room}`, stage.url).href);
      await isIn(page, room);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), viewport.width);
      assert.equal(await page.locator("#viewport").evaluate((view) => view.scrollWidth - view.clientWidth), 0);
    }
    await isAccessible(page, `${viewport.width} px`);
  }
});

scenario("with the spacing that somebody needs to read, no text is cut off", async (stage) => {
  const ana = await stage.speaker("Ana", "lobby");
  const bob = await stage.speaker("Bob", "lobby");
  await talk(ana, bob);
  const page = await stage.open({ viewport: PHONE });
  await hasMessages(page, 6);
  // WCAG 1.4.12.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(
      "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }",
    );
    document.adoptedStyleSheets = [sheet];
  });
  const cutOff = await page.evaluate(() =>
    [...document.querySelectorAll("#timeline .text, #composer button, #guest, #banner, .day")]
      .filter((box) => box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1)
      .map((box) => box.outerHTML.slice(0, 100))
  );
  assert.deepEqual(cutOff, []);
});

scenario("who wants less motion gets none", async (stage) => {
  const page = await stage.open({ reducedMotion: "reduce" });
  await stage.stopServer();
  await reaches(page, "waiting");
  await write(page, "Nothing fades");
  await page.locator(".pending").waitFor();
  const running = await page.evaluate(() =>
    document.getAnimations().filter(({ effect }) => effect!.getComputedTiming().duration !== 0)
      .map((animation) => (animation as CSSAnimation).animationName)
  );
  assert.deepEqual(running, []);
});

scenario("in forced colours one still sees where one is, what is new and what is muted", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const page = await stage.open({ forcedColors: "active" });
  await joinRoom(page, "kitchen");
  await isIn(page, "kitchen");
  await bob.say("lobby", "One");
  await page.getByRole("link", { name: /lobby 1 unread/ }).waitFor();
  const look = (selector: string) =>
    page.locator(selector).first().evaluate((element) => {
      const { borderTopStyle, outlineStyle, backgroundColor, borderTopColor } = getComputedStyle(element);
      return { borderTopStyle, outlineStyle, backgroundColor, borderTopColor };
    });
  // What is told by a background alone is lost.
  assert.notDeepEqual(await look("#rooms li:has([aria-current])"), await look("#rooms li:not(:has([aria-current]))"));
  assert.equal((await look("#rooms .badge:not(:empty)")).borderTopStyle, "solid");
  await page.focus("#text");
  await page.keyboard.press("Tab");
  assert.notEqual((await look("#composer button")).outlineStyle, "none");
});
