/// <reference lib="dom" />
import type { Page } from "playwright-core";
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
      await page.getByText(/^You missed \d messages$/).waitFor();
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
