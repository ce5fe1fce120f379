import { IN_MEMORY } from "./database.ts";
import type { Copy } from "./copier.ts";
import { type Journal, type JournalListener, newOf } from "./journal.ts";
import type { LogState } from "./shared_log.ts";
import { Store } from "./store.ts";

/**
 * A journal that ends with the process. It is the same engine as on disk, so that search, pages and duplicates are the
 * same whether or not what is said is kept; only the file is missing, and with it all that can take time, so it works
 * in this thread.
 */
export function openMemory(): Journal {
  const store = Store.open(IN_MEMORY);
  let listener: JournalListener | undefined;
  return {
    epoch: store.epoch,
    last: store.last,
    claims: store.claims(),
    acts: store.acts(),
    ...reading(store),
    listen: (heard) => void (listener = heard),
    append: (drafts) =>
      Promise.try(() => {
        const stored = store.append(drafts);
        // A little at each append: nobody waits for a search that has much to make up for.
        store.index(drafts.length);
        return stored;
      }).then((stored) => {
        listener?.kept(newOf(stored));
        return stored;
      }),
    act: (draft) =>
      Promise.try(() => store.act(draft)).then((act) => {
        if (act) listener?.kept([act]);
        return act;
      }),
    claim: (claim) => Promise.try(() => store.claim(claim)).then(() => true),
  };
}

/** The copy of a log that ends with the process, likewise. */
export function openMemoryCopy(log: LogState): Copy {
  const store = Store.open(IN_MEMORY, log);
  return {
    last: store.last,
    ...reading(store),
    claims: () => Promise.try(() => store.claims()),
    acts: () => Promise.try(() => store.acts()),
    known: (drafts) => Promise.try(() => store.known(drafts)),
    deletable: (deed) => Promise.try(() => store.deletable(deed)),
    apply: (records) =>
      Promise.try(() => {
        const kept = store.apply(records);
        store.index(records.length);
        return kept;
      }),
    expired: (beforeMs) => Promise.try(() => store.expired(beforeMs)),
  };
}

/** What a journal and a copy have in common. */
function reading(store: Store) {
  return {
    audit: (before, limit) => Promise.try(() => store.audit(before, limit)),
    probe: () => Promise.try(() => store.probe()),
    newest: (room, limit) => Promise.try(() => store.newest(room, limit)),
    before: (room, before, limit) => Promise.try(() => store.before(room, before, limit)),
    after: (room, after, limit) => Promise.try(() => store.after(room, after, limit)),
    missed: (room, after, limit) => Promise.try(() => store.missed(room, after, limit)),
    since: (id, limit) => Promise.try(() => store.since(id, limit)),
    search: (search) => Promise.try(() => store.search(search)),
    close: () => Promise.try(() => store.close()),
  } satisfies Partial<Journal>;
}
