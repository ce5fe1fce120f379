import { IN_MEMORY } from "./database.ts";
import type { Copy } from "./copier.ts";
import { type Journal, type JournalListener, newOf } from "./journal.ts";
import { Pruner } from "./pruner.ts";
import { type Reading, reading } from "./reading.ts";
import { dropsAny, type LogState } from "./shared_log.ts";
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
    ...common(store),
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
  const pruner = new Pruner((limit) => store.pruneDropped(limit));
  const { close, ...reading } = common(store);
  return {
    last: store.last,
    ...reading,
    claims: () => Promise.try(() => store.claims()),
    acts: () => Promise.try(() => store.acts()),
    known: (drafts) => Promise.try(() => store.known(drafts)),
    deletable: (deed) => Promise.try(() => store.deletable(deed)),
    apply: (records) =>
      Promise.try(() => {
        const kept = store.apply(records);
        store.index(records.length);
        if (dropsAny(records)) pruner.begin();
        return kept;
      }),
    expired: (beforeMs) => Promise.try(() => store.expired(beforeMs)),
    close: () => {
      pruner.end();
      return close();
    },
  };
}

/** What a journal and a copy have in common. */
function common(store: Store): Reading & Pick<Journal, "close"> {
  return {
    // Each method with its own parameters, which TypeScript can't follow through a union.
    ...reading((method, parameters) =>
      Promise.try(() => (store[method] as (...parameters: unknown[]) => unknown)(...parameters)) as never
    ),
    close: () => Promise.try(() => store.close()),
  };
}
