/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  isIn,
  isMarkedInView,
  joinRoom,
  lastIsInView,
  listen,
  numbered,
  PHONE,
  reaches,
  scenario,
  write,
} from "./stage.ts";

/** Searches, and waits for exactly these results. */
async function finds(page: Page, query: string, ...expected: string[]): Promise<void> {
  await page.getByLabel("Search the messages").fill(query);
  await page.keyboard.press("Enter");
  const isSo = (expected: string[]) => {
    const state = document.querySelector("#found [role=status]")!.textContent;
    if (document.getElementById("found")!.hidden || state === "Searching…") return false;
    const texts = [...document.querySelectorAll("#found li p")].map((p) => p.textContent);
    return JSON.stringify(texts) === JSON.stringify(expected);
  };
  const results = () => page.locator("#found li p").allTextContents();
  await page.waitForFunction(isSo, expected).catch(async () => assert.deepEqual(await results(), expected));
}

scenario("what was said is found by a word, its beginning, a phrase, who said it, and in Chinese", async (stage) => {
  const ada = await stage.open();
  const bob = await stage.speaker("Bob", "lobby");
  const eva = await stage.speaker("Eva Sommer", "lobby");
  const texts = {
    iron: "Put the iron back into its stand",
    irons: "Switch the irons off, please",
    stand: "We stand back for the photo",
    download: "早！今天的材料在哪里下载？",
    material: "材料已经发给大家了",
  };
  await bob.say("lobby", texts.iron, texts.irons);
  await eva.say("lobby", texts.stand);
  await bob.say("lobby", texts.download);
  await eva.say("lobby", texts.material);

  await finds(ada, "iron", texts.iron);
  await finds(ada, "IRON*", texts.irons, texts.iron);
  await finds(ada, "stand back", texts.stand, texts.iron);
  await finds(ada, `"stand back"`, texts.stand);
  await finds(ada, "from:bob stand", texts.iron);
  await finds(ada, "材料", texts.material, texts.download);
  await finds(ada, "下载", texts.download);
  await finds(ada, "zebra");
  await ada.getByText("Nothing found").waitFor();
  await ada.getByRole("button", { name: "Close the search results" }).click();
  await ada.locator("#found").waitFor({ state: "hidden" });
});

scenario("a result leads to the message, also in another room and far back", async (stage) => {
  const ada = await stage.open();
  await joinRoom(ada, "kitchen");
  await isIn(ada, "kitchen");
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  await bob.say("lobby", ...numbered(1, 100), "The spare key is under the mat", ...numbered(101, 250));
  await bob.say("kitchen", "A key for the cellar hangs here");
  await finds(ada, "key", "A key for the cellar hangs here", "The spare key is under the mat");

  await ada.locator("#found").getByRole("link").nth(1).click();
  await isIn(ada, "lobby");
  await isMarkedInView(ada, "The spare key is under the mat");
  await ada.getByText("251 new ↓", { exact: true }).waitFor();
  await ada.locator("#found").getByRole("link").nth(0).click();
  await isIn(ada, "kitchen");
  await isMarkedInView(ada, "A key for the cellar hangs here");
  await ada.goBack();
  await isIn(ada, "lobby");
  await isMarkedInView(ada, "The spare key is under the mat");
  await ada.locator("#unseen").click();
  await ada.getByText("Message 250", { exact: true }).waitFor();
  assert.ok(await ada.evaluate(lastIsInView));
});

scenario("on a phone what is found covers the conversation, until one goes to a message", async (stage) => {
  const ada = await stage.open({ viewport: PHONE });
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", "The spare key is under the mat", ...numbered(1, 90));
  await ada.getByText("Message 90", { exact: true }).waitFor();
  await ada.getByRole("button", { name: "Search" }).click();
  await finds(ada, "key", "The spare key is under the mat");
  await ada.locator("#found").getByRole("link").click();
  await ada.locator("#found").waitFor({ state: "hidden" });
  await ada.locator("#query").waitFor({ state: "hidden" });
  await isMarkedInView(ada, "The spare key is under the mat");
});

scenario("there is more to find than a page shows, and what is found comes newest first", async (stage) => {
  const ada = await stage.open();
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 60));
  await finds(ada, "message", ...numbered(11, 60).toReversed());
  await ada.getByRole("button", { name: "More", exact: true }).click();
  await ada.locator("#found li").nth(59).waitFor();
  assert.deepEqual(await ada.locator("#found li p").allTextContents(), numbered(1, 60).toReversed());
  await ada.getByRole("button", { name: "More", exact: true }).waitFor({ state: "hidden" });
});

scenario("how long ago something was said goes on while one looks at it", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", "The spare key is under the mat");
  const ada = await stage.blank();
  await ada.clock.install();
  await ada.goto(stage.url);
  await reaches(ada, "open");
  await finds(ada, "key", "The spare key is under the mat");
  const ago = ada.locator("#found li time");
  await ago.getByText("just now", { exact: true }).waitFor();
  await ada.clock.fastForward(5 * 60_000);
  await ago.getByText("5 minutes ago", { exact: true }).waitFor();
});

scenario("who listens is told once how much was found", async (stage) => {
  const ada = await stage.open();
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 60), "Hello");
  const told = await listen(ada);
  const isTold = async (query: string, state: string) => {
    await ada.fill("#query", query);
    await ada.press("#query", "Enter");
    await ada.locator("#found [role=status]").getByText(state, { exact: true }).waitFor();
    assert.deepEqual((await told()).filter((text) => !text.startsWith("Bob, ")), ["Searching…", state]);
  };
  await isTold("hello", "1 result");
  await isTold("goodbye", "Nothing found");
  await isTold("message", "50 results, and there are more");
  await ada.getByRole("button", { name: "More", exact: true }).click();
  await ada.getByText("60 results", { exact: true }).waitFor();
  assert.deepEqual((await told()).filter((text) => !/^Bob, |more messages?$/.test(text)), ["Searching…", "60 results"]);
});

scenario("Tab goes from the question to the results, and these go when one goes to what they cover", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", "The key is under the mat", "A key is on the hook", "Nothing else");
  const ada = await stage.open();
  const tabs = async (...selectors: string[]) => {
    for (const selector of selectors) {
      await ada.keyboard.press("Tab");
      await ada.locator(`${selector}:focus`).waitFor();
    }
  };
  await ada.focus("#query");
  await write(ada, "key");
  await ada.locator("#found li").nth(1).waitFor();
  await tabs("#found-close", "#found li:nth-child(1) a", "#found li:nth-child(2) a", "#rooms a");
  // Beside the conversation they cover nothing but the people.
  await ada.focus("#text");
  await ada.keyboard.press("Tab");
  await ada.locator("#found").waitFor();
  await ada.focus("#guest button");
  await tabs("#rename");
  await ada.locator("#found").waitFor({ state: "hidden" });
  await ada.locator("#rename:focus").waitFor();

  await ada.setViewportSize({ width: 900, height: 700 });
  await ada.focus("#query");
  await ada.keyboard.press("Enter");
  await ada.locator("#found li").nth(1).waitFor();
  await tabs("#people-open", "#found-close");
  await ada.focus("#settings-open");
  await ada.locator("#found").waitFor();
  await tabs("#viewport");
  await ada.locator("#found").waitFor({ state: "hidden" });
  await ada.locator("#viewport:focus").waitFor();
});
