/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { buildPage, makeAssets } from "../assets.ts";
import { TestServer } from "../testing/test_server.ts";
import type { Line } from "./line.ts";
import { comesBack, reaches, scenario, shows, write } from "./stage.ts";

/** Waits until the browser has all of the page for when there is no network: this version, if it may have another, too. */
async function isKept(page: Page, version = ""): Promise<void> {
  await page.evaluate(async (version) => {
    const isThere = async () => (await caches.keys()).some((name) => name.startsWith(`hubbub ${version}`));
    while (!await isThere()) await new Promise(requestAnimationFrame);
    // It is there as soon as the worker begins to fill it.
    const worker = await navigator.serviceWorker.ready;
    while (worker.installing || worker.waiting || worker.active!.state !== "activated") {
      await new Promise(requestAnimationFrame);
    }
  }, version);
}

/** Waits until a version is no longer kept. */
async function isDeleted(page: Page, version: string): Promise<void> {
  await page.evaluate(async (version) => {
    while ((await caches.keys()).includes(`hubbub ${version}`)) await new Promise(requestAnimationFrame);
  }, version);
}

/** The network is gone, for the browser and for what it thinks of it. */
async function goOffline(page: Page, line: Line): Promise<void> {
  line.carry("nothing");
  await page.context().setOffline(true);
}

async function goOnline(page: Page, line: Line): Promise<void> {
  line.carry("all");
  await page.context().setOffline(false);
}

function banner(page: Page): Promise<string | null> {
  return page.textContent("#banner [role=status]");
}

scenario(
  "opened without a network the page is there, in the room of its address, and says that it is offline",
  async (stage) => {
    const line = await stage.line();
    const first = await stage.open({ line });
    await isKept(first);
    await goOffline(first, line);
    await first.close();

    const page = await first.context().newPage();
    await page.goto(`${line.url}?room=kitchen`);
    await reaches(page, "waiting");
    assert.equal(await banner(page), "You are offline. Trying again soon.");
    assert.equal(await page.textContent("#here"), "kitchen");
    assert.match(await page.locator("body").evaluate((body) => getComputedStyle(body).display), /grid/);

    // Not all of the way: the device is on a network, and the server can't be reached over it.
    await page.context().setOffline(false);
    await page.getByText("Not connected. Trying again soon.").waitFor();
    await page.reload();
    await reaches(page, "waiting");
    assert.equal(await banner(page), "Not connected. Trying again soon.");
    line.carry("all");
    await comesBack(page);
  },
);

scenario("what was typed in a page that was opened offline arrives when the network is back", async (stage) => {
  const line = await stage.line();
  const ada = await stage.open({ line });
  await isKept(ada);
  await goOffline(ada, line);
  await ada.reload();
  await reaches(ada, "waiting");
  await write(ada, "I am in the tunnel");
  await ada.reload();
  await ada.getByText("Waiting for the connection…").waitFor();

  await goOnline(ada, line);
  await comesBack(ada);
  await shows(ada, "I am in the tunnel");
  await shows(await stage.open(), "I am in the tunnel");
});

scenario("a server that fails, or does not answer, does not keep the page from opening", async (stage) => {
  const line = await stage.line();
  const page = await stage.open({ line });
  await isKept(page);
  await page.goto("about:blank");
  await stage.stopServer();
  const ended = Promise.withResolvers<Response>();
  const failure = () => new Response("Bad gateway", { status: 502 });
  const answers = [failure(), ended.promise];
  const failing = Deno.serve(
    { hostname: "127.0.0.1", port: Number(new URL(stage.url).port), onListen() {} },
    (request) => {
      const isPage = new URL(request.url).pathname === "/";
      return isPage && answers.shift() || failure();
    },
  );
  while (answers.length > 0) {
    await page.goto(line.url);
    await reaches(page, "waiting");
  }
  ended.resolve(failure());
  await failing.shutdown();
  await stage.restartServer();
  await comesBack(page);
});

scenario(
  "after the server was updated the next load has the new page, and what is open goes on as it was",
  async (stage) => {
    const files = await buildPage();
    const before = await makeAssets(files);
    // The text of the page and its script have to go together.
    const after = await makeAssets(
      new Map(files)
        .set("static/index.html", files.get("static/index.html")!.replace(">Hubbub</h1>", ">Newer</h1>"))
        .set("static/page.ts", files.get("static/page.ts")!.replace("· Hubbub", "· Newer Hubbub")),
    );
    const assets = new Map(before);
    await using server = await TestServer.start({ assets });
    const url = `http://127.0.0.1:${server.port}/`;
    const version = (of: typeof after) => of.get("/")!.etag.slice(1, -1);
    const look = async (page: Page) => {
      await page.waitForFunction(() => document.title.includes("#"));
      return `${await page.textContent("h1")}, ${await page.title()}`;
    };
    const OLD = "Hubbub, #lobby · Hubbub";
    const NEW = "Newer, #lobby · Newer Hubbub";

    const page = await stage.blank();
    await page.goto(url);
    await isKept(page);
    await page.reload();
    assert.equal(await look(page), OLD);

    for (const [path, asset] of after) assets.set(path, asset);
    const other = await page.context().newPage();
    await other.goto(url);
    assert.equal(await look(other), NEW);
    await isKept(other, version(after));
    await other.reload();
    assert.equal(await look(other), NEW);
    await other.context().setOffline(true);
    await other.reload();
    assert.equal(await look(other), NEW);

    // What a page asks for later is still what belongs to it, for as long as it is open, whatever the worker forgets.
    const session = await page.context().newCDPSession(page);
    await session.send("ServiceWorker.enable");
    const text = (page: Page) => page.evaluate(async () => await (await fetch("/static/page.ts")).text());
    for (let times = 0; times < 2; times++) {
      assert.doesNotMatch(await text(page), /Newer/);
      assert.match(await text(other), /Newer/);
      await session.send("ServiceWorker.stopAllWorkers");
    }
    await page.close();
    await other.reload();
    await isDeleted(other, version(before));
    await other.context().setOffline(false);
  },
);

scenario("the browser offers to install it", async (stage) => {
  const page = await stage.open();
  await isKept(page);
  const session = await page.context().newCDPSession(page);
  const manifest = await session.send("Page.getAppManifest");
  assert.deepEqual(manifest.errors, []);
  assert.equal(new URL(manifest.url).pathname, "/static/manifest.webmanifest");
  const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
  // That one is about the browser of the test, which forgets everything.
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito"), []);
  const icons: { src: string }[] = JSON.parse(manifest.data!).icons;
  for (const { src } of icons) {
    const size = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, src);
    assert.equal(size[0], size[1]);
  }
});
