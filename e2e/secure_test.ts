import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { TestCertificate } from "../testing/certificates.ts";
import { ReverseProxy } from "../testing/reverse_proxy.ts";
import { PROCESS_TRANSPORTS, ServerProcess } from "../testing/server_process.ts";
import { reaches, scenarioWith, shows, write } from "./stage.ts";

/** What the page came by. */
async function protocolOf(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const [navigation] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
    return navigation!.nextHopProtocol;
  });
}

for (const transport of PROCESS_TRANSPORTS) {
  scenarioWith(["openssl"], `A page that comes by https talks by wss (${transport})`, async (stage) => {
    await using certificate = await TestCertificate.make();
    const args = [`--transport=${transport}`, ...certificate.flags];
    await using server = await ServerProcess.start({ addr: "localhost:0", args });
    const page = await stage.blank({ ignoreHTTPSErrors: true });
    await page.goto(server.url.href);
    await reaches(page, "open");
    assert.equal(await protocolOf(page), transport === "native" ? "h2" : "http/1.1");
    await page.focus("#text");
    await write(page, "Nobody reads along");
    await shows(page, "Nobody reads along");
  });
}

scenarioWith(
  ["openssl", "nginx"],
  "A page behind nginx comes by HTTP/2, and comes back by itself when Hubbub has been away, with what was written meanwhile",
  async (stage) => {
    await using certificate = await TestCertificate.make();
    await using proxy = await ReverseProxy.start("nginx", Number(new URL(stage.url).port), certificate);
    const page = await stage.blank({ ignoreHTTPSErrors: true });
    await page.goto(proxy.url.href);
    await reaches(page, "open");
    assert.equal(await protocolOf(page), "h2");
    await page.focus("#text");
    await write(page, "Before");
    await shows(page, "Before");
    await stage.stopServer();
    await reaches(page, "waiting");
    await write(page, "Meanwhile");
    await stage.restartServer("--trust-proxy=127.0.0.1");
    await reaches(page, "open");
    await shows(page, "Before", "Meanwhile");
  },
);
