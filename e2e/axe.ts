/// <reference lib="dom" />
import assert from "node:assert/strict";
import axe from "axe-core";
import type { BrowserContextOptions, Page } from "playwright-core";
import { PHONE, WIDE } from "./stage.ts";

/** In each of these a page is looked at in all of its states. */
export const LOOKS: Readonly<Record<string, BrowserContextOptions>> = {
  "wide, light": { viewport: WIDE, colorScheme: "light" },
  "wide, dark, in Chinese": { viewport: WIDE, colorScheme: "dark", locale: "zh-CN" },
  "phone, light": { viewport: PHONE, colorScheme: "light", hasTouch: true, isMobile: true },
  "phone, dark": { viewport: PHONE, colorScheme: "dark", hasTouch: true, isMobile: true },
};

/** What is looked for: WCAG 2.2 AA, and what else axe-core knows to be good. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** axe-core finds nothing to complain about, and nothing is wider than the window. */
export async function isAccessible(page: Page, state: string): Promise<void> {
  // What is half visible has half of its contrast.
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
  // What a test evaluates is not subject to the page's Content-Security-Policy.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async (tags) => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, html, failureSummary }) => `${id} at ${target}: ${html.slice(0, 200)} ${failureSummary}`)
    );
  }, TAGS);
  assert.deepEqual(violations, [], state);
  assert(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${state} scrolls sideways`);
}
