/** The part of `localStorage` that is used. */
export type Shelf = Pick<Storage, "length" | "key" | "getItem" | "setItem" | "removeItem">;

/**
 * What this browser remembers for all of its tabs. A browser may forbid it, or have no room left: then what can't be kept
 * is remembered by this tab alone, and nothing ever throws.
 */
export class Memory {
  readonly #shelf: Shelf | undefined;
  readonly #unkept = new Map<string, string>();

  /** @param open gives the storage; a browser that forbids it throws already here. */
  constructor(open: () => Shelf | undefined) {
    this.#shelf = attempt(open);
  }

  /** What is remembered under a key. */
  get(key: string): string | undefined {
    return this.#unkept.get(key) ?? attempt(() => this.#shelf?.getItem(key)) ?? undefined;
  }

  /** Remembers; false when it is for this tab only. */
  set(key: string, value: string): boolean {
    const kept = this.#shelf !== undefined && attempt(() => {
      this.#shelf!.setItem(key, value);
      return true;
    });
    if (kept) this.#unkept.delete(key);
    else this.#unkept.set(key, value);
    return kept === true;
  }

  /** Forgets. */
  remove(key: string): void {
    this.#unkept.delete(key);
    attempt(() => this.#shelf?.removeItem(key));
  }

  /** The keys that begin with `prefix`, in order. */
  keys(prefix: string): string[] {
    const all = new Set(this.#unkept.keys());
    attempt(() => {
      const { length } = this.#shelf ?? { length: 0 };
      for (let i = 0; i < length; i++) {
        const key = this.#shelf!.key(i);
        if (key !== null) all.add(key);
      }
    });
    return [...all].filter((key) => key.startsWith(prefix)).sort();
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
