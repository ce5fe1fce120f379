import { locale } from "./i18n.ts";

/** In seconds. */
export const DAY = 86_400;
export const WEEK = 7 * DAY;

const IN_YEAR: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
const WITH_YEAR: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };

/** A moment, in ms since 1970, with its date in words of the reader's language. */
export function sayMoment(at: number, now: Date): string {
  return formatOf(new Date(at).getFullYear() === now.getFullYear() ? IN_YEAR : WITH_YEAR).format(at);
}

/** How long something is, in whole seconds, in the largest unit that it is a multiple of: "5 minutes". */
export function saySpan(seconds: number): string {
  const [unit, length] = UNITS.find(([, length]) => seconds % length === 0)!;
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(seconds / length);
}

/** For how long something can hold that an administrator has done, in seconds; undefined is without an end. */
export const SPANS: readonly (number | undefined)[] = [600, 3_600, DAY, WEEK, 30 * DAY, undefined];

/** When something ends that begins now, and when it is one of these, in ms since 1970; undefined when it has no end. */
export function endOfSpan(seconds: number | undefined, now: number): number | undefined {
  return seconds === undefined ? undefined : now + seconds * 1_000;
}

const UNITS = [["week", WEEK], ["day", DAY], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;

// They take long to make, and can't be made before it is known for whom.
const formats = new Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();

/** The format for some options, made once. */
export function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let format = formats.get(options);
  if (format === undefined) formats.set(options, format = new Intl.DateTimeFormat(locale(), options));
  return format;
}
