import { type Role, SECRET_LENGTH_MAX } from "../protocol.ts";
import type { Memory } from "./chat_memory.ts";

/** Where the secret is kept. */
export const SECRET_KEY = "hubbub.secret";
/** Where the name is kept. */
export const NAME_KEY = "hubbub.name";
/** Where the pass is kept: the server's key, or the secret of a link. */
export const PASS_KEY = "hubbub.pass";
/** Where it is kept as what it let me in. */
export const ROLE_KEY = "hubbub.role";

/** Whom the server lets do less comes before whom it lets do more. */
const ROLES: readonly string[] = ["guest", "member", "admin"] satisfies Role[];

/** Who this browser is. */
export class Identity {
  /** What only this browser knows; the server makes my public id of it. Made once. */
  readonly secret: string;
  /** The browser will know the secret after a reload. */
  readonly kept: boolean;
  readonly #memory: Memory;
  #wish: string | undefined;
  #brought: string | undefined;
  #givenUp = false;

  constructor(memory: Memory) {
    this.#memory = memory;
    const known = memory.get(SECRET_KEY);
    this.secret = known !== undefined && /^[\w-]{22,64}$/.test(known) ? known : randomToken();
    this.kept = known === this.secret || memory.set(SECRET_KEY, this.secret);
  }

  /** What I would like to be called, if I ever said so. */
  get name(): string | undefined {
    return this.#wish ?? (this.#givenUp ? undefined : this.#memory.get(NAME_KEY));
  }

  /** I want another name. It is kept when the server has accepted it. */
  wish(name: string): void {
    this.#wish = name;
  }

  /** The server calls me by a name that I asked for, in this tab or in another. */
  accepted(name: string): void {
    this.#wish = undefined;
    this.#givenUp = false;
    if (this.#memory.get(NAME_KEY) !== name) this.#memory.set(NAME_KEY, name);
  }

  /** I can't have the name: this tab does not ask for it again, so that nobody is told at each reconnect. */
  refused(): void {
    if (this.#wish === undefined) this.#givenUp = true;
    this.#wish = undefined;
  }

  /** The secret that lets me in, if I have any: the one that I brought in this tab, else the one that is kept. */
  get pass(): string | undefined {
    return this.#brought ?? this.#kept;
  }

  /** I come with a pass. It is kept when the server has accepted it. */
  bring(pass: string): void {
    this.#brought = pass;
  }

  /**
   * The server let me in. What I brought is kept for all of my tabs, but not in place of a pass that lets me do more: who
   * follows somebody's link must not lose that.
   */
  admitted(role: Role): void {
    if (this.pass === undefined) return;
    if (this.#brought !== undefined) {
      const kept = this.#kept === undefined ? "" : this.#memory.get(ROLE_KEY) ?? "";
      if (ROLES.indexOf(kept) > ROLES.indexOf(role)) return;
      this.#memory.set(PASS_KEY, this.#brought);
      this.#brought = undefined;
    }
    if (this.#memory.get(ROLE_KEY) !== role) this.#memory.set(ROLE_KEY, role);
  }

  /** A pass is good for nothing, or not wanted any more. */
  forget(pass: string | undefined): void {
    if (this.#brought === pass) this.#brought = undefined;
    if (this.#kept === pass) this.#memory.remove(PASS_KEY);
  }

  get #kept(): string | undefined {
    const pass = this.#memory.get(PASS_KEY);
    // The server would not even read a hello with a longer one.
    return pass !== undefined && pass.length <= SECRET_LENGTH_MAX ? pass : undefined;
  }
}

/** 128 random bits as 22 letters, digits, `-` and `_`. */
export function randomToken(): string {
  // Not randomUUID, which a page without TLS does not have.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
