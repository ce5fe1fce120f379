/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { isMarkedInView, lastIsInView, messages, numbered, reaches, scenario } from "./stage.ts";

/**
 * Scrolls to a place, and in the same moment begins to watch the message that is the first in view there; the returned
 * function tells all the heights on the screen where it has been, frame by frame, since.
 */
async function scrollAndWatch(page: Page, scrollTop: number): Promise<() => Promise<number[]>> {
  const tops = await page.evaluateHandle((scrollTop) => {
    const viewport = document.getElementById("viewport")!;
    viewport.scrollTop = scrollTop;
    const { top } = viewport.getBoundingClientRect();
    const items = [...document.querySelectorAll("#timeline li")];
    const item = items.find((item) => item.getBoundingClientRect().top >= top)!;
    const seen: number[] = [];
    const look = () => {
      const { top } = item.getBoundingClientRect();
      if (top !== seen.at(-1)) seen.push(top);
      requestAnimationFrame(look);
    };
    look();
    return seen;
  }, scrollTop);
  return () => tops.evaluate((seen) => seen);
}

// Safari does not keep what one reads in its place by itself, so the page has to.
for (const anchor of ["auto", "none"]) {
  scenario(`what one reads stays where it is when older messages come (overflow-anchor: ${anchor})`, async (stage) => {
    const bob = await stage.speaker("Bob", "lobby");
    await bob.say("lobby", ...numbered(1, 300));
    const page = await stage.open();
    await page.locator("#viewport").evaluate((viewport, anchor) => viewport.style.overflowAnchor = anchor, anchor);
    await page.getByText("Message 300", { exact: true }).waitFor();
    assert.ok(await page.evaluate(lastIsInView));

    for (let known = (await messages(page)).length; known < 300;) {
      const tops = await scrollAndWatch(page, 100);
      await page.waitForFunction((known) => document.querySelectorAll("#timeline .text").length > known, known);
      await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
      known = (await messages(page)).length;
      const seen = await tops();
      assert.equal(seen.length, 1, `it moved: ${seen.join(", ")}`);
    }
    assert.deepEqual(await messages(page), numbered(1, 300));
    await page.getByRole("button", { name: "Older messages" }).waitFor({ state: "hidden" });
  });
}

scenario("scrolling up with the wheel never throws one back", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 300));
  const page = await stage.open();
  await page.getByText("Message 300", { exact: true }).waitFor();
  const tops = await scrollAndWatch(page, Number.MAX_SAFE_INTEGER);
  await page.hover("#viewport");
  const first = page.getByText("Message 1", { exact: true });
  while (await first.count() === 0 || !await first.isVisible()) await page.mouse.wheel(0, -400);
  const seen = await tops();
  assert.deepEqual(seen, seen.toSorted((a, b) => a - b));
});

scenario("a link to an old message shows it, marked, also in a browser that was never here", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  await bob.say("kitchen", "Elsewhere");
  await bob.say("lobby", ...numbered(1, 99));
  const id = await bob.say("lobby", "Message 100");
  await bob.say("lobby", ...numbered(101, 300));
  const link = `#m${id}`;

  const page = await stage.open({ at: link });
  await isMarkedInView(page, "Message 100");
  await page.getByRole("button", { name: "Newest ↓" }).waitFor();

  await page.hover("#viewport");
  const last = page.getByText("Message 300", { exact: true });
  while (await last.count() === 0 || !await page.evaluate(lastIsInView)) await page.mouse.wheel(0, 400);
  const shown = await messages(page);
  assert.deepEqual(shown, numbered(301 - shown.length, 300));
  await page.locator("#unseen").waitFor({ state: "hidden" });
  await bob.say("lobby", "Message 301");
  await page.getByText("Message 301", { exact: true }).waitFor();
  assert.ok(await page.evaluate(lastIsInView));

  const other = await stage.open({ at: link });
  await isMarkedInView(other, "Message 100");
  await bob.say("lobby", "Message 302");
  assert.equal(await other.getByText("Message 302", { exact: true }).count(), 0);
  await other.locator("#unseen").click();
  await other.getByText("Message 302", { exact: true }).waitFor();
  assert.ok(await other.evaluate(lastIsInView));
  await other.locator("#unseen").waitFor({ state: "hidden" });
});

scenario("the time of a message is a link to it, which one can hand on", async (stage) => {
  const bob = await stage.speaker("Bob", "kitchen");
  await bob.say("kitchen", ...numbered(1, 80));
  const page = await stage.open({ at: "?room=kitchen" });
  const item = page.locator("#timeline li").filter({ has: page.getByText("Message 70", { exact: true }) });
  await item.locator("a.when").click();
  await isMarkedInView(page, "Message 70");

  const other = await stage.blank();
  await other.goto(page.url());
  await isMarkedInView(other, "Message 70");
  await page.reload();
  await isMarkedInView(page, "Message 70");
});

scenario("a link to a message that is nowhere says so, and the room can be used", async (stage) => {
  const page = await stage.open({ at: "#m4711" });
  await page.getByText("That message can’t be found.").waitFor();
  await page.fill("#text", "Hello");
  await page.keyboard.press("Enter");
  await page.locator("#timeline li:not(.pending)").getByText("Hello", { exact: true }).waitFor();
  await reaches(page, "open");
});
