/// <reference lib="dom" />
import assert from "node:assert/strict";
import { isIn, joinRoom, scenario, write } from "./stage.ts";

scenario("? shows the keys, / goes to the search, and Escape goes back to where one was", async (stage) => {
  const page = await stage.open();
  await page.locator("#text:focus").waitFor();
  await page.keyboard.type("/?");
  assert.equal(await page.inputValue("#text"), "/?", "where one writes, keys write");
  await page.keyboard.press("Escape");
  await page.locator("#viewport:focus").waitFor();

  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Settings and keys" });
  await dialog.getByText("from a message to the one before").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.locator("#viewport:focus").waitFor();

  await page.keyboard.press("/");
  await page.locator("#query:focus").waitFor();
  assert.equal(await page.inputValue("#query"), "");
});

scenario("Alt with an arrow goes through the rooms, round and round, also while one writes", async (stage) => {
  const page = await stage.open();
  for (const room of ["kitchen", "garden"]) {
    await joinRoom(page, room);
    await isIn(page, room);
  }
  for (const room of ["lobby", "kitchen", "garden"]) {
    await page.keyboard.press("Alt+ArrowDown");
    await isIn(page, room);
  }
  await page.keyboard.press("Alt+ArrowUp");
  await isIn(page, "kitchen");
  await write(page, "Written where one has come to");
  await page.getByText("Written where one has come to").waitFor();
});

scenario("who does not want single keys to do anything turns them off, for good", async (stage) => {
  const page = await stage.open();
  await page.getByRole("button", { name: "Settings and keys" }).click();
  await page.getByLabel("The keys / and ? do something by themselves").uncheck();
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await page.reload();
  await page.locator("#text:focus").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#viewport:focus").waitFor();
  for (const key of ["/", "?"]) await page.keyboard.press(key);
  await page.locator("#viewport:focus").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
});

scenario("in the end the settings give the focus back, also on a phone", async (stage) => {
  const page = await stage.open({ viewport: { width: 360, height: 740 } });
  await page.click("#rooms-open");
  await page.focus("#settings-open");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.locator("#settings-open:focus").waitFor();
});

scenario(
  "on a Mac, Option and an arrow move within a text of several lines, and change the room elsewhere",
  async (stage) => {
    const page = await stage.blank();
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "platform", { get: () => "MacIntel" });
    });
    await page.goto(stage.url);
    await joinRoom(page, "kitchen");
    await isIn(page, "kitchen");
    await page.keyboard.type("One line");
    await page.keyboard.press("Alt+ArrowDown");
    await isIn(page, "lobby");
    await page.keyboard.type("Two");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("lines");
    await page.keyboard.press("Alt+ArrowUp");
    await page.keyboard.type("!");
    assert.equal((await page.inputValue("#text")).replace("!", ""), "Two\nlines");
    await isIn(page, "lobby");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Alt+ArrowDown");
    await isIn(page, "kitchen");
  },
);

scenario("a browser that can't remember the language says so where one chooses it", async (stage) => {
  const page = await stage.blank();
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new DOMException("There is no room", "QuotaExceededError");
    };
  });
  await page.goto(stage.url);
  await page.getByRole("button", { name: "Settings and keys" }).click();
  await page.getByLabel("Language · 语言").selectOption({ label: "简体中文" });
  await page.getByRole("dialog").getByText("it can’t remember another language").waitFor();
  assert.equal(await page.getByLabel("Language · 语言").inputValue(), "en");
});
