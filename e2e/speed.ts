/// <reference lib="dom" />
import type { Page } from "playwright-core";

/** What the page does in the tests of its speed is written down here, in the page itself. */
interface Diary {
  /** When the first message was painted, in ms since the navigation began. */
  painted?: number;
  /** What moved without anybody having done anything, and when. */
  readonly shifts: { readonly at: number; readonly what: string }[];
  /** What kept the page from answering, in ms, and when. */
  readonly longTasks: { readonly at: number; readonly ms: number }[];
}

declare global {
  var diary: Diary;
}

/** Has every page of this tab keep a diary from the beginning. */
export async function keepDiary(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const diary: Diary = globalThis.diary = { shifts: [], longTasks: [] };
    new MutationObserver((_, observer) => {
      if (!document.querySelector("#timeline .text")) return;
      observer.disconnect();
      // The second frame begins when the first has been handed over.
      requestAnimationFrame(() => requestAnimationFrame(() => diary.painted = performance.now()));
    }).observe(document, { childList: true, subtree: true });
    type Shift = PerformanceEntry & { hadRecentInput: boolean; sources: { node?: Element }[] };
    new PerformanceObserver((list) => {
      for (const { startTime, hadRecentInput, sources } of list.getEntries() as Shift[]) {
        const what = sources.map(({ node }) => node?.id || node?.className || node?.nodeName).join(", ");
        if (!hadRecentInput) diary.shifts.push({ at: startTime, what });
      }
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) diary.longTasks.push({ at: startTime, ms: duration });
    }).observe({ type: "longtask", buffered: true });
  });
}

/** Goes to an address; returns when the first message was painted, in ms since then. */
export async function firstMessage(page: Page, url: string): Promise<number> {
  await page.goto(url);
  return await (await page.waitForFunction(() => globalThis.diary.painted)).jsonValue() as number;
}

/** What a page holds, after everything has gone that nobody holds. */
export async function holdings(page: Page): Promise<{ heapBytes: number; nodes: number; listeners: number }> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("HeapProfiler.collectGarbage");
  await cdp.send("Performance.enable");
  const { metrics } = await cdp.send("Performance.getMetrics");
  await cdp.detach();
  const value = (name: string) => metrics.find((metric) => metric.name === name)!.value;
  return { heapBytes: value("JSHeapUsedSize"), nodes: value("Nodes"), listeners: value("JSEventListeners") };
}

/** How many frames a page that wants all of them gets while something goes on, and how long the longest took, in ms. */
export async function framesOf(
  page: Page,
  action: () => Promise<void>,
): Promise<{ frames: number; longestMs: number }> {
  const counting = await page.evaluateHandle(() => {
    const counting = { frames: 0, longestMs: 0, isOver: false };
    let last = performance.now();
    const next = (now: number) => {
      counting.frames++;
      counting.longestMs = Math.max(counting.longestMs, now - last);
      last = now;
      if (!counting.isOver) requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
    return counting;
  });
  await action();
  return await counting.evaluate((counting) => {
    counting.isOver = true;
    return { frames: counting.frames, longestMs: Math.round(counting.longestMs) };
  });
}
