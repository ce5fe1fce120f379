/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasMessages, isIn, lastIsInView, numbered, PHONE, reaches, scenario } from "./stage.ts";

const LANDSCAPE = { width: 740, height: 360 };
const HANDHELD = { viewport: PHONE, hasTouch: true, isMobile: true };

/** What can be tapped and is not at least so many px wide and high, of what can be seen. */
function smaller(page: Page, px: number, selector: string): Promise<string[]> {
  return page.evaluate(([px, selector]) => {
    const targets = [...document.querySelectorAll(selector)].filter((target) => target.checkVisibility());
    return targets.map((target) => [target, target.getBoundingClientRect()] as const)
      .filter(([, { width, height }]) => width < px || height < px)
      .map(([target, { width, height }]) => `${width} × ${height}: ${target.outerHTML}`);
  }, [px, selector] as const);
}

/** Opens whatever a narrow screen hides, one after the other, and looks at the page each time. */
async function everywhere(page: Page, look: () => Promise<void>): Promise<void> {
  await look();
  for (const id of ["rooms", "people", "search"]) {
    const opener = page.locator(`#${id}-open`);
    if (!await opener.isVisible()) continue;
    await opener.tap();
    if (id === "people") await page.getByRole("button", { name: "Rename" }).tap();
    if (id === "search") {
      await page.fill("#query", "message");
      await page.press("#query", "Enter");
      await page.locator("#found li").first().waitFor();
    }
    await look();
    await page.locator("header").tap({ position: { x: 130, y: 30 } });
  }
}

scenario("a finger hits everything, and no field is so small that a phone enlarges the page for it", async (stage) => {
  const page = await stage.open({ ...HANDHELD, at: "?room=kitchen" });
  await page.goto(stage.url);
  await stage.say("Message one", "Message two");
  await hasMessages(page, 2);
  const look = async () => {
    assert.deepEqual(await smaller(page, 24, "button, a, input, textarea"), []);
    assert.deepEqual(await smaller(page, 44, "button:not(.link), nav a, input, textarea"), []);
    const sizes = await page.locator("input, textarea").evaluateAll((fields) =>
      fields.map((field) => parseFloat(getComputedStyle(field).fontSize))
    );
    assert.ok(Math.min(...sizes) >= 16, String(sizes));
  };
  await everywhere(page, look);
  await stage.stopServer();
  await reaches(page, "waiting");
  await look();
});

scenario("how much is unread elsewhere can be read in full, however much it is", async (stage) => {
  const page = await stage.open({ viewport: PHONE, at: "?room=kitchen" });
  await page.goto(stage.url);
  await isIn(page, "lobby");
  await reaches(page, "open");
  const bob = await stage.speaker("Bob", "kitchen");
  for (const [from, to, count] of [[1, 1, "1"], [2, 1_010, "1000+"]] as const) {
    await bob.say("kitchen", ...numbered(from, to));
    const badge = page.locator("#elsewhere").getByText(count, { exact: true });
    await badge.waitFor();
    const { x, width } = (await badge.boundingBox())!;
    const name = (await page.locator("#here").boundingBox())!;
    assert.ok(x >= 0 && x + width <= name.x, `${count} is from ${x} to ${x + width}, the name begins at ${name.x}`);
  }
});

scenario("nothing is under a notch, round corners or the bar at the end of the screen", async (stage) => {
  // No time is longer when it is written.
  const at = new Date(Date.now() - 24 * 60 * 60_000).setHours(12, 44);
  await stage.remember(...numbered(1, 40).map((text) => ({ name: "Ana", text, at })));
  for (
    const [viewport, insets] of [
      [PHONE, { top: 47, right: 0, bottom: 34, left: 0 }],
      [LANDSCAPE, { top: 0, right: 47, bottom: 21, left: 47 }],
      [{ width: 932, height: 430 }, { top: 0, right: 59, bottom: 21, left: 59 }],
    ] as const
  ) {
    const page = await stage.open({ ...HANDHELD, viewport });
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setSafeAreaInsetsOverride", { insets });
    await page.getByText("Message 40", { exact: true }).waitFor();
    await everywhere(page, async () => {
      const hidden = await page.evaluate(({ top, right, bottom, left }) => {
        const [width, height] = [innerWidth, innerHeight];
        const parts = document.querySelectorAll("button, input, textarea, h2, p, a, label:not(.only-heard), bdi");
        return [...parts].filter((part) => {
          const box = part.getBoundingClientRect();
          // Scrolled to its end, a panel has room for the bar below what is in it.
          const panel = part.closest("nav, aside, #found");
          const end = panel ? height - parseFloat(getComputedStyle(panel).paddingBottom) : box.bottom;
          const isScrolled = panel || part.closest("#viewport");
          return part.checkVisibility() && !part.closest(".only-heard") &&
            (box.left < left || box.right > width - right || (!part.closest("#viewport") && end > height - bottom) ||
              (!isScrolled && box.top < top));
        }).map((part) => part.outerHTML.slice(0, 200));
      }, insets);
      assert.deepEqual(hidden, []);
    });
    assert.ok(await page.evaluate(lastIsInView));
    await page.context().close();
  }
});

scenario("a keyboard that lies over the page covers neither the composer nor the last message", async (stage) => {
  const page = await stage.blank(HANDHELD);
  // Chromium makes the page lower, as index.html asks for; Safari tells only this.
  await page.addInitScript(() => {
    const viewport = Object.assign(new EventTarget(), { height: innerHeight, offsetTop: 0, scale: 1 });
    Object.defineProperty(globalThis, "visualViewport", { value: viewport });
  });
  await page.goto(stage.url);
  await reaches(page, "open");
  await stage.say(...numbered(1, 80));
  await hasMessages(page, 80);
  const keyboard = (height: number, offsetTop: number) =>
    page.evaluate(([height, offsetTop]) => {
      Object.assign(visualViewport!, { height: innerHeight - height, offsetTop });
      visualViewport!.dispatchEvent(new Event("resize"));
      visualViewport!.dispatchEvent(new Event("scroll"));
    }, [height, offsetTop] as const);
  const edges = () =>
    page.evaluate(() => {
      const [header, footer] = ["header", "footer"].map((name) =>
        document.querySelector(name)!.getBoundingClientRect()
      );
      return [header!.top, footer!.bottom];
    });
  for (const [height, offsetTop] of [[0, 0], [330, 0], [330, 120], [0, 0]] as const) {
    await keyboard(height, offsetTop);
    assert.deepEqual(await edges(), [offsetTop, PHONE.height - height + offsetTop]);
    await page.waitForFunction(lastIsInView);
  }
});

scenario(
  "in a browser that makes the page lower itself, and for who enlarges it, nothing is changed",
  async (stage) => {
    const page = await stage.open(HANDHELD);
    const session = await page.context().newCDPSession(page);
    const style = () => page.getAttribute("body", "style");
    await page.setViewportSize({ ...PHONE, height: 400 });
    await page.waitForFunction(() => innerHeight === 400);
    assert.equal(await style() || null, null);
    await session.send("Emulation.setPageScaleFactor", { pageScaleFactor: 2 });
    await page.waitForFunction(() => visualViewport!.scale === 2 && visualViewport!.height <= 200);
    await page.evaluate(() => new Promise(requestAnimationFrame));
    assert.equal(await style() || null, null);
  },
);
