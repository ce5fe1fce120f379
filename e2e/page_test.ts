/// <reference lib="dom" />
import assert from "node:assert/strict";
import {
  AWAY,
  hasMessages,
  lastIsInView,
  messages,
  numbered,
  PHONE,
  reaches,
  readBack,
  scenario,
  shoot,
  shows,
  WIDE,
  write,
} from "./stage.ts";

const PHONE_WITH_KEYBOARD = { width: 360, height: 400 };

scenario("what somebody writes is seen by everyone, once, and they can go on writing", async (stage) => {
  const [ada, bob] = await Promise.all([stage.open(), stage.open()]);
  await write(ada, "Good morning!");
  await hasMessages(bob, 1);
  assert.equal(await ada.inputValue("#text"), "");
  await write(ada, "Shall we start?");
  await hasMessages(bob, 2);
  await bob.fill("#text", "  Yes.  ");
  await bob.getByRole("button", { name: "Send" }).click();
  await write(bob, "   ");
  await write(bob, "I have the key.");
  await hasMessages(ada, 4);
  await hasMessages(bob, 4);
  const said = ["Good morning!", "Shall we start?", "Yes.", "I have the key."];
  assert.deepEqual(await messages(ada), said);
  assert.deepEqual(await messages(bob), said);
  assert.ok(await bob.isHidden("#empty"));
});

scenario("HOSTILE 20 and 22: whatever people write stays the text that they wrote, in any script", async (stage) => {
  const page = await stage.open();
  const texts = [
    `<img src=x onerror="document.title = 'taken over'">`,
    `<script>document.title = "taken over"</script><b>bold</b> &amp; &lt;`,
    "javascript:alert(1) [link](javascript:alert(1)) {{1+1}} ${1+1}",
    "大家好，我们十点开始。",
    "See you at 10 👩🏽‍🔧🎉",
    "صباح الخير، نبدأ الساعة 10",
  ];
  for (const text of texts) await write(page, text);
  await shows(page, ...texts);
  assert.equal(await page.locator("#timeline .text :not(a)").count(), 0);
  assert.equal(await page.title(), "#lobby · Hubbub");
  const direction = (text: string) =>
    page.locator("#timeline .text", { hasText: text }).evaluate((p) => getComputedStyle(p).direction);
  assert.equal(await direction("صباح"), "rtl");
  assert.equal(await direction("大家好"), "ltr");
});

scenario("a text that is too long stays in the box, and the page says by how much", async (stage) => {
  const page = await stage.open();
  const text = "é".repeat(32 * 1024 + 5);
  await page.fill("#text", text);
  await page.keyboard.press("Enter");
  assert.equal(await page.textContent("#hint"), "That is too long by 10 bytes.");
  assert.equal(await page.inputValue("#text"), text);
  await page.fill("#text", text.slice(5));
  await page.keyboard.press("Enter");
  await hasMessages(page, 1);
  assert.equal(await page.textContent("#hint"), "");
  assert.equal(await page.inputValue("#text"), "");
  await reaches(page, "open");
});

scenario("two hundred new messages do not move by a pixel what somebody is reading", async (stage) => {
  const page = await stage.open();
  await stage.say(...numbered(1, 80));
  await hasMessages(page, 80);
  assert.ok(await page.evaluate(lastIsInView));
  assert.ok(await page.isHidden("#unseen"));

  const places = await readBack(page);
  const [before] = await places();
  assert.ok(before!.scrollTop > 0);
  await stage.say(...numbered(81, 280));
  await hasMessages(page, 280);
  await page.getByText("200 new ↓", { exact: true }).waitFor();
  assert.deepEqual(await places(), [before]);
});

scenario("the button with the new messages goes to the end, and there new ones are followed", async (stage) => {
  const page = await stage.open();
  await stage.say(...numbered(1, 80));
  await hasMessages(page, 80);
  await readBack(page);
  await stage.say(...numbered(81, 100));
  await page.getByText("20 new ↓", { exact: true }).click();
  assert.ok(await page.evaluate(lastIsInView));
  assert.ok(await page.isHidden("#unseen"));
  await page.locator("#text:focus").waitFor();

  for (let count = 101; count <= 110; count++) {
    await stage.say(`Message ${count}`);
    await hasMessages(page, count);
    assert.ok(await page.evaluate(lastIsInView), `message ${count} is not in view`);
    assert.ok(await page.isHidden("#unseen"));
  }
});

scenario("scrolling to the end by hand hides the button with the new messages", async (stage) => {
  const page = await stage.open();
  await stage.say(...numbered(1, 80));
  await hasMessages(page, 80);
  await readBack(page);
  await stage.say("One more");
  await page.getByText("1 new ↓", { exact: true }).waitFor();
  await page.hover("#viewport");
  await page.mouse.wheel(0, 100_000);
  await page.locator("#unseen").waitFor({ state: "hidden" });
  assert.ok(await page.evaluate(lastIsInView));
});

scenario("when the phone's keyboard opens, the last message stays in view, or what is being read", async (stage) => {
  const page = await stage.open({ viewport: PHONE });
  await stage.say(...numbered(1, 80));
  await hasMessages(page, 80);
  for (const size of [PHONE_WITH_KEYBOARD, PHONE, PHONE_WITH_KEYBOARD]) {
    await page.setViewportSize(size);
    await page.waitForFunction((height) => innerHeight === height, size.height);
    await page.waitForFunction(lastIsInView);
    assert.ok(await page.isHidden("#unseen"));
  }
  await stage.say("Message 81");
  await hasMessages(page, 81);
  assert.ok(await page.evaluate(lastIsInView));

  const places = await readBack(page);
  const [before] = await places();
  await page.setViewportSize(PHONE);
  await page.waitForFunction((height) => innerHeight === height, PHONE.height);
  await stage.say("Message 82");
  await page.getByText("1 new ↓", { exact: true }).waitFor();
  assert.deepEqual(await places(), [before]);
});

scenario("in a busy room, too, the last message stays in view while the keyboard opens and closes", async (stage) => {
  const page = await stage.open({ viewport: PHONE });
  await stage.say(...numbered(1, 80));
  for (let round = 1; round <= 20; round++) {
    const resized = page.setViewportSize(round % 2 === 1 ? PHONE_WITH_KEYBOARD : PHONE);
    for (const text of numbered(1, 10)) await stage.say(text);
    await resized;
    await hasMessages(page, 80 + 10 * round);
    await page.waitForFunction(lastIsInView);
    assert.ok(await page.isHidden("#unseen"));
  }
});

scenario("when the window grows until everything fits, nothing is called new any more", async (stage) => {
  const page = await stage.open({ viewport: PHONE_WITH_KEYBOARD });
  await stage.say(...numbered(1, 7));
  await hasMessages(page, 7);
  await page.evaluate(() => document.getElementById("viewport")!.scrollTop = 0);
  await stage.say("Message 8");
  await page.getByText("1 new ↓", { exact: true }).waitFor();
  await page.setViewportSize(PHONE);
  await page.waitForFunction(lastIsInView);
  await page.locator("#unseen").waitFor({ state: "hidden" });
});

scenario("when the server goes away the page says so, keeps the text, and comes back by itself", async (stage) => {
  const page = await stage.open({ viewport: PHONE });
  for (const text of numbered(1, 40)) await write(page, text);
  await hasMessages(page, 40);
  await page.locator(".pending").last().waitFor({ state: "detached" });

  await stage.stopServer();
  await reaches(page, "waiting");
  await page.getByText(AWAY).waitFor();
  await write(page, "Are you there?");
  await page.getByText("Waiting for the connection…").waitFor();
  await page.waitForFunction(lastIsInView);

  await stage.restartServer();
  await reaches(page, "open");
  assert.equal(await page.textContent("#banner"), "Connected");
  assert.ok(await page.isHidden("#retry"));
  await page.locator(".pending").waitFor({ state: "detached" });
  const other = await stage.open();
  await write(other, "Yes.");
  await hasMessages(page, 42);
  assert.deepEqual((await messages(page)).slice(39), ["Message 40", "Are you there?", "Yes."]);
  assert.deepEqual(await messages(other), await messages(page));
});

scenario("the page keeps trying while the server is away, and Try now comes back at once", async (stage) => {
  const page = await stage.openTimeless();
  await stage.stopServer();
  await page.getByText(AWAY).waitFor();
  assert.match((await page.textContent("#banner [aria-hidden]"))!, /\b1 s\b/);
  const attempt = page.waitForEvent("websocket");
  await page.clock.fastForward(1_000);
  await attempt;
  // It has failed when it counts again, and the reason is the one for which the connection was lost.
  await page.locator("#banner [aria-hidden]").getByText(/\b[2-9] s\b/).waitFor();
  await page.getByText(AWAY).waitFor();

  await stage.restartServer();
  await reaches(page, "waiting");
  await page.click("#retry");
  await reaches(page, "open");
  await write(page, "Back again");
  await hasMessages(page, 1);
});

scenario("a browser without WebSockets is told so", async (stage) => {
  const page = await stage.blank();
  await page.addInitScript(() => Reflect.deleteProperty(globalThis, "WebSocket"));
  await page.goto(stage.url);
  await reaches(page, "unsupported");
  assert.match((await page.textContent("#banner"))!, /^Your browser has no WebSockets/);
  assert.ok(await page.isHidden("#composer"));
  assert.ok(await page.isHidden("#retry"));
});

scenario("everything can be done from the keyboard, and one sees where one is", async (stage) => {
  const page = await stage.open();
  const isAt = async (selector: string) => {
    await page.locator(`${selector}:focus-visible`).waitFor();
    const outline = await page.locator(selector).evaluate((element) => getComputedStyle(element).outline);
    assert.match(outline, /solid 2px/, `the focus on ${selector} can't be seen`);
  };
  await isAt("#text");
  await write(page, "Hello from the keyboard");
  await shows(page, "Hello from the keyboard");
  await page.keyboard.press("Tab");
  await isAt("#composer button");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await isAt("a.when");
  await page.keyboard.press("Shift+Tab");
  await isAt("#viewport");

  await stage.say(...numbered(2, 80));
  await hasMessages(page, 80);
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.getElementById("viewport")!.scrollTop === 0);
  await stage.say("Message 81");
  await page.getByText("1 new ↓", { exact: true }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await isAt("#unseen");
  await page.keyboard.press("Enter");
  await isAt("#text");
  assert.ok(await page.evaluate(lastIsInView));
  await page.keyboard.type("Sent by the button");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await hasMessages(page, 82);
  await isAt("#text");
});

scenario("the browser has nothing to complain about when the page loads and is used", async (stage) => {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await stage.blank({ colorScheme });
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("requestfailed", (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
    page.on("response", (response) => {
      if (!response.ok()) complaints.push(`${response.url()}: ${response.status()}`);
    });
    await page.goto(stage.url);
    await reaches(page, "open");
    await write(page, "Hello");
    await page.getByText("Hello", { exact: true }).first().waitFor();
    assert.deepEqual(complaints, []);
  }
});

scenario("nothing is cut off or scrolls sideways, on a phone or a wide screen, in light or dark", async (stage) => {
  const pages = await Promise.all(
    [PHONE, WIDE].flatMap((viewport) =>
      (["light", "dark"] as const).map((colorScheme) => stage.open({ viewport, colorScheme }))
    ),
  );
  await stage.say(
    "W".repeat(500),
    `https://example.org/${"a".repeat(500)}`,
    "字".repeat(500),
    "ض".repeat(500),
    `Short ${"_".repeat(500)} short`,
    "👩🏽‍🔧".repeat(100),
  );
  for (const page of pages) {
    await hasMessages(page, 6);
    const cutOff = await page.evaluate(() => {
      const screen = document.documentElement;
      const boxes = [
        ...document.querySelectorAll("html, header, header > :not([hidden]), main, main *, footer, form > *"),
      ];
      // What is only heard is as small as can be.
      return boxes.filter((box) => !box.matches(".only-heard, .only-heard *, .continued .name")).filter((box) => {
        const { left, right } = box.getBoundingClientRect();
        const overflows = !["LABEL", "H1"].includes(box.tagName) &&
          box.scrollWidth > Math.max(box.clientWidth, Math.ceil(right - left));
        return left < 0 || right > screen.clientWidth || overflows;
      }).map((box) => box.outerHTML.slice(0, 200));
    });
    assert.deepEqual(cutOff, []);
  }
});

scenario("the page can be looked at in e2e/screenshots", async (stage) => {
  const looks = Object.entries({ wide: WIDE, phone: PHONE }).flatMap(([name, viewport]) =>
    (["light", "dark"] as const).map((colorScheme) => ({ look: `${name}-${colorScheme}`, viewport, colorScheme }))
  );
  const pages = new Map(
    await Promise.all(looks.map(async ({ look, ...options }) => [look, await stage.openTimeless(options)] as const)),
  );
  const shootAll = async (what: string) => {
    for (const [look, page] of pages) await shoot(page, `${what}-${look}`);
  };
  await shootAll("empty");

  await stage.say(...CONVERSATION);
  for (const page of pages.values()) await hasMessages(page, CONVERSATION.length);
  await shootAll("conversation");

  for (const page of pages.values()) await page.evaluate(() => document.getElementById("viewport")!.scrollTop = 0);
  await stage.say(...numbered(1, 12));
  for (const page of pages.values()) await page.getByText(/^\d+ new ↓$/).waitFor();
  await shootAll("scrolled-up");

  await stage.stopServer();
  for (const page of pages.values()) {
    await reaches(page, "waiting");
    await page.click("#unseen");
    await write(page, "Is anybody still here?");
  }
  await shootAll("disconnected");
});

const CONVERSATION = [
  "Morning everyone, the room is open, coffee is on the left",
  "good morning!",
  "On my way, 5 minutes",
  "Is there a projector or should I bring mine?",
  "There is one, HDMI only",
  "I have an adapter for USB-C",
  "perfect 👍",
  "大家早上好",
  "早！今天的材料在哪里下载？",
  "The handout is at https://workshop.example.org/2026/spring/soldering-for-beginners/handout-v3-final.pdf?lang=en&format=a4",
  "thanks",
  "Which group am I in?",
  "Table 2, with Ana and Tomasz",
  "Before we begin: please keep the windows open while soldering, wear the glasses that lie on your table, and put the iron " +
  "back into its stand whenever you do not hold it. The fume extractors have a switch at the back; the green lamp means that " +
  "they run. If something does not work, say so here and one of us comes over. We meet again at 12:30 for lunch, which is in " +
  "the courtyard unless it rains.",
  "ok",
  "got it",
  "Our extractor does not start, table 4",
  "Coming",
  "It was the fuse, works now",
  "谢谢！我们这边也好了",
  "Does anyone have a spare 10 kΩ resistor?",
  "yes, table 1, take as many as you like",
  "The LED lights up!!! 🎉",
  "Ours too, after we turned it around 😅",
  "Lunch in 15 minutes, please switch the irons off first",
];
