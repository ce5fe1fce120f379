import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { comesBack, isCalled, isIn, joinRoom, reaches, rename, scenario, shows, write } from "./stage.ts";

/** Waits until the panel says that so many people are here, and lists these beside oneself. */
async function isWith(page: Page, heading: string, ...others: string[]): Promise<void> {
  await page.getByRole("heading", { name: heading, exact: true }).waitFor();
  const names = page.locator("#people ul li");
  for (const name of others) await names.getByText(name, { exact: true }).waitFor();
  assert.equal(await names.count(), others.length);
}

scenario("somebody with two tabs is one person, who says it in one and sees it in both", async (stage) => {
  const [ada, bob] = await Promise.all([stage.open(), stage.open()]);
  await rename(ada, "Ada");
  await isCalled(ada, "Ada");
  const tab = await ada.context().newPage();
  await tab.goto(stage.url);
  await isCalled(tab, "Ada");
  await rename(bob, "Bob");
  await isWith(bob, "2 people", "Ada");
  await isWith(tab, "2 people", "Bob");

  await tab.focus("#text");
  await write(tab, "From the other tab");
  for (const page of [ada, tab, bob]) await shows(page, "From the other tab");
  assert.equal(await ada.locator("#timeline .mine").count(), 1);

  await rename(tab, "Ada Lovelace");
  for (const page of [ada, tab]) await isCalled(page, "Ada Lovelace");
  await isWith(bob, "2 people", "Ada Lovelace");
  await ada.focus("#text");
  await write(ada, "Do you know me?");
  await bob.locator("#timeline .name").getByText("Ada Lovelace", { exact: true }).waitFor();

  await tab.close();
  await write(ada, "Still here");
  await shows(bob, "From the other tab", "Do you know me?", "Still here");
  await isWith(bob, "2 people", "Ada Lovelace");
  await ada.close();
  await isWith(bob, "1 person");
});

scenario("what one tab could not send is sent by the other when the first is closed", async (stage) => {
  const tab = await stage.open();
  await stage.stopServer();
  await reaches(tab, "waiting");
  await write(tab, "Typed in a tab that is gone");
  const other = await tab.context().newPage();
  // The page is not to be had while the server is away; it is opened when it is back.
  await tab.close();
  await stage.restartServer();
  await other.goto(stage.url);
  await shows(other, "Typed in a tab that is gone");
});

scenario("a newcomer is a guest, chooses a name, and is told in words when they can't have it", async (stage) => {
  const [ada, mallory] = await Promise.all([stage.open(), stage.open()]);
  const invitation = ada.locator("#guest");
  assert.match((await invitation.textContent())!, /^You are Guest \d+ — choose a name$/);
  await invitation.getByRole("button", { name: "choose a name" }).click();
  await ada.getByLabel("Your name").fill("Anna");
  await ada.keyboard.press("Enter");
  await isCalled(ada, "Anna");
  await invitation.waitFor({ state: "hidden" });
  await isWith(mallory, "2 people", "Anna");

  for (const name of ["anna", "Аnnа", " ANNA "]) {
    await mallory.getByRole("button", { name: "Rename" }).click();
    await mallory.getByLabel("Your name").fill(name);
    await mallory.keyboard.press("Enter");
    await mallory.locator("#people form [role=status]").getByText("too close").waitFor();
    await mallory.locator("#name:focus").waitFor();
    await mallory.keyboard.press("Escape");
  }
  await rename(mallory, "安娜");
  await isCalled(mallory, "安娜");
  await isWith(ada, "2 people", "安娜");

  await mallory.reload();
  await isCalled(mallory, "安娜");
  await stage.stopServer();
  await stage.restartServer();
  for (const page of [ada, mallory]) await comesBack(page);
  await isCalled(ada, "Anna");
  await isWith(ada, "2 people", "安娜");
});

scenario("who types is named to those in the room, until they have said it", async (stage) => {
  const [ada, bob] = await Promise.all([stage.open(), stage.open()]);
  await rename(ada, "Ada");
  await isCalled(ada, "Ada");
  await joinRoom(bob, "kitchen");
  await isIn(bob, "kitchen");
  await ada.fill("#text", "I am just");
  await ada.getByText("is typing").waitFor({ state: "hidden" });
  assert.equal(await bob.textContent("#typing"), "");

  await bob.goBack();
  await bob.getByText("Ada is typing…").waitFor();
  await ada.press("#text", "Enter");
  await shows(bob, "I am just");
  await bob.getByText("Ada is typing…").waitFor({ state: "detached" });
});
