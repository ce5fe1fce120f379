import { locale } from "./i18n.ts";

const DAY: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
const YEAR: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };

/** A moment, in ms since 1970, with its date in words of the reader's language. */
export function sayMoment(at: number, now: Date): string {
  return formatOf(new Date(at).getFullYear() === now.getFullYear() ? DAY : YEAR).format(at);
}

// They take long to make, and can't be made before it is known for whom.
const formats = new Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();

/** The format for some options, made once. */
export function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let format = formats.get(options);
  if (format === undefined) formats.set(options, format = new Intl.DateTimeFormat(locale(), options));
  return format;
}
