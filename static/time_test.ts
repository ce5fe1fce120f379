import assert from "node:assert/strict";
import test from "node:test";
import { speak } from "./i18n.ts";
import { saySpan } from "./moment.ts";
import { ago, dayName, untilTomorrow } from "./time.ts";

const NOON = new Date(2026, 2, 4, 12);

/** So many minutes before noon. */
const before = (minutes: number) => ago(NOON.getTime() - minutes * 60_000, NOON);

test("Today and yesterday are called so, other days have their date, and their year if it is another", () => {
  const days = [new Date(2026, 2, 4), new Date(2026, 2, 3, 23, 59), new Date(2026, 2, 2), new Date(2025, 11, 31)];
  speak("en", ["en-US"]);
  assert.deepEqual(days.map((day) => dayName(day, NOON)), [
    "Today",
    "Yesterday",
    "Monday, March 2",
    "Wednesday, December 31, 2025",
  ]);
  speak("zh", ["zh-CN"]);
  assert.deepEqual(days.slice(0, 2).map((day) => dayName(day, NOON)), ["今天", "昨天"]);
});

test("What was said within a day was so long ago, what was said before then, or by a clock ahead, has a date", () => {
  speak("en", ["en-US"]);
  assert.deepEqual([0, 1, 59, 60, 23 * 60 + 59].map(before), [
    "just now",
    "1 minute ago",
    "59 minutes ago",
    "1 hour ago",
    "23 hours ago",
  ]);
  for (const minutes of [-10, 24 * 60]) assert.match(before(minutes), /^Mar \d/);
  speak("zh", ["zh-CN"]);
  assert.deepEqual([0, 5].map(before), ["刚刚", "5分钟前"]);
});

test("Tomorrow begins at midnight", () => {
  assert.equal(untilTomorrow(NOON), 12 * 60 * 60_000);
  assert.equal(untilTomorrow(new Date(2026, 11, 31, 23, 59, 59)), 1_000);
});

test("A span is told in the largest unit that it is a multiple of", () => {
  const spans = [1, 10, 60, 90, 300, 3_600, 86_400, 7 * 86_400];
  speak("en", ["en-US"]);
  assert.deepEqual(spans.map(saySpan), [
    "1 second",
    "10 seconds",
    "1 minute",
    "90 seconds",
    "5 minutes",
    "1 hour",
    "1 day",
    "1 week",
  ]);
  speak("zh", []);
  assert.deepEqual([300, 86_400].map(saySpan), ["5分钟", "1天"]);
  speak("en", []);
});
