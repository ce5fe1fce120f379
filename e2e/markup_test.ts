/// <reference lib="dom" />
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { readModules } from "../assets.ts";
import { KnownNames } from "../static/known_names.ts";
import { parseMarkup, plainText } from "../static/markup.ts";
import { PHONE, scenario, type Stage } from "./stage.ts";

/** Where a page of `openWithModules` has these. */
const MODULES = {
  markup: "/modules/static/markup.ts",
  nodes: "/modules/static/markup_nodes.ts",
  names: "/modules/static/known_names.ts",
};

/** A page that can import each of its modules by itself. */
async function openWithModules(stage: Stage, options?: Parameters<Stage["open"]>[0]): Promise<Page> {
  const page = await stage.open(options);
  const modules = await readModules();
  await page.route("**/modules/**", async (route) => {
    const body = modules.get(new URL(route.request().url()).pathname.replace("/modules/", ""))!;
    await route.fulfill({ body, contentType: "text/javascript" });
  });
  return page;
}

const NAMES = ["Ada", "Ana María", "Guest 1234", "林小雨", "محمد", "<b>", 'x" onclick="y'];

/** What random texts are made of, beside single characters of any kind. */
const PIECES = [
  ...["*", "**", "***", "****", "`", "``", "```", "\n```\n", "```ts\n", "\n", "\n\n", " ", "\t", "\u3000", "_", "\\"],
  ...[
    "http://",
    "https://",
    "HTTPS://",
    "mailto:",
    "https://x.y/",
    "https://a@b",
    "mailto:a@b.c",
    "//",
    "@",
    ".",
    "://",
  ],
  ...["javascript:", "JavaScript:alert(1)", "java\tscript:", "data:text/html,", "vbscript:", "blob:", "ftp://x"],
  ...["<img src=x onerror=alert(1)>", "<script>", "</p>", "<!--", "&lt;", "&#60;", '"', "'", ">", "onclick=", "]]>"],
  ...["(", ")", "[", "]", "{", "}", "，", "。", "）", "…", "?q=", "#", ":80", "%00", "\0", "\x1b"],
  ...["\u202e", "\u2066", "\u2069", "\u200f", "\u200b", "\ufeff", "\u0301", "\u2028", "👍🏽", "👨‍👩‍👧", "\ud83d", "\udc4d"],
  ...["a", "word", "2", "é", "中文", "重点", "عربي", "ไทย", "한국"],
  ...NAMES.flatMap((name) => [name, `@${name}`]),
];

const CALM = [
  "*",
  "**",
  "`",
  "\n```\n",
  "```ts\n",
  "\n",
  " ",
  "a",
  "重点",
  "@Ada",
  "https://x.y/",
  "(",
  ")",
  ".",
  "**",
  "*",
];

/**
 * Runs in the page: makes nodes of random texts, and tells what is wrong with the first that is not as it must be, and what
 * kinds of elements there were.
 */
async function fuzz({ seed, count, pieces, calm, names, modules }: {
  seed: number;
  count: number;
  pieces: string[];
  calm: string[];
  names: string[];
  modules: typeof MODULES;
}): Promise<{ wrong?: string; seen: Record<string, number> }> {
  const { parseMarkup, plainText }: typeof import("../static/markup.ts") = await import(modules.markup);
  const { renderMarkup }: typeof import("../static/markup_nodes.ts") = await import(modules.nodes);
  const { KnownNames }: typeof import("../static/known_names.ts") = await import(modules.names);
  const known = new KnownNames(names);
  const allowed: Record<string, string[]> = {
    STRONG: [],
    EM: [],
    CODE: [],
    PRE: [],
    A: ["href", "rel", "target"],
    SPAN: ["class"],
  };
  const seen: Record<string, number> = {};

  // The generator mulberry32.
  const random = (below: number) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % below;
  };
  const randomText = () => {
    let text = "";
    // From few pieces something that is well formed comes more often.
    const chosen = random(2) === 0 ? pieces : calm;
    for (let length = random(24); length > 0; length--) {
      text += random(12) > 0 ? chosen[random(chosen.length)] : String.fromCharCode(random(0x10000));
    }
    return text;
  };

  /** What is shown has to be what was typed, but for marks: stars, backticks, and the lines of fences. */
  const isAsTyped = (source: string, shown: string) => {
    const bare = (text: string) => text.replaceAll(/[*`]/g, "");
    const whole = bare(shown);
    /** How much of what is shown can be what was typed up to here. */
    let lengths = new Set([0]);
    for (const line of source.split(/(?<=\n)/)) {
      const words = bare(line);
      const sofar = lengths;
      lengths = new Set(/^```[\w+#.-]*[ \t]*\n?$/.test(line) ? sofar : []);
      for (const length of sofar) if (whole.startsWith(words, length)) lengths.add(length + words.length);
    }
    return lengths.has(whole.length);
  };

  const problem = (source: string): string | undefined => {
    const tree = parseMarkup(source, known);
    const root = document.createElement("div");
    root.append(renderMarkup(tree, "ada"));
    if (root.textContent !== plainText(tree)) return "The text is not the plain text";
    if (!isAsTyped(source, root.textContent)) return "The text is not what was typed";
    for (const node of root.querySelectorAll("*")) {
      seen[node.tagName] = (seen[node.tagName] ?? 0) + 1;
      const attributes = allowed[node.tagName];
      if (!attributes || node.namespaceURI !== "http://www.w3.org/1999/xhtml") return `There is a ${node.tagName}`;
      if (node.getAttributeNames().join() !== attributes.join()) return `It has ${node.getAttributeNames()}`;
      if (node instanceof HTMLAnchorElement) {
        const { href, protocol, username, rel, target } = node;
        if (!/^(?:https?:\/\/[^/]|mailto:[^@]+@)/.test(href)) return `It leads to ${href}`;
        if (!["http:", "https:", "mailto:"].includes(protocol) || username !== "") return `It leads to ${href}`;
        if (node.getAttribute("href") !== href) return `It is not written as where it leads: ${href}`;
        if (rel !== "noopener noreferrer nofollow" || target !== "_blank") return `It is ${rel}, ${target}`;
        if (node.querySelector("*")) return "There is something in a link";
      }
      if (node instanceof HTMLSpanElement && !/^mention( me)?$/.test(node.className)) return `It is ${node.className}`;
      if (node.className === "mention me") seen.me = (seen.me ?? 0) + 1;
    }
    if (root.querySelector("* > * > * > * > *")) return "It is nested too deep";
    // A walker, since iterators would all be told of every node that is moved from then on.
    const walker = document.createTreeWalker(root, ~(NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT) >>> 0);
    return walker.nextNode() ? "There is something that is neither an element nor a text" : undefined;
  };

  for (let index = 0; index < count; index++) {
    const source = randomText();
    const wrong = problem(source);
    if (wrong) return { wrong: `${wrong}, of ${JSON.stringify(source)}`, seen };
  }
  return { seen };
}

scenario(
  "HOSTILE 20 and 22: a message has nothing but its markup, and its words are those that were typed",
  async (stage) => {
    const page = await openWithModules(stage);
    const seed = Number(Deno.env.get("SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
    console.log(`The seed is ${seed}; SEED=${seed} repeats it.`);
    const counts: Record<string, number> = {};
    for (let part = 0; part < 10; part++) {
      const partSeed = (seed + part) >>> 0;
      const made = { seed: partSeed, count: 10_000, pieces: PIECES, calm: CALM, names: NAMES, modules: MODULES };
      const { wrong, seen } = await page.evaluate(fuzz, made);
      assert.equal(wrong, undefined);
      for (const [kind, count] of Object.entries(seen)) counts[kind] = (counts[kind] ?? 0) + count;
    }
    for (const kind of ["STRONG", "EM", "CODE", "PRE", "A", "SPAN", "me"]) {
      assert.ok(counts[kind]! > 1_000, `${kind}: ${counts[kind]}`);
    }
  },
);

/** Shows messages, as the timeline would. */
async function show(page: Page, ...texts: string[]): Promise<void> {
  await page.evaluate(async ({ texts, modules, names }) => {
    const { parseMarkup }: typeof import("../static/markup.ts") = await import(modules.markup);
    const { renderMarkup }: typeof import("../static/markup_nodes.ts") = await import(modules.nodes);
    const { KnownNames }: typeof import("../static/known_names.ts") = await import(modules.names);
    document.getElementById("empty")!.hidden = true;
    document.getElementById("timeline")!.replaceChildren(...texts.map((text) => {
      const words = document.createElement("div");
      words.className = "text";
      words.append(renderMarkup(parseMarkup(text, new KnownNames(names)), "Ada"));
      words.dir = "auto";
      const item = document.createElement("li");
      item.append(words);
      return item;
    }));
  }, { texts, modules: MODULES, names: NAMES });
}

scenario("the longest messages are shown, whatever is in them", async (stage) => {
  const page = await openWithModules(stage);
  for (const piece of ["*a **b ", "@Ada ", "`a` ", "http://a ", "**a** ", "```\n", "\n"]) {
    // Also when all of it is within one element.
    for (const [before, after] of [["", ""], ["**", "b**"]]) {
      const text = before + piece.repeat(64 * 1024 / piece.length) + after;
      await show(page, text);
      const shown = await page.locator("#timeline .text").textContent();
      assert.equal(shown, plainText(parseMarkup(text, new KnownNames(NAMES))));
    }
  }
});

scenario("a block of code has no blank lines around it, and a long line of it scrolls within it", async (stage) => {
  for (const viewport of [PHONE, { width: 1440, height: 900 }]) {
    const page = await openWithModules(stage, { viewport });
    await show(page, `Before\n\`\`\`ts\n${"long ".repeat(100)}\nsecond\n\`\`\`\nafter`, "one\ntwo", "code `a b`");
    const sizes = await page.evaluate(() => {
      const [block, lines] = [...document.querySelectorAll("#timeline .text")] as HTMLElement[];
      const pre = block!.querySelector("pre")!;
      const style = getComputedStyle(pre);
      const lineHeight = parseFloat(style.lineHeight);
      const around = 2 *
        (parseFloat(style.marginTop) + parseFloat(style.paddingTop) + parseFloat(style.borderTopWidth));
      const bar = pre.offsetHeight - pre.clientHeight - 2 * parseFloat(style.borderTopWidth);
      return {
        lines: (block!.offsetHeight - around - bar) / lineHeight,
        plainLines: lines!.offsetHeight / lineHeight,
        scrolls: pre.scrollWidth > pre.clientWidth,
        pageScrolls: document.documentElement.scrollWidth > innerWidth || block!.scrollWidth > block!.clientWidth,
      };
    });
    assert.deepEqual(sizes, { lines: 4, plainLines: 2, scrolls: true, pageScrolls: false });
  }
});
