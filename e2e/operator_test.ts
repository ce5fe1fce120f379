/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { BrowserContextOptions, Page } from "playwright-core";
import { FolderAdministrator } from "../administrator.ts";
import { isAccessible, LOOKS } from "./axe.ts";
import { AWAY, listen, PHONE, reaches, scenario, type Stage } from "./stage.ts";

/** The operator's page, by the link that the server printed, in a browser where nobody has been before. */
async function open(stage: Stage, options?: BrowserContextOptions): Promise<Page> {
  const page = await stage.blank(options);
  await page.goto(stage.adminLink.href);
  await isOpen(page);
  return page;
}

/** Waits until the page shows how the server does. */
async function isOpen(page: Page): Promise<void> {
  await page.locator("#dashboard:not([hidden]) #limits td").first().waitFor({ state: "attached" });
}

function chart(page: Page, name: RegExp) {
  return page.getByRole("img", { name });
}

function row(page: Page, section: string, text: string) {
  return page.locator(`#${section} li`, { hasText: text });
}

scenario(
  "the link that a fresh server printed opens the operator's page, and is out of the address at once",
  async (stage) => {
    const page = await open(stage);
    assert.equal(page.url(), new URL("/admin", stage.url).href);
    await page.reload();
    await isOpen(page);
    await page.getByRole("link", { name: "Back to the chat" }).click();
    await page.locator("#timeline").waitFor({ state: "attached" });
  },
);

scenario("the numbers move when somebody comes and chats, without anybody doing anything", async (stage) => {
  const page = await open(stage);
  await chart(page, /^Connections: 1 now/).waitFor();
  const ana = await stage.speaker("Ana", "lobby", "kitchen");
  await chart(page, /^Connections: 2 now/).waitFor();
  await chart(page, /^Rooms in use: 2 now/).waitFor();
  await row(page, "people", "Ana").getByText("kitchen", { exact: true }).waitFor();
  await row(page, "rooms", "lobby").getByText("1 person").waitFor();
  await ana.say("lobby", "One", "Two", "Three");
  await chart(page, /^Messages a second: .*to 3 in the last five minutes$/).waitFor();
  await chart(page, /^Memory: \d+ MB now/).waitFor();
  await page.locator("figure", { hasText: "Delay of the event loop" }).getByText("Tens of ms are normal").waitFor();
  await ana.leave();
  await chart(page, /^Connections: 1 now, \d to 2/).waitFor();
  await row(page, "people", "Ana").waitFor({ state: "detached" });
  await page.getByText("As a table: the highest of each minute").first().click();
  assert.match(await page.locator("#charts tbody tr").first().innerText(), /MB/);
});

scenario(
  "a flooder is banned with two clicks, and let in again with one; what was done stands below",
  async (stage) => {
    const page = await open(stage);
    const told = await listen(page);
    await stage.speaker("Eve", "lobby");
    await page.getByRole("button", { name: "Ban Eve" }).click();
    assert.deepEqual(
      await page.locator("#ask option").allTextContents(),
      ["10 minutes", "1 hour", "1 day", "1 week", "30 days", "without an end"],
      "the same as in the chat",
    );
    await page.getByLabel("For how long").last().selectOption({ label: "1 week" });
    await page.locator("#ask").getByRole("button", { name: "Ban Eve" }).click();
    await row(page, "people", "Eve").waitFor({ state: "detached" });
    await row(page, "bans", "Eve").getByRole("button", { name: "Unban Eve" }).click();
    await page.locator("#bans").getByText("Nobody is banned.").waitFor();
    await page.locator("#audit li").nth(1).getByText(/ banned Eve, until /).waitFor();
    await row(page, "audit", "ended ban").waitFor();
    assert.deepEqual((await told()).filter((text) => text === "Done."), ["Done.", "Done."]);
  },
);

scenario("a token is made with the keyboard, shown once with a line for a terminal, and ended", async (stage) => {
  const page = await open(stage, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.locator("#tokens").getByLabel("Name").focus();
  await page.keyboard.type("Deploys");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "API tokens" });
  const secret = await dialog.getByLabel("Secret", { exact: true }).inputValue();
  assert.match(secret, /^[\w-]{43}$/);
  assert.equal(
    await dialog.getByLabel("Try it in a terminal", { exact: true }).inputValue(),
    `curl -H 'Authorization: Bearer ${secret}' -d 'deploy done' ${stage.url}api/rooms/lobby/messages`,
  );
  await dialog.getByRole("button", { name: "Copy Secret" }).click();
  await dialog.getByText("Copied", { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  await page.keyboard.press("Escape");
  await row(page, "tokens", "Deploys").waitFor();
  assert(!(await page.content()).includes(secret), "nothing of it stays on the page");
  await page.reload();
  await row(page, "tokens", "Deploys").waitFor();
  assert(!(await page.content()).includes(secret), "nor is it told again");
  await page.getByRole("button", { name: "End the token Deploys" }).click();
  await page.locator("#ask").getByRole("button", { name: "End the token Deploys" }).click();
  await page.locator("#tokens").getByText("There are none.").waitFor();
});

scenario(
  "a guest link and a webhook are made, or it is said what is wrong; a room is locked and unlocked",
  async (stage) => {
    const page = await open(stage);
    await stage.speaker("Ana", "lobby");
    await page.locator("#links").getByLabel("Room").fill("Küche");
    await page.getByRole("button", { name: "Make a guest link" }).click();
    await page.locator("#links").getByText("letters from a to z").waitFor();
    await page.locator("#links").getByLabel("Room").fill("kitchen");
    await page.getByRole("button", { name: "Make a guest link" }).click();
    const link = await page.getByRole("dialog", { name: "Guest links" }).getByLabel("Address", { exact: true })
      .inputValue();
    assert(link.startsWith(`${stage.url}#guest=`), link);
    await page.getByRole("button", { name: "Close" }).click();
    await row(page, "links", "kitchen").getByText(/until /).waitFor();

    await page.locator("#hooks").getByLabel("Address").fill("example.org");
    await page.getByRole("button", { name: "Make a webhook" }).click();
    await page.locator("#hooks").getByText("begins with https://").waitFor();
    await page.locator("#hooks").getByLabel("Address").fill("https://example.org/hook");
    await page.getByRole("button", { name: "Make a webhook" }).click();
    await page.getByRole("dialog", { name: "Webhooks" }).getByLabel("Secret", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await row(page, "hooks", "https://example.org/hook").waitFor();
    await page.getByRole("button", { name: "End the webhook https://example.org/hook" }).click();
    await page.locator("#ask").getByText("Nothing is sent there any more").waitFor();
    await page.locator("#ask").getByRole("button", { name: "End the webhook https://example.org/hook" }).click();
    await page.locator("#hooks").getByText("There are none.").waitFor();

    await page.getByRole("button", { name: "Lock lobby" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Unlock lobby" }).waitFor();
    assert.equal(
      await page.evaluate(() => document.activeElement?.ariaLabel),
      "Unlock lobby",
      "who locked it by keyboard can unlock it where they are",
    );
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Lock lobby", exact: true }).waitFor();
  },
);

scenario(
  "of a webhook one sees that it fails, since when and why, and that its receiver has ended it",
  async (stage) => {
    let status = 503;
    await using receiver = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(null, { status }),
    );
    const url = `http://127.0.0.1:${receiver.addr.port}/in`;
    const page = await open(stage);
    await stage.order({ type: "hook", url });
    await row(page, "hooks", url).waitFor();
    await (await stage.speaker("Ana", "lobby")).say("lobby", "Hello");
    await row(page, "hooks", url).getByText(/failing since .*\d.*: it answers 503/).waitFor();
    status = 410;
    await row(page, "hooks", url).getByText("ended by its receiver").waitFor();
  },
);

scenario("a webhook is not sent what its receiver says with the token that was chosen", async (stage) => {
  const received: string[] = [];
  const heard = Promise.withResolvers<void>();
  await using receiver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { data: { text } } = await request.json();
    received.push(text);
    if (text === "A question") heard.resolve();
    return new Response();
  });
  const page = await open(stage);
  const token = await stage.order({ type: "token", name: "Robo" });
  await page.locator("#hooks").getByLabel("Address").fill(`http://127.0.0.1:${receiver.addr.port}/in`);
  await page.locator("#hooks").getByLabel("Leave out messages of").selectOption({ label: "Robo" });
  // What is made meanwhile does not undo the choice.
  await stage.order({ type: "token", name: "Another" });
  await page.locator("#hooks option", { hasText: "Another" }).waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Make a webhook" }).click();
  await page.getByRole("dialog", { name: "Webhooks" }).getByLabel("Secret", { exact: true }).waitFor();
  const response = await fetch(new URL("/api/rooms/lobby/messages", stage.url), {
    method: "POST",
    headers: { authorization: `Bearer ${token.secret}` },
    body: "An answer",
  });
  await response.body?.cancel();
  assert.equal(response.status, 201);
  await (await stage.speaker("Ana", "lobby")).say("lobby", "A question");
  await heard.promise;
  assert.deepEqual(received, ["A question"]);
});

scenario("of each limit one sees by which flag it is set, if any does", async (stage) => {
  const page = await open(stage);
  const limit = (name: string) => page.locator("#limits tr", { has: page.getByRole("rowheader", { name }) });
  await limit("Connections --max-clients").getByText("10,000").waitFor();
  assert.equal(await limit("Rooms of one connection").locator("code").count(), 0);
});

scenario("what was done names messages and links by numbers that nobody takes for a room", async (stage) => {
  const page = await open(stage);
  const eve = await stage.speaker("Eve", "lobby");
  const id = await eve.say("lobby", "A mistake");
  eve.delete("lobby", id);
  await row(page, "audit", `Eve deleted their own message ${id} in lobby`).waitFor();
  const link = await stage.order({ type: "link", room: "lobby" });
  await row(page, "links", "lobby").getByText(`no. ${link.id}`).waitFor();
  await stage.order({ type: "unlink", link: link.id });
  await row(page, "audit", `ended guest link ${link.id}`).waitFor();
  assert.ok(!/#\d/.test(await page.locator("main").innerText()));
});

scenario("when the server restarts the page comes back by itself, with what it had drawn", async (stage) => {
  const page = await open(stage);
  await chart(page, /^Connections: 1 now/).waitFor();
  await stage.stopServer();
  await reaches(page, "waiting");
  assert.match(await page.locator("#banner [role=status]").innerText(), AWAY);
  await stage.restartServer();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await reaches(page, "open");
  await stage.speaker("Ana", "lobby");
  await row(page, "people", "Ana").waitFor();
  await chart(page, /^Connections: 2 now, \d to 2/).waitFor();
});

scenario("whose link is wrong, missing or was replaced is asked for the newest, and can paste it", async (stage) => {
  const stranger = await stage.blank();
  await stranger.goto(new URL("/admin", stage.url).href);
  await stranger.getByText("This page opens with the administrator’s link").waitFor();
  await stranger.getByLabel("Link or secret").fill("open sesame");
  await stranger.keyboard.press("Enter");
  await stranger.getByText("This link is wrong").waitFor();
  await stranger.getByLabel("Link or secret").fill("x".repeat(43));
  await stranger.keyboard.press("Enter");
  await stranger.locator("#way-in:not([hidden])").getByText("This link is wrong").waitFor();
  assert(await stranger.locator("#dashboard").isHidden());

  const page = await open(stage);
  const secret = new FolderAdministrator(stage.data).renew();
  await page.getByText("another one has taken its place").waitFor();
  assert(await page.locator("#dashboard").isHidden(), "what it shows is nobody's business any more");
  await page.getByLabel("Link or secret").fill(`${stage.url}admin#admin=${secret}`);
  await page.keyboard.press("Enter");
  await isOpen(page);

  // A link that is put into the address of a page that is open is used at once, whether that is good or not.
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(socket.url()));
  await page.evaluate((secret) => location.hash = `admin=${secret}`, secret);
  await page.waitForURL(new URL("/admin", stage.url).href);
  await reaches(page, "open");
  await chart(page, /^Connections: 1 now/).waitFor();
  assert.equal(sockets.length, 1);
  await page.evaluate(() => location.hash = "admin=open-sesame");
  await page.locator("#way-in:not([hidden])").getByText("This link is wrong").waitFor();
});

scenario("on a phone each part is closed, tells how much is in it, and opens where one taps it", async (stage) => {
  const page = await open(stage, { viewport: PHONE, hasTouch: true, isMobile: true });
  await stage.speaker("Eve", "lobby");
  await page.locator("#people summary").getByText("2", { exact: true }).waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollHeight < 3 * innerHeight));
  assert.equal(await row(page, "people", "Eve").isVisible(), false);
  await page.getByRole("heading", { name: "People" }).tap();
  await row(page, "people", "Eve").waitFor();
  await page.getByRole("button", { name: "Mute Eve" }).tap();
  await page.locator("#ask").getByRole("button", { name: "Mute Eve" }).tap();
  await page.locator("#mutes summary").getByText("1", { exact: true }).waitFor();
  await page.locator("#mutes summary").tap();
  await page.getByRole("button", { name: "Unmute Eve" }).tap();
  await page.locator("#mutes").getByText("Nobody is muted.").waitFor();
  assert.equal(await page.locator("#mutes summary").innerText(), "Mutes");
  const focused = await page.evaluate(() => document.activeElement?.closest("section")?.id);
  assert.equal(focused, "mutes", "the focus stays where the last row was");
});

/** In each of these the page is looked at. */
for (const [look, options] of Object.entries(LOOKS)) {
  scenario(`axe-core finds nothing to complain about on the operator's page: ${look}`, async (stage) => {
    await stage.speaker("Ana", "lobby", "kitchen");
    await stage.speaker("Bob", "lobby", "a-room-with-a-rather-long-name-that-does-not-fit");
    const stranger = await stage.blank(options);
    await stranger.goto(new URL("/admin", stage.url).href);
    await stranger.locator("#way-in:not([hidden])").waitFor();
    await isAccessible(stranger, "the way in");
    const page = await open(stage, options);
    await page.locator("#people li").nth(2).waitFor({ state: "attached" });
    await isAccessible(page, "as it is at first");
    const closed = page.locator("details:not([open]) > summary:has(h2)");
    for (const part of (await closed.all()).reverse()) await part.click();
    await page.locator("#people li").nth(2).waitFor();
    await isAccessible(page, "nothing was done yet");
    await page.locator("#people li .actions button").first().click();
    await isAccessible(page, "a question");
    await page.locator("#ask button").first().click();
    await page.locator("#mutes li button").waitFor();
    await page.locator("#people li .actions button").last().click();
    await page.locator("#ask button").first().click();
    await page.locator("#bans li button").waitFor();
    for (
      const [section, field, text] of [["tokens", "name", "Deploys"], ["hooks", "url", "https://example.org/hook"], [
        "links",
        "room",
        "a",
      ]]
    ) {
      await page.locator(`#${section} [name=${field}]`).fill(text!);
      await page.locator(`#${section} form button`).click();
      await page.locator("#secret[open]").waitFor();
      await isAccessible(page, `the secret of ${section}`);
      await page.locator("#secret .close").click();
    }
    await page.locator("#rooms li button").first().click();
    await page.locator("#rooms .tag").waitFor();
    await page.locator("#charts summary").click();
    await page.locator("#audit li").nth(5).waitFor();
    await isAccessible(page, "everything");
    await stage.stopServer();
    await reaches(page, "waiting");
    await isAccessible(page, "without a server");
  });
}

scenario("nothing on the operator's page moves by itself", async (stage) => {
  const page = await open(stage, { reducedMotion: "reduce" });
  await chart(page, /^Connections: 1 now/).waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});
