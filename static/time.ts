import { element } from "./element.ts";

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" });
const year = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

/** A moment, in ms since 1970, as its time of day; pointing at it shows all of it. */
export function timeOf(at: number): HTMLTimeElement {
  return timeAs(at, clock);
}

/** A moment with its date. */
export function dateOf(at: number): HTMLTimeElement {
  return timeAs(at, new Date(at).getFullYear() === new Date().getFullYear() ? day : year);
}

function timeAs(at: number, format: Intl.DateTimeFormat): HTMLTimeElement {
  const date = new Date(at);
  const time = element("time", "", format.format(date));
  time.dateTime = date.toISOString();
  time.title = full.format(date);
  return time;
}
