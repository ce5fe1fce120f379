import { element } from "./element.ts";
import { isSameName } from "./known_names.ts";
import type { Markup } from "./markup.ts";

/**
 * Makes nodes of the markup of a message. What somebody wrote is only ever in text nodes and in checked addresses. If they
 * go into an element with `dir="auto"`, it has to get that afterwards: Chromium looks at all of them again for each that is
 * added, which takes seconds when there are thousands.
 */
export function renderMarkup(markup: readonly Markup[], me: string | undefined): DocumentFragment {
  const fragment = document.createDocumentFragment();
  appendTo(fragment, markup, me);
  return fragment;
}

function appendTo(parent: Node, markup: readonly Markup[], me: string | undefined): void {
  // One by one: a message can have more parts than a call can have arguments.
  for (const part of markup) parent.appendChild(render(part, me));
}

function render(part: Markup, me: string | undefined): Node {
  switch (part.kind) {
    case "text":
      return document.createTextNode(part.text);
    case "bold":
    case "italic": {
      const made = element(part.kind === "bold" ? "strong" : "em", "");
      appendTo(made, part.inner, me);
      return made;
    }
    case "code":
      return element("code", "", part.text);
    case "block":
      return element("pre", "", element("code", "", part.text));
    case "link": {
      const made = element("a", "", part.text);
      made.href = part.href;
      made.rel = "noopener noreferrer nofollow";
      made.target = "_blank";
      return made;
    }
    case "mention": {
      const isMe = me !== undefined && isSameName(part.name, me);
      return element("span", isMe ? "mention me" : "mention", part.text);
    }
  }
}
