/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasMessages, isIn, joinRoom, lastIsInView, numbered, scenario, shows, write } from "./stage.ts";

const DAY_MS = 24 * 60 * 60_000;

/** What one sees of the conversation: days and notices, the line above what is new, and whose name is shown where. */
async function outline(page: Page): Promise<string[]> {
  return await page.locator("#timeline li").evaluateAll((rows) =>
    rows.flatMap((row) => {
      const words = (selector: string) => row.querySelector(selector)?.textContent;
      const name = row.classList.contains("continued") ? "" : `${words(".name")}: `;
      return [
        ...[".day", ".new"].map(words).filter((words) => words !== undefined).map((words) => `— ${words}`),
        row.classList.contains("notice") ? `— ${row.textContent}` : name + words(".text"),
      ];
    })
  );
}

/** Makes the page think that one looks at another tab, or at it again. */
async function setVisible(page: Page, state: "visible" | "hidden"): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
}

scenario("what somebody says in one go stands under their name once, and each day under its date", async (stage) => {
  const noon = new Date().setHours(12, 0, 0, 0);
  await stage.remember(
    { name: "Ana", text: "Long ago", at: new Date(2024, 1, 29, 12).getTime() },
    { name: "Ana", text: "Late", at: noon - DAY_MS },
    { name: "Ana", text: "Is anybody there?", at: noon - DAY_MS + 60_000 },
    { name: "Bob", text: "I am", at: noon - DAY_MS + 120_000 },
    { name: "Ana", text: "Good", at: noon - DAY_MS + 180_000 },
    { name: "Ana", text: "Much later", at: noon - DAY_MS + 60 * 60_000 },
    { name: "Ana", text: "The next day", at: noon },
  );
  const page = await stage.open({ locale: "en-GB" });
  assert.deepEqual((await outline(page)).map((line) => line.replace(",", "")), [
    "— Thursday 29 February 2024",
    "Ana: Long ago",
    "— Yesterday",
    "Ana: Late",
    "Is anybody there?",
    "Bob: I am",
    "Ana: Good",
    "Ana: Much later",
    "— Today",
    "Ana: The next day",
  ]);
  // Who listens hears who speaks each time, and each message tells its exact time.
  const second = page.locator("#timeline li").filter({ hasText: "Is anybody there?" });
  await second.getByText("Ana", { exact: true }).waitFor({ state: "attached" });
  await second.locator("time").hover();
  assert.match((await second.locator("time").getAttribute("title"))!, /\d{4} at 12:01:00$/);
});

scenario("when older messages come, a group and a day that they begin earlier are not begun again", async (stage) => {
  const noon = new Date().setHours(12, 0, 0, 0);
  await stage.remember(...numbered(1, 80).map((text) => ({ name: "Ana", text, at: noon })));
  const page = await stage.open();
  await page.getByText("Message 80", { exact: true }).waitFor();
  await page.locator("#viewport").evaluate((viewport) => viewport.scrollTop = 0);
  await hasMessages(page, 80);
  assert.deepEqual((await outline(page)).slice(0, 3), ["— Today", "Ana: Message 1", "Message 2"]);
  assert.equal(await page.locator(".day").count(), 1);
});

scenario("at midnight today becomes yesterday", async (stage) => {
  const page = await stage.blank();
  await page.clock.install({ time: new Date().setHours(23, 59, 0, 0) });
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", "Good night");
  await page.goto(stage.url);
  await page.getByRole("heading", { name: "Today" }).waitFor();
  await page.clock.fastForward(61_000);
  await page.getByRole("heading", { name: "Yesterday" }).waitFor();
});

scenario("whoever comes back goes on where the new begins, and sees how much there is", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  await bob.say("lobby", ...numbered(1, 5));
  const page = await stage.open();
  await shows(page, ...numbered(1, 5));
  await joinRoom(page, "kitchen");
  await isIn(page, "kitchen");
  await bob.say("lobby", ...numbered(6, 65));
  await page.getByRole("link", { name: /lobby 60 unread/ }).click();
  await isIn(page, "lobby");

  const line = page.locator("#timeline .new");
  assert.deepEqual((await outline(page)).slice(5, 9), ["Message 5", "— New", "Bob: Message 6", "Message 7"]);
  const isAtTop = () => {
    const view = document.getElementById("viewport")!.getBoundingClientRect();
    const { top } = document.querySelector("#timeline .new")!.closest("li")!.getBoundingClientRect();
    return Math.abs(top - view.top) < 40;
  };
  assert.ok(await page.evaluate(isAtTop), "the line is not at the top");
  await page.getByText("60 new ↓", { exact: true }).click();
  assert.ok(await page.evaluate(lastIsInView));
  await page.getByRole("link", { name: "#lobby", exact: true }).waitFor();
  assert.equal(await line.count(), 1, "the line stays until one has answered");
  await write(page, "I have read it all");
  await line.waitFor({ state: "detached" });
});

for (const read of [0, 5]) {
  scenario(`who comes back to more than a page of new messages begins with the first (${read} read)`, async (stage) => {
    const bob = await stage.speaker("Bob", "lobby");
    await bob.say("lobby", ...numbered(1, read));
    const page = await stage.open();
    await shows(page, ...numbered(1, read));
    await page.goto("about:blank");
    await bob.say("lobby", ...numbered(read + 1, 200));

    await page.goto(stage.url);
    await page.locator("#timeline .new").waitFor();
    assert.deepEqual(
      (await outline(page)).slice(read > 0 ? read : 0, read + 3),
      [
        ...read > 0 ? [`Message ${read}`] : ["— Today"],
        "— New",
        `Bob: Message ${read + 1}`,
        ...read > 0 ? [] : ["Message 2"],
      ].slice(0, 3),
    );
    const first = page.getByText(`Message ${read + 1}`, { exact: true });
    await first.waitFor();
    const isInView = (message: Element) => {
      const { top, bottom } = document.getElementById("viewport")!.getBoundingClientRect();
      const place = message.getBoundingClientRect();
      return place.top >= top && place.bottom <= bottom;
    };
    assert.ok(await first.evaluate(isInView));
    const newest = page.getByRole("button", { name: "50+ new ↓" });
    await newest.waitFor();
    await page.getByRole("link", { name: "#lobby 50+ unread" }).waitFor();

    // Who reads on comes to the end, or goes there at once.
    await page.hover("#viewport");
    await page.mouse.wheel(0, 1_000);
    await page.getByText("Message 60", { exact: true }).waitFor();
    await newest.click();
    await page.locator("#timeline").getByText("Message 200", { exact: true }).waitFor();
    assert.ok(await page.evaluate(lastIsInView));
    await page.getByRole("link", { name: "#lobby", exact: true }).waitFor();
  });
}

scenario("what comes while one looks at another tab begins at a line, wherever one was", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  const page = await stage.open();
  await bob.say("lobby", "Seen");
  await shows(page, "Seen");
  await setVisible(page, "hidden");
  await bob.say("lobby", "One", "Two");
  await shows(page, "Seen", "One", "Two");
  await setVisible(page, "visible");
  assert.deepEqual((await outline(page)).slice(1), ["Bob: Seen", "— New", "Bob: One", "Two"]);
  await bob.say("lobby", "Three");
  await shows(page, "Seen", "One", "Two", "Three");
  assert.deepEqual((await outline(page)).slice(1), ["Bob: Seen", "— New", "Bob: One", "Two", "Three"]);

  // The next time it is where that begins.
  await setVisible(page, "hidden");
  await bob.say("lobby", "Four");
  await shows(page, "Seen", "One", "Two", "Three", "Four");
  await setVisible(page, "visible");
  assert.deepEqual((await outline(page)).slice(-3), ["Three", "— New", "Bob: Four"]);
});

scenario("markup is shown as what it means, and links are safe to follow", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  const page = await stage.open();
  await bob.say(
    "lobby",
    "**bold**, *italic*, `code` and <b>text</b>",
    "see https://example.org/a_b?c=d.",
    "```\nlet a;\n```",
  );
  await hasMessages(page, 3);
  const text = page.locator("#timeline .text");
  assert.deepEqual(await text.allTextContents(), [
    "bold, italic, code and <b>text</b>",
    "see https://example.org/a_b?c=d.",
    "let a;\n",
  ]);
  for (const tag of ["strong", "em", "code"]) assert.equal(await text.first().locator(tag).count(), 1);
  const link = page.getByRole("link", { name: "https://example.org/a_b?c=d" });
  assert.equal(await link.getAttribute("rel"), "noopener noreferrer nofollow");
  assert.equal(await link.getAttribute("target"), "_blank");
  await text.nth(2).locator("pre code").waitFor();
});
