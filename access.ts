import { Buffer } from "node:buffer";
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { networkOf } from "./admission.ts";
import type { Link, Moderation } from "./moderation.ts";
import type { RequestHeaders } from "./transport.ts";

/** How many wrong secrets may come from one network … */
export const GUESSES_MAX = 5;
/** … in so long, in ms; then none is looked at for as long. */
export const GUESSES_MS = 60_000;
/** How many networks are watched at once: who has more of them than this guesses no better for it. */
const NETWORKS_MAX = 10_000;

/** As what somebody may come in: a guest by a link to one room, an administrator by a secret that may be replaced. */
export type Grant =
  | { readonly role: "member" }
  | { readonly role: "guest"; readonly link: Link }
  | { readonly role: "admin"; readonly digest: string };

/** Why somebody may not: the code of a Refusal. */
export type Denial = "keyNeeded" | "keyWrong" | "tooManyTries";

/** Who knows the digest of the administrator's secret, which may change at any time; undefined when there is none. */
export interface Administrator {
  digest(): string | undefined;
}

/** What decides who may come in. */
export interface AccessOptions {
  /** What opens the server; without it everybody may come in. */
  readonly key?: string;
  readonly administrator?: Administrator;
  /** Knows the guest links. */
  readonly moderation: Moderation;
  /** Milliseconds since 1970. */
  readonly date: () => number;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
}

/**
 * Who may come in, and as what. Whoever comes with a secret is asked for nothing else: it is the server's key, the
 * administrator's, or that of a guest link, and the server finds out which. Digests are compared, so that how long that
 * takes says nothing (HOSTILE 23).
 */
export class Access {
  /** Knows the guest links. */
  readonly moderation: Moderation;
  readonly #options: AccessOptions;
  readonly #key: string | undefined;
  readonly #guesses = new Map<string, { count: number; readonly since: number }>();

  constructor(options: AccessOptions) {
    this.#options = options;
    this.moderation = options.moderation;
    this.#key = options.key === undefined ? undefined : digestOf(options.key);
  }

  /** Lets somebody in from an address, or says why not. Each wrong secret counts against their network. */
  enter(secret: string | undefined, address: string): Grant | Denial {
    if (secret === undefined) return this.#key === undefined ? { role: "member" } : "keyNeeded";
    const { administrator, date } = this.#options;
    const digest = digestOf(secret);
    // Nobody guesses 256 bits: who has them comes in, whatever others have tried from the same address.
    const link = this.moderation.linkOf(digest, date());
    if (link) return { role: "guest", link };
    if (isSame(digest, administrator?.digest())) return { role: "admin", digest };
    if (this.isShutOut(address)) return "tooManyTries";
    if (isSame(digest, this.#key)) return { role: "member" };
    this.guessed(address);
    return "keyWrong";
  }

  /** Whether what somebody came in by is still good. */
  holds(grant: Grant): boolean {
    if (grant.role === "member") return true;
    if (grant.role === "admin") return isSame(grant.digest, this.#options.administrator?.digest());
    return this.moderation.linkOf(grant.link.deed.digest, this.#options.date())?.id === grant.link.id;
  }

  /** Whether one has to know something to come in. */
  get takesKey(): boolean {
    return this.#key !== undefined;
  }

  /** Whether so many wrong secrets have come from the network of an address that no more are looked at. */
  isShutOut(address: string): boolean {
    return (this.#recent(networkOf(address))?.count ?? 0) >= GUESSES_MAX;
  }

  #recent(network: string): { count: number } | undefined {
    const guesses = this.#guesses.get(network);
    if (!guesses || this.#options.now() - guesses.since < GUESSES_MS) return guesses;
    this.#guesses.delete(network);
  }

  /** A wrong secret came from an address. */
  guessed(address: string): void {
    const network = networkOf(address);
    const guesses = this.#recent(network);
    // From the last of them a minute goes by, or one could try five times in each.
    const count = (guesses?.count ?? 0) + 1;
    this.#guesses.delete(network);
    this.#guesses.set(network, { count, since: this.#options.now() });
    if (this.#guesses.size > NETWORKS_MAX) this.#guesses.delete(this.#guesses.keys().next().value!);
  }
}

/** A new secret that nobody can guess: 32 random bytes in base64url (RFC 4648, section 5). */
export function makeSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** The same as the Standard Webhooks specification writes it. */
export function makeHookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** What is kept of a secret: its SHA-256 in hexadecimal. */
export function digestOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** The secret of a request: `Authorization: Bearer …` (RFC 6750, section 2.1). It is never read from the address (HOSTILE 24). */
export function bearerOf(headers: RequestHeaders): string | undefined {
  return /^bearer +([\w.~+/-]+=*) *$/i.exec(headers.get("authorization") ?? "")?.[1];
}

function isSame(digest: string, other: string | undefined): boolean {
  return other?.length === digest.length && timingSafeEqual(Buffer.from(digest), Buffer.from(other));
}
