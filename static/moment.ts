import { locale } from "./i18n.ts";

const DAY: Intl.DateTimeFormatOptions = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
const YEAR: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };

/** A moment, in ms since 1970, with its date in words of the reader's language. */
export function sayMoment(at: number, now: Date): string {
  return formatOf(new Date(at).getFullYear() === now.getFullYear() ? DAY : YEAR).format(at);
}

/** How long something is, in whole seconds, in the largest unit that it is a multiple of: "5 minutes". */
export function saySpan(seconds: number): string {
  const [unit, length] = UNITS.find(([, length]) => seconds % length === 0)!;
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long" }).format(seconds / length);
}

const UNITS = [["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]] as const;

// They take long to make, and can't be made before it is known for whom.
const formats = new Map<Intl.DateTimeFormatOptions, Intl.DateTimeFormat>();

/** The format for some options, made once. */
export function formatOf(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  let format = formats.get(options);
  if (format === undefined) formats.set(options, format = new Intl.DateTimeFormat(locale(), options));
  return format;
}
