import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

/** How long anything may take before a test gives it up, in ms. */
export const WAIT_MS_MAX = 15_000;

const CHROMIUM_PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const CHROMIUM_ARGS = [
  // Chromium refuses to run as root with its sandbox; the only page it opens is ours.
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Where Chromium is: what CHROMIUM says, or a usual place; undefined when it is in none of them. */
export function findChromium(): string | undefined {
  return Deno.env.get("CHROMIUM") || CHROMIUM_PLACES.find((path) => existsSync(path));
}

/** Starts a browser with nothing in it; `await using` ends it. */
export async function launch(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) {
    throw new Error(`Cannot find Chromium: set CHROMIUM, it is not in ${CHROMIUM_PLACES.join(", ")}`);
  }
  // Else playwright-core looks for Windows around Linux, in files that Deno opens only under --allow-all.
  Deno.env.set("__IS_WSL_TEST__", "1");
  const { chromium } = await import("playwright-core");
  return await chromium.launch({
    executablePath,
    args: CHROMIUM_ARGS,
    // Most people have scrollbars that take up room.
    ignoreDefaultArgs: ["--hide-scrollbars"],
    timeout: WAIT_MS_MAX,
  });
}
