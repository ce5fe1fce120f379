/** An element of a document, as far as tests look at it. */
export interface HtmlElement {
  readonly tag: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Elements and texts, white space as in the source. */
  readonly children: (HtmlElement | string)[];
}

const TOKEN = /<!--[^]*?-->|<!doctype[^>]*>|<\/[a-z0-9]+>|<([a-z0-9]+)((?:\s+[\w-]+(?:="[^"]*")?)*)\s*(\/?)>|[^<]+/g;
const VOID = new Set(["meta", "link", "input", "br", "hr", "img"]);

/** Reads a document that closes what it opens and writes attributes in double quotes, as `deno fmt` leaves them. */
export function parseHtml(source: string): HtmlElement {
  const open: HtmlElement[] = [{ tag: "", attributes: {}, children: [] }];
  for (const [token, tag, attributes, closed] of source.matchAll(TOKEN)) {
    if (token.startsWith("<!")) continue;
    if (token.startsWith("</")) {
      if (token !== `</${open.pop()!.tag}>`) throw new Error(`Cannot read the document: ${token} closes nothing`);
    } else if (tag === undefined) {
      open.at(-1)!.children.push(token);
    } else {
      const element = { tag, attributes: attributesOf(attributes!), children: [] };
      open.at(-1)!.children.push(element);
      if (closed !== "/" && !VOID.has(tag)) open.push(element);
    }
  }
  return open[0]!;
}

function attributesOf(source: string): Record<string, string> {
  return Object.fromEntries(
    [...source.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].map(([, name, value = ""]) => [name!, value]),
  );
}
