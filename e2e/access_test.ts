/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { userIdOf } from "../text.ts";
import { choose, isIn, listen, PHONE, reaches, scenario, shows, type Stage, WIDE, write } from "./stage.ts";

/** From now on the server takes this key. */
async function close(stage: Stage, key: string): Promise<void> {
  await stage.stopServer();
  await stage.restartServer(`--key=${key}`);
}

/** A page that is asked for the key, and how many sockets it has made. */
async function turnedAway(stage: Stage, at = ""): Promise<{ page: Page; sockets: () => number }> {
  const page = await stage.blank();
  let count = 0;
  page.on("websocket", () => count++);
  await page.goto(new URL(at, stage.url).href);
  await page.locator("#access").waitFor();
  return { page, sockets: () => count };
}

scenario("who opens a closed server is asked for the key, told that it is wrong, and needs it once", async (stage) => {
  await close(stage, "open-sesame");
  const { page, sockets } = await turnedAway(stage);
  await page.locator("#pass:focus").waitFor();
  const alert = page.getByRole("alert");
  assert.equal(await alert.textContent(), "This server takes a key.");
  const told = await listen(page);
  await write(page, "open-barley");
  await alert.getByText("This key is wrong, or good for nothing any more.").waitFor();
  await page.locator("#pass:focus[aria-invalid=true]").waitFor();
  assert.ok((await told()).includes("This key is wrong, or good for nothing any more."));
  assert.equal(await page.getByText("Go on without it").isVisible(), false, "it leads nowhere");
  // It does not try by itself.
  assert.equal(sockets(), 2);

  await page.getByLabel("Key", { exact: true }).fill("open-sesame");
  await page.keyboard.press("Enter");
  await reaches(page, "open");
  await page.locator("#access").waitFor({ state: "hidden" });
  await page.locator("#text:focus").waitFor();
  await write(page, "I am in");
  await shows(page, "I am in");
  await page.reload();
  await reaches(page, "open");
  const tab = await page.context().newPage();
  await tab.goto(stage.url);
  await reaches(tab, "open");
  await shows(tab, "I am in");
});

scenario("a link with the key lets in, to where it leads, and leaves no key in the address", async (stage) => {
  await close(stage, "open-sesame");
  const page = await stage.open({ at: "?room=kitchen#key=open-sesame" });
  await isIn(page, "kitchen");
  assert.equal(page.url(), `${stage.url}?room=kitchen`);
  assert.ok(!(await page.evaluate(() => document.documentElement.outerHTML)).includes("open-sesame"));

  // It may also be put into the address of a page that is open, and of which another tab waits, too.
  const { page: other } = await turnedAway(stage);
  const tab = await other.context().newPage();
  await tab.goto(stage.url);
  await tab.locator("#access").waitFor();
  await other.evaluate(() => location.hash = "#key=open-sesame");
  for (const one of [other, tab]) await reaches(one, "open");
  assert.equal(other.url(), stage.url);
});

scenario("a link with a wrong key does not take away the one that is kept", async (stage) => {
  await close(stage, "open-sesame");
  const page = await stage.open({ at: "#key=open-sesame" });
  const tab = await page.context().newPage();
  await tab.goto(`${stage.url}#key=open-barley`);
  await tab.getByText("This key is wrong").waitFor();
  await tab.getByRole("button", { name: "Go on without it" }).click();
  await reaches(tab, "open");
});

scenario("who comes to an open server with a wrong key can go on without it", async (stage) => {
  const { page } = await turnedAway(stage, "#key=open-barley");
  await page.getByText("This key is wrong").waitFor();
  await page.getByRole("button", { name: "Go on without it" }).click();
  await reaches(page, "open");
});

scenario(
  "when the key is changed, what is being written and what waits is still there after giving the new one",
  async (stage) => {
    await close(stage, "open-sesame");
    const page = await stage.open({ at: "#key=open-sesame" });
    await stage.stopServer();
    await reaches(page, "waiting");
    await write(page, "This waits");
    await page.keyboard.type("This is being wr");
    await stage.restartServer("--key=another-key");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await page.locator("#access").waitFor();
    // Who is writing goes on writing.
    await page.locator("#text:focus").waitFor();
    await page.keyboard.type("itten");
    await page.getByLabel("Key", { exact: true }).fill("another-key");
    await page.getByRole("button", { name: "Come in" }).click();
    await shows(page, "This waits");
    assert.equal(await page.inputValue("#text"), "This is being written");
  },
);

scenario("a guest is in the room of their link alone, until the link is ended", async (stage) => {
  await close(stage, "open-sesame");
  const administrator = await stage.open({ at: `?room=kitchen${stage.admin}` });
  await choose(administrator.locator("#moderate"), "Link for guests…", "1 hour");
  const link = await administrator.getByLabel("The link for guests").inputValue();
  assert.match(
    await administrator.locator("#outcome-line").innerText(),
    /lets guests into #kitchen until .*shown only now/,
  );
  await administrator.locator("#outcome-line button:focus").waitFor();
  await administrator.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await administrator.keyboard.press("Enter");
  await administrator.getByText("Copied").waitFor();
  assert.equal(await administrator.evaluate(() => navigator.clipboard.readText()), link);

  const guest = await stage.blank({ viewport: PHONE });
  let sockets = 0;
  guest.on("websocket", () => sockets++);
  await guest.goto(link);
  await isIn(guest, "kitchen");
  await reaches(guest, "open");
  assert.equal(guest.url(), `${stage.url}?room=kitchen`);
  await guest.click("#rooms-open");
  assert.equal(await guest.locator("#rooms li").count(), 1);
  assert.equal(await guest.locator("#enter").isVisible(), false);
  await guest.click("#settings-open");
  await guest.getByText("You are a guest").waitFor();
  for (const _ of ["dialog", "drawer"]) await guest.keyboard.press("Escape");
  await guest.fill("#text", "Hello from outside");
  await guest.press("#text", "Enter");
  await shows(administrator, "Hello from outside");
  await guest.goto(`${stage.url}?room=lobby`);
  await isIn(guest, "kitchen");
  await guest.reload();
  await isIn(guest, "kitchen");
  await reaches(guest, "open");

  await guest.fill("#text", "I was about to");
  const before = sockets;
  await administrator.getByRole("button", { name: "End the link" }).click();
  await guest.getByText("The link that let you in has ended.").waitFor();
  await administrator.getByText("The link to #kitchen lets nobody in any more.").waitFor();
  assert.equal(await guest.inputValue("#text"), "I was about to");
  assert.equal(sockets, before);
});

scenario("who is banned is told until when, does not come back by itself, and does when it is over", async (stage) => {
  const bob = await stage.open();
  let sockets = 0;
  bob.on("websocket", () => sockets++);
  const secret = await bob.evaluate(() => localStorage.getItem("hubbub.secret")!);
  await stage.order({ type: "ban", user: userIdOf(secret), until: Date.now() + 4_000 });
  await reaches(bob, "ended");
  await bob.locator("#banner").getByText(/^You are banned here until .*:\d\d/).waitFor();
  assert.equal(await bob.locator("#access").isVisible(), false);
  assert.equal(await bob.locator("#retry").isVisible(), false);
  await bob.getByText("Your ban is over.").waitFor();
  assert.equal(sockets, 0);
  await bob.getByRole("button", { name: "Try now" }).click();
  await reaches(bob, "open");
});

scenario("an administrator sees that they are one, and can stop being it in this browser", async (stage) => {
  const page = await stage.open({ at: stage.admin, viewport: WIDE });
  await page.locator("#me").getByText("administrator").waitFor();
  await page.locator("#moderate").waitFor();
  await page.click("#settings-open");
  await page.getByText("You came in as an administrator.").waitFor();
  await page.getByRole("button", { name: "Forget it in this browser" }).click();
  await page.locator("#moderate").waitFor({ state: "hidden" });
  await page.locator("#me").getByText("administrator").waitFor({ state: "detached" });
  await page.reload();
  await reaches(page, "open");
  assert.equal(await page.locator("#moderate").isVisible(), false);
});
