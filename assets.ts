import { bundle } from "./bundle.ts";
import type { Packed } from "./packer.ts";

/** One file that a browser may ask for. */
export interface Asset {
  /** What the browser gets. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** Its Content-Type. */
  readonly type: string;
  /** Its ETag, quotes included (RFC 9110, section 8.8.3): a hash of the body. */
  readonly etag: string;
  /** A page or a worker is made of it; it never is one itself. */
  readonly isPart: boolean;
  /** The body as small as can be, by Content-Encoding, the smallest first; empty until `pack` is done with it. */
  readonly packed: Map<string, Uint8Array<ArrayBuffer>>;
}

/** Where the sources are. */
const SOURCE = new URL("./", import.meta.url);
/** Where `tools/compile.ts` puts the page as it is served, for the binary. */
export const STAGED = new URL("./dist/page/", import.meta.url);
/** The modules that the pages start with: that of the chat, and the operator's. */
const ENTRIES = ["static/page.ts", "static/operator.ts"];
/** The modules that none starts with: what is fetched when it is needed, and the worker. They import nothing. */
const ALONE = ["static/emoji.ts", "static/service_worker.ts"];

const TYPES: Record<string, string> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  ts: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  webmanifest: "application/manifest+json",
};

/** Those that are not where their name says: a browser looks for the page at the root, and a worker sees what is below it. */
const PATHS: Record<string, string> = {
  "static/index.html": "/",
  "static/operator.html": "/admin",
  "static/service_worker.ts": "/service_worker.ts",
};

/** The operator's page, which nobody needs without a network: the worker does not keep it. */
const OPERATORS = /^static\/operator\./;

/** Every file of the pages by the path of its URL. Nothing else is ever served, so no path is joined to a folder. */
export async function loadAssets(): Promise<Map<string, Asset>> {
  return await makeAssets(await (Deno.build.standalone ? readFiles(STAGED) : buildPage()));
}

/**
 * The pages' files, from `buildPage`, by the path of the URL. The version is a hash of the chat's; its page has it for its
 * ETag, by which the service worker knows whether a page goes with what it keeps.
 */
export async function makeAssets(page: ReadonlyMap<string, string>): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  const shell: [path: string, integrity: string][] = [];
  const add = async (name: string, text: string) => {
    const body = new TextEncoder().encode(text);
    const hash = await digest(body);
    const path = PATHS[name] ?? `/${name}`;
    assets.set(path, {
      body,
      type: TYPES[extension(name)]!,
      etag: `"${hex(hash)}"`,
      isPart: isPart(path),
      packed: new Map(),
    });
    if (!OPERATORS.test(name)) shell.push([path, `sha256-${btoa(String.fromCharCode(...hash))}`]);
  };
  const { "static/service_worker.ts": worker, ...files } = Object.fromEntries(page);
  for (const [name, text] of Object.entries(files)) await add(name, text);
  const version = hex(await digest(new TextEncoder().encode(JSON.stringify(shell))));
  assets.set("/", { ...assets.get("/")!, etag: `"${version}"` });
  // Before its first line and not on a line of its own, so that every line stays where it was.
  await add("static/service_worker.ts", `const VERSION = "${version}", SHELL = ${JSON.stringify(shell)}; ${worker}`);
  return assets;
}

/**
 * Compresses all of it, once and well, which makes it a third smaller than it is when each response is compressed anew, in
 * no time. That takes half a second of a processor: in a thread of its own, so that nobody waits for it.
 */
export async function pack(assets: Iterable<Asset>): Promise<void> {
  const all = [...assets];
  const packer = new Worker(new URL("./packer.ts", import.meta.url), { type: "module", name: "packer" });
  try {
    const answer = Promise.withResolvers<readonly Packed[]>();
    packer.onmessage = ({ data }: MessageEvent<readonly Packed[]>) => answer.resolve(data);
    packer.onerror = (event) => {
      event.preventDefault();
      answer.reject(new Error(`The page can't be packed: ${event.message}`));
    };
    packer.postMessage(all.map(({ body }) => body));
    for (const [index, packed] of (await answer.promise).entries()) {
      for (const [encoding, bytes] of packed) all[index]!.packed.set(encoding, bytes);
    }
  } finally {
    packer.terminate();
  }
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** Only what is a document, or a worker, is under the rules that it comes with; an image becomes one when it is opened. */
function isPart(path: string): boolean {
  return path.startsWith("/static/") && !path.endsWith(".svg");
}

/** As much of a hash as is needed to tell two files apart. */
function hex(hash: Uint8Array): string {
  return Array.from(hash.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The pages' files by name, as a browser gets them: the modules that each starts with have become one. */
export async function buildPage(): Promise<Map<string, string>> {
  const modules = await readModules();
  const page = await readFiles(SOURCE, (name) => !isModule(name));
  for (const name of ALONE) page.set(name, modules.get(name)!);
  for (const entry of ENTRIES) page.set(entry, bundle(modules, entry));
  return page;
}

/** What the page is made of that can be imported, as JavaScript, by its path in the sources. */
export async function readModules(): Promise<Map<string, string>> {
  const modules = await readFiles(SOURCE, isModule);
  modules.set("protocol.ts", await Deno.readTextFile(new URL("protocol.ts", SOURCE)));
  for (const [name, text] of modules) modules.set(name, await withoutTypes(text));
  return modules;
}

/** Files in the page's folder, in order, but none of its tests. */
async function readFiles(root: URL, isWanted = (_name: string) => true): Promise<Map<string, string>> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(new URL("static/", root))) {
    if (extension(name) in TYPES && !name.endsWith("_test.ts") && isWanted(name)) names.push(`static/${name}`);
  }
  const files = new Map<string, string>();
  for (const name of names.sort()) files.set(name, await Deno.readTextFile(new URL(name, root)));
  return files;
}

/** TypeScript as JavaScript, without types, comments and blank lines, and without the space that they leave. */
export async function withoutTypes(text: string): Promise<string> {
  // Only where there are types: the binary's runtime does not have this function, and needs none.
  const { stripTypeScriptTypes } = await import("node:module");
  // What begins a line like a comment is one, for no string or regular expression goes on to a second line. A template can;
  // assets_test.ts sees to it that none does.
  return stripTypeScriptTypes(text)
    .replace(/^[ \t]*(?:\/\/.*|\/\*[^]*?\*\/)/gm, "")
    .replace(/^[ \t]+|[ \t]+$/gm, "")
    .replace(/ {2,}/g, " ")
    .replace(/\n{2,}/g, "\n");
}

function isModule(name: string): boolean {
  return extension(name) === "ts";
}

function extension(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
