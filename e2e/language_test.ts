/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasMessages, isCalled, isIn, reaches, scenario, write } from "./stage.ts";

const CHINESE = { locale: "zh-CN" };
/** What people have chosen themselves, and what is called the same in every language. */
const NAMES = /\b(Hubbub|lobby|kitchen|from|Guest|Ada|Bob|tada|https)\b/g;

/** Runs in the page: all that it says by itself to those who see it and to those who hear it, shown at the moment or not. */
function sayings(): string[] {
  const said = [document.title];
  const isSomebodys = "noscript, script, #timeline .text, #found li p, .name, [translate=no], option, kbd";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!node.parentElement!.closest(isSomebodys)) said.push(node.textContent!.trim());
  }
  for (const attribute of ["aria-label", "aria-description", "placeholder", "title", "alt"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) said.push(element.getAttribute(attribute)!);
  }
  return said.filter((text) => text !== "");
}

/** The page says nothing in Latin letters but names. */
async function isAllChinese(page: Page, state: string): Promise<void> {
  const said = await page.evaluate(sayings);
  assert.deepEqual(said.filter((text) => /[A-Za-z]{2}/.test(text.replaceAll(NAMES, ""))), [], state);
  assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-CN");
}

scenario("a Chinese reader reads and hears nothing but Chinese, whatever happens", async (stage) => {
  const bob = await stage.speaker("Bob", "lobby", "kitchen");
  const page = await stage.open(CHINESE);
  await page.getByText("这里还没有消息。").waitFor();
  await isAllChinese(page, "first visit");

  await page.getByLabel("加入或新建房间").fill("厨房");
  await page.getByRole("button", { name: "加入", exact: true }).click();
  await page.getByText("房间名只能用小写字母").waitFor();
  await isAllChinese(page, "a name that no room can have");
  await page.getByLabel("加入或新建房间").fill("kitchen");
  await page.keyboard.press("Enter");
  await isIn(page, "kitchen");
  await bob.say("lobby", "One", "Two");
  await page.getByRole("link", { name: "lobby 2 条未读" }).waitFor();
  bob.type("kitchen");
  await page.getByText("Bob 正在输入…").waitFor();
  await isAllChinese(page, "something is unread elsewhere, and somebody types");
  await page.goto(new URL("/?room=NO", stage.url).href);
  await page.getByText("网址中的房间名无效，已转到默认房间。").waitFor();
  await hasMessages(page, 2);
  await isAllChinese(page, "an address that there can't be");

  await page.getByLabel("搜索消息").fill("one");
  await page.keyboard.press("Enter");
  await page.locator("#found li").waitFor();
  await isAllChinese(page, "search results");
  await page.getByLabel("搜索消息").fill("three");
  await page.keyboard.press("Enter");
  await page.getByText("没有找到").waitFor();
  await isAllChinese(page, "nothing found");
  await page.getByRole("button", { name: "关闭搜索结果" }).click();

  const refusals = [["Bob", "“Bob”已经有人用了。"], ["bob", "这和别人的名字“Bob”太像了。"], ["Annа", "不能混用"]];
  await page.getByRole("button", { name: "改名" }).click();
  for (const [name, reason] of refusals) {
    await page.getByLabel("你的名字").fill(name!);
    await page.keyboard.press("Enter");
    await page.locator("#people form [role=status]").getByText(reason!).waitFor();
    await isAllChinese(page, `the name ${name} is refused`);
  }
  await page.getByLabel("你的名字").fill("Ada");
  await page.keyboard.press("Enter");
  await isCalled(page, "Ada");

  await stage.stopServer();
  await page.getByText(/即将重试/).waitFor();
  await page.focus("#text");
  await write(page, "This is too long for a small server");
  await page.getByText("等待连接…").waitFor();
  await isAllChinese(page, "disconnected");
  await page.getByLabel("搜索消息").fill("one");
  await page.keyboard.press("Enter");
  await page.getByText("暂时无法搜索。").waitFor();
  await isAllChinese(page, "a search that can't be made");
  await stage.restartServer("--max-message=20");
  await page.getByText("消息有 35 字节，服务器最多接收 20 字节").waitFor();
  await reaches(page, "open");
  await isAllChinese(page, "a message that failed");
});

scenario("the language is changed by keyboard and stays so, and what failed before is told in it", async (stage) => {
  const page = await stage.open(CHINESE);
  await stage.stopServer();
  await reaches(page, "waiting");
  await write(page, "This is too long for a small server");
  await stage.restartServer("--max-message=20");
  await page.getByText("消息有 35 字节，服务器最多接收 20 字节").waitFor();

  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await page.getByLabel("Language · 语言").focus();
  await page.keyboard.press("ArrowUp");
  await page.locator("html[lang=en]").waitFor();
  await reaches(page, "open");
  await page.getByText("This has 35 bytes; the server takes 20").waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
  await page.reload();
  await reaches(page, "open");
  assert.equal(await page.textContent("#banner"), "Connected");
  assert.equal(await page.getByLabel("Language · 语言").inputValue(), "en");

  const tab = await page.context().newPage();
  await tab.goto(stage.url);
  await tab.getByRole("button", { name: "Settings and keys" }).click();
  await tab.getByLabel("Language · 语言").selectOption({ label: "简体中文" });
  await tab.getByRole("button", { name: "发送" }).waitFor();
  await isAllChinese(tab, "after a change and back");
});

/** Runs in the page before all else: gathers what can be seen in each frame. */
function gatherWhatIsSeen(): void {
  const seen = new Set<string>();
  Object.assign(globalThis, { seen });
  const look = () => {
    for (const element of document.querySelectorAll("body *:not(h1, option, [translate=no])")) {
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE) seen.add(node.textContent!.trim());
      seen.add((element as HTMLInputElement).placeholder ?? "");
    }
    requestAnimationFrame(look);
  };
  look();
}

scenario("no English is to be seen while the page loads for a Chinese reader, however slowly", async (stage) => {
  const page = await stage.blank(CHINESE);
  await page.addInitScript(gatherWhatIsSeen);
  const released = Promise.withResolvers<void>();
  await page.route("**/static/page.ts", async (route) => {
    await released.promise;
    await route.continue();
  });
  await page.goto(stage.url, { waitUntil: "commit" });
  await page.locator("#composer").waitFor({ state: "attached" });
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(await page.locator("body > :not(noscript)").filter({ visible: true }).count(), 0);
  released.resolve();
  await reaches(page, "open");
  await page.getByRole("button", { name: "发送" }).waitFor();
  const seen = await page.evaluate(() => [...(globalThis as unknown as { seen: Set<string> }).seen]);
  assert.ok(seen.includes("发送"));
  assert.deepEqual(seen.filter((text) => /[A-Za-z]{2}/.test(text.replaceAll(NAMES, ""))), []);
});

scenario(
  "the page is there in English if its script never comes, and says that it needs one if it may not",
  async (stage) => {
    const page = await stage.blank(CHINESE);
    await page.route("**/static/page.ts", (route) => route.abort());
    await page.goto(stage.url);
    await page.getByRole("button", { name: "Send" }).waitFor();

    const scriptless = await stage.blank({ ...CHINESE, javaScriptEnabled: false });
    await scriptless.goto(stage.url);
    for (const line of await scriptless.locator("noscript p").all()) await line.waitFor();
    assert.equal(await scriptless.locator("noscript p").count(), 2);
  },
);
