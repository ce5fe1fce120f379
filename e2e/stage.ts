/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { openSqlite } from "../journal/sqlite.ts";
import { passOf } from "../static/place.ts";
import type { Order, ServerMessage } from "../protocol.ts";
import { JsonClient } from "../testing/json_client.ts";
import { isSkipped } from "../testing/programs.ts";
import { SeedClient } from "../testing/seed_client.ts";
import { ServerProcess } from "../testing/server_process.ts";
import { findChromium, launch, WAIT_MS_MAX } from "./browser.ts";
import { Line } from "./line.ts";

export const WIDE = { width: 1440, height: 900 };
export const PHONE = { width: 360, height: 740 };
/** How long a scenario may take, in ms, lest one that waits for ever keep the others from being played. */
const SCENARIO_MS_MAX = 180_000;
const MORNING = new Date("2026-03-04T10:24:00");

/**
 * What a page says when the server has ended. Deno 2.4 answers the answer to its close frame, which Chromium takes for an
 * error, and then the page can't know why.
 */
export const AWAY = /^(The server went away|Not connected)\. Trying again soon\.$/;

// Where every change is checked, a test that can't run must not look like one that passed.
const isWithoutBrowser = !findChromium() && !Deno.env.get("CI");
if (isWithoutBrowser) console.log("The browser tests are skipped: there is no Chromium. Set CHROMIUM to where it is.");

// It is noon wherever these tests run, lest a day end within one and its headings change. In "Etc/GMT-5" clocks are 5 hours ahead.
const hoursUntilNoon = 12 - new Date().getUTCHours();
Deno.env.set("TZ", `Etc/GMT${hoursUntilNoon > 0 ? "-" : "+"}${Math.abs(hoursUntilNoon)}`);

/**
 * A server and a browser of its own for each test, so that Deno's sanitizers see to it that nothing is left behind. When a
 * test fails, though, the next may be blamed for a timer that playwright left.
 */
export function scenario(name: string, run: (stage: Stage) => Promise<void>): void {
  scenarioWith([], name, run);
}

/** A scenario that takes programs of the system besides the browser. */
export function scenarioWith(programs: readonly string[], name: string, run: (stage: Stage) => Promise<void>): void {
  const fn = async () => {
    await using browser = await launch();
    await using stage = await Stage.set(browser);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`Not over after ${SCENARIO_MS_MAX} ms`)), SCENARIO_MS_MAX);
    try {
      // What still waits for the browser is told when that ends.
      await Promise.race([run(stage), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
  Deno.test({ name, ignore: isWithoutBrowser || isSkipped(programs, name), fn });
}

/** How somebody opens the page: over a line of their own if it is to be cut, and somewhere else than in the lobby. */
export interface Opening extends BrowserContextOptions {
  readonly line?: Line;
  /** The address, from the root of the server. */
  readonly at?: string;
}

/** Something that was said in the past, at a time in ms since 1970, and in the lobby if it does not say where. */
export interface Past {
  readonly room?: string;
  readonly name: string;
  readonly text: string;
  readonly at: number;
}

/** One program speaks for many people. */
const CROWD = ["--rate=0"];

/** Where a scenario plays: a server, the browsers of several people, and the lines and programs that it takes. */
export class Stage implements AsyncDisposable {
  readonly #browser: Browser;
  /** The server's folder. */
  readonly data: string;
  readonly #lines: Line[] = [];
  readonly #speakers: Speaker[] = [];
  /** The administrator's link. */
  readonly adminLink: URL;
  #server: ServerProcess;
  #program: SeedClient | undefined;

  private constructor(browser: Browser, data: string, server: ServerProcess, adminLink: URL) {
    this.#browser = browser;
    this.data = data;
    this.#server = server;
    this.adminLink = adminLink;
  }

  /** A server that keeps what is said, also while it is stopped. */
  static async set(browser: Browser): Promise<Stage> {
    const data = await Deno.makeTempDir();
    const server = await ServerProcess.start({ data, args: CROWD });
    return new Stage(browser, data, server, server.makeAdminLink());
  }

  /** What an address ends with by which one comes in as an administrator. */
  get admin(): string {
    return this.adminLink.hash;
  }

  /** The address of the page. */
  get url(): string {
    return this.#server.url.href;
  }

  async stopServer(): Promise<void> {
    assert.equal((await this.#server.end()).code, 0);
  }

  /** Ends the server as a power cut does: it can't do anything about it. */
  async killServer(): Promise<void> {
    await this.#server.end("SIGKILL");
  }

  /** Starts the server again, on the same port. */
  async restartServer(...args: string[]): Promise<void> {
    args = [...CROWD, ...args];
    this.#server = await ServerProcess.start({ addr: this.#server.url.host, data: this.data, args });
  }

  /** Lets things have been said in the past; for this the server is stopped and started again. */
  async remember(...past: readonly Past[]): Promise<void> {
    await this.stopServer();
    const journal = await openSqlite({ directory: this.data });
    const drafts = past.map(({ room = "lobby", name, text, at }) => {
      return { room, user: `the id of ${name}`, name, text, nonce: crypto.randomUUID(), at };
    });
    await journal.append(drafts);
    await journal.close();
    await this.restartServer();
  }

  /** Has something done by an administrator who has no page; returns what the server answers. */
  async order(order: Order): Promise<Extract<ServerMessage, { type: "done" }>> {
    await using client = await JsonClient.connect(this.#server.port);
    const pass = passOf(new URL(this.admin, this.url));
    client.send({ type: "hello", secret: crypto.randomUUID(), pass, rooms: [] }, { type: "order", ref: 1, order });
    return await client.got("done");
  }

  /** Throws away all that the server has kept; it has to be stopped. */
  async wipeData(): Promise<void> {
    await Deno.remove(this.data, { recursive: true });
    await Deno.mkdir(this.data);
  }

  /** A network between a browser and the server. */
  async line(): Promise<Line> {
    const line = await Line.to(this.#server.port);
    this.#lines.push(line);
    return line;
  }

  /** Somebody without a page, whose program writes plain lines, says something; returns when they hear it. */
  async say(...lines: string[]): Promise<void> {
    const program = this.#program ??= await SeedClient.connect(this.#server.port);
    const heard = program.lines.length;
    for (const line of lines) program.send(line);
    await program.received(heard + lines.length);
  }

  /** Somebody with a name, whose program is in some rooms. */
  async speaker(name: string, ...rooms: string[]): Promise<Speaker> {
    const speaker = await Speaker.enter(this.#server.port, name, rooms);
    this.#speakers.push(speaker);
    return speaker;
  }

  /** A page that somebody has open, in a browser where they have not been before, and that is connected. */
  async open({ line, at = "", ...options }: Opening = {}): Promise<Page> {
    const page = await this.blank(options);
    await page.goto(new URL(at, line?.url ?? this.url).href);
    await reaches(page, "open");
    return page;
  }

  /** The same, but time stands still on it: none of its timers ever fires. */
  async openTimeless(options?: BrowserContextOptions): Promise<Page> {
    const page = await this.blank(options);
    await page.clock.install({ time: MORNING });
    await page.goto(this.url);
    await reaches(page, "open");
    await page.clock.pauseAt(new Date(MORNING.getTime() + 60_000));
    return page;
  }

  /** A page that has not been anywhere. */
  async blank(options?: BrowserContextOptions): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: WIDE, ...options });
    context.setDefaultTimeout(WAIT_MS_MAX);
    return await context.newPage();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const line of this.#lines) await line[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
    for (const speaker of this.#speakers) await speaker.leave();
    await this.#program?.close();
    await Deno.remove(this.data, { recursive: true });
  }
}

/** Somebody with a name but without a page. */
export class Speaker {
  readonly #client: JsonClient;

  private constructor(client: JsonClient) {
    this.#client = client;
  }

  static async enter(port: number, name: string, rooms: readonly string[]): Promise<Speaker> {
    const client = await JsonClient.connect(port);
    const speaker = new Speaker(client);
    const secret = crypto.randomUUID();
    client.send({ type: "hello", secret, name, rooms: rooms.map((room) => ({ room })) });
    for (const room of rooms) await client.got("joined", (joined) => joined.room === room);
    return speaker;
  }

  /** Says something; returns when it is kept, with the id of the last. */
  async say(room: string, ...texts: string[]): Promise<number> {
    let id = 0;
    // No more at once than somebody who reads may be behind.
    for (let begin = 0; begin < texts.length; begin += 100) {
      const nonces = texts.slice(begin, begin + 100).map((text) => {
        const nonce = crypto.randomUUID();
        this.#client.send({ type: "say", room, nonce, text });
        return nonce;
      });
      const fate = await this.#client.fateOf(nonces.at(-1)!);
      if (fate.type === "error") throw new Error(`Cannot say it: ${fate.reason}`);
      id = fate.id;
      this.#client.messages.length = 0;
    }
    return id;
  }

  /** Deletes what they said. */
  delete(room: string, id: number): void {
    this.#client.send({ type: "delete", room, id });
  }

  /** Is typing something. */
  type(room: string): void {
    this.#client.send({ type: "typing", room });
  }

  async leave(): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
  }
}

/** Opens the menu at what somebody can do, and chooses one thing after the other from it. */
export async function choose(opener: Locator, ...labels: string[]): Promise<void> {
  await opener.click();
  for (const label of labels) {
    await opener.page().getByRole("menu").getByText(label, { exact: true }).click();
  }
}

/** Opens the menu of a message, by pointing at it, and chooses from it. */
export async function chooseOf(page: Page, text: string, ...labels: string[]): Promise<void> {
  const message = page.locator("#timeline .message").filter({ has: page.getByText(text, { exact: true }) });
  await message.hover();
  await choose(message.locator(".act"), ...labels);
}

/** Waits until the page says that the connection is in a state. */
export async function reaches(page: Page, state: string): Promise<void> {
  await page.locator(`header[data-state="${state}"]`).waitFor();
}

/** The browser tells the page that there is a network again; returns when the page is connected. */
export async function comesBack(page: Page): Promise<void> {
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await reaches(page, "open");
}

/** Waits until so many messages are shown, pending ones included. */
export async function hasMessages(page: Page, count: number): Promise<void> {
  await page.waitForFunction((count) => document.querySelectorAll("#timeline li:not(.notice)").length === count, count);
}

/** The messages that are shown, oldest first. */
export async function messages(page: Page): Promise<string[]> {
  return await page.locator("#timeline .text").allTextContents();
}

/** Waits until exactly these messages are shown, and nothing is pending. */
export async function shows(page: Page, ...texts: string[]): Promise<void> {
  const isSo = (texts: string[]) => {
    const shown = [...document.querySelectorAll("#timeline .text")].map((p) => p.textContent);
    return JSON.stringify(shown) === JSON.stringify(texts) && !document.querySelector(".pending, .failed");
  };
  await page.waitForFunction(isSo, texts).catch(async () => assert.deepEqual(await messages(page), texts));
  assert.equal(await page.locator(".pending, .failed").count(), 0);
}

/** Writes where the focus is, and presses Enter. */
export async function write(page: Page, text: string): Promise<void> {
  await page.keyboard.type(text);
  await page.keyboard.press("Enter");
}

/** Joins or makes a room by the sidebar. */
export async function joinRoom(page: Page, room: string): Promise<void> {
  await page.getByLabel("Join or make a room").fill(room);
  await page.getByRole("button", { name: "Join" }).click();
}

/** Waits until the room is the one that is shown. */
export async function isIn(page: Page, room: string): Promise<void> {
  await page.waitForFunction((title) => document.title.endsWith(title), `#${room} · Hubbub`);
  await page.locator("#here").getByText(room, { exact: true }).waitFor({ state: "attached" });
}

/** Asks for a name in the panel with the people, whatever language that is in. */
export async function rename(page: Page, name: string): Promise<void> {
  await page.click("#rename");
  await page.fill("#name", name);
  await page.keyboard.press("Enter");
}

/** Waits until one is called that. */
export async function isCalled(page: Page, name: string): Promise<void> {
  await page.locator("#me .name").getByText(name, { exact: true }).waitFor();
}

/** Makes a picture of a page in e2e/screenshots. */
export async function shoot(page: Page, name: string): Promise<void> {
  const path = new URL(`screenshots/${name}.png`, import.meta.url).pathname;
  await page.screenshot({ path, caret: "initial", animations: "disabled" });
}

/** Where the conversation is scrolled to, and where on the screen a message of it is. */
export interface Spot {
  readonly scrollTop: number;
  readonly top: number;
  readonly bottom: number;
}

/** Scrolls to the middle; the returned function tells all the spots where a message has been, frame by frame, since. */
export async function readBack(page: Page): Promise<() => Promise<Spot[]>> {
  const spots = await page.evaluateHandle(async () => {
    const viewport = document.getElementById("viewport")!;
    const scrolled = new Promise((resolve) => viewport.addEventListener("scroll", resolve, { once: true }));
    viewport.scrollTop = (viewport.scrollHeight - viewport.clientHeight) / 2;
    await scrolled;
    const item = document.querySelectorAll("#timeline li")[39]!;
    const seen = new Map<string, Spot>();
    const look = () => {
      const { top, bottom } = item.getBoundingClientRect();
      const spot = { scrollTop: viewport.scrollTop, top, bottom };
      seen.set(JSON.stringify(spot), spot);
      requestAnimationFrame(look);
    };
    look();
    return seen;
  });
  return () => spots.evaluate((seen) => [...seen.values()]);
}

/** Runs in the page: whether the last message can be seen, all of it. */
export function lastIsInView(): boolean {
  const { top, bottom } = [...document.querySelectorAll("#timeline li")].at(-1)!.getBoundingClientRect();
  const view = document.getElementById("viewport")!.getBoundingClientRect();
  return top >= view.top && bottom <= view.bottom;
}

/** Waits until a message that somebody was led to is marked and can be seen. */
export async function isMarkedInView(page: Page, text: string): Promise<void> {
  await page.locator("#timeline .aimed").getByText(text, { exact: true }).waitFor();
  await page.waitForFunction(() => {
    const { top, bottom } = document.querySelector(".aimed")!.getBoundingClientRect();
    const view = document.getElementById("viewport")!.getBoundingClientRect();
    return top >= view.top && bottom <= view.bottom;
  });
}

/** Gathers what a screen reader is told by itself from now on; the returned function tells it and begins anew. */
export async function listen(page: Page): Promise<() => Promise<string[]>> {
  const told = await page.evaluateHandle(() => {
    const told: string[] = [];
    for (const region of document.querySelectorAll("[role=status], [role=log], [role=alert], [aria-live]")) {
      new MutationObserver((changes) => {
        const said = region.matches("[role=log]")
          ? changes.flatMap(({ addedNodes }) => [...addedNodes]).map((node) => node.textContent!)
          : [region.textContent!];
        told.push(...said.filter((text) => text !== ""));
      }).observe(region, { childList: true, characterData: true, subtree: true });
    }
    return told;
  });
  return () => told.evaluate((told) => told.splice(0));
}

export function numbered(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `Message ${from + index}`);
}
