import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Administrator, digestOf, makeSecret } from "./access.ts";
import { makeFile } from "./journal/files.ts";
import { JOURNAL_FILE } from "./journal/sqlite.ts";

/** The file's name in the data folder. */
export const ADMINISTRATOR_FILE = "administrator";

/** There can't be a new secret; the message is one line for whoever wanted it. */
export class AdministratorError extends Error {}

/**
 * The administrator's secret of a data folder, of which only the digest is kept, in a file of its own: while a server
 * runs, nobody else can open the journal, and a new secret holds at once.
 */
export class FolderAdministrator implements Administrator {
  readonly #folder: string;
  readonly #path: string;
  #known: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#path = join(folder, ADMINISTRATOR_FILE);
  }

  digest(): string | undefined {
    try {
      this.#known = readFileSync(this.#path, "utf8").trim();
    } catch (error) {
      // What can't be read, as when no more files can be opened, is as it was when it could be.
      if ((error as { code?: string }).code === "ENOENT") this.#known = undefined;
    }
    return this.#known;
  }

  /**
   * Makes a new secret and returns it; the one before is good for nothing any more.
   * @throws {AdministratorError} when the folder is not a server's, or can't be written to.
   */
  renew(): string {
    if (!existsSync(join(this.#folder, JOURNAL_FILE))) {
      throw new AdministratorError(
        `Cannot make an administrator's link: no server has kept anything in "${this.#folder}". Name its folder by --data=`,
      );
    }
    const secret = makeSecret();
    const draft = `${this.#path}.new`;
    try {
      rmSync(draft, { force: true });
      makeFile(draft, `${digestOf(secret)}\n`, { readable: false });
      renameSync(draft, this.#path);
    } catch (error) {
      throw new AdministratorError(`Cannot make an administrator's link: ${(error as Error).message}`);
    }
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
