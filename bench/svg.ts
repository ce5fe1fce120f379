import type { Histogram } from "./histogram.ts";

/** What there is to draw. */
export interface Drawing {
  readonly title: string;
  /** Under the title: what was measured on what. */
  readonly notes: readonly string[];
  /** How one compares to the other in something, in each round. */
  readonly ratios: readonly Ratio[];
  /** What the times are of. */
  readonly latencyTitle: string;
  /** How long something took with each, the first one as in the ratios. */
  readonly latencies: Readonly<Record<string, Histogram>>;
}

/** One is so many times the other. */
export interface Ratio {
  readonly what: string;
  readonly better: "more" | "less";
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

// All in px.
const WIDTH = 760;
const MARGIN = 24;
const LINE = 18;
/** The bars of the ratios begin after their words, and leave room for the number behind them. */
const BARS_FROM = 360;
const BARS_TO = WIDTH - 84;
const ROW = 30;
/** The curves are so high, and leave so much room beside them, for half of the words under their ends. */
const CURVES = 170;
const CURVES_FROM = MARGIN + 12;

/** Each octave of the times has so many points. */
const POINTS_PER_OCTAVE = 8;

/** Two colors that differ in brightness, too, on white and on black. */
const STYLE = `
  svg { color-scheme: light dark; --paper: #fff; --ink: #1d1d1f; --faint: #70707a; --first: #0b62c4; --second: #d97a1f; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #17181b; --ink: #ececf0; --faint: #9a9aa5; --first: #6db3ff; --second: #f0a04b; }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink); }
  .head { font-size: 17px; font-weight: 600; }
  .faint { fill: var(--faint); }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .paper { fill: var(--paper); }
  .rule { stroke: var(--faint); stroke-opacity: .35; }
  .spread { stroke: var(--ink); stroke-width: 1.5; }
  .s0 { fill: var(--first); stroke: var(--first); }
  .s1 { fill: var(--second); stroke: var(--second); }
  .bar { stroke: none; }
  .curve { fill-opacity: .2; stroke-width: 2; stroke-linejoin: round; }
`;

/** Draws it all as an SVG that needs nothing else, and follows the reader's light or dark. */
export function draw({ title, notes, ratios, latencyTitle, latencies }: Drawing): string {
  const [first, second] = Object.keys(latencies);
  const legend = MARGIN + 38 + notes.length * LINE + 14;
  const bars = legend + 20;
  const curves = bars + ratios.length * ROW + 84;
  const height = curves + CURVES + 56;
  const says = ratios.map(({ what, median }) => `${what}: ${timesOf(median)}`).join("; ");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="title says">`,
    `<title id="title">${escape(title)}</title>`,
    `<desc id="says">${escape(says)}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(MARGIN, MARGIN + 14, title, "head"),
    ...notes.map((note, i) => text(MARGIN, MARGIN + 38 + i * LINE, note, "faint")),
    ...[first!, second!].map((name, i) => {
      const x = MARGIN + i * 90;
      return `<rect class="bar s${i}" x="${x}" y="${legend - 11}" width="12" height="12"/>${
        text(x + 18, legend, name)
      }`;
    }),
    text(
      MARGIN + 200,
      legend,
      "A bar has the color of whoever is ahead; its line is the spread of the rounds",
      "faint",
    ),
    ...drawRatios(ratios, bars),
    text(MARGIN, curves - 24, latencyTitle, "head"),
    ...drawLatencies(Object.values(latencies), curves),
    "</svg>\n",
  ].join("\n");
}

/** A ratio for people: "3.4×". */
export function timesOf(ratio: number): string {
  return `${ratio.toPrecision(ratio < 1 ? 2 : ratio < 100 ? 3 : Math.ceil(Math.log10(ratio)))}×`;
}

/** On a scale where ten times as much and a tenth are as far from "the same", which is a line. */
function drawRatios(ratios: readonly Ratio[], top: number): string[] {
  const bottom = top + ratios.length * ROW;
  const low = Math.floor(Math.log10(Math.min(...ratios.map(({ least }) => least), 0.5)));
  const high = Math.ceil(Math.log10(Math.max(...ratios.map(({ most }) => most), 2)));
  const x = (ratio: number) => BARS_FROM + (Math.log10(ratio) - low) / (high - low) * (BARS_TO - BARS_FROM);
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return [
    ...ticks.flatMap((tick) => [
      rule(x(tick), top, bottom),
      text(x(tick), bottom + 16, `${Number(tick.toPrecision(1))}×`, "middle faint"),
    ]),
    ...ratios.flatMap(({ what, better, median, least, most }, i) => {
      const middle = top + i * ROW + ROW / 2;
      // In the color of whoever is ahead.
      const ahead = (median > 1) === (better === "more") ? 0 : 1;
      const [from, to] = [Math.min(x(1), x(median)), Math.max(x(1), x(median))];
      return [
        text(MARGIN, middle + 4, `${what} (${better} is better)`),
        `<rect class="bar s${ahead}" x="${px(from)}" y="${middle - 8}" width="${px(to - from)}" height="16"/>`,
        `<line class="spread" x1="${px(x(least))}" x2="${px(x(most))}" y1="${middle}" y2="${middle}"/>`,
        text(WIDTH - MARGIN, middle + 4, timesOf(median), "end"),
      ];
    }),
  ];
}

/** How many took how long, a curve each, on a scale where each power of ten is as wide. */
function drawLatencies(histograms: readonly Histogram[], top: number): string[] {
  const all = histograms.map((histogram) => histogram.bars(POINTS_PER_OCTAVE));
  const bars = all.flat();
  const bottom = top + CURVES;
  const low = Math.floor(Math.log10(Math.max(Math.min(...bars.map(({ from }) => from)), 1)));
  const high = Math.ceil(Math.log10(Math.max(...bars.map(({ to }) => to))));
  const most = Math.max(...bars.map(({ share }) => share));
  const x = (us: number) =>
    CURVES_FROM + (Math.log10(Math.max(us, 1)) - low) / (high - low) * (WIDTH - 2 * CURVES_FROM);
  const y = (share: number) => bottom - share / most * CURVES;
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return [
    ...ticks.flatMap((tick) => [
      rule(x(tick), top, bottom),
      text(x(tick), bottom + 16, tick < 1e6 ? `${tick / 1_000} ms` : `${tick / 1e6} s`, "middle faint"),
    ]),
    ...all.map((bars, i) => {
      const points = bars.map(({ from, to, share }) => `${px(x((from + to) / 2))},${px(y(share))}`);
      const [start, end] = [x(bars[0]!.from), x(bars.at(-1)!.to)];
      return `<path class="curve s${i}" d="M${px(start)},${bottom} L${points.join(" ")} L${px(end)},${bottom}Z"/>`;
    }),
    ...histograms.map((histogram, i) => {
      const [p50, p99] = [histogram.percentile(0.5), histogram.percentile(0.99)];
      return `<line class="spread s${i}" stroke-dasharray="4 3" x1="${px(x(p99))}" x2="${
        px(x(p99))
      }" y1="${top}" y2="${bottom}"/>` +
        `<line class="spread s${i}" x1="${px(x(p50))}" x2="${px(x(p50))}" y1="${top}" y2="${bottom}"/>`;
    }),
    text(MARGIN, bottom + 40, "Lines: half of the messages are there by then; dashed: 99 of 100", "faint"),
  ];
}

function text(x: number, y: number, words: string, style?: string): string {
  return `<text${style ? ` class="${style}"` : ""} x="${px(x)}" y="${px(y)}">${escape(words)}</text>`;
}

function rule(x: number, top: number, bottom: number): string {
  return `<line class="rule" x1="${px(x)}" x2="${px(x)}" y1="${top}" y2="${bottom}"/>`;
}

function px(length: number): string {
  return `${Number(length.toFixed(1))}`;
}

function escape(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
