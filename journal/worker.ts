/**
 * The thread in which a journal's file is read and written: see sqlite.ts, which starts it. First it gets an Opening,
 * then batches of requests; it answers each message with one.
 * @module
 */
import { Flusher } from "./flusher.ts";
import { HOLD_LOOK_MS, Holder } from "./hold.ts";
import { type Act, type Claim, type Draft, type Entry, isEntry, JournalError } from "./journal.ts";
import { Pruner } from "./pruner.ts";
import { dropsAny, type LogState } from "./shared_log.ts";
import { Store } from "./store.ts";

/** What the worker has to know at first. */
export interface Opening {
  readonly path: string;
  /** What is older is deleted, in ms; nothing is if it is not set. A copy deletes what its log drops. */
  readonly keepMs: number | undefined;
  /** Of which log it is the copy, if it is one. */
  readonly log: LogState | undefined;
}

/** What is known about a journal when it has been opened. */
export interface Opened {
  readonly epoch: string;
  readonly last: number;
  readonly claims: readonly Claim[];
  readonly acts: readonly Act[];
}

type Method =
  | "append"
  | "probe"
  | "act"
  | "audit"
  | "claim"
  | "claims"
  | "acts"
  | "known"
  | "deletable"
  | "apply"
  | "expired"
  | "newest"
  | "before"
  | "after"
  | "missed"
  | "since"
  | "search"
  | "close";

/** A method of the Store to call. */
export type Request = { [M in Method]: { readonly method: M; readonly arguments: Parameters<Store[M]> } }[Method];

/** What the Store returned, as it crosses over. */
export interface Answer extends Record<Exclude<Method, "append" | "apply">, unknown> {
  /** For each draft its new id, or the entry that was there before. */
  readonly append: readonly (number | Entry)[];
  /** For each record that was kept its place, if it is something that was said, or the act. */
  readonly apply: readonly (number | Act)[];
}

/** What became of a request. */
export type Result<T> = { readonly value: T } | { readonly error: string };

/** How long after an append the search index follows, in ms, so that entries one by one make one commit together. */
const INDEX_DELAY_MS = 200;

/** How many entries are taken into the index before requests get their turn: 10 ms, if so many wait at all, and are short. */
const INDEX_CHUNK = 250;

/** How long the index then rests, in times of what that took: it comes after what is said, which many wait for. */
const INDEX_REST = 9;

/** The longest that it rests, in ms: long texts take long, and must not be more and more that wait. */
const INDEX_REST_MS_MAX = 100;

// What a worker's global object is to the outside.
const port = globalThis as unknown as Pick<MessagePort, "postMessage" | "onmessage">;

let pruner: Pruner;
let indexing: ReturnType<typeof setTimeout> | undefined;
let holder: Holder;
let looking: ReturnType<typeof setInterval> | undefined;

port.onmessage = ({ data }: MessageEvent<Opening>) => {
  const opened = attempt(() => Store.open(data.path, data.log));
  if ("error" in opened) return port.postMessage(opened);
  const store = opened.value;
  // What a copy loses with the power it gets again.
  const flusher = data.log
    ? undefined
    : new Flusher(Deno.openSync(store.log, { read: true, write: true }), () => store.distrustDisk());
  port.onmessage = ({ data }: MessageEvent<Request[]>) => {
    indexing ??= setTimeout(() => index(store), INDEX_DELAY_MS);
    port.postMessage(carryOut(store, data));
    // Nobody waits for it. When there is nothing new it is next to nothing.
    flusher?.flush();
  };
  const { epoch, last } = store;
  port.postMessage(attempt<Opened>(() => ({ epoch, last, claims: store.claims(), acts: store.acts() })));
  // The last process may have left something to do.
  index(store);
  const { keepMs = Infinity, log } = data;
  pruner = new Pruner((limit) => log ? store.pruneDropped(limit) : store.prune(Date.now() - keepMs, limit));
  pruner.begin();
  holder = new Holder(data.path, store);
  looking = setInterval(() => holder.look(performance.now()), HOLD_LOOK_MS);
};

/** Brings the search index up to date, a chunk at a time. */
function index(store: Store): void {
  const start = performance.now();
  const indexed = attempt(() => store.index(INDEX_CHUNK));
  const more = "value" in indexed && indexed.value;
  const rest = Math.min(INDEX_REST * (performance.now() - start), INDEX_REST_MS_MAX);
  indexing = more ? setTimeout(() => index(store), rest) : undefined;
}

/** Carries requests out in order; appends that follow one another share a commit. */
function carryOut(store: Store, requests: readonly Request[]): Result<unknown>[] {
  const results: Result<unknown>[] = [];
  while (results.length < requests.length) {
    const rest = requests.slice(results.length);
    const end = rest.findIndex(({ method }) => method !== "append");
    const appends = (end < 0 ? rest : rest.slice(0, end)).map((request) => request.arguments[0] as readonly Draft[]);
    results.push(...appends.length > 0 ? appendAll(store, appends) : [attempt(() => call(store, rest[0]!))]);
  }
  return results;
}

/** Keeps the drafts of several requests in one commit or, if that fails, each request's in one of its own. */
function appendAll(store: Store, appends: readonly (readonly Draft[])[]): Result<Answer["append"]>[] {
  const together = attempt(() => append(store, appends.flat()));
  if (appends.length === 1) return [together];
  if ("error" in together) return appends.map((drafts) => attempt(() => append(store, drafts)));
  let start = 0;
  return appends.map((drafts) => ({ value: together.value.slice(start, start += drafts.length) }));
}

function append(store: Store, drafts: readonly Draft[]): Answer["append"] {
  return store.append(drafts).map(({ entry, duplicate }) => duplicate ? entry : entry.id);
}

function call(store: Store, request: Request): unknown {
  if (request.method === "close") {
    pruner.end();
    clearTimeout(indexing);
    clearInterval(looking);
    holder.end();
  }
  if (request.method === "apply") {
    if (dropsAny(request.arguments[0])) pruner.begin();
    return store.apply(...request.arguments).map((kept) => isEntry(kept) ? kept.id : kept) satisfies Answer["apply"];
  }
  // Each method with its own parameters, which TypeScript can't follow through a union.
  return (store[request.method] as (...parameters: unknown[]) => unknown)(...request.arguments);
}

function attempt<T>(action: () => T): Result<T> {
  try {
    return { value: action() };
  } catch (error) {
    // Anything else is a mistake in this program; it ends the worker.
    if (error instanceof JournalError) return { error: error.message };
    throw error;
  }
}
