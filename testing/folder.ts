import { JOURNAL_FILE } from "../journal/sqlite.ts";
import { Store } from "../journal/store.ts";

/** The body of a test that has an empty folder, which is removed in the end with all that is in it. */
export function inFolder(body: (folder: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const folder = await Deno.makeTempDir({ prefix: "hubbub-test-" });
    try {
      await body(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  };
}

/** Does something with the journal in a folder, and makes both if they are missing. */
export function useJournal<T>(folder: string, body: (store: Store) => T): T {
  Deno.mkdirSync(folder, { recursive: true });
  const store = Store.open(`${folder}/${JOURNAL_FILE}`);
  try {
    return body(store);
  } finally {
    store.close();
  }
}
