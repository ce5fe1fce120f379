/** One file that a browser may ask for. */
export interface Asset {
  /** What the browser gets. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Its Content-Type. */
  readonly type: string;
  /** Its ETag, quotes included (RFC 9110, section 8.8.3): a hash of the body. */
  readonly etag: string;
}

/** Where the page is in the sources. */
export const SOURCE = new URL("./", import.meta.url);
/** Where `tools/compile.ts` puts it, without its types, for the binary. */
export const STAGED = new URL("./dist/page/", import.meta.url);

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** Every file of the page by the path of its URL. Nothing else is ever served, so no path is joined to a folder. */
export async function loadAssets(): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  for (const [name, text] of await readPage(Deno.build.standalone ? STAGED : SOURCE)) {
    const body = new TextEncoder().encode(text);
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
    const etag = `"${Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("")}"`;
    const path = name === "static/index.html" ? "/" : `/${name}`;
    assets.set(path, { body, type: TYPES[extension(name)]!, etag });
  }
  return assets;
}

/** The page's files by name, as a browser takes them: TypeScript has become JavaScript, line by line. */
export async function readPage(root: URL): Promise<Map<string, string>> {
  const names = ["protocol.ts"];
  for await (const { name } of Deno.readDir(new URL("static/", root))) {
    if (extension(name) in TYPES && !name.endsWith("_test.ts")) names.push(`static/${name}`);
  }
  const page = new Map<string, string>();
  for (const name of names.sort()) {
    const text = await Deno.readTextFile(new URL(name, root));
    page.set(name, extension(name) === "ts" && root === SOURCE ? await withoutTypes(text) : text);
  }
  return page;
}

/**
 * TypeScript as the JavaScript that a browser gets: every line is where it was, so that a stack trace points into the source,
 * but without types, comments on lines of their own, and the space around what is left.
 */
export async function withoutTypes(text: string): Promise<string> {
  // Only where there are types: the binary's runtime does not have this function, and needs none.
  const { stripTypeScriptTypes } = await import("node:module");
  // What begins a line like a comment is one, for no string or regular expression goes on to a second line. A template can;
  // assets_test.ts sees to it that none does.
  return stripTypeScriptTypes(text)
    .replace(/^[ \t]*(?:\/\/.*|\/\*[^]*?\*\/)/gm, (comment) => comment.replace(/.+/g, ""))
    .replace(/^[ \t]+|[ \t]+$/gm, "");
}

function extension(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
