import type { Act, Deed } from "./journal/journal.ts";

/** A deed of one type, as it was kept. */
type ActOf<T extends Deed["type"]> = Act<Extract<Deed, { type: T }>>;

export type Mute = ActOf<"mute">;
export type Ban = ActOf<"ban">;
export type Link = ActOf<"link">;
export type Token = ActOf<"token">;
export type Hook = ActOf<"hook">;
export type AdministratorAct = ActOf<"administrator">;

/** What holds in a room. */
export interface Rules {
  /** Nobody but administrators can say anything. */
  readonly locked: boolean;
  /** So many seconds are between two messages of one person; 0 is none. */
  readonly slow: number;
}

const NO_RULES: Rules = { locked: false, slow: 0 };

/**
 * What holds because of what was done: who may not speak or come, what holds in rooms, and which links, tokens and webhooks
 * are good. It follows from the acts alone, in their order, so that every process that has them comes to the same.
 */
export class Moderation {
  readonly #mutes = new Map<string, Mute>();
  readonly #bans = new Map<number, Ban>();
  readonly #rules = new Map<string, Rules>();
  readonly #links = new Map<number, Link>();
  readonly #tokens = new Map<number, Token>();
  readonly #hooks = new Map<number, Hook>();
  #administrator: AdministratorAct | undefined;

  /** @param acts what was done so far, oldest first. */
  constructor(acts: Iterable<Act> = []) {
    for (const act of acts) this.apply(act);
  }

  /** Something more was done. */
  apply(act: Act): void {
    const { deed } = act;
    switch (deed.type) {
      case "delete":
        break;
      case "mute":
        this.#mutes.set(deed.user, act as Mute);
        break;
      case "unmute":
        this.#mutes.delete(deed.user);
        break;
      case "ban":
        this.#bans.set(act.id, act as Ban);
        break;
      case "unban":
        this.#bans.delete(deed.ban);
        break;
      case "lock":
      case "unlock":
        this.#rule(deed.room, { locked: deed.type === "lock" });
        break;
      case "slow":
        this.#rule(deed.room, { slow: deed.seconds });
        break;
      case "link":
        this.#links.set(act.id, act as Link);
        break;
      case "unlink":
        this.#links.delete(deed.link);
        break;
      case "token":
        this.#tokens.set(act.id, act as Token);
        break;
      case "untoken":
        this.#tokens.delete(deed.token);
        break;
      case "hook":
        this.#hooks.set(act.id, act as Hook);
        break;
      case "unhook":
        this.#hooks.delete(deed.hook);
        break;
      case "administrator":
        this.#administrator = act as AdministratorAct;
        break;
      default:
        // What a newer program did is none of this one's.
        deed satisfies never;
    }
  }

  /** Why somebody may not speak; `now` is in ms since 1970, here and below. */
  muteOf(user: string, now: number): Mute | undefined {
    return holds(this.#mutes.get(user), now);
  }

  /** Why somebody may not come, by their id or by the network that they come from. */
  banOf(user: string | undefined, network: string, now: number): Ban | undefined {
    return this.bans(now).find(({ deed }) => deed.user === user || deed.network === network);
  }

  /** What holds in a room. */
  rulesOf(room: string): Rules {
    return this.#rules.get(room) ?? NO_RULES;
  }

  /** The guest link whose secret has a digest. */
  linkOf(digest: string, now: number): Link | undefined {
    return this.links(now).find(({ deed }) => deed.digest === digest);
  }

  /** The API token whose secret has a digest. */
  tokenOf(digest: string): Token | undefined {
    return this.tokens.find(({ deed }) => deed.digest === digest);
  }

  mutes(now: number): Mute[] {
    return [...this.#mutes.values()].filter((act) => holds(act, now));
  }

  bans(now: number): Ban[] {
    return [...this.#bans.values()].filter((act) => holds(act, now));
  }

  links(now: number): Link[] {
    return [...this.#links.values()].filter((act) => holds(act, now));
  }

  get tokens(): Token[] {
    return [...this.#tokens.values()];
  }

  get hooks(): Hook[] {
    return [...this.#hooks.values()];
  }

  /** How the administrator's secret became what it is; undefined where it is one node's business. */
  get administrator(): AdministratorAct | undefined {
    return this.#administrator;
  }

  /** The rooms that have rules. */
  get ruled(): readonly (Rules & { readonly room: string })[] {
    return [...this.#rules].map(([room, rules]) => ({ room, ...rules }));
  }

  #rule(room: string, change: Partial<Rules>): void {
    const rules = { ...this.rulesOf(room), ...change };
    if (rules.locked || rules.slow > 0) this.#rules.set(room, rules);
    else this.#rules.delete(room);
  }
}

/** The act, unless it has ended. */
function holds<A extends Act<Extract<Deed, { type: "mute" | "ban" | "link" }>>>(
  act: A | undefined,
  now: number,
): A | undefined {
  return act && now < (act.deed.until ?? Infinity) ? act : undefined;
}
