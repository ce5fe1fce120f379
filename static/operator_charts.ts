import type { Sample } from "../protocol.ts";
import { Chart, measure, measureBytes, type Subject, valueOf } from "./chart.ts";
import { SHOWN_MS } from "./dashboard.ts";
import { element } from "./element.ts";
import { LiveList } from "./live_list.ts";
import { words } from "./operator_words.ts";
import { timeOf } from "./time.ts";

/** How far the rows of the table are apart, in ms: all but the newest can be read before they change. */
const ROW_MS = 60_000;

/** What charts are drawn of. */
function subjects(): Subject[] {
  const milliseconds = (value: number) => measure(value, "millisecond");
  return [
    { name: words.connections, lines: [({ connections }) => connections], format: measure },
    { name: words.roomsInUse, lines: [({ rooms }) => rooms], format: measure },
    { name: words.messagesPerSecond, lines: [({ messages }) => messages], format: measure },
    {
      name: words.echo,
      how: words.echoHow,
      lines: [({ echoP50 }) => echoP50, ({ echoP99 }) => echoP99],
      format: milliseconds,
    },
    { name: words.loopDelay, how: words.loopHow, lines: [({ loopP99 }) => loopP99], format: milliseconds },
    { name: words.memory, lines: [({ memoryBytes }) => memoryBytes], format: measureBytes },
    { name: words.database, lines: [({ databaseBytes }) => databaseBytes], format: measureBytes },
  ];
}

/** The charts, and the same as a table. */
export class Charts {
  readonly #subjects = subjects();
  readonly #charts = this.#subjects.map((subject) => new Chart(subject));
  readonly #details: HTMLDetailsElement;
  readonly #rows: LiveList<Sample>;
  #samples: readonly Sample[] = [];

  constructor(section: HTMLElement) {
    section.querySelector(".charts")!.append(...this.#charts.map(({ node }) => node));
    this.#details = section.querySelector("details")!;
    const heads = [words.time, ...this.#subjects.map(({ name }) => name)].map((name) => {
      const head = element("th", "", name);
      head.scope = "col";
      return head;
    });
    section.querySelector("thead")!.append(element("tr", "", ...heads));
    this.#rows = new LiveList(section.querySelector("tbody")!, ({ at }) => at, (sample) => this.#drawRow(sample));
    this.#details.addEventListener("toggle", () => this.#fillTable());
  }

  show(samples: readonly Sample[]): void {
    this.#samples = samples;
    for (const chart of this.#charts) chart.show(samples);
    this.#fillTable();
  }

  #fillTable(): void {
    if (this.#details.open) this.#rows.show(everyMinute(this.#samples), "");
  }

  #drawRow(sample: Sample): HTMLElement {
    const head = element("th", "", timeOf(sample.at));
    head.scope = "row";
    return element("tr", "", head, ...this.#subjects.map((subject) => element("td", "", valueOf(subject, sample))));
  }
}

/** The highest values of each minute that began within the time that is shown, newest first; `at` is when it began. */
export function everyMinute(samples: readonly Sample[]): Sample[] {
  const minutes = Map.groupBy(samples, ({ at }) => at - at % ROW_MS);
  const begin = (samples.at(-1)?.at ?? 0) - SHOWN_MS;
  return [...minutes].filter(([at]) => at >= begin).map(([at, within]) => ({ ...highestOf(within), at })).reverse();
}

function highestOf(samples: readonly Sample[]): Sample {
  const highest: Record<string, number | null> = {};
  for (const [name, value] of samples.flatMap((sample) => Object.entries(sample) as [string, number | null][])) {
    const before = highest[name] ?? null;
    highest[name] = value === null || before === null ? value ?? before : Math.max(before, value);
  }
  return highest as unknown as Sample;
}
