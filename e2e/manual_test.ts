/// <reference lib="dom" />
import assert from "node:assert/strict";
import { ServerProcess } from "../testing/server_process.ts";
import { choose, chooseOf, isCalled, isIn, reaches, rename, scenario, shows, type Stage, write } from "./stage.ts";

// What the README and the manual promise to whoever runs it, each done as they say, from a server that just runs.

/** How long each may take, in ms. */
const MINUTE_MS = 60_000;

function task(name: string, run: (stage: Stage) => Promise<void>): void {
  scenario(`in less than a minute an operator ${name}`, async (stage) => {
    const start = performance.now();
    await run(stage);
    const ms = performance.now() - start;
    assert(ms < MINUTE_MS, `it took ${Math.round(ms / 1_000)} s`);
  });
}

/** Runs a program to its end; gives what it printed. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Runs a command of the program's own on the stage's data. */
async function hubbub(stage: Stage, command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ServerProcess.run([command, `--data=${stage.data}`, ...args]);
  assert.equal(code, 0, stderr);
  return stdout;
}

task("closes the server with a key, which lets in whoever has it and nobody else", async (stage) => {
  const bob = await stage.open();
  await stage.stopServer();
  await stage.restartServer("--key=open-sesame");
  await bob.evaluate(() => dispatchEvent(new Event("online")));
  await bob.getByRole("alert").getByText("This server takes a key.").waitFor();
  const ana = await stage.open({ at: "#key=open-sesame" });
  await write(ana, "Just us now");
  await shows(ana, "Just us now");
  assert(!(await bob.content()).includes("Just us now"));
  await bob.getByLabel("Key", { exact: true }).fill("open-sesame");
  await bob.keyboard.press("Enter");
  await shows(bob, "Just us now");
});

task("invites a guest to one room", async (stage) => {
  await stage.stopServer();
  await stage.restartServer("--key=open-sesame");
  const ada = await stage.open({ at: `?room=kitchen${stage.admin}` });
  await choose(ada.locator("#moderate"), "Link for guests…", "1 hour");
  const link = await ada.getByLabel("The link for guests").inputValue();
  const guest = await stage.blank();
  await guest.goto(link);
  await reaches(guest, "open");
  await isIn(guest, "kitchen");
  await write(guest, "Thank you for having me");
  await shows(ada, "Thank you for having me");
});

task("bans a flooder, who is gone at once and does not come back", async (stage) => {
  const ada = await stage.open({ at: stage.admin });
  const eve = await stage.open();
  await rename(eve, "Eve");
  await isCalled(eve, "Eve");
  await eve.focus("#text");
  await write(eve, "Buy now");
  await shows(ada, "Buy now");
  await chooseOf(ada, "Buy now", "Ban Eve…", "1 day");
  await eve.getByText(/^You are banned here until/).first().waitFor();
  await chooseOf(ada, "Buy now", "Delete…", "Delete");
  await shows(ada);
  await eve.reload();
  await eve.getByText(/^You are banned here until/).first().waitFor();
});

task("lets a program say something, with the line for curl that the page shows", async (stage) => {
  const bob = await stage.open();
  const page = await stage.blank();
  await page.goto(stage.adminLink.href);
  await page.locator("#tokens").getByLabel("Name").fill("Deploys");
  await page.keyboard.press("Enter");
  const line = await page.getByRole("dialog").getByLabel("Try it in a terminal", { exact: true }).inputValue();
  const { room, name } = JSON.parse(await run("sh", "-c", `${line} -sS`));
  assert.deepEqual([room, name], ["lobby", "Deploys"]);
  await shows(bob, "deploy done");
});

task(
  "restores last night's backup, made while people talked, and the pages show what was there then",
  async (stage) => {
    const bob = await stage.open();
    await write(bob, "Last night");
    await shows(bob, "Last night");
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/last-night.db`;
      await hubbub(stage, "backup", file);
      await write(bob, "A mistake");
      await shows(bob, "Last night", "A mistake");
      await stage.stopServer();
      await hubbub(stage, "restore", file);
      await stage.restartServer();
      await bob.evaluate(() => dispatchEvent(new Event("online")));
      await reaches(bob, "open");
      await shows(bob, "Last night");
      await shows(await stage.open(), "Last night");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
