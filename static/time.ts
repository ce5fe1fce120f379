import { element } from "./element.ts";
import { locale, words } from "./i18n.ts";
import { formatOf, sayMoment } from "./moment.ts";

const CLOCK: Intl.DateTimeFormatOptions = { timeStyle: "short" };
const WEEKDAY: Intl.DateTimeFormatOptions = { weekday: "long", month: "long", day: "numeric" };
const WEEKDAY_AND_YEAR: Intl.DateTimeFormatOptions = { ...WEEKDAY, year: "numeric" };
const FULL: Intl.DateTimeFormatOptions = { dateStyle: "full", timeStyle: "medium" };

/** A moment, in ms since 1970, as its time of day. */
export function timeOf(at: number): HTMLTimeElement {
  return timeAs(at, CLOCK);
}

/** A moment as how long ago it was, or with its date if that is more than a day; see `keepAgo`. */
export function agoOf(at: number): HTMLTimeElement {
  const time = timeIn(at, ago(at, new Date()));
  time.className = "ago";
  return time;
}

/** Lets every "5 minutes ago" that is shown grow older. */
export function keepAgo(): void {
  setInterval(() => {
    for (const time of document.querySelectorAll<HTMLTimeElement>("time.ago")) {
      const text = ago(Date.parse(time.dateTime), new Date());
      if (time.textContent !== text) time.textContent = text;
    }
  }, AGO_MS);
}

/** How long ago a moment was, in words of the reader's language. */
export function ago(at: number, now: Date): string {
  const minutes = Math.floor((now.getTime() - at) / MINUTE_MS);
  // Another clock than mine may be ahead.
  if (minutes < 0 || minutes >= DAY_MS / MINUTE_MS) {
    return sayMoment(at, now);
  }
  if (minutes === 0) return words.justNow;
  return minutes < 60 ? relative(-minutes, "minute") : relative(-Math.floor(minutes / 60), "hour");
}

/** The day of a moment. */
export function dayOf(at: number): HTMLTimeElement {
  return timeIn(at, dayName(new Date(at), new Date()));
}

/** What a day is called today: "Today", "Yesterday", or its date. */
export function dayName(day: Date, today: Date): string {
  const days = Math.round((startOf(day) - startOf(today)) / DAY_MS);
  if (days === 0 || days === -1) return capitalized(relative(days, "day"));
  return formatOf(day.getFullYear() === today.getFullYear() ? WEEKDAY : WEEKDAY_AND_YEAR).format(day);
}

/** In how many ms the next day begins where the reader is. */
export function untilTomorrow(now: Date): number {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
}

const MINUTE_MS = 60_000;
/** So often it is looked how long ago something is now, in ms: "1 minute ago" is not told of what is much older. */
const AGO_MS = MINUTE_MS / 4;
const DAY_MS = 24 * 60 * MINUTE_MS;

function relative(count: number, unit: Intl.RelativeTimeFormatUnit): string {
  return new Intl.RelativeTimeFormat(locale(), { numeric: "auto" }).format(count, unit);
}

function startOf(day: Date): number {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime();
}

function capitalized(word: string): string {
  return word.charAt(0).toLocaleUpperCase(locale()) + word.slice(1);
}

function timeAs(at: number, options: Intl.DateTimeFormatOptions): HTMLTimeElement {
  return timeIn(at, formatOf(options).format(at));
}

function timeIn(at: number, words: string): HTMLTimeElement {
  const time = element("time", "", words);
  time.dateTime = new Date(at).toISOString();
  return time;
}

/** Pointing at a time shows all of it. Not written before: it would cost as much as showing the message. */
export function explainTimes(): void {
  document.addEventListener("pointerover", ({ target }) => {
    const time = (target as Element).closest("time");
    if (time) time.title = formatOf(FULL).format(new Date(time.dateTime));
  }, { passive: true });
}
