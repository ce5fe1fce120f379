import type { Memory } from "./chat_memory.ts";
import { PASS_KEY, ROLE_KEY } from "./identity.ts";

/** The secret of an administrator's link, whole or only what it ends with; undefined if it can't be one. */
export function administratorsSecret(link: string): string | undefined {
  return /(?:^|#admin=)([\w-]{22,128})$/.exec(link.trim())?.[1];
}

/** What lets this browser in. What somebody brings takes the place of what is kept when the server has accepted it. */
export class Pass {
  readonly #memory: Memory;
  #brought: string | undefined;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get secret(): string | undefined {
    return this.#brought ?? this.#memory.get(PASS_KEY);
  }

  /** Whether it was brought, and not accepted yet. */
  get isNew(): boolean {
    return this.#brought !== undefined;
  }

  /** Brings the secret of a link; false when it can't be one. */
  bring(link: string): boolean {
    const secret = administratorsSecret(link);
    if (secret !== undefined) this.#brought = secret;
    return secret !== undefined;
  }

  /** The server has accepted it. */
  accepted(): void {
    if (this.#brought !== undefined) this.#memory.set(PASS_KEY, this.#brought);
    this.#brought = undefined;
    // So that the chat does not take a key for better.
    if (this.#memory.get(ROLE_KEY) !== "admin") this.#memory.set(ROLE_KEY, "admin");
  }

  /** The server has not. */
  refused(): void {
    this.#brought = undefined;
  }
}
