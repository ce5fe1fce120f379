import { WEBSOCKET_PATH } from "../protocol.ts";
import { Banner } from "./banner.ts";
import { composer } from "./composer.ts";
import { Connection } from "./connection.ts";
import { ScrollKeeper } from "./scroll.ts";
import { renderLines } from "./timeline.ts";

function byId<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

const banner = new Banner(document.querySelector("header")!);
const retry = byId("retry");
const viewport = byId("viewport");
const timeline = byId("timeline");
const unseen = byId("unseen");
const form = byId<HTMLFormElement>("composer");
const input = byId("text");
const hint = byId("hint");

if ("WebSocket" in globalThis) {
  chat();
} else {
  banner.show({ state: "unsupported" });
  byId("empty").hidden = form.hidden = true;
}

function chat(): void {
  const scroll = new ScrollKeeper(viewport, (count) => {
    unseen.hidden = count === 0;
    unseen.textContent = `${count} new ↓`;
  });
  viewport.addEventListener("scroll", () => scroll.scrolled(), { passive: true });
  const resizes = new ResizeObserver(() => scroll.resized());
  resizes.observe(viewport);
  resizes.observe(timeline);
  unseen.addEventListener("click", () => {
    input.focus();
    scroll.toEnd();
  });

  const url = new URL(WEBSOCKET_PATH, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const connection = new Connection({
    open: () => new WebSocket(url),
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  }, {
    received(lines) {
      // A seed client can say nothing at all; a page has nothing to show for it.
      const said = lines.filter((line) => line !== "");
      if (said.length === 0) return;
      byId("empty").hidden = true;
      scroll.append(said.length, () => timeline.append(renderLines(said, new Date())));
    },
    changed(status) {
      banner.show(status);
      if (status.state === "open") hint.textContent = "";
    },
  });

  composer(form, hint, (text) => connection.send(text));
  retry.addEventListener("click", () => {
    input.focus();
    connection.retry();
  });
  addEventListener("online", () => connection.retry());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") connection.retry();
  });
}
