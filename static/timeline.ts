const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

/** Makes the items for lines that came at a time. Text reaches the page as text nodes only: nothing in it is ever markup. */
export function renderLines(lines: string[], at: Date): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const line of lines) {
    const text = document.createElement("p");
    text.dir = "auto";
    text.textContent = line;
    const time = document.createElement("time");
    time.dateTime = at.toISOString();
    time.textContent = clock.format(at);
    const item = document.createElement("li");
    item.append(text, time);
    fragment.append(item);
  }
  return fragment;
}
