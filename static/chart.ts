import type { Sample } from "../protocol.ts";
import { SHOWN_MS } from "./dashboard.ts";
import { element } from "./element.ts";
import { locale } from "./i18n.ts";
import { words } from "./operator_words.ts";

/** What a chart draws of a sample; null when there was nothing to measure. */
export type Read = (sample: Sample) => number | null;

/** What a chart is of. */
export interface Subject {
  readonly name: string;
  /** More of what it is, if the name does not say it. */
  readonly how?: string;
  /** The lines that it has, the main one first. */
  readonly lines: readonly Read[];
  /** A value with its unit. */
  format(value: number): string;
}

/** The size of the drawing, in its own units; it is stretched to what there is. */
export const WIDTH = 300;
export const HEIGHT = 60;
/** Left free above and below, lest a line touch what stands there. */
const MARGIN = 5;
/** Samples that are further apart, in ms, have nothing between them: the server did not run, or nobody was told. */
const GAP_MS = 3_500;
const SVG = "http://www.w3.org/2000/svg";

/** The values of all lines from the lowest to the highest; undefined when there are none. */
export function rangeOf(samples: readonly Sample[], lines: readonly Read[]): readonly [number, number] | undefined {
  const values = samples.flatMap((sample) => lines.map((read) => read(sample))).filter((value) => value !== null);
  return values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
}

/**
 * A line as the path of an SVG (SVG 2, section 9.3): time to the right, five minutes in all, ending with the last sample;
 * values upwards, from zero to the highest. Where there is no value there is no line.
 */
export function pathOf(samples: readonly Sample[], read: Read, highest: number): string {
  const end = samples.at(-1)?.at ?? 0;
  const steps: string[] = [];
  let last = -Infinity;
  for (const sample of samples) {
    const value = read(sample);
    if (value === null) {
      last = -Infinity;
      continue;
    }
    const x = WIDTH * (1 - (end - sample.at) / SHOWN_MS);
    const y = HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * (highest > 0 ? value / highest : 0);
    // A value that stands alone is a dot, which a line without length is with round ends.
    const command = sample.at - last > GAP_MS ? `M${round(x)} ${round(y)}h0` : "";
    steps.push(`${command}L${round(x)} ${round(y)}`);
    last = sample.at;
  }
  return steps.join("");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A small live chart: what it is of, its value now, a line of five minutes, and between which values that is. */
export class Chart {
  readonly node: HTMLElement;
  readonly #subject: Subject;
  readonly #value = element("strong", "");
  readonly #range = element("span", "");
  readonly #drawing = document.createElementNS(SVG, "svg");
  readonly #paths: readonly SVGPathElement[];

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#drawing.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.#drawing.setAttribute("preserveAspectRatio", "none");
    this.#drawing.setAttribute("role", "img");
    this.#paths = subject.lines.map(() => document.createElementNS(SVG, "path"));
    this.#drawing.append(...this.#paths);
    const axis = element(
      "p",
      "axis",
      element("span", "", words.minutesAgo),
      this.#range,
      element("span", "", words.now),
    );
    // All that it says is in the name of the drawing, too.
    axis.ariaHidden = "true";
    const head = element("figcaption", "", element("span", "", subject.name), this.#value);
    this.node = element("figure", "chart", head, this.#drawing, axis);
    if (subject.how !== undefined) this.node.append(element("p", "how", subject.how));
    this.show([]);
  }

  show(samples: readonly Sample[]): void {
    const { name, lines, format } = this.#subject;
    const range = rangeOf(samples, lines);
    const value = valueOf(this.#subject, samples.at(-1));
    this.#value.textContent = value;
    this.#range.textContent = range ? words.range(format(range[0]), format(range[1])) : "";
    this.#drawing.ariaLabel = range
      ? words.chart(name, value, format(range[0]), format(range[1]))
      : words.chartEmpty(name);
    for (const [index, path] of this.#paths.entries()) {
      path.setAttribute("d", pathOf(samples, lines[index]!, range?.[1] ?? 0));
    }
  }
}

/** What a chart shows of one sample, in words. */
export function valueOf({ lines, format }: Subject, sample: Sample | undefined): string {
  const values = sample ? lines.map((read) => read(sample)).filter((value) => value !== null) : [];
  return values.length === 0 ? "–" : values.map((value) => format(value)).join(" / ");
}

/** A number as the reader is used to see it, in a unit of Intl.NumberFormat if it has one. */
export function measure(value: number, unit?: string): string {
  const maximumFractionDigits = value < 10 ? 1 : 0;
  const style = unit === undefined ? {} : { style: "unit", unit, unitDisplay: "short" } as const;
  return new Intl.NumberFormat(locale(), { ...style, maximumFractionDigits }).format(value);
}

/** A number of bytes in the unit that suits it. */
export function measureBytes(bytes: number): string {
  const units = ["kilobyte", "megabyte", "gigabyte", "terabyte"];
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1_000)) / Math.log(1_000)), units.length);
  return measure(bytes / 1_000 ** power, units[power - 1]);
}
