/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import {
  comesBack,
  isCalled,
  isIn,
  isMarkedInView,
  lastIsInView,
  numbered,
  PHONE,
  reaches,
  rename,
  scenario,
  shows,
  WIDE,
  write,
} from "./stage.ts";

/** Presses a key until the focus is where it is to go, which it has to be within a lap round the page. */
async function tabTo(page: Page, selector: string, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    if (await page.locator(`${selector}:focus`).count() > 0) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${key} does not lead to ${selector}`);
}

/** The focus is there. */
async function isAt(page: Page, selector: string): Promise<void> {
  await page.locator(`${selector}:focus`).waitFor().catch(async () => {
    const focused = await page.evaluate(() => document.activeElement!.outerHTML.slice(0, 200));
    throw new Error(`The focus is not at ${selector} but at ${focused}`);
  });
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

scenario("Tab stops at one message and at the links and the code in it, however many have some", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 60).map((text) => `${text}: https://example.org/ and\n\`\`\`\ncode\n\`\`\``));
  const page = await stage.open();
  await page.locator("#timeline a.when").nth(49).waitFor();
  for (const selector of ["pre", ".text a", "a.when", "#viewport"]) {
    await page.keyboard.press("Shift+Tab");
    await isAt(page, selector);
  }
  await page.keyboard.press("Tab");
  await isAt(page, "li[data-id='60'] a.when");
  const heard = await page.locator("a.when:focus").evaluate((link) =>
    link.getAttribute("aria-describedby")!.split(" ").map((id) => document.getElementById(id)!.textContent)
  );
  assert.equal(heard[0], "Bob");
  assert.match(heard[1]!, /^Message 60: /);

  // From whatever is in a message the arrow keys go to the next.
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowUp");
  await isAt(page, "li[data-id='59'] a.when");
  for (const selector of ["li[data-id='59'] .text a", "li[data-id='59'] pre", "#text"]) {
    await page.keyboard.press("Tab");
    await isAt(page, selector);
  }
});

scenario(
  "what a message says is told, and Tab passes by its links, also after somebody came whom it mentions",
  async (stage) => {
    const bob = await stage.speaker("Bob", "lobby");
    const text = "Ask @Grace, or see https://example.org/";
    const id = await bob.say("lobby", text);
    await bob.say("lobby", "Goodbye");
    const page = await stage.open();
    await page.locator("#timeline").getByText("Goodbye", { exact: true }).waitFor();
    await stage.speaker("Grace", "lobby");
    await page.locator("#timeline .mention").waitFor();
    const said = await page.locator(`li[data-id='${id}'] a.when`).evaluate((link) =>
      link.getAttribute("aria-describedby")!.split(" ").map((id) => document.getElementById(id)?.textContent)
    );
    assert.deepEqual(said, ["Bob", text]);
    for (const selector of [`li[data-id='${id + 1}'] a.when`, "#viewport"]) {
      await page.keyboard.press("Shift+Tab");
      await isAt(page, selector);
    }
  },
);

scenario("who is led to a message has the focus there, wherever it is and whatever led to it", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const key = await bob.say("lobby", "The key is under the mat");
  await bob.say("lobby", ...numbered(1, 250), `See ${stage.url}?room=lobby#m${key}`);
  await bob.say("kitchen", `See ${stage.url}?room=lobby#m${key}`);
  const page = await stage.open({ at: `?room=lobby#m${key}` });
  const isAtKey = async () => {
    await isMarkedInView(page, "The key is under the mat");
    await isAt(page, `li[data-id='${key}'] a.when`);
  };
  await isAtKey();
  // It is in another part of the room.
  await page.click("#unseen");
  await page.locator("#timeline .text a").waitFor();
  await page.focus("#timeline .text a");
  await page.keyboard.press("Enter");
  await isAtKey();
  await page.goto(`${stage.url}?room=kitchen`);
  await page.locator("#timeline .text a").click();
  await isAtKey();

  // On a phone the results go, and beside the conversation they stay.
  for (const viewport of [PHONE, WIDE]) {
    await page.setViewportSize(viewport);
    await page.focus("#viewport");
    await page.keyboard.press("/");
    await page.locator("#query:focus").waitFor();
    await write(page, "mat");
    await page.locator("#found a").focus();
    await page.keyboard.press("Enter");
    await isAtKey();
  }
});

scenario("a message that has the focus keeps it when the conversation is made anew", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 150), "@Ada, look");
  const line = await stage.line();
  const page = await stage.open({ line });
  const tab = await page.context().newPage();
  await tab.goto(line.url);
  await reaches(tab, "open");
  await page.bringToFront();
  const message = (text: string) =>
    page.locator("#timeline li").filter({ has: page.getByText(text, { exact: true }) }).locator("a.when");
  const isAtMessage = async (text: string) => {
    await message(text).and(page.locator(":focus")).waitFor();
  };

  // What mentions me changes with my name.
  await message("Message 149").focus();
  await rename(tab, "Ada");
  await page.locator(".mention.me").waitFor();
  await isAtMessage("Message 149");

  await message("Message 110").focus();
  await page.locator("#viewport").evaluate((viewport) => viewport.scrollTop = 0);
  await message("Message 52").waitFor();
  await isAtMessage("Message 110");

  // Too much is missed, so that this part is gone and has to be fetched.
  await message("Message 60").focus();
  line.carry("nothing");
  await reaches(page, "waiting");
  await bob.say("lobby", ...numbered(151, 1_300));
  line.carry("all");
  await comesBack(page);
  await page.getByText(/^\d+\+ new ↓$/).waitFor();
  await message("Message 60").waitFor();
  await isAtMessage("Message 60");
});

scenario("what has the focus is not below the button that leads to the end", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  // So long that their ends are where the button is.
  const texts = numbered(1, 60).map((text) => `${text} ${"and so on ".repeat(4)}https://example.org/in-the-middle`);
  await bob.say("lobby", ...texts);
  const page = await stage.open({ viewport: PHONE });
  await page.locator("#timeline a.when").nth(49).waitFor();
  await page.locator("#viewport").evaluate((viewport) => viewport.scrollTop = 1_000);
  await bob.say("lobby", "Down here");
  await page.getByText("1 new ↓").waitFor();
  await page.focus("#viewport");
  await page.keyboard.press("Tab");
  for (let index = 0; index < 8; index++) {
    for (const key of ["ArrowDown", "Tab"]) {
      await page.keyboard.press(key);
      const isCovered = await page.evaluate(() => {
        const focused = document.activeElement!.getBoundingClientRect();
        const button = document.getElementById("unseen")!.getBoundingClientRect();
        return focused.bottom > button.top || focused.height === 0;
      });
      assert.ok(!isCovered, `after ${key} ${index}`);
    }
  }
});

/** Escape closes this, and nothing else of what is open. */
async function escapes(page: Page, closed: string, ...open: string[]): Promise<void> {
  await page.keyboard.press("Escape");
  await page.locator(closed).waitFor({ state: "hidden" });
  for (const selector of open) assert.ok(await page.isVisible(selector), `${selector} was closed with ${closed}`);
}

scenario("Escape closes one thing at a time, the innermost first, and gives the focus back", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 3));
  const page = await stage.open();
  const message = "li[data-id='2'] a.when";
  const search = async () => {
    await page.keyboard.press("/");
    await isAt(page, "#query");
    await write(page, "message");
    await page.locator("#found li").first().waitFor();
  };
  await page.focus(message);
  await search();
  await escapes(page, "#found");
  await isAt(page, message);
  await page.keyboard.press("/");
  await page.keyboard.press("Escape");
  await isAt(page, message);

  await search();
  await page.focus("#viewport");
  await page.keyboard.press("?");
  await escapes(page, "#settings", "#found");
  await isAt(page, "#viewport");
  await page.focus("#text");
  await page.keyboard.type("@b");
  await page.locator("#suggestions li").waitFor();
  await escapes(page, "#suggestions", "#found");
  await isAt(page, "#text");
  // An input method has it, and who holds it down closes one thing.
  await page.evaluate(() => {
    const escape = new KeyboardEvent("keydown", { key: "Escape", isComposing: true, bubbles: true });
    document.activeElement!.dispatchEvent(escape);
  });
  assert.ok(await page.isVisible("#found"));
  await page.keyboard.down("Escape");
  await page.keyboard.down("Escape");
  await page.keyboard.up("Escape");
  await page.locator("#found").waitFor({ state: "hidden" });
  await isAt(page, "#text");
  await page.keyboard.press("Escape");
  await isAt(page, "#viewport");

  // Who was nowhere is where one writes.
  for (const key of ["/", "?"]) {
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press(key);
    await isSomewhere(page);
    await page.keyboard.press("Escape");
    await isAt(page, "#text");
  }
  await page.click("#guest button");
  await isAt(page, "#name");
  await escapes(page, "#name");
  await isAt(page, "#guest button");
});

scenario("on a phone Escape closes the results and then the panel, the form and then the panel", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby");
  await bob.say("lobby", ...numbered(1, 3));
  const page = await stage.open({ viewport: PHONE });
  const search = async () => {
    await isAt(page, "#query");
    await write(page, "message");
    await page.locator("#found li").first().waitFor();
    await escapes(page, "#found", "#query");
    await escapes(page, "#query");
  };
  await page.click("#search-open");
  await search();
  await isAt(page, "#search-open");
  await page.focus("li[data-id='2'] a.when");
  await page.keyboard.press("/");
  await search();
  await isAt(page, "li[data-id='2'] a.when");

  await page.focus("#guest button");
  await page.keyboard.press("Enter");
  await isAt(page, "#name");
  await escapes(page, "#name", "#people");
  await isAt(page, "#rename");
  await escapes(page, "#people");
  await isAt(page, "#guest button");
});

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

scenario("the whole of it by keyboard alone, and the focus is always somewhere that one sees", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  await bob.say("lobby", ...numbered(1, 30), "See https://example.org/");
  const page = await stage.open();
  const press = async (...keys: string[]) => {
    for (const key of keys) {
      await page.keyboard.press(key);
      const isSeen = await page.evaluate(() => {
        const { activeElement } = document;
        const box = activeElement!.getBoundingClientRect();
        return activeElement !== document.body && activeElement!.checkVisibility() &&
          box.bottom > 0 && box.top < innerHeight;
      });
      assert.ok(isSeen, `after ${key} the focus can't be seen`);
    }
  };

  await tabTo(page, "#guest button");
  await press("Enter");
  await page.locator("#name:focus").waitFor();
  await page.keyboard.type("Ada");
  await press("Enter");
  await isCalled(page, "Ada");

  await tabTo(page, "#text", "Shift+Tab");
  await page.keyboard.type("Hello @b");
  await page.locator("#suggestions li").first().waitFor();
  await press("Enter");
  await page.keyboard.type("and :tad");
  await page.locator("#suggestions .emoji").first().waitFor();
  await press("Tab", "Shift+Enter");
  await page.keyboard.type("second line");
  await press("Enter");
  const mine = page.locator("#timeline .mine:not(.pending) .text");
  await mine.waitFor();
  assert.equal(await mine.textContent(), "Hello @Bob and 🎉\nsecond line");

  // From message to message, to a link in one, and to what one can hand on.
  await press("Escape");
  await page.locator("#viewport:focus").waitFor();
  await tabTo(page, "a.when");
  for (const key of ["ArrowUp", "ArrowUp", "ArrowUp"]) await press(key);
  await page.locator("li[data-id='29'] a.when:focus").waitFor();
  await press("Enter");
  await page.locator(".aimed").waitFor();
  assert.match(page.url(), /#m29$/);

  await tabTo(page, "#mute", "Shift+Tab");
  await press("Space");
  await page.locator("#mute[aria-pressed=true]").waitFor();
  await tabTo(page, "#text", "Shift+Tab");
  await press("Escape", "/");
  await page.keyboard.type("Message 7");
  await press("Enter");
  await page.locator("#found li").waitFor();
  await tabTo(page, "#found li a");
  await press("Enter");
  await page.locator(".aimed").getByText("Message 7", { exact: true }).waitFor();
  await tabTo(page, "#text");

  // The results first, then the text.
  await press("Escape", "Escape", "?");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await tabTo(page, "#single-keys");
  await press("Space", "Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.locator("#viewport:focus").waitFor();

  await tabTo(page, "#room", "Shift+Tab");
  await page.keyboard.type("kitchen");
  await press("Enter");
  await isIn(page, "kitchen");
  await press("Alt+ArrowUp");
  await isIn(page, "lobby");
  await tabTo(page, "#rooms li:first-child .leave", "Shift+Tab");
  await press("Enter");
  await isIn(page, "kitchen");
});
