/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasMessages, isIn, joinRoom, reaches, scenario, shoot, shows, type Stage, write } from "./stage.ts";

const NARROWEST = { width: 320, height: 568 };

/** What is suggested, the active one in brackets. */
async function suggested(page: Page): Promise<string[]> {
  return await page.locator("#suggestions li").evaluateAll((options) =>
    options.map((option) => option.ariaSelected === "true" ? `[${option.textContent}]` : option.textContent!)
  );
}

/** Waits until exactly this is suggested. */
async function suggests(page: Page, ...expected: string[]): Promise<void> {
  const isSo = (expected: string[]) => {
    const shown = [...document.querySelectorAll("#suggestions li")].map((option) =>
      option.ariaSelected === "true" ? `[${option.textContent}]` : option.textContent
    );
    return JSON.stringify(shown) === JSON.stringify(expected);
  };
  await page.waitForFunction(isSo, expected).catch(async () => assert.deepEqual(await suggested(page), expected));
}

/** Waits until nothing is suggested. */
async function suggestsNothing(page: Page): Promise<void> {
  await page.locator("#suggestions").waitFor({ state: "hidden" });
  assert.deepEqual(await suggested(page), []);
  assert.equal(await page.getAttribute("#text", "aria-activedescendant"), null);
}

async function holds(page: Page, text: string): Promise<void> {
  assert.equal(await page.inputValue("#text"), text);
}

/** Waits until what is written would survive the end of the tab. */
async function isKept(page: Page, room: string, text: string): Promise<void> {
  await page.waitForFunction(([key, text]) => localStorage.getItem(key!) === text, [`hubbub.draft.${room}`, text]);
}

/** A room in which Bob and then Ana Maria spoke, and Anton and Cleo are silent. */
async function company(stage: Stage): Promise<void> {
  const speakers = [];
  for (const name of ["Cleo", "Anton", "Ana Maria", "Bob"]) speakers.push(await stage.speaker(name, "lobby"));
  await speakers[3]!.say("lobby", "Hello");
  await speakers[2]!.say("lobby", "Hi Bob");
}

/** A page in that room. */
async function openInCompany(stage: Stage, options?: Parameters<Stage["open"]>[0]): Promise<Page> {
  await company(stage);
  const page = await stage.open(options);
  await hasMessages(page, 2);
  await page.focus("#text");
  return page;
}

/** An input method, as Chromium hears of one. */
async function inputMethod(page: Page) {
  const session = await page.context().newCDPSession(page);
  return {
    compose: (text: string) =>
      session.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length }),
    commit: (text: string) => session.send("Input.insertText", { text }),
    async press(key: string) {
      const event = { key, code: key, windowsVirtualKeyCode: 229 };
      await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...event });
      await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
    },
  };
}

scenario(
  "what somebody was writing is there after a reload and in the next tab, in each room its own",
  async (stage) => {
    const page = await stage.open();
    await page.keyboard.type("What I wanted to s");
    await page.reload();
    await reaches(page, "open");
    await holds(page, "What I wanted to s");
    await joinRoom(page, "kitchen");
    await isIn(page, "kitchen");
    await holds(page, "");
    await page.keyboard.type("Is there");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("coffee?");

    const context = page.context();
    await page.close({ runBeforeUnload: true });
    const next = await context.newPage();
    await next.goto(new URL("/?room=kitchen", stage.url).href);
    await isIn(next, "kitchen");
    await holds(next, "Is there\ncoffee?");
    await next.getByRole("link", { name: "lobby" }).click();
    await isIn(next, "lobby");
    await holds(next, "What I wanted to s");

    await next.keyboard.type("ay");
    await next.keyboard.press("Enter");
    await shows(next, "What I wanted to say");
    await next.reload();
    await reaches(next, "open");
    await shows(next, "What I wanted to say");
    await holds(next, "");
  },
);

scenario("a draft is kept while one writes, so that the end of a browser costs no more than a word", async (stage) => {
  const page = await stage.open();
  await page.keyboard.type("A long story");
  await isKept(page, "lobby", "A long story");
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.waitForFunction(() => localStorage.getItem("hubbub.draft.lobby") === null);
});

scenario("what is written in one tab does not disturb who writes in another", async (stage) => {
  const page = await stage.open();
  const other = await page.context().newPage();
  await other.goto(stage.url);
  await reaches(other, "open");
  await page.focus("#text");
  await page.keyboard.type("From the first");
  await other.focus("#text");
  await other.keyboard.type("From the second");
  await isKept(other, "lobby", "From the second");
  await holds(page, "From the first");
  await page.focus("#text");
  await page.keyboard.press("Enter");
  await shows(page, "From the first");
  await shows(other, "From the first");
  await holds(other, "From the second");
});

scenario("what was sent in one tab does not wait in another to be sent once more", async (stage) => {
  const page = await stage.open();
  await page.keyboard.type("Said once");
  await isKept(page, "lobby", "Said once");
  const other = await page.context().newPage();
  await other.goto(stage.url);
  await reaches(other, "open");
  await holds(other, "Said once");
  await other.focus("#text");
  await other.keyboard.press("Enter");
  await shows(page, "Said once");
  await holds(page, "");
  await page.focus("#text");
  await page.keyboard.type("And on");
  await holds(page, "And on");
});

scenario("near the limit one sees how much is left, and beyond it how much is too much", async (stage) => {
  const page = await stage.open();
  const limit = page.locator("#limit");
  const heard = page.locator("#limit-heard");
  await page.fill("#text", "x".repeat(60_000));
  assert.equal(await limit.textContent(), "");
  await page.fill("#text", "x".repeat(64 * 1024 - 151));
  assert.equal(await limit.textContent(), "151 bytes left");
  assert.equal(await heard.textContent(), "At most 200 bytes left");
  await page.keyboard.press("End");
  const changes = await heard.evaluateHandle((status) => {
    const seen: (string | null)[] = [];
    new MutationObserver(() => seen.push(status.textContent)).observe(status, { childList: true });
    return seen;
  });
  await page.keyboard.type("x".repeat(60));
  assert.equal(await limit.textContent(), "91 bytes left");
  assert.deepEqual(await changes.jsonValue(), ["At most 100 bytes left"]);
  await page.keyboard.insertText("好".repeat(31));
  assert.equal(await limit.textContent(), "2 bytes too long");
  await page.keyboard.press("Enter");
  await page.getByText("That is too long by 2 bytes.", { exact: true }).waitFor();
  await page.keyboard.press("Backspace");
  assert.equal(await limit.textContent(), "1 byte left");
  assert.equal(await page.textContent("#hint"), "");
  await page.keyboard.press("Enter");
  await hasMessages(page, 1);
  assert.equal(await limit.textContent(), "");
});

scenario("@ offers the people of the room, who spoke last first, and keys choose among them", async (stage) => {
  const page = await openInCompany(stage);
  await page.keyboard.type("@");
  await suggests(page, "[Ana Maria]", "Bob", "Anton", "Cleo");
  await page.keyboard.press("ArrowDown");
  await suggests(page, "Ana Maria", "[Bob]", "Anton", "Cleo");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await suggests(page, "Ana Maria", "Bob", "Anton", "[Cleo]");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.type("an");
  await suggests(page, "[Ana Maria]", "Anton");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await holds(page, "@Anton ");
  await suggestsNothing(page);
  await page.keyboard.type("and @ana");
  await suggests(page, "[Ana Maria]");
  await page.keyboard.type(" m");
  await suggests(page, "[Ana Maria]");
  await page.keyboard.press("Tab");
  await holds(page, "@Anton and @Ana Maria ");
  await page.locator("#text:focus").waitFor();
  await write(page, "are you there?");
  await page.locator("#timeline .text").getByText("@Anton and @Ana Maria are you there?", { exact: true }).waitFor();
});

scenario("whoever wants no suggestion goes on as if there were none", async (stage) => {
  const page = await openInCompany(stage);
  await page.keyboard.type("@an");
  await suggests(page, "[Ana Maria]", "Anton");
  await page.keyboard.press("Escape");
  await suggestsNothing(page);
  await page.keyboard.type("t");
  await suggestsNothing(page);
  await page.keyboard.press("Enter");
  await hasMessages(page, 3);
  await holds(page, "");
  await page.keyboard.type("@B");
  await suggests(page, "[Bob]");
  await page.keyboard.press("ArrowLeft");
  await suggestsNothing(page);
  await page.keyboard.press("End");
  await page.keyboard.type("o");
  await suggests(page, "[Bob]");
  await page.keyboard.press("Shift+Tab");
  await suggestsNothing(page);
  await page.focus("#text");
  await page.keyboard.type("b");
  await suggestsNothing(page);
  await page.keyboard.press("Enter");
  await hasMessages(page, 4);
  await write(page, "ana@example.org");
  await hasMessages(page, 5);
  assert.deepEqual(await page.locator("#timeline .mine .text").allTextContents(), ["@ant", "@Bob", "ana@example.org"]);
});

scenario("Escape closes the suggestions and nothing else", async (stage) => {
  const page = await openInCompany(stage, { viewport: { width: 900, height: 700 } });
  await page.keyboard.type("@");
  await suggests(page, "[Ana Maria]", "Bob", "Anton", "Cleo");
  await page.evaluate(() => document.getElementById("people")!.dataset.open = "true");
  await page.keyboard.press("Escape");
  await suggestsNothing(page);
  assert.equal(await page.getAttribute("#people", "data-open"), "true");
  await page.keyboard.press("Escape");
  assert.equal(await page.getAttribute("#people", "data-open"), "false");
});

scenario("a click takes a suggestion, and one goes on writing", async (stage) => {
  const page = await openInCompany(stage);
  await page.keyboard.type("Ask @ now");
  for (let presses = 0; presses < 4; presses++) await page.keyboard.press("ArrowLeft");
  await suggestsNothing(page);
  await page.keyboard.type("c");
  await page.keyboard.press("Backspace");
  await page.locator("#suggestions").getByText("Cleo", { exact: true }).click();
  await holds(page, "Ask @Cleo now");
  await page.keyboard.type("right ");
  await holds(page, "Ask @Cleo right now");
});

scenario("an emoji comes by its name, whose list is fetched when the first is wanted", async (stage) => {
  const page = await stage.blank();
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(new URL(request.url()).pathname));
  await page.goto(stage.url);
  await reaches(page, "open");
  await write(page, "At 10:30 :) http://example.org");
  await hasMessages(page, 1);
  assert(!fetched.includes("/static/emoji.ts"));
  await page.keyboard.type("Well done :tada");
  await suggests(page, "[🎉:tada:]");
  assert(fetched.includes("/static/emoji.ts"));
  await page.keyboard.press("Enter");
  await holds(page, "Well done 🎉");
  await page.keyboard.type(":smi");
  await page.locator("#suggestions").getByText(":smile:", { exact: true }).waitFor();
  assert.equal(await page.textContent("#suggestions [aria-selected=true]"), "😄:smile:");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await shows(page, "At 10:30 :) http://example.org", "Well done 🎉😄");
});

scenario("the last colon of a name makes it the emoji, which can be taken back; in code it stays", async (stage) => {
  const page = await stage.open();
  await page.keyboard.type(":100:");
  await page.waitForFunction(() => document.querySelector("textarea")!.value === "💯");
  await page.fill("#text", "");
  await page.keyboard.type("It works :tada");
  await page.locator("#suggestions").waitFor();
  await page.keyboard.type(":");
  await holds(page, "It works 🎉");
  await suggestsNothing(page);
  await page.keyboard.press("Control+Z");
  await holds(page, "It works :tada:");
  await suggestsNothing(page);
  await page.keyboard.press("Enter");
  await shows(page, "It works :tada:");
  await page.keyboard.type("`:tada: :sm");
  await suggestsNothing(page);
  await page.keyboard.type("` :+1:");
  await holds(page, "`:tada: :sm` 👍");
});

scenario("the wide signs of a Chinese keyboard complete names and emoji, and mention, as well", async (stage) => {
  await company(stage);
  const page = await stage.open();
  await hasMessages(page, 2);
  const { compose, commit } = await inputMethod(page);
  await page.keyboard.type("好");
  await commit("＠");
  await page.keyboard.type("cl");
  await suggests(page, "[Cleo]");
  await page.keyboard.press("Enter");
  await holds(page, "好@Cleo ");
  await commit("：");
  await page.keyboard.type("tada");
  await page.locator("#suggestions").waitFor();
  await compose("：");
  await commit("：");
  await holds(page, "好@Cleo 🎉");
  await page.keyboard.type(" ＠Bob 注意：smile");
  await page.keyboard.press("Enter");
  await page.getByText("好@Cleo 🎉 ＠Bob 注意：smile").waitFor();
  assert.deepEqual(await page.locator("#timeline .mention").allTextContents(), ["@Cleo", "＠Bob"]);
});

scenario("a completion can be taken back", async (stage) => {
  const page = await openInCompany(stage);
  await page.keyboard.type("Dear @cl");
  await suggests(page, "[Cleo]");
  await page.keyboard.press("Enter");
  await holds(page, "Dear @Cleo ");
  await page.keyboard.press("Control+Z");
  await holds(page, "Dear @cl");
  await suggestsNothing(page);
});

scenario("Enter that ends a Chinese composition sends nothing, the next one does", async (stage) => {
  const page = await stage.open();
  const { compose, press, commit } = await inputMethod(page);
  await compose("ni");
  await compose("ni hao");
  await press("Enter");
  await holds(page, "ni hao");
  await commit("你好");
  await holds(page, "你好");
  assert.equal(await page.locator("#timeline li").count(), 0);
  await page.keyboard.press("Enter");
  await shows(page, "你好");
});

scenario(
  "while a Chinese word is composed nothing is suggested, chosen or closed; when it stands, it is",
  async (stage) => {
    await company(stage);
    await stage.speaker("安娜", "lobby");
    const page = await stage.open();
    await hasMessages(page, 2);
    await page.keyboard.type("你好@");
    await suggests(page, "[Ana Maria]", "Bob", "Anton", "Cleo", "安娜");
    const { compose, press, commit } = await inputMethod(page);
    await compose("an");
    await suggestsNothing(page);
    for (const key of ["Enter", "ArrowDown", "Tab", "Escape"]) await press(key);
    await page.locator("#text:focus").waitFor();
    await holds(page, "你好@an");
    await commit("安");
    await suggests(page, "[安娜]");
    await page.keyboard.press("Enter");
    await holds(page, "你好@安娜 ");
  },
);

scenario("on a phone, whose keyboard composes every word, the suggestions follow what is written", async (stage) => {
  const page = await openInCompany(stage, { viewport: NARROWEST, hasTouch: true, isMobile: true });
  await page.tap("#text");
  await page.keyboard.type("@");
  const { compose } = await inputMethod(page);
  await compose("An");
  await suggests(page, "[Ana Maria]", "Anton");
  await page.locator("#suggestions").getByText("Anton", { exact: true }).tap();
  await holds(page, "@Anton ");
  await page.locator("#text:focus").waitFor();
});

scenario("the up arrow in an empty box changes nothing that was said", async (stage) => {
  const page = await stage.open();
  await write(page, "Said is said");
  await shows(page, "Said is said");
  const before = await page.locator("#timeline").innerHTML();
  for (const key of ["ArrowUp", "ArrowUp", "ArrowDown"]) await page.keyboard.press(key);
  await holds(page, "");
  await page.locator("#text:focus").waitFor();
  assert.equal(await page.locator("#timeline").innerHTML(), before);
  await write(page, "And this");
  await shows(page, "Said is said", "And this");
});

scenario("several lines that are pasted stay as they are, and are shown so", async (stage) => {
  const page = await stage.open();
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const height = () => page.locator("#text").evaluate((box) => box.clientHeight);
  const low = await height();
  await page.evaluate(() => navigator.clipboard.writeText("first\r\n  second\r\n\r\nfourth :tada: @nobody"));
  await page.keyboard.press("Control+V");
  const text = "first\n  second\n\nfourth :tada: @nobody";
  await holds(page, text);
  assert(await height() > 2 * low, "the box does not grow");
  await page.keyboard.press("Enter");
  await shows(page, text);
  const lines = page.locator("#timeline .text");
  assert.equal(await lines.evaluate((p) => p.clientHeight / parseFloat(getComputedStyle(p).lineHeight)), 4);
});

scenario("who hears the page is told how many suggestions there are, and which is the active one", async (stage) => {
  const page = await openInCompany(stage);
  const box = page.getByRole("textbox", { name: "Message" });
  assert.equal(await box.getAttribute("aria-autocomplete"), "list");
  assert.equal(await box.getAttribute("role"), null);
  await page.keyboard.type("@an");
  await page.getByRole("status").getByText("2 suggestions", { exact: true }).waitFor();
  const list = page.getByRole("listbox", { name: "Suggestions" });
  assert.equal(await box.getAttribute("aria-controls"), await list.getAttribute("id"));
  await page.keyboard.press("ArrowDown");
  const active = list.getByRole("option", { selected: true });
  assert.equal(await active.textContent(), "Anton");
  assert.equal(await box.getAttribute("aria-activedescendant"), await active.getAttribute("id"));
  await page.keyboard.type("t");
  await page.getByRole("status").getByText("1 suggestion", { exact: true }).waitFor();
});

scenario("the suggestions fit on the narrowest screen, in light and dark, for fingers, too", async (stage) => {
  await stage.speaker("W".repeat(32), "lobby");
  await stage.speaker("Ana", "lobby");
  for (const colorScheme of ["light", "dark"] as const) {
    for (const hasTouch of [false, true]) {
      const page = await stage.open({ viewport: NARROWEST, colorScheme, hasTouch, isMobile: hasTouch });
      await page.focus("#text");
      await page.keyboard.type("@");
      await page.locator("#suggestions li").first().waitFor();
      const boxes = await page.locator("#suggestions, #suggestions li").evaluateAll((boxes) =>
        boxes.map((box) => {
          const { left, right, top, bottom, height } = box.getBoundingClientRect();
          return { fits: left >= 0 && right <= 320 && top >= 0 && bottom <= innerHeight, height };
        })
      );
      assert(boxes.every(({ fits }) => fits), JSON.stringify(boxes));
      assert(boxes.every(({ height }) => height >= (hasTouch ? 44 : 24)), JSON.stringify(boxes));
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
      const long = page.locator("#suggestions .name").last();
      assert(
        await long.evaluate((name) => name.scrollWidth > name.clientWidth),
        "the long name is not cut off by itself",
      );
      await shoot(page, `suggestions-${colorScheme}-${hasTouch ? "finger" : "mouse"}`);
      await page.context().close();
    }
  }
  const page = await stage.open({ forcedColors: "active" });
  await page.keyboard.type(":hea");
  const active = page.locator("#suggestions [aria-selected=true]");
  await active.waitFor();
  assert.match(await active.evaluate((option) => getComputedStyle(option).outline), /solid 2px/);
  await shoot(page, "suggestions-forced-colours");
});
