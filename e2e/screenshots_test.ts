/// <reference lib="dom" />
import type { Page } from "playwright-core";
import { userIdOf } from "../text.ts";
import {
  comesBack,
  hasMessages,
  isCalled,
  isIn,
  PHONE,
  reaches,
  rename,
  scenario,
  shoot,
  type Speaker,
  WIDE,
  write,
} from "./stage.ts";

const LOOKS = {
  "wide-light": { viewport: WIDE, colorScheme: "light" },
  "wide-dark": { viewport: WIDE, colorScheme: "dark" },
  "phone-light": { viewport: PHONE, colorScheme: "light" },
} as const;

scenario(
  "rooms, people, search, what was missed and what failed can be looked at in e2e/screenshots",
  async (stage) => {
    const line = await stage.line();
    const ana = await stage.speaker("Ana", "workshop", "lobby", "kitchen");
    const tomasz = await stage.speaker("Tomasz", "workshop", "lobby", "kitchen");
    const lin = await stage.speaker("林小雨", "workshop", "lobby", "kitchen");
    await ana.say(
      "workshop",
      "Morning everyone, the room is open, coffee is on the left",
      "Is anybody missing an iron?",
    );
    await tomasz.say("workshop", "On my way, 5 minutes", "Is there a projector or should I bring mine?");
    await lin.say("workshop", "大家早上好", "早！今天的材料在哪里下载？");
    await ana.say(
      "workshop",
      "The handout is at https://workshop.example.org/2026/handout.pdf — mind the iron",
      "材料在这里",
    );

    const pages = new Map<string, Page>();
    for (const [look, options] of Object.entries(LOOKS)) {
      const page = await stage.open({ ...options, line, at: "?room=workshop" });
      await page.goto(`${line.url}?room=kitchen`);
      await isIn(page, "kitchen");
      await page.goto(`${line.url}?room=workshop`);
      await reaches(page, "open");
      await page.fill("#text", "Good morning!");
      await page.press("#text", "Enter");
      await page.locator("#timeline .mine:not(.pending)").waitFor();
      pages.set(look, page);
    }
    const shootAll = async (what: string) => {
      for (const [look, page] of pages) await shoot(page, `${what}-${look}`);
    };
    for (const page of pages.values()) await hasMessages(page, 8 + pages.size);
    await lin.say("kitchen", "The water boils", "Tea?");
    tomasz.type("workshop");
    for (const page of pages.values()) {
      await page.waitForFunction(() => document.title.startsWith("(2)"));
      await page.getByText("Tomasz is typing…").waitFor();
    }
    await shootAll("rooms");

    const phone = pages.get("phone-light")!;
    await phone.click("#rooms-open");
    await shoot(phone, "rooms-drawer-phone-light");
    await phone.keyboard.press("Escape");
    await phone.click("#people-open");
    await shoot(phone, "people-drawer-phone-light");
    await phone.keyboard.press("Escape");

    await phone.click("#search-open");
    for (const page of pages.values()) {
      await page.fill("#query", "iron*");
      await page.press("#query", "Enter");
      await page.locator("#found li").nth(1).waitFor();
    }
    await shootAll("search");
    for (const page of pages.values()) await page.click("#found-close");

    line.carry("nothing");
    for (const page of pages.values()) {
      await reaches(page, "waiting");
      await page.fill("#text", "Is anybody still here?");
      await page.press("#text", "Enter");
      await page.fill("#text", `This is what I think about it, at length. ${"And more. ".repeat(12)}`);
      await page.press("#text", "Enter");
      await page.locator(".pending").nth(1).waitFor();
    }
    await ana.say("workshop", "Lunch in 15 minutes, please switch the irons off first");
    await tomasz.say("workshop", "ok", "The LED lights up!!! 🎉");
    await shootAll("pending");

    line.carry("all");
    for (const page of pages.values()) {
      await comesBack(page);
      await page.locator("#timeline").getByText(/^You missed \d messages$/).waitFor();
      await page.locator(".pending").first().waitFor({ state: "detached" });
    }
    await shootAll("missed");

    await stage.stopServer();
    for (const page of pages.values()) {
      await reaches(page, "waiting");
      await page.fill("#text", `This is what I think about it, at length. ${"And more. ".repeat(12)}`);
      await page.press("#text", "Enter");
    }
    await stage.restartServer("--max-message=60");
    for (const page of pages.values()) {
      await comesBack(page);
      await page.locator(".failed").waitFor();
    }
    line.carry("nothing");
    for (const page of pages.values()) {
      await reaches(page, "waiting");
      await page.fill("#text", "And this waits");
      await page.press("#text", "Enter");
      await page.locator(".pending").waitFor();
    }
    await shootAll("failed");
  },
);

scenario("a Chinese conversation can be looked at in e2e/screenshots", async (stage) => {
  const lin = await stage.speaker("林小雨", "workshop");
  await lin.say("workshop", "大家早上好", "今天的材料在哪里下载？", CHINESE);
  const pages = new Map(
    await Promise.all(
      Object.entries(LOOKS).map(async ([look, options]) =>
        [look, await stage.open({ ...options, locale: "zh-CN", at: "?room=workshop" })] as const
      ),
    ),
  );
  const anna = pages.get("wide-light")!;
  await rename(anna, "安娜");
  await isCalled(anna, "安娜");
  await anna.focus("#text");
  await write(anna, "早！材料在这里：https://workshop.example.org/2026/讲义.pdf");
  await anna.locator("#timeline .mine:not(.pending)").waitFor();
  await lin.say("workshop", "谢谢！我们这边也好了", "LED 亮了！！！🎉");
  for (const [look, page] of pages) {
    await hasMessages(page, 6);
    await shoot(page, `chinese-${look}`);
  }
});

const CHINESE = "另外，请把窗户打开，焊接的时候要戴好护目镜，烙铁不用的时候请放回支架上。" +
  "抽风机的开关在背面，绿灯亮了表示正在工作。";

scenario("what is hard to fit can be looked at in e2e/screenshots", async (stage) => {
  const day = 24 * 60 * 60_000;
  const at = new Date().setHours(9, 30, 0, 0) - day;
  const long = "W".repeat(32);
  await stage.remember(
    { name: long, text: "My name is as long as can be", at },
    {
      name: long,
      text: `${"Donaudampfschifffahrt".repeat(9)} and https://example.org/${"a-long-path/".repeat(12)}`,
      at,
    },
    { name: "سلمى", text: "صباح الخير، نبدأ الساعة 10 في القاعة **B2**", at: at + 60_000 },
    { name: "Ana", text: "**Wiring**: see `board.ts`, and *never* touch the tip", at: at + 120_000 },
    {
      name: "Ana",
      text:
        "```ts\nconst led = pin(13);\nwhile (true) led.toggle(); // a line that goes on and on, to see how it scrolls\n```",
      at: at + 121_000,
    },
    { name: "Tomasz", text: "@Ana 👍", at: at + 180_000 },
    { name: "Tomasz", text: "- first\n- second\n\n- third, after an empty line", at: at + day },
    { name: "林小雨", text: "早上好 @Tomasz，材料在 https://workshop.example.org/讲义.pdf。", at: at + day + 60_000 },
  );
  const crowd = await Promise.all(
    Array.from({ length: 60 }, (_, index) => stage.speaker(`Person ${index + 1}`, "lobby")),
  );
  const bob = crowd[0]!;
  const looks = {
    ...LOOKS,
    "phone-dark": { viewport: PHONE, colorScheme: "dark" },
    narrowest: { viewport: { width: 320, height: 568 }, colorScheme: "light" },
    "zoom-200": { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2, colorScheme: "light" },
    "forced-colours": { viewport: WIDE, forcedColors: "active" },
    "phone-with-keyboard": { viewport: { width: 360, height: 360 }, colorScheme: "light" },
  } as const;
  for (const [look, options] of Object.entries(looks)) {
    const page = await stage.open({ ...options, at: "?room=a-room-with-a-rather-long-name-that-does-not-fit" });
    await page.goto(stage.url);
    await reaches(page, "open");
    await page.getByText("third, after an empty line").waitFor();
    await shoot(page, `hard-${look}`);
    await bob.say("lobby", `How do you like it in ${look}?`);
    await page.fill("#text", "A second thought:\n@Per");
    await page.press("#text", "End");
    await page.keyboard.type("s");
    await page.locator("#suggestions li").first().waitFor();
    await shoot(page, `suggestions-${look}`);
    await page.keyboard.press("Escape");
    await page.fill("#text", "");
    await page.keyboard.press("Escape");
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await shoot(page, `settings-${look}`);
    await page.keyboard.press("Escape");
    await page.context().close();
  }
});

scenario("where the new begins, badges and a muted room can be looked at in e2e/screenshots", async (stage) => {
  const ana = await stage.speaker("Ana", "lobby", "kitchen", "garden", "workshop");
  await ana.say("lobby", "Before");
  for (const [look, options] of Object.entries(LOOKS)) {
    const page = await stage.open({ ...options });
    const isPhone = look.startsWith("phone");
    if (isPhone) await page.click("#people-open");
    await rename(page, look);
    await isCalled(page, look);
    if (isPhone) await page.keyboard.press("Escape");
    for (const room of ["garden", "workshop", "kitchen"]) {
      await page.goto(new URL(`?room=${room}`, stage.url).href);
      await isIn(page, room);
    }
    await page.goto(new URL("?room=garden", stage.url).href);
    await reaches(page, "open");
    await page.click("#mute");
    await page.goto(new URL("?room=kitchen", stage.url).href);
    await reaches(page, "open");
    await ana.say("lobby", "One", "Two", `@${look}, this is for you`, "Three");
    await ana.say("garden", "Nobody hears this");
    await ana.say("workshop", "Something", "else");
    await page.waitForFunction(() => document.title.startsWith("("));
    if (isPhone) await page.click("#rooms-open");
    await shoot(page, `badges-${look}`);
    await page.locator("#rooms").getByRole("link", { name: /lobby/ }).click();
    await isIn(page, "lobby");
    await page.locator("#timeline .new").waitFor();
    await shoot(page, `new-${look}`);
    await page.context().close();
  }
});

const MINUTE_MS = 60_000;
const NAMES = "Ana Tomasz 林小雨 سلمى Ingeborg José Νίκος Priya Олег 민수".split(" ");
const TEXTS = [
  "Morning everyone",
  "Is there a projector, or should I bring mine?",
  "There is one, HDMI only",
  "大家早上好，今天的材料在哪里下载？",
  "The handout is at https://workshop.example.org/2026/handout.pdf — mind the iron",
  "ok",
  "Before we begin: please keep the windows open while soldering, and put the iron back into its stand when you do not hold it.",
  "👍",
  "`board.ts` has **two** bugs, @Priya found both",
];

scenario("300 people and 5,000 messages can be looked at in e2e/screenshots", async (stage) => {
  const [messages, people] = [5_000, 300];
  const first = Date.now() - messages * MINUTE_MS;
  await stage.remember(...Array.from({ length: messages }, (_, index) => ({
    name: NAMES[Math.floor(index / 2) % NAMES.length]!,
    text: TEXTS[index * 7 % TEXTS.length]!,
    at: first + index * MINUTE_MS,
  })));
  const ana = await stage.speaker("Ana", "lobby", "kitchen");
  const { "wide-light": wide, "phone-light": phone } = LOOKS;
  const pages = new Map<string, Page>();
  for (const [look, options] of Object.entries({ wide, phone })) {
    const page = await stage.open(options);
    await page.goto(new URL("?room=kitchen", stage.url).href);
    await isIn(page, "kitchen");
    await reaches(page, "open");
    pages.set(look, page);
  }
  const shootAll = async (what: string) => {
    for (const [look, page] of pages) await shoot(page, `crowd-${what}-${look}`);
  };
  await ana.say("lobby", ...Array.from({ length: 1_050 }, (_, index) => TEXTS[index * 7 % TEXTS.length]!));
  const crowd: Speaker[] = [];
  while (crowd.length < people) {
    const names = Array.from({ length: 20 }, (_, index) => {
      return `${NAMES[index % NAMES.length]} ${String.fromCharCode(65 + (crowd.length + index) % 26)}. ${
        crowd.length + index
      }`;
    });
    crowd.push(...await Promise.all(names.map((name) => stage.speaker(name, "lobby", "kitchen"))));
  }
  for (const page of pages.values()) await page.waitForFunction(() => document.title.startsWith("(1000+)"));
  await pages.get("phone")!.click("#rooms-open");
  await shootAll("rooms");

  for (const page of pages.values()) {
    await page.locator("#rooms").getByRole("link", { name: /lobby/ }).click();
    await isIn(page, "lobby");
    await page.locator("#timeline .new").waitFor();
  }
  await shootAll("unread");
  for (const page of pages.values()) {
    await page.click("#unseen");
    await page.waitForFunction(() => document.title.startsWith("#lobby"));
  }
  for (const speaker of crowd.slice(0, 5)) speaker.type("lobby");
  for (const page of pages.values()) await page.getByText("Several people are typing…").waitFor();
  await crowd[7]!.say("lobby", "Who has the keys?");
  await shootAll("end");
  for (const page of pages.values()) {
    await page.fill("#text", "Ask ");
    await page.press("#text", "End");
    await page.keyboard.type("@An");
    await page.locator("#suggestions li").first().waitFor();
  }
  await shootAll("suggestions");
  for (const page of pages.values()) {
    await page.fill("#text", "");
    await page.keyboard.press("Escape");
  }
  await pages.get("phone")!.click("#people-open");
  for (const page of pages.values()) await page.locator("#rest").scrollIntoViewIfNeeded();
  await shootAll("people");
});

scenario("keys, and what keeps order, can be looked at in e2e/screenshots", async (stage) => {
  const looks = {
    ...LOOKS,
    "phone-dark": { viewport: PHONE, colorScheme: "dark", hasTouch: true, isMobile: true },
    chinese: { viewport: WIDE, colorScheme: "light", locale: "zh-CN" },
    "phone-chinese": { viewport: PHONE, colorScheme: "light", hasTouch: true, isMobile: true, locale: "zh-CN" },
    narrowest: { viewport: { width: 320, height: 568 }, colorScheme: "light" },
    "forced-colours": { viewport: WIDE, forcedColors: "active" },
  } as const;
  const ana = await stage.speaker("Ana María Fernández", "workshop");
  const tomasz = await stage.speaker("Tomasz", "workshop");
  await ana.say("workshop", "Morning everyone, the room is open");
  await tomasz.say("workshop", "Cheap irons, only today: https://irons.example.org/", "Really, only today!");
  const pages = new Map<string, Page>();
  for (const [look, options] of Object.entries(looks)) {
    pages.set(look, await stage.open({ ...options, at: `?room=workshop${stage.admin}` }));
  }
  const shootAll = async (what: string, act: (page: Page) => Promise<void>) => {
    for (const [look, page] of pages) {
      await act(page);
      await shoot(page, `order-${what}-${look}`);
    }
  };
  const choose = async (page: Page, ...indices: number[]) => {
    for (const index of indices) await page.locator(".menu button").nth(index).click();
  };
  await shootAll("message", async (page) => {
    await page.getByText("Really, only today!").click();
    await page.locator("#timeline .act").click();
  });
  await shootAll("delete", (page) => choose(page, 0));
  await shootAll("ban", async (page) => {
    await page.keyboard.press("Escape");
    await page.locator("#timeline .act").click();
    await choose(page, 2, 6);
  });
  await shootAll("slow", async (page) => {
    await page.keyboard.press("Escape");
    await page.click("#moderate");
    await choose(page, 1);
  });
  await shootAll("link", async (page) => {
    await choose(page, 2);
    await page.locator("#rules:not(:empty)").waitFor();
    await page.click("#moderate");
    await choose(page, 2, 1);
    await page.locator("#outcome-line input").waitFor();
  });
  await shootAll("people", async (page) => {
    await page.locator("#outcome-line button").last().click();
    if (await page.isVisible("#people-open")) await page.click("#people-open");
    await page.locator("#people .act").first().click();
  });
  await shootAll("settings", async (page) => {
    for (const _ of ["menu", "drawer"]) await page.keyboard.press("Escape");
    await page.focus("#viewport");
    await page.keyboard.press("?");
  });
  await shootAll("muted", async (page) => {
    await page.locator("#pass-state button").click();
    await page.locator("#moderate").waitFor({ state: "hidden" });
    const secret = await page.evaluate(() => localStorage.getItem("hubbub.secret")!);
    await stage.order({ type: "mute", user: userIdOf(secret), until: Date.now() + 90 * MINUTE_MS });
    await page.locator("#rules").getByText(/:/).waitFor();
    await page.locator("#text[readonly]").waitFor();
  });
  await stage.order({ type: "lock", room: "workshop" });
  await shootAll("locked", async (page) => {
    await page.locator("#text[readonly]").waitFor();
  });
  await shootAll("banned", async (page) => {
    const secret = await page.evaluate(() => localStorage.getItem("hubbub.secret")!);
    await stage.order({ type: "ban", user: userIdOf(secret), until: Date.now() + 90 * MINUTE_MS });
    await reaches(page, "ended");
  });
  await stage.stopServer();
  await stage.restartServer("--key=open-sesame");
  // From one address no more than five wrong keys are looked at in a minute.
  for (const look of ["wide-light", "phone-light", "chinese", "narrowest"]) pages.delete(look);
  await shootAll("key", async (page) => {
    await page.reload();
    await page.fill("#pass", "open-barley");
    await page.press("#pass", "Enter");
    await page.locator("#pass[aria-invalid=true]").waitFor();
  });
});
