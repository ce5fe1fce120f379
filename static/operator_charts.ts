import type { Sample } from "../protocol.ts";
import { Chart, measure, measureBytes, type Subject, valueOf } from "./chart.ts";
import { element } from "./element.ts";
import { words } from "./operator_words.ts";
import { timeOf } from "./time.ts";

/** How far the rows of the table are apart, in ms: it can be read before it changes. */
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
    this.#details.addEventListener("toggle", () => this.#fillTable());
  }

  show(samples: readonly Sample[]): void {
    this.#samples = samples;
    for (const chart of this.#charts) chart.show(samples);
    this.#fillTable();
  }

  #fillTable(): void {
    if (!this.#details.open) return;
    const body = this.#details.querySelector("tbody")!;
    const rows = everyMinute(this.#samples);
    // Nobody who reads it is to lose their place for nothing.
    const key = rows.map(({ at }) => at).join(" ");
    if (body.dataset.rows === key) return;
    body.dataset.rows = key;
    body.replaceChildren(...rows.map((sample) => {
      const head = element("th", "", timeOf(sample.at));
      head.scope = "row";
      return element("tr", "", head, ...this.#subjects.map((subject) => element("td", "", valueOf(subject, sample))));
    }));
  }
}

/** The first sample of each minute, newest first. */
export function everyMinute(samples: readonly Sample[]): Sample[] {
  const minuteOf = ({ at }: Sample) => Math.floor(at / ROW_MS);
  return samples.filter((sample, index) => index === 0 || minuteOf(sample) !== minuteOf(samples[index - 1]!)).reverse();
}
