import { element } from "./element.ts";
import { locale } from "./i18n.ts";

const CLOCK: Intl.DateTimeFormatOptions = { timeStyle: "short" };
const DAY: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
const YEAR: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };
const FULL: Intl.DateTimeFormatOptions = { dateStyle: "full", timeStyle: "medium" };

/** A moment, in ms since 1970, as its time of day; pointing at it shows all of it. */
export function timeOf(at: number): HTMLTimeElement {
  return timeAs(at, CLOCK);
}

/** A moment with its date. */
export function dateOf(at: number): HTMLTimeElement {
  return timeAs(at, new Date(at).getFullYear() === new Date().getFullYear() ? DAY : YEAR);
}

function timeAs(at: number, options: Intl.DateTimeFormatOptions): HTMLTimeElement {
  const date = new Date(at);
  const time = element("time", "", formatOf(options).format(date));
  time.dateTime = date.toISOString();
  time.title = formatOf(FULL).format(date);
  return time;
}

// They take long to make, and can't be made before it is known for whom.
const formats = new Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();

function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let format = formats.get(options);
  if (format === undefined) formats.set(options, format = new Intl.DateTimeFormat(locale, options));
  return format;
}
