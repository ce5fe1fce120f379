import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Administrator, digestOf, makeSecret } from "./access.ts";

/** The file's name in the data folder. */
export const ADMINISTRATOR_FILE = "administrator";

/**
 * The administrator's secret of a data folder, of which only the digest is kept, in a file of its own: while a server
 * runs, nobody else can open the journal, and a new secret holds at once.
 */
export class FolderAdministrator implements Administrator {
  readonly #path: string;

  /** @param folder is there. */
  constructor(folder: string) {
    this.#path = join(folder, ADMINISTRATOR_FILE);
  }

  digest(): string | undefined {
    try {
      return readFileSync(this.#path, "utf8").trim();
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Makes a new secret and returns it; the one before is good for nothing any more. */
  renew(): string {
    const secret = makeSecret();
    const draft = `${this.#path}.new`;
    writeFileSync(draft, `${digestOf(secret)}\n`, { mode: 0o600 });
    // If it was left there by somebody else, it has their mode.
    chmodSync(draft, 0o600);
    renameSync(draft, this.#path);
    return secret;
  }
}

/** The administrator of a server that keeps nothing. */
export class MemoryAdministrator implements Administrator {
  #digest: string | undefined;

  digest(): string | undefined {
    return this.#digest;
  }

  /** As for a folder. */
  renew(): string {
    const secret = makeSecret();
    this.#digest = digestOf(secret);
    return secret;
  }
}
