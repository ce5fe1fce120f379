/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { BACKOFF_MS_MAX } from "../static/backoff.ts";
import { NatsServer } from "../testing/nats_server.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { isAccessible } from "./axe.ts";
import { WAIT_MS_MAX } from "./browser.ts";
import {
  isIn,
  joinRoom,
  listen,
  messages,
  numbered,
  PHONE,
  reaches,
  scenarioWith,
  shows,
  Speaker,
  write,
} from "./stage.ts";

const STALLED = "The server can’t keep messages now. Yours wait here and go out by themselves.";
const STALLED_ZH = "服务器暂时无法保存消息。你的消息会留在这里，稍后自动发送。";

/** Somebody opens the page on a node. */
async function open(page: Page, node: ServerProcess): Promise<Page> {
  await page.goto(node.url.href);
  await reaches(page, "open");
  await page.focus("#text");
  return page;
}

/** Waits until exactly these wait in a page, which says so. */
async function waits(page: Page, sentence: string, ...texts: string[]): Promise<void> {
  await reaches(page, "stalled");
  assert.equal(await page.textContent("#banner [role=status]"), sentence);
  const isSo = (texts: string[]) => {
    const shown = [...document.querySelectorAll("#timeline .pending .text")].map((p) => p.textContent);
    return JSON.stringify(shown) === JSON.stringify(texts);
  };
  await page.waitForFunction(isSo, texts);
}

scenarioWith(
  ["nats-server"],
  "while NATS is away what is typed on two nodes waits, and the page says so, and one reads, searches and reloads; then it arrives by itself, once and in order",
  async (stage) => {
    await using nats = await NatsServer.start();
    const node = () => ServerProcess.start({ args: [`--nats=${nats.url}`, "--rate=0"] });
    await using one = await node();
    await using two = await node();
    const tom = await Speaker.enter(two.port, "Tom", ["archive"]);
    await tom.say("archive", ...numbered(1, 120));
    const [ada, bob] = await Promise.all([
      stage.blank().then((page) => open(page, one)),
      stage.blank({ viewport: PHONE, colorScheme: "dark", locale: "zh-CN" }).then((page) => open(page, two)),
    ]);
    await write(ada, "Before");
    await bob.locator("#timeline").getByText("Before", { exact: true }).waitFor();
    const told = await listen(ada);

    await nats.kill();
    await Promise.all([one.readiness(503), two.readiness(503)]);
    await write(ada, "Ada 1");
    await write(ada, "Ada 2");
    await write(bob, "Bob 1");
    await waits(ada, STALLED, "Ada 1", "Ada 2");
    await waits(bob, STALLED_ZH, "Bob 1");
    await isAccessible(bob, "NATS is away");
    assert.deepEqual((await told()).filter((text) => text.startsWith("The server")), [STALLED]);

    // What was said before can be read and found.
    await joinRoom(ada, "archive");
    await ada.locator("#timeline").getByText("Message 120", { exact: true }).waitFor();
    await ada.locator("#viewport").evaluate((viewport) => viewport.scrollTop = 0);
    await ada.locator("#timeline").getByText("Message 50", { exact: true }).waitFor({ state: "attached" });
    await ada.getByLabel("Search the messages").fill("99");
    await ada.keyboard.press("Enter");
    await ada.locator("#found").getByText("Message 99").waitFor();
    await ada.goBack();
    await isIn(ada, "lobby");

    await ada.reload();
    await waits(ada, STALLED, "Ada 1", "Ada 2");
    await ada.focus("#text");
    await write(ada, "Ada 3");
    await waits(ada, STALLED, "Ada 1", "Ada 2", "Ada 3");
    await Promise.all([one.readiness(503), two.readiness(503)]);

    await nats.start();
    // How long it takes depends on when they try again by themselves.
    for (const page of [ada, bob]) {
      page.setDefaultTimeout(BACKOFF_MS_MAX + WAIT_MS_MAX);
      for (const text of ["Ada 3", "Bob 1"]) {
        await page.locator("#timeline li:not(.pending)").getByText(text, { exact: true }).waitFor();
      }
      await reaches(page, "open");
    }
    const said = await messages(bob);
    assert.deepEqual(said.filter((text) => text !== "Bob 1"), ["Before", "Ada 1", "Ada 2", "Ada 3"]);
    assert.equal(said.length, 5);
    for (const page of [ada, bob, await open(await stage.blank(), one)]) await shows(page, ...said);
    await Promise.all([one.readiness(200), two.readiness(200)]);
    await tom.leave();
  },
);
