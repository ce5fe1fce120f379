/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { comesBack, isCalled, isIn, lastIsInView, numbered, PHONE, reaches, scenario, shows, write } from "./stage.ts";

/** Presses a key until the focus is where it is to go, which it has to be within a lap round the page. */
async function tabTo(page: Page, selector: string, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (await page.locator(`${selector}:focus`).count() > 0) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${selector}`);
}

/** The focus is on something: else the next key would go nowhere. */
async function isSomewhere(page: Page): Promise<void> {
  const name = await page.evaluate(() => document.activeElement?.tagName);
  assert.notEqual(name, "BODY", "the focus is lost");
}

scenario(
  "by keyboard alone one makes rooms, changes between them, writes, searches and takes a name",
  async (stage) => {
    const bob = await stage.speaker("Bob", "lobby", "kitchen");
    await bob.say("lobby", "The key is under the mat", ...numbered(1, 120));
    const page = await stage.open();
    await isSomewhere(page);
    await write(page, "Hello");
    await page.locator("#timeline .mine:not(.pending)").waitFor();
    await isSomewhere(page);

    await tabTo(page, "#room", "Shift+Tab");
    await write(page, "kitchen");
    await isIn(page, "kitchen");
    await page.locator("#text:focus").waitFor();
    await write(page, "Is there coffee?");
    await shows(page, "Is there coffee?");

    await tabTo(page, "#rooms li:first-child a", "Shift+Tab");
    await page.keyboard.press("Enter");
    await isIn(page, "lobby");
    await page.locator("#text:focus").waitFor();
    assert.ok(await page.evaluate(lastIsInView));

    await tabTo(page, "#query", "Shift+Tab");
    await write(page, "key");
    await page.locator("#found li").waitFor();
    await tabTo(page, "#found li a");
    await page.keyboard.press("Enter");
    await page.locator(".aimed").getByText("The key is under the mat", { exact: true }).waitFor();
    await isSomewhere(page);
    await tabTo(page, "#unseen");
    await page.keyboard.press("Enter");
    await page.locator("#text:focus").waitFor();
    await page.getByText("Message 120", { exact: true }).waitFor();

    await tabTo(page, "#query", "Shift+Tab");
    await page.keyboard.press("Escape");
    await isSomewhere(page);
    await page.locator("#found").waitFor({ state: "hidden" });

    await tabTo(page, "#rename");
    await page.keyboard.press("Enter");
    await page.locator("#name:focus").waitFor();
    await page.keyboard.press("Control+A");
    await write(page, "Ada");
    await isCalled(page, "Ada");
    await page.locator("#rename:focus").waitFor();

    await tabTo(page, "#rooms li:nth-child(2) .leave", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.locator("#rooms li").nth(1).waitFor({ state: "detached" });
    await isSomewhere(page);
  },
);

scenario("by keyboard alone a message that failed is deleted or tried again", async (stage) => {
  const page = await stage.open();
  await stage.stopServer();
  await reaches(page, "waiting");
  for (const text of ["First: too long for it", "Second: too long for it"]) await write(page, text);
  await tabTo(page, "#retry", "Shift+Tab");
  await stage.restartServer("--max-message=10");
  await comesBack(page);
  await page.locator(".failed").nth(1).waitFor();
  await isSomewhere(page);

  await page.focus("#text");
  await tabTo(page, ".failed button", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator(".failed").nth(1).waitFor({ state: "detached" });
  await page.locator(".failed .text").getByText("First: too long for it").waitFor();
  await isSomewhere(page);

  await stage.stopServer();
  await reaches(page, "waiting");
  await tabTo(page, ".failed button:first-of-type");
  await page.keyboard.press("Enter");
  await page.locator(".pending").waitFor();
  await isSomewhere(page);
  await stage.restartServer();
  await comesBack(page);
  await shows(page, "First: too long for it");
});

scenario("on a phone the panels open and close by keyboard, and give the focus back", async (stage) => {
  const page = await stage.open({ viewport: PHONE });
  await tabTo(page, "#rooms-open", "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.locator("#rooms a:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#rooms-open:focus").waitFor();
  await tabTo(page, "#people-open");
  await page.keyboard.press("Enter");
  await page.locator("#rename:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#people-open:focus").waitFor();
});
