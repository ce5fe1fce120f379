import { existsSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Administrator, digestOf, makeSecret } from "./access.ts";
import { makeFile } from "./journal/files.ts";
import { type Journal, JournalError } from "./journal/journal.ts";
import { JOURNAL_FILE } from "./journal/sqlite.ts";
import type { Log } from "./log.ts";
import type { AdministratorAct } from "./moderation.ts";

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

  /** When it became what it is, in ms since 1970; undefined when there is none, or that can't be seen. */
  since(): number | undefined {
    try {
      return statSync(this.#path).mtimeMs;
    } catch {
      return undefined;
    }
  }

  /**
   * It is another from now on.
   * @throws {AdministratorError} when the folder can't be written to.
   */
  set(digest: string): void {
    const draft = `${this.#path}.new`;
    try {
      rmSync(draft, { force: true });
      makeFile(draft, `${digest}\n`, { readable: false });
      renameSync(draft, this.#path);
    } catch (error) {
      throw new AdministratorError(`Cannot make an administrator's link: ${(error as Error).message}`);
    }
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
    this.set(digestOf(secret));
    return secret;
  }
}

/** The administrator of a server that keeps nothing. */
export class MemoryAdministrator implements Administrator {
  /** Is told the digest of a new secret: other threads have to know it. */
  renewed: (digest: string) => void = () => {};
  #digest: string | undefined;
  #since: number | undefined;

  /** @param digest of the secret that there is. */
  constructor(digest?: string) {
    this.#digest = digest;
  }

  digest(): string | undefined {
    return this.#digest;
  }

  /** As for a folder. */
  since(): number | undefined {
    return this.#since;
  }

  /** As for a folder. */
  set(digest: string): void {
    this.#digest = digest;
    this.#since = Date.now();
  }

  /** As for a folder. */
  renew(): string {
    const secret = makeSecret();
    this.set(digestOf(secret));
    this.renewed(this.#digest!);
    return secret;
  }
}

/** What is shown for whoever made a link at a node's command line. */
const COMMAND = { by: "admin-link", name: "admin-link" };

/**
 * Sees to it that all nodes have the same secret: what is new in this node's folder is an act, which all of them hear of, and
 * what is heard goes into the folder.
 */
export class SharedAdministrator {
  readonly #own: FolderAdministrator | MemoryAdministrator;
  readonly #journal: Pick<Journal, "act">;
  readonly #log: Log;
  // What all nodes have, as far as this one has heard or said.
  #shared: string | undefined;

  /** @param act how the secret became what it is for all nodes, if it did. */
  constructor(
    own: FolderAdministrator | MemoryAdministrator,
    journal: Pick<Journal, "act">,
    act: AdministratorAct | undefined,
    log: Log,
  ) {
    this.#own = own;
    this.#journal = journal;
    this.#log = log;
    // One that was made while the node was not there is newer.
    if (act && (own.since() ?? 0) <= act.at) this.heard(act);
    else this.#shared = act?.deed.digest;
  }

  /** All nodes have another secret. */
  heard({ deed: { digest } }: AdministratorAct): void {
    this.#shared = digest;
    if (this.#own.digest() === digest) return;
    try {
      this.#own.set(digest);
    } catch (error) {
      if (!(error instanceof AdministratorError)) throw error;
      this.#log("administrator_not_shared", { reason: error.message });
    }
  }

  /** Tells the others of a secret that is new in this node's folder. */
  look(): void {
    const digest = this.#own.digest();
    if (digest === undefined || digest === this.#shared) return;
    const before = this.#shared;
    this.#shared = digest;
    this.#journal.act({ deed: { type: "administrator", digest }, ...COMMAND, at: Date.now() }).catch((error) => {
      if (!(error instanceof JournalError)) throw error;
      // It is tried again.
      this.#shared = before;
    });
  }
}
