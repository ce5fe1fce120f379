/*
 * Keeps the page in the browser, for when there is no network. One page is made of the files of one version, whatever
 * happens: who got the page from here, or the same version from the server, gets the rest from here; who got another
 * version from the server gets the rest from there. It stays so for as long as that page is open, over the end of this
 * worker, which may be at any time, and over updates, which pages do not wait for.
 */

// The server puts these two before the first line: what the version is called, and its files with their hashes.
declare const VERSION: string;
declare const SHELL: readonly (readonly [path: string, integrity: string])[];

/** How long the server may take to send the page before the kept one is shown, in ms. */
const SERVER_MS_MAX = 3_000;
/** What the names of our caches begin with, for others may have been at the same address. */
const PREFIX = "hubbub ";
const CACHE = PREFIX + VERSION;
/** The cache that a page's files come from, by the id of the page; "" when they come from the server. */
const sources = new Map<string, string>();

/** What of a worker's world is needed here; TypeScript's types of it can't be had beside those of a page. */
interface WorkerScope {
  readonly clients: {
    get(id: string): Promise<unknown>;
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<WindowClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
  readonly registration: ServiceWorkerRegistration;
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", listener: (event: LifeEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: RequestEvent) => void): void;
  addEventListener(type: "notificationclick", listener: (event: NotificationEvent) => void): void;
}

interface WindowClient {
  focus(): Promise<unknown>;
  postMessage(message: string): void;
}

interface NotificationEvent extends LifeEvent {
  readonly notification: Notification;
}

interface LifeEvent {
  waitUntil(promise: Promise<unknown>): void;
}

interface RequestEvent extends LifeEvent {
  readonly request: Request;
  readonly preloadResponse?: Promise<Response | undefined>;
  readonly clientId: string;
  readonly resultingClientId: string;
  respondWith(response: Promise<Response>): void;
}

const scope = self as unknown as WorkerScope;

scope.addEventListener("install", (event) => {
  event.waitUntil(keep());
  scope.skipWaiting();
});

scope.addEventListener("activate", (event) => {
  // The browser then asks the server for the page without waiting until this worker has started.
  event.waitUntil(Promise.all([tidy(), scope.registration.navigationPreload?.enable()]));
});

scope.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname, search } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (mode === "navigate") {
    if (pathname === "/") event.respondWith(page(event));
  } else if (search === "" && isOfPage(pathname) && sources.get(event.clientId) !== "") {
    event.respondWith(part(event));
  }
});

scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(follow(event.notification.data));
});

/** Goes where a notification leads, in a page that is open, or in a new one. */
async function follow(href: string): Promise<void> {
  // A page that was open before this worker is none of its own, but will do.
  const [open] = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!open) return void await scope.clients.openWindow(href);
  open.postMessage(href);
  await open.focus();
}

/** Keeps this version, all of it or nothing: if the server has another by now, a hash is wrong and it all fails. */
async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.map(([path, integrity]) => new Request(path, { integrity, cache: "no-cache" })));
}

/** The page: from the server, or as it is kept when the server can't be reached, fails or takes too long. */
async function page(event: RequestEvent): Promise<Response> {
  const served = fromServer(event);
  event.waitUntil(served);
  const response = await Promise.race([served, sleep(SERVER_MS_MAX)]);
  if (response) {
    const isKept = response.headers.get("etag")?.includes(VERSION);
    remember(event, isKept ? CACHE : "");
    return response;
  }
  const kept = await caches.match("/", { cacheName: CACHE, ignoreVary: true });
  if (kept) remember(event, CACHE);
  return kept ?? await served ?? Response.error();
}

/** What the server sends; undefined when it does not, or is not well. */
async function fromServer({ request, preloadResponse }: RequestEvent): Promise<Response | undefined> {
  try {
    const response = await preloadResponse ?? await fetch(request);
    return response.status < 500 ? response : undefined;
  } catch {
    return undefined;
  }
}

/** Another file of a page, from where the page came from. */
async function part({ request, clientId }: RequestEvent): Promise<Response> {
  const cacheName = sources.get(clientId) ?? await recall(clientId);
  const kept = cacheName && await caches.match(request, { cacheName, ignoreVary: true });
  return kept || await fetch(request);
}

function isOfPage(path: string): boolean {
  return path.startsWith("/static/") || SHELL.some(([known]) => known === path);
}

/** Remembers where a page's files come from; also in the cache itself, for a worker's memory is short. */
function remember(event: RequestEvent, source: string): void {
  const id = event.resultingClientId;
  sources.set(id, source);
  if (source === "") return;
  const kept = caches.open(source).then((cache) => cache.put(markOf(id), new Response()));
  event.waitUntil(kept.then(tidy));
}

async function recall(id: string): Promise<string> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const marks = await Promise.all(names.map((cacheName) => caches.match(markOf(id), { cacheName })));
  const source = names[marks.findIndex((mark) => mark)] ?? "";
  sources.set(id, source);
  return source;
}

const MARK = "/?client=";

function markOf(id: string): string {
  return MARK + id;
}

/** Forgets pages that are no longer open, and deletes other versions that no page is made of. */
async function tidy(): Promise<void> {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX)) continue;
    const cache = await caches.open(name);
    let isUsed = name === CACHE;
    for (const request of await cache.keys()) {
      const [, id] = request.url.split(MARK);
      if (id === undefined) continue;
      // One that is just being loaded is not among the clients yet.
      if (sources.has(id) || await scope.clients.get(id)) isUsed = true;
      else await cache.delete(request);
    }
    if (!isUsed) await caches.delete(name);
  }
}

function sleep(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
