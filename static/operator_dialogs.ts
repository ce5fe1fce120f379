import { button, element } from "./element.ts";
import { DAY, endOfSpan, saySpan, SPANS } from "./moment.ts";
import { words } from "./operator_words.ts";

/** Offers spans in a list to choose from. */
export function offerSpans(select: HTMLSelectElement, preferred: number): void {
  select.replaceChildren(
    ...SPANS.map((span, index) => {
      const option = element("option", "", span === undefined ? words.noEnd : saySpan(span));
      option.value = String(index);
      option.defaultSelected = span === preferred;
      return option;
    }),
  );
}

/** When what was chosen ends, in ms since 1970; undefined when it has no end. */
export function untilOf(select: HTMLSelectElement, now: number): number | undefined {
  return endOfSpan(SPANS[Number(select.value)], now);
}

/** What is asked before something is done. */
export interface Question {
  /** What will be done: the title, and the name of the button that does it. */
  readonly what: string;
  readonly explained?: string;
  /** Asks for how long. */
  readonly time?: true;
  /** Asks whether it concerns the whole address, too. */
  readonly address?: true;
}

/** What was answered. */
export interface Consent {
  readonly until: number | undefined;
  readonly address: boolean;
}

/** Asks whether something is really to be done; undefined when it is not. */
export function ask(
  dialog: HTMLDialogElement,
  { what, explained = "", time, address }: Question,
): Promise<Consent | undefined> {
  const select = dialog.querySelector("select")!;
  const [yes] = dialog.querySelectorAll("button");
  const box = dialog.querySelector<HTMLInputElement>("[type=checkbox]")!;
  dialog.querySelector("h2")!.textContent = yes!.textContent = what;
  dialog.querySelector("p")!.textContent = explained;
  select.closest("label")!.hidden = !time;
  box.closest("label")!.hidden = !address;
  box.checked = false;
  offerSpans(select, DAY);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes" ? { until: untilOf(select, Date.now()), address: box.checked } : undefined);
    }, { once: true });
  });
}

/** A secret that was made, and what can be copied of it. */
export interface Revelation {
  readonly title: string;
  readonly explained?: string;
  /** By the name of each. */
  readonly texts: readonly (readonly [name: string, text: string])[];
}

/** Shows a secret, this once: nothing of it stays on the page when the dialog is closed. */
export function reveal(dialog: HTMLDialogElement, { title, explained = "", texts }: Revelation): void {
  const status = dialog.querySelector<HTMLElement>("[role=status]")!;
  status.textContent = "";
  dialog.querySelector("h2")!.textContent = title;
  dialog.querySelector("p")!.textContent = [words.shownOnce, explained].filter((text) => text !== "").join(" ");
  const content = dialog.querySelector("div")!;
  content.replaceChildren(...texts.map(([name, text]) => {
    const area = element("textarea", "");
    area.readOnly = true;
    area.value = text;
    area.rows = text.length > 50 ? 4 : 1;
    area.spellcheck = false;
    const copy = button(
      "quiet",
      words.copy,
      async () => status.textContent = await copied(area) ? words.copied : words.copyYourself,
    );
    copy.ariaLabel = [words.copy, name].join(" ");
    return element("div", "row", element("label", "", element("span", "", name), area), copy);
  }));
  dialog.addEventListener("close", () => content.replaceChildren(), { once: true });
  dialog.showModal();
}

/** Copies a text, or at least selects it: browsers let a page that came by http to another machine do no more. */
async function copied(area: HTMLTextAreaElement): Promise<boolean> {
  area.select();
  try {
    await navigator.clipboard.writeText(area.value);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}
