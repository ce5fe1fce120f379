import assert from "node:assert/strict";
import test from "node:test";
import { Disconnect, shouldReconnect } from "../protocol.ts";
import { describe } from "./banner.ts";
import { type Language, LANGUAGES, speak } from "./i18n.ts";

const languages = Object.keys(LANGUAGES) as Language[];

function told(code: number, reason = ""): string {
  return describe(
    shouldReconnect(code) ? { state: "waiting", retryMs: 1_000, code } : { state: "ended", code, reason },
    true,
  );
}

test("Every reason that the server has for ending a connection is told in every language, and a lost one as such", () => {
  // To answer my own close is no reason.
  const codes = Object.values(Disconnect).map(({ code }) => code).filter((code) => code !== Disconnect.left.code);
  const all = languages.flatMap((language) => {
    speak(language, []);
    assert.equal(told(Disconnect.left.code), told(1006));
    return [1006, ...codes].map((code) => told(code));
  });
  speak("en", []);
  assert.equal(new Set(all).size, all.length);
  assert.ok(!all.some((text) => text.includes("undefined")));
});

test("Who is banned is told until when, and that it is over when it is", () => {
  const { code, reason } = Disconnect.banned;
  const say = (detail?: number) => {
    const refusal = { type: "error", code: "banned", reason: "", detail: detail?.toString() } as const;
    return describe({ state: "ended", code, reason, refusal }, true);
  };
  assert.match(say(Date.now() + 60_000), /^You are banned here until .*:\d\d/);
  assert.equal(say(), "You are banned here.");
  assert.equal(say(Date.now() - 1), "Your ban is over.");
});
