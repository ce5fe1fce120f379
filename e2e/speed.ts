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
      requestAnimationFrame(() =>
        requestAnimationFrame(() => {
          diary.painted = performance.now();
          console.debug("painted");
        })
      );
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
  // Nothing is asked of the page before: playwright would load a third of a megabyte into it at the worst moment.
  const isPainted = page.waitForEvent("console", (message) => message.text() === "painted");
  await page.goto(url, { waitUntil: "commit" });
  await isPainted;
  return await page.evaluate(() => globalThis.diary.painted!);
}

/** A server with a page that has one message and nothing else: nothing could be there sooner. */
export function serveBarePage(): Deno.HttpServer<Deno.NetAddr> {
  const html = '<!doctype html><title>Bare</title><div id="timeline"><p class="text">Hello</p></div>';
  // For this a browser starts a new process, as it does for ours.
  const headers = { "content-type": "text/html; charset=utf-8", "cross-origin-opener-policy": "same-origin" };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => new Response(html, { headers }));
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

/**
 * How many frames the browser draws, by its own trace, of a page that has something new in each while something goes on,
 * and how long the longest took, in ms.
 */
export async function framesOf(
  page: Page,
  action: () => Promise<void>,
): Promise<{ frames: number; longestMs: number }> {
  const changing = await page.evaluateHandle(() => {
    const mark = document.createElement("i");
    Object.assign(mark.style, { position: "fixed", width: "1px", height: "1px" });
    document.body.append(mark);
    const change = (now: number) => {
      mark.style.background = `hsl(${now % 360} 50% 50%)`;
      if (mark.isConnected) requestAnimationFrame(change);
    };
    requestAnimationFrame(change);
    return mark;
  });
  const session = await page.context().browser()!.newBrowserCDPSession();
  const drawn: number[] = [];
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const { name, ts } of value as unknown as { name: string; ts: number }[]) {
      if (name === "DirectRenderer::DrawFrame") drawn.push(ts / 1_000);
    }
  });
  await session.send("Tracing.start", { traceConfig: { includedCategories: ["viz"] } });
  await action();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  await changing.evaluate((mark) => mark.remove());
  drawn.sort((a, b) => a - b);
  const longestMs = Math.max(...drawn.slice(1).map((at, index) => at - drawn[index]!));
  return { frames: drawn.length, longestMs: Math.round(longestMs) };
}
